"""Adaptive streaming: a player that chooses, segment by segment, in which quality to load the next few seconds of a film.

A film is cut into segments of equal length, each stored at every bitrate of a *ladder*. The player loads one segment after the other
into its buffer and plays from there; when the buffer runs dry the picture stands still. Its *controller* decides which rung of
the ladder comes next: a higher one looks better and takes longer to arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only

Floats = NDArray[np.float64]
Controller = Callable[[float, float, list[float]], int]

#: Six of the ten rungs, in kbit/s, that Netflix once gave every film (Netflix Technology Blog, "Per-Title Encode Optimization", 2015).
LADDER = (235.0, 750.0, 1_750.0, 3_000.0, 4_300.0, 5_800.0)

DURATION = 4.0  # seconds of film in a segment, unless told otherwise
MOST_SEGMENTS = 100_000


@dataclass(frozen=True)
class Session:
    """How a film was watched.

    Attributes
    ----------
    rungs : ndarray of int64, shape (segments,)
        Which rung of the ladder each segment was loaded at, from 0. Read-only.
    ladder : ndarray of float64, shape (rungs,)
        Bitrates in kbit/s. Read-only.
    requests, arrivals : ndarray of float64, shape (segments,)
        When each segment was asked for, and when the last bit of it had come, in seconds. Read-only.
    plays : ndarray of float64, shape (segments,)
        When each began to play. Read-only.
    buffers : ndarray of float64, shape (segments,)
        Seconds of film that were loaded and not yet played when each segment was asked for. Read-only.
    duration : float
        Seconds of film in a segment.
    """

    rungs: NDArray[np.int64]
    ladder: Floats
    requests: Floats
    arrivals: Floats
    plays: Floats
    buffers: Floats
    duration: float

    @property
    def startup(self) -> float:
        """Seconds until the film began."""
        return float(self.plays[0])

    @property
    def stalls(self) -> Floats:
        """How long the picture stood still before each segment; the first is the wait for the film to begin."""
        return np.asarray(np.concatenate((self.plays[:1], np.maximum(np.diff(self.plays) - self.duration, 0.0))))

    @property
    def rebuffering(self) -> float:
        """Seconds in which the picture stood still after the film had begun."""
        return float(self.stalls[1:].sum())

    @property
    def switches(self) -> int:
        """How often a segment had another rung than the one before it."""
        return int(np.count_nonzero(np.diff(self.rungs)))

    @property
    def utilities(self) -> Floats:
        """What each segment is worth: the natural logarithm of its bitrate over the lowest, so that each doubling counts the same."""
        return np.asarray(np.log(self.ladder / self.ladder[0])[self.rungs])

    def score(self, stall_cost: float = 3.0, switch_cost: float = 0.2) -> float:
        """Weigh quality against disturbance: the utility of a segment, less a times the waiting and b times the switches.

        Parameters
        ----------
        stall_cost : float, default 3.0
            a: what a second costs in which nothing plays, the wait for the beginning included.
        switch_cost : float, default 0.2
            b: what a change of the rung costs.

        Returns
        -------
        float
            For the average segment.

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong.
        """
        lost = checks.number("stall_cost", stall_cost, 0) * float(self.stalls.sum()) + checks.number("switch_cost", switch_cost, 0) * self.switches
        return (float(self.utilities.sum()) - lost) / self.rungs.size


# The bandwidth is constant within each second, and the trace begins again when it is over. A request takes one round trip until the
# first bit comes. From there on bits come at the bandwidth of the second.
@kernel
def arrival(asked: float, kilobits: float, rates: Floats, round_trip: float) -> float:
    """Return when the last bit comes of what is asked for at some time."""
    time = asked + round_trip
    second = int(np.floor(time))
    left = kilobits
    while True:
        rate = rates[second % rates.size]
        room = (second + 1 - time) * rate
        if room >= left:
            return float(time + left / rate)
        left -= room
        second += 1
        time = float(second)


@dataclass(frozen=True)
class Line:
    """What lies between a player and the film, checked.

    Attributes
    ----------
    rates : ndarray of float64, shape (seconds,)
        What comes in each second, in kbit/s: the bandwidth, or less, where the window and the round trip limit it.
    round_trip : float
        Seconds.
    """

    rates: Floats
    round_trip: float

    @classmethod
    def checked(cls, bandwidth: Any, round_trip: float, window: float | None) -> Line:
        """Check a bandwidth trace, and limit it to one window in each round trip."""
        rates = checks.amounts("bandwidth", bandwidth, kind="bandwidth")
        if not rates.any():
            raise ValueError("bandwidth is 0 in every second, but something must come sometime")
        wait = checks.number("round_trip", round_trip, 0)
        if window is not None:
            limit = checks.number("window", window, above=0)
            rates = np.minimum(rates, limit / wait) if wait > 0 else rates
        return cls(rates, wait)


def rungs_of(ladder: Any) -> Floats:
    """Return the bitrates of a ladder, or say what is wrong with them."""
    rates = checks.amounts("ladder", ladder, above=0, kind="bitrate")
    if (np.diff(rates) <= 0).any():
        raise ValueError(f"ladder is {rates.tolist()}, but each rung must be higher than the one before")
    return rates


def _decider(controller: Any, segments: int) -> Controller:
    if callable(controller):
        own: Controller = controller
        return own
    if isinstance(controller, str):
        raise TypeError(f"controller is {controller!r} (str), but must be a function or the rungs of all segments; those with a name are watched")
    if len(controller) != segments:
        raise ValueError(f"controller holds {len(controller):,} rungs, but there are {segments:,} segments, and each must have one")
    decisions = iter(controller)
    return lambda buffer, throughput, ladder: next(decisions)  # noqa: ARG005 - they were made beforehand


def play(
    controller: Controller | Sequence[int],
    bandwidth: Any,
    segments: int = 75,
    *,
    ladder: Any = LADDER,
    duration: float = DURATION,
    capacity: float = 30.0,
    round_trip: float = 0.0,
    window: float | None = None,
) -> Session:
    """Watch a film over a line, with a controller of one's own.

    Segments are loaded one after the other. One is asked for as soon as the one before it has come and the buffer has room for all of it;
    the film begins with its first segment and stands still whenever the next one is not there yet.

    Parameters
    ----------
    controller : callable or sequence of int
        A function that is given the seconds in the buffer, the throughput of the last segment in kbit/s (its size over the time from the
        request to its last bit; 0 before the first) and the ladder as a list, and returns a rung from 0; or the rungs of all
        segments, decided beforehand.
    bandwidth : array_like of float, shape (seconds,)
        kbit/s in each second, at least 0; begins again when it is over. Not written to.
    segments : int, default 75
    ladder : array_like of float, shape (rungs,)
        Bitrates in kbit/s, ascending. A segment's size is its bitrate times its duration.
    duration : float, default 4.0
        Seconds of film in a segment.
    capacity : float, default 30.0
        Seconds of film that the buffer holds, at least one segment.
    round_trip : float, default 0.0
        Seconds from a request until its first bit comes: short, if a cache is near.
    window : float, optional
        Kilobits that may be on their way at once, so that no more than one window comes in a round trip; no limit, if not given.

    Returns
    -------
    Session

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or the controller returns what is no rung.

    Examples
    --------
    At 1,000 kbit/s a segment of 4 seconds at 500 kbit/s comes in 2 seconds, one at 2,000 in 8:

    >>> session = play([0, 1, 0], [1000], segments=3, ladder=[500, 2000])
    >>> session.arrivals, session.plays, session.rebuffering
    (array([ 2., 10., 12.]), array([ 2., 10., 14.]), 4.0)

    A controller of one's own:

    >>> play(lambda buffer, throughput, ladder: 1 if buffer > 8 else 0, [1000], 5, ladder=[500, 2000]).rungs
    array([0, 0, 0, 0, 1])
    """
    line = Line.checked(bandwidth, round_trip, window)
    count = checks.integer("segments", segments, 1, MOST_SEGMENTS)
    rates, length = rungs_of(ladder), checks.number("duration", duration, above=0)
    room = checks.number("capacity", capacity, length)
    decide, plain = _decider(controller, count), rates.tolist()

    rungs = np.empty(count, dtype=np.int64)
    requests, arrivals, plays, buffers = (np.empty(count) for _ in range(4))
    now, ends, throughput = 0.0, 0.0, 0.0  # ends: when what is loaded will have been played
    for segment in range(count):
        now = max(now, ends + length - room)  # until the buffer has room
        buffer = max(ends - now, 0.0)
        rungs[segment] = checks.integer("the controller's rung", decide(buffer, throughput, plain), 0, rates.size - 1)
        size = plain[rungs[segment]] * length
        requests[segment], buffers[segment] = now, buffer
        now = arrivals[segment] = arrival(now, size, line.rates, line.round_trip)
        throughput = size / (now - requests[segment])
        plays[segment] = max(ends, now)
        ends = plays[segment] + length
    timeline = (read_only(requests), read_only(arrivals), read_only(plays), read_only(buffers))
    return Session(read_only(rungs), read_only(rates.copy()), *timeline, length)
