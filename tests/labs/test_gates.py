"""The gate lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs import GateLab
from labsupport.labs.gates import CHANGES, RUNS, STORY
from labsupport.labs.marks import Columns, Line
from tests.labs.test_figure import assert_complete, assert_readable

EXTREMES = [
    {"runs": 1, "noise": 10.0, "slower": 0.5},
    {"runs": 30, "noise": 0.5, "slower": 20.0, "limit": 10.0},
    {"order": "baseline", "day": 10.0, "limit": 0.0},
    {"limit": 10.0, "noise": 0.5, "slower": 0.5},
]


@pytest.mark.parametrize("state", EXTREMES)
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = GateLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_answer_counts_the_slow_changes_that_were_not_stopped() -> None:
    lab = GateLab()
    passed = np.sum(lab.result.measured[CHANGES:, 2] < 3)
    assert lab.answer() == 100 * passed / CHANGES
    assert lab.answer() == pytest.approx(100 * (1 - float(theory.gate_stops(5, 3, 3, 2.0))), abs=2)
    assert f"lets {lab.answer():.1f} % of those through that are 5 % slower" in lab.describe()


def test_the_table_and_the_lines_hold_simulation_against_theory() -> None:
    lab = GateLab(limit=2.0, slower=3.0)
    simulated, exact = (lab.table()[lab.table().source == source] for source in ("simulation", "theory"))
    for column in ("harmless_stopped", "slow_passed"):
        np.testing.assert_allclose(simulated[column], exact[column], atol=4)
    missed = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line))
    assert list(missed.y) == simulated["slow_passed"].tolist()
    assert list(missed.x) == RUNS


def test_the_columns_hold_every_change() -> None:
    for state in EXTREMES:
        columns = [mark for mark in GateLab(**state).chart().panels[0].marks if isinstance(mark, Columns)]
        assert [sum(each.heights) for each in columns] == pytest.approx([100, 100])


def test_the_stories_come_out_as_they_are_called() -> None:
    told = {name: GateLab(**state) for name, state in STORY.items()}
    assert told["One run each"].answer() > 20
    assert told["Strict"].answer() < 2
    assert "below 5 % it takes 4 runs" in told["Enough runs"].describe()
    assert "More runs do not help" in told["Against last week's numbers"].describe()
    assert "Not even 30 runs" in told["Too small to be seen"].describe()
    assert "the more surely" in GateLab(limit=5.0).describe()
    assert "half of the harmless" in GateLab(limit=0.0).describe()


def test_in_pairs_the_days_are_all_one() -> None:
    assert GateLab().idle() == ["day"]
    assert GateLab(day=10.0).chart() == GateLab(day=0.0).chart()
    assert GateLab(order="baseline", day=10.0).answer() > GateLab(order="baseline", day=0.0).answer()


def test_the_story_decides_as_the_gate_does() -> None:
    lab = GateLab(runs=1)
    steps = lab.steps().steps
    assert [step.good for step in steps[:3]] == (lab.result.measured[1:4, 0] < 3).tolist()
    assert sum("is 5 % slower" in step.sentence for step in steps) == 3


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="runs is 0, but must be a whole number from 1 to 30"):
        GateLab(runs=0)
