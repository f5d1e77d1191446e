"""The batch-or-stream lab: its numbers against the simulator and theory, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import BatchStreamLab
from labsupport.labs import windowing_runs as runs
from labsupport.labs.marks import Line, Stairs
from labsupport.labs.windowing import STORY
from labsupport.simulators import windowing
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize(
    "state",
    [*STORY.values(), {"window": 1, "wait": 3_600, "show": "cost"}, {"way": "batch", "window": 60, "interval": 360, "allowed": 360, "outage": 60}],
)
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = BatchStreamLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_numbers_are_the_simulators() -> None:
    lab = BatchStreamLab(way="batch", window=15, wait=60, interval=15, allowed=15, offline=10, outage=20)
    events = windowing.record(30 * 3_600, 0.5, offline=0.1, outage=0.2, begins=36_000, lasts=1_200, seed=runs.SEED)
    direct = windowing.count("batch", events.happened, events.arrived, 900, 96, wait=60, interval=900, allowed=900)
    assert lab.answer() == 100 * direct.missing
    row = lab.table().set_index(["way", "interval"]).loc[("batch", 15.0)]
    assert (row.freshness, row.missing, row.corrected) == (direct.freshness, direct.missing, direct.corrected)
    assert f"{direct.corrected} of 96 counts change" in lab.describe()
    stairs = {mark.label: mark for mark in lab.chart().panels[0].marks if isinstance(mark, Stairs)}
    assert stairs["as first published"].y[:-1] == tuple(direct.first[36:60])
    assert stairs["corrected"].y[:-1] == tuple(direct.last[36:60])


def test_theory_lies_where_the_stream_does() -> None:
    lab = BatchStreamLab(outage=0)
    lines = {mark.label: mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line)}
    np.testing.assert_allclose(lines["theory"].y, lines["stream, by its wait"].y, atol=0.25)


def test_the_dip_is_in_what_arrives() -> None:
    lab = BatchStreamLab(outage=60)
    result = lab.result
    inside = (result.ends > 36_000) & (result.ends <= 37_200)
    lost = 1 - result.first[inside].sum() / result.happened[inside].sum()
    assert lost > 0.4
    assert f"During the outage {100 * lost:.0f} % less is counted" in lab.describe()
    assert "During the outage" not in BatchStreamLab(outage=0).describe()
    assert BatchStreamLab(outage=60, allowed=60).answer() < 0.1


def test_a_batch_job_every_minute_is_busy_nearly_as_long_as_a_stream() -> None:
    lab = BatchStreamLab(way="batch", interval=1, show="cost")
    busy = lab.table().set_index(["way", "interval"]).machine_hours
    assert 12 < busy["batch", 1.0] < 24
    assert f"It keeps a machine busy for {busy['batch', 1.0]:.1f} h a day" in lab.describe()


@pytest.mark.parametrize("way", ["batch", "stream"])
def test_the_scene_loses_what_is_late(way: str) -> None:
    lab = BatchStreamLab(way=way, outage=60)
    scene = lab.scene()
    late = np.unique(scene.thing[scene.kind == 1])
    assert scene.lost.sum() == late.size
    assert not np.isin(scene.thing[scene.station == 2], late).any()
    assert (scene.value[scene.station == 2] > 0).all()
    assert np.unique(scene.thing).size < 1_000


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="wait is 3601, but must be a whole number from 0 to 3,600"):
        BatchStreamLab(wait=3_601)
