"""Scaling: workers who do most of a job alone, wait for each other at something shared, and must agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.disciplines.heap import pop, push
from labsupport.simulators.numbering import read_only

MOST_WORKERS = 100_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ScalingResult:
    """How some workers got through their jobs.

    Attributes
    ----------
    workers : int
    ends : ndarray of float64, shape (jobs,)
        When each job was done. Read-only.
    waits : ndarray of float64, shape (jobs,)
        How long each job waited for what all share. Read-only.
    """

    workers: int
    ends: Floats
    waits: Floats

    @property
    def makespan(self) -> float:
        """When the last job was done."""
        return float(self.ends.max())

    @property
    def throughput(self) -> float:
        """Jobs per unit of time, from the beginning to the end of the last one; infinite if all are no work."""
        return self.ends.size / self.makespan if self.makespan > 0 else np.inf


# A worker takes the next job, does its own part alone, and then needs what all share, first come first served. Those who work
# alone stand in a heap by the moment at which they will be through, at first the workers in their order; whoever comes first
# is served as soon as the one before has left, and takes another job. With a barrier, they take new jobs only when all are done.
@kernel
def _work(parallel: Floats, serial: Floats, workers: int, exchange: float, barrier: bool, ends: Floats, waits: Floats) -> None:
    ready = np.zeros(workers)
    job_of = np.zeros(workers, dtype=np.int64)
    heap = np.zeros(workers, dtype=np.int64)
    alone, given, free = 0, 0, 0.0
    while given < parallel.size or alone > 0:
        if given < parallel.size and alone == 0:
            while alone < workers and given < parallel.size:
                job_of[alone] = given
                ready[alone] = free + parallel[given]
                push(heap, alone, alone, ready)
                alone += 1
                given += 1
        worker = heap[0]
        pop(heap, alone, ready)
        alone -= 1
        job = job_of[worker]
        starts = max(free, ready[worker])
        waits[job] = starts - ready[worker]
        free = starts + serial[job] + exchange * (workers - 1)
        ends[job] = free
        if not barrier and given < parallel.size:
            job_of[worker] = given
            ready[worker] = free + parallel[given]
            push(heap, alone, worker, ready)
            alone += 1
            given += 1


def simulate(parallel: Any, serial: Any, workers: int, *, exchange: float = 0.0, barrier: bool = False) -> ScalingResult:
    """Let workers do jobs of which a part is done alone and a part at something that only one can use at a time.

    With jobs that are all alike – σ of a unit of time at what is shared, 1 − σ alone, κ for each other worker – and a barrier, all
    come at once, the last of N waits for all others, and N jobs take 1 − σ + N × (σ + κ × (N − 1)): this is the Universal Scalability
    Law, and with κ = 0 Amdahl's law. Workers who come when they are ready get in each other's way less often.

    Parameters
    ----------
    parallel : array_like of float, shape (jobs,)
        Time that each job takes a worker alone, at least 0. Not written to.
    serial : array_like of float, shape (jobs,)
        Time that it then needs what all share, at least 0. Not written to.
    workers : int
        From 1 to 100,000.
    exchange : float, optional
        Time that it needs it in addition for each other worker, to agree with, at least 0.
    barrier : bool, optional
        Whether all workers begin their next jobs together, when the last of them is done.

    Returns
    -------
    ScalingResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Gunther, "A General Theory of Computational Scalability Based on Rational Functions", arXiv 0808.1431, 2008: the laws as bounds of
    the machine repairman's queue.

    Examples
    --------
    >>> result = simulate([0.9] * 4, [0.1] * 4, workers=2, barrier=True)
    >>> result.ends.round(1), result.waits.round(1)
    (array([1. , 1.1, 2.1, 2.2]), array([0. , 0.1, 0. , 0.1]))
    >>> round(result.throughput, 3)
    1.818
    """
    own = checks.amounts("parallel", parallel, kind="time")
    shared = checks.amounts("serial", serial, kind="time", length=own.size)
    count = checks.integer("workers", workers, 1, MOST_WORKERS)
    each = checks.number("exchange", exchange, minimum=0)
    ends, waits = np.empty((2, own.size))
    _work(read_only(own), read_only(shared), count, each, bool(barrier), ends, waits)
    for array in (ends, waits):
        array.flags.writeable = False
    return ScalingResult(count, ends, waits)
