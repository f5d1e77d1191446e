"""Reliability: what many parts together do, when each of them may be slow or fail."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel
from labsupport.theory.values import Numbers, plain, values


def fanout_tail_probability(fanout: Any, tail_probability: Any) -> Numbers:
    """Return the probability that a request that needs answers from many servers meets at least one slow answer.

    Parameters
    ----------
    fanout : int or array_like of int
        Number of servers asked, independent of each other, at least 1.
    tail_probability : float or array_like of float
        Probability that one answer is slow, from 0 to 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Dean and Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013.

    Examples
    --------
    >>> round(fanout_tail_probability(100, 0.01), 3)
    0.634
    """
    count, slow = values("fanout", fanout, minimum=1, whole=True), values("tail_probability", tail_probability, minimum=0, maximum=1)
    with np.errstate(divide="ignore"):  # log(0) where every answer is slow
        return plain(-np.expm1(count * np.log1p(-slow)))


@kernel
def _at_least(k: NDArray[np.int64], n: NDArray[np.int64], availability: NDArray[np.float64], result: NDArray[np.float64]) -> None:
    # The chance of exactly u of m parts working, for m growing one by one: sums of positive numbers only, nothing cancels.
    for case in range(k.size):
        exactly = np.zeros(n[case] + 1)
        exactly[0] = 1.0
        for parts in range(1, n[case] + 1):
            for working in range(parts, 0, -1):
                exactly[working] = exactly[working] * (1 - availability[case]) + exactly[working - 1] * availability[case]
            exactly[0] *= 1 - availability[case]
        total = 0.0
        for working in range(n[case], k[case] - 1, -1):
            total += exactly[working]
        result[case] = min(total, 1.0)


def k_of_n_availability(k: Any, n: Any, availability: Any) -> Numbers:
    """Return the probability that at least k of n parts work, independently of each other.

    Parameters
    ----------
    k, n : int or array_like of int
        Parts needed and parts there: 0 ≤ k ≤ n, n at least 1 and at most 10,000.
    availability : float or array_like of float
        Probability that one part works, from 0 to 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Barlow and Proschan, "Statistical Theory of Reliability and Life Testing", 1975.

    Examples
    --------
    >>> round(k_of_n_availability(2, 3, 0.9), 3)
    0.972
    >>> k_of_n_availability([1, 2], 2, 0.5)
    array([0.75, 0.25])
    """
    needed, there = values("k", k, minimum=0, whole=True), values("n", n, minimum=1, maximum=10_000, whole=True)
    works = values("availability", availability, minimum=0, maximum=1)
    needed, there, works = np.broadcast_arrays(needed, there, works)
    if (needed > there).any():
        raise ValueError(f"k is {needed[needed > there].flat[0]}, but must be at most n, which is {there[needed > there].flat[0]}")
    result = np.empty(needed.size)
    _at_least(needed.ravel().copy(), there.ravel().copy(), works.ravel().copy(), result)
    return plain(result.reshape(needed.shape))
