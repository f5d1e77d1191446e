"""The geospatial lab: the cells that are drawn are those that were counted, the times are the theory's, and H3 misses nobody."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import GeospatialLab
from labsupport.labs import geospatial_runs as runs
from labsupport.labs.geospatial import DRAWN, INDEXES, MEASURED, SERVICES, STORY
from labsupport.labs.geospatial_map import shown_rider
from labsupport.labs.geospatial_runs import RIDERS, Setting
from labsupport.labs.geospatial_times import HOP, REST, WORKERS, response, stages
from labsupport.labs.marks import Area, Line
from labsupport.simulators import geospatial
from labsupport.simulators.sphere import distance
from labsupport.systems import geospatial as systems
from labsupport.theory import mmc_mean_wait
from tests.labs.test_figure import assert_complete, assert_readable
from tests.support import require


@pytest.fixture(autouse=True)
def _installed():
    require(runs.has_hexagons(), "needs h3")


def setting(**changed):
    return Setting(**({"index": "grid", "spread": "even", "drivers": 500, "size": 2.0, "room": 8, "search": "own"} | changed))


@pytest.mark.parametrize("state", [*STORY.values(), {"index": "hexagons", "size": 0.5, "drivers": 100}, {"index": "geohash", "spread": "crowded"}])
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    for view in ("work", "time"):
        lab = GeospatialLab(**(state | {"view": view}))
        assert_complete(lab)
        assert_readable(lab.figure())


def inside(cell, east, north):
    """Say which places lie in a cell, by the sides that they are left of."""
    (x0, y0), (x1, y1), (x2, y2) = cell[:3]
    corners = list(cell) if (x1 - x0) * (y2 - y1) > (y1 - y0) * (x2 - x1) else list(reversed(cell))
    sides = [
        (second[0] - first[0]) * (north - first[1]) - (second[1] - first[1]) * (east - first[0])
        for first, second in zip(corners, [*corners[1:], corners[0]], strict=True)
    ]
    return np.all(np.array(sides) >= -1e-3, axis=0)


@pytest.mark.parametrize("index", list(INDEXES))
@pytest.mark.parametrize("search", ["own", "across"])
@pytest.mark.parametrize("spread", ["even", "crowded"])
def test_the_cells_drawn_hold_the_drivers_that_were_counted(index: str, search: str, spread: str) -> None:
    for size in (1.0, 4.0):
        chosen = setting(index=index, search=search, spread=spread, size=size)
        result = runs.run(chosen)
        for rider in runs.central(spread)[:6]:
            cells, (east, north) = runs.outlines(chosen, rider), runs.around(chosen, rider)
            assert len(cells) == result.cells[rider]
            held = np.sum([inside(cell, east, north) for cell in cells], axis=0)
            assert np.sum(held > 0) == pytest.approx(result.candidates[rider], abs=max(2, 0.02 * result.candidates[rider]))  # a flat map of a sphere


@pytest.mark.parametrize("size", [0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("spread", ["even", "crowded"])
def test_hexagons_across_borders_hold_the_nearest_of_all(size: float, spread: str) -> None:
    """The search ends by a bound on the next ring; the nearest driver by a full scan must be in what was looked into."""
    from h3.api import basic_int as h3

    up, over, at, across = runs.city(spread)
    for drivers in (100, 10_000):
        chosen = setting(index="hexagons", search="across", size=size, spread=spread, drivers=drivers)
        exact = geospatial.simulate("scan", up[:drivers], over[:drivers], at, across).distances[:, 0]
        assert runs.nearest(spread, drivers) == pytest.approx(exact, abs=1e-9)
        level = runs.resolution_for(size)
        for rider in range(RIDERS):
            distances = np.hypot((up[:drivers] - at[rider]) * runs.DEGREE, (over[:drivers] - across[rider]) * runs.DEGREE * runs.NARROWER)
            near = np.argsort(distances)[:5]
            best = min(near, key=lambda driver: distance(at[rider], across[rider], up[driver], over[driver]))
            assert h3.latlng_to_cell(up[best], over[best], level) in runs._looked_into(chosen, rider)


# h3geo.org, "Tables of Cell Statistics": the average area of a hexagon, in square kilometres.
AREAS = {5: 252.903858182, 6: 36.129062164, 7: 5.161293360, 8: 0.737327598, 9: 0.105332513, 10: 0.015047502}


@pytest.mark.parametrize(("level", "published"), list(AREAS.items()))
def test_the_size_of_a_cell_picks_the_resolution_whose_published_area_is_nearest(level: int, published: float) -> None:
    for factor in (0.5, 1.0, 2.0):  # resolutions are a factor of 7 apart
        assert runs.resolution_for((factor * published) ** 0.5) == level


@pytest.mark.parametrize(
    ("place", "level", "cell"),
    [
        ((37.3615593, -122.0553238), 5, "85283473fffffff"),  # the tests of h3-py
        ((37.3615593, -122.0553238), 7, "87283472bffffff"),  # the readme of h3-js
        ((37.769377, -122.388903), 9, "89283082e73ffff"),  # the readme of h3-py
        ((40.689167, -74.044444), 10, "8a2a1072b59ffff"),  # H3's example: the Statue of Liberty
        ((52.516262, 13.377704), 8, f"{613036919424548863:x}"),  # Snowflake's documentation of the function of the same name
        ((45.0, 100.0), 6, f"{604116085645508607:x}"),  # that of Databricks, which takes the longitude first
    ],
)
def test_drivers_and_riders_are_in_the_hexagons_that_are_published(monkeypatch, place, level: int, cell: str) -> None:
    (latitude, longitude), one = place, np.ones(1)
    monkeypatch.setattr(runs, "city", lambda _: (latitude * one, longitude * one, latitude * one, longitude * one))
    comb = runs._honeycomb.__wrapped__("even", level)  # not kept, since the city is another one
    assert [f"{number:x}" for number in comb.riders] == [cell]
    assert comb.steps.tolist() == [[0]]  # the driver is in the same


def test_rings_around_a_rider_are_the_published_neighbours(monkeypatch) -> None:
    """By the tests of h3-py, ``test_grid_ring`` and ``test_grid_ring2``."""
    first = {"8928308280bffff", "89283082807ffff", "89283082877ffff", "89283082803ffff", "89283082873ffff", "8928308283bffff"}
    second = {"89283082813ffff", "89283082817ffff", "8928308281bffff", "89283082863ffff", "89283082823ffff", "8928308287bffff"}
    second |= {"89283082833ffff", "8928308282bffff", "89283082857ffff", "892830828abffff", "89283082847ffff", "89283082867ffff"}
    own = "8928308280fffff"
    monkeypatch.setattr(runs, "_nearness", lambda _, ring: float(ring))
    for ring, looked in enumerate(({own}, {own} | first, {own} | first | second)):
        comb = runs._Honeycomb([int(own, 16)], np.zeros(1), np.array([[9, ring]], dtype=np.uint8))
        monkeypatch.setattr(runs, "_honeycomb", lambda *_, comb=comb: comb)
        monkeypatch.setattr(runs, "nearest", lambda *_, reach=ring + 0.5: np.array([reach]))
        for search in ("own", "across"):
            assert {f"{cell:x}" for cell in runs._looked_into(setting(index="hexagons", search=search), 0)} == looked


@pytest.mark.parametrize("level", [6, 7, 8, 9])
def test_steps_between_hexagons_are_those_of_h3(level: int) -> None:
    from h3.api import basic_int as h3

    up, over, _, _ = runs.city("even")
    comb = runs._honeycomb("even", level)
    for driver in range(0, 10_000, 97):
        cell = h3.latlng_to_cell(up[driver], over[driver], level)
        assert comb.steps[:, driver].tolist() == [h3.grid_distance(own, cell) for own in comb.riders]


def test_hexagons_in_the_own_cell_find_the_nearest_in_there() -> None:
    from h3.api import basic_int as h3

    chosen = setting(index="hexagons", size=1.0)
    result, (up, over, at, across) = runs.run(chosen), runs.city("even")
    cells = [h3.latlng_to_cell(up[driver], over[driver], runs.resolution_for(1.0)) for driver in range(500)]
    for rider in range(20):
        looked_into = set(runs._looked_into(chosen, rider))
        drivers = [driver for driver, cell in enumerate(cells) if cell in looked_into]
        assert result.candidates[rider] == len(drivers) > 0
        best = min(distance(at[rider], across[rider], up[driver], over[driver]) for driver in drivers)
        assert result.distances[rider, 0] == pytest.approx(best, abs=1e-9)


def test_nobody_is_missed_across_borders_and_many_are_within_them() -> None:
    for index in INDEXES:
        assert GeospatialLab(index=index, search="across").answer() == 0
        assert (GeospatialLab(index=index).answer() > 0) == (index != "scan")
    assert "each rider gets the nearest" in GeospatialLab(search="across").describe()
    lab = GeospatialLab()
    assert f"to {lab.answer():.0f} of 100 riders" in lab.describe()


def test_the_map_points_at_who_is_sent_and_who_is_nearest() -> None:
    lab = GeospatialLab()
    lines = {mark.label: mark for mark in lab.chart().panels[0].marks if type(mark) is Line}
    rider = shown_rider(lab._setting())
    for name, distances in (("sent", lab.result.distances[:, 0]), ("nearest", runs.nearest("even", 1_000))):
        assert np.hypot(lines[name].x[1], lines[name].y[1]) == pytest.approx(distances[rider], rel=1e-2)
    assert "sent" not in {mark.label for mark in GeospatialLab(search="across").chart().panels[0].marks}
    assert len([mark for mark in lab.chart().panels[0].marks if isinstance(mark, Area)]) == 1


def test_work_is_drawn_for_every_number_of_drivers() -> None:
    lab = GeospatialLab(index="quadtree", search="across")
    line = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line) and mark.label == "drivers looked at")
    assert tuple(line.x) == DRAWN
    assert max(line.y) < 2 * min(line.y)  # however many there are
    table = lab.table().set_index(["index", "drivers"])
    assert list(line.y) == pytest.approx(table.loc["quadtree", "looked_at"].tolist())
    assert table.loc[("scan", 10_000), "search_ms"] > 100 * table.loc[("quadtree", 10_000), "search_ms"]


@pytest.mark.parametrize("index", list(INDEXES))
def test_what_was_measured_is_drawn_beside_the_model(index: str) -> None:
    table = systems.recorded().table
    lab = GeospatialLab(measured=table, index=index, search="across")
    rows = table[(table["source"] == "measurement") & (table["index"] == MEASURED[index])]
    marks = {mark.label: mark for mark in lab.chart().panels[1].marks}
    points = marks[f"{INDEXES[index]}, recorded"]
    assert points.role == "measurement"
    assert list(points.x) == [count / 1_000 for count in rows["points"]]
    assert list(points.y) == rows["median_us"].tolist()
    if index != "scan":
        assert list(marks[f"{INDEXES[index]}, model"].y) == pytest.approx((1_000 * lab.table().set_index("index").loc[index, "search_ms"]).tolist())
        assert "Measured among 1,000, a search takes" in lab.describe()
    assert_complete(lab)
    assert_readable(lab.figure())
    lab.spread = "crowded"  # where nothing was measured
    assert not any(mark.role == "measurement" for mark in lab.chart().panels[1].marks)


def test_measured_and_modelled_are_compared_for_as_many_drivers() -> None:
    table = systems.recorded().table.assign(recorded=False)
    lab = GeospatialLab(measured=table, search="across", drivers=10_000)
    assert "full scan, measured" in [mark.label for mark in lab.chart().panels[1].marks]
    assert "Measured among 30,000" in lab.describe()
    assert "Measured" not in GeospatialLab(measured=table, search="own").describe()
    with pytest.raises(TypeError, match="measured is 'x', but must be the table of a comparison"):
        GeospatialLab(measured="x")


@pytest.mark.parametrize("services", list(SERVICES))
def test_times_are_erlangs_and_the_simulation_agrees(services: str) -> None:
    lab = GeospatialLab(view="time", services=services, rate=600)
    lookup = lab._lookup(lab._setting())
    if services == "one":
        expected = HOP + lookup + REST + float(mmc_mean_wait(0.6, 1 / (lookup + REST), WORKERS))
    else:
        expected = 2 * HOP + lookup + REST + float(mmc_mean_wait(0.6, 1 / lookup, 1)) + float(mmc_mean_wait(0.6, 1 / REST, 3))
    assert response(services, lookup, 600) == pytest.approx(expected)
    assert lab._simulated() == pytest.approx(expected, rel=0.05)
    assert f"{expected:.1f} ms with {'one service' if services == 'one' else 'two services'}" in lab.describe()


def test_an_overload_is_said_and_not_simulated() -> None:
    lab = GeospatialLab(index="scan", drivers=10_000, view="time", rate=1_300)
    assert "cannot keep up" in lab.describe()
    assert lab._simulated() is None
    other = GeospatialLab(view="time", rate=1_200)
    assert "with two services it cannot be done" in other.describe()


def test_workers_are_shared_out_by_the_work() -> None:
    assert stages("split", 0.05) == ((0.05, 1), (REST, 3))
    assert stages("split", 10.0) == ((10.0, 3), (REST, 1))
    assert stages("split", REST) == ((REST, 2), (REST, 2))


def test_where_h3_is_missing_the_lab_says_so(monkeypatch) -> None:
    monkeypatch.setattr(runs, "has_hexagons", lambda: False)
    runs.run.cache_clear()
    lab = GeospatialLab()
    options = dict(next(control for control in lab.declarations() if control["name"] == "index")["options"])
    assert options["hexagons"] == "hexagons: H3 (not installed)"
    lab.set_state({"index": "hexagons"})
    assert "hexagons need the package h3, which is not installed here. To install it: " in lab._error
    assert lab.index == "grid"
    assert set(lab.table()["index"]) == {*INDEXES} - {"hexagons"}
    with pytest.raises(ValueError, match="hexagons need the package h3"):
        GeospatialLab(index="hexagons")


def test_sizes_of_cells_are_the_nearest_there_are() -> None:
    assert [runs.length_for(size) for size in (0.5, 1.0, 4.0)] == [6, 6, 5]
    assert [runs.resolution_for(size) for size in (0.5, 1.0, 2.0)] == [9, 8, 7]
    assert runs.area("grid", 2.0) == 4
    assert runs.area("geohash", 4.0) == pytest.approx(15.9, abs=0.2)
    assert "geohashes of 6 characters (0.5 km²)" in GeospatialLab(index="geohash", size=0.5).describe()


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="drivers is 7, but must be a whole number from 100 to 10,000"):
        GeospatialLab(drivers=7)
