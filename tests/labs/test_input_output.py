"""The input–output lab: its numbers against the simulator and theory, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs import InputOutputLab
from labsupport.labs.input_output import JOBS, TOGETHER, WAYS, _jobs
from labsupport.labs.marks import Line
from labsupport.simulators import input_output
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", [{"together": 1, "wait": 200}, {"together": 120, "compute": 20.0, "wait": 1}, {"compute": 0.2, "wait": 200}])
def test_the_picture_is_complete_and_readable(way: str, state: dict[str, object]) -> None:
    lab = InputOutputLab(way=way, **state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_numbers_are_the_simulators() -> None:
    lab = InputOutputLab(way="threaded", together=16, compute=1.0)
    direct = input_output.simulate("threaded", *_jobs(1.0, 20), at_once=16, switch=0.1)
    assert (lab.result.finishes == direct.finishes).all()
    assert lab.answer() == direct.utilization
    line = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line) and mark.role == "main")
    assert line.y[TOGETHER.index(16)] == direct.makespan
    table = lab.table().set_index(["way", "together"])
    assert table["overhead"]["threaded", 16] == pytest.approx(2 * JOBS * 0.1)


@pytest.mark.parametrize("compute", [0.2, 2.0, 20.0])
@pytest.mark.parametrize("wait", [1, 50])
def test_nothing_is_sooner_than_the_bound(compute: float, wait: int) -> None:
    lab = InputOutputLab(compute=compute, wait=wait)
    lines = {mark.label: mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line)}
    bound = np.array(lines["not sooner than"].y)
    before, waits, after = _jobs(compute, wait)
    assert bound[-1] == theory.overlap_lower_bound(before + after, waits, JOBS)
    for name in ("threads", "one loop", "batches"):
        assert (np.array(lines[name].y) >= bound - 1e-9).all()


def test_one_loop_is_idle_with_too_few_or_nothing_to_wait_for() -> None:
    few, enough = InputOutputLab(together=4, wait=100), InputOutputLab(together=32)
    assert few.answer() < 0.1
    assert "It is idle whenever all 4 wait" in few.describe()
    assert enough.answer() > 0.9
    assert "enough to keep it busy" in enough.describe()


def test_the_line_over_time_is_the_computing() -> None:
    lab = InputOutputLab(way="batched", together=32)
    stairs = lab.chart().panels[0].marks[0]
    assert isinstance(stairs, Line)
    assert np.mean(stairs.y[:-1]) / 100 == pytest.approx(lab.answer(), rel=1e-6)


@pytest.mark.parametrize("way", WAYS)
def test_the_scene_plays_every_job(way: str) -> None:
    lab = InputOutputLab(way=way)
    scene, result = lab.scene(), lab.result
    done = np.isfinite(scene.value)
    assert scene.thing[done].tolist() == list(range(JOBS))
    assert scene.leave[done] == pytest.approx(result.finishes)
    assert np.sum((scene.station == 2) & (scene.leave > scene.enter)) == JOBS


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="together is 121, but must be a whole number from 1 to 120"):
        InputOutputLab(together=121)
