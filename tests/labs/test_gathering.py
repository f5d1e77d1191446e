"""The scatter–gather lab: its numbers against the simulator and the theory, its words against its numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs import ScatterGatherLab, gathering_runs
from labsupport.labs.chart import Line
from labsupport.labs.gathering import HEDGES, LATENCIES
from labsupport.labs.gathering_scene import AGAIN, COORDINATOR, FIRST_SHARD, QUERY, SLOWEST
from labsupport.predictions import predict
from labsupport.simulators import gathering
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("latency", LATENCIES)
@pytest.mark.parametrize("setting", [{}, {"fanout": 1, "hedge": "p50"}, {"hedge": "p95", "deadline": 50}, {"fanout": 30, "shared": 1.0}])
def test_the_picture_is_complete_and_readable(latency: str, setting: dict[str, object]) -> None:
    predict("02.1", low=0.1, high=0.3)
    lab = ScatterGatherLab(prediction="02.1", latency=latency, **setting)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("latency", LATENCIES)
@pytest.mark.parametrize(("hedge", "shared"), [("never", 0.0), ("p50", 0.0), ("p95", 0.3), ("never", 1.0)])
def test_both_panels_lie_on_the_theory(latency: str, hedge: str, shared: float) -> None:
    # Six standard errors of a share of 10,000 queries are 0.03 at most.
    lab = ScatterGatherLab(latency=latency, hedge=hedge, shared=shared, fanout=40)
    for panel, name in zip(lab.chart().panels, ("whole query", "slow"), strict=True):
        lines = {mark.label: mark for mark in panel.marks if isinstance(mark, Line)}
        assert lines["theory"].x == lines[name].x
        np.testing.assert_allclose(lines["theory"].y, lines[name].y, atol=0.03)


def test_the_numbers_are_the_simulators() -> None:
    lab = ScatterGatherLab(latency="lognormal", hedge="p90", fanout=25, deadline=63)
    first, second = gathering_runs.first("lognormal", 0.0)[:, :25], gathering_runs.second("lognormal", 0.0)[:, :25]
    delay = np.quantile(gathering_runs.first("lognormal", 0.0), 0.9)
    direct = gathering.simulate(first, seconds=second, delay=delay, deadline=63)
    assert (lab.result.queries.responses == direct.responses).all()
    table = lab.table().set_index(["source", "fanout", "quantity"])["value"]
    assert table["simulation", 25, "slow_share"] == pytest.approx(direct.slow_share(lab.result.limit))
    assert table["simulation", 25, "incomplete_share"] == pytest.approx(1 - direct.complete_share)
    assert table["simulation", 25, "extra_requests"] == pytest.approx(0.1, abs=0.01)
    assert lab.answer() == direct.slow_share(lab.result.limit)


def test_one_slow_answer_in_a_hundred_makes_two_thirds_of_wide_queries_slow() -> None:
    assert ScatterGatherLab(fanout=100).answer() == pytest.approx(theory.fanout_tail_probability(100, 0.01), abs=0.03)
    assert ScatterGatherLab(fanout=100, hedge="p95").answer() < 0.2
    assert ScatterGatherLab(fanout=100, hedge="p95", shared=1.0).answer() == ScatterGatherLab(fanout=100, shared=1.0).answer() > 0.005


def test_the_sentence_is_made_from_the_numbers() -> None:
    lab = ScatterGatherLab(latency="bimodal", hedge="p95", deadline=50)
    sentence, queries = lab.describe(), lab.result.queries
    assert "0 take longer" in sentence
    assert f"{100 * queries.extra_requests:.1f} % more requests" in sentence
    assert f"at the deadline {100 * (1 - queries.complete_share):.1f} of 100 are incomplete" in sentence
    for setting in ({"fanout": 1}, {"hedge": "never"}, {"deadline": 1_000}, {"latency": "pareto"}):
        lab.set_state(setting)
        assert len(re.findall(r"\.(?:\s|$)", lab.describe())) == 2  # two sentences


@pytest.mark.parametrize("setting", [{}, {"fanout": 1}, {"hedge": "p50"}, {"fanout": 7, "hedge": "p80", "deadline": 16}])
def test_the_scene_shows_the_first_queries_of_the_simulation(setting: dict[str, object]) -> None:
    lab = ScatterGatherLab(**setting)
    scene = lab.scene()
    queries = lab.result.queries
    shown = (scene.kind == QUERY) & (scene.station == COORDINATOR)
    count = np.count_nonzero(shown)
    assert count >= 1
    np.testing.assert_allclose(scene.value[shown], queries.responses[:count])
    np.testing.assert_allclose((scene.leave - scene.enter)[shown], queries.responses[:count])
    assert np.count_nonzero((scene.kind == SLOWEST) & (scene.station >= FIRST_SHARD)) == count
    assert np.count_nonzero((scene.kind == AGAIN) & (scene.station >= FIRST_SHARD)) == queries.hedged[:count].sum()
    back = (scene.kind != QUERY) & (scene.station == COORDINATOR) & ~scene.lost & (scene.leave > scene.enter)
    assert queries.answered[:count].sum() - count <= np.count_nonzero(back) <= queries.answered[:count].sum()  # the last may come at the end


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"fanout": 0}, "fanout is 0, but must be a whole number from 1 to 100"),
        ({"latency": "normal"}, "latency is 'normal'"),
        ({"hedge": "p42"}, "hedge is 'p42'"),
        ({"deadline": 4}, "deadline is 4"),
        ({"shared": float("nan")}, "shared is nan"),
        ({"shards": 3}, "no control 'shards'"),
    ],
)
def test_bad_input_is_named(keywords: dict[str, object], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        ScatterGatherLab(**keywords)


def test_every_hedge_is_a_percentile() -> None:
    for hedge in HEDGES:
        lab = ScatterGatherLab(hedge=hedge, fanout=2)
        assert (lab.result.delay is None) == (hedge == "never")
