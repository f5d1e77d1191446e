"""The autoscaler lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import AutoscalerLab, autoscaling_runs
from labsupport.labs.autoscaling import DAYS, SCALERS, STRETCH
from labsupport.labs.autoscaling_runs import HIGH, LOW, MOST, PRICE, TARGETS, TICKS
from labsupport.labs.marks import Line, Points
from labsupport.simulators import autoscaling
from labsupport.simulators.autoscaling_rules import DOWN, Rules
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("state", [{"target": 30, "startup": 600}, {"target": 95, "day": "restless"}, {"day": "crowd", "minimum": 20}])
def test_the_picture_is_complete_and_readable(scaler: str, state: dict[str, object]) -> None:
    lab = AutoscalerLab(scaler=scaler, **state)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("day", DAYS)
def test_the_days_are_what_they_are_said_to_be(day: str) -> None:
    cores = autoscaling_runs.demand(day)
    assert cores.size == TICKS
    night, noon = cores[: TICKS // 5].mean(), cores[TICKS * 12 // 24 : TICKS * 13 // 24].mean()
    assert night == pytest.approx(LOW, rel=0.02)
    assert noon == pytest.approx(0.95 * HIGH, rel=0.02)


def test_the_numbers_are_the_simulators() -> None:
    lab = AutoscalerLab(day="crowd", target=70, window=120, startup=60, minimum=3)
    cores = autoscaling_runs.demand("crowd")
    first = int(np.ceil(cores[0] / 0.7))
    direct = autoscaling.simulate(cores, target=0.7, minimum=3, maximum=MOST, initial=first, down=Rules(120, DOWN.policies), startup=60)
    assert (lab.result.replicas == direct.replicas).all()
    there = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Line) and mark.role == "main")
    assert there.y[7] == pytest.approx(direct.ready[7 * STRETCH : 8 * STRETCH].mean())
    point = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Points))
    assert point.x[0] == pytest.approx(direct.replicas.sum() * 15 / 3_600 * PRICE)
    assert point.y[0] == pytest.approx(100 * direct.turned_away)
    assert f"costs {point.x[0]:.2f} €" in lab.describe()
    row = lab.table().set_index("target").loc[70]
    assert row["reversals"] == direct.reversals


def test_a_higher_target_is_cheaper_and_loses_more() -> None:
    table = AutoscalerLab(day="crowd", startup=120).table()
    assert list(table["target"]) == TARGETS
    assert (np.diff(table["cost"]) < 0).all()
    assert (np.diff(table["turned_away"]) > -1e-4).all()


def test_full_pods_within_the_tolerance_are_never_enough() -> None:
    lab = AutoscalerLab(target=95)
    assert lab.result.changes < 5
    assert lab.result.turned_away > 0.3
    assert "it never adds any" in lab.describe()
    assert AutoscalerLab(target=90).result.turned_away < 0.01


def test_waiting_before_going_down_ends_the_flapping() -> None:
    restless, calm = (AutoscalerLab(day="restless", window=window).result for window in (0, 300))
    assert restless.reversals > 300
    assert calm.reversals < 5
    assert calm.core_hours > restless.core_hours


def test_the_vertical_one_follows_no_crowd() -> None:
    lab = AutoscalerLab(scaler="vertical", day="crowd", target=90)
    assert lab.result.turned_away > 0.05
    assert f"were restarted {lab.result.restarts} time" in lab.describe()
    assert lab.idle() == ["window", "minimum", "tolerance"]


@pytest.mark.parametrize("state", [{}, {"day": "restless", "window": 0}, {"scaler": "fixed"}, {"day": "crowd", "startup": 600}])
def test_the_scene_plays_the_pods(state: dict[str, object]) -> None:
    lab = AutoscalerLab(**state)
    scene, result = lab.scene(), lab.result
    for hour in (0.5, 3.0, 8.0):
        there = (scene.enter <= hour) & (scene.leave > hour)
        tick = int(hour * 240)
        if np.diff(result.replicas[: tick + 1]).clip(0).sum() + result.replicas[0] < 390:  # of more, only the first are played
            assert np.sum(there & (scene.station < 2)) == result.replicas[tick]
            assert np.sum(there & (scene.station == 1)) == result.ready[tick]


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="target is 20, but must be a whole number from 30 to 95"):
        AutoscalerLab(target=20)


def test_a_target_between_two_stops_has_its_place_on_the_line() -> None:
    """From Python any whole number in the range may be set."""
    lab = AutoscalerLab(target=52)
    line, now = lab.chart().panels[1].marks[:2]
    assert now.names == ("52 %",)
    assert now.x[0] in line.x


def test_without_a_tolerance_it_changes_its_mind_for_nothing() -> None:
    hasty, calm = AutoscalerLab(tolerance=0), AutoscalerLab()
    assert hasty.result.changes > 3 * calm.result.changes
    assert hasty.answer() == pytest.approx(calm.answer(), abs=0.02)
    stuck = AutoscalerLab(tolerance=50, target=70)
    assert stuck.result.changes == 0
    assert "within the tolerance of 50 % of 70 %" in stuck.describe()
    assert "tolerance" in AutoscalerLab(scaler="vertical").idle()
