"""The one service of the labs on tuning, on allocation and on anomalies: its traffic, and the setting of its servers."""

from __future__ import annotations

from functools import lru_cache

from labsupport.labs import tuning_runs
from labsupport.simulators import anomalies, tuning
from labsupport.simulators.anomalies import Recording
from labsupport.simulators.service import PROMISE

WEEKS, SEED = 12, 4
SHIPPED = (4, tuning.SHIPPED)  # workers and GB of a server that nobody has tuned
RATE, BUDGET, REQUESTS, LUCK = 600, 16, 1_000, 7  # of the tests by which it is tuned: what the tuning lab opens with
TUNED = {"shipped": "as shipped"} | tuning_runs.METHODS


@lru_cache(maxsize=64)
def recording(size: int, per_week: int, glitches: float, kinds: tuple[str, ...]) -> Recording:
    """Return twelve weeks with so many incidents a week, of so many percent, and so many wrong values a day."""
    return anomalies.record(WEEKS, SEED, size=size / 100, per_week=per_week, glitches=glitches, kinds=kinds)


def setting(tuned: str) -> tuple[int, float]:
    """Return the workers and the cache of each server: as shipped, or what a program has come to."""
    return SHIPPED if tuned == "shipped" else tuning_runs.tuned(tuned, RATE, BUDGET, REQUESTS, LUCK).setting


@lru_cache(maxsize=16)
def per_server(tuned: str) -> float:
    """Return how many requests a second a server can do within the promise."""
    return tuning.capacity(*setting(tuned), PROMISE)
