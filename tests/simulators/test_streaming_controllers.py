"""Bitrate controllers: rules that all of them keep, and what BBA-0 and BOLA promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.simulators.streaming import LADDER, play
from labsupport.simulators.streaming_controllers import CONTROLLERS, _bba0, _bola, watch

LEVELS = [500.0, 1_500.0, 3_000.0, 6_000.0]


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


def test_extremes():
    plenty = watch("bola", [1e9], 3, capacity=4.0)  # room for one segment only: always empty, always the lowest
    assert plenty.rungs.tolist() == [0, 0, 0]
    assert plenty.rebuffering == pytest.approx(0, abs=1e-5)
    assert watch("fixed", [100.0], 1, rung=5).startup == pytest.approx(5_800 * 4 / 100)
    assert play(_bba0(30.0), [100.0], 5, ladder=[50.0]).rungs.tolist() == [0] * 5


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="Did you mean 'bola'"):
        watch("boola", [1_000.0])
    with pytest.raises(ValueError, match="rung is 6"):
        watch("fixed", [1_000.0], rung=6)


def test_a_near_cache_lifts_what_a_window_allows():
    near, far = (watch("bola", [8_000.0], 60, round_trip=distance, window=524.0) for distance in (0.01, 0.2))
    size = far.ladder[far.rungs[-1]] * far.duration
    assert far.arrivals[-1] - far.requests[-1] == pytest.approx(0.2 + size / (524 / 0.2))
    assert near.score() > far.score()
