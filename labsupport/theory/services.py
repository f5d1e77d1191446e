"""Services: how likely it is that a request takes longer than some time, for each distribution that `labsupport.workloads` draws from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values


def exponential_tail(time: Any, mean: Any) -> Numbers:
    """Return the probability that exponential work is more than some time.

    Parameters
    ----------
    time : float or array_like of float
        At least 0.
    mean : float or array_like of float
        Mean work, above 0, in the same unit.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Examples
    --------
    >>> exponential_tail([0, 10, 46.05], mean=10).round(3)
    array([1.   , 0.368, 0.01 ])
    """
    return plain(np.exp(-values("time", time, minimum=0) / values("mean", mean, above=0)))


def lognormal_tail(time: Any, mean: Any, squared_cv: Any = 4.0) -> Numbers:
    """Return the probability that log-normal work is more than some time.

    Parameters
    ----------
    time, mean
        As for `exponential_tail`.
    squared_cv : float or array_like of float, optional
        Squared coefficient of variation, above 0.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Crow, Shimizu (editors), "Lognormal Distributions: Theory and Applications", 1988.

    Examples
    --------
    >>> lognormal_tail([0, 10, 46.06], mean=10).round(3)
    array([1.   , 0.263, 0.033])
    """
    late, middle = values("time", time, minimum=0), values("mean", mean, above=0)
    variance = np.log1p(values("squared_cv", squared_cv, above=0))  # of the logarithm
    with np.errstate(divide="ignore"):  # the logarithm of time 0, which all work exceeds
        deviations = (np.log(late / middle) + variance / 2) / np.sqrt(variance)
    return plain(np.vectorize(math.erfc, otypes=[np.float64])(deviations / math.sqrt(2)) / 2)


def pareto_tail(time: Any, mean: Any, shape: Any = 2.5) -> Numbers:
    """Return the probability that Pareto work is more than some time.

    Parameters
    ----------
    time, mean
        As for `exponential_tail`.
    shape : float or array_like of float, optional
        How fast the tail falls, above 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Arnold, "Pareto Distributions", 2nd edition 2015.

    Examples
    --------
    >>> pareto_tail([6, 60], mean=10).round(5)
    array([1.     , 0.00316])
    """
    late, power = values("time", time, minimum=0), values("shape", shape, above=1)
    least = values("mean", mean, above=0) * (power - 1) / power
    return plain((least / np.maximum(late, least)) ** power)
