"""The runs of the geospatial lab: one city, its drivers and riders, who is found by which index, and which cells were looked into for it."""

from __future__ import annotations

import importlib.util
import math
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labsupport.simulators import geohashes, geospatial
from labsupport.simulators.geospatial import GeospatialResult
from labsupport.simulators.nearest import DEPTH, Floats, Integers
from labsupport.simulators.sphere import EARTH, distance, to_meridian, to_parallel

SOUTH, WEST, SIDE = 48.0, 11.4, 20.0  # degrees, and km of a city that is a square
CENTRE = 2.5  # km: standard deviation where the crowd is in the centre
MOST, RIDERS = 10_000, 100
SEED = 8
DEGREE = math.radians(1) * EARTH  # km of a degree of latitude
NARROWER = math.cos(math.radians(SOUTH + SIDE / DEGREE / 2))  # how much shorter one of longitude is
NO_HEXAGONS = f"hexagons need the package h3, which is not installed here. To install it: {sys.executable} -m pip install h3"

Outline = tuple[tuple[float, float], ...]  # corners of a cell, in km east and north of a rider


@dataclass(frozen=True)
class Setting:
    """What is looked for, where and how; the names are those of the lab's controls."""

    index: str
    spread: str
    drivers: int
    size: float
    room: int
    search: str


def has_hexagons() -> bool:
    """Say whether Uber's H3 is installed."""
    return importlib.util.find_spec("h3") is not None


@lru_cache(maxsize=4)
def city(spread: str) -> tuple[Floats, Floats, Floats, Floats]:
    """Return latitudes and longitudes of 10,000 drivers, of whom the first few are there at all, and of the riders."""
    generator = np.random.default_rng(SEED)
    placed = []
    for count in (MOST, RIDERS):
        if spread == "even":
            east, north = generator.uniform(0, SIDE, (2, count))
        else:
            both = generator.normal(SIDE / 2, CENTRE, (2, 2 * count))
            east, north = both[:, np.all((both > 0) & (both < SIDE), axis=0)][:, :count]
        placed += [SOUTH + north / DEGREE, WEST + east / (DEGREE * NARROWER)]
    return placed[0], placed[1], placed[2], placed[3]


@lru_cache(maxsize=4)
def central(spread: str) -> tuple[int, ...]:
    """Return the riders who are in the middle of the city, within a quarter of its side, in the order of their numbers."""
    _, _, at, across = city(spread)
    north, east = (at - SOUTH) * DEGREE - SIDE / 2, (across - WEST) * DEGREE * NARROWER - SIDE / 2
    return tuple(np.flatnonzero((np.abs(north) < SIDE / 4) & (np.abs(east) < SIDE / 4)).tolist())


@lru_cache(maxsize=16)
def length_for(size: float) -> int:
    """Return the length of the geohashes whose cells are as large as squares of a side in km, as nearly as there are any."""
    areas = {length: math.prod(geohashes.edges(length)[2:]) * DEGREE**2 * NARROWER for length in range(4, 8)}
    return min(areas, key=lambda length: abs(math.log(areas[length] / size**2)))


@lru_cache(maxsize=16)
def resolution_for(size: float) -> int:
    """Return the resolution of H3 whose hexagons are as large as squares of a side in km, as nearly as there are any."""
    import h3

    return min(range(5, 11), key=lambda level: abs(math.log(h3.average_hexagon_area(level) / size**2)))


def area(index: str, size: float) -> float:
    """Return how large a cell of an index is, in square kilometres, in this city."""
    if index == "geohash":
        return math.prod(geohashes.edges(length_for(size))[2:]) * DEGREE**2 * NARROWER
    if index == "hexagons":
        from h3.api import basic_int as h3

        return float(h3.cell_area(h3.latlng_to_cell(SOUTH, WEST, resolution_for(size))))
    return SIDE**2 if index == "scan" else size**2


@lru_cache(maxsize=512)
def run(setting: Setting) -> GeospatialResult:
    """Find a driver for each rider."""
    if setting.index == "hexagons":
        return _hexagons(setting)
    if setting.index == "scan":  # nothing to simulate: it looks at everybody
        found = nearest(setting.spread, setting.drivers)[:, None]
        return GeospatialResult(found, np.full(RIDERS, setting.drivers), np.ones(RIDERS, dtype=np.int64))
    up, over, at, across = city(setting.spread)
    return geospatial.simulate(
        setting.index,
        up[: setting.drivers],
        over[: setting.drivers],
        at,
        across,
        size=setting.size,
        length=length_for(setting.size),
        room=setting.room,
        careful=setting.search == "across",
    )


@lru_cache(maxsize=64)
def nearest(spread: str, drivers: int) -> Floats:
    """Return how far the nearest driver is from each rider, in km."""
    return run(Setting("quadtree", spread, drivers, 1.0, 16, "across")).distances[:, 0]


def missed(setting: Setting) -> NDArray[np.bool_]:
    """Say for each rider whether somebody else than the nearest driver was found."""
    wrong: NDArray[np.bool_] = run(setting).distances[:, 0] > nearest(setting.spread, setting.drivers) + 1e-9
    return wrong


class _Honeycomb(NamedTuple):
    """The hexagons of one resolution, as riders see them."""

    riders: list[int]  # in which each rider is
    offsets: Floats  # km from each rider to the middle of that one
    steps: NDArray[np.uint8]  # shape (riders, drivers): hexagons on the way from each rider's to each driver's, 0 in the same


# Uber's H3 covers the earth with cells of which nearly all are hexagons: each has six neighbours, all across an edge and about as far away.
# The rider's own cell is looked into first, then the ring of cells around it, then the next, until nobody in the next ring can be nearer than
# the nearest is. How near the cells of a ring come, is measured once, in the middle of the city: within a city it is the same to a percent.
# H3 gives each cell two coordinates, with axes 120 degrees apart: so many steps are between two cells, as the largest of both differences and of
# the difference between these. With that, all drivers within some rings of a rider are counted at once.
@lru_cache(maxsize=8)
def _honeycomb(spread: str, level: int) -> _Honeycomb:
    from h3.api import basic_int as h3

    up, over, at, across = city(spread)
    drivers = [h3.latlng_to_cell(north, east, level) for north, east in zip(up.tolist(), over.tolist(), strict=True)]
    riders = [h3.latlng_to_cell(north, east, level) for north, east in zip(at.tolist(), across.tolist(), strict=True)]
    offsets = np.array([distance(at[rider], across[rider], *h3.cell_to_latlng(cell)) for rider, cell in enumerate(riders)])
    places = {cell: h3.cell_to_local_ij(riders[0], cell) for cell in {*drivers, *riders}}
    theirs, own = (np.array([places[cell] for cell in cells], dtype=np.int16).T for cells in (drivers, riders))
    first, second = theirs[0] - own[0][:, None], theirs[1] - own[1][:, None]
    steps = np.maximum(np.maximum(np.abs(first), np.abs(second)), np.abs(first - second))
    return _Honeycomb(riders, offsets, steps.astype(np.uint8))


@lru_cache(maxsize=512)
def _nearness(level: int, ring: int) -> float:
    """Return how many km the hexagons of a ring are away at least from the middle of that in the middle of the city."""
    from h3.api import basic_int as h3

    middle = h3.latlng_to_cell(SOUTH + SIDE / 2 / DEGREE, WEST + SIDE / 2 / DEGREE / NARROWER, level)
    place = h3.cell_to_latlng(middle)
    radius = max(distance(*place, *corner) for corner in h3.cell_to_boundary(middle))
    return 0.98 * (min(distance(*place, *h3.cell_to_latlng(cell)) for cell in h3.grid_ring(middle, ring)) - radius)


def _reaches(setting: Setting) -> Integers:
    """Return how many rings around their own hexagons are looked into for the riders."""
    level = resolution_for(setting.size)
    comb = _honeycomb(setting.spread, level)
    if setting.search == "own":
        own: Integers = comb.steps[:, : setting.drivers].min(axis=1).astype(np.int64)
        return own
    needed = nearest(setting.spread, setting.drivers) + comb.offsets
    rings = list[float]()
    while not rings or rings[-1] < needed.max():
        rings.append(_nearness(level, len(rings) + 1))
    return np.searchsorted(rings, needed)


def _looked_into(setting: Setting, rider: int) -> list[int]:
    """Return the hexagons that are looked into for a rider."""
    from h3.api import basic_int as h3

    own = _honeycomb(setting.spread, resolution_for(setting.size)).riders[rider]
    return list(h3.grid_disk(own, int(_reaches(setting)[rider])))


def _hexagons(setting: Setting) -> GeospatialResult:
    if not has_hexagons():
        raise ValueError(NO_HEXAGONS)
    reaches = _reaches(setting)
    asked = _honeycomb(setting.spread, resolution_for(setting.size)).steps[:, : setting.drivers] <= reaches[:, None]
    distances = nearest(setting.spread, setting.drivers)  # who looks until nobody can be nearer has found the nearest
    if setting.search == "own":
        drivers, riders = _places(setting.spread)
        rider, driver = np.nonzero(asked)
        apart = drivers[driver] - riders[rider]
        chords = np.einsum("ij,ij->i", apart, apart)  # squared, and straight: the nearest is the same
        least = np.minimum.reduceat(chords, np.searchsorted(rider, np.arange(RIDERS)))
        distances = 2 * EARTH * np.arcsin(np.sqrt(least) / (2 * EARTH))
    return GeospatialResult(distances[:, None], asked.sum(axis=1), 1 + 3 * reaches * (reaches + 1))


@lru_cache(maxsize=4)
def _places(spread: str) -> tuple[Floats, Floats]:
    """Return where drivers and riders are, in km from the middle of the earth."""
    up, over, at, across = (np.radians(degrees) for degrees in city(spread))
    drivers, riders = (
        EARTH * np.stack((np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)), axis=1)
        for north, east in ((up, over), (at, across))
    )
    return drivers, riders


def outlines(setting: Setting, rider: int) -> list[Outline]:
    """Return the cells that were looked into for a rider, by their corners in km east and north of him."""
    _, _, at, across = city(setting.spread)
    place = float(at[rider]), float(across[rider])
    if setting.index == "hexagons":
        from h3.api import basic_int as h3

        return [tuple(_from(place, *corner) for corner in h3.cell_to_boundary(cell)) for cell in _looked_into(setting, rider)]
    if setting.index == "scan":
        boxes = [(SOUTH, WEST, SIDE / DEGREE, SIDE / DEGREE / NARROWER)]
    elif setting.index == "quadtree":
        boxes = _leaves(setting, rider, place)
    else:
        boxes = _squares(setting, rider, place)
    corners = [((south, west), (south, west + width), (south + height, west + width), (south + height, west)) for south, west, height, width in boxes]
    return [tuple(_from(place, *corner) for corner in cell) for cell in corners]


def _from(place: tuple[float, float], north: float, east: float) -> tuple[float, float]:
    """Return a place in km east and north of another, as a flat map has it."""
    return (east - place[1]) * DEGREE * NARROWER, (north - place[0]) * DEGREE


def around(setting: Setting, rider: int) -> tuple[Floats, Floats]:
    """Return where the drivers are, in km east and north of a rider."""
    up, over, at, across = city(setting.spread)
    return (over[: setting.drivers] - across[rider]) * DEGREE * NARROWER, (up[: setting.drivers] - at[rider]) * DEGREE


Box = tuple[float, float, float, float]  # south, west, height and width, in degrees


def _squares(setting: Setting, rider: int, place: tuple[float, float]) -> list[Box]:
    """Return the cells of a grid or of geohashes: rings around the rider's own, as many as have as many cells as were counted."""
    up, over, _, _ = city(setting.spread)
    up, over = up[: setting.drivers], over[: setting.drivers]
    south, west, height, width = (
        geospatial.grid_edges(up, over, setting.size) if setting.index == "grid" else geohashes.edges(length_for(setting.size))
    )
    rows, columns = np.floor((up - south) / height), np.floor((over - west) / width)
    row, column = math.floor((place[0] - south) / height), math.floor((place[1] - west) / width)
    wanted = int(run(setting).cells[rider])
    for reach in range(10_000):
        lines = range(max(row - reach, int(rows.min())), min(row + reach, int(rows.max())) + 1)
        places = range(max(column - reach, int(columns.min())), min(column + reach, int(columns.max())) + 1)
        if len(lines) * len(places) >= wanted:
            break
    return [(south + line * height, west + each * width, height, width) for line in lines for each in places]


def _leaves(setting: Setting, rider: int, place: tuple[float, float]) -> list[Box]:
    """Return the cells of a quadtree that were looked into: as many of those that come nearest to the rider as were counted."""
    up, over, _, _ = city(setting.spread)
    wanted, reach = int(run(setting).cells[rider]), float(run(setting).distances[rider, 0])
    found: list[tuple[float, int, Box]] = []
    open_cells = [((-90.0, -180.0, 180.0, 360.0), np.arange(setting.drivers), 0)]
    while open_cells:
        box, members, level = open_cells.pop()
        south, west, height, width = box
        gap_up, gap_over = max(south - place[0], place[0] - south - height), max(west - place[1], place[1] - west - width)
        near = max(to_parallel(gap_up), to_meridian(place[0], gap_over))
        if near > reach:
            continue
        if members.size <= setting.room or level == DEPTH:
            found.append((near, -level, box))
            continue
        upper, right = up[members] >= south + height / 2, over[members] >= west + width / 2
        for quarter in range(4):
            chosen = members[(upper == bool(quarter & 1)) & (right == bool(quarter >> 1))]
            part = (south + (quarter & 1) * height / 2, west + (quarter >> 1) * width / 2, height / 2, width / 2)
            open_cells.append((part, chosen, level + 1))
    return [box for _, _, box in sorted(found)[:wanted]]
