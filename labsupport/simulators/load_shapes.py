"""Shapes of load tests – soak, ramp, spike, stress – and arrivals that follow them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

SHAPES = ("soak", "ramp", "spike", "stress")
STAIRS = 5  # steps of a stress test, up to its peak


def load_shape(shape: str, peak: float, periods: int = 60, *, base: float | None = None) -> NDArray[np.float64]:
    """Say how many requests per unit of time a load test asks for, in one period after the other.

    Parameters
    ----------
    shape : str
        One of `SHAPES`. *Soak*: the peak, all the time. *Ramp*: up to the peak, in a straight line. *Spike*: the base, but the peak
        for a sixth of the time from a third of it on. *Stress*: in five stairs up to the peak for two thirds of the time, then back
        to the base, to see the recovery.
    peak : float
        The most, above 0.
    periods : int, optional
        How many, from 6 to 1,000,000.
    base : float, optional
        What spike and stress fall back to, above 0 and at most the peak; a quarter of it if left out.

    Returns
    -------
    ndarray of float64, shape (periods,)

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> load_shape("spike", 8.0, 6), load_shape("ramp", 8.0, 8)
    (array([2., 2., 8., 2., 2., 2.]), array([1., 2., 3., 4., 5., 6., 7., 8.]))
    """
    shape = checks.choice("shape", shape, SHAPES)
    top = checks.number("peak", peak, above=0)
    count = checks.integer("periods", periods, minimum=6, maximum=1_000_000)
    low = top / 4 if base is None else checks.number("base", base, above=0, maximum=top)
    along = np.arange(count) / count
    if shape == "soak":
        return np.full(count, top)
    if shape == "ramp":
        return top * np.arange(1, count + 1) / count
    if shape == "spike":
        return np.where((along >= 1 / 3) & (along < 1 / 2), top, low)
    stair = np.floor(along * 1.5 * STAIRS) + 1
    return np.where(along < 2 / 3, top * np.minimum(stair, STAIRS) / STAIRS, low)


def shaped_arrivals(rates: Any, period: float, *, seed: int) -> NDArray[np.float64]:
    """Draw Poisson arrivals whose rate changes from period to period.

    Arrivals of rate 1 are drawn, and time is stretched where the rate is low.

    Parameters
    ----------
    rates : array_like of float, shape (periods,)
        Arrivals per unit of time, above 0. Not written to.
    period : float
        How long each rate holds, above 0.
    seed : int
        At least 0.

    Returns
    -------
    ndarray of float64, shape (arrivals,)
        All arrivals up to the end of the last period; how many there are is chance.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Çinlar, "Introduction to Stochastic Processes", 1975, chapter 4.

    Examples
    --------
    >>> arrivals = shaped_arrivals([10, 1000], period=1.0, seed=1)
    >>> int((arrivals < 1).sum()), int((arrivals >= 1).sum())
    (9, 1002)
    """
    heights = checks.amounts("rates", rates, above=0, kind="rate")
    length = checks.number("period", period, above=0)
    chance = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    expected = np.concatenate(([0.0], np.cumsum(heights * length)))
    count = chance.poisson(expected[-1])
    # Given how many there are, the moments are uniform: the same as adding up exponential gaps.
    moments = np.sort(chance.random(count)) * expected[-1]
    return np.asarray(np.interp(moments, expected, length * np.arange(expected.size)))
