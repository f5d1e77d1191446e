"""Gates in theory: how often a change is stopped whose truth is known."""

from __future__ import annotations

from functools import lru_cache
from math import erfc, lgamma, log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.theory.values import Numbers, plain, values

NODES = 120  # of the integral over what the sample's standard deviation may be
CONFIDENCE = 0.95


def gate_stops(old: Any, new: Any, limit: Any, old_error: Any, new_error: Any, tests: int = 1, *, sure: bool = False) -> Numbers:
    """Return with which probability a gate stops a change, if what a test reports is normal.

    The gate makes n tests of the old version and n of the new, and stops the change if the new one took longer than 1 + l times the old one: with
    probability Φ(√n m / s), where m is the mean of new − (1 + l) old and s its standard deviation. If it must be sure, a 95 % interval of the
    n differences must lie above 0, whose standard deviation is estimated from them, too: by the non-central law of Student's t.

    Parameters
    ----------
    old, new : float or array_like of float
        True response of the old and of the new version, above 0.
    limit : float or array_like of float
        From which share on the new one is too slow, l, above -1: 0.1 for 10 %.
    old_error, new_error : float or array_like of float
        Standard deviation of what one test of the old, and of the new version reports, above 0.
    tests : int, optional
        How many are made of each version, n, at least 1.
    sure : bool, optional
        Whether the whole 95 % interval must lie above the limit; with one test there is none, and nothing is stopped.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Montgomery, "Introduction to Statistical Quality Control", 6th edition, 2009, chapter 4 (errors of the first and the second kind);
    Fieller, "Some Problems in Interval Estimation", Journal of the Royal Statistical Society B 16(2), 1954 (ratios of means).

    Examples
    --------
    >>> gate_stops(10.0, [10.0, 11.0, 12.0], 0.1, 0.5, 0.5, tests=3).round(3)
    array([0.01, 0.5 , 0.99])
    >>> gate_stops(10.0, [10.0, 11.0, 12.0], 0.1, 0.5, 0.5, tests=3, sure=True).round(3)
    array([0.   , 0.025, 0.271])
    """
    factor = 1 + values("limit", limit, above=-1)
    beyond = values("new", new, above=0) - factor * values("old", old, above=0)
    spread = np.hypot(values("new_error", new_error, above=0), factor * values("old_error", old_error, above=0))
    count = checks.integer("tests", tests, minimum=1)
    away = np.asarray(sqrt(count) * beyond / spread)
    if not sure:
        return plain(_normal(away))
    if count == 1:
        return plain(np.zeros(away.shape))
    return plain(_beyond(away, student_quantile((1 + CONFIDENCE) / 2, count - 1), count - 1))


@lru_cache(maxsize=256)
def student_quantile(share: float, freedom: int) -> float:
    """Return the number that Student's t does not exceed with some probability, such as 2.776 for 0.975 and 4 degrees of freedom.

    Parameters
    ----------
    share : float
        The probability, from 0.5 to 0.99.
    freedom : int
        Degrees of freedom, at least 1: one less than there are measurements.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Student, "The Probable Error of a Mean", Biometrika 6(1), 1908.

    Examples
    --------
    >>> round(student_quantile(0.975, 1), 3), round(student_quantile(0.975, 4), 3)
    (12.706, 2.776)
    """
    wanted, count = 1 - checks.number("share", share, 0.5, 0.99), checks.integer("freedom", freedom, minimum=1)
    low, high = 0.0, 32.0  # with one degree of freedom, 1 in 100 exceeds 31.8
    while high - low > 1e-10 * (1 + low):
        middle = (low + high) / 2
        low, high = (middle, high) if float(_beyond(np.array(0.0), middle, count)) > wanted else (low, middle)
    return (low + high) / 2


def _beyond(away: NDArray[np.float64], limit: float, freedom: int) -> NDArray[np.float64]:
    """Return with which probability a non-central t exceeds a limit: whatever the sample's standard deviation is, a normal law decides."""
    spreads, weights = _spreads(freedom)
    return np.asarray(_normal(away[..., None] - limit * spreads) @ weights)


@lru_cache(maxsize=64)
def _spreads(freedom: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what the standard deviation of a sample may be, beside the true one, and how likely: χ / √k, at the nodes of Gauss and Legendre."""
    reach = 9 / sqrt(2 * freedom)
    low, high = max(0.0, 1 - reach), 1 + reach
    nodes, weights = _nodes()
    spreads = low + (high - low) * (nodes + 1) / 2
    logarithms = log(2) + freedom / 2 * log(freedom / 2) - lgamma(freedom / 2) + (freedom - 1) * np.log(spreads) - freedom * spreads**2 / 2
    return spreads, (high - low) / 2 * weights * np.exp(logarithms)


@lru_cache(maxsize=1)
def _nodes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.polynomial.legendre.leggauss(NODES)


def _normal(places: Any) -> Any:
    """Return the distribution function of the normal law, by the complementary error function."""
    return np.vectorize(lambda place: erfc(-place / sqrt(2)) / 2, otypes=[np.float64])(places)
