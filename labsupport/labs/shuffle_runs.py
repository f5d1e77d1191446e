"""Shuffle runs: the records that the shuffle lab counts by key, and what it takes to bring them together, computed once and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labsupport import theory, workloads
from labsupport.simulators import shuffle
from labsupport.simulators.shuffle import ShuffleResult

RECORDS = 20_000
SIZE = 1_000.0  # bytes of a record
TIME = 0.01  # milliseconds to map a record, or to reduce one
BANDWIDTH = 1e5  # bytes a millisecond: a network card of 0.8 Gbit/s
PATIENCE = 1.5  # times the median of a stage, after which a copy of a task begins
PARTITIONS = [2, 3, 4, 6, 8, 12, 16, 24, 32]


class Job(NamedTuple):
    """What is counted, and how: the number of keys, the exponent of their popularity, and what is done against the shuffle."""

    keys: int
    skew: float
    combiner: bool = False
    co_partitioned: bool = False


@lru_cache(maxsize=64)
def trace(keys: int, skew: float) -> NDArray[np.int64]:
    """Draw the key of each record."""
    drawn = workloads.zipf_trace(RECORDS, keys, skew, seed=71)
    drawn.flags.writeable = False
    return drawn


@lru_cache(maxsize=1024)
def run(job: Job, partitions: int, speed: float = 1.0, speculation: bool = False) -> ShuffleResult:
    """Count the records with one worker for each partition, the first of which may be slow."""
    speeds = np.ones(partitions)
    speeds[0] = speed
    return shuffle.simulate(
        trace(job.keys, job.skew),
        partitions,
        combiner=job.combiner,
        co_partitioned=job.co_partitioned,
        speeds=speeds,
        speculation=PATIENCE if speculation else None,
        record_time=TIME,
        record_size=SIZE,
        bandwidth=BANDWIDTH,
    )


@lru_cache(maxsize=1024)
def expected(keys: int, skew: float, partitions: int) -> float:
    """Return how many records go over the network on average with a combiner: each key has its home with one worker, and comes from all others."""
    return (partitions - 1) * theory.expected_distinct_keys(workloads.zipf_popularity(keys, skew), RECORDS // partitions)
