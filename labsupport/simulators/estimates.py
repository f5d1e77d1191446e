"""Estimates: what a sample says of the truth, and how far off it may be.

A simulation of a queue begins empty, so its first customers are no sample of the steady state (the warm-up); and each customer
meets the queue that the one before left, so that a million of them say far less than a million independent ones. The remedy for
both is old: leave out the beginning, cut the rest into few long batches, and treat the batches as independent. Every half-width
here is good for nothing where the variance is infinite, as with Pareto work of a shape of 2 or less – and no sample tells that.

References
----------
Law, "Simulation Modeling and Analysis", 5th edition 2015, chapter 9 (output data analysis for a single system).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

BATCHES = 40
FEWEST_BATCHES, MOST_BATCHES = 10, 1_000


@dataclass(frozen=True)
class Estimate:
    """A number found in a sample, and the range in which the true one lies with some confidence.

    Attributes
    ----------
    value : float
    low, high : float
        The ends of the confidence interval.
    confidence : float
        How often such an interval holds the true number, such as 0.95.

    Examples
    --------
    >>> print(Estimate(10.0, 9.5, 10.5, 0.95))
    10 ± 0.5
    """

    value: float
    low: float
    high: float
    confidence: float

    @property
    def half_width(self) -> float:
        """How far the farther end of the interval is from the value."""
        return max(self.value - self.low, self.high - self.value)

    @property
    def relative_half_width(self) -> float:
        """The half-width as a share of the value; infinite for a value of 0 that is not certain."""
        return self.half_width / abs(self.value) if self.value else math.inf if self.half_width else 0.0

    def covers(self, truth: float) -> bool:
        """Tell whether a number lies in the interval.

        Parameters
        ----------
        truth : float

        Returns
        -------
        bool
        """
        return self.low <= truth <= self.high

    def __str__(self) -> str:
        return f"{self.value:.4g} ± {self.half_width:.2g}"


def mean(values: Any, *, warm_up: int = 0, batches: int = BATCHES, confidence: float = 0.95) -> Estimate:
    """Estimate the mean of values that may depend on those before them, by batch means.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        In the order in which they came, at least 0. Not written to.
    warm_up : int, optional
        How many values at the beginning are left out.
    batches : int, optional
        Into how many batches of equal length (but for one) the rest is cut, from 10 to 1,000. There must be as many values at
        least; for the interval to be right, each batch must be much longer than the queue's memory.
    confidence : float, optional
        Above 0 and below 1.

    Returns
    -------
    Estimate
        Value ± Student's t × the batch means' standard error.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or there are fewer values than batches.

    References
    ----------
    Conway, "Some Tactical Problems in Digital Simulation", Management Science 10(1), 1963 (batch means).

    Examples
    --------
    >>> print(mean([1.0, 3.0] * 500, warm_up=100))
    2 ± 0.01
    """
    kept, confidence = _kept(values, warm_up, batches, confidence)
    return _from_batches(float(kept.mean()), np.array([batch.mean() for batch in np.array_split(kept, batches)]), confidence)


def percentile(values: Any, share: float, *, warm_up: int = 0, batches: int = BATCHES, confidence: float = 0.95) -> Estimate:
    """Estimate a percentile of values that may depend on those before them, by the percentiles of batches.

    Parameters
    ----------
    values, warm_up, batches, confidence
        As for `mean`. A batch should hold at least ten values beyond the percentile: 1,000 for the 99th.
    share : float
        Share of the values that the percentile is not exceeded by, from 0 to 1: 0.99 for the 99th percentile.

    Returns
    -------
    Estimate
        The percentile of all values kept (linear, as numpy's default) ± Student's t × the standard error.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or there are fewer values than batches.

    References
    ----------
    Seila, "A Batching Approach to Quantile Estimation in Regenerative Simulations", Management Science 28(5), 1982.

    Examples
    --------
    >>> print(percentile(range(1_000), 0.5).value)
    499.5
    """
    kept, confidence = _kept(values, warm_up, batches, confidence)
    share = checks.number("share", share, 0, 1)
    parts = np.array([np.percentile(batch, 100 * share) for batch in np.array_split(kept, batches)])
    return _from_batches(float(np.percentile(kept, 100 * share)), parts, confidence)


def independent_percentile(values: Any, share: float, *, confidence: float = 0.95) -> Estimate:
    """Estimate a percentile of independent values, whatever their distribution, by order statistics.

    How many of n independent values lie below the true percentile is binomial. So two of the sorted values enclose it with a
    confidence that can be computed, even where mean or variance are infinite. For response times of a queue, which depend on
    each other, this interval is far too narrow: `percentile` is for them.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        In any order. Not written to.
    share : float
        As for `percentile`, above 0 and below 1.
    confidence : float, optional
        Above 0 and below 1.

    Returns
    -------
    Estimate
        With at least this confidence.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or there are too few values for such an interval.

    References
    ----------
    David, Nagaraja, "Order Statistics", 3rd edition 2003, section 7.1.

    Examples
    --------
    >>> estimate = independent_percentile(range(1_000), 0.5)
    >>> estimate.low, estimate.value, estimate.high
    (468.0, 499.5, 531.0)
    """
    ordered = np.sort(checks.amounts("values", values, kind="value"))
    share, confidence = _inside("share", share), _inside("confidence", confidence)
    size = ordered.size
    below = np.arange(size)
    steps = np.log((size - below) / (below + 1)) + math.log(share / (1 - share))
    logarithms = np.concatenate(([0.0], np.cumsum(steps))) + size * math.log1p(-share)
    at_most = np.cumsum(np.exp(logarithms))  # how likely it is that at most so many values lie below the true percentile
    tail = (1 - confidence) / 2
    low, high = int(np.searchsorted(at_most, tail)) - 1, int(np.searchsorted(at_most, 1 - tail))
    if low < 0 or high >= size:
        raise ValueError(f"values holds {size:,} numbers, but needs more to enclose the percentile of {share:g} with a confidence of {confidence:g}")
    return Estimate(float(np.percentile(ordered, 100 * share)), float(ordered[low]), float(ordered[high]), confidence)


def warm_up(values: Any, *, group: int = 5) -> int:
    """Find how many values at the beginning to leave out: those that tell more of the empty start than of the steady state.

    The rule is MSER-5: of all places to cut, the one that makes the squared standard error of what is left smallest – what is
    cut costs precision, and what is not cut, if it lies far off, costs more. Cuts beyond one half are not considered.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        In the order in which they came, at least twice as many as ``group``. Not written to.
    group : int, optional
        How many values are averaged before the rule looks at them, at least 1.

    Returns
    -------
    int
        A multiple of ``group``. A cut at one half means that the run is too short to tell.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or there are too few values.

    References
    ----------
    White, "An Effective Truncation Heuristic for Bias Reduction in Simulation Output", Simulation 69(6), 1997.

    Examples
    --------
    >>> warm_up([90, 60, 30, 10, *[3, 1, 2] * 30], group=1)
    4
    """
    group = checks.integer("group", group, minimum=1)
    array = checks.amounts("values", values, kind="value")
    groups = array.size // group
    if groups < 2:
        raise ValueError(f"values holds {array.size:,} numbers, but must hold at least {2 * group:,}, two groups")
    means = array[: groups * group].reshape(groups, group).mean(axis=1)
    means -= means.mean()  # keeps the sums of squares free of rounding
    left = np.arange(groups, 0, -1)
    sums, squares = (np.cumsum(power[::-1])[::-1] for power in (means, means**2))
    errors = (squares - sums**2 / left) / left**2
    return group * int(np.argmin(errors[: groups // 2 + 1]))


def _kept(values: Any, warm_up: int, batches: int, confidence: float) -> tuple[NDArray[np.float64], float]:
    array = checks.amounts("values", values, kind="value")
    checks.integer("batches", batches, FEWEST_BATCHES, MOST_BATCHES)
    kept = array[checks.integer("warm_up", warm_up, minimum=0) :]
    if kept.size < batches:
        raise ValueError(f"values holds {kept.size:,} numbers after the warm-up, but must hold at least one for each of the {batches} batches")
    return kept, _inside("confidence", confidence)


def _inside(name: str, value: float) -> float:
    number = checks.number(name, value, above=0)
    if number >= 1:
        raise ValueError(f"{name} is {value}, but must be a finite number above 0 and below 1")
    return number


def _from_batches(value: float, parts: NDArray[np.float64], confidence: float) -> Estimate:
    half_width = _student(parts.size - 1, confidence) * float(parts.std(ddof=1)) / math.sqrt(parts.size)
    return Estimate(value, value - half_width, value + half_width, confidence)


def _student(freedom: int, confidence: float) -> float:
    """Return how many standard errors the interval reaches: Student's t, by its expansion around the normal (Abramowitz, Stegun 26.7.5)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(z + sum(term / freedom**power for power, term in enumerate(terms, start=1)))
