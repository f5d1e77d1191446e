"""Caching: which requests a cache of limited size answers, under nine eviction policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators import eviction
from labsupport.simulators.numbering import NumberedTrace, number

POLICIES = tuple(eviction.KERNELS)
LARGEST_CAPACITY = checks.LARGEST_KEY + 1


@dataclass(frozen=True)
class CacheResult:
    """What a cache did with a trace.

    Attributes
    ----------
    policy : str
        The eviction policy.
    capacity : int
        How many keys the cache could hold.
    hits : ndarray of bool, shape (requests,)
        Whether each request was answered from the cache. Read-only.
    evictions : int
        How many keys had to leave to make room for another. Every missing key is stored, so this is the number of misses
        less the number of keys in the cache at the end.
    """

    policy: str
    capacity: int
    hits: NDArray[np.bool_]
    evictions: int

    @property
    def hit_ratio(self) -> float:
        """Share of requests answered from the cache, from 0 to 1."""
        return int(np.count_nonzero(self.hits)) / self.hits.size


def simulate(policy: str, trace: Any, capacity: int) -> CacheResult:
    """Run a trace through a cache that starts empty and stores every missing key.

    Parameters
    ----------
    policy : str
        One of `POLICIES`; each is described, with its paper, in the module of its name in `labsupport.simulators.eviction`.
    trace : array_like of int, shape (requests,)
        Keys from 0 to 2³¹ − 1, one per request. Not written to.
    capacity : int
        How many keys the cache can hold, at least 1. All keys are of the same size.

    Returns
    -------
    CacheResult

    Raises
    ------
    TypeError, ValueError
        If the policy is unknown, the trace no trace, or the capacity no whole number of at least 1.

    Examples
    --------
    >>> result = simulate("lru", [1, 2, 3, 1, 4, 2], capacity=3)
    >>> result.hits
    array([False, False, False,  True, False, False])
    >>> result.evictions
    2
    >>> round(simulate("opt", [1, 2, 3, 1, 4, 2], capacity=3).hit_ratio, 2)
    0.33
    """
    policy = checks.choice("policy", policy, POLICIES)
    keys = checks.keys("trace", trace)
    capacity = checks.integer("capacity", capacity, minimum=1, maximum=LARGEST_CAPACITY)
    return _run(policy, number(keys), capacity, np.empty((0, 0), dtype=np.int64))


def _run(policy: str, trace: NumberedTrace, capacity: int, record: NDArray[np.int64]) -> CacheResult:
    hits = np.zeros(trace.numbers.size, dtype=np.bool_)
    places = min(capacity, trace.count, trace.numbers.size)  # more than there are different keys is never used, only allocated
    evictions = eviction.KERNELS[policy](trace.numbers, trace.count, places, hits, record)
    hits.flags.writeable = False
    return CacheResult(policy, capacity, hits, int(evictions))
