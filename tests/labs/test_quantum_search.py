"""The quantum search lab: its numbers against simulator and theory, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs import QuantumSearchLab
from labsupport.labs.marks import Area, Line, Points, Rule
from labsupport.labs.quantum_search import STORY
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("state", [*STORY.values(), {"qubits": 2, "wanted": 4}, {"qubits": 10, "iterations": 50}, {"qubits": 3, "wanted": 3}])
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = QuantumSearchLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize(("qubits", "wanted", "iterations"), [(6, 1, 12), (4, 3, 2), (10, 2, 40), (2, 4, 1)])
def test_the_numbers_are_the_simulators_and_theory_s(qubits: int, wanted: int, iterations: int) -> None:
    lab = QuantumSearchLab(qubits=qubits, wanted=wanted, iterations=iterations)
    assert lab.answer() == pytest.approx(100 * lab.result.success[iterations], abs=1e-9)
    assert f"with a probability of {lab.answer():.1f} %" in lab.describe()
    row = lab.table().set_index("iterations").loc[iterations]
    assert row.theory == pytest.approx(lab.answer() / 100)
    assert row.simulated == pytest.approx(row.theory, abs=0.1)
    assert wanted * row.wanted**2 == pytest.approx(row.theory)


def test_bars_are_amplitudes_of_both_signs() -> None:
    lab = QuantumSearchLab(iterations=12)
    areas = {mark.label: mark for mark in lab.chart().panels[0].marks if isinstance(mark, Area)}
    wanted, other = lab.table().loc[12, ["wanted", "other"]]
    assert max(areas["wanted"].high) + min(areas["wanted"].low) == pytest.approx(wanted)
    assert min(areas["the others"].low) == pytest.approx(other)
    assert other < 0


def test_points_lie_on_theory_and_one_by_one_is_a_straight_line() -> None:
    marks = {mark.label: mark for mark in QuantumSearchLab(fault=2.0).chart().panels[1].marks if isinstance(mark, Line)}
    simulated, expected = marks["simulated"], marks["theory"]
    assert isinstance(simulated, Points)
    assert np.abs(np.array(simulated.y) - np.array(expected.y)).max() < 4 * 50 / np.sqrt(300)
    np.testing.assert_allclose(marks["looked at one by one"].y, 100 * np.array(marks["looked at one by one"].x) / 64)


@pytest.mark.parametrize("slower", [1, 1_000, 1_000_000])
def test_from_the_crossing_on_it_is_faster(slower: int) -> None:
    lab = QuantumSearchLab(show="growth", slower=slower)
    rule = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Rule))
    for size, faster in ((rule.at, True), (rule.at / 2, False)):
        iterations = theory.grover_iterations(int(size))
        assert (slower * iterations + 1 < theory.expected_lookups(int(size)) * theory.grover_success(int(size), int(iterations))) == faster
    assert rule.label.removeprefix("faster from about ") in lab.describe()


def test_the_story_says_what_the_amplitudes_say() -> None:
    steps = QuantumSearchLab().steps().steps
    assert [step.good for step in steps] == [True] * 5 + [False, True, False]
    assert steps[0].contents[4:6] == ["35", "−35"]
    assert "found with 95 %" in steps[3].sentence


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="qubits is 11, but must be a whole number from 2 to 10"):
        QuantumSearchLab(qubits=11)
