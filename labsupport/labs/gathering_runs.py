"""Gathering runs: the shards' latencies that the scatter–gather lab draws, and what queries make of them, computed once and kept.

A million answers of shards stand behind every picture: 10,000 queries, each to at most 100 shards. A query of fewer parts takes
the first of them, so that a hand on the slider adds shards to the same queries.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from labsupport import theory, workloads
from labsupport.labs.controls import stops
from labsupport.simulators import gathering

Floats = NDArray[np.float64]

QUERIES, SHARDS = 10_000, 100
FANOUTS = stops(1, SHARDS)
MEAN = 10.0  # ms, of one shard's latency
SLOW = 0.01  # the share of one shard's answers that is called slow
SQUARED_CV = 2.0  # of the log-normal
SHAPE = 2.2  # of the Pareto
LONG_SHARE, LONG_RATIO = 0.02, 20.0  # of those of two sizes: one answer in 50 takes 20 times as long
JITTER = 0.1  # squared coefficient of variation of either size


def _latencies(kind: str, seed: int) -> Floats:
    count = QUERIES * SHARDS
    if kind == "exponential":
        drawn = workloads.exponential_services(count, MEAN, seed)
    elif kind == "lognormal":
        drawn = workloads.lognormal_services(count, MEAN, seed, squared_cv=SQUARED_CV)
    elif kind == "pareto":
        drawn = workloads.pareto_services(count, MEAN, seed, shape=SHAPE)
    else:
        drawn = workloads.bimodal_services(count, MEAN, seed, share=LONG_SHARE, ratio=LONG_RATIO)
        drawn *= workloads.lognormal_services(count, 1.0, seed + 1, squared_cv=JITTER)
    return drawn.reshape(QUERIES, SHARDS)


def tail(kind: str, time: Floats) -> Floats:
    """Say how likely one shard takes longer than some times."""
    if kind == "exponential":
        late = theory.exponential_tail(time, MEAN)
    elif kind == "lognormal":
        late = theory.lognormal_tail(time, MEAN, SQUARED_CV)
    elif kind == "pareto":
        late = theory.pareto_tail(time, MEAN, SHAPE)
    else:
        short = MEAN / (1 - LONG_SHARE + LONG_SHARE * LONG_RATIO)
        sizes = [theory.lognormal_tail(time, short * factor, JITTER) for factor in (1.0, LONG_RATIO)]
        late = (1 - LONG_SHARE) * sizes[0] + LONG_SHARE * sizes[1]
    return np.asarray(late)


@lru_cache(maxsize=2)  # 8 MB each
def first(kind: str, shared: float) -> Floats:
    """Draw the latencies of all parts; in a share of the queries, one cause makes all parts alike."""
    return _alike(_latencies(kind, seed=21), _latencies(kind, seed=21), shared)


@lru_cache(maxsize=1)
def second(kind: str, shared: float) -> Floats:
    """Draw the latencies of second copies; where one cause makes all parts alike, a second copy meets it, too."""
    return _alike(_latencies(kind, seed=23), first(kind, shared), shared)


def _alike(latencies: Floats, causes: Floats, shared: float) -> Floats:
    queries = np.random.default_rng(25).random(QUERIES) < shared
    latencies[queries] = causes[queries, :1]
    return latencies


@lru_cache(maxsize=32)
def percentile(kind: str, share: float) -> float:
    """Say which latency one shard's answers do not exceed in a share of the cases."""
    return float(np.quantile(first(kind, 0.0), share))


def limit(kind: str) -> float:
    """Say from which latency on an answer is called slow."""
    return percentile(kind, 1 - SLOW)


def run(kind: str, shared: float, hedge: float | None, fanout: int, deadline: float | None = None) -> gathering.GatheringResult:
    """Let the queries ask so many shards, with second copies after a percentile of one shard's latency, or none."""
    seconds = None if hedge is None else second(kind, shared)[:, :fanout]
    delay = None if hedge is None else percentile(kind, hedge)
    return gathering.simulate(first(kind, shared)[:, :fanout], seconds=seconds, delay=delay, deadline=deadline)


@lru_cache(maxsize=24)
def ordered(kind: str, shared: float, hedge: float | None, fanout: int) -> Floats:
    """Give the response times of all queries without a deadline, ascending."""
    return np.sort(run(kind, shared, hedge, fanout).responses)


@lru_cache(maxsize=1_024)
def late_share(kind: str, shared: float, hedge: float | None, fanout: int, time: float) -> float:
    """Give the share of the queries that take longer than some time."""
    responses = ordered(kind, shared, hedge, fanout)
    return 1 - float(np.searchsorted(responses, time, "right")) / responses.size


def late_in_theory(kind: str, shared: float, hedge: float | None, fanout: int | list[int], time: float | Floats) -> Floats:
    """Give the probability that a query takes longer than some time: 1 − (1 − p)ᴺ, where no cause is shared."""
    times = np.asarray(time, dtype=np.float64)
    together = part = tail(kind, times)
    if hedge is not None:
        delay = percentile(kind, hedge)
        part = part * np.where(times > delay, tail(kind, np.maximum(times - delay, 0.0)), 1.0)
    return np.asarray(shared * together + (1 - shared) * theory.fanout_tail_probability(fanout, part))
