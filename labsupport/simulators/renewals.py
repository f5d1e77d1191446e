"""Renewals: when a part that fails and is repaired, again and again, is up and when it is down."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def outages(uptime: float, repair: float, end: float, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return when each outage of a part begins and ends; both times are exponential, and the part is up at first.

    Parameters
    ----------
    uptime, repair : float
        Mean time to the next failure, and mean time from a failure to its repair, above 0.
    end : float
        Failures from then on are left out; the last outage may end later.
    generator : numpy.random.Generator
        Where the random numbers come from.

    Returns
    -------
    ndarray of float64, shape (outages, 2)

    Examples
    --------
    >>> outages(10.0, 1.0, 30.0, np.random.default_rng(3)).round(1)
    array([[ 1.1,  1.5],
           [15.5, 17.7],
           [21.1, 21.4],
           [25.7, 25.8]])
    """
    moments = np.zeros(1)
    while moments[-1] < end:
        cycles = int((end - moments[-1]) / (uptime + repair)) + 10
        gaps = generator.standard_exponential((cycles, 2)) * (uptime, repair)
        moments = np.append(moments, moments[-1] + np.cumsum(gaps))
    pairs = moments[1:].reshape(-1, 2)
    return pairs[pairs[:, 0] < end]
