"""The garbage lab: its numbers against the simulator and theory, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import GarbageLab
from labsupport.labs.garbage import STORY
from labsupport.labs.marks import Line
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize(
    "state",
    [*STORY.values(), {"size": 0.25, "survival": 0}, {"size": 8.0, "survival": 30, "heap": 1.25, "live": 100}, {"live": 4_000, "leak": 0.1}],
)
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = GarbageLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("pool", ["on", "off"])
@pytest.mark.parametrize("heap", [1.25, 3.0])
def test_theory_expects_what_happens(pool: str, heap: float) -> None:
    lab = GarbageLab(pool=pool, heap=heap, live=200, survival=10)
    assert lab.result.paused_share == pytest.approx(lab._expected, rel=0.1)


def test_survivors_that_fit_nowhere_are_no_leak() -> None:
    lab = GarbageLab(survival=30, heap=1.25, live=100)
    assert lab.result.exhausted
    assert "does not fit beside what lives on" in lab.describe()


def test_the_lines_are_the_responses() -> None:
    lab = GarbageLab(heap=3.0)
    responses = lab.result.responses
    line = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line) and mark.role == "main")
    for time, share in list(zip(line.x, line.y, strict=True))[5::10]:
        assert np.mean(responses > time) == pytest.approx(share, abs=1e-3) or time == 1.0  # where the axis begins
    assert lab.answer() == np.percentile(responses, 99)
    table = lab.table().set_index(["heap", "pool"])
    assert table["p99"][3.0, "off"] == lab.answer()


def test_room_in_the_heap_helps_and_a_pool_makes_each_long_pause_longer() -> None:
    tight, roomy = GarbageLab(heap=1.25, live=1_000), GarbageLab(heap=6.0, live=1_000)
    assert tight.answer() > 10 * roomy.answer()
    with_pool = GarbageLab(heap=1.25, live=1_000, pool="on")
    assert with_pool.result.paused_share < 0.7 * tight.result.paused_share
    assert with_pool.result.pause_lengths.max() > tight.result.pause_lengths.max()
    assert with_pool.answer() > tight.answer()  # the pool itself is walked through every time


def test_a_leak_ends_in_any_heap() -> None:
    for heap in (1.5, 3.0):
        lab = GarbageLab(leak=2.0, heap=heap)
        assert lab.result.exhausted
        assert "have leaked and memory is full" in lab.describe()
        assert not GarbageLab(heap=heap).result.exhausted


@pytest.mark.parametrize("state", [{}, {"leak": 2.0}, {"size": 0.25, "survival": 0}])
def test_the_scene_is_a_stretch_of_the_run(state: dict[str, object]) -> None:
    lab = GarbageLab(**state)
    scene = lab.scene()
    served = scene.station == 1
    first, last = lab._stretch()
    assert served.sum() == last - first
    assert scene.value[served] == pytest.approx(lab.result.finishes[first:last] - lab.result.arrivals[first:last])
    assert len(scene.changes) % 2 == 0


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"heap is 1, but must be a finite number from 1\.25 to 6"):
        GarbageLab(heap=1)
