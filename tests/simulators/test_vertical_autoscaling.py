"""Vertical autoscaling: requests follow a percentile of the use, which may be less than what is needed."""

from __future__ import annotations

import re

import numpy as np
import pytest

from labsupport.simulators.vertical_autoscaling import simulate


def test_vertical_follows_the_percentile():
    # Use is 1 or 3 cores for half the time each on 2 pods: the 90th percentile is 1.5 cores each, and 15 % more
    demand = np.tile([2.0, 3.0], 2_000)
    result = simulate(demand, replicas=2, request=4.0, half_life=1e9)
    assert result.request[-1] == pytest.approx(1.5 * 1.15, rel=0.06)  # the histogram's buckets grow by 5 %
    median = simulate(demand, replicas=2, request=4.0, half_life=1e9, percentile=0.4)
    assert median.request[-1] == pytest.approx(1.15, rel=0.06)
    assert result.core_hours < simulate(demand, replicas=2, request=4.0, threshold=100).core_hours
    rolling = np.flatnonzero(result.ready < 2)
    assert rolling.size * 15 == 2 * 30 * result.restarts  # one after the other


def test_who_is_held_back_does_not_show_what_it_needs():
    # 8 cores are wanted from 4 pods that may use 1 each: at first no more than 1.15 is recommended, and so on, step by step
    short = simulate([8.0] * 5_760, replicas=4, request=1.0)
    assert short.restarts > 3
    assert short.request[300] == pytest.approx(1.15, rel=0.06)
    free = simulate([8.0] * 5_760, replicas=4, request=1.0, headroom=3.0)
    assert free.restarts == 1
    assert free.turned_away < 0.01 < short.turned_away
    assert short.request[-1] == pytest.approx(2.3, rel=0.1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: simulate([], replicas=1), "demand is empty"),
        (lambda: simulate([1.0], replicas=0), "replicas is 0"),
        (lambda: simulate([1.0], replicas=1, percentile=1.1), "percentile is 1.1"),
        (lambda: simulate([1.0], replicas=1, headroom=0.5), "headroom is 0.5"),
        (lambda: simulate([1.0], replicas=1, every=1), "every is 1"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        call()
