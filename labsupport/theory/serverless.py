"""Serverless: how often a request finds no instance that is still warm."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values


def cold_start_share(arrival_rate: Any, keep_alive: Any) -> Numbers:
    """Return the share of cold starts of a function that is called now and then: exp(−λ T).

    Calls come at random (Poisson) and so rarely that none comes while another is worked on. A call starts cold if none came within the time
    for which the instance is kept alive.

    Parameters
    ----------
    arrival_rate : float or array_like of float
        Calls per unit of time, λ, at least 0.
    keep_alive : float or array_like of float
        How long an instance stays after its last answer, T, at least 0.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Mahmoudi, Khazaei, "Performance Modeling of Serverless Computing Platforms", IEEE Transactions on Cloud Computing 10(4), 2022.

    Examples
    --------
    >>> round(cold_start_share(1 / 10, 10), 4)
    0.3679
    >>> cold_start_share([0, 1], 5).round(4)
    array([1.    , 0.0067])
    """
    rate, stays = values("arrival_rate", arrival_rate, minimum=0), values("keep_alive", keep_alive, minimum=0)
    return plain(np.exp(-rate * stays))
