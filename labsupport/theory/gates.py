"""Gates in theory: how often a change is stopped whose truth is known."""

from __future__ import annotations

from math import erfc, sqrt
from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values


def gate_stops(slower: Any, limit: Any, runs: Any, noise: Any, day: Any = 0.0) -> Numbers:
    """Return with which probability a gate stops a change: Φ((δ − l) / √(2 σ² / n + 2 τ²)).

    Parameters
    ----------
    slower : float or array_like of float
        By how much the change makes the program slower, δ, such as in percent.
    limit : float or array_like of float
        From which measured difference on it is stopped, l.
    runs : int or array_like of int
        How many runs are made of the old and of the new version, n, at least 1.
    noise : float or array_like of float
        Standard deviation of a run, σ, above 0.
    day : float or array_like of float, optional
        Standard deviation of what all runs of a version share, and those of the other do not, τ, at least 0; 0 for runs in pairs.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Montgomery, "Introduction to Statistical Quality Control", 6th edition, 2009, chapter 4 (errors of the first and the second kind).

    Examples
    --------
    >>> gate_stops([0, 3, 6], 3, 2, 2.0).round(3)
    array([0.067, 0.5  , 0.933])
    """
    above = np.asarray(values("slower", slower) - values("limit", limit))
    spread = np.sqrt(2 * values("noise", noise, above=0) ** 2 / values("runs", runs, minimum=1, whole=True) + 2 * values("day", day, minimum=0) ** 2)
    return plain(_normal(above / spread))


def _normal(places: Any) -> Any:
    """Return the distribution function of the normal law, by the complementary error function."""
    return np.vectorize(lambda place: erfc(-place / sqrt(2)) / 2, otypes=[np.float64])(places)
