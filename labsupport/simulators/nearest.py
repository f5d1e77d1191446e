"""Three ways to look for the nearest points: at all of them, ring by ring through a grid, and down a quadtree.

Each kernel is given points in the order of their cells, and the queries; it fills in the distances to the nearest, in order, and what was looked at.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel
from labsupport.simulators.sphere import distance, to_meridian, to_parallel

DEPTH = 26  # of a quadtree at most: its smallest cells are less than a metre

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


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
def scan(latitudes: Floats, longitudes: Floats, at: Floats, over: Floats, distances: Floats) -> None:
    """Look at every point."""
    for query in range(at.size):
        for point in range(latitudes.size):
            _keep(distances[query], distance(at[query], over[query], latitudes[point], longitudes[point]))


# Points are sorted by the number of their cell. The cell of the query is searched first, then the ring of cells around it, then the
# next: until what lies beyond the ring cannot be nearer than the worst that was found – or, if careless, as soon as enough were found.
@kernel
def rings(
    latitudes: Floats, longitudes: Floats, keys: Integers, edges: Floats, columns: int, box: Integers, at: Floats, over: Floats, careful: bool,
    distances: Floats, candidates: Integers, cells: Integers,
) -> None:  # fmt: skip
    """Look into the cells of a grid around the query, ring by ring."""
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
                beyond = min(to_parallel(min(below, above)), to_meridian(at[query], min(left, right)))
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
def quadtree(
    latitudes: Floats, longitudes: Floats, paths: Integers, edges: Floats, room: int, at: Floats, over: Floats, careful: bool,
    distances: Floats, candidates: Integers, cells: Integers,
) -> None:  # fmt: skip
    """Look into the cells of a quadtree, the nearest first."""
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
                near[count] = max(to_parallel(gap_up), to_meridian(at[query], gap_over))
                spans[count, 0], spans[count, 1], levels[count] = begin, end, level + 1
                begin = end
                count += 1


@kernel
def interleaved(rows: Integers, columns: Integers) -> Integers:
    """Return the path of each point down the quadtree, from its row and column among the smallest cells."""
    paths = np.zeros(rows.size, dtype=np.int64)
    for point in range(rows.size):
        for bit in range(DEPTH):
            paths[point] |= ((columns[point] >> bit) & 1) << (2 * bit + 1) | ((rows[point] >> bit) & 1) << (2 * bit)
    return paths
