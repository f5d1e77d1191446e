"""The allocation lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import AllocationLab, TuningLab, service_runs, tuning_runs
from labsupport.labs.allocation import POLICIES, STORY
from labsupport.labs.marks import Area, Bars, Line, Stairs
from labsupport.simulators import allocation, anomalies, tuning
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("state", [*STORY.values(), {"lead": 180, "headroom": 0, "surprises": 14, "size": 80, "day": 20}])
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = AllocationLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("policy", POLICIES)
def test_the_numbers_are_the_simulators(policy: str) -> None:
    lab = AllocationLab(policy=policy, lead=90, headroom=30, surprises=4, size=60)
    demand = 10 * anomalies.record(12, service_runs.SEED, size=0.6, per_week=4).values
    direct = allocation.allocate(policy, demand, 6, 0.3, tuning.capacity(8, 10.5, 100.0))
    assert lab.answer() == 1_000 * direct.turned_away
    row = lab.table().set_index(["policy", "headroom"]).loc[(policy, 30)]
    assert (row.servers, row.turned_away) == (direct.mean_servers, direct.turned_away)
    assert f"{lab.answer():.1f} of 1,000 requests are turned away; there are {direct.mean_servers:.1f} servers" in lab.describe()
    lines = [mark for mark in lab.chart().panels[1].marks if type(mark) is Line]
    assert len(lines) == 4


def test_a_day_shows_what_comes_what_can_be_done_and_what_is_turned_away() -> None:
    lab = AllocationLab(policy="predictive", surprises=7, size=80, day=32)
    marks = {mark.label: mark for mark in lab.chart().panels[0].marks}
    part = slice(17 * 96, 18 * 96)
    capacity, demand = marks["can be done"], marks["comes"]
    assert isinstance(capacity, Stairs)
    assert isinstance(demand, Line)
    assert capacity.y[:96] == tuple((lab.result.per_server * lab.result.servers[part]).round())
    assert demand.y == tuple(lab.result.demand[part].round())
    area = marks["turned away"]
    assert isinstance(area, Area)
    above = np.array(area.high) - np.array(area.low)
    assert above.sum() == pytest.approx(np.maximum(np.array(demand.y) - np.array(capacity.y[:96]), 0).sum())
    assert "Thursday, day 32" in lab.chart().panels[0].title


def test_what_never_came_before_is_not_foreseen() -> None:
    calm = {policy: AllocationLab(policy=policy).answer() for policy in POLICIES}
    wild = {policy: AllocationLab(policy=policy, surprises=7, size=80).answer() for policy in POLICIES}
    assert calm["predictive"] < 0.1 < calm["reactive"]
    assert wild["larger"] < wild["reactive"] < wild["predictive"]


def test_the_day_is_told_hour_by_hour() -> None:
    lab = AllocationLab()
    steps = lab.steps().steps
    assert [step.label for step in steps] == [f"{hour}" for hour in range(24)]
    servers, demand = lab.result.servers[:96:4], lab.result.demand[:96:4]
    assert [step.contents[0] for step in steps] == [f"{count}" for count in servers]
    assert [step.good for step in steps] == (lab.result.per_server * servers >= demand).tolist()


def test_its_servers_are_those_of_the_tuning_lab() -> None:
    for method in tuning.METHODS:
        setting = TuningLab(method=method).result.setting
        assert AllocationLab(tuned=method).result.per_server == tuning.capacity(*setting, 100.0)
    shipped = TuningLab()
    assert AllocationLab(tuned="shipped").result.per_server == tuning.capacity(shipped.workers, shipped.cache, 100.0)


def test_tuning_saves_servers_and_a_page_of_bars_says_how_many() -> None:
    lab = AllocationLab(tuned="shipped", show="tuning")
    bars = lab.chart().panels[1].marks[0]
    assert isinstance(bars, Bars)
    counts = dict(zip(service_runs.TUNED, bars.parts[0][1], strict=True))
    assert counts == {tuned: AllocationLab(tuned=tuned).result.mean_servers for tuned in service_runs.TUNED}
    assert counts["shipped"] > 6 * counts["one_by_one"] > 6 * max(counts[tuned] for tuned in ("random", "halving", "bayesian"))
    assert f"otherwise it would take: one knob after the other {counts['one_by_one']:.1f}, " in lab.describe()


def test_a_forecast_saves_an_eighth_and_tuning_seven_eighths() -> None:
    now, forecast, shipped = AllocationLab(), AllocationLab(policy="predictive", headroom=5), AllocationLab(tuned="shipped")
    assert forecast.answer() < now.answer()
    assert 1 - forecast.result.mean_servers / now.result.mean_servers == pytest.approx(1 / 8, abs=0.01)
    assert 1 - now.result.mean_servers / shipped.result.mean_servers == pytest.approx(7 / 8, abs=0.01)


def test_the_lowest_percentile_is_not_the_most_requests() -> None:
    """Who asks for the quickest answers at one load gets them, and not the server that can do most."""
    workers, cache, _ = tuning_runs.best(600)
    assert tuning.capacity(workers, cache, 100.0) < tuning.capacity(*service_runs.setting("halving"), 100.0)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="day is 85, but must be a whole number from 15 to 84"):
        AllocationLab(day=85)
