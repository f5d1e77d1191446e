"""The searches of the tuning lab."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from labsupport.simulators import tuning
from labsupport.simulators.tuning import Floats, TuningResult

METHODS = {"one_by_one": "one knob after the other", "random": "at random", "halving": "successive halving", "bayesian": "Bayesian optimisation"}


@lru_cache(maxsize=1_024)
def tuned(method: str, rate: int, budget: int, requests: int, seed: int) -> TuningResult:
    """Let a program tune the server."""
    return tuning.tune(method, float(rate), budget, requests, seed)


@lru_cache(maxsize=64)
def half_of_all(rate: int, budget: int) -> Floats:
    """Return, after 1, 2, … tests, what half of all random searches have found, or better, if tests are exact.

    A search misses the best share s of all settings n times with the probability (1 − s)ⁿ, nearly: no setting is drawn twice.
    """
    shares = 1 - 0.5 ** (1 / np.arange(1, budget + 1))
    return np.asarray(np.quantile(tuning.truth(float(rate)), shares))


def best(rate: int) -> tuple[int, float, float]:
    """Return the workers, the cache and the 95th percentile of the best setting."""
    found = tuning.truth(float(rate))
    row, column = np.unravel_index(int(np.argmin(found)), found.shape)
    return int(tuning.WORKERS[row]), float(tuning.CACHES[column]), float(found[row, column])


def worth(rate: int, workers: int, cache: float) -> float:
    """Return the 95th percentile of a setting by theory; between two stops of the cache, of the nearer one."""
    return float(tuning.truth(float(rate))[workers - 1, round(2 * cache)])
