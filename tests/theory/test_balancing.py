"""Theory of balancing: the fixed point is one, and one choice is a queue of its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory


@given(load=st.floats(0.01, 0.99), choices=st.integers(1, 6))
def test_the_tail_is_a_fixed_point_of_mitzenmachers_equations(load, choices):
    # In balance, arrivals raise as many queues from i − 1 to i as departures lower: ρ (s(i−1)ᵈ − s(i)ᵈ) = s(i) − s(i+1).
    tail = theory.choices_tail(load, choices, np.arange(40))
    assert tail[0] == 1
    assert tail[1] == pytest.approx(load)
    raised = load * (tail[:-2] ** choices - tail[1:-1] ** choices)
    np.testing.assert_allclose(raised, tail[1:-1] - tail[2:], atol=1e-12)


@given(load=st.floats(0.01, 0.99), choices=st.integers(1, 6), speed=st.floats(0.1, 10))
def test_littles_law_joins_mean_response_and_tail(load, choices, speed):
    mean_requests = theory.choices_tail(load, choices, np.arange(1, 5_000)).sum()
    assert theory.choices_mean_response(load * speed, speed, choices) == pytest.approx(mean_requests / (load * speed), rel=1e-9)


def test_the_series_is_summed_to_its_end():
    for load in (0.5, 0.9, 0.99, 0.999):
        exponents = [0]
        while load ** exponents[-1] > 1e-18:
            exponents.append(2 * (exponents[-1] + 1))
        assert theory.choices_mean_response(load, 1.0, 2) == pytest.approx(sum(load**exponent for exponent in exponents), rel=1e-12)


@given(rate=st.floats(0, 0.99))
def test_one_choice_is_a_queue_of_its_own(rate):
    assert theory.choices_mean_response(rate, 1.0, 1) == pytest.approx(theory.mm1_mean_response(rate, 1.0))
    assert theory.choices_tail(rate, 1, 3) == pytest.approx(rate**3)
    assert theory.mm1_mean_response(rate, 1.0) == pytest.approx(1 + theory.mmc_mean_wait(rate, 1.0, 1))


def test_a_response_percentile_is_where_the_exponential_reaches_it():
    assert theory.mm1_response_percentile(3.0, 5.0, 1 - np.exp(-1)) == pytest.approx(0.5)
    assert theory.mm1_response_percentile(3.0, 5.0, [0.0, 0.5, 0.99]) == pytest.approx([0, 0.34657, 2.30259], abs=1e-5)


def test_extremes():
    assert theory.choices_mean_response(0, 2.0, [1, 2, 9]).tolist() == [0.5, 0.5, 0.5]
    assert theory.choices_tail(0, 2, [0, 1, 5]).tolist() == [1, 0, 0]
    assert theory.choices_tail(0.99, 2, 10_000) == 0
    assert theory.choices_tail([[0.5], [0.9]], 2, [1, 2, 3]).shape == (2, 3)
    assert type(theory.choices_mean_response(0.5, 1, 2)) is float


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: theory.choices_tail(1.0, 2, 1), ValueError, "rho = load is 1, but must be below 1"),
        (lambda: theory.choices_tail(0.5, 0, 1), ValueError, "choices is 0"),
        (lambda: theory.choices_tail(0.5, 2.0, 1), TypeError, "choices is 2.0"),
        (lambda: theory.choices_tail(0.5, 2, -1), ValueError, "length is -1"),
        (lambda: theory.choices_mean_response(2.0, 1.0, 2), ValueError, "rho = arrival_rate / service_rate is 2"),
        (lambda: theory.choices_mean_response(0.5, 0.0, 2), ValueError, "service_rate is 0"),
        (lambda: theory.mm1_mean_response(1.0, 1.0), ValueError, "rho = arrival_rate / service_rate is 1"),
        (lambda: theory.mm1_response_percentile(0.5, 1.0, 1.0), ValueError, "share is 1.0, but must be below 1"),
        (lambda: theory.mm1_response_percentile(0.5, 1.0, -0.1), ValueError, "share is -0.1"),
    ],
)
def test_bad_values_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
