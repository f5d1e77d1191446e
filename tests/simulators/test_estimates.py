"""How far off an estimate may be: intervals that hold as often as they say, and the warm-up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.simulators import estimates
from labsupport.simulators.queueing import simulate

# Student's t from tables: degrees of freedom, confidence, t
STUDENT = [(9, 0.9, 1.8331), (9, 0.99, 3.2498), (19, 0.95, 2.0930), (39, 0.95, 2.0227), (999, 0.99, 2.5808)]


@pytest.mark.parametrize(("freedom", "confidence", "expected"), STUDENT)
def test_students_t(freedom, confidence, expected):
    values = np.random.default_rng(1).random(freedom + 1)
    estimate = estimates.mean(values, batches=freedom + 1, confidence=confidence)  # each a batch of its own
    assert estimate.half_width / (values.std(ddof=1) / (freedom + 1) ** 0.5) == pytest.approx(expected, abs=2e-4)


def coverage(draw, interval, truth, times=600):
    return np.mean([interval(draw(np.random.default_rng([7, time]))).covers(truth) for time in range(times)])


def test_intervals_hold_as_often_as_they_say():
    # 600 samples each, seeds (7, 0) to (7, 599): 0.95 ± 0.025 is nearly three standard errors.
    def exponential(generator):
        return generator.standard_exponential(2_000)

    assert coverage(exponential, estimates.mean, 1.0) == pytest.approx(0.95, abs=0.025)
    assert coverage(exponential, lambda values: estimates.percentile(values, 0.5), np.log(2)) == pytest.approx(0.95, abs=0.025)
    assert coverage(exponential, lambda values: estimates.independent_percentile(values, 0.9), np.log(10)) == pytest.approx(0.95, abs=0.025)
    assert coverage(exponential, lambda values: estimates.mean(values, confidence=0.8), 1.0) == pytest.approx(0.8, abs=0.045)


def test_order_statistics_need_no_variance():
    # Pareto with a shape of 0.8 has not even a mean; its median is 2 to the power of 1.25.
    pareto = coverage(lambda generator: 1 + generator.pareto(0.8, 500), lambda values: estimates.independent_percentile(values, 0.5), 2**1.25)
    assert pareto == pytest.approx(0.96, abs=0.025)


def test_batches_see_that_customers_depend_on_each_other():
    # M/M/1 at ρ = 0.8, 200 runs of 40,000 customers, seeds 0 to 399.
    def covered(interval):
        hits = []
        for run in range(200):
            result = simulate(workloads.poisson_arrivals(40_000, 0.8, 2 * run), workloads.exponential_services(40_000, 1.0, 2 * run + 1))
            hits.append(interval(result.responses[2_000:]))
        return np.mean(hits)

    def naive(values):
        return abs(values.mean() - 5) < 1.96 * values.std() / values.size**0.5

    assert covered(naive) < 0.35
    assert covered(lambda values: estimates.mean(values, batches=20).covers(5)) > 0.85


@given(st.lists(st.floats(0, 1e6), min_size=80, max_size=200), st.sampled_from([0.25, 8.0]))
def test_the_unit_does_not_matter(values, factor):
    one, other = estimates.mean(values), estimates.mean(np.array(values) * factor)
    assert other.half_width == pytest.approx(one.half_width * factor, rel=1e-6, abs=1e-6)
    assert one.low <= one.value <= one.high


def test_what_is_certain_has_no_width():
    same = np.full(100, 3.0)
    for estimate in (estimates.mean(same), estimates.percentile(same, 0.99), estimates.independent_percentile(same, 0.5)):
        assert (estimate.value, estimate.half_width, estimate.relative_half_width) == (3, 0, 0)
    assert estimates.mean(np.zeros(100)).relative_half_width == 0
    assert estimates.Estimate(0.0, -1.0, 1.0, 0.95).relative_half_width == np.inf


def test_the_warm_up_is_found():
    # A queue that begins with 300 customers in line: until they have gone, nothing is steady. M/M/1 at ρ = 0.5, seeds 3 and 4.
    arrivals = np.concatenate((np.zeros(300), workloads.poisson_arrivals(20_000, 0.5, 3)))
    result = simulate(arrivals, workloads.exponential_services(arrivals.size, 1.0, 4))
    found = estimates.warm_up(result.responses)
    assert 450 <= found <= 3_000
    assert result.responses[found : found + 200].mean() < 10
    assert estimates.warm_up(workloads.exponential_services(10_000, 1.0, 5)) < 200  # nothing to warm up
    assert estimates.warm_up(np.arange(100.0), group=1) == 50  # never steady


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: estimates.mean([1.0] * 39), "values holds 39 numbers after the warm-up, but must hold at least one for each of the 40 batches"),
        (lambda: estimates.mean([1.0] * 100, warm_up=70), "values holds 30 numbers after the warm-up"),
        (lambda: estimates.mean([1.0] * 100, warm_up=-1), "warm_up is -1"),
        (lambda: estimates.mean([1.0] * 100, batches=9), "batches is 9, but must be a whole number from 10 to 1,000"),
        (lambda: estimates.mean([1.0] * 100, confidence=1), "confidence is 1, but must be a finite number above 0 and below 1"),
        (lambda: estimates.mean([np.nan] * 100), "values holds the value nan"),
        (lambda: estimates.percentile([1.0] * 100, 99), "share is 99, but must be a finite number from 0 to 1"),
        (lambda: estimates.independent_percentile([1.0] * 100, 0.99), "values holds 100 numbers, but needs more to enclose the percentile of 0.99"),
        (lambda: estimates.independent_percentile([1.0] * 100, 0), "share is 0"),
        (lambda: estimates.warm_up([1.0] * 9), "values holds 9 numbers, but must hold at least 10, two groups"),
        (lambda: estimates.warm_up([]), "values is empty"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
