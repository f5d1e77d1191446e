"""The gate lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs import GateLab
from labsupport.labs.gates import LIMITS, PAIRS, REQUESTS, STORY, TOLD
from labsupport.labs.marks import Columns, Line, Points
from tests.labs.test_figure import assert_complete, assert_readable

EXTREMES = [
    {"load": 90, "requests": 100, "slower": 30.0, "tests": 20},
    {"load": 10, "requests": 2_000, "tests": 20, "slower": 2.0, "limit": 100.0},
    {"rule": "sure", "tests": 1, "limit": 0.0, "bad": 1},
    {"measure": "p99", "rule": "sure", "tests": 2, "bad": 50},
]


@pytest.mark.parametrize("state", EXTREMES)
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = GateLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_answer_counts_the_harmless_changes_that_were_stopped() -> None:
    lab = GateLab()
    harmless, slow = lab.result.measured(3)
    assert harmless.size == REQUESTS // 1_000 // 3
    assert lab.answer() == pytest.approx(100 * np.mean(harmless >= 10))
    assert f"the gate stops {lab.answer():.0f} % of the harmless changes and lets {100 * np.mean(slow < 10):.1f} % of the slow" in lab.describe()
    error = theory.mm1_mean_response_error(0.7, 1.0, 800)
    exact = float(theory.gate_stops(1 / 0.3, 1 / 0.3, 0.1, error, error, 3))
    assert lab.answer() == pytest.approx(100 * exact, abs=3)
    assert GateLab(requests=100, tests=1).result.old.size == PAIRS


def test_the_table_and_the_lines_hold_simulation_against_theory() -> None:
    lab = GateLab(load=50, tests=2)
    simulated, exact = (lab.table()[lab.table().source == source] for source in ("simulation", "theory"))
    assert simulated.limit.tolist() == exact.limit.tolist() == LIMITS
    for column in ("harmless_stopped", "slow_passed"):
        np.testing.assert_allclose(simulated[column], exact[column], atol=5)
    missed = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line))
    stops = lab.result.stopped(2, list(missed.x))[:, 1].mean(axis=1)
    np.testing.assert_allclose(missed.y, 100 * (1 - stops))


@pytest.mark.parametrize("state", [{"measure": "p99"}, {"requests": 100}, {"load": 90}])
def test_where_the_normal_law_does_not_hold_no_theory_is_drawn(state: dict[str, object]) -> None:
    lab = GateLab(**state)
    assert not any(isinstance(mark, Points) for mark in lab.chart().panels[1].marks)
    assert set(lab.table().source) == {"simulation"}
    assert any(isinstance(mark, Points) for mark in GateLab().chart().panels[1].marks)


def test_the_columns_hold_every_change() -> None:
    for state in EXTREMES:
        columns = [mark for mark in GateLab(**state).chart().panels[0].marks if isinstance(mark, Columns)]
        assert [sum(each.heights) for each in columns] == pytest.approx([100, 100])


def test_the_stories_come_out_as_they_are_called() -> None:
    told = {name: GateLab(**state) for name, state in STORY.items()}
    usual = GateLab()
    assert told["One test each"].answer() > usual.answer() > 20
    assert told["Where nobody waits"].answer() < 5
    assert told["By the 99th percentile"].answer() > usual.answer()
    assert told["Only what is sure"].answer() < 5
    assert "errors of either kind are at most 5 %" in told["Enough tests"].describe()


def test_the_words_say_what_would_help() -> None:
    assert "no limit brings errors of both kinds to 5 %" in GateLab().describe()
    assert "a limit of " in GateLab(tests=20, limit=2.0).describe()
    assert "the more surely" in GateLab(limit=50.0).describe()
    assert "nothing is ever sure" in GateLab(rule="sure", tests=1).describe()
    assert "Nothing is stopped at all" in GateLab(rule="sure", tests=20, limit=75.0, load=80).describe()
    assert "they can no longer keep up" in GateLab(load=90, slower=20.0).describe()


def test_the_rarer_slow_changes_are_the_more_innocent_ones_are_among_those_stopped() -> None:
    for bad in (1, 20, 50):
        lab = GateLab(bad=bad)
        harmless, slow = lab.result.stopped(3, 10.0).mean(axis=1)
        share = 100 * (100 - bad) * harmless / ((100 - bad) * harmless + bad * slow)
        assert f"{share:.0f} % of what is stopped did no harm" in lab.describe()
    assert "If 1 change in 100 is slow" in GateLab(bad=1).describe()


def test_more_of_either_helps_and_more_load_harms() -> None:
    errors = [GateLab(**{name: value}).answer() for name, value in (("tests", 10), ("requests", 2_000), ("load", 40))]
    assert max(errors) < GateLab().answer() < GateLab(load=90).answer()


def test_what_the_notebook_says_of_the_noise() -> None:
    mean = float(theory.mm1_mean_response(0.7, 1.0))
    error = float(theory.mm1_mean_response_error(0.7, 1.0, 2_400))
    assert round((mean / error) ** 2) == 75
    assert round(100 * 2**0.5 * error / mean) == 16
    assert GateLab().answer() > 25
    longer = [100 * (float(theory.mm1_mean_response(load, 1 / 1.1)) / float(theory.mm1_mean_response(load, 1.0)) - 1) for load in (0.7, 0.2)]
    assert [round(each) for each in longer] == [43, 13]


def test_the_story_decides_as_the_gate_does() -> None:
    lab = GateLab(bad=20)
    steps = lab.steps().steps
    stopped = lab.result.stopped(3, 10.0)
    assert [not step.good for step in steps] == [bool(stopped[int(number % 5 == 0), number]) for number in range(1, TOLD + 1)]
    assert sum("makes the work 10 % longer" in step.sentence for step in steps) == 4
    assert any("its responses are 5.7 % shorter" in step.sentence for step in steps)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="tests is 0, but must be"):
        GateLab(tests=0)
