"""The serverless lab: its numbers against simulator, theory and prices, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory, workloads
from labsupport.labs import ServerlessLab
from labsupport.labs.marks import Line, Rule
from labsupport.labs.serverless import STORY
from labsupport.simulators import queueing, serverless
from tests.labs.test_figure import assert_complete, assert_readable

IMPATIENT = STORY["Bursts on a large image"] | {"growth": 1}
CROWDED = {"rate": 5_000.0, "cold_start": 10_000, "keep_alive": 0}
STATES = [*STORY.values(), IMPATIENT, CROWDED, {"servers": 20, "provisioned": 10, "pattern": "regular"}]


@pytest.mark.parametrize("state", STATES)
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = ServerlessLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_numbers_are_the_simulators() -> None:
    lab = ServerlessLab(rate=30.0, cold_start=2_000, keep_alive=2, servers=2)
    arrivals, work = 60 * workloads.poisson_arrivals(6_000, 1.0, seed=1) / 30, workloads.exponential_services(6_000, 0.1, seed=2)
    direct = serverless.simulate(arrivals, work, cold_start=2.0, keep_alive=120.0)
    assert (lab.result.finishes == direct.finishes).all()
    row = lab.table().set_index("rate").loc[30.0]
    assert row["p99_functions"] == np.percentile((direct.finishes - direct.arrivals)[2_000:], 99)
    assert row["p99_servers"] == np.percentile(queueing.simulate(arrivals, work, 8).responses[2_000:], 99)
    cold = direct.cold[2_000:].mean()
    assert row["cold"] == cold
    month = 730 * 3_600 * 0.5
    assert row["month_functions"] == pytest.approx(month * ((0.1 + 2 * cold) * 1.66667e-5 + 2e-7))
    assert row["month_servers"] == pytest.approx(2 * 730 * 0.045)
    line = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Line) and mark.role == "main")
    assert line.y[list(line.x).index(30.0)] == row["p99_functions"]


@pytest.mark.parametrize("state", [{}, {"servers": 5}, {"cold_start": 10_000, "keep_alive": 1}, {"provisioned": 2}])
def test_at_the_break_even_both_cost_the_same(state: dict[str, object]) -> None:
    lab = ServerlessLab(**state)
    lab.rate = lab.answer()
    row = lab.table().set_index("rate").loc[lab.rate]
    assert row["month_functions"] == pytest.approx(row["month_servers"], rel=0.02)
    rule = [mark for mark in lab.chart().panels[1].marks if isinstance(mark, Rule)]
    assert rule[0].at == pytest.approx(lab.answer())


def test_rare_calls_start_cold_as_theory_says() -> None:
    """Four thousand calls: four standard deviations are 0.032."""
    table = ServerlessLab(rate=0.05).table().dropna(subset="cold_theory")
    assert len(table) >= 4
    assert (np.abs(table["cold"] - table["cold_theory"]) < 0.032).all()
    assert ServerlessLab(pattern="bursts").table()["cold_theory"].isna().all()


def test_what_is_kept_ready_may_cost_more_than_the_servers() -> None:
    lab = ServerlessLab(provisioned=10)
    assert lab.answer() == 0
    assert "without a single request" in lab.describe()
    assert "cannot keep up" in ServerlessLab(rate=5_000.0).describe()


def test_a_limit_turns_away_what_theory_says() -> None:
    """With all ten always ready, nobody waits and nobody starts: Erlang's loss system, to four standard errors of correlated losses."""
    table = ServerlessLab(limit=10, provisioned=10).table().set_index("rate")
    for rate in (3_000.0, 5_000.0):
        assert table["turned_away"][rate] == pytest.approx(float(theory.erlang_b(10, rate / 60 * 0.1)), abs=0.025)
    assert table["p99_functions"].isna().tolist() == (table["turned_away"] >= 0.01).tolist()
    assert (table.loc[:300.0, "turned_away"] == 0).all()  # on average half a request is there, or less


def test_starts_one_by_one_turn_a_burst_away_and_save_money_thereby() -> None:
    freely, slowly = ServerlessLab(**STORY["Bursts on a large image"]), ServerlessLab(**IMPATIENT)
    before, after = (lab.table().set_index("rate").loc[300.0] for lab in (freely, slowly))
    assert before["turned_away"] == 0
    assert after["turned_away"] > 0.01
    assert after["cold"] < before["cold"]
    assert after["month_functions"] < before["month_functions"]
    assert freely.answer() == slowly.answer()  # the price of answering all
    assert "turned away" not in freely.describe()
    assert "the 99th percentile waits for ever" in slowly.describe()


def test_the_scene_keeps_who_was_turned_away_to_the_end() -> None:
    lab = ServerlessLab(**STORY["No more than ten"] | {"rate": 5_000.0})
    scene = lab.scene()
    away = scene.station == 3
    assert away.any()
    assert (scene.kind[away] == 2).all()
    assert (scene.leave[away] == scene.leave.max()).all()
    assert np.isfinite(scene.leave).all()
    assert np.isnan(scene.value[away]).all()


def test_the_scene_begins_with_a_cold_start() -> None:
    scene = ServerlessLab(**STORY["Bursts on a large image"]).scene()
    assert scene.kind[scene.thing == 0].tolist() == [1, 1, 1]
    assert (scene.leave - scene.enter)[scene.station == 1] == pytest.approx(5.0)
    assert not (ServerlessLab(provisioned=10).scene().station == 1).any()


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="servers is 0, but must be a whole number from 1 to 20"):
        ServerlessLab(servers=0)
