"""Windows over events: the same counts by a batch job every hour or by a stream, how fresh they are, what is missing from them, and what they take.

An event happens at one time and arrives at another, since phones are in tunnels. Counts are wanted by the time at which events happened, for
windows such as five minutes. A batch job comes by at every interval, some time after it has passed, and counts what has arrived of all windows
that ended in it. A stream counts each event as it arrives, and closes a window when its watermark passes the window's end: the latest time at
which any event so far has happened, less a wait. What arrives for a window that is closed is late: it is dropped, or corrects the count as long as
that is allowed.

References
----------
T. Akidau et al., "The Dataflow Model: A Practical Approach to Balancing Correctness, Latency, and Cost in Massive-Scale, Unbounded, Out-of-Order Data
Processing", PVLDB 8 (12), 2015.
Apache Flink documentation, "Generating Watermarks": bounded out-of-orderness.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport import checks
from labsupport.simulators.numbering import read_only

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

WAYS = ("batch", "stream")
STARTUP, PER_EVENT = 45.0, 0.001  # machine-seconds that a run takes to begin, and for each event that it reads


@dataclass(frozen=True, eq=False)
class Events:
    """When events happened and when they arrived, in seconds.

    Attributes
    ----------
    happened : ndarray of float, shape (events,)
    arrived : ndarray of float, shape (events,)
        In the order in which they arrived; ``happened`` is in the same order.
    """

    happened: Floats
    arrived: Floats


def record(
    seconds: float,
    rate: float,
    *,
    prompt: float = 2.0,
    offline: float = 0.05,
    delay: float = 600.0,
    outage: float = 0.0,
    begins: float = 0.0,
    lasts: float = 0.0,
    seed: int = 0,
) -> Events:
    """Record events at random, most of which arrive at once, and some of which come from phones that are offline.

    Parameters
    ----------
    seconds : float
        Events happen until then.
    rate : float
        Events a second.
    prompt : float, default 2
        Mean delay of an event whose phone is online, in seconds, exponential.
    offline : float, default 0.05
        The share of events whose phone is offline, from 0 to 1.
    delay : float, default 600
        Mean delay of these, in seconds, exponential.
    outage : float, default 0
        The share of phones that are cut off all together for a while, from 0 to 1. What happens to them then is sent when it is over.
    begins, lasts : float, default 0
        When the outage begins and how long it lasts, in seconds.
    seed : int, default 0
        Same seed, same events.

    Returns
    -------
    Events

    Raises
    ------
    ValueError, TypeError
        If a number is outside its range.

    Examples
    --------
    >>> events = record(10, 0.3, seed=1)
    >>> events.happened.round(1), events.arrived.round(1)
    (array([4.2, 5.5, 8.3, 4.1]), array([  5.2,   6.9,  13.6, 557.8]))
    """
    seconds, rate = checks.number("seconds", seconds, above=0), checks.number("rate", rate, above=0)
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    happened = np.sort(generator.uniform(0, seconds, generator.poisson(rate * seconds)))
    chances = generator.random((2, happened.size))
    away = chances[0] < checks.number("offline", offline, 0, 1)
    means = np.where(away, checks.number("delay", delay, above=0), checks.number("prompt", prompt, above=0))
    arrived = happened + means * generator.standard_exponential(happened.size)
    begins = checks.number("begins", begins, minimum=0)
    ends = begins + checks.number("lasts", lasts, minimum=0)
    cut = (chances[1] < checks.number("outage", outage, 0, 1)) & (happened >= begins) & (happened < ends)
    arrived[cut] = np.maximum(arrived[cut], ends + prompt * generator.standard_exponential(happened.size)[cut])
    order = np.argsort(arrived, kind="stable")
    return Events(read_only(happened[order]), read_only(arrived[order]))


@dataclass(frozen=True, eq=False)
class WindowCounts:
    """What was counted for each window, and when it was known.

    Attributes
    ----------
    ends : ndarray of float, shape (windows,)
        The end of each window, in seconds.
    happened : ndarray of int, shape (windows,)
        How many events there were.
    first : ndarray of int, shape (windows,)
        How many of them are in the first count that is published.
    last : ndarray of int, shape (windows,)
        How many are in the last one: more only where corrections are allowed.
    closed : ndarray of float, shape (windows,)
        What has arrived by then is in the first count.
    published : ndarray of float, shape (windows,)
        When the first count is there to be seen.
    machine_seconds : float
        What it takes, from 0 to the end of the last window.
    """

    ends: Floats
    happened: Integers
    first: Integers
    last: Integers
    closed: Floats
    published: Floats
    machine_seconds: float

    @property
    def freshness(self) -> float:
        """How long after the end of a window its count is there, in seconds, on average."""
        return float((self.published - self.ends).mean())

    @property
    def missing(self) -> float:
        """The share of events that are in no count."""
        return 1 - float(self.last.sum() / self.happened.sum()) if self.happened.sum() else 0.0

    @property
    def missing_at_first(self) -> float:
        """The share of events that are not in the first count of their window."""
        return 1 - float(self.first.sum() / self.happened.sum()) if self.happened.sum() else 0.0

    @property
    def corrected(self) -> int:
        """The number of windows whose count changes after it was published."""
        return int(np.count_nonzero(self.last > self.first))


def count(
    way: str,
    happened: ArrayLike,
    arrived: ArrayLike,
    window: float,
    windows: int,
    *,
    wait: float = 0.0,
    interval: float = 3_600.0,
    allowed: float = 0.0,
) -> WindowCounts:
    """Count events for the windows in which they happened.

    Parameters
    ----------
    way : {"batch", "stream"}
    happened, arrived : array_like of float, shape (events,)
        When events happened, and when they arrived, not before that and in this order, in seconds. There must be later ones than the last window, by
        which a stream sees that it is over; otherwise it is closed only with the last event.
    window : float
        Length of a window, in seconds.
    windows : int
        How many are counted, from 0 on.
    wait : float, default 0
        For how long after its interval a batch job waits before it counts, or by how much the watermark stays behind, in seconds.
    interval : float, default 3600
        From one batch job to the next, in seconds. A stream has no use for it.
    allowed : float, default 0
        For how many seconds more a window may be corrected: by each event of a stream, or by each batch job.

    Returns
    -------
    WindowCounts

    Raises
    ------
    ValueError, TypeError
        If the way is unknown, an event arrives before it happened, arrivals are not in order, or a number is outside its range.

    Examples
    --------
    Two windows of 10 s. The event of second 9 arrives at 12, and nothing says in between that the first window is over:

    >>> counts = count("stream", [1, 9, 15, 31], [1, 12, 16, 32], 10, 2)
    >>> counts.first, counts.published
    (array([2, 1]), array([16., 32.]))
    """
    way = checks.choice("way", way, WAYS)
    moments, times = checks.amounts("happened", happened), checks.times("arrived", arrived)
    if times.size != moments.size:
        raise ValueError(f"arrived holds {times.size:,} times, but must hold one for each of the {moments.size:,} events")
    if (times < moments).any():
        early = int(np.argmax(times < moments))
        raise ValueError(f"arrived is {times[early]} at index {early}, before the event happened, at {moments[early]}")
    window, windows = checks.number("window", window, above=0), checks.integer("windows", windows, minimum=1)
    wait, allowed = checks.number("wait", wait, minimum=0), checks.number("allowed", allowed, minimum=0)
    interval = checks.number("interval", interval, above=0)
    ends: Floats = window * np.arange(1, windows + 1, dtype=np.float64)
    if way == "stream":
        closed, until = (_passed(moments, times, ends + late) for late in (wait, wait + allowed))
        published, machine = closed, float(ends[-1])
    else:
        runs = np.ceil(ends / interval - 1e-9)  # the job that finds the window over
        closed = runs * interval + wait
        until = closed + np.floor(allowed / interval + 1e-9) * interval
        reads = interval * moments.size / max(float(moments.max()), 1e-9)  # events that a job finds, on average
        published = closed + STARTUP + PER_EVENT * reads
        again = 1 + np.floor(allowed / interval + 1e-9)
        machine = float(ends[-1]) / interval * (STARTUP + PER_EVENT * reads * again)
    belongs = (moments / window).astype(np.int64)
    ours = belongs < windows
    owner, came = belongs[ours], times[ours]
    total, first, last = (
        read_only(np.bincount(owner[kept], minlength=windows)) for kept in (owner >= 0, came <= closed[owner], came <= until[owner])
    )
    return WindowCounts(read_only(ends), total, first, last, read_only(closed), read_only(published), machine)


def _passed(moments: Floats, times: Floats, marks: Floats) -> Floats:
    """Return when an event first arrived that happened at a mark or later: the watermark never goes back."""
    latest = np.maximum.accumulate(moments)
    return times[np.minimum(np.searchsorted(latest, marks), times.size - 1)]
