"""The replication lab: its numbers against the simulator and the theory, its words against its numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest

from labsupport.labs import ReplicationLab, replication_runs
from labsupport.labs.chart import Bars, Line, Points
from labsupport.labs.replication import QUORUMS, RAREST
from labsupport.labs.replication_scene import FAILED, OLD
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize(
    "setting",
    [
        {},
        {"nodes": 1, "read_quorum": 2},
        {"nodes": 5, "down": 0.0, "read_quorum": 5, "write_quorum": 1},
        {"down": 0.5, "cut": 0.5, "disk": "lost", "returning": "goes_on", "delay": 500},
        {"nodes": 5, "read_quorum": 3, "write_quorum": 4, "rate": 100},
    ],
)
def test_the_picture_is_complete_and_readable(setting: dict[str, object]) -> None:
    lab = ReplicationLab(**setting)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("setting", [{}, {"nodes": 5, "down": 0.2}, {"nodes": 5, "cut": 0.2, "node_1": "killed"}, {"nodes": 4, "node_3": "killed"}])
def test_the_share_that_fails_is_theorys(setting: dict[str, object]) -> None:
    # 10,000 s hold some 900 to 2,000 outages of each node, and as many hundreds of cuts: a share of the time is right to some hundredths.
    lab = ReplicationLab(**setting)
    failures = lab.chart().panels[0]
    theirs = next(mark for mark in failures.marks if isinstance(mark, Line) and mark.role == "theory")
    ours = next(mark for mark in failures.marks if isinstance(mark, Points))
    found = dict(zip(ours.x, ours.y, strict=True))
    for quorum, share in zip(theirs.x, theirs.y, strict=True):
        assert share >= RAREST
        assert found.get(quorum, 0) == pytest.approx(share, abs=0.02)


def test_overlap_keeps_reads_from_missing_writes_while_disks_last() -> None:
    for write in (1, 2, 3):
        result = ReplicationLab(nodes=3, write_quorum=write, delay=100, rate=50).result
        for quorum in (1, 2, 3):
            if quorum + write > 3:
                assert result.reads[quorum - 1].stale_share == 0
        assert result.reads[0].old_share > 0  # even with overlap, reads of writes that run or have failed go back
    careless = ReplicationLab(nodes=3, read_quorum=2, write_quorum=2, disk="lost", returning="goes_on")
    assert careless.result.chosen.stale_share > 0


def test_copies_are_lost_as_often_as_theory_says() -> None:
    table = ReplicationLab(nodes=2, down=0.2, disk="lost").table().set_index(["source", "read_quorum", "quantity"])["value"]
    assert table["simulation", 1, "lost_writes"] == pytest.approx(table["theory", 1, "lost_writes"], rel=0.15)
    assert table["theory", 1, "lost_writes"] > 500


def test_killing_a_node_and_more_answers_than_copies() -> None:
    lab = ReplicationLab(nodes=3, read_quorum=3, node_2="killed")
    assert lab.result.chosen.read_availability == 0
    assert "No read is ever answered" in lab.describe()
    assert ReplicationLab(nodes=2, read_quorum=3).answer() == 0
    assert {"node_3", "node_4", "node_5"} <= set(ReplicationLab(nodes=2).idle())
    assert "returning" in ReplicationLab(down=0.0).idle()
    assert "cut" in ReplicationLab(nodes=1).idle()


def test_the_sentence_is_made_from_the_numbers() -> None:
    lab = ReplicationLab(nodes=3, read_quorum=2, write_quorum=1)
    chosen = lab.result.chosen
    assert f"{100 * (1 - chosen.read_availability):.1f} % of the reads" in lab.describe()
    assert f"{100 * chosen.stale_share:.2g} % of the reads miss" in lab.describe()
    bars = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Bars))
    assert bars.selected == 1
    assert bars.labels[1].startswith(f"{100 * chosen.stale_share:.2g} % missed a write")
    for setting in ({"read_quorum": 5}, {"disk": "lost"}, {"nodes": 1}, {"down": 0.0}):
        lab.set_state(setting)
        assert len(re.findall(r"\.(?:\s|$)", lab.describe())) == 2  # two sentences


@pytest.mark.parametrize("setting", [{}, {"nodes": 1, "down": 0.0}, {"cut": 0.5, "nodes": 4, "node_1": "killed"}, {"read_quorum": 3, "down": 0.5}])
def test_the_scene_shows_the_requests_of_the_simulation(setting: dict[str, object]) -> None:
    lab = ReplicationLab(**setting)
    scene = lab.scene()
    run, chosen = replication_runs.run(lab._cluster), lab.result.chosen
    begin = int(np.searchsorted(run.arrivals, scene.start / 1_000 - 1e-9))
    count = np.unique(scene.thing).size // lab.nodes
    assert count == 50
    shown = slice(begin, begin + count)
    np.testing.assert_allclose(scene.enter.min(), 1_000 * run.arrivals[begin])
    back = int((~np.isinf(run.answers[shown])).sum())
    assert len(scene.thing) == 2 * count * lab.nodes + back  # every message goes out and reaches its node; what is answered comes back
    assert scene.lost.sum() == count * lab.nodes - back
    values = scene.value[~np.isnan(scene.value)]
    responses = chosen.responses[shown]
    np.testing.assert_allclose(np.sort(values), np.sort(1_000 * responses[np.isfinite(responses)]))
    old = chosen.stale[shown] | chosen.reverted[shown]
    assert np.unique(scene.thing[scene.kind == OLD]).size == lab.nodes * old.sum()
    assert np.unique(scene.thing[scene.kind == FAILED]).size == lab.nodes * np.isinf(responses).sum()
    assert [station.control for station in scene.stations[-lab.nodes :]] == [f"node_{number}" for number in QUORUMS[: lab.nodes]]


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"nodes": 6}, "nodes is 6, but must be a whole number from 1 to 5"),
        ({"read_quorum": 0}, "read_quorum is 0"),
        ({"write_quorum": 1.5}, "write_quorum is 1.5"),
        ({"down": 0.6}, "down is 0.6"),
        ({"delay": 0}, "delay is 0"),
        ({"cut": float("nan")}, "cut is nan"),
        ({"disk": "gone"}, "disk is 'gone'"),
        ({"node_3": "dead"}, "node_3 is 'dead'"),
        ({"copies": 3}, "no control 'copies'"),
    ],
)
def test_bad_input_is_named(keywords: dict[str, object], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        ReplicationLab(**keywords)
