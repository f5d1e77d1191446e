"""Arrivals: when each request comes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labsupport import checks


def poisson_arrivals(requests: int, rate: float, seed: int) -> NDArray[np.float64]:
    """Draw the arrival times of a Poisson process: gaps are exponential and independent.

    Parameters
    ----------
    requests : int
        Number of arrivals, at least 1.
    rate : float
        Arrivals per unit of time, above 0.
    seed : int
        Where the random numbers start, at least 0.

    Returns
    -------
    ndarray of float64, shape (requests,)
        Times, never falling, in the unit that ``rate`` is per.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    Examples
    --------
    >>> poisson_arrivals(4, rate=2.0, seed=1).round(2)
    array([0.54, 0.69, 3.38, 3.56])
    """
    requests = checks.integer("requests", requests, minimum=1)
    rate = checks.number("rate", rate, above=0)
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    return np.cumsum(generator.standard_exponential(requests)) / rate
