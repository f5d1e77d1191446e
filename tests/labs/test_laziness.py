"""The laziness lab: its numbers against the simulator, its tree against the calls, its words against its numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs import LazinessLab
from labsupport.labs.laziness import ALL, DEEPEST, LINES, WANTED, _lines, _places, _walk
from labsupport.labs.marks import Columns, Line, Points
from labsupport.simulators import laziness
from labsupport.simulators.laziness import CallTree, PipelineResult
from tests.labs.test_figure import assert_complete, assert_readable

EXTREMES = [
    {"wanted": 1, "one_in": 200},
    {"wanted": 3_000, "one_in": 2, "way": "chunks", "chunk": 10_000},
    {"way": "eager", "wanted": 3_000, "one_in": 200},
    {"view": "calls", "number": 2},
    {"view": "calls", "number": 9},
    {"view": "calls", "number": 9, "room": 1},
]


@pytest.mark.parametrize("state", EXTREMES)
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = LazinessLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_answer_is_where_the_last_wanted_line_is() -> None:
    lab = LazinessLab()
    assert isinstance(lab.result, PipelineResult)
    assert lab.answer() == np.flatnonzero(_lines(50)[:, 1])[2] + 1
    assert lab.answer() == pytest.approx(theory.expected_reads(3, 1 / 50), rel=0.2)
    assert f"{lab.answer():,.0f} of 100,000 are parsed, and 3 users looked up" in lab.describe()
    table = lab.table().set_index("wanted")
    assert table.parsed[3] == lab.answer()
    assert list(table.index) == WANTED


def test_the_columns_are_what_each_step_looks_at() -> None:
    lab = LazinessLab(way="chunks", chunk=1_000)
    eager, lazy = (mark for mark in lab.chart().panels[0].marks if isinstance(mark, Columns))
    assert eager.heights[0] == LINES
    assert list(lazy.heights) == lab.result.looked.tolist()
    assert "With 1 question for a chunk" in lab.describe()
    assert [mark.label for mark in LazinessLab(way="eager").chart().panels[0].marks] == ["eager"]


def test_who_wants_more_than_there_is_gains_nothing() -> None:
    lazy, eager = LazinessLab(wanted=3_000), LazinessLab(wanted=3_000, way="eager")
    assert lazy.answer() == eager.answer() == LINES
    assert "nothing is spared" in lazy.describe()
    assert "would have read them all as well" in eager.describe()


@pytest.mark.parametrize("room", [0, 2, None])
@pytest.mark.parametrize("number", [2, 7, DEEPEST])
def test_the_tree_stands_in_order_and_every_call_is_drawn(number: int, room: int | None) -> None:
    tree = laziness.call_tree(number, room)
    across, path = _places(tree), _walk(tree)
    assert set(path) == set(range(tree.arguments.size))
    steps = set(pairwise(path))
    assert steps <= {pair for call, parent in enumerate(tree.parents.tolist()) for pair in ((call, parent), (parent, call))}
    for number_asked in range(number + 1):  # nobody stands where another one does, and the order is that of the calls
        level = across[tree.arguments == number_asked]
        assert np.all(np.diff(level) > 0)


def test_the_points_are_the_calls() -> None:
    lab = LazinessLab(view="calls", number=8, room=2)
    assert isinstance(lab.result, CallTree)
    computed, known = (mark for mark in lab.chart().panels[0].marks if isinstance(mark, Points))
    assert len(computed.x) == lab.answer() == lab.result.computed
    assert len(known.x) == lab.result.known.sum()
    assert f"{lab.result.arguments.size} calls for fib(8) {lab.answer():.0f} compute something" in lab.describe()
    own = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line) and mark.role == "main")
    assert own.y[7] == lab.answer()
    assert lab.table().set_index("number").computed[8] == lab.answer()


def test_a_memory_makes_the_tree_a_line() -> None:
    assert LazinessLab(view="calls").answer() == theory.fibonacci_calls(7) == 41
    whole = LazinessLab(view="calls", room=ALL)
    assert whole.answer() == 8
    assert "the tree has become a line" in whole.describe()
    assert "forgotten" in LazinessLab(view="calls", room=1).describe()


@pytest.mark.parametrize("room", [0, 1, 2, 3, ALL])
def test_the_story_of_the_calls_holds_what_the_memory_holds(room: int) -> None:
    lab = LazinessLab(view="calls", number=6, room=room)
    told = lab.steps()
    tree = laziness.call_tree(6, None if room == ALL else room)
    assert [step.good for step in told.steps] == tree.known.tolist()
    held: list[str] = []
    for step in told.steps:
        assert step.good == (step.label in held)  # it is known exactly if the memory held it before
        held = list(step.contents)
        assert len(held) <= told.places
    assert held == [] if room == 0 else held[-1] == "6"


def test_the_story_of_the_lines_stops_where_enough_are_found() -> None:
    lazy, eager = LazinessLab().steps(), LazinessLab(way="eager").steps()
    assert sum("nobody asks for it" in step.sentence for step in lazy.steps) == 3
    assert sum("for nothing" in step.sentence for step in eager.steps) == 1


def test_what_the_view_does_not_show_rests() -> None:
    assert LazinessLab(view="calls").idle() == ["way", "wanted", "one_in", "chunk"]
    assert "chunk" not in LazinessLab(way="chunks").idle()


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="number is 10, but must be a whole number from 2 to 9"):
        LazinessLab(number=10)
