"""The map of the geospatial lab: one rider in the middle, the cells that were looked into, and who is sent and who would have been nearer."""

from __future__ import annotations

import numpy as np

from labsupport.labs import geospatial_runs as runs
from labsupport.labs.chart import Axis, Panel, above
from labsupport.labs.geospatial_runs import Outline, Setting
from labsupport.labs.marks import Area, Line, Mark, Points, Role

MOST_DOTS, MOST_CELLS = 120, 12  # drivers drawn, and cells drawn one by one
WIDER = 1.6  # how much wider than high a map is
ROUND = (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)

Shape = tuple[list[float], list[float], list[float]]  # places from west to east, and how far an area goes south and north there


def shown_rider(setting: Setting) -> int:
    """Choose a rider in the middle of the city: of those to whom the wrong driver is sent, if there are any, the one of whom it is seen best."""
    central, found = np.array(runs.central(setting.spread)), runs.run(setting).distances[:, 0]
    nearest = runs.nearest(setting.spread, setting.drivers)
    detour = np.minimum(nearest, found - nearest)[central]
    if detour.max() > 0:
        return int(central[np.argmax(detour)])
    return int(central[np.argsort(nearest[central])[central.size // 2]])


def panel(setting: Setting) -> Panel:
    """Draw the surroundings of a rider, in km east and north of that rider."""
    rider = shown_rider(setting)
    cells, (east, north) = runs.outlines(setting, rider), runs.around(setting, rider)
    distances = np.hypot(east, north)
    nearest = int(np.argmin(distances))
    found = int(np.argmin(np.abs(distances - runs.run(setting).distances[rider, 0])))
    edge = above(1.1 * max(distances[found], *(abs(value) for cell in cells for corner in cell for value in corner)), ROUND)
    inside = np.flatnonzero((np.abs(east) < WIDER * edge) & (np.abs(north) < edge))
    every = max(1, -(-inside.size // MOST_DOTS))
    others = [driver for driver in inside[::every].tolist() if driver not in (nearest, found)]
    marks: list[Mark] = [Area("looked into" if number == 0 else "", *shape, "reference") for number, shape in enumerate(_shapes(cells))]
    if others:
        marks.append(Points("drivers", east[others].tolist(), north[others].tolist(), "other"))
    ends: list[tuple[str, int, Role]] = [("sent", found, "own"), ("nearest", nearest, "main")]
    for label, driver, role in ends if found != nearest else ends[1:]:
        place = float(east[driver]), float(north[driver])
        marks += [Line(label, [0.0, place[0]], [0.0, place[1]], role), Points("", [place[0]], [place[1]], role)]
    marks.append(Points("rider", [0.0], [0.0]))
    title = f"Looked into for one rider: {len(cells):,} cell{'s' * (len(cells) > 1)}"
    title += f" (1 driver of {every} drawn)" * (every > 1)
    x, y = Axis("east of the rider", (-WIDER * edge, WIDER * edge), unit="km"), Axis("north", (-edge, edge), unit="km")
    return Panel(title, x, y, tuple(marks))


def _shapes(cells: list[Outline]) -> list[Shape]:
    """Return the shape of each cell, or of all together if they are many: cells bulge outwards, and together they have no holes."""
    if len(cells) <= MOST_CELLS:
        return [_shape([cell], sorted({round(x, 4) for x, _ in cell})) for cell in cells]
    ends = [x for cell in cells for x, _ in cell]
    return [_shape(cells, np.linspace(min(ends), max(ends), 50).round(4).tolist())]


def _shape(cells: list[Outline], places: list[float]) -> Shape:
    low, high = list[float](), list[float]()
    for x in places:
        met = [y for cell in cells for number in range(len(cell)) for y in _at(x, cell[number - 1], cell[number])]
        low.append(min(met))
        high.append(max(met))
    return places, low, high


def _at(x: float, one: tuple[float, float], other: tuple[float, float]) -> list[float]:
    """Return where a side of a cell has a place from west to east: nowhere, at one height, or at the two ends of an upright side."""
    (west, start), (east, end) = sorted((one, other))
    if not west - 1e-3 <= x <= east + 1e-3:
        return []
    if east - west < 2e-3:
        return [start, end]
    return [start + (end - start) * min(max((x - west) / (east - west), 0.0), 1.0)]
