"""Caching: which requests a cache of limited size answers, under nine eviction policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators import eviction
from labsupport.simulators.eviction import notes
from labsupport.simulators.expiry import ExpiryResult, simulate_expiry
from labsupport.simulators.narration import LONGEST_REPLAY, Replay, narrate
from labsupport.simulators.numbering import NumberedTrace, number
from labsupport.simulators.reuse import count_distances, optimal_distances, stack_distances
from labsupport.simulators.write_costs import WriteCosts, write_costs
from labsupport.simulators.writing import WRITE_POLICIES, WriteResult, simulate_writes

__all__ = [
    "POLICIES",
    "WRITE_POLICIES",
    "CacheResult",
    "ExpiryResult",
    "MissRatioCurve",
    "Replay",
    "WriteCosts",
    "WriteResult",
    "miss_ratio_curve",
    "optimal_distances",
    "replay",
    "simulate",
    "simulate_expiry",
    "simulate_writes",
    "stack_distances",
    "write_costs",
]

POLICIES = tuple(eviction.KERNELS)
LARGEST_CAPACITY = checks.LARGEST_KEY + 1
CURVE_POINTS = 32


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


def replay(policy: str, trace: Any, capacity: int) -> Replay:
    """Run a short trace as `simulate` does, by the same kernel, and tell for each request what happened and why.

    Parameters
    ----------
    policy : str
        One of `POLICIES`.
    trace : array_like of int, shape (requests,)
        Keys from 0 to 2³¹ − 1; at most 10,000 requests.
    capacity : int
        How many keys the cache can hold, at least 1.

    Returns
    -------
    Replay

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or the trace too long to be told.

    Examples
    --------
    >>> story = replay("lru", [1, 2, 3, 1, 4], capacity=3)
    >>> int(story.evicted[4]), story.reasons[4]
    (2, 'least recently used: last asked for at request 1')
    >>> story.contents(4)
    (3, 1, 4)
    """
    policy = checks.choice("policy", policy, POLICIES)
    keys = checks.keys("trace", trace)
    capacity = checks.integer("capacity", capacity, minimum=1, maximum=LARGEST_CAPACITY)
    if keys.size > LONGEST_REPLAY:
        raise ValueError(
            f"trace has {keys.size:,} requests, but at most {LONGEST_REPLAY:,} can be told one by one: use simulate, or trace[:{LONGEST_REPLAY}]"
        )
    numbered = number(keys)
    record = np.zeros((keys.size, notes.COLUMNS), dtype=np.int64)
    record[:, notes.EVICTED] = -1
    result = _run(policy, numbered, capacity, record)
    record[:, notes.EVICTED] = numbered.keys(record[:, notes.EVICTED])
    return narrate(policy, capacity, keys, result.hits, record)


@dataclass(frozen=True)
class MissRatioCurve:
    """How the share of misses falls as the cache grows.

    Attributes
    ----------
    policy : str
        The eviction policy.
    capacities : ndarray of int64, shape (sizes,)
        Sizes of the cache. Read-only.
    miss_ratios : ndarray of float64, shape (sizes,)
        Share of requests not answered from a cache of each size. Read-only.
    """

    policy: str
    capacities: NDArray[np.int64]
    miss_ratios: NDArray[np.float64]


def miss_ratio_curve(policy: str, trace: Any, capacities: Any = None) -> MissRatioCurve:
    """Return the miss ratio of a policy at many sizes: for LRU all from one pass, for the others one run for each.

    Parameters
    ----------
    policy : str
        One of `POLICIES`.
    trace : array_like of int, shape (requests,)
        Keys from 0 to 2³¹ − 1. Not written to.
    capacities : array_like of int, optional
        Sizes wanted, each at least 1. Left out: for LRU every size from 1 to the number of different keys, for the others
        about thirty sizes spread evenly over the same range on a logarithmic scale.

    Returns
    -------
    MissRatioCurve
        Exact at each of its sizes.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Mattson, Gecsei, Slutz, Traiger, "Evaluation Techniques for Storage Hierarchies", IBM Systems Journal 9(2), 1970.

    Examples
    --------
    >>> curve = miss_ratio_curve("lru", [0, 1, 2, 0, 1, 2, 2, 1])
    >>> curve.capacities, curve.miss_ratios
    (array([1, 2, 3]), array([0.875, 0.75 , 0.375]))
    """
    policy = checks.choice("policy", policy, POLICIES)
    keys = checks.keys("trace", trace)
    sizes = None if capacities is None else checks.integers("capacities", capacities, 1, LARGEST_CAPACITY, kind="capacity").copy()
    if policy == "lru":
        hits = np.cumsum(_hits_by_distance(keys))
        if sizes is None:
            sizes = np.arange(1, hits.size, dtype=np.int64)
        miss_ratios = 1 - hits[np.minimum(sizes, hits.size - 1)] / keys.size
    else:
        numbered = number(keys)
        if sizes is None:
            sizes = np.unique(np.geomspace(1, np.unique(numbered.numbers).size, CURVE_POINTS).round().astype(np.int64))
        nobody_looks_on = np.empty((0, 0), dtype=np.int64)
        miss_ratios = np.array([1 - _run(policy, numbered, int(size), nobody_looks_on).hit_ratio for size in sizes])
    for array in (sizes, miss_ratios):
        array.flags.writeable = False
    return MissRatioCurve(policy, sizes, miss_ratios)


def _hits_by_distance(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many requests have each stack distance, from 0 (none has) to the number of different keys."""
    distances = stack_distances(keys)
    different = int(np.count_nonzero(distances < 0))
    counts = np.zeros(different + 1, dtype=np.int64)
    count_distances(distances, counts)
    counts[0] = 0
    return counts
