"""Laziness in theory: how far a lazy pipeline reads, and how many calls a recursion makes that remembers nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values

MOST_NUMBER = 90  # beyond, the calls no longer fit into 64 bits


def expected_reads(wanted: Any, share: Any) -> Numbers:
    """Return how many items of an endless stream are read on average until enough have passed a filter: w / p.

    Parameters
    ----------
    wanted : int or array_like of int
        How many are to pass, w, at least 0.
    share : float or array_like of float
        With which probability each one passes, p, above 0 and at most 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Feller, "An Introduction to Probability Theory and Its Applications I", 1968, section VI.8 (negative binomial distribution).

    Examples
    --------
    >>> expected_reads([1, 3], 0.02)
    array([ 50., 150.])
    """
    return plain(values("wanted", wanted, minimum=0, whole=True) / values("share", share, above=0, maximum=1))


def fibonacci_calls(number: Any) -> Numbers:
    """Return how many calls ``fib(n) = fib(n − 1) + fib(n − 2)`` makes that remembers nothing: 2 F(n + 1) − 1.

    Parameters
    ----------
    number : int or array_like of int
        n, from 0 to 90.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If it is not such a number.

    References
    ----------
    Knuth, "The Art of Computer Programming 1", 3rd edition, 1997, section 1.2.8.

    Examples
    --------
    >>> fibonacci_calls([0, 1, 5, 25])
    array([1.00000e+00, 1.00000e+00, 1.50000e+01, 2.42785e+05])
    """
    numbers = values("number", number, minimum=0, maximum=MOST_NUMBER, whole=True)
    calls = [1, 1]
    while len(calls) <= MOST_NUMBER:
        calls.append(calls[-1] + calls[-2] + 1)
    return plain(np.array(calls, dtype=np.float64)[numbers])
