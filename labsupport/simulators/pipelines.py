"""Pipelines: requests that pass through stages one after another, each stage with workers of its own.

Each stage is a queue, first come first served, and what leaves one arrives at the next at the same moment. The slowest stage
decides how many requests a second get through; how long one takes adds up over all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators import queueing

MOST_STAGES = 1_000


@dataclass(frozen=True)
class PipelineResult:
    """What became of every request of a pipeline.

    Attributes
    ----------
    workers : tuple of int
        How many workers each stage has.
    enters, starts, finishes : ndarray of float64, shape (requests, stages)
        When each request came to each stage, when its work there began and when it ended. Read-only.
    """

    workers: tuple[int, ...]
    enters: NDArray[np.float64]
    starts: NDArray[np.float64]
    finishes: NDArray[np.float64]

    @property
    def responses(self) -> NDArray[np.float64]:
        """Time from the first stage's door to the end of the last, of each request."""
        return np.asarray(self.finishes[:, -1] - self.enters[:, 0])

    @property
    def waits(self) -> NDArray[np.float64]:
        """Time each request waited before each stage, shape (requests, stages)."""
        return np.asarray(self.starts - self.enters)

    @property
    def throughput(self) -> float:
        """Requests finished per unit of time, from the first arrival to the last end; infinite if that is no time at all."""
        span = float(self.finishes[:, -1].max() - self.enters[:, 0].min())
        return self.finishes.shape[0] / span if span > 0 else float("inf")

    @property
    def utilizations(self) -> NDArray[np.float64]:
        """Share of each stage's workers that was busy, from the first arrival to the last end, shape (stages,)."""
        span = float(self.finishes[:, -1].max() - self.enters[:, 0].min())
        busy = (self.finishes - self.starts).sum(axis=0) / np.array(self.workers)
        return busy / span if span > 0 else np.zeros(len(self.workers))

    @property
    def bottleneck(self) -> int:
        """The stage whose workers had the most to do; the first of them if there are several."""
        return int(np.argmax((self.finishes - self.starts).sum(axis=0) / np.array(self.workers)))


def simulate(arrivals: Any, services: Any, workers: Any) -> PipelineResult:
    """Send requests through stages in a row, each first come first served, with unlimited room between them.

    Parameters
    ----------
    arrivals : array_like of float, shape (requests,)
        When each request comes, at least 0, never falling. Not written to.
    services : array_like of float, shape (requests, stages)
        How long a worker of each stage is busy with each request, at least 0, in the unit of the arrivals. Not written to.
    workers : array_like of int, shape (stages,)
        How many workers each stage has, from 1 to 100,000.

    Returns
    -------
    PipelineResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or the shapes do not fit.

    References
    ----------
    Jackson, "Networks of Waiting Lines", Operations Research 5(4), 1957 (what such a row does in theory).

    Examples
    --------
    Two requests come at once; the second stage takes twice as long, and is where the second one waits:

    >>> result = simulate([0, 0], [[1, 2], [1, 2]], workers=[1, 1])
    >>> result.responses, result.bottleneck
    (array([3., 5.]), 1)
    >>> result.waits
    array([[0., 0.],
           [1., 1.]])
    """
    times = checks.times("arrivals", arrivals) + 0.0
    teams = checks.integers("workers", workers, 1, queueing.MOST_SERVERS, kind="number")
    work = np.array(services, dtype=np.float64)
    if teams.size > MOST_STAGES:
        raise ValueError(f"workers holds {teams.size:,} numbers, but there must be at most {MOST_STAGES:,} stages")
    if work.shape != (times.size, teams.size):
        raise ValueError(f"services has shape {work.shape}, but must have a row for each of {times.size:,} requests and {teams.size} stages")
    for stage in range(teams.size):
        checks.amounts(f"services[:, {stage}]", work[:, stage], kind="service")

    enters, starts, finishes = np.empty_like(work), np.empty_like(work), np.empty_like(work)
    for stage, team in enumerate(teams.tolist()):
        order = np.argsort(times, kind="stable")
        queue = queueing.simulate(times[order], work[order, stage], team)
        enters[:, stage] = times
        starts[order, stage], finishes[order, stage] = queue.starts, queue.finishes
        times = finishes[:, stage].copy()
    for array in (enters, starts, finishes):
        array.flags.writeable = False
    return PipelineResult(tuple(teams.tolist()), enters, starts, finishes)
