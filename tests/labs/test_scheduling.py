"""The scheduling lab: its numbers against the simulator and theory, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs import SchedulingLab, scheduling_runs
from labsupport.labs.marks import Columns, Line
from labsupport.labs.scheduling import COMING, LENGTHS, POLICIES
from labsupport.labs.scheduling_runs import AGES, WORKERS, Job
from labsupport.simulators import scheduling
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("state", [{"workers": 2, "tasks": 24}, {"workers": 32, "lengths": "pareto"}, {"coming": "over_time", "age": 200}])
def test_the_picture_is_complete_and_readable(policy: str, state: dict[str, object]) -> None:
    lab = SchedulingLab(policy=policy, **state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_numbers_are_the_simulators() -> None:
    lab = SchedulingLab(policy="self_scheduling", workers=12, tasks=96, lengths="pareto")
    lengths = scheduling_runs.lengths(Job(96, "pareto", "at_once"), 12)
    direct = scheduling.simulate("self_scheduling", lengths, 12)
    assert lab.result.makespan == direct.makespan
    assert lab.answer() == direct.makespan / theory.makespan_lower_bound(lengths, 12)
    columns = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Columns))
    assert sum(columns.heights) == pytest.approx(lengths.sum())
    line = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line) and mark.role == "main")
    assert line.y[WORKERS.index(12)] == lab.answer()
    table = lab.table().set_index(["policy", "workers"])
    assert table["makespan"]["self_scheduling", 12] == direct.makespan


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("coming", COMING)
def test_tasks_are_what_they_are_said_to_be(lengths: str, coming: str) -> None:
    job = Job(240, lengths, coming)
    drawn, releases = scheduling_runs.lengths(job, 8), scheduling_runs.releases(job, 8)
    assert drawn.mean() == pytest.approx(scheduling_runs.MEAN)
    assert drawn.sum() / (8 * np.ptp(releases)) == pytest.approx(scheduling_runs.LOAD, rel=0.1) if coming == "over_time" else not releases.any()
    assert (drawn.argmax() == 239) or lengths not in ("rising", "last")


def test_grahams_worst_case_is_reached_and_the_longest_first_escapes_it() -> None:
    # 6 · 7 short tasks are divided evenly by 7 workers, and then one as long as what the other 6 do meanwhile
    job = Job(43, "last", "at_once")
    assert scheduling_runs.relative(job, "self_scheduling", 7) == pytest.approx(theory.list_scheduling_bound(7))
    assert scheduling_runs.relative(job, "longest_first", 7) == pytest.approx(1)


def test_old_news_are_worse_than_none() -> None:
    lab = SchedulingLab(policy="least_loaded", coming="over_time")
    answers = []
    for age in AGES:
        lab.age = age
        answers.append(lab.answer())
    assert answers[0] < 1.05
    assert max(answers) > 3
    assert answers[-1] == scheduling_runs.relative(Job(240, "exponential", "over_time"), "round_robin", 8)
    lab.age = 200
    assert f"{answers[0]:.2f} times, and with nothing known at all, by turns, {answers[-1]:.2f} times" in lab.describe()


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("workers", [3, 32])
def test_the_scene_plays_every_task(policy: str, workers: int) -> None:
    lab = SchedulingLab(policy=policy, workers=workers, tasks=160, coming="over_time")
    scene, result = lab.scene(), lab.result
    done = np.isfinite(scene.value)
    assert scene.thing[done].tolist() == list(range(160))
    assert (scene.station[done] == result.workers + 1).all()
    assert scene.leave[done] == pytest.approx(result.finishes)
    assert np.count_nonzero(scene.kind) == result.stolen.sum()
    assert len({(station.x, station.y) for station in scene.stations}) == workers + 1


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="workers is 33, but must be a whole number from 2 to 32"):
        SchedulingLab(workers=33)
