"""Geospatial indexes: who is nearest, without asking everybody.

A full scan measures the distance to every point. An index sorts the points into cells beforehand, and looks only into those
cells in which somebody nearer may still be. Who stops at the border of the first cell finds somebody, but not always the nearest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only

INDEXES = ("scan", "grid", "geohash", "quadtree")
EARTH = 6371.0088  # mean radius in km (IUGG)
ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"
DEPTH = 26  # of a quadtree at most: its smallest cells are less than a metre
MOST_POINTS = 20_000_000
WIDEST = 60.0  # degrees of longitude that points and queries may span, so that no cell wraps around the earth
FARTHEST = 80.0  # degrees of latitude, so that no cell is at a pole

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Cell:
    """A part of the earth between two parallels and two meridians, in degrees.

    Attributes
    ----------
    south, west, north, east : float
    """

    south: float
    west: float
    north: float
    east: float

    @property
    def middle(self) -> tuple[float, float]:
        """Latitude and longitude of its middle."""
        return (self.south + self.north) / 2, (self.west + self.east) / 2


def geohash_encode(latitude: float, longitude: float, length: int = 11) -> str:
    """Name the cell in which a place lies: the earth is halved again and again, first by longitude, and each 5 halvings make a character.

    Parameters
    ----------
    latitude : float
        Degrees, −90 to 90.
    longitude : float
        Degrees, −180 to 180; 180 itself counts to the easternmost cell.
    length : int, default 11
        Characters, 1 to 12.

    Returns
    -------
    str

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Niemeyer, geohash.org, 2008; https://en.wikipedia.org/wiki/Geohash, whose example this is.

    Examples
    --------
    >>> geohash_encode(57.64911, 10.40744)
    'u4pruydqqvj'
    """
    edges = [[-180.0, 180.0], [-90.0, 90.0]]
    place = (checks.number("longitude", longitude, -180, 180), checks.number("latitude", latitude, -90, 90))
    number = 0
    for bit in range(5 * checks.integer("length", length, 1, 12)):
        axis = bit % 2
        middle = sum(edges[axis]) / 2
        upper = place[axis] >= middle
        edges[axis][0 if upper else 1] = middle
        number = 2 * number + upper
    return "".join(ALPHABET[(number >> 5 * back) & 31] for back in reversed(range(length)))


def geohash_decode(text: str) -> Cell:
    """Return the cell that a geohash names.

    Parameters
    ----------
    text : str
        1 to 12 characters.

    Returns
    -------
    Cell

    Raises
    ------
    TypeError, ValueError
        If it is no geohash.

    Examples
    --------
    >>> [round(degrees, 3) for degrees in geohash_decode("ezs42").middle]
    [42.605, -5.603]
    """
    if not isinstance(text, str):
        raise TypeError(f"text is {text!r} ({type(text).__name__}), but must be a geohash such as 'ezs42'")
    if not 1 <= len(text) <= 12 or set(text) - set(ALPHABET):
        raise ValueError(f"text is {text!r}, but must have 1 to 12 of the characters {ALPHABET}")
    edges = [[-180.0, 180.0], [-90.0, 90.0]]
    bits = [(ALPHABET.index(character) >> back) & 1 for character in text for back in (4, 3, 2, 1, 0)]
    for place, upper in enumerate(bits):
        edges[place % 2][0 if upper else 1] = sum(edges[place % 2]) / 2
    return Cell(edges[1][0], edges[0][0], edges[1][1], edges[0][1])


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


@kernel
def distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Return the distance of two places on a sphere in km (haversine formula; all angles in degrees)."""
    phi, psi = np.radians(latitude), np.radians(other_latitude)
    half_up, half_over = (psi - phi) / 2, np.radians(other_longitude - longitude) / 2
    chord = np.sin(half_up) ** 2 + np.cos(phi) * np.cos(psi) * np.sin(half_over) ** 2
    return float(2 * EARTH * np.arcsin(min(1.0, np.sqrt(chord))))


# Nothing beyond a parallel is nearer than the difference of latitudes, and nothing beyond a meridian nearer than the meridian itself,
# which is asin(cos φ · sin Δλ) away.
@kernel
def _to_meridian(latitude: float, degrees: float) -> float:
    if degrees <= 0:
        return 0.0
    return float(EARTH * np.arcsin(np.cos(np.radians(latitude)) * np.sin(np.radians(min(degrees, 90.0)))))


@kernel
def _to_parallel(degrees: float) -> float:
    return float(EARTH * np.radians(max(degrees, 0.0)))


@kernel
def _keep(found: Floats, candidate: float) -> None:
    """Put a distance among the smallest, which are in order."""
    place = found.size
    while place > 0 and found[place - 1] > candidate:
        if place < found.size:
            found[place] = found[place - 1]
        place -= 1
    if place < found.size:
        found[place] = candidate


@kernel
def _scan(latitudes: Floats, longitudes: Floats, at: Floats, over: Floats, distances: Floats) -> None:
    for query in range(at.size):
        for point in range(latitudes.size):
            _keep(distances[query], distance(at[query], over[query], latitudes[point], longitudes[point]))


# Points are sorted by the number of their cell. The cell of the query is searched first, then the ring of cells around it, then the
# next: until what lies beyond the ring cannot be nearer than the worst that was found – or, if careless, as soon as enough were found.
@kernel
def _rings(
    latitudes: Floats, longitudes: Floats, keys: Integers, edges: Floats, columns: int, box: Integers, at: Floats, over: Floats, careful: bool,
    distances: Floats, candidates: Integers, cells: Integers,
) -> None:  # fmt: skip
    south, west, height, width = edges[0], edges[1], edges[2], edges[3]
    for query in range(at.size):
        row, column = int(np.floor((at[query] - south) / height)), int(np.floor((over[query] - west) / width))
        reach = max(abs(box[0] - row), abs(box[1] - row), abs(box[2] - column), abs(box[3] - column))
        for ring in range(reach + 1):
            for line in range(max(row - ring, box[0]), min(row + ring, box[1]) + 1):
                whole = line == row - ring or line == row + ring
                first = max(column - ring, box[2]) if whole else column - ring
                last = min(column + ring, box[3]) if whole else column + ring
                for place in range(first, last + 1, 1 if whole else 2 * ring):
                    if place < box[2] or place > box[3]:
                        continue
                    cells[query] += 1
                    key = line * columns + place
                    point = np.searchsorted(keys, key)
                    while point < keys.size and keys[point] == key:
                        candidates[query] += 1
                        _keep(distances[query], distance(at[query], over[query], latitudes[point], longitudes[point]))
                        point += 1
            worst = distances[query, -1]
            if careful:
                below, above = at[query] - (south + (row - ring) * height), south + (row + ring + 1) * height - at[query]
                left, right = over[query] - (west + (column - ring) * width), west + (column + ring + 1) * width - over[query]
                beyond = min(_to_parallel(min(below, above)), _to_meridian(at[query], min(left, right)))
                if worst <= beyond:
                    break
            elif worst < np.inf:
                break


# A cell with more points than there is room for is cut into four (Finkel and Bentley, "Quad Trees", Acta Informatica 4, 1974). The points are
# sorted by their path from the root down – which is a geohash, bit for bit – so that each cell is a stretch of them.
# The search always opens the cell that may hold the nearest point, and ends when none may hold a nearer one than was found (Hjaltason and
# Samet, "Distance Browsing in Spatial Databases", ACM TODS 24(2), 1999); if careless, it only goes down to the query's own cell, and up
# again while there are too few.
@kernel
def _quadtree(
    latitudes: Floats, longitudes: Floats, paths: Integers, edges: Floats, room: int, at: Floats, over: Floats, careful: bool,
    distances: Floats, candidates: Integers, cells: Integers,
) -> None:  # fmt: skip
    most = 4 * DEPTH * 64
    bounds, near = np.empty((most, 4)), np.empty(most)  # south, west, height, width of each open cell, and how near it comes
    spans, levels = np.empty((most, 2), dtype=np.int64), np.empty(most, dtype=np.int64)
    for query in range(at.size):
        count = 1
        bounds[0], near[0], levels[0] = edges, 0.0, 0
        spans[0, 0], spans[0, 1] = 0, paths.size
        while count > 0:
            best = 0
            for each in range(1, count):  # of cells that come equally near, the smaller
                if near[each] < near[best] or (near[each] == near[best] and levels[each] > levels[best]):
                    best = each
            worst = distances[query, -1]
            if near[best] >= worst or (not careful and worst < np.inf):
                break
            south, west, height, width = bounds[best, 0], bounds[best, 1], bounds[best, 2], bounds[best, 3]
            first, last, level = spans[best, 0], spans[best, 1], levels[best]
            count -= 1
            bounds[best], near[best], levels[best] = bounds[count], near[count], levels[count]
            spans[best, 0], spans[best, 1] = spans[count, 0], spans[count, 1]
            if last - first <= room or level == DEPTH or count + 4 > most:
                cells[query] += 1
                candidates[query] += last - first
                for point in range(first, last):
                    _keep(distances[query], distance(at[query], over[query], latitudes[point], longitudes[point]))
                continue
            shift = 2 * (DEPTH - level - 1)
            begin = first
            for quarter in range(4):
                prefix = ((paths[first] >> (shift + 2)) << 2) + quarter
                end = first + np.searchsorted(paths[first:last], (prefix + 1) << shift)
                bounds[count, 0] = south + (quarter & 1) * height / 2
                bounds[count, 1] = west + (quarter >> 1) * width / 2
                bounds[count, 2], bounds[count, 3] = height / 2, width / 2
                gap_up = max(bounds[count, 0] - at[query], at[query] - bounds[count, 0] - height / 2)
                gap_over = max(bounds[count, 1] - over[query], over[query] - bounds[count, 1] - width / 2)
                near[count] = max(_to_parallel(gap_up), _to_meridian(at[query], gap_over))
                spans[count, 0], spans[count, 1], levels[count] = begin, end, level + 1
                begin = end
                count += 1


@kernel
def _interleaved(rows: Integers, columns: Integers) -> Integers:
    paths = np.zeros(rows.size, dtype=np.int64)
    for point in range(rows.size):
        for bit in range(DEPTH):
            paths[point] |= ((columns[point] >> bit) & 1) << (2 * bit + 1) | ((rows[point] >> bit) & 1) << (2 * bit)
    return paths


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
            _scan(up, over, at, across, distances)
            candidates[:], cells[:] = self.latitudes.size, 1
        elif self.name == "quadtree":
            _quadtree(up, over, keys, edges, self.room, at, across, bool(careful), distances, candidates, cells)
        else:
            _rings(up, over, keys, edges, self.columns, self.box, at, across, bool(careful), distances, candidates, cells)
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
        keys = _interleaved(rows, columns)
    else:
        edges = np.array(grid_edges(up, over, side)) if index == "grid" else np.array(geohash_edges(characters))
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


def geohash_edges(length: int) -> tuple[float, float, float, float]:
    """Return south, west, height and width of the first cell of the geohashes of a length, in degrees.

    Parameters
    ----------
    length : int
        Characters, 1 to 12.

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> geohash_edges(5)
    (-90.0, -180.0, 0.0439453125, 0.0439453125)
    """
    bits = 5 * checks.integer("length", length, 1, 12)
    return -90.0, -180.0, 180 / 2 ** (bits // 2), 360 / 2 ** ((bits + 1) // 2)
