"""Tuning: tests against theory, and searches against their rules."""

from __future__ import annotations

import math

import numpy as np
import pytest

from labsupport import theory
from labsupport.simulators import queueing, tuning
from labsupport.simulators.tuning import (
    CACHES,
    METHODS,
    WORKERS,
    capacity,
    measure,
    percentile,
    service_time,
    truth,
    tune,
)


def test_the_truth_is_that_of_a_queue_of_many_servers():
    found = truth(600.0)
    for workers, cache in ((7, 12.5), (12, 8.0), (20, 5.0)):
        busy = float(service_time(workers, cache))
        expected = theory.mmc_response_percentile(0.6, 1 / busy, workers, 0.95)
        assert found[workers - 1, round(2 * cache)] == pytest.approx(expected)
    assert found.max() == tuning.GIVE_UP
    assert (found >= -math.log(0.05) * service_time(WORKERS[:, None], CACHES[None]) - 1e-9).sum() >= (found < tuning.GIVE_UP).sum()


@pytest.mark.parametrize("cache", [0.0, 8.0, 12.5])
def test_one_worker_can_do_what_the_exponential_law_says(cache):
    """The response time of an M/M/1 queue is exponential with the rate μ − λ, so that the promise holds up to λ = μ − ln 20 / limit."""
    busy, limit = float(service_time(1, cache)), 200.0
    assert capacity(1, cache, limit) == pytest.approx(1_000 * (1 / busy - math.log(20) / limit))


@pytest.mark.parametrize(("workers", "cache", "limit"), [(4, 1.0, 100.0), (8, 10.5, 100.0), (28, 2.5, 100.0), (17, 7.5, 50.0)])
def test_at_its_capacity_a_server_just_keeps_its_promise(workers, cache, limit):
    rate = capacity(workers, cache, limit)
    assert percentile(workers, cache, rate) == pytest.approx(limit)
    assert percentile(workers, cache, 1.001 * rate) > limit
    assert rate < 1_000 * workers / service_time(workers, cache)


def test_who_is_too_slow_alone_can_do_nothing_in_time():
    assert capacity(4, 1.0, 50.0) == 0  # a wait is not needed: the work alone takes longer, one time in twenty
    assert percentile(4, 1.0, 0.0) == pytest.approx(math.log(20) * service_time(4, 1.0))
    assert percentile(4, 1.0, 0.0) > 50


@pytest.mark.parametrize(("workers", "cache", "rate"), [(7, 12.5, 600.0), (10, 6.0, 500.0), (2, 14.0, 100.0)])
def test_long_tests_come_to_the_truth(workers, cache, rate):
    measured = [measure(workers, cache, rate, 200_000, seed) for seed in range(8)]
    half = 2 * np.std(measured, ddof=1) / math.sqrt(8)
    expected = truth(rate)[workers - 1, round(2 * cache)]
    assert half < 0.02 * expected
    assert abs(np.mean(measured) - expected) < 1.5 * half


@pytest.mark.parametrize("requests", [20, 21, 1_000])
def test_a_test_measures_the_percentile_of_its_own_queue(requests):
    chances = np.random.default_rng(9).standard_exponential((2, requests))
    arrivals, work = np.cumsum(chances[0]) / 0.6, chances[1] * float(service_time(9, 8.0))
    responses = queueing.simulate(arrivals, work, 9).responses
    assert measure(9, 8.0, 600.0, requests, seed=9) == pytest.approx(np.percentile(responses, 95), rel=1e-12)


def test_short_tests_say_less():
    short, long = ([measure(9, 11.5, 600.0, requests, seed) for seed in range(40)] for requests in (200, 5_000))
    assert np.std(short) > 3 * np.std(long)


def test_each_knob_pulls_at_the_other():
    found = truth(600.0)
    best = np.argmin(found, axis=0)[[2, 25]]  # the best numbers of workers with 1 GB and with 12.5 GB of cache
    assert best[0] > 2 * best[1]
    assert service_time(4, 14.0) < service_time(4, 14.5)  # beyond the memory
    assert service_time(4, 13.5) < service_time(4, 13.0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("budget", [4, 7, 20])
def test_a_search_keeps_to_its_budget_and_takes_the_best_it_has_seen(method, budget):
    result = tune(method, 600.0, budget, 400, seed=3)
    assert result.requests.sum() <= budget * 400
    assert result.requests.sum() > 0.7 * budget * 400
    assert (result.best <= np.arange(result.best.size)).all()
    for index in (0, result.best.size // 2, result.best.size - 1):
        longest = result.requests[: index + 1] == result.requests[: index + 1].max()
        assert result.measured[result.best[index]] == result.measured[: index + 1][longest].min()
    assert result.setting in list(zip(result.workers.tolist(), result.caches.tolist(), strict=True))
    quality = result.quality(600.0)
    assert quality[-1] == truth(600.0)[result.setting[0] - 1, round(2 * result.setting[1])]


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_search(method):
    one, same, other = (tune(method, 600.0, 8, 200, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.measured, same.measured)
    assert not np.array_equal(one.measured, other.measured)
    with pytest.raises(ValueError, match="read-only"):
        one.measured[0] = 0


def test_halving_keeps_the_better_half_and_gives_it_twice_the_time():
    result = tune("halving", 600.0, 8, 800, seed=4)
    assert result.requests.tolist() == [100] * 16 + [200] * 8 + [400] * 4 + [800] * 2
    settings = list(zip(result.workers.tolist(), result.caches.tolist(), strict=True))
    for begin, count in ((0, 16), (16, 8), (24, 4)):
        order = np.argsort(result.measured[begin : begin + count], kind="stable")[: count // 2]
        assert settings[begin + count : begin + count + count // 2] == [settings[begin + index] for index in order]


def test_one_after_the_other_moves_one_knob_at_a_time():
    result = tune("one_by_one", 600.0, 12, 400)
    assert set(result.caches[:6]) == {tuning.SHIPPED}
    assert len(set(result.workers[6:])) == 1
    assert result.workers[6] == result.workers[np.argmin(result.measured[:6])]


def test_no_setting_is_tried_twice_at_random_or_by_the_model():
    for method in ("random", "bayesian"):
        result = tune(method, 400.0, 32, 200, seed=6)
        assert len(set(zip(result.workers.tolist(), result.caches.tolist(), strict=True))) == 32


def test_a_model_and_short_tests_do_better_than_chance_and_chance_better_than_one_by_one():
    ends = {method: [tune(method, 600.0, 16, 1_000, seed).quality(600.0)[-1] for seed in range(12)] for method in METHODS}
    middle = {method: np.median(values) for method, values in ends.items()}
    assert max(middle["bayesian"], middle["halving"]) < middle["random"] < middle["one_by_one"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: measure(0, 1.0, 600.0, 100), "workers is 0, but must be a whole number from 1 to 32"),
        (lambda: measure(1, 17.0, 600.0, 100), "cache is 17.0, but must be a finite number from 0 to 16"),
        (lambda: measure(1, 1.0, 0.0, 100), "rate is 0.0"),
        (lambda: measure(1, 1.0, 600.0, 10), "requests is 10, but must be a whole number of at least 20"),
        (lambda: truth(-1.0), "rate is -1.0"),
        (lambda: capacity(33, 1.0, 100.0), "workers is 33, but must be a whole number from 1 to 32"),
        (lambda: capacity(4, 1.0, 0.0), "limit is 0.0"),
        (lambda: tune("grid", 600.0, 8, 400), "method is 'grid'"),
        (lambda: tune("random", 600.0, 3, 400), "budget is 3, but must be a whole number from 4 to 100"),
        (lambda: tune("random", 600.0, 8, 100), "requests is 100"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
