"""The fair-share lab: its numbers against the simulators, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import FairShareLab
from labsupport.labs.fairness import NODE, NODES, PACKINGS, RULES, STORY
from labsupport.labs.marks import Columns
from labsupport.simulators import fairness, packing
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("state", [*STORY.values(), {"first_cpu": 9, "first_memory": 18}, {"weight": 4, "rule": "memory", "packing": "best_fit"}])
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = FairShareLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("policy", PACKINGS)
def test_the_numbers_are_the_simulators(rule: str, policy: str) -> None:
    lab = FairShareLab(first_cpu=2, second_memory=6, weight=2, rule=rule, packing=policy)
    only = {"dominant": None, "cpu": 0, "memory": 1}[rule]
    direct = fairness.share([NODES * 9, NODES * 18], [[2, 4], [3, 6]], weights=[2, 1], only=only)
    placed = packing.pack(policy, direct.demands[direct.order], NODE)
    assert (lab.result.sharing.tasks == direct.tasks).all()
    assert (lab.result.placed.nodes == placed.nodes).all()
    columns = [mark for mark in lab.chart().panels[1].marks if isinstance(mark, Columns)]
    assert columns[0].heights == (placed.node_count,)
    assert f"need {placed.node_count} nodes" in lab.describe()


def test_the_papers_example_is_where_it_begins() -> None:
    lab = FairShareLab()
    assert lab.answer() == pytest.approx(2 / 3)
    table = lab.table()
    fair = table[table["rule"] == "dominant"]["dominant_share"]
    assert np.ptp(fair) < 1e-9
    assert np.ptp(table[table["rule"] == "cpu"]["dominant_share"]) > 0.3


def test_large_ones_first_part_what_would_fit_together() -> None:
    mixed, parted = FairShareLab(), FairShareLab(packing="first_fit_decreasing")
    assert mixed.result.placed.node_count == NODES < parted.result.placed.node_count
    assert "pods must wait" in parted.describe()


def test_the_scene_grants_and_places_every_pod() -> None:
    lab = FairShareLab(packing="first_fit_decreasing")
    scene, nodes = lab.scene(), lab.result.placed.nodes
    stays = np.isinf(scene.leave)
    assert stays.sum() == nodes.size
    assert np.sum(scene.station[stays] == 1) == np.sum(nodes >= NODES)
    assert (scene.kind[stays] == lab.result.sharing.order).all()


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="weight is 5, but must be a whole number from 1 to 4"):
        FairShareLab(weight=5)
