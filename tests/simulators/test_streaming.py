"""Adaptive streaming: a session replayed by hand, what BBA-0 and BOLA promise, and an optimum that nobody beats."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.simulators.streaming import CONTROLLERS, LADDER, _bba0, _bola, optimum, play, watch

LEVELS = [500.0, 1_500.0, 3_000.0, 6_000.0]
SMALL = [100.0, 300.0, 800.0]


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


@settings(max_examples=40)
@given(st.sampled_from(CONTROLLERS), st.integers(0, 10_000), st.sampled_from([8.0, 30.0, 60.0]), st.sampled_from([0.0, 0.2]))
def test_every_controller_keeps_the_rules(controller, seed, capacity, round_trip):
    rates = workloads.markov_bandwidth(200, [0.0, *LEVELS], 5, seed)
    rates[0] = 500.0
    session = watch(controller, rates, 40, capacity=capacity, round_trip=round_trip)
    assert np.all(session.requests[1:] >= session.arrivals[:-1] - 1e-9)
    assert np.all(session.buffers <= capacity - session.duration + 1e-6)
    assert np.all(session.plays >= session.arrivals - 1e-9)
    assert session.plays[-1] == pytest.approx(session.stalls.sum() + 39 * session.duration)
    again = play(session.rungs.tolist(), rates, 40, capacity=capacity, round_trip=round_trip)
    assert again.plays.tolist() == session.plays.tolist()
    waited, changes = session.stalls.sum(), session.switches
    assert session.score(2.0, 0.5) == pytest.approx(np.mean(np.log(np.array(LADDER)[session.rungs] / LADDER[0])) - (2 * waited + 0.5 * changes) / 40)


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_bba0_never_stands_still_while_the_lowest_rung_gets_through(seed):
    # A segment at R then comes in at most 4 · R / 235 seconds, and wherever the line allows R, the buffer holds more than that: the lowest
    # takes 4 s and is chosen first with 4 s there, the second 13 s beyond a reservoir of 90, the highest 98.7 s and needs more than 150.
    rates = workloads.markov_bandwidth(500, [LADDER[0], 1_000.0, 8_000.0], 20, seed)
    assert watch("bba0", rates, 200, capacity=240.0).rebuffering == pytest.approx(0, abs=1e-9)
    assert watch("bba0", [LADDER[0]], 200, capacity=240.0).rebuffering == pytest.approx(0, abs=1e-6)


def test_bba0_follows_its_line_and_clings_to_its_rung():
    decide, ladder = _bba0(240.0), [1_000.0, 2_000.0, 3_000.0]
    # from 90 to 216 seconds the line rises from 1,000 to 3,000: 2,000 at 153
    assert [decide(buffer, 0.0, ladder) for buffer in (90, 152, 154, 200, 100, 90)] == [0, 0, 1, 1, 1, 0]
    assert [decide(buffer, 0.0, ladder) for buffer in (216, 200, 154, 152)] == [2, 2, 2, 1]


def test_bola_climbs_with_the_buffer_and_by_its_own_formula():
    decide, buffers = _bola(60.0, 4.0), np.linspace(0, 56, 400)
    chosen = [decide(float(buffer), 0.0, list(LADDER)) for buffer in buffers]
    assert chosen[0] == 0
    assert chosen[-1] == len(LADDER) - 1
    assert np.all(np.diff(chosen) >= 0)
    # between neighbours the choice changes where their scores are equal: Q = V·γp + V·(S₂·υ₁ − S₁·υ₂) / (S₂ − S₁)
    utilities, weight = np.log(np.array(LADDER) / LADDER[0]), 14 / (np.log(LADDER[-1] / LADDER[0]) + 5)
    for rung in range(len(LADDER) - 1):
        low, high = LADDER[rung], LADDER[rung + 1]
        threshold = 4 * weight * (5 + (high * utilities[rung] - low * utilities[rung + 1]) / (high - low))
        assert decide(threshold - 1e-6, 0.0, list(LADDER)) == rung
        assert decide(threshold + 1e-6, 0.0, list(LADDER)) == rung + 1


def test_the_rate_based_one_believes_the_harmonic_mean():
    assert watch("rate_based", [2_000.0], 10).rungs.tolist() == [0] + [2] * 9  # 1,750 ≤ 0.9 · 2,000
    assert watch("rate_based", [1_900.0], 10).rungs.tolist() == [0] + [1] * 9


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


def test_a_near_cache_lifts_what_a_window_allows():
    near, far = (watch("bola", [8_000.0], 60, round_trip=distance, window=524.0) for distance in (0.01, 0.2))
    size = far.ladder[far.rungs[-1]] * far.duration
    assert far.arrivals[-1] - far.requests[-1] == pytest.approx(0.2 + size / (524 / 0.2))
    assert near.score() > far.score()


def test_extremes():
    plenty = watch("bola", [1e9], 3, capacity=4.0)  # room for one segment only: always empty, always the lowest
    assert plenty.rungs.tolist() == [0, 0, 0]
    assert plenty.rebuffering == pytest.approx(0, abs=1e-5)
    assert watch("fixed", [100.0], 1, rung=5).startup == pytest.approx(5_800 * 4 / 100)
    assert play(_bba0(30.0), [100.0], 5, ladder=[50.0]).rungs.tolist() == [0] * 5


def test_the_trace_stays_at_its_levels_as_long_as_it_should():
    trace = workloads.markov_bandwidth(200_000, LEVELS, 10, seed=3)
    assert set(trace) == set(LEVELS)
    assert 1 / np.mean(np.diff(trace) != 0) == pytest.approx(10, rel=0.02)
    assert trace.mean() == pytest.approx(np.mean(LEVELS), rel=0.02)
    assert workloads.markov_bandwidth(5, [7.0], 1, seed=0).tolist() == [7.0] * 5
    assert workloads.markov_bandwidth(50, LEVELS, 2, 1).tolist() == workloads.markov_bandwidth(50, LEVELS, 2, 1).tolist()


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


def test_bad_input_of_those_with_a_name_is_named():
    with pytest.raises(ValueError, match="Did you mean 'bola'"):
        watch("boola", [1_000.0])
    with pytest.raises(ValueError, match="rung is 6"):
        watch("fixed", [1_000.0], rung=6)
    with pytest.raises(TypeError, match="controller is 'bola'"):
        play("bola", [1_000.0])


def test_bad_input_of_optimum_and_trace_is_named():
    with pytest.raises(ValueError, match=r"capacity is 30\.1, but must be a whole number of steps"):
        optimum([1_000.0], 3, capacity=30.1)
    with pytest.raises(ValueError, match="stall_cost is 0"):
        optimum([1_000.0], 3, stall_cost=0)
    with pytest.raises(ValueError, match=r"mean_stay is 0\.5"):
        workloads.markov_bandwidth(5, LEVELS, 0.5, 0)
