"""The services of the geospatial lab: the search and the rest of a request, as one service or as two, each behind its own balancer."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from labsupport import theory
from labsupport.simulators import queueing
from labsupport.simulators.nearest import Floats

REST, HOP, WORKERS = 3.0, 0.3, 4  # ms: to offer the ride and wait for a yes, and to pass a balancer; and how many work
SEED = 8

Stages = tuple[tuple[float, int], ...]  # of each service its mean time in ms, and its workers


def stages(services: str, lookup: float) -> Stages:
    """Return the services: as two, each has as many of the workers as let both keep up longest."""
    if services == "one":
        return ((lookup + REST, WORKERS),)
    searching = max(range(1, WORKERS), key=lambda count: min(count / lookup, (WORKERS - count) / REST))
    return (lookup, searching), (REST, WORKERS - searching)


def response(services: str, lookup: float, rate: float) -> float | None:
    """Return the mean time of a request in ms, or None where the work is more than can be done.

    Times are exponential. Then requests leave a service as they have come, at random (Burke 1956), and each service is an M/M/c queue.
    """
    parts = stages(services, lookup)
    if any(rate / 1_000 * mean >= workers for mean, workers in parts):
        return None
    times = sum(float(theory.mmc_mean_wait(rate / 1_000, 1 / mean, workers)) + mean for mean, workers in parts)
    return times + HOP * len(parts)


class Passage(NamedTuple):
    """When requests came, and when each of the services they went through began and ended with them, in milliseconds."""

    arrivals: Floats
    starts: tuple[Floats, ...]
    ends: tuple[Floats, ...]


@lru_cache(maxsize=64)
def passage(rate: float, services: Stages, requests: int) -> Passage:
    """Send requests through services one after the other, each with its own balancer before as many workers as it has.

    Times are exponential, and requests come at random, ``rate`` a second on average.
    """
    generator = np.random.default_rng(SEED)
    arrivals = np.cumsum(generator.exponential(1_000 / rate, requests))
    now, starts, ends = arrivals, list[Floats](), list[Floats]()
    for mean, workers in services:
        came = now + HOP
        order = np.argsort(came, kind="stable")
        times = generator.exponential(mean, requests)
        result = queueing.simulate(came[order], times[order], servers=workers)
        begun, done = np.empty(requests), np.empty(requests)
        begun[order], done[order] = result.starts, result.finishes
        starts.append(begun)
        ends.append(done)
        now = done
    return Passage(arrivals, tuple(starts), tuple(ends))
