"""Scrapes: against a loop that counts request by request, and what a counter must and must not forget."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators.monitoring import increase
from labsupport.simulators.scrapes import scrape

BOUNDS = [0.1, 1.0, float("inf")]
drawn_requests = st.lists(st.tuples(st.integers(0, 60), st.sampled_from([0.0, 0.05, 0.1, 0.5, 1.0, 7.0])), min_size=1, max_size=60)


@given(drawn_requests, st.sampled_from([3, 7.5, 20]), st.sampled_from([0.0, 0.3]), st.lists(st.integers(0, 60), max_size=3))
def test_it_counts_as_a_loop_does(requests, interval, lost, restarts):
    requests, restarts = sorted(requests, key=lambda each: each[0]), sorted(restarts)
    finishes, durations = zip(*requests, strict=True)
    result = scrape(finishes, durations, BOUNDS, interval, 60, jitter=1.0, lost=lost, restarts=restarts, seed=3)
    for time, counts in zip(result.times, result.counts, strict=True):
        began = max((restart for restart in restarts if restart <= time), default=0)
        since = [duration for finish, duration in requests if began <= finish <= time]
        assert counts.tolist() == [sum(duration <= bound for duration in since) for bound in BOUNDS]
    assert result.total.tolist() == [row[-1] for row in result.counts.tolist()]


def test_a_lost_scrape_loses_no_request():
    rng = np.random.default_rng(5)
    finishes, durations = np.sort(rng.uniform(0, 1_000, 2_000)), rng.exponential(0.5, 2_000)
    every, some = (scrape(finishes, durations, BOUNDS, 10, 1_000, lost=lost, seed=7) for lost in (0, 0.4))
    assert every.missed.size == 0
    assert 25 < some.missed.size < 55  # 101 × 0.4, give or take three standard deviations
    np.testing.assert_array_equal(np.sort(np.concatenate((some.times, some.missed))), every.times)
    np.testing.assert_array_equal(some.counts, every.counts[np.isin(every.times, some.times)])


def test_what_fails_seldom_fails_often_too():
    few, many = (set(scrape([1], [1], BOUNDS, 1, 300, lost=lost, seed=2).missed) for lost in (0.1, 0.5))
    assert few < many


def test_jitter_makes_each_scrape_late_and_none_early():
    late = scrape([1], [1], BOUNDS, 10, 10_000, offset=4, jitter=2, seed=1).times[:-1] % 10 - 4
    assert late.min() >= 0
    assert late.max() <= 2
    assert late.mean() == pytest.approx(1, abs=0.06)  # three standard errors of 999 even draws


def test_a_rate_survives_the_restart_but_for_what_came_since_the_last_scrape():
    finishes = np.arange(0.5, 100)
    result = scrape(finishes, np.zeros(100), BOUNDS, 10, 100, restarts=[45])
    assert result.total.tolist() == [0, 10, 20, 30, 40, 5, 15, 25, 35, 45, 55]
    assert increase(result.times, result.total, 0, 100) == 95  # the five between 40 and 45 were never read


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"finishes": [2, 1]}, "finishes falls"),
        ({"durations": [1]}, "durations holds 1 numbers"),
        ({"durations": [-1, 1]}, "durations holds the duration -1"),
        ({"bounds": [1, 2]}, "the last one infinite"),
        ({"bounds": [2, 1, float("inf")]}, "rising"),
        ({"interval": 0}, "interval is 0"),
        ({"interval": 1e-9}, "at most 1,000,000 scrapes"),
        ({"until": 1, "offset": 2}, "until is 1"),
        ({"jitter": 11}, "jitter is 11"),
        ({"lost": 1.5}, "lost is 1.5"),
        ({"restarts": [2, 1]}, "restarts falls"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_input_is_named(change, words):
    good = {"finishes": [1, 2], "durations": [1, 1], "bounds": BOUNDS, "interval": 10, "until": 20}
    with pytest.raises(ValueError, match=re.escape(words)):
        scrape(**(good | change))
