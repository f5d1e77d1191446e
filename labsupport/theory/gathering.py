"""Gathering: how long the slowest of many answers takes, and the fastest."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values

MOST_ANSWERS = 10_000_000


def slowest_mean_response(fanout: Any, mean_service: Any) -> Numbers:
    """Return the mean time until the last of several answers is there.

    For exponential times, independent of each other: the first answer comes after mean ÷ fanout, the next one after a further
    mean ÷ (fanout − 1), and so on, mean × (1 + 1/2 + 1/3 + … + 1/fanout) altogether.

    Parameters
    ----------
    fanout : int or array_like of int
        How many answers are needed, from 1 to 10,000,000.
    mean_service : float or array_like of float
        Mean time one answer takes, above 0.

    Returns
    -------
    float or ndarray of float64
        In the unit of ``mean_service``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    David, Nagaraja, "Order Statistics", 3rd edition 2003, section 2.5 (Rényi's representation).

    Examples
    --------
    >>> slowest_mean_response([1, 2, 100], mean_service=10.0).round(3)
    array([10.   , 15.   , 51.874])
    """
    count = values("fanout", fanout, minimum=1, maximum=MOST_ANSWERS, whole=True)
    mean = values("mean_service", mean_service, above=0)
    harmonic = np.cumsum(1 / np.arange(1, int(count.max()) + 1))
    return plain(mean * harmonic[count - 1])


def fastest_mean_response(copies: Any, mean_service: Any) -> Numbers:
    """Return the mean time until the first of several answers is there, for exponential times, independent of each other.

    Parameters
    ----------
    copies : int or array_like of int
        How many are asked, at least 1.
    mean_service : float or array_like of float
        Mean time one answer takes, above 0.

    Returns
    -------
    float or ndarray of float64
        In the unit of ``mean_service``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    David, Nagaraja, "Order Statistics", 3rd edition 2003, section 2.5.

    Examples
    --------
    >>> fastest_mean_response([1, 2, 4], mean_service=10.0)
    array([10. ,  5. ,  2.5])
    """
    return plain(values("mean_service", mean_service, above=0) / values("copies", copies, minimum=1, whole=True))
