"""The nearest of up to a million points, timed on this machine: without an index, by those of the simulator, and by Uber's H3."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.util
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks, kernels
from labsupport.simulators import geohashes, geospatial
from labsupport.simulators.geospatial import Index
from labsupport.simulators.sphere import EARTH
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.progress import Progress
from labsupport.systems.timing import timed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["POINTS", "compare", "record", "recorded"]

POINTS = (1_000, 30_000, 1_000_000)
MOST_POINTS = 5_000_000
WAYS = {"scan": "no index", "grid": "grid", "geohash": "geohash", "quadtree": "quadtree", "h3": "H3, in Python"}
WEST, SOUTH, SPREAD = 11.3, 48.0, 0.4  # degrees: a town of about 30 by 45 km
NEAR = 4.0  # points in a cell, about: the side of the cells follows from it
QUERIES, REPEATS = 200, 9  # each shown by its median and its quartiles
LEAST = 0.005  # seconds that are timed in one go: less is too short for the clock
COLUMNS = ["source", "index", "points", "median_us", "low_us", "high_us", "candidates", "right"]
SEED = 808
NO_H3 = "H3 is left out, since it is not installed here. To install it: python -m pip install h3"

Floats = NDArray[np.float64]
Ask = Callable[[float, float], tuple[float, int]]  # a place in, kilometres to the nearest and points looked at out


def compare(points: Sequence[int] = POINTS, *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Look for the nearest point with and without an index, and hold the times against the number of points that are looked at.

    The indexes are those of `labsupport.simulators.geospatial`, compiled; and, where it is installed, Uber's H3 with a dict of cells, in Python.
    Each time is the median of nine, with the quartiles beside it. Theory says that a query takes as long as a full scan needs for as many
    points as were looked at. Where nothing is to be measured (see `labsupport.systems.comparison.reason_not_to_measure`), or numba
    is missing, the recorded run is shown.

    Parameters
    ----------
    points : sequence of int, optional
        How many points, from 10 to 5,000,000, rising.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source`` (measurement, theory), ``index``, ``points``, ``median_us``, ``low_us`` and ``high_us`` (microseconds
        a query), ``candidates`` (points looked at for a query), ``right`` (share of the queries in which the nearest was found) and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If a number of points is none, or they do not rise.

    Examples
    --------
    >>> sorted(set(compare([10, 100]).table["source"]))
    ['measurement', 'theory']
    """
    sizes = checks.integers("points", points, 10, MOST_POINTS, kind="number of points").tolist()
    if sizes != sorted(set(sizes)):
        raise ValueError(f"points is {points!r}, but must rise")
    reason = comparison.reason_not_to_measure()
    if not kernels.COMPILED:
        reason = reason or "Nothing is measured, since numba is not installed, and Python alone would take minutes."
    if reason:
        return recorded(reason)
    with contextlib.ExitStack() as stack:
        return _measured(sizes, progress or stack.enter_context(Progress("Looking for the nearest")))


def recorded(notice: str = "") -> Comparison:
    """Return the comparison that is shipped with the course, labelled as recorded.

    Parameters
    ----------
    notice : str, optional
        What to say before the words that label it as recorded.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> recorded().recorded
    True
    """
    return comparison.recorded("geospatial", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine, with H3; it takes some seconds.

    Parameters
    ----------
    directory : pathlib.Path, optional
        Where to write; by default the folder that :func:`recorded` reads.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    OSError
        If H3 is not installed.

    Examples
    --------
    Too long for an example that runs; this is what it wrote:

    >>> recorded().about["command"]
    'python -m labsupport record geospatial'
    """
    if importlib.util.find_spec("h3") is None:
        raise OSError(NO_H3)
    return _measured(list(POINTS), lambda _: None).save("geospatial", directory)


def _measured(sizes: list[int], show: Callable[[float], None]) -> Comparison:
    import pandas as pd

    with_h3 = importlib.util.find_spec("h3") is not None
    names = [name for name in WAYS if name != "h3" or with_h3]
    generator = np.random.default_rng(SEED)
    asked = (SOUTH + SPREAD * generator.random(QUERIES), WEST + SPREAD * generator.random(QUERIES))
    rows: list[tuple[str, str, int, float, float, float, float, float]] = []
    for number, count in enumerate(sizes):
        places = (SOUTH + SPREAD * generator.random(count), WEST + SPREAD * generator.random(count))
        true = geospatial.build("quadtree", *places).search(*asked).distances[:, 0]
        for step, name in enumerate(names):
            show((number + step / len(names)) / len(sizes))
            found, candidates, taken = _with_h3(places, asked) if name == "h3" else _with_ours(name, places, asked)
            right = float(np.mean(np.abs(found - true) < 1e-6))
            rows.append(("measurement", WAYS[name], count, *taken, float(np.mean(candidates)), right))
        each = next(row[3] for row in rows if row[1] == WAYS["scan"] and row[2] == count) / count
        for _, way, _, _, _, _, candidates, right in [row for row in rows if row[2] == count and row[0] == "measurement"]:
            rows.append(("theory", way, count, each * candidates, math.nan, math.nan, candidates, right))
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False).round(4)
    about = {
        "system": "the simulator's indexes" + (f" and H3 {_h3_version()}" if with_h3 else ""),
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    return Comparison(table, _reconcile(table), about, "" if with_h3 else NO_H3, _summary(table))


def _h3_version() -> str:
    from importlib.metadata import version

    return version("h3")


def _side(count: int) -> float:
    """Return the side in km of square cells with about `NEAR` points each."""
    area = (EARTH * math.radians(SPREAD)) ** 2 * math.cos(math.radians(SOUTH + SPREAD / 2))
    return math.sqrt(area * NEAR / count)


def _with_ours(name: str, places: tuple[Floats, Floats], asked: tuple[Floats, Floats]) -> tuple[Floats, Any, tuple[float, float, float]]:
    side = _side(places[0].size)
    length = min(range(4, 10), key=lambda letters: abs(math.log(geohashes.edges(letters)[2] / math.degrees(side / EARTH))))
    index = geospatial.build(name, *places, size=side, length=length)
    result = index.search(*asked)
    few = (asked[0][:3], asked[1][:3]) if name == "scan" else asked  # a scan takes long enough
    return result.distances[:, 0], result.candidates, timed(partial(_searched, index, few), REPEATS, LEAST, few[0].size)


def _searched(index: Index, asked: tuple[Floats, Floats]) -> object:
    return index.search(*asked)


def _with_h3(places: tuple[Floats, Floats], asked: tuple[Floats, Floats]) -> tuple[Floats, Any, tuple[float, float, float]]:
    import h3

    side = _side(places[0].size)
    resolution = next((level for level in range(6, 13) if h3.average_hexagon_edge_length(level, unit="km") * 1.6 <= side), 12)
    cells: dict[str, list[tuple[float, float]]] = {}
    for up, over in zip(places[0].tolist(), places[1].tolist(), strict=True):
        cells.setdefault(h3.latlng_to_cell(up, over, resolution), []).append((up, over))
    # H3's hexagons are not all alike, so that what a ring is sure to hold is counted with the shortest edge here
    middle = h3.latlng_to_cell(SOUTH + SPREAD / 2, WEST + SPREAD / 2, resolution)
    shortest = 0.95 * min(h3.edge_length(edge, unit="km") for edge in h3.origin_to_directed_edges(middle))

    def ask(latitude: float, longitude: float) -> tuple[float, int]:
        own = h3.latlng_to_cell(latitude, longitude, resolution)
        nearest, seen, ring = math.inf, 0, 0
        while nearest > shortest * (1.5 * (ring - 1) - 0.5) and ring < 1_000:
            for cell in h3.grid_ring(own, ring):
                for up, over in cells.get(cell, ()):
                    seen += 1
                    nearest = min(nearest, _distance(latitude, longitude, up, over))
            ring += 1
        return nearest, seen

    pairs = list(zip(asked[0].tolist(), asked[1].tolist(), strict=True))
    found = [ask(*pair) for pair in pairs]
    some = pairs[:20]
    taken = timed(lambda: [ask(*pair) for pair in some], REPEATS, LEAST, len(some))
    return np.array([distance for distance, _ in found]), [seen for _, seen in found], taken


def _distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    phi, psi = math.radians(latitude), math.radians(other_latitude)
    chord = math.sin((psi - phi) / 2) ** 2 + math.cos(phi) * math.cos(psi) * math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(chord)))


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put measurement and theory beside each other, one row for each index and number of points."""
    import pandas as pd

    theory = table[table["source"] == "theory"].set_index(["index", "points"])["median_us"]
    lines = []
    for row in table[table["source"] == "measurement"].to_dict("records"):
        low, median, high = (_short(row[name]) for name in ("low_us", "median_us", "high_us"))
        lines.append(
            {
                "index": row["index"],
                "points": f"{row['points']:,}",
                "points looked at": f"{row['candidates']:,.1f}",
                "median µs a query (quartiles)": f"{median} ({low}–{high})",
                "in theory": _short(theory[row["index"], row["points"]]),
                "nearest found, %": f"{100 * row['right']:g}",
            }
        )
    return pd.DataFrame(lines)


def _short(microseconds: float) -> str:
    """Return three digits that count, and none behind the point where there are enough before it."""
    return f"{microseconds:.3g}" if microseconds < 1_000 else f"{float(f'{microseconds:.3g}'):,.0f}"


def _reconcile(table: pd.DataFrame) -> str:
    """Say, from the numbers, what an index saves, and what counting points leaves out."""
    most = int(table["points"].max())
    at: Any = table[(table["points"] == most) & (table["source"] == "measurement")].set_index("index")
    theory: Any = table[(table["points"] == most) & (table["source"] == "theory")].set_index("index")["median_us"]
    indexes = at.drop(index=WAYS["scan"])
    quick = indexes["median_us"].idxmin()
    times = at.loc[WAYS["scan"], "median_us"] / at.loc[quick, "median_us"]
    off = (indexes["median_us"] / theory[indexes.index]).astype(float)
    worst = off.idxmax()
    return (
        f"With {most:,} points, the {quick} looks at {at.loc[quick, 'candidates']:.0f} of them and is {_short(times)} times as quick as a full scan. "
        f"Counted in points alone it would be more: the worst takes {_short(off[worst])} times what the points that it looks at would take in a scan "
        f"({worst})."
        "\n\nThe model counts points only. It leaves out that cells must be found before there is anything to look at, empty ones too; that a "
        "scan runs through memory in order, and an index jumps; and what language the work is written in: H3 itself is in C, but the dict of its "
        "cells and the distances here are in Python. An index must also be built, and kept up to date as drivers move, which is not timed here."
    )
