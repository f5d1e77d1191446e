"""Input and output: jobs that compute and wait in turn, done one after the other, by threads, by one loop, or in batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.disciplines.heap import pop, push
from labsupport.simulators.numbering import read_only

WAYS = ("blocking", "threaded", "asynchronous", "batched")
MOST_JOBS = 20_000_000
MOST_AT_ONCE = 100_000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TimelineResult:
    """When each job computed and waited. A job computes, waits for an answer, and computes again.

    Attributes
    ----------
    way : str
    before, waits, after : ndarray of float64, shape (jobs,)
        What each job computes, how long its answer takes, and what it computes then, as given. Read-only.
    starts : ndarray of float64, shape (jobs,)
        When its first computing began. Read-only.
    sent : ndarray of float64, shape (jobs,)
        When it asked. Read-only.
    answered : ndarray of float64, shape (jobs,)
        When its answer was there. Read-only.
    resumed, finishes : ndarray of float64, shape (jobs,)
        When it began to compute again, and was done. Read-only.
    overhead : float
        Time that the processor spent on switching between jobs.
    """

    way: str
    before: Floats
    waits: Floats
    after: Floats
    starts: Floats
    sent: Floats
    answered: Floats
    resumed: Floats
    finishes: Floats
    overhead: float

    @property
    def makespan(self) -> float:
        """When the last job was done."""
        return float(self.finishes.max())

    @property
    def utilization(self) -> float:
        """Share of the time until then in which the processor computed; 0 if no time passed."""
        work = float((self.before + self.after).sum())
        return work / self.makespan if self.makespan > 0 else 0.0

    @property
    def in_flight(self) -> int:
        """How many answers were waited for at once, at most."""
        moments = np.concatenate((self.sent, self.answered))
        steps = np.repeat([1, -1], self.sent.size)
        order = np.lexsort((steps, moments))
        return int(np.cumsum(steps[order]).max(initial=0))


# One processor. At most `most` jobs are under way, each begun as soon as one before is done, in their order. A job computes, asks,
# gives the processor away, and stands in line for it again when its answer is there; whoever asked for the processor first gets it.
# Whenever it goes to a job, it takes some time to switch. Answers on their way stand in a heap, by the moment at which they come.
@kernel
def _interleave(
    before: Floats,
    waits: Floats,
    after: Floats,
    most: int,
    switch: float,
    starts: Floats,
    sent: Floats,
    answered: Floats,
    resumed: Floats,
    finishes: Floats,
) -> None:
    jobs = before.size
    coming, asked = np.zeros(jobs, dtype=np.int64), np.zeros(jobs)
    now, begun, done, waiting = 0.0, 0, 0, 0
    while done < jobs:
        may_begin = begun < jobs and begun - done < most
        if may_begin and (waiting == 0 or asked[begun] <= answered[coming[0]]):
            now += switch
            starts[begun] = now
            now += before[begun]
            sent[begun] = now
            answered[begun] = now + waits[begun]
            push(coming, waiting, begun, answered)
            waiting += 1
            begun += 1
        else:
            job = coming[0]
            pop(coming, waiting, answered)
            waiting -= 1
            now = max(now, answered[job]) + switch
            resumed[job] = now
            now += after[job]
            finishes[job] = now
            if most + done < jobs:
                asked[most + done] = now  # the one that takes its place
            done += 1


def simulate(
    way: str, before: Any, waits: Any, after: Any, *, at_once: int = 1, switch: float = 0.0, batch: int = 1, each: float = 0.0
) -> TimelineResult:
    """Let one processor do jobs that compute, wait for an answer, and compute again.

    Parameters
    ----------
    way : str
        One of `WAYS`. *Blocking*: one job after the other, the processor idle while it waits. *Threaded*: ``at_once`` jobs are under way, a
        thread for each, and going from one to another takes ``switch``. *Asynchronous*: the same by one loop; ``at_once`` is its limit of
        connections and ``switch`` what a step of the loop takes. *Batched*: ``batch`` jobs compute, ask in one request, and compute again
        when its answer is there, which takes as long as the longest of theirs and ``each`` for every job in it.
    before, waits, after : array_like of float, shape (jobs,)
        What each computes, how long an answer takes, and what it computes then, at least 0. Not written to.
    at_once : int, optional
        How many jobs may be under way, 1 to 100,000; for threaded and asynchronous.
    switch : float, optional
        Time that the processor takes to go to a job, at least 0; for threaded and asynchronous.
    batch : int, optional
        How many jobs ask together, at least 1; for batched.
    each : float, optional
        How much longer a batch's answer takes for every job in it, at least 0.

    Returns
    -------
    TimelineResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or of no use to the way.

    Examples
    --------
    Four jobs compute for 1, wait for 3 and compute for 1:

    >>> jobs = [1] * 4, [3] * 4, [1] * 4
    >>> [simulate(way, *jobs, **options).makespan for way, options in
    ...     (("blocking", {}), ("threaded", {"at_once": 2}), ("asynchronous", {"at_once": 4}), ("batched", {"batch": 4}))]
    [20.0, 12.0, 8.0, 11.0]
    """
    way = checks.choice("way", way, WAYS)
    first = checks.amounts("before", before, kind="time").copy()
    pauses = checks.amounts("waits", waits, kind="time", length=first.size).copy()
    last = checks.amounts("after", after, kind="time", length=first.size).copy()
    if first.size > MOST_JOBS:
        raise ValueError(f"before holds {first.size:,} times, but there must be at most {MOST_JOBS:,} jobs")
    most = checks.integer("at_once", at_once, 1, MOST_AT_ONCE)
    change = checks.number("switch", switch, minimum=0)
    together = checks.integer("batch", batch, minimum=1)
    more = checks.number("each", each, minimum=0)
    interleaved = way in ("threaded", "asynchronous")
    for name, given, plain, useful in (
        ("at_once", most, 1, interleaved),
        ("switch", change, 0, interleaved),
        ("batch", together, 1, way == "batched"),
        ("each", more, 0, way == "batched"),
    ):
        if given != plain and not useful:
            raise ValueError(f"{name} is {given}, but {way} makes no use of it")

    starts, sent, answered, resumed, finishes = np.zeros((5, first.size))
    if interleaved or way == "blocking":
        columns = (read_only(first), read_only(pauses), read_only(last))
        _interleave(*columns, most, change, starts, sent, answered, resumed, finishes)
    else:
        _in_batches(first, pauses, last, together, more, (starts, sent, answered, resumed, finishes))
    for array in (first, pauses, last, starts, sent, answered, resumed, finishes):
        array.flags.writeable = False
    overhead = 2 * first.size * change
    return TimelineResult(way, first, pauses, last, starts, sent, answered, resumed, finishes, overhead)


def _in_batches(before: Floats, waits: Floats, after: Floats, batch: int, each: float, columns: tuple[Floats, ...]) -> None:
    """Let every batch compute, ask once, and compute again."""
    starts, sent, answered, resumed, finishes = columns
    now = 0.0
    for first in range(0, before.size, batch):
        here = slice(first, first + batch)
        ends = now + np.cumsum(before[here])
        starts[here] = ends - before[here]
        sent[here] = ends[-1]
        answered[here] = ends[-1] + waits[here].max() + each * ends.size
        done = answered[first] + np.cumsum(after[here])
        resumed[here], finishes[here] = done - after[here], done
        now = float(done[-1])
