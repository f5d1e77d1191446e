"""Hedging: what a second copy of a late request saves."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values


def hedged_mean_response(mean_service: Any, delay: Any) -> Numbers:
    """Return the mean time to the first answer, where a request that takes long is sent once more after a delay.

    For exponential service times, independent of each other, where nobody has to queue: a second copy is sent with the
    probability exp(−delay / mean), and then halves the time that remains.

    Parameters
    ----------
    mean_service : float or array_like of float
        Mean time one copy takes, above 0.
    delay : float or array_like of float
        When the second copy is sent, at least 0; at 0 the mean is that of the faster of two, half as long.

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
    Dean and Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013.

    Examples
    --------
    >>> hedged_mean_response(1.0, [0, 1, 3]).round(3)
    array([0.5  , 0.816, 0.975])
    """
    mean, patience = values("mean_service", mean_service, above=0), values("delay", delay, minimum=0)
    return plain(mean * (1 - np.exp(-patience / mean) / 2))
