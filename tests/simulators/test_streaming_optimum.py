"""The best session: no controller beats it, and no plan at all, where every plan can be tried."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.simulators.streaming import play
from labsupport.simulators.streaming_controllers import CONTROLLERS, watch
from labsupport.simulators.streaming_optimum import optimum

LEVELS = [500.0, 1_500.0, 3_000.0, 6_000.0]
SMALL = [100.0, 300.0, 800.0]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.5, 3.0]), st.sampled_from([0.0, 0.5]))
def test_nobody_beats_the_optimum(seed, stall_cost, switch_cost):
    rates = workloads.markov_bandwidth(40, [80.0, 250.0, 700.0, 1_500.0], 4, seed)
    film = {"ladder": SMALL, "duration": 4.0, "capacity": 12.0, "round_trip": 0.1}
    scores = [play(rungs, rates, 6, **film).score(stall_cost, switch_cost) for rungs in itertools.product(range(3), repeat=6)]
    best = optimum(rates, 6, stall_cost=stall_cost, switch_cost=switch_cost, steps=40, **film)
    assert max(scores) <= best.bound + 1e-9
    assert best.session.score(stall_cost, switch_cost) <= max(scores) + 1e-9
    assert max(scores) - best.session.score(stall_cost, switch_cost) <= 0.35
    assert best.bound - max(scores) <= 0.35


def test_no_controller_beats_the_optimum_of_a_longer_film():
    for seed in range(2):
        rates = workloads.markov_bandwidth(300, LEVELS, 8, seed)
        best = optimum(rates, 60, round_trip=0.1, steps=10)
        scores = {name: watch(name, rates, 60, round_trip=0.1).score() for name in CONTROLLERS}
        assert max(scores.values()) <= best.session.score() <= best.bound
        assert best.bound - best.session.score() < 0.25


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"capacity is 30\.1, but must be a whole number of steps"):
        optimum([1_000.0], 3, capacity=30.1)
    with pytest.raises(ValueError, match="stall_cost is 0"):
        optimum([1_000.0], 3, stall_cost=0)
