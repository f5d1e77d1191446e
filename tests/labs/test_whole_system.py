"""The whole-system lab: its numbers against the simulator, its words against its numbers, and the story that its presets tell."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import WholeSystemLab, whole_system_runs
from labsupport.labs.marks import Bars, Points
from labsupport.labs.whole_system import BUDGET, GOAL, PROMISED
from labsupport.labs.whole_system_runs import KINDS, SEED
from labsupport.labs.whole_system_scene import SHOWN
from labsupport.simulators import whole_system
from labsupport.simulators.designs import Design
from labsupport.simulators.whole_system import TIMEOUT
from labsupport.workloads import shop_day
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.fixture(scope="module")
def lab() -> WholeSystemLab:
    return WholeSystemLab()


def at(lab: WholeSystemLab, preset: str = "Reset", **controls: object) -> WholeSystemLab:
    lab.set_state(dict(lab._presets)[preset])
    lab.set_state(controls)
    assert lab._error == ""
    return lab


@pytest.mark.parametrize("state", [{"minimum": 1, "maximum": 1, "shards": 1}, {"shards": 24, "replicas": 4, "minimum": 40, "cache": 20_000}])
def test_the_extremes_are_readable(lab: WholeSystemLab, state: dict[str, object]) -> None:
    assert_complete(at(lab, **state))
    assert_readable(lab.figure())


def test_the_numbers_are_the_simulators(lab: WholeSystemLab) -> None:
    at(lab, cache=4_000, eviction="sieve", balancer="least_connections", minimum=3, target=50, shards=5, replicas=2, day="hot_key")
    design = Design(5, "modulo", 2, 4_000, "sieve", "least_connections", 3, 20, 0.5)
    assert lab.design() == design
    results = {kind: whole_system.simulate(shop_day(kind, SEED), design) for kind in KINDS}
    table = lab.table().set_index("day")
    for kind, result in results.items():
        row = table.loc[KINDS[kind]]
        assert (row["p50"], row["p99"], row["availability"]) == (result.p50, result.p99, result.availability)
        assert row["cost"] == result.cost_per_hour
    assert lab.result.cost == pytest.approx(np.mean([result.cost_per_hour for result in results.values()]))
    assert lab.result.p99 == max(results["diurnal"].p99, results["hot_key"].p99)
    assert lab.answer() == pytest.approx(100 * min(result.availability for result in results.values()))
    trade, days, parts = lab.chart().panels
    point = next(mark for mark in trade.marks if isinstance(mark, Points))
    assert (point.x[0], point.y[0]) == (pytest.approx(lab.result.cost), lab.result.p99)
    for panel in (days, parts):
        assert isinstance(panel.marks[0], Bars)
    assert days.marks[0].selected == list(KINDS).index("hot_key")
    assert list(parts.marks[0].parts[0][1]) == list(results["hot_key"].spent().values())
    assert f"An hour costs {lab.result.cost:.2f} €" in lab.describe()


def test_the_presets_tell_a_story(lab: WholeSystemLab) -> None:
    """Machines alone, a cache alone, a second copy alone: each is not enough, and all of it is dear."""
    untuned = at(lab, "Nothing is tuned").answer()
    assert untuned < 30
    assert lab.result.day.spent(0.01)["waiting for the database"] > 5
    assert at(lab, "Twice the machines").result.cost > BUDGET
    at(lab, "Only a cache")
    assert lab.result.cost < BUDGET
    assert 100 * PROMISED > lab.answer() > untuned
    at(lab, "A cache and a second copy")
    assert lab.answer() < 100 * PROMISED
    at(lab, "All of it, at any price")
    assert lab.result.p99 < GOAL
    assert lab.answer() > 100 * PROMISED
    assert lab.result.cost > 2 * BUDGET
    assert "Not kept:" in lab.describe()
    assert "0.75 s" not in lab.describe().split("Not kept:")[1]


def test_more_servers_at_least_than_at_most_is_no_error(lab: WholeSystemLab) -> None:
    assert at(lab, minimum=30, maximum=4).design().maximum == 30


def test_without_a_cache_nothing_is_evicted(lab: WholeSystemLab) -> None:
    assert at(lab).idle() == ["eviction"]
    assert at(lab, cache=500).idle() == []


@pytest.mark.parametrize("day", KINDS)
@pytest.mark.parametrize("cache", [0, 5_000])
def test_the_scene_takes_as_long_as_the_response(lab: WholeSystemLab, day: str, cache: int) -> None:
    at(lab, day=day, cache=cache, shards=6, replicas=2, minimum=6)
    scene, result = lab.scene(), lab.result.day
    sums = np.convolve(result.responses[result.day.warm_up :], np.ones(SHOWN), "valid")
    assert np.nansum(scene.value) == pytest.approx(sums.max(), rel=1e-3)
    for thing in range(0, SHOWN, 10):
        stays = scene.thing == thing
        took, told, kind = scene.leave[stays].max() - scene.enter[stays].min(), scene.value[stays][-1], scene.kind[stays][0]
        assert told == TIMEOUT if kind == 2 else told == pytest.approx(took)
        if kind == 0:
            assert scene.station[stays].tolist() == [0, 1, 0]


def test_what_was_run_is_kept() -> None:
    whole_system_runs.outcome.cache_clear()
    WholeSystemLab(cache=3_000)
    WholeSystemLab(cache=3_000, day="hot_key")
    assert whole_system_runs.outcome.cache_info().hits == len(KINDS)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="shards is 0, but must be a whole number from 1 to 24"):
        WholeSystemLab(shards=0)
