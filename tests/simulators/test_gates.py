"""Gates: every test is one of the load-test simulator, its noise that of a queue, and who is stopped is found again by other arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators import gates
from labsupport.simulators.gates import GateResult
from labsupport.simulators.load_testing import open_loop


def drawn(pairs: int, requests: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Times between requests and services, for both versions."""
    gaps, services = np.random.default_rng(seed).standard_exponential((2, 2, pairs, requests))
    return gaps, services


@given(
    pairs=st.integers(1, 4),
    requests=st.integers(2, 40),
    load=st.sampled_from([0.3, 0.8, 1.2]),
    slower=st.lists(st.sampled_from([-20.0, 0.0, 10.0, 50.0]), min_size=1, max_size=3),
    share=st.sampled_from([None, 0.5, 0.99]),
    seed=st.integers(0, 99),
)
def test_every_test_is_a_load_test(pairs: int, requests: int, load: float, slower: list[float], share: float | None, seed: int) -> None:
    gaps, services = drawn(pairs, requests, seed)
    result = gates.measure(gaps, services, load, slower, warm_up=1, share=share)
    for pair in range(pairs):
        for version, effect, reported in [(0, 0.0, result.old[pair]), *((1, each, new[pair]) for each, new in zip(slower, result.new, strict=True))]:
            run = open_loop(np.cumsum(gaps[version, pair]) / load, (1 + effect / 100) * services[version, pair]).responses[1:]
            assert reported == pytest.approx(run.mean() if share is None else np.quantile(run, share), rel=1e-9)
    assert not result.old.flags.writeable
    assert not result.new.flags.writeable


@pytest.mark.parametrize(("load", "slower", "tests", "limit"), [(0.3, 10.0, 1, 10.0), (0.5, 10.0, 3, 15.0), (0.7, 5.0, 2, 0.0)])
@pytest.mark.parametrize("sure", [False, True])
def test_a_gate_errs_as_often_as_theory_says(load: float, slower: float, tests: int, limit: float, sure: bool) -> None:
    """1,500 changes of either kind, in tests of 2,000 requests of which 400 are warm-up: within 5 in 100, a fifth of it the sample's."""
    pairs, requests, warm_up = 1_500 * tests, 2_000, 400
    result = gates.measure(*drawn(pairs, requests, 7), load, [0.0, slower], warm_up=warm_up)
    rates = 1 / (1 + np.array([0.0, slower]) / 100)
    means, errors = theory.mm1_mean_response(load, rates), theory.mm1_mean_response_error(load, rates, requests - warm_up)
    for kind in (0, 1):
        share = float(theory.gate_stops(means[0], means[kind], limit / 100, errors[0], errors[kind], tests, sure=sure))
        assert abs(result.stopped(tests, limit, sure=sure)[kind].mean() - share) < 0.05


def test_the_noise_is_that_of_a_queue_and_grows_with_the_load() -> None:
    """As if there were ((1 − ρ) / (1 + ρ))² as many requests as there are; within 15 %, for 600 pairs of tests of 4,000 that count."""
    spreads = []
    for load in (0.2, 0.5, 0.7):
        result = gates.measure(*drawn(600, 5_000, 8), load, [0.0], warm_up=1_000)
        spread = result.measured().std() / 100
        assert spread == pytest.approx(2**0.5 * (1 + load) / (1 - load) / 4_000**0.5, rel=0.15)
        spreads.append(spread)
    assert spreads == sorted(spreads)
    assert spreads[-1] > 3 * spreads[0]


@given(
    pairs=st.integers(1, 12),
    tests=st.integers(1, 12),
    limits=st.lists(st.sampled_from([-10.0, 0.0, 5.0, 40.0]), min_size=1, max_size=3),
    seed=st.integers(0, 99),
)
def test_who_is_stopped_is_found_again_change_by_change(pairs: int, tests: int, limits: list[float], seed: int) -> None:
    tests = min(tests, pairs)
    chance = np.random.default_rng(seed)
    result = GateResult(np.array([0.0, 10.0]), chance.uniform(1, 3, pairs), chance.uniform(1, 3, (2, pairs)))
    for place, limit in enumerate(limits):
        for kind in (0, 1):
            for change in range(pairs // tests):
                which = slice(change * tests, (change + 1) * tests)
                old, new = result.old[which], result.new[kind, which]
                assert result.measured(tests)[kind, change] == pytest.approx(100 * (new.sum() / old.sum() - 1))
                assert result.stopped(tests, limits)[place, kind, change] == (new.mean() >= (1 + limit / 100) * old.mean())
                beyond = new - (1 + limit / 100) * old
                low = beyond.mean() - theory.student_quantile(0.975, tests - 1) * beyond.std(ddof=1) / tests**0.5 if tests > 1 else -1.0
                assert result.stopped(tests, limits, sure=True)[place, kind, change] == (low >= 0)
    assert (result.stopped(tests, limits[0]) == result.stopped(tests, limits)[0]).all()


def test_tests_that_are_left_over_belong_to_no_change() -> None:
    result = GateResult(np.array([0.0]), np.full(7, 2.0), np.array([[3.0, 3, 3, 1, 1, 1, 99]]))
    assert result.measured(3).tolist() == [[50.0, -50.0]]
    assert result.stopped(3, 10.0, sure=True).tolist() == [[True, False]]
    assert result.stopped(7, 0.0).shape == (1, 1)


def test_a_higher_limit_stops_no_more_and_who_must_be_sure_stops_less() -> None:
    result = gates.measure(*drawn(600, 300, 9), 0.6, [0.0, 20.0], warm_up=60)
    limits = np.linspace(0, 80, 9)
    stops = result.stopped(3, limits)
    assert (stops[1:] <= stops[:-1]).all()
    assert (result.stopped(3, limits, sure=True) <= stops).all()
    assert not result.stopped(1, -99.0, sure=True).any()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (partial(gates.measure, np.ones((2, 3)), np.ones((2, 1, 3)), 0.5, [0]), ValueError, r"gaps has shape \(2, 3\), but must hold two versions"),
        (partial(gates.measure, np.ones((2, 1, 3)), np.ones((3, 1, 3)), 0.5, [0]), ValueError, r"services has shape \(3, 1, 3\)"),
        (partial(gates.measure, -np.ones((2, 1, 3)), np.ones((2, 1, 3)), 0.5, [0]), ValueError, "gaps holds numbers from -1.0"),
        (partial(gates.measure, np.ones((2, 1, 3)), np.ones((2, 1, 3)), 0, [0]), ValueError, "load is 0"),
        (partial(gates.measure, np.ones((2, 1, 3)), np.ones((2, 1, 3)), 0.5, []), ValueError, "slower is"),
        (partial(gates.measure, np.ones((2, 1, 3)), np.ones((2, 1, 3)), 0.5, [-100]), ValueError, "finite numbers above -100"),
        (partial(gates.measure, np.ones((2, 1, 3)), np.ones((2, 1, 3)), 0.5, [0], warm_up=3), ValueError, "warm_up is 3"),
        (partial(gates.measure, np.ones((2, 1, 3)), np.ones((2, 1, 3)), 0.5, [0], share=2), ValueError, "share is 2"),
        (partial(GateResult(np.zeros(1), np.ones(3), np.ones((1, 3))).measured, 4), ValueError, "tests is 4, but must be a whole number from 1 to 3"),
        (partial(GateResult(np.zeros(1), np.ones(3), np.ones((1, 3))).stopped, 0, 1.0), ValueError, "tests is 0"),
        (partial(GateResult(np.zeros(1), np.ones(3), np.ones((1, 3))).stopped, 1, np.nan), ValueError, "limit is nan"),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
