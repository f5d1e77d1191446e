"""The edge lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import EdgeLab
from labsupport.labs import edge_runs as runs
from labsupport.labs.edge import STORY
from labsupport.labs.marks import Line, Points
from labsupport.simulators import edge, edge_region, edge_sites
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("state", [*STORY.values(), {"sites": 0}, {"answered": 100, "show": "cost"}, {"centre": "overseas", "show": "choices"}])
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = EdgeLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_numbers_are_the_simulators() -> None:
    lab = EdgeLab(sites=3, choose="exact", answered=60, centre="neighbour", rate=2_000, load=70)
    area = edge_region.region(runs.USERS, runs.SITES, runs.SEED, far=3_000)
    opened = edge_sites.choose("exact", edge_region.ways(area, 0.6), area.weights, 3)
    direct = edge.serve(area, opened, 2_000, answered=0.6, load=0.7)
    assert lab.answer() == direct.mean_latency
    row = lab.table().set_index(["choose", "sites"]).loc[("exact", 3)]
    assert (row.latency, row.servers, row.backhaul) == (direct.mean_latency, direct.machines.sum(), direct.backhaul)
    lines = {mark.label: mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line)}
    assert lines["on the way"].y[3] + lines["waiting"].y[3] + 20 == pytest.approx(lines["altogether"].y[3])


def test_the_map_shows_every_user_and_every_open_site() -> None:
    lab = EdgeLab(sites=2)
    points = {mark.label: mark for mark in lab.chart().panels[0].marks if isinstance(mark, Points)}
    assert len(points["by a site"].x) + len(points.get("by the data centre", points["by a site"]).x) * ("by the data centre" in points) == runs.USERS
    assert list(points["sites"].names) == lab.table().set_index(["choose", "sites"]).opened["greedy", 2].split()


def test_twelve_sites_make_a_small_service_slower_and_a_large_one_faster() -> None:
    small, large = EdgeLab(), EdgeLab(rate=20_000)
    for lab, slower in ((small, True), (large, False)):
        latency = lab.table().set_index(["choose", "sites"]).latency["greedy"]
        assert (latency[12] > latency[0]) == slower
    assert "63 ms" in EdgeLab.question
    assert small.table().latency[0] == pytest.approx(63, abs=0.5)
    assert "a few servers at each place let requests wait longer" in small.describe()
    assert "further sites do no harm" in large.describe()


def test_the_share_saved_is_never_below_the_bound() -> None:
    for centre in ("region", "overseas"):
        lab = EdgeLab(show="choices", centre=centre)
        lines = {mark.label: mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line)}
        assert min(lines["one by one"].y) >= 100 * (1 - np.exp(-1))
        assert max(lines["one by one"].y) <= 100 + 1e-9


def test_the_story_opens_all_sites_one_by_one() -> None:
    lab = EdgeLab()
    steps = lab.steps().steps
    assert [len(step.contents) for step in steps] == list(range(1, 13))
    ways = lab.table().set_index(["choose", "sites"]).way
    assert f"{ways['greedy', 0] - ways['greedy', 1]:.1f} ms, the most of all" in steps[0].sentence
    assert [step.good for step in steps] == [ways["exact", count] >= ways["greedy", count] - 0.05 for count in range(1, 13)]


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="sites is 13, but must be a whole number from 0 to 12"):
        EdgeLab(sites=13)


@pytest.mark.parametrize("state", [{}, {"sites": 0}, {"sites": 3, "centre": "overseas", "answered": 40}])
def test_the_scene_plays_requests_from_their_users_and_back(state: dict[str, object]) -> None:
    lab = EdgeLab(**state)
    scene = lab.scene()
    assert [station.name for station in scene.stations] == ["users", *(f"{'ABCDEFGHIJKL'[site]}" for site in lab.result.opened), "data centre"]
    homes = scene.station == 0
    assert (np.bincount(scene.thing[homes]) == 2).all()
    assert np.isfinite(scene.spots[homes]).all()
    assert np.isnan(scene.spots[~homes]).all()
    latencies = scene.value[np.isfinite(scene.value)]
    assert latencies.size == 90
    assert latencies.mean() == pytest.approx(lab.answer(), rel=0.05)
    centre = len(scene.stations) - 1
    kinds = {thing: scene.kind[scene.thing == thing][0] for thing in range(90)}
    assert all((centre in scene.station[scene.thing == thing]) == bool(kind) for thing, kind in kinds.items())
