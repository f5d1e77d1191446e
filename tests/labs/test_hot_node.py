"""The hot-node lab: its numbers against the simulator and theory, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs import HotNodeLab
from labsupport.labs.hot_node import MOST_THERE, SERVICE, SHOWN, STORY, WARM_UP
from labsupport.labs.marks import Columns, Line
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("state", [*STORY.values(), {"nodes": 2, "fanout": 20}, {"hot": 120, "others": 95}, {"hot": 10, "others": 10}])
def test_the_picture_is_complete_and_readable(state: dict[str, int]) -> None:
    lab = HotNodeLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_who_asks_one_node_sees_what_theory_says() -> None:
    # 120,000 questions: each node's mean is known to some 5 % at 80 %
    lab = HotNodeLab(hot=60, others=80)
    table = lab.table().set_index("node")
    assert table["mean_answer"][1] == pytest.approx(theory.mm1_mean_response(1 / SERVICE, 1 / 6), rel=0.05)
    assert table["mean_answer"][2:].mean() == pytest.approx(theory.mm1_mean_response(1 / SERVICE, 1 / 8), rel=0.05)
    assert table["load"][1] == pytest.approx(0.6, rel=0.05)
    lines = {mark.label: mark for mark in lab.chart().panels[0].marks if isinstance(mark, Line)}
    simulated, expected = lines["one at 60 %"], lines["in theory"]
    for time in (10, 50, 100, 150):
        ours, theirs = (np.interp(np.log(time), np.log(line.x), np.log(line.y)) for line in (simulated, expected))
        assert ours == pytest.approx(theirs, abs=0.15)


def test_who_asks_all_nodes_feels_the_hot_one_most() -> None:
    one, everything, even = HotNodeLab(), HotNodeLab(fanout=10), HotNodeLab(hot=80, fanout=10)
    assert everything.answer() > 3 * one.answer() > 3
    assert even.answer() == 1
    assert "100 of 100 wait for the first node" in everything.describe()
    assert "10 of 100 wait for the first node" in one.describe()
    assert "At 100 % there is no steady state" in everything.describe()
    assert "the nodes are at 8" in everything.describe()


def test_the_numbers_are_the_simulators() -> None:
    lab = HotNodeLab(hot=90, fanout=3)
    now, even = (cluster.responses[cluster.responses.size // WARM_UP :] for cluster in (lab.result.now, lab.result.even))
    assert lab.answer() == now.mean() / even.mean()
    line = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Line) and mark.role == "main")
    for time, share in list(zip(line.x, line.y, strict=True))[5::10]:
        assert np.mean(now > time) == pytest.approx(share, abs=1e-3)
    columns = [mark for mark in lab.chart().panels[1].marks if isinstance(mark, Columns)]
    assert [height for mark in columns for height in mark.heights] == pytest.approx(lab.table()["mean_answer"].tolist())


def test_a_hotter_node_is_never_better() -> None:
    answers = [HotNodeLab(hot=hot, fanout=10).answer() for hot in (80, 90, 95, 100, 110)]
    assert answers == sorted(answers)


@pytest.mark.parametrize(("hot", "fanout"), [(100, 1), (80, 3), (120, 10)])
def test_the_scene_is_a_stretch_of_the_run(hot: int, fanout: int) -> None:
    lab = HotNodeLab(hot=hot, fanout=fanout)
    scene, now = lab.scene(), lab.result.now
    begin, things = lab._stretch()
    arrivals = np.repeat(now.arrivals, fanout)
    finishes = arrivals + now.answers.ravel()
    assert things.size - SHOWN // fanout * fanout <= MOST_THERE + fanout
    everybody = np.flatnonzero((arrivals <= arrivals[things[-1]]) & (finishes > begin))
    assert np.array_equal(np.union1d(things, everybody), things)  # nobody is there who is not shown
    at_nodes = scene.station > 0
    order = np.argsort(scene.thing[at_nodes])
    assert (scene.station[at_nodes][order] - 1).tolist() == now.targets.ravel()[things].tolist()
    assert scene.leave[at_nodes][order] == pytest.approx(finishes[things] - begin)
    assert np.unique(scene.kind[scene.station == 1]).tolist() == [1]


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="hot is 130, but must be a whole number from 10 to 120"):
        HotNodeLab(hot=130)
