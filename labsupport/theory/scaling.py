"""Scaling: what more workers gain."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values


def amdahl_speedup(parallel_fraction: Any, workers: Any) -> Numbers:
    """Return how many times faster a fixed job gets when a fraction of it is spread over workers.

    Parameters
    ----------
    parallel_fraction : float or array_like of float
        Share of the one-worker time that can be spread, from 0 to 1.
    workers : float or array_like of float
        Number of workers, at least 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Amdahl, "Validity of the Single Processor Approach to Achieving Large Scale Computing Capabilities", AFIPS 1967.

    Examples
    --------
    >>> amdahl_speedup(0.75, [1, 2, 4])
    array([1.        , 1.6       , 2.28571429])
    """
    fraction, count = values("parallel_fraction", parallel_fraction, minimum=0, maximum=1), values("workers", workers, minimum=1)
    return plain(1 / ((1 - fraction) + fraction / count))


def gustafson_speedup(parallel_fraction: Any, workers: Any) -> Numbers:
    """Return how many times more work gets done in the same time when a fraction of it grows with the workers.

    Parameters
    ----------
    parallel_fraction : float or array_like of float
        Share of the time, as measured with these workers, that is spent in parallel, from 0 to 1.
    workers : float or array_like of float
        Number of workers, at least 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Gustafson, "Reevaluating Amdahl's Law", Communications of the ACM 31(5), 1988.

    Examples
    --------
    >>> gustafson_speedup(0.75, [1, 2, 4])
    array([1.  , 1.75, 3.25])
    """
    fraction, count = values("parallel_fraction", parallel_fraction, minimum=0, maximum=1), values("workers", workers, minimum=1)
    return plain((1 - fraction) + fraction * count)


def usl_throughput(workers: Any, rate: Any, contention: Any, coherency: Any) -> Numbers:
    """Return the throughput of some workers by the Universal Scalability Law.

    Parameters
    ----------
    workers : float or array_like of float
        Number of workers, at least 1.
    rate : float or array_like of float
        Throughput of one worker, above 0.
    contention : float or array_like of float
        Share of work that must queue for something shared (σ), at least 0.
    coherency : float or array_like of float
        Cost of each pair of workers agreeing (κ), at least 0. Above 0, throughput falls again beyond √((1 − σ) / κ) workers.

    Returns
    -------
    float or ndarray of float64
        In the unit of ``rate``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Gunther, "A Simple Capacity Model of Massively Parallel Transaction Systems", CMG 1993; "Guerrilla Capacity Planning", 2007.

    Examples
    --------
    >>> usl_throughput([1, 2, 4], rate=100, contention=0, coherency=0)
    array([100., 200., 400.])
    >>> round(usl_throughput(32, rate=100, contention=0.05, coherency=0.001), 1)
    903.4
    """
    count, one = values("workers", workers, minimum=1), values("rate", rate, above=0)
    sigma, kappa = values("contention", contention, minimum=0), values("coherency", coherency, minimum=0)
    return plain(one * count / (1 + sigma * (count - 1) + kappa * count * (count - 1)))


def usl_peak(contention: Any, coherency: Any) -> Numbers:
    """Return the number of workers at which throughput is highest by the Universal Scalability Law.

    Parameters
    ----------
    contention, coherency
        As for `usl_throughput`.

    Returns
    -------
    float or ndarray of float64
        √((1 − σ) ÷ κ), at least 1; infinite where throughput never falls: without coherency and with a contention below 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Gunther, "Guerrilla Capacity Planning", 2007, chapter 4.

    Examples
    --------
    >>> usl_peak(0.0277, [0.0001044, 0]).round(1)
    array([96.5,  inf])
    """
    sigma, kappa = np.broadcast_arrays(values("contention", contention, minimum=0), values("coherency", coherency, minimum=0))
    left = np.maximum(1 - sigma, 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        peak = np.where(left == 0, 1.0, np.sqrt(left / kappa))
    return plain(np.maximum(peak, 1.0))
