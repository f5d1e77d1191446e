"""Batching: items that wait for each other, so that what a batch costs, however small, is shared among them.

A worker takes some items at a time. A batch begins when it is full, or when its first item has waited long enough, and the worker is free.

References
----------
Nagle, "Congestion Control in IP/TCP Internetworks", RFC 896, 1984; DeWitt et al., "Implementation Techniques for Main Memory Database
Systems", SIGMOD 1984 (group commit); Chaudhry and Templeton, "A First Course in Bulk Queues", 1983.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only

MOST_ITEMS = 1_000_000_000

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class BatchingResult:
    """What became of every item, and of every batch.

    Attributes
    ----------
    arrivals : ndarray of float64, shape (items,)
        When each item came. Read-only.
    sizes : ndarray of int64, shape (batches,)
        How many items each batch held; it took them in the order in which they came. Read-only.
    starts, finishes : ndarray of float64, shape (batches,)
        When the worker began with each batch, and when all its items were done. Read-only.
    """

    arrivals: Floats
    sizes: Numbers
    starts: Floats
    finishes: Floats

    @property
    def latencies(self) -> Floats:
        """Time from coming until its batch is done, of each item."""
        return np.asarray(np.repeat(self.finishes, self.sizes) - self.arrivals)

    @property
    def throughput(self) -> float:
        """Items done per unit of time, from the first arrival to the end; infinite if no time passed."""
        span = float(self.finishes[-1] - self.arrivals[0])
        return self.arrivals.size / span if span > 0 else float("inf")

    @property
    def utilization(self) -> float:
        """Share of that time in which the worker worked; 0 if no time passed."""
        span = float(self.finishes[-1] - self.arrivals[0])
        return float((self.finishes - self.starts).sum()) / span if span > 0 else 0.0


# The next batch is full when its last item is there, and due when its first has waited long enough. It begins at the earlier of the
# two, once the worker is free, and takes whoever has come by then. Linear in the number of items.
@kernel
def _batches(arrivals: Floats, most: int, fixed: float, each: float, patience: float, sizes: Numbers, starts: Floats, finishes: Floats) -> int:
    first, done, free = 0, 0, 0.0
    while first < arrivals.size:
        last = min(first + most, arrivals.size)
        start = max(free, min(arrivals[last - 1], arrivals[first] + patience))
        end = first + 1
        while end < last and arrivals[end] <= start:
            end += 1
        free = start + fixed + each * (end - first)
        sizes[done] = end - first
        starts[done] = start
        finishes[done] = free
        first = end
        done += 1
    return done


def simulate(arrivals: Any, batch: int, fixed: float, each: float, *, patience: float | None = None) -> BatchingResult:
    """Let a worker do items in batches, in the order in which they come.

    Parameters
    ----------
    arrivals : array_like of float, shape (items,)
        When each item comes, at least 0, never falling. Not written to.
    batch : int
        How many items a batch holds at most, at least 1.
    fixed : float
        How long a batch takes, however small it is, at least 0.
    each : float
        How long it takes longer for each of its items, at least 0.
    patience : float, optional
        For how long its first item waits at most until the batch begins, or is ready to, at least 0: at 0 a free worker takes whoever is
        there. If left out, it waits until the batch is full. The last batch begins when the last item of all has come.

    Returns
    -------
    BatchingResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> result = simulate([0, 1, 2, 3, 4], batch=2, fixed=1, each=0.25)
    >>> result.sizes, result.finishes
    (array([2, 2, 1]), array([2.5 , 4.5 , 5.75]))
    >>> simulate([0, 1, 2, 3, 4], batch=4, fixed=1, each=1, patience=0).sizes
    array([1, 2, 2])
    """
    times = checks.times("arrivals", arrivals)
    most = checks.integer("batch", batch, minimum=1, maximum=MOST_ITEMS)
    cost, marginal = checks.number("fixed", fixed, minimum=0), checks.number("each", each, minimum=0)
    wait = np.inf if patience is None else checks.number("patience", patience, minimum=0)
    sizes, starts, finishes = np.empty(times.size, dtype=np.int64), np.empty(times.size), np.empty(times.size)
    count = _batches(read_only(times), min(most, times.size), cost, marginal, wait, sizes, starts, finishes)
    return BatchingResult(
        read_only(times.copy()), read_only(sizes[:count].copy()), read_only(starts[:count].copy()), read_only(finishes[:count].copy())
    )
