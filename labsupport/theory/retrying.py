"""Retrying: how much more is sent when clients ask again."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values


def expected_attempts(failure_probability: Any, attempts: Any) -> Numbers:
    """Return how often a request is sent on average, if every attempt fails independently of the others.

    In an overload, where all fail, it is ``attempts``: a service that is offered ρ stays overloaded by retries alone where
    ρ × attempts is 1 or more.

    Parameters
    ----------
    failure_probability : float or array_like of float
        Probability that an attempt fails, from 0 to 1.
    attempts : int or array_like of int
        How often a request is sent at most, at least 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Bronson, Aghayev, Charapko, Zhu, "Metastable Failures in Distributed Systems", HotOS 2021.

    Examples
    --------
    >>> expected_attempts([0.0, 0.5, 1.0], 4)
    array([1.   , 1.875, 4.   ])
    """
    failing, most = values("failure_probability", failure_probability, minimum=0, maximum=1), values("attempts", attempts, minimum=1, whole=True)
    failing, most = np.broadcast_arrays(failing, most)
    surely = failing == 1
    return plain(np.where(surely, most, (1 - failing**most) / np.where(surely, 1.0, 1 - failing)))
