"""Monitoring: what Prometheus makes of scraped numbers – quantiles of histograms, rates of counters, alerts that fire.

A server only sees its target at each scrape. What it says about the time between is computed from samples by fixed rules; the
functions here follow those of Prometheus 2.42, and where it is asked for, of Prometheus 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

EXTRAPOLATED = 1.1  # mean distances of samples: up to here, the ends of a range count as covered


@dataclass(frozen=True)
class AlertResult:
    """What an alert rule said at each of its evaluations.

    Attributes
    ----------
    times : ndarray of float64, shape (evaluations,)
        When the rule was evaluated. Read-only.
    active : ndarray of bool, shape (evaluations,)
        Whether its condition held. Read-only.
    firing : ndarray of bool, shape (evaluations,)
        Whether it had held for long enough, so that somebody is called. Read-only.
    """

    times: NDArray[np.float64]
    active: NDArray[np.bool_]
    firing: NDArray[np.bool_]

    @property
    def pending(self) -> NDArray[np.bool_]:
        """Whether the condition held, but not yet for long enough."""
        return self.active & ~self.firing

    @property
    def fired(self) -> NDArray[np.float64]:
        """When the alert began to fire, each time anew."""
        return self.times[self.firing & ~np.concatenate(([False], self.firing[:-1]))]


def histogram_quantile(q: float, bounds: Any, counts: Any) -> float:
    """Read a quantile off a histogram, as the function of this name in PromQL does.

    Inside the bucket that holds the quantile, the observations are taken to lie evenly; the first bucket is taken to begin at 0.
    No quantile is found beyond the last finite bound.

    Parameters
    ----------
    q : float
        Which quantile, from 0 to 1: 0.99 for the 99th percentile.
    bounds : array_like of float, shape (buckets,)
        Upper bounds of the buckets, rising, the last one infinite; at least two.
    counts : array_like of float, shape (buckets,)
        How many observations were at most as large as each bound: cumulative, never falling, so that the last one is the number
        of all. They may be rates.

    Returns
    -------
    float
        In the unit of the bounds; NaN if there are no observations, and for ``q = 0`` if the first bucket is empty.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Prometheus documentation, "Query functions", ``histogram_quantile()``.

    Examples
    --------
    >>> histogram_quantile(0.75, [0.1, 0.5, 1, float("inf")], [50, 50, 100, 100])
    0.75
    >>> histogram_quantile(0.99, [0.1, 0.5, 1, float("inf")], [50, 50, 90, 100])
    1.0
    """
    q = checks.number("q", q, 0, 1)
    ends = np.asarray(bounds, dtype=np.float64)
    if ends.ndim != 1 or ends.size < 2 or ends[-1] != np.inf or not np.all(ends[1:] > ends[:-1]):
        raise ValueError(f"bounds are {bounds!r}, but must be a row of at least two rising numbers, the last one infinite")
    below = checks.amounts("counts", counts, kind="count", length=ends.size)
    if np.any(np.diff(below) < 0):
        raise ValueError(f"counts are {below.tolist()}, but must never fall: each counts the observations up to its bound")
    if below[-1] == 0:
        return float("nan")
    rank = q * below[-1]
    bucket = int(np.searchsorted(below[:-1], rank))
    if bucket == ends.size - 1:
        return float(ends[-2])
    if bucket == 0 and ends[0] <= 0:
        return float(ends[0])
    start, before = (ends[bucket - 1], below[bucket - 1]) if bucket else (0.0, 0.0)
    inside = below[bucket] - before
    return float(start + (ends[bucket] - start) * (rank - before) / inside) if inside > 0 else float("nan")


def increase(times: Any, values: Any, start: float, end: float, *, left_open: bool = False, late_cut: bool = False) -> float:
    """Return by how much a counter grew in a range of time, as the function of this name in PromQL does.

    A value below the one before means that the counter began again at 0. Samples seldom lie exactly at the ends of the range, so
    the growth between the first and the last of them is stretched to the ends; where an end is further away than 1.1 mean
    distances of samples, only by half such a distance, and never back beyond where the counter would have been at 0.

    Two things have changed since version 2.42, whose rules these are; the two keywords bring in what Prometheus 3 does. In 2.42 the cut at 0
    comes first: where the start is too far away and the counter would have been at 0 nearer than that, the growth is stretched to there, even
    if half a distance is less. Since March 2024 half a distance comes first, and the cut can only make it less.

    Parameters
    ----------
    times : array_like of float, shape (samples,)
        When the counter was scraped, never falling.
    values : array_like of float, shape (samples,)
        What it stood at, at least 0.
    start, end : float
        The range, of more than no length.
    left_open : bool, optional
        Whether a sample exactly at the start is left out, as since Prometheus 3.0; before, it counts.
    late_cut : bool, optional
        Whether the cut at 0 comes last, as since March 2024 and so in all of Prometheus 3; in 2.42 it comes first.

    Returns
    -------
    float
        Seldom a whole number; NaN with fewer than two samples in the range, where Prometheus returns nothing.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Prometheus documentation, "Query functions", ``increase()`` and ``rate()``, version 2.42, and "Prometheus 3.0 migration guide" (range
    selectors); prometheus/prometheus, pull request 13725, "Fix limiting of extrapolation to negative values", 2024.

    Examples
    --------
    The counter starts again after 20 s; the sample at 40 s is missing:

    >>> increase([0, 10, 20, 30], [100, 110, 120, 10], start=0, end=40)
    40.0

    Nothing is known before 30 s, and the counter would have been at 0 eight seconds earlier; half a distance is five:

    >>> increase([30, 40, 50], [8, 18, 28], start=0, end=50), increase([30, 40, 50], [8, 18, 28], start=0, end=50, late_cut=True)
    (28.0, 25.0)
    """
    moments = checks.times("times", times)
    stands = checks.amounts("values", values, length=moments.size)
    start, end = checks.number("start", start), checks.number("end", end)
    if not start < end:
        raise ValueError(f"end is {end:g}, but must be after start, which is {start:g}")
    inside = slice(np.searchsorted(moments, start, "right" if left_open else "left"), np.searchsorted(moments, end, "right"))
    moments, stands = moments[inside], stands[inside]
    covered = moments[-1] - moments[0] if moments.size > 1 else 0.0
    if covered == 0:
        return float("nan")
    growth = stands[-1] - stands[0] + stands[:-1][stands[1:] < stands[:-1]].sum()
    distance = covered / (moments.size - 1)
    before, after = moments[0] - start, end - moments[-1]
    to_zero = covered * stands[0] / growth if growth > 0 else np.inf
    if not late_cut:
        before = min(before, to_zero)
    before, after = (gap if gap < EXTRAPOLATED * distance else distance / 2 for gap in (before, after))
    return float(growth * (min(before, to_zero) + covered + after) / covered)


def rate(times: Any, values: Any, start: float, end: float, *, left_open: bool = False, late_cut: bool = False) -> float:
    """Return by how much a counter grew per unit of time, as the function of this name in PromQL does.

    Parameters
    ----------
    times, values, start, end, left_open, late_cut
        As for `increase`.

    Returns
    -------
    float
        The increase over the length of the range.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    As for `increase`.

    Examples
    --------
    >>> rate([0, 10, 20, 30], [100, 110, 120, 10], start=0, end=40)
    1.0
    """
    return increase(times, values, start, end, left_open=left_open, late_cut=late_cut) / (end - start)


def alert(times: Any, values: Any, threshold: float, duration: float = 0.0) -> AlertResult:
    """Evaluate an alert rule: ``expr: value > threshold`` with ``for: duration``.

    An alert is pending from the first evaluation at which its condition holds, and fires from the first one that is at least
    ``duration`` later, if the condition held at each of those between. One evaluation at which it does not hold ends it.

    Parameters
    ----------
    times : array_like of float, shape (evaluations,)
        When the rule is evaluated, never falling.
    values : array_like of float, shape (evaluations,)
        What the expression gives; NaN, for which no condition holds, where it gives nothing.
    threshold : float
        What must be exceeded.
    duration : float, optional
        For how long, at least 0.

    Returns
    -------
    AlertResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Prometheus documentation, "Alerting rules".

    Examples
    --------
    >>> result = alert([0, 10, 20, 30, 40], [1, 5, 5, 5, 1], threshold=2, duration=20)
    >>> result.pending.nonzero()[0], result.fired
    (array([1, 2]), array([30.]))
    """
    moments = checks.times("times", times) + 0.0  # a copy, which the result keeps
    given = np.asarray(values, dtype=np.float64)
    if given.shape != moments.shape:
        raise ValueError(f"values have shape {given.shape}, but must be one for each of the {moments.size:,} times")
    active = given > checks.number("threshold", threshold)
    duration = checks.number("duration", duration, minimum=0)
    places = np.arange(moments.size)
    last_quiet = np.maximum.accumulate(np.where(active, -1, places))
    firing = active & (moments - moments[np.minimum(last_quiet + 1, places)] >= duration)
    for array in (moments, active, firing):
        array.flags.writeable = False
    return AlertResult(moments, active, firing)
