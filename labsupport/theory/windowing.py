"""Windowing: how many events come too late to be counted."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values


def late_share(window: Any, wait: Any, mean_delay: Any) -> Numbers:
    """Return the share of events that come after the counts of their window were closed, if they are delayed by exponential times.

    Events happen at any moment of a window; one that happens u before its end is late with the probability e^−((u + w) / m).

    Parameters
    ----------
    window : float or array_like of float
        Length of a window, above 0.
    wait : float or array_like of float
        How long after its end it is closed, w, at least 0, in the same unit.
    mean_delay : float or array_like of float
        How long an event is on its way on average, m, above 0.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Examples
    --------
    >>> late_share(5, [0, 10, 60], 10).round(4)
    array([0.7869, 0.2895, 0.002 ])
    """
    lengths, waits, delays = values("window", window, above=0), values("wait", wait, minimum=0), values("mean_delay", mean_delay, above=0)
    return plain(delays / lengths * np.exp(-waits / delays) * -np.expm1(-lengths / delays))
