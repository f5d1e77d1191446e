"""The input–output lab: its numbers against the simulator and theory, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs import InputOutputLab
from labsupport.labs.input_output import JOBS, TOGETHER, WAYS, Jobs, _drawn
from labsupport.labs.marks import Line
from labsupport.simulators import input_output
from labsupport.systems import input_output as comparison
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", [{"together": 1, "wait": 200}, {"together": 120, "compute": 20.0, "wait": 1}, {"compute": 0.2, "wait": 200}])
def test_the_picture_is_complete_and_readable(way: str, state: dict[str, object]) -> None:
    lab = InputOutputLab(way=way, **state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_numbers_are_the_simulators() -> None:
    lab = InputOutputLab(way="threaded", together=16, compute=1.0)
    direct = input_output.simulate("threaded", *_drawn(Jobs(JOBS, 1.0, 20, False)), at_once=16, switch=0.1)
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
    before, waits, after = _drawn(Jobs(JOBS, compute, wait, False))
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


def test_what_was_measured_is_drawn_where_jobs_wait_as_long_as_there() -> None:
    table = comparison.recorded().table
    lab = InputOutputLab(measured=table)
    assert (lab.wait, lab._count, lab.presets()) == (20, 48, {})
    for way in WAYS:
        for together in (1, 16, 48):
            lab.state = {"way": way, "together": together}
            assert_complete(lab)
            assert_readable(lab.figure())
    points = [mark for mark in lab.chart().panels[1].marks if mark.role == "measurement"]
    assert [mark.label for mark in points] == ["recorded"]
    assert sorted(points[0].x) == [1, 4, 4, 16, 16, 48]
    simulated, taken = (lab.table().query(f"source == '{source}'") for source in ("simulation", "measurement"))
    one_loop = simulated.query("way == 'asynchronous'").set_index("together")["makespan"]
    measured = taken.query("way == 'asyncio'").set_index("together")["makespan"]
    assert measured[4] == pytest.approx(one_loop[4], rel=0.15)
    assert measured[16] > one_loop[16]  # opening connections costs something, which the lab leaves out
    lab.wait = 50
    assert not [mark for mark in lab.chart().panels[1].marks if mark.role == "measurement"]


def test_measurements_may_have_any_delay() -> None:
    table = comparison.recorded().table.assign(milliseconds=lambda rows: 1.125 * rows["milliseconds"])
    assert InputOutputLab(measured=table).wait == 22.5
    with pytest.raises(TypeError, match="measured is 'x', but must be the table of a comparison"):
        InputOutputLab(measured="x")
