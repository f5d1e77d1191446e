"""The distributed-cache lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest

from labsupport.labs.chart import Line
from labsupport.labs.distribution import BACK, KEYS, LOSSES, LOST, REQUESTS, ROUTINGS, SHORT, SIZES, STRETCH, WARM_UP, DistributedCacheLab
from labsupport.predictions import predict
from labsupport.simulators import caching, distribution
from labsupport.workloads import zipf_trace
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("routing", ROUTINGS)
@pytest.mark.parametrize(
    "setting", [{}, {"nodes": 1, "lost": "idlest"}, {"nodes": 16, "memory": 16, "lost": "busiest"}, {"nodes": 16, "exponent": 1.5}]
)
def test_the_picture_is_complete_and_readable(routing: str, setting: dict[str, object]) -> None:
    predict("00.7", low=0.1, high=0.3)
    lab = DistributedCacheLab(prediction="00.7", routing=routing, **setting)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize(("routing", "copies"), [("consistent", 1), ("modulo", 3), ("random", 1)])
def test_the_curve_is_what_the_simulator_says_after_the_warm_up(routing: str, copies: int) -> None:
    table = DistributedCacheLab(routing=routing, copies=copies, memory=1_600, exponent=0.9).table()
    trace = zipf_trace(REQUESTS, KEYS, 0.9, seed=4)
    drawn = table[(table["source"] == "simulation") & (table["routing"] == routing)].set_index("nodes")["reads_per_100"]
    for nodes in SIZES:
        result = distribution.simulate(trace, nodes, 1_600 // nodes, routing=routing, hot=range(10), copies=min(copies, nodes), seed=8)
        assert drawn[nodes] == pytest.approx(100 * np.mean(~result.hits[WARM_UP:]), abs=1e-9)
    assert drawn[1] == pytest.approx(100 * np.mean(~caching.simulate("lru", trace, 1_600).hits[WARM_UP:]), abs=1e-9)


@pytest.mark.parametrize("setting", [{}, {"routing": "random"}, {"routing": "rendezvous", "copies": 4, "exponent": 0.8}])
def test_theory_lies_on_the_simulation(setting: dict[str, object]) -> None:
    lab = DistributedCacheLab(**setting)
    table = lab.table().query("routing == @lab.routing").pivot_table(index="nodes", columns="source", values="reads_per_100").dropna()
    assert len(table) == len(SIZES)
    assert (table["simulation"] - table["theory"]).abs().max() < 1.5


def test_by_key_nodes_are_one_large_cache_and_anywhere_they_are_not() -> None:
    reads = {(routing, nodes): DistributedCacheLab(routing=routing, nodes=nodes).answer() for routing in ROUTINGS for nodes in (1, 8)}
    one = reads["consistent", 1]
    assert {reads[routing, 1] for routing in ROUTINGS} == {one}
    assert all(abs(reads[routing, 8] - one) < 0.01 for routing in ("consistent", "rendezvous", "modulo"))
    assert reads["random", 8] > 2 * one


def test_a_lost_node_makes_a_spike_with_modulo_and_hardly_one_on_the_ring() -> None:
    worst = {}
    for routing in ROUTINGS:
        lab = DistributedCacheLab(routing=routing, lost="busiest")
        line = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Line) and mark.role == "main")
        assert line.label == SHORT[routing]
        before, after = (np.array(line.y)[slice(*part)] for part in ((0, (LOST - WARM_UP) // STRETCH), ((LOST - WARM_UP) // STRETCH, None)))
        worst[routing] = after.max() - before.mean()
        assert f"from {before.mean():.0f} to as many as" in lab.describe()
        assert lab.result.backend_reads == np.count_nonzero(~lab.result.hits)
        assert np.mean(line.y) == pytest.approx(100 * lab.answer())
    assert worst["modulo"] > 20 > 2 * worst["consistent"]


def test_copies_of_hot_keys_make_the_busiest_node_less_busy() -> None:
    busiest = [DistributedCacheLab(exponent=1.2, copies=copies)._relative_loads[0] for copies in (1, 2, 4, 8)]
    assert busiest == sorted(busiest, reverse=True)
    assert busiest[0] > 1.5 * busiest[-1]
    assert DistributedCacheLab(nodes=2, copies=8)._relative_loads[0] < 1.2  # no more copies than nodes
    assert DistributedCacheLab(routing="random").idle() == ["copies"]


@pytest.mark.parametrize("lost", ["busiest", "idlest", "half", "3"])
def test_lost_is_what_it_says(lost: str) -> None:
    result = DistributedCacheLab(lost=lost).result
    before, during, after = (np.bincount(result.served_by[slice(*part)], minlength=8) for part in ((0, LOST), (LOST, BACK), (BACK, None)))
    gone = np.flatnonzero(during == 0)
    assert gone.size == (4 if lost == "half" else 1)
    assert (after > 0).all()
    if lost == "3":
        assert gone[0] == 2
    elif lost != "half":
        assert before[gone[0]] == (before.max() if lost == "busiest" else before.min())


def test_the_sentence_is_made_from_the_numbers() -> None:
    lab = DistributedCacheLab(nodes=4, routing="random")
    assert f"4 nodes, with requests to any node, send {100 * lab.answer():.0f} of 100 on to the database" in lab.describe()
    for lost in LOSSES:
        for nodes in (1, 2, 5):
            sentence = DistributedCacheLab(lost=lost, nodes=nodes).describe()
            assert len(re.findall(r"\.(?:\s|$)", sentence)) == 2  # two sentences
    assert "88 % of all keys move" in DistributedCacheLab(lost="busiest", routing="modulo").describe()  # 7 of 8


@pytest.mark.parametrize("setting", [{}, {"lost": "busiest"}, {"nodes": 1, "lost": "half"}, {"nodes": 16, "routing": "random", "lost": "half"}])
def test_the_scene_shows_the_requests_of_the_simulation(setting: dict[str, object]) -> None:
    lab = DistributedCacheLab(**setting)
    scene = lab.scene()
    shown = np.unique(scene.thing).size
    first = int(LOST - shown // 3)
    database = scene.station == lab.nodes + 1
    assert np.count_nonzero(database) == np.count_nonzero(~lab.result.hits[first : first + shown])
    for time, node, state in scene.changes:
        assert state == "down"
        assert not ((scene.station == node) & (scene.enter > time + 4)).any()  # those on their way arrive


def test_a_click_on_a_node_loses_it_and_another_brings_it_back() -> None:
    lab = DistributedCacheLab(nodes=4)

    def click(node: int) -> None:
        lab.set_state(lab._scene["stations"][node - 1]["sets"])

    for node in (3, 2):
        click(node)
        assert [index for _, index, _ in lab._scene["changes"]] == [node - 1]
        assert (lab.result.served_by[LOST + 1_000 : BACK] != node - 1).all()
    click(2)
    assert lab.lost == "none"
    lab.lost = "9"  # the last, if there are fewer
    assert [index for _, index, _ in lab._scene["changes"]] == [3]


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"memory": 15}, "memory is 15, but must be a whole number from 16 to 10,000"),
        ({"nodes": 17}, "nodes is 17"),
        ({"nodes": 2.0}, "nodes is 2.0"),
        ({"routing": "ring"}, "routing is 'ring'"),
        ({"copies": 0}, "copies is 0"),
        ({"exponent": float("nan")}, "exponent is nan"),
        ({"lost": "all"}, "lost is 'all'"),
        ({"policy": "lru"}, "no control 'policy'"),
    ],
)
def test_bad_input_is_named(keywords: dict[str, object], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        DistributedCacheLab(**keywords)
