"""Gathering: a query is split over shards, and its answer is there when the slowest of them has answered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]


@dataclass(frozen=True)
class GatheringResult:
    """What became of queries that were split into parts.

    Attributes
    ----------
    fanout : int
        Parts of each query.
    responses : ndarray of float64, shape (queries,)
        Time to the last part's answer, or to the deadline if that is earlier. Read-only.
    answered : ndarray of int32, shape (queries,)
        Parts whose answers came by the deadline. Read-only.
    hedged : ndarray of int32, shape (queries,)
        Parts that were sent a second time. Read-only.
    rescued : ndarray of int32, shape (queries,)
        Parts whose second copy was answered first. Read-only.
    """

    fanout: int
    responses: Floats
    answered: Counts
    hedged: Counts
    rescued: Counts

    @property
    def complete_share(self) -> float:
        """Share of the queries that all parts answered in time, from 0 to 1."""
        return float(np.mean(self.answered == self.fanout))

    @property
    def completeness(self) -> float:
        """Share of the parts that answered in time, from 0 to 1."""
        return float(self.answered.mean()) / self.fanout

    @property
    def extra_requests(self) -> float:
        """Second copies sent, over first ones."""
        return float(self.hedged.mean()) / self.fanout

    def slow_share(self, limit: float) -> float:
        """Return the share of the queries that took longer than a limit.

        Parameters
        ----------
        limit : float
            In the unit of the latencies, at least 0.

        Returns
        -------
        float
            From 0 to 1.

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong.
        """
        return float(np.mean(self.responses > checks.number("limit", limit, minimum=0)))


# A part is answered when its first copy is, or its second, which is sent if there is no answer yet after the delay. The query
# waits for its slowest part, but no longer than to the deadline. All parts are sent at once and know nothing of each other, so
# no clock is needed: a running maximum is the whole simulation.
@kernel
def _gather(
    first: Floats, second: Floats, delay: float, deadline: float, responses: Floats, answered: Counts, hedged: Counts, rescued: Counts
) -> None:
    for query in range(first.shape[0]):
        slowest = 0.0
        for part in range(first.shape[1]):
            answer = first[query, part]
            if answer > delay and delay < deadline:
                hedged[query] += 1
                if delay + second[query, part] < answer:
                    answer = delay + second[query, part]
                    rescued[query] += 1
            if answer <= deadline:
                answered[query] += 1
            slowest = max(slowest, answer)
        responses[query] = min(slowest, deadline)


def simulate(latencies: Any, *, seconds: Any = None, delay: float | None = None, deadline: float | None = None) -> GatheringResult:
    """Send every query's parts to their shards at once, and gather the answers.

    A latency is what the caller of a shard sees, waiting included. Shards do not get slower by being asked more: for what second
    copies cost where servers have queues, see `labsupport.simulators.hedging`.

    Parameters
    ----------
    latencies : array_like of float, shape (queries, fanout)
        How long each part takes, at least 0. Not written to.
    seconds : array_like of float, shape (queries, fanout), optional
        How long a second copy of each part would take, from when it is sent, at least 0. Must be given with ``delay``. Not written to.
    delay : float, optional
        How long to wait for a part before its second copy is sent, at least 0; none is sent if it is not given.
    deadline : float, optional
        When the query is answered with the parts that are there, above 0; if not given, it waits for all.

    Returns
    -------
    GatheringResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Dean and Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013.

    Examples
    --------
    >>> latencies = [[2, 3, 40], [1, 5, 2]]
    >>> simulate(latencies).responses
    array([40.,  5.])
    >>> hedged = simulate(latencies, seconds=[[9, 9, 1], [9, 9, 9]], delay=4)
    >>> hedged.responses, hedged.hedged, hedged.rescued
    (array([5., 5.]), array([1, 1], dtype=int32), array([1, 0], dtype=int32))
    >>> partial = simulate(latencies, deadline=10)
    >>> partial.responses, partial.answered, partial.complete_share
    (array([10.,  5.]), array([2, 3], dtype=int32), 0.5)
    """
    first = _parts("latencies", latencies)
    if (seconds is None) != (delay is None):
        missing, given = ("seconds", "delay") if seconds is None else ("delay", "seconds")
        raise TypeError(f"{missing} is missing, but must be given with {given}: both belong to second copies")
    second = first if seconds is None else _parts("seconds", seconds)
    if second.shape != first.shape:
        raise ValueError(f"seconds has shape {second.shape}, but must have that of latencies, {first.shape}")
    patience = math.inf if delay is None else checks.number("delay", delay, minimum=0)
    end = math.inf if deadline is None else checks.number("deadline", deadline, above=0)

    responses = np.empty(first.shape[0])
    answered, hedged, rescued = np.zeros((3, first.shape[0]), dtype=np.int32)
    _gather(read_only(first), read_only(second), patience, end, responses, answered, hedged, rescued)
    for array in (responses, answered, hedged, rescued):
        array.flags.writeable = False
    return GatheringResult(first.shape[1], responses, answered, hedged, rescued)


def _parts(name: str, given: Any) -> Floats:
    """Return a table of latencies, one row a query."""
    try:
        table = np.asarray(given)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{name} is ragged, but every query must have the same number of parts") from error
    if table.ndim != 2:
        raise ValueError(f"{name} has shape {table.shape}, but must have a row for each query and a column for each of its parts")
    return checks.amounts(name, table.ravel(), kind="latency").reshape(table.shape)
