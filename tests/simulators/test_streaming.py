"""Adaptive streaming: a session replayed by hand, and every bad input by its message."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.simulators.streaming import play


def naive(rungs, rates, ladder, duration, capacity, round_trip):
    """The same film in steps of a tenth of a second, with numbers that fall on them."""
    now, loaded, ends, plays, arrivals = 0, 0, 0, [], []
    for rung in rungs:
        while ends - now > (capacity - duration) * 10:
            now += 1
        now += int(round_trip * 10)
        loaded = 0.0
        while loaded < ladder[rung] * duration - 1e-9:
            loaded += rates[(now // 10) % len(rates)] / 10
            now += 1
        arrivals.append(now / 10)
        plays.append(max(ends, now) / 10)
        ends = max(ends, now) + int(duration * 10)
    return arrivals, plays


@given(st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=20), st.integers(0, 9), st.sampled_from([0.0, 0.5]))
def test_a_session_is_what_happens_step_by_step(rungs, seed, round_trip):
    rates = workloads.markov_bandwidth(30, [1_000.0, 2_000.0, 4_000.0], 3, seed)
    ladder = [200.0, 400.0, 1_600.0]
    session = play(rungs, rates, len(rungs), ladder=ladder, duration=4.0, capacity=12.0, round_trip=round_trip)
    arrivals, plays = naive(rungs, rates, ladder, 4.0, 12.0, round_trip)
    # the steps can only be late, by one of them for each segment
    assert np.all(np.array(arrivals) >= session.arrivals - 1e-9)
    assert np.all(np.array(arrivals) <= session.arrivals + 0.1 * np.arange(1, len(rungs) + 1) * (1 + 4) + 1e-9)
    assert np.all(np.array(plays) >= session.plays - 1e-9)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"controller": lambda *_: 6}, "the controller's rung is 6"),
        ({"controller": [0]}, "controller holds 1 rungs, but there are 3"),
        ({"bandwidth": [0.0, 0.0]}, "bandwidth is 0 in every second"),
        ({"bandwidth": [-1.0]}, "bandwidth holds the bandwidth -1.0"),
        ({"ladder": [300, 200]}, "each rung must be higher"),
        ({"capacity": 3.0}, "capacity is 3.0"),
        ({"window": 0.0}, "window is 0.0"),
    ],
)
def test_bad_input_is_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        play(**{"controller": [0, 0, 0], "bandwidth": [1_000.0], "segments": 3} | arguments)


def test_a_controller_is_no_name():
    with pytest.raises(TypeError, match="controller is 'bola'"):
        play("bola", [1_000.0])
