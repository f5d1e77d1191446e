"""Monitoring: quantiles, rates and alerts against cases worked by hand from Prometheus' documented rules, and against numpy."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators.monitoring import alert, histogram_quantile, increase, rate

INFINITE = float("inf")


@pytest.mark.parametrize(
    ("q", "bounds", "counts", "expected"),
    [
        (0.5, [1, 2, INFINITE], [10, 10, 10], 0.5),  # the first bucket begins at 0
        (0.5, [1, 2, 4, INFINITE], [0, 4, 8, 8], 2.0),  # exactly at a bound: the bucket that ends there
        (0.75, [1, 2, 4, INFINITE], [0, 4, 8, 8], 3.0),
        (1.0, [1, 2, 4, INFINITE], [1, 4, 8, 8], 4.0),
        (0.9, [1, 2, 4, INFINITE], [0, 0, 0, 8], 4.0),  # beyond the last finite bound
        (0.0, [1, 2, INFINITE], [1, 2, 2], 0.0),
        (0.1, [-1, 2, INFINITE], [5, 10, 10], -1.0),  # no bucket from 0 down to a negative bound
        (0.75, [-1, 1, INFINITE], [5, 10, 10], 0.0),
        (0.5, [1, 2, INFINITE], [0.25, 0.75, 0.75], 1.25),  # rates will do
    ],
)
def test_quantiles_worked_by_hand(q, bounds, counts, expected):
    assert histogram_quantile(q, bounds, counts) == pytest.approx(expected, abs=1e-12)


def test_where_there_is_nothing_there_is_no_quantile():
    assert np.isnan(histogram_quantile(0.5, [1, INFINITE], [0, 0]))
    assert np.isnan(histogram_quantile(0.0, [1, 2, INFINITE], [0, 2, 2]))


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60), st.floats(0.01, 1))
def test_a_quantile_lies_in_the_bucket_of_the_true_one(values, q):
    bounds = np.array([1.0, 2.0, 5.0, 10.0, INFINITE])
    counts = [sum(value <= bound for value in values) for bound in bounds]
    true = np.percentile(values, 100 * q, method="inverted_cdf")
    found = histogram_quantile(q, bounds, counts)
    bucket = np.searchsorted(bounds, true)
    low = bounds[bucket - 1] if bucket else 0.0
    # The percentile's own rank may differ from Prometheus' by rounding, and then it lies at the border of two buckets.
    assert low - 1e-9 <= found <= bounds[bucket] + 1e-9 or np.isclose(q * len(values), round(q * len(values)))


def test_fine_buckets_give_numpys_percentiles():
    values = np.random.default_rng(1).exponential(0.1, 20_000)
    bounds = np.append(np.arange(0.001, 3, 0.001), INFINITE)
    counts = np.searchsorted(np.sort(values), bounds, "right")
    for q in (0.1, 0.5, 0.9, 0.99):
        assert histogram_quantile(q, bounds, counts) == pytest.approx(np.percentile(values, 100 * q), abs=0.001)


@pytest.mark.parametrize(
    ("times", "values", "start", "end", "expected"),
    [
        ([0, 10, 20, 30], [100, 110, 120, 130], 0, 30, 30.0),  # samples at both ends: nothing to stretch
        ([5, 15, 25], [100, 110, 120], 0, 30, 30.0),  # 5 s at both ends: 20 × 30 / 20
        ([5, 15, 25], [2, 12, 22], 0, 30, 27.0),  # at 0 only 2 s before the first sample: 20 × 27 / 20
        ([0, 10, 20], [100, 110, 120], 0, 60, 25.0),  # nothing for 40 s: half a distance, 20 × 25 / 20
        ([40, 50, 60], [100, 110, 120], 0, 60, 25.0),
        ([0, 10, 20, 30], [10, 20, 5, 15], 0, 30, 25.0),  # a restart: 10, then 5 from 0, then 10
        ([0, 10, 20], [7, 7, 7], 0, 20, 0.0),
        ([0, 10, 20], [0, 5, 10], -10, 20, 10.0),  # it was at 0 at the first sample: no stretch to before it
    ],
)
def test_increases_worked_by_hand(times, values, start, end, expected):
    assert increase(times, values, start, end) == pytest.approx(expected, rel=1e-12)
    assert rate(times, values, start, end) == pytest.approx(expected / (end - start), rel=1e-12)


def test_one_sample_says_nothing_and_the_left_end_may_be_open():
    assert np.isnan(rate([0, 10], [1, 2], 5, 15))
    assert increase([0, 10, 20], [100, 110, 130], 0, 20) == 30
    # without the first sample: 20 in 10 s, and 10 s more to the start, within 1.1 distances
    assert increase([0, 10, 20], [100, 110, 130], 0, 20, left_open=True) == 40


@pytest.mark.parametrize(
    ("first", "early", "late"),
    [
        (3, 23.0, 23.0),  # at 0 three seconds before the first sample, nearer than half a distance: both stop there
        (8, 28.0, 25.0),  # at 0 eight seconds before: up to 2.42 stretched to there, since 2024 by half a distance, 20 × 25 / 20
        (10.5, 30.5, 25.0),
        (12, 25.0, 25.0),  # further away than 1.1 distances: half a distance in both
        (0, 20.0, 20.0),  # at 0 already
    ],
)
def test_the_cut_at_zero_may_come_before_the_rule_of_half_a_distance_or_after_it(first, early, late):
    times, values = [30, 40, 50], [first, first + 10, first + 20]
    assert increase(times, values, 0, 50) == pytest.approx(early, rel=1e-12)
    assert increase(times, values, 0, 50, late_cut=True) == pytest.approx(late, rel=1e-12)
    assert rate(times, values, 0, 50, late_cut=True) == pytest.approx(late / 50, rel=1e-12)


def test_where_the_start_is_near_the_cut_comes_out_the_same():
    for first in (0, 2, 5, 8, 100):
        near = {late: increase([5, 15, 25], [first, first + 10, first + 20], 0, 25, late_cut=late) for late in (False, True)}
        assert near[True] == near[False] == pytest.approx(20 + min(first, 5), rel=1e-12)


@given(st.lists(st.integers(0, 40), min_size=3, max_size=12), st.integers(0, 90), st.integers(0, 90))
def test_a_late_cut_never_stretches_further(steps, start, length):
    times, values = 10 * np.arange(len(steps)) + 40, np.cumsum(steps)
    both = [increase(times, values, start, 60 + start + length, late_cut=late) for late in (True, False)]
    if np.isfinite(both).all():
        assert both[0] <= both[1] * (1 + 1e-12)


@given(st.lists(st.floats(0, 100), min_size=3, max_size=30), st.floats(0.1, 100))
def test_the_unit_of_time_does_not_matter(steps, unit):
    times, values = np.arange(len(steps)) + 0.5, 1_000 + np.cumsum(steps)
    end = len(steps)
    assert increase(times * unit, values, 0, end * unit) == pytest.approx(increase(times, values, 0, end))
    assert rate(times * unit, values, 0, end * unit) == pytest.approx(rate(times, values, 0, end) / unit)


def test_an_alert_fires_once_its_condition_has_held_for_long_enough():
    values = [0, 3, 3, 1, 3, 3, 3, 3, float("nan"), 3]
    times = np.arange(10) * 15
    at_once = alert(times, values, threshold=2)
    assert at_once.firing.tolist() == at_once.active.tolist() == [value > 2 for value in values]
    assert at_once.fired.tolist() == [15, 60, 135]
    later = alert(times, values, threshold=2, duration=30)
    assert later.fired.tolist() == [90]  # the first stretch is too short, and what is not known holds no condition
    assert later.firing.nonzero()[0].tolist() == [6, 7]
    assert later.pending.nonzero()[0].tolist() == [1, 2, 4, 5, 9]


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(0, 6))
def test_alerts_against_a_loop(held, duration):
    since, firing = None, []
    for time, holds in enumerate(held):
        since = (time if since is None else since) if holds else None
        firing.append(since is not None and time - since >= duration)
    assert alert(range(len(held)), held, threshold=0.5, duration=duration).firing.tolist() == firing


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: histogram_quantile(1.5, [1, INFINITE], [1, 1]), "q is 1.5"),
        (lambda: histogram_quantile(0.5, [1, 2], [1, 1]), "the last one infinite"),
        (lambda: histogram_quantile(0.5, [2, 1, INFINITE], [1, 1, 1]), "rising"),
        (lambda: histogram_quantile(0.5, [1, INFINITE], [2, 1]), "must never fall"),
        (lambda: histogram_quantile(0.5, [1, INFINITE], [1, 1, 1]), "counts"),
        (lambda: increase([1, 0], [1, 2], 0, 1), "times falls"),
        (lambda: increase([0, 1], [1, -2], 0, 1), "values"),
        (lambda: rate([0, 1], [1, 2], 1, 1), "end is 1, but must be after start"),
        (lambda: alert([0, 1], [1], 0), "values have shape (1,)"),
        (lambda: alert([0], [1], 0, -1), "duration is -1"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()
