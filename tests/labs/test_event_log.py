"""The event timeline lab: its numbers against the replay, its words against its numbers, and the story that it tells."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import EventTimelineLab
from labsupport.labs.event_log import BESIDE, STORY
from labsupport.labs.marks import Bars, Spans
from labsupport.simulators import event_log, event_log_replay
from labsupport.workloads.spark_logs import CORES, RUNS, STAGES, events
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("state", [{"cores": 1, "beside": "bytes"}, {"cores": 16, "beside": "skew", "share": 100}, {"cores": 9, "share": 10}])
def test_the_picture_is_complete_and_readable(run: str, state: dict[str, object]) -> None:
    lab = EventTimelineLab(run=run, **state)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("run", RUNS)
def test_the_numbers_are_the_replay_s(run: str) -> None:
    lab = EventTimelineLab(run=run, stage="customers", share=25, cores=6)
    log = event_log.read(events(run))
    number = next(stage.number for stage in log.stages if stage.name == "customers")
    times = np.where(log.tasks.stage == number, 0.25 * log.tasks.durations, log.tasks.durations)
    after, before = event_log_replay.replay(log, 6, times), event_log_replay.replay(log, 6)
    assert lab.result.length == after.length
    assert lab.answer() == before.length - after.length
    spans = [mark for mark in lab.chart().panels[0].marks if isinstance(mark, Spans)]
    assert sum(len(mark.rows) for mark in spans) == log.tasks.stage.size
    assert sum(end - begin for mark in spans for begin, end in zip(mark.begins, mark.ends, strict=True)) == pytest.approx(times.sum())
    assert max(end for mark in spans for end in mark.ends) == after.length


def test_what_the_question_says_is_so() -> None:
    lab = EventTimelineLab()
    table = lab.table().set_index("stage")
    assert table["takes"].idxmax() == lab.stage == "catalogue"
    assert not table.loc["catalogue", "waited_for"]
    assert lab.share == 50
    assert lab.answer() == 0
    assert "gains nothing, since nobody waits for it" in lab.describe()


def test_the_story() -> None:
    lab = EventTimelineLab()
    done = {}
    for name, state in STORY.items():
        lab.set_state(dict(lab._presets)["Reset"])
        lab.set_state(state)
        done[name] = lab.result.length
    plain, partitions = (EventTimelineLab(run=run, share=100).result.length for run in ("plain", "partitions"))
    assert done["As it was"] == done["The longest stage"] == plain
    assert done["The one waited for"] < plain - 1
    assert done["More partitions"] == partitions > 0.7 * plain
    now = EventTimelineLab(run="combined")
    table = now.table().set_index("stage")
    assert table["takes"].idxmax() == "catalogue"
    assert table.loc["catalogue", "waited_for"]
    assert now.answer() > 1
    assert EventTimelineLab(cores=16, share=100).result.length > EventTimelineLab(run="combined", share=100).result.length < partitions
    assert EventTimelineLab(run="split", share=100).result.length < 0.75 * plain


def test_a_straggler_is_told_with_what_it_read_and_spilled() -> None:
    lab = EventTimelineLab(share=100)
    assert "times the median" in lab.describe()
    assert "had to be spilled to disk" in lab.describe()
    assert any(mark.label == "straggler" for mark in lab.chart().panels[0].marks)
    calm = EventTimelineLab(run="combined", share=100)
    assert "No task of customers takes longer than" in calm.describe()


@pytest.mark.parametrize("beside", BESIDE)
def test_bars_tell_of_each_stage(beside: str) -> None:
    (bars,) = EventTimelineLab(beside=beside).chart().panels[1].marks
    assert isinstance(bars, Bars)
    assert bars.categories == STAGES
    assert bars.selected == STAGES.index("catalogue")


def test_on_enough_cores_the_work_no_longer_decides() -> None:
    assert EventTimelineLab(cores=1, share=100).result.length > 1.5 * EventTimelineLab(cores=CORES, share=100).result.length
    assert "1 core the" in EventTimelineLab(cores=1).describe()


def test_the_scene_plays_every_task() -> None:
    lab = EventTimelineLab(run="partitions", cores=12)
    scene = lab.scene()
    assert scene.thing.max() + 1 == lab.result.core.size
    assert len(scene.stations) == 14
