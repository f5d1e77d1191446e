"""Anomaly detection on a metric: what a detector expects, when it pages, and how many of the incidents it finds.

A metric is a value every so often, here the requests a second of a service in each quarter of an hour. It has its days and its weeks, and its
noise is a share of its level. A detector looks only backwards: from the values so far it says what it expects next, give or take a spread,
and alarms where a value lies more than so many spreads off. Alarms that follow one another are one page; a page is right if it is sent
during an incident, and an incident is found if a page is sent during it. Precision is the share of pages that are right, recall the
share of incidents that are found: of accuracy it is useless to speak, since 95 of 100 values are ordinary and silence would be right in 95 cases.

References
----------
S. W. Roberts, "Control Chart Tests Based on Geometric Moving Averages", Technometrics 1 (3), 1959.
J. D. Brutlag, "Aberrant Behavior Detection in Time Series for Network Monitoring", LISA 2000.
A. Lavin and S. Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms – the Numenta Anomaly Benchmark", ICMLA 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PER_DAY = 96  # quarters of an hour
WEEK = 7 * PER_DAY
LEARNING = 2 * WEEK  # no detector is judged by what it says before, and nothing happens
KINDS = ("surge", "loss", "creep")  # of traffic
FAULT = "fault"  # of the service, which the traffic does not show
DETECTORS = ("fixed", "moving", "ewma", "yesterday", "last_week")
NOISE = 0.04  # of the level


@dataclass(frozen=True, eq=False)
class Recording:
    """A metric, and when something was wrong.

    Attributes
    ----------
    values : ndarray of float, shape (samples,)
        Requests a second, one value for each quarter of an hour.
    starts, ends : ndarray of int, shape (incidents,)
        The first sample of each incident, and the first after it.
    kinds : tuple of str
        Of each incident: surge, loss, creep or fault.
    """

    values: Floats
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    kinds: tuple[str, ...]


def record(weeks: int = 8, seed: int = 0, *, size: float = 0.4, per_week: int = 4, glitches: float = 0.0, kinds: Sequence[str] = KINDS) -> Recording:
    """Record a service's traffic from a Monday on: days, weekends, a little growth, noise, and incidents from the third week on.

    A surge lies by ``size`` above what the traffic would have been, a loss by so much below, and a creep rises to twice that bit by bit; in a fault
    something is wrong with the service, and its traffic is what it would have been. Each lasts from one to four hours, and there are some hours
    between two.

    Parameters
    ----------
    weeks : int, default 8
        At least 3; in the first two nothing happens.
    seed : int, default 0
        Same seed, same recording. Other sizes of the incidents change nothing else.
    size : float, default 0.4
        How large incidents are, as a share of the level, above 0 and below 1.
    per_week : int, default 4
        How many there are in a week, at most 28.
    glitches : float, default 0
        How many single values a day are wrong, such as by a scrape that failed, though the service was well; at most 8.
    kinds : sequence of str, default surge, loss and creep
        Which incidents come, in turn: of these three, and fault.

    Returns
    -------
    Recording

    Raises
    ------
    ValueError, TypeError
        If a number is outside its range.

    Examples
    --------
    >>> recording = record(weeks=3, per_week=2)
    >>> recording.values.size, recording.kinds
    (2016, ('surge', 'loss'))
    """
    weeks = checks.integer("weeks", weeks, minimum=3)
    size, per_week = checks.number("size", size, above=0, maximum=0.99), checks.integer("per_week", per_week, 0, 28)
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    samples = weeks * WEEK
    time = np.arange(samples) / PER_DAY
    day = 1 - 0.55 * np.cos(2 * np.pi * (time - 1 / 8)) - 0.12 * np.cos(4 * np.pi * (time - 1 / 8))  # least at three in the morning
    weekend = np.where(time.astype(np.int64) % 7 >= 5, 0.65, 1.0)
    values = 1_000 * day * weekend * (1 + 0.01 * time / 7) * (1 + NOISE * generator.standard_normal(samples))
    count = per_week * (weeks - 2)
    turns = [checks.choice("kinds", kind, (*KINDS, FAULT)) for kind in kinds]
    if not turns:
        raise ValueError("kinds is empty, but must name at least one kind of incident")
    told = tuple(turns[index % len(turns)] for index in range(count))
    room = (samples - LEARNING) // max(count, 1)
    lengths = generator.integers(4, 17, count)
    starts = LEARNING + room * np.arange(count) + (generator.random(count) * (room - lengths - 7)).astype(np.int64)
    for start, length, kind in zip(starts, lengths, told, strict=True):
        change = np.linspace(0, 2 * size, length + 1)[1:] if kind == "creep" else {"surge": size, "loss": -size, FAULT: 0.0}[kind]
        values[start : start + length] *= 1 + change
    wrong = generator.random(samples) < checks.number("glitches", glitches, 0, 8) / PER_DAY
    for start, length in zip(starts, lengths, strict=True):
        wrong[max(start - 1, 0) : start + length + 1] = False
    wrong[:LEARNING] = False
    wrong[1:] &= ~wrong[:-1]
    factors = np.where(generator.random(samples) < 0.5, 0.3, 1.8)
    values[wrong] *= factors[wrong]
    return Recording(read_only(values), read_only(starts), read_only(starts + lengths), told)


@dataclass(frozen=True, eq=False)
class Expectation:
    """What a detector expects of each value, before it sees it.

    Attributes
    ----------
    expected : ndarray of float, shape (samples,)
        NaN where it knows too little to expect anything.
    spread : ndarray of float, shape (samples,)
        One standard deviation of what is usual; NaN likewise.
    """

    expected: Floats
    spread: Floats

    def alarms(self, values: ArrayLike, threshold: float, hold: int = 1) -> Flags:
        """Alarm where values lie off by more than so many spreads.

        Parameters
        ----------
        values : array_like of float, shape (samples,)
            The values that were expected.
        threshold : float
            How many spreads are too many, at least 0.
        hold : int, default 1
            How many values in a row must lie off, this one included, before there is an alarm.

        Returns
        -------
        ndarray of bool, shape (samples,)

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong.

        Examples
        --------
        >>> Expectation(np.zeros(5), np.ones(5)).alarms([1, 4, 5, 1, 4], threshold=3, hold=2)
        array([False, False,  True, False, False])
        """
        values = checks.amounts("values", values)
        threshold, hold = checks.number("threshold", threshold, minimum=0), checks.integer("hold", hold, minimum=1)
        if values.size != self.expected.size:
            raise ValueError(f"values holds {values.size:,} numbers, but {self.expected.size:,} were expected")
        off = np.abs(values - self.expected) > threshold * self.spread  # NaN lies off nothing
        held = np.append(0, np.cumsum(off))
        alarms = np.zeros(off.size, dtype=np.bool_)
        alarms[hold - 1 :] = held[hold:] - held[: max(held.size - hold, 0)] == hold
        return alarms


def expect(detector: str, values: ArrayLike, *, window: int = PER_DAY // 4, learning: int = LEARNING) -> Expectation:
    """Say what a detector expects of each value, from those before it alone.

    - ``fixed``: the mean and standard deviation of the first ``learning`` values, forever: a level threshold.
    - ``moving``: mean and standard deviation of the last ``window`` values.
    - ``ewma``: the same with weights that fall from value to value by the factor 1 − 2 / (window + 1): Roberts' control chart.
    - ``yesterday``: the value of a day ago; its spread is that of the ratios to the day before, over the last day, times the value expected.
    - ``last_week``: the same with a week.

    Parameters
    ----------
    detector : {"fixed", "moving", "ewma", "yesterday", "last_week"}
    values : array_like of float, shape (samples,)
        At least 0, one for each quarter of an hour.
    window : int, default 24
        Samples that ``moving`` and ``ewma`` look back, at least 2.
    learning : int, default 1344
        Samples that ``fixed`` learns from, at least 2.

    Returns
    -------
    Expectation

    Raises
    ------
    ValueError, TypeError
        If the detector is unknown, or a number is outside its range.

    Examples
    --------
    >>> expectation = expect("moving", [1, 3, 1, 3, 9], window=2)
    >>> expectation.expected, expectation.spread
    (array([nan, nan,  2.,  2.,  2.]), array([nan, nan,  1.,  1.,  1.]))
    """
    detector = checks.choice("detector", detector, DETECTORS)
    values = checks.amounts("values", values)
    window, learning = checks.integer("window", window, minimum=2), checks.integer("learning", learning, minimum=2)
    expected, spread = np.full(values.size, np.nan), np.full(values.size, np.nan)
    if detector == "fixed":
        expected[learning:], spread[learning:] = values[:learning].mean(), values[:learning].std()
    elif detector == "moving":
        expected[window:], spread[window:] = _moving(values, window)
    elif detector == "ewma":
        expected, spread = _follow(read_only(values), 2 / (window + 1))
        expected[: min(window, values.size)] = np.nan
    else:
        season = PER_DAY if detector == "yesterday" else WEEK
        if values.size > season:
            before = values[:-season]
            ratios = values[season:] / np.where(before > 0, before, np.nan)
            expected[season:] = before
            if ratios.size > PER_DAY:
                spread[season + PER_DAY :] = before[PER_DAY:] * _moving(np.nan_to_num(ratios, nan=1.0), PER_DAY)[1]
    return Expectation(read_only(expected), read_only(spread))


def _moving(values: Floats, window: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each ``window`` values, all but the last: sums of what is left of the overall mean, which stays small."""
    middle = float(values.mean())
    sums = np.append(0.0, np.cumsum(values - middle))
    squares = np.append(0.0, np.cumsum((values - middle) ** 2))
    means = (sums[window:-1] - sums[: -window - 1]) / window
    variances = (squares[window:-1] - squares[: -window - 1]) / window - means**2
    return means + middle, np.sqrt(np.maximum(variances, 0.0))


# Mean and variance that forget: each new value has the weight `share`, and all before it together the rest. What is said of a value
# is what was known before it came.
@kernel
def _follow(values: Floats, share: float) -> tuple[Floats, Floats]:
    expected = np.empty(values.size)
    spread = np.empty(values.size)
    mean = values[0]
    variance = 0.0
    for index in range(values.size):
        expected[index] = mean
        spread[index] = np.sqrt(variance)
        off = values[index] - mean
        mean += share * off
        variance = (1 - share) * (variance + share * off * off)
    return expected, spread


@dataclass(frozen=True, eq=False)
class Score:
    """How well the pages fit the incidents.

    Attributes
    ----------
    pages : ndarray of int, shape (pages,)
        The sample at which each page was sent.
    right : ndarray of bool, shape (pages,)
        Whether it was sent during an incident.
    found : ndarray of bool, shape (incidents,)
        Whether a page was sent during the incident.
    delays : ndarray of int, shape (incidents,)
        How many samples after its beginning the first such page was sent; -1 where none was.
    """

    pages: NDArray[np.int64]
    right: Flags
    found: Flags
    delays: NDArray[np.int64]

    @property
    def precision(self) -> float:
        """The share of pages that are right; 1 if there is no page, since nothing wrong was said."""
        return float(self.right.mean()) if self.right.size else 1.0

    @property
    def recall(self) -> float:
        """The share of incidents that are found; 1 if there is none to be found."""
        return float(self.found.mean()) if self.found.size else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of the two, which is low where either is."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def score(alarms: ArrayLike, starts: ArrayLike, ends: ArrayLike, *, quiet: int = 4, learning: int = LEARNING) -> Score:
    """Make pages of alarms, and hold them against the incidents.

    A page is sent at an alarm if there was none in the ``quiet`` samples before; so who alarms all the time sends one page, at the beginning.

    Parameters
    ----------
    alarms : array_like of bool, shape (samples,)
        Whether there was an alarm at each sample.
    starts, ends : array_like of int, shape (incidents,)
        The first sample of each incident and the first after it.
    quiet : int, default 4
        Samples without an alarm before another page is sent, at least 1.
    learning : int, default 1344
        Alarms before this sample do not count.

    Returns
    -------
    Score

    Raises
    ------
    ValueError, TypeError
        If starts and ends are not incidents in these samples, or a number is outside its range.

    Examples
    --------
    >>> result = score([False, True, True, False, True], [1], [3], quiet=1, learning=0)
    >>> result.pages, result.precision, result.recall
    (array([1, 4]), 0.5, 1.0)
    """
    given = np.asarray(alarms)
    flags = checks.flags("alarms", given, given.size)
    quiet, learning = checks.integer("quiet", quiet, minimum=1), checks.integer("learning", learning, minimum=0)
    first, last = _incidents(starts, ends, flags.size)
    at = np.flatnonzero(flags)
    at = at[at >= learning]
    pages = at[np.diff(at, prepend=-quiet - 1) > quiet] if at.size else at
    owner = np.searchsorted(first, pages, side="right") - 1
    right = (owner >= 0) & (pages < last[owner]) if first.size else np.zeros(pages.size, dtype=np.bool_)
    delays = np.full(first.size, -1, dtype=np.int64)
    for page, incident in zip(pages[right][::-1], owner[right][::-1], strict=True):  # the first page has the last word
        delays[incident] = page - first[incident]
    return Score(read_only(pages), read_only(right), read_only(delays >= 0), read_only(delays))


def _incidents(starts: ArrayLike, ends: ArrayLike, samples: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if np.asarray(starts).size == 0 and np.asarray(ends).size == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    first = checks.integers("starts", starts, 0, samples - 1, kind="sample")
    last = checks.integers("ends", ends, 1, samples, kind="sample")
    if first.size != last.size:
        raise ValueError(f"starts holds {first.size} incidents and ends {last.size}, but each must have both")
    if (last <= first).any() or (first[1:] < last[:-1]).any():
        raise ValueError("starts and ends are not in order, but each incident must end after it began, and before the next begins")
    return first, last
