"""Geospatial indexes: who is nearest, without asking everybody.

A full scan measures the distance to every point. An index sorts the points into cells beforehand, and looks only into those
cells in which somebody nearer may still be. Who stops at the border of the first cell finds somebody, but not always the nearest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from labsupport import checks
from labsupport.simulators import geohashes
from labsupport.simulators.nearest import DEPTH, Floats, Integers, interleaved, quadtree, rings, scan
from labsupport.simulators.numbering import read_only
from labsupport.simulators.sphere import EARTH

INDEXES = ("scan", "grid", "geohash", "quadtree")
MOST_POINTS = 20_000_000
WIDEST = 60.0  # degrees of longitude that points and queries may span, so that no cell wraps around the earth
FARTHEST = 80.0  # degrees of latitude, so that no cell is at a pole


@dataclass(frozen=True)
class GeospatialResult:
    """What was found, and how much was looked at for it.

    Attributes
    ----------
    distances : ndarray of float64, shape (queries, neighbours)
        Kilometres to those that were found, the nearest first; infinite where there were not so many. Read-only.
    candidates : ndarray of int64, shape (queries,)
        Points to which a distance was computed. Read-only.
    cells : ndarray of int64, shape (queries,)
        Cells that were looked into, empty ones included. Read-only.
    """

    distances: Floats
    candidates: Integers
    cells: Integers


def grid_edges(latitudes: Any, longitudes: Any, size: float) -> tuple[float, float, float, float]:
    """Lay a grid over some points, with cells that are about square.

    Parameters
    ----------
    latitudes, longitudes : array_like of float, shape (points,)
        Degrees.
    size : float
        The side of a cell in km.

    Returns
    -------
    tuple of float
        South, west, height and width of the first cell, in degrees.

    Examples
    --------
    >>> [round(degrees, 4) for degrees in grid_edges([48.1, 48.2], [11.5, 11.6], size=1.0)]
    [48.1, 11.5, 0.009, 0.0135]
    """
    south, north = float(np.min(latitudes)), float(np.max(latitudes))
    height = np.degrees(size / EARTH)
    return south, float(np.min(longitudes)), float(height), float(height / np.cos(np.radians((south + north) / 2)))


def _checked(name: str, latitudes: Any, longitudes: Any) -> tuple[Floats, Floats]:
    pair = []
    for part, values, limit in (("latitudes", latitudes, FARTHEST), ("longitudes", longitudes, 180.0)):
        degrees = np.asarray(values)
        if degrees.ndim != 1 or degrees.size == 0:
            raise ValueError(f"{name}{part} has shape {degrees.shape}, but must be one-dimensional and hold at least one")
        if degrees.dtype.kind not in "fiu":
            raise TypeError(f"{name}{part} holds {degrees.dtype} such as {degrees[0]!r}, but must hold numbers")
        degrees = np.ascontiguousarray(degrees, dtype=np.float64)
        wrong = degrees[~(np.abs(degrees) <= limit)]
        if wrong.size:
            raise ValueError(f"{name}{part} holds {wrong[0]}, but each must be from −{limit:g} to {limit:g} degrees")
        pair.append(degrees)
    if pair[0].size != pair[1].size:
        raise ValueError(f"{name}longitudes holds {pair[1].size:,} numbers and {name}latitudes {pair[0].size:,}, but both must hold as many")
    return pair[0], pair[1]


@dataclass(frozen=True)
class Index:
    """Points that were sorted into cells, ready to be searched.

    Attributes
    ----------
    name : str
        Which index.
    latitudes, longitudes : ndarray of float64, shape (points,)
        Where the points are, in degrees, in the order of the index. Read-only.
    keys : ndarray of int64, shape (points,)
        The cell of each point, or its path down the quadtree, ascending. Read-only.
    edges : ndarray of float64, shape (4,)
        South, west, height and width of the first cell, in degrees. Read-only.
    columns : int
        Cells from west to east.
    box : ndarray of int64, shape (4,)
        First and last row, first and last column in which there are points. Read-only.
    room : int
        Points that a cell of the quadtree holds.
    reach : tuple of float
        Longitude of the westernmost and of the easternmost point.
    """

    name: str
    latitudes: Floats
    longitudes: Floats
    keys: Integers
    edges: Floats
    columns: int
    box: Integers
    room: int
    reach: tuple[float, float]

    def search(self, latitudes: Any, longitudes: Any, *, neighbours: int = 1, careful: bool = True) -> GeospatialResult:
        """Look for the nearest points, as `simulate` does.

        Parameters
        ----------
        latitudes, longitudes : array_like of float, shape (queries,)
            For whom, in degrees.
        neighbours : int, default 1
            How many of the nearest, 1 to 100.
        careful : bool, default True
            Whether the search goes on until nobody can be nearer.

        Returns
        -------
        GeospatialResult

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong.
        """
        at, across = _checked("query_", latitudes, longitudes)
        span = max(self.reach[1], across.max()) - min(self.reach[0], across.min())
        if span > WIDEST:
            raise ValueError(f"longitudes span {span:.1f} degrees, but points and queries must lie within {WIDEST:g}")
        wanted = checks.integer("neighbours", neighbours, 1, 100)
        if not isinstance(careful, (bool, np.bool_)):
            raise TypeError(f"careful is {careful!r} ({type(careful).__name__}), but must be True or False")
        distances = np.full((at.size, wanted), np.inf)
        candidates, cells = np.zeros(at.size, dtype=np.int64), np.zeros(at.size, dtype=np.int64)
        up, over, keys, edges = self.latitudes, self.longitudes, self.keys, self.edges
        if self.name == "scan":
            scan(up, over, at, across, distances)
            candidates[:], cells[:] = self.latitudes.size, 1
        elif self.name == "quadtree":
            quadtree(up, over, keys, edges, self.room, at, across, bool(careful), distances, candidates, cells)
        else:
            rings(up, over, keys, edges, self.columns, self.box, at, across, bool(careful), distances, candidates, cells)
        return GeospatialResult(read_only(distances), read_only(candidates), read_only(cells))


def build(index: str, latitudes: Any, longitudes: Any, *, size: float = 1.0, length: int = 6, room: int = 16) -> Index:
    """Sort points into the cells of an index, so that many queries can use it.

    Parameters
    ----------
    index, latitudes, longitudes, size, length, room
        As `simulate` takes them.

    Returns
    -------
    Index

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> city = build("grid", [48.1000, 48.1085, 48.1170], [11.5000, 11.5010, 11.5010])
    >>> city.search([48.1092], [11.5010]).candidates
    array([3])
    """
    checks.choice("index", index, INDEXES)
    up, over = _checked("", latitudes, longitudes)
    if up.size > MOST_POINTS:
        raise ValueError(f"latitudes holds {up.size:,} points, but there must be at most {MOST_POINTS:,}")
    side, characters = checks.number("size", size, 0.001), checks.integer("length", length, 1, 9)
    space = checks.integer("room", room, 1)
    width, box = 0, np.zeros(4, dtype=np.int64)
    edges = np.array([-90.0, -180.0, 180.0, 360.0])
    if index == "scan":
        keys = np.zeros(up.size, dtype=np.int64)
    elif index == "quadtree":
        scale = 2.0**DEPTH
        rows = np.minimum((up + 90) / 180 * scale, scale - 1).astype(np.int64)
        columns = np.minimum((over + 180) / 360 * scale, scale - 1).astype(np.int64)
        keys = interleaved(rows, columns)
    else:
        edges = np.array(grid_edges(up, over, side)) if index == "grid" else np.array(geohashes.edges(characters))
        rows = np.floor((up - edges[0]) / edges[2]).astype(np.int64)
        columns = np.floor((over - edges[1]) / edges[3]).astype(np.int64)
        width = int(columns.max()) + 1
        keys = rows * width + columns
        box = np.array([rows.min(), rows.max(), columns.min(), columns.max()])
    order = np.argsort(keys, kind="stable")
    reach = (float(over.min()), float(over.max()))
    return Index(index, read_only(up[order]), read_only(over[order]), read_only(keys[order]), read_only(edges), width, read_only(box), space, reach)


def simulate(
    index: str,
    latitudes: Any,
    longitudes: Any,
    query_latitudes: Any,
    query_longitudes: Any,
    *,
    neighbours: int = 1,
    size: float = 1.0,
    length: int = 6,
    room: int = 16,
    careful: bool = True,
) -> GeospatialResult:
    """Look for the nearest of many points, and count what had to be looked at.

    Parameters
    ----------
    index : {"scan", "grid", "geohash", "quadtree"}
    latitudes, longitudes : array_like of float, shape (points,)
        Where they are, in degrees: at most 80 from the equator. Not written to.
    query_latitudes, query_longitudes : array_like of float, shape (queries,)
        For whom the nearest are sought; points and queries together may span 60 degrees of longitude.
    neighbours : int, default 1
        How many of the nearest, 1 to 100.
    size : float, default 1.0
        Side of the grid's cells, in km, at least 0.001.
    length : int, default 6
        Characters of the geohashes, 1 to 9: a cell of 6 has 0.6 km from south to north and at most 1.2 from west to east.
    room : int, default 16
        How many points a cell of the quadtree holds before it is cut into four.
    careful : bool, default True
        Whether the search goes on across borders until nobody can be nearer; otherwise it ends with the ring of cells, or cell of the quadtree,
        in which enough points have been found.

    Returns
    -------
    GeospatialResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    The nearest is just beyond the border of the cell:

    >>> drivers = ([48.1000, 48.1085, 48.1170], [11.5000, 11.5010, 11.5010])
    >>> for careful in (False, True):
    ...     result = simulate("grid", *drivers, [48.1092], [11.5010], size=1.0, careful=careful)
    ...     print(result.distances.round(3), result.candidates, result.cells)
    [[0.867]] [1] [1]
    [[0.078]] [3] [2]
    """
    built = build(index, latitudes, longitudes, size=size, length=length, room=room)
    return built.search(query_latitudes, query_longitudes, neighbours=neighbours, careful=careful)
