"""Services: how much work each request is. The mean is given, in any unit; the work is in that unit.

How much the work varies is told by its squared coefficient of variation, variance ÷ mean²: 0 if all are equal, 1 if exponential.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

Work = NDArray[np.float64]


def _checked(requests: int, mean: float) -> tuple[int, float]:
    return checks.integer("requests", requests, minimum=1), checks.number("mean", mean, above=0)


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(checks.integer("seed", seed, minimum=0))


def deterministic_services(requests: int, mean: float) -> Work:
    """Return the same work for every request.

    Parameters
    ----------
    requests : int
        Number of requests, at least 1.
    mean : float
        Work of each, above 0.

    Returns
    -------
    ndarray of float64, shape (requests,)
        In the unit of ``mean``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    Examples
    --------
    >>> deterministic_services(3, mean=0.5)
    array([0.5, 0.5, 0.5])
    """
    requests, mean = _checked(requests, mean)
    return np.full(requests, mean)


def exponential_services(requests: int, mean: float, seed: int) -> Work:
    """Draw exponential work: mostly short, sometimes long, and however long it has taken, as much again is to be expected.

    Parameters
    ----------
    requests : int
        Number of requests, at least 1.
    mean : float
        Mean work, above 0.
    seed : int
        Where the random numbers start, at least 0.

    Returns
    -------
    ndarray of float64, shape (requests,)
        In the unit of ``mean``. Squared coefficient of variation: 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    Examples
    --------
    >>> exponential_services(4, mean=0.5, seed=1).round(2)
    array([0.54, 0.15, 2.69, 0.18])
    """
    requests, mean = _checked(requests, mean)
    return _generator(seed).standard_exponential(requests) * mean


def lognormal_services(requests: int, mean: float, seed: int, *, squared_cv: float = 4.0) -> Work:
    """Draw log-normal work: its logarithm is normal, as what many independent factors make together.

    Parameters
    ----------
    requests : int
        Number of requests, at least 1.
    mean : float
        Mean work, above 0.
    seed : int
        Where the random numbers start, at least 0.
    squared_cv : float, optional
        Squared coefficient of variation, at least 0.

    Returns
    -------
    ndarray of float64, shape (requests,)
        In the unit of ``mean``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    References
    ----------
    Crow, Shimizu (editors), "Lognormal Distributions: Theory and Applications", 1988.

    Examples
    --------
    >>> lognormal_services(4, mean=1.0, seed=1).round(2)
    array([0.69, 1.27, 0.68, 0.09])
    """
    requests, mean = _checked(requests, mean)
    variance = math.log1p(checks.number("squared_cv", squared_cv, minimum=0))  # of the logarithm
    return _generator(seed).lognormal(math.log(mean) - variance / 2, math.sqrt(variance), requests)


def pareto_services(requests: int, mean: float, seed: int, *, shape: float = 2.5) -> Work:
    """Draw Pareto work: a heavy tail, in which few requests are most of the work.

    Work beyond w has the probability (least ÷ w)ˢʰᵃᵖᵉ, from the least work on, mean × (shape − 1) ÷ shape. With a shape of 2 or
    less the variance is infinite: the mean of a sample converges slowly, and the mean wait in a first-come-first-served queue
    does not exist.

    Parameters
    ----------
    requests : int
        Number of requests, at least 1.
    mean : float
        Mean work, above 0.
    seed : int
        Where the random numbers start, at least 0.
    shape : float, optional
        How fast the tail falls, above 1: the mean of a shape of 1 or less is infinite.

    Returns
    -------
    ndarray of float64, shape (requests,)
        In the unit of ``mean``. Squared coefficient of variation: 1 ÷ (shape × (shape − 2)), infinite for a shape of 2 or less.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    References
    ----------
    Harchol-Balter, Downey, "Exploiting Process Lifetime Distributions for Dynamic Load Balancing", ACM TOCS 15(3), 1997.

    Examples
    --------
    >>> pareto_services(4, mean=1.0, seed=1).round(2)
    array([0.92, 0.68, 5.15, 0.69])
    """
    requests, mean = _checked(requests, mean)
    shape = checks.number("shape", shape, above=1)
    least = mean * (shape - 1) / shape
    return least * np.exp(_generator(seed).standard_exponential(requests) / shape)


def bimodal_services(requests: int, mean: float, seed: int, *, share: float = 0.1, ratio: float = 10.0) -> Work:
    """Draw work of two sizes: most requests are short, some are long – a page from the cache, a report from the database.

    Parameters
    ----------
    requests : int
        Number of requests, at least 1.
    mean : float
        Mean work over both, above 0.
    seed : int
        Where the random numbers start, at least 0.
    share : float, optional
        Probability that a request is long, from 0 to 1.
    ratio : float, optional
        How many times more work a long one is, at least 1.

    Returns
    -------
    ndarray of float64, shape (requests,)
        In the unit of ``mean``: mean ÷ (1 − share + share × ratio) for the short ones.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    Examples
    --------
    >>> bimodal_services(6, mean=1.9, seed=1, share=0.1, ratio=10)
    array([1., 1., 1., 1., 1., 1.])
    """
    requests, mean = _checked(requests, mean)
    share = checks.number("share", share, minimum=0, maximum=1)
    ratio = checks.number("ratio", ratio, minimum=1)
    short = mean / (1 - share + share * ratio)
    return np.where(_generator(seed).random(requests) < share, short * ratio, short)
