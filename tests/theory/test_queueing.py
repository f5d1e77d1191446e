"""The theory of waiting: against other ways to compute the same, and its known special cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory

servers = st.integers(1, 30)
loads = st.floats(0.01, 0.98)


@given(load=loads, rate=st.floats(0.01, 100), share=st.floats(0, 0.9999))
def test_one_server_is_mm1(load, rate, share):
    expected = theory.mm1_response_percentile(load * rate, rate, share)
    assert theory.mmc_response_percentile(load * rate, rate, 1, share) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(load=loads, servers=servers)
def test_the_tail_adds_up_to_the_mean(load, servers):
    mean = 1 + theory.mmc_mean_wait(load * servers, 1.0, servers)
    longest = theory.mmc_response_percentile(load * servers, 1.0, servers, 1 - 1e-12)
    times = np.linspace(0, longest, 20_001)
    assert np.trapezoid(theory.mmc_response_tail(load * servers, 1.0, servers, times), times) == pytest.approx(mean, rel=1e-4)


@given(load=loads, servers=servers, share=st.floats(0, 0.9999))
def test_percentiles_are_where_the_tail_says(load, servers, share):
    offered = load * servers
    response, wait = (each(offered, 1.0, servers, share) for each in (theory.mmc_response_percentile, theory.mmc_wait_percentile))
    assert theory.mmc_response_tail(offered, 1.0, servers, response) == pytest.approx(1 - share, rel=1e-6)
    waiting = theory.erlang_c(servers, offered)
    assert waiting * np.exp(-wait * (servers - offered)) == pytest.approx(min(waiting, 1 - share))
    assert wait <= response


def test_the_tail_is_continuous_where_both_rates_are_equal():
    # With c servers the wait has the rate c − λ: at λ = c − 1 it is that of the service.
    exact, near = (theory.mmc_response_tail(arrivals, 1.0, 4, [0.1, 1, 10, 500]) for arrivals in (3.0, 3.0 + 1e-9))
    assert np.allclose(exact, near, rtol=1e-6)
    assert (theory.mmc_response_tail(3.0, 1.0, 4, [0, 1e6]) == [1, 0]).all()


@pytest.mark.parametrize("load", [0.5, 0.8, 1.0, 1.7])
@pytest.mark.parametrize(("count", "capacity"), [(1, 1), (1, 5), (3, 3), (3, 8), (4, 2)])
def test_limited_room_solves_the_balance_equations(load, count, capacity):
    # In steady state everybody who leaves balances everybody who comes in: the null space of the generator.
    arrivals = load * count
    rates = np.diag(np.full(capacity, arrivals), 1) + np.diag(np.minimum(np.arange(1, capacity + 1), count) * 1.0, -1)
    rates -= np.diag(rates.sum(axis=1))
    expected = np.linalg.lstsq(np.vstack((rates.T, np.ones(capacity + 1))), np.append(np.zeros(capacity + 1), 1.0))[0]
    shares = theory.mmck_shares(arrivals, 1.0, count, capacity)
    assert shares == pytest.approx(expected, abs=1e-12)
    throughput = np.minimum(np.arange(capacity + 1), count) @ shares
    assert throughput == pytest.approx(arrivals * (1 - shares[-1]))
    assert theory.mmck_mean_response(arrivals, 1.0, count, capacity) == pytest.approx(np.arange(capacity + 1) @ shares / throughput)


def test_limited_room_lies_between_no_room_and_all_the_room():
    assert theory.mmck_shares(6.4, 1.0, 8, 8)[-1] == pytest.approx(theory.erlang_b(8, 6.4))
    assert theory.mmck_mean_response(6.4, 1.0, 8, 2_000) == pytest.approx(1 + theory.mmc_mean_wait(6.4, 1.0, 8))
    assert theory.mmck_shares(6.4, 1.0, 8, 2_000)[8:].sum() == pytest.approx(theory.erlang_c(8, 6.4))
    assert theory.mmck_shares(2_000.0, 1.0, 1_000, 1_000)[-1] == pytest.approx(theory.erlang_b(1_000, 2_000.0))
    assert theory.mmck_shares(0.0, 1.0, 1, 3).tolist() == [1, 0, 0, 0]
    assert theory.mmck_mean_response(1e6, 1.0, 1, 1) == pytest.approx(1)


@given(load=loads, servers=servers, variation=st.floats(0, 30))
def test_the_approximation_is_exact_where_there_is_a_formula(load, servers, variation):
    assert theory.ggc_mean_wait(load * servers, 1.0, servers, 1, 1) == pytest.approx(theory.mmc_mean_wait(load * servers, 1.0, servers))
    assert theory.ggc_mean_wait(load, 1.0, 1, 1, variation) == pytest.approx(theory.mg1_mean_wait(load, 1.0, variation))
    assert theory.ggc_mean_wait(load, 1.0, 1, 0, 0) == 0


@given(load=loads)
def test_sharing_takes_as_long_as_waiting_for_exponential_work(load):
    assert theory.mg1_ps_mean_response(load, 1.0) == pytest.approx(theory.mm1_mean_response(load, 1.0))
    assert theory.mg1_ps_mean_response(load, 1.0, service=3) == pytest.approx(3 * theory.mg1_ps_mean_response(load, 1.0))


@given(st.lists(st.tuples(st.floats(0.001, 1), st.floats(0.1, 10), st.floats(0, 9)), min_size=1, max_size=5), loads)
def test_priorities_only_hand_the_waiting_around(classes, load):
    # Kleinrock's conservation law: waits, weighted by load, add up to the same under every order that serves whole customers.
    rates, means, variations = np.array(classes).T
    rates *= load / (rates @ means)
    squared_cv = (rates @ (means**2 * (1 + variations)) / rates.sum()) / (rates @ means / rates.sum()) ** 2 - 1
    waits = theory.mg1_priority_mean_waits(rates, means, variations)
    expected = theory.mg1_mean_wait(rates.sum(), rates @ means / rates.sum(), max(squared_cv, 0))
    assert (rates * means) @ waits / load == pytest.approx(expected)
    assert (np.diff(waits) >= 0).all()
    urgent = theory.mg1_preemptive_mean_responses(rates, means, variations)[0]
    assert urgent == pytest.approx(means[0] + theory.mg1_mean_wait(rates[0], means[0], variations[0]))


def test_one_class_is_no_priority():
    assert theory.mg1_priority_mean_waits([0.5], 1.0, 4.0) == pytest.approx([theory.mg1_mean_wait(0.5, 1.0, 4.0)])
    assert theory.mg1_preemptive_mean_responses([0.5], 1.0, 4.0) == pytest.approx([1 + theory.mg1_mean_wait(0.5, 1.0, 4.0)])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.mmc_response_percentile(8.0, 1.0, 8, 0.99), r"rho = arrival_rate / \(servers \* service_rate\) is 1, but must be below 1"),
        (lambda: theory.mmc_response_tail(9.0, 1.0, 8, 1.0), "is 1.125, but must be below 1"),
        (lambda: theory.mmc_wait_percentile(0.5, 1.0, 1, 1.0), "share is 1.0, but must be below 1"),
        (lambda: theory.mmc_response_tail(0.5, 1.0, 1, -1.0), "time is -1.0"),
        (lambda: theory.mg1_ps_mean_response(1.25, 1.0), r"rho = arrival_rate \* mean_service is 1.25"),
        (lambda: theory.mg1_priority_mean_waits([0.5, 0.7], 1.0, 1.0), r"rho = sum of arrival_rates \* mean_services is 1.2"),
        (lambda: theory.mg1_preemptive_mean_responses([0.5, -1], 1.0, 1.0), "arrival_rates is -1.0"),
        (lambda: theory.ggc_mean_wait(0.5, 0.0, 1, 1, 1), "mean_service is 0.0"),
        (lambda: theory.ggc_mean_wait(0.5, 1.0, 1, -1, 1), "arrivals_squared_cv is -1.0"),
        (lambda: theory.mmck_shares(1.0, 1.0, 1, 0), "capacity is 0"),
        (lambda: theory.mmck_mean_response(0.0, 1.0, 1, 1), "arrival_rate is 0.0"),
        (lambda: theory.littles_law(-1, 1), "arrival_rate is -1.0"),
    ],
)
def test_bad_values_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_mean_response_is_known_the_worse_the_higher_the_load():
    # Where nobody waits, requests are independent.
    assert theory.mm1_mean_response_error(0.0, 4.0, 100) == pytest.approx(1 / 4 / 10)
    # Daley's sum of the covariances of waits, and on top the variance of a request's work, twice with its part in all later waits.
    for load in (0.1, 0.5, 0.9):
        waits = load * (2 + 5 * load - 4 * load**2 + load**3) / (1 - load) ** 4
        works = 1 + 2 * load * (2 - load) / (1 - load) ** 2
        assert theory.mm1_mean_response_error(load, 1.0, 1) == pytest.approx((waits + works) ** 0.5)
    np.testing.assert_allclose(theory.mm1_mean_response_error([0.5, 0.5, 5.0], [1.0, 1.0, 10.0], [1, 100, 100]), [6.0, 0.6, 0.06])
    with pytest.raises(ValueError, match="service_rate is 1, but must be below 1"):
        theory.mm1_mean_response_error(1.0, 1.0, 10)
    with pytest.raises(ValueError, match="requests is 0"):
        theory.mm1_mean_response_error(0.5, 1.0, 0)
