"""The runs of the timelines lab: the same people post and read, whatever is done with it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from labsupport import workloads
from labsupport.simulators import timelines
from labsupport.simulators.timelines import Floats, Integers, TimelinesResult

USERS, MEAN = 2_000, 40.0
READS, READ_GAP = 4_000, 1.0  # milliseconds between reads, on average
ACTIVITY = 0.5  # who has four times as many followers posts twice as often
WRITE, FETCH, HIT = 0.05, 0.1, 0.01  # milliseconds
SEED = 8


@lru_cache(maxsize=1)
def people() -> workloads.Network:
    """Return who follows whom."""
    return workloads.follower_network(workloads.follower_counts(USERS, MEAN, SEED), SEED)


@lru_cache(maxsize=16)
def story(reads_per_post: int) -> tuple[Floats, Integers, Floats, Integers]:
    """Return when who posts, and when who reads."""
    generator = np.random.default_rng(SEED)
    count = max(READS // reads_per_post, 1)
    chances = people().counts ** ACTIVITY
    authors = generator.choice(USERS, count, p=chances / chances.sum())
    readers = generator.integers(0, USERS, READS)
    posts = workloads.poisson_arrivals(count, 1 / (READ_GAP * reads_per_post), seed=SEED)
    return posts, authors, workloads.poisson_arrivals(READS, 1 / READ_GAP, seed=SEED + 1), readers


@lru_cache(maxsize=256)
def run(strategy: str, threshold: int, reads_per_post: int, shards: int, cache: int, queued: bool) -> TimelinesResult:
    """Let them post and read."""
    posts, authors, reads, readers = story(reads_per_post)
    return timelines.simulate(
        strategy,
        people(),
        posts,
        authors,
        reads,
        readers,
        threshold=threshold,
        shards=shards,
        cache=cache,
        queued=queued,
        write_time=WRITE,
        fetch_time=FETCH,
        hit_time=HIT,
    )


def expected_work(strategy: str, threshold: int, reads_per_post: int) -> tuple[float, float]:
    """Return how many lists are written and fetched for one post, on average over authors and readers."""
    counts = people().counts
    chances = counts**ACTIVITY / np.sum(counts**ACTIVITY)
    celebrities = {"on_write": counts < 0, "on_read": counts >= 0}.get(strategy, counts > threshold)
    fetched = float(counts[celebrities].sum()) / USERS + (strategy != "on_read")
    return 1 + float(np.sum((chances * counts)[~celebrities])), reads_per_post * fetched
