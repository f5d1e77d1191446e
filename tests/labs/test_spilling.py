"""The spilling lab: its numbers against the simulator, its words against its numbers, its story against a sort."""

from __future__ import annotations

import pytest

from labsupport import theory
from labsupport.labs import SpillingLab
from labsupport.labs.marks import Bars, Points, Stairs
from labsupport.labs.spilling import DATA, MEMORIES, STORY
from tests.labs.test_figure import assert_complete, assert_readable

EXTREMES = [
    {"memory": 0.25, "merged": 2},
    {"memory": 64.0, "way": "sample"},
    {"memory": 0.25, "way": "sample", "alike": 1},
    {"memory": 64.0, "way": "chunk", "alike": 4_096},
    {"memory": 5.5, "merged": 64},
]


@pytest.mark.parametrize("state", EXTREMES)
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = SpillingLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("merged", [2, 16])
def test_a_sort_moves_what_the_formula_says(merged: int) -> None:
    lab = SpillingLab(merged=merged)
    table = lab.table()
    sorts = table[table.way == "spill"]
    assert (sorts["read"] + sorts["written"]).tolist() == [2 * DATA * passes for passes in theory.merge_passes(DATA, MEMORIES, merged)]
    stairs = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Stairs))
    points = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Points))
    assert stairs.y == points.y
    assert f"{lab.result.read:.0f} GB are read and {lab.result.written:.0f} GB written, in {lab.result.passes} passes" in lab.describe()


def test_the_answer_to_the_question() -> None:
    assert SpillingLab().answer() == 384  # three passes, each of which reads and writes 64 GB


def test_what_would_be_spared_is_what_the_curve_shows() -> None:
    lab = SpillingLab(memory=2.0)
    assert "No more would be moved with 0.25 GB, and to spare a pass, which is 128 GB, takes 4 GB" in lab.describe()
    assert SpillingLab(memory=0.25).answer() == lab.answer() == SpillingLab(memory=3.0).answer()
    assert lab.answer() - SpillingLab(memory=4.0).answer() == 128
    assert "All of it fits" in SpillingLab(memory=64.0).describe()


def test_the_stories_come_out_as_they_are_called() -> None:
    told = {name: SpillingLab(**state) for name, state in STORY.items()}
    assert told["Half of it fits"].result.passes == 2
    assert told["Two runs at a time"].result.passes == 6
    assert told["Add up what meets"].result.passes == 1
    assert "hardly two meet" in told["Add up what hardly meets"].describe()
    assert told["Look at a sample"].result.error == pytest.approx(theory.sampling_error(256, 1 / 64), rel=0.3)
    assert "exact" in SpillingLab(way="sample", memory=64.0).describe()
    assert "next to nothing" in SpillingLab(way="sample", alike=1).describe()


def test_the_bars_are_what_each_way_moves() -> None:
    lab = SpillingLab(way="chunk", alike=16)
    bars = lab.chart().panels[1].marks[0]
    assert isinstance(bars, Bars)
    assert bars.parts[0][1][1] == lab.result.read
    assert bars.parts[1][1][1] == lab.result.written
    assert bars.labels[1].endswith("exact")
    assert bars.selected == 1


@pytest.mark.parametrize("way", ["spill", "chunk"])
def test_the_story_sorts_twelve_rows(way: str) -> None:
    steps = SpillingLab(way=way).steps().steps
    assert steps[-1].contents == ["abcd" if way == "chunk" else "aaaabbbbccdd"]
    assert all("".join(sorted(run)) == run for step in steps for run in step.contents)
    assert sum(step.good for step in steps) == 12


def test_what_a_way_has_no_use_for_rests() -> None:
    assert [SpillingLab(way=way).idle() for way in ("spill", "chunk", "sample")] == [["alike"], [], ["merged"]]


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="memory is 0, but must be a finite number"):
        SpillingLab(memory=0)
