"""Cache runs: the workloads of the cache lab, and what each policy does with them, computed once and kept.

While a hand drags the slider of the size, the workload stays, and with it every curve: only what has changed is simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from labsupport import theory, workloads
from labsupport.labs.controls import stops
from labsupport.simulators import caching

KEYS = 1_000
WARM_UP = 20_000  # requests that fill the cache before anything is counted, so that theory's steady state is met
REQUESTS = WARM_UP + 100_000
STEEP = 0.1  # a curve may fall by this much between two simulated sizes; beyond, a size between them is simulated, too


@dataclass(frozen=True, eq=False)
class Workload:
    """A trace, how many objects it asks for, the largest cache worth a look, and the popularity it was drawn from, if it was."""

    trace: NDArray[np.int64]
    warm_up: int
    objects: int
    largest: int = KEYS
    popularity: NDArray[np.float64] | None = None


def draw(name: str, exponent: float, requests: int, keys: int, seed: int) -> NDArray[np.int64]:
    """Draw the keys of a workload's requests."""
    if name == "uniform":
        return workloads.uniform_trace(requests, keys, seed)
    if name == "scan":
        return workloads.scan_trace(requests, requests)
    if name == "loop":
        return workloads.loop_trace(requests, keys // 2 + 1)
    if name == "shifting":
        return workloads.shifting_trace(requests, keys, exponent, 5, seed)
    popular = workloads.zipf_trace(requests, keys, exponent, seed)
    if name == "zipf":
        return popular
    return workloads.mixture_trace([popular, workloads.scan_trace(requests, requests)], [0.8, 0.2], seed)[:requests]


@lru_cache(maxsize=8)
def workload(name: str, exponent: float) -> Workload:
    """Make one of the lab's own workloads."""
    independent = {"zipf": exponent, "uniform": 0.0}
    popularity = workloads.zipf_popularity(KEYS, independent[name]) if name in independent else None
    trace = draw(name, exponent, REQUESTS, KEYS, seed=4)
    return Workload(trace, WARM_UP, np.unique(trace).size, popularity=popularity)


@lru_cache(maxsize=64)
def curve(policy: str, workload: Workload) -> dict[int, float]:
    """Give miss ratios after the warm-up at sizes spread over the axis, and more of them where the curve is steep."""
    sizes = stops(1, workload.largest, per_decade=10 if policy == "lru" else 5)
    ratios = {size: missed(policy, workload, size) for size in sizes}
    gaps = list(pairwise(sizes))
    while gaps:
        low, high = gaps.pop()
        if high - low > 1 and abs(ratios[low] - ratios[high]) > STEEP:
            middle = round((low * high) ** 0.5)
            ratios[middle] = missed(policy, workload, middle)
            gaps += [(low, middle), (middle, high)]
    return ratios


@lru_cache(maxsize=1024)
def missed(policy: str, workload: Workload, size: int) -> float:
    """Give a policy's miss ratio at one size; for LRU and the optimum all sizes come from one pass."""
    # over a trace in which most is asked for once, the optimum's pass looks at every place for each request
    if policy == "lru" or (policy == "opt" and workload.largest <= KEYS and workload.objects <= workload.trace.size // 2):
        exact = _all_sizes(policy, workload)
        return float(exact[min(size, exact.size - 1)])
    return miss_ratio(caching.simulate(policy, workload.trace, size), workload)


@lru_cache(maxsize=8)
def _distances(workload: Workload) -> NDArray[np.int64]:
    return caching.stack_distances(workload.trace)


@lru_cache(maxsize=16)
def _all_sizes(policy: str, workload: Workload) -> NDArray[np.float64]:
    distances = _distances(workload) if policy == "lru" else caching.optimal_distances(workload.trace, workload.largest)
    counted = distances[workload.warm_up :]
    hits = np.bincount(counted[counted > 0], minlength=1)
    return 1.0 - np.cumsum(hits) / counted.size


def miss_ratio(result: caching.CacheResult, workload: Workload) -> float:
    """Give the share of requests after the warm-up that missed."""
    return 1.0 - float(np.mean(result.hits[workload.warm_up :]))


@lru_cache(maxsize=8)
def in_theory(workload: Workload) -> tuple[list[int], list[float]]:
    """Give sizes, and LRU's miss ratios at them by Che's approximation."""
    sizes = stops(1, workload.largest, per_decade=5)
    return sizes, (1 - np.asarray(theory.che_hit_ratio(workload.popularity, sizes))).tolist()


@lru_cache(maxsize=3)  # over a long scan, fifteen megabytes each
def write_costs(workload: Workload, share: float) -> dict[str, caching.WriteCosts]:
    """Count what the database does under each write policy, at every size."""
    writes = workloads.write_flags(workload.trace.size, share, seed=5)
    return {name: caching.write_costs(name, workload.trace, writes, _distances(workload)) for name in caching.WRITE_POLICIES}
