"""Closed forms: against other ways to compute the same, known values, limits, and bad input."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory

servers = st.integers(1, 30)
loads = st.floats(0.01, 0.98)


@given(servers=servers, load=loads)
def test_erlang_formulas_are_the_stationary_distribution(servers, load):
    offered = load * servers
    weights = [offered**busy / math.factorial(busy) for busy in range(servers + 1)]
    assert theory.erlang_b(servers, offered) == pytest.approx(weights[-1] / sum(weights))
    queue = weights[-1] / (1 - load)
    assert theory.erlang_c(servers, offered) == pytest.approx(queue / (sum(weights[:-1]) + queue))


def test_erlang_values_from_tables():
    assert theory.erlang_b(10, 5.0) == pytest.approx(0.018385, abs=1e-6)
    assert theory.erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert theory.erlang_b(1_000, 1_000.0) == pytest.approx(0.0248, abs=2e-4)  # factorials would overflow
    assert theory.erlang_b(3, 0.0) == theory.erlang_c(3, 0.0) == 0


@given(load=loads, rate=st.floats(0.01, 100))
def test_one_server_with_exponential_service_waits_as_mm1_and_mg1_say(load, rate):
    expected = load / (rate * (1 - load))
    assert theory.mmc_mean_wait(load * rate, rate, 1) == pytest.approx(expected)
    assert theory.mg1_mean_wait(load * rate, 1 / rate, 1.0) == pytest.approx(expected)
    assert theory.mg1_mean_wait(load * rate, 1 / rate, 0.0) == pytest.approx(expected / 2)


@given(load=loads, servers=servers)
def test_more_servers_at_the_same_load_wait_less(load, servers):
    fewer, more = (theory.mmc_mean_wait(load * count, 1.0, count) for count in (servers, servers + 1))
    assert more < fewer


@given(fraction=st.floats(0, 1), workers=st.integers(1, 10_000))
def test_amdahl_is_bounded_by_the_serial_part(fraction, workers):
    speedup = theory.amdahl_speedup(fraction, workers)
    assert speedup >= 1 - 1e-12
    assert speedup <= workers * (1 + 1e-12)
    assert speedup * (1 - fraction) <= 1 + 1e-12


def test_usl_contains_linear_growth_and_amdahl_and_peaks_where_gunther_says():
    count = np.arange(1, 101)
    assert theory.usl_throughput(count, 50, 0, 0) == pytest.approx(50 * count)
    assert theory.usl_throughput(count, 50, 0.1, 0) == pytest.approx(50 * theory.amdahl_speedup(0.9, count))
    assert np.argmax(theory.usl_throughput(count, 50, 0.19, 0.0009)) + 1 == round(math.sqrt((1 - 0.19) / 0.0009))


def test_che_is_exact_for_equal_keys_and_complete_caches():
    assert theory.che_hit_ratio(np.full(1_000, 0.001), [1, 250, 999, 1_000, 5_000]) == pytest.approx([0.001, 0.25, 0.999, 1, 1], abs=1e-6)
    assert theory.che_hit_ratio([0.5, 0.5, 0.0], 2) == 1.0
    assert theory.che_hit_ratio([1.0], 0.5) == pytest.approx(0.5)


@given(weights=st.lists(st.floats(0.01, 1), min_size=2, max_size=30), seed=st.integers(0, 100))
def test_che_solves_its_own_equation_and_grows_with_size(weights, seed):
    popularity = np.array(weights) / sum(weights)
    sizes = np.random.default_rng(seed).permutation(np.arange(1, len(weights)))
    ratios = theory.che_hit_ratio(popularity, sizes)
    for size, ratio in zip(sizes, ratios, strict=True):
        low, high = 0.0, 1e9
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if (1 - np.exp(-popularity * middle)).sum() < size else (low, middle)
        assert ratio == pytest.approx((popularity * (1 - np.exp(-popularity * low))).sum(), abs=1e-6)
        assert theory.che_hit_ratio(popularity, int(size)) == pytest.approx(ratio, abs=1e-6)
    assert (np.diff(ratios[np.argsort(sizes)]) > 0).all()


@given(fanout=st.integers(1, 2_000), tail=st.floats(0, 1))
def test_fanout_is_the_complement_of_all_being_fast(fanout, tail):
    assert theory.fanout_tail_probability(fanout, tail) == pytest.approx(1 - (1 - tail) ** fanout, abs=1e-12)


def test_fanout_keeps_the_smallest_probabilities():
    assert theory.fanout_tail_probability(3, 1e-20) == pytest.approx(3e-20)


@pytest.mark.parametrize("availability", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_k_of_n_counts_the_cases(n, availability):
    for k in range(n + 1):
        expected = 0.0
        for working in itertools.product([True, False], repeat=n):
            if sum(working) >= k:
                expected += math.prod(availability if works else 1 - availability for works in working)
        assert theory.k_of_n_availability(k, n, availability) == pytest.approx(expected)


def test_k_of_n_of_many_parts_stays_a_probability():
    assert theory.k_of_n_availability(501, 1_001, 0.5) == pytest.approx(0.5)
    assert theory.k_of_n_availability(0, 5_000, 0.999) == pytest.approx(1)


def test_numbers_give_numbers_and_arrays_broadcast():
    assert type(theory.erlang_b(2, 1)) is float
    assert type(theory.che_hit_ratio([0.5, 0.5], 1)) is float
    assert theory.erlang_b([[1], [2]], [0.5, 1.0, 1.5]).shape == (2, 3)
    assert theory.mmc_mean_wait([0.1, 0.2], 1, 2).shape == (2,)
    assert theory.k_of_n_availability(1, [2, 3], [[0.5], [0.6]]).shape == (2, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.erlang_c(2, 2.0), r"rho = offered_load / servers is 1, but must be below 1"),
        (lambda: theory.erlang_c([1, 2], 1.5), "is 1.5, but must be below 1"),
        (lambda: theory.mmc_mean_wait(5.0, 1.0, 4), "is 1.25, but must be below 1"),
        (lambda: theory.mg1_mean_wait(1.0, 1.2, 1.0), r"rho = arrival_rate \* mean_service is 1.2"),
        (lambda: theory.erlang_b(0, 1.0), "servers is 0"),
        (lambda: theory.erlang_b(2, -1.0), "offered_load is -1.0"),
        (lambda: theory.mmc_mean_wait(1.0, 0.0, 1), "service_rate is 0.0"),
        (lambda: theory.mg1_mean_wait(0.1, 1.0, float("nan")), "squared_cv is nan"),
        (lambda: theory.amdahl_speedup(1.1, 2), "parallel_fraction is 1.1"),
        (lambda: theory.usl_throughput(0, 1, 0, 0), "workers is 0"),
        (lambda: theory.che_hit_ratio([0.5, 0.4], 1), "popularity sums to 0.9"),
        (lambda: theory.che_hit_ratio([], 1), "popularity has shape"),
        (lambda: theory.che_hit_ratio([0.5, 0.5], 0), "capacity is 0.0"),
        (lambda: theory.fanout_tail_probability(2, 1.5), "tail_probability is 1.5"),
        (lambda: theory.k_of_n_availability(3, 2, 0.5), "k is 3, but must be at most n, which is 2"),
    ],
)
def test_bad_values_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("wrong", ["two", None, True, [1.5, "x"]])
def test_what_is_no_number_is_named(wrong):
    with pytest.raises(TypeError, match="offered_load is"):
        theory.erlang_b(2, wrong)
    with pytest.raises(TypeError, match=r"servers is 2\.5"):
        theory.erlang_b(2.5, 1)
