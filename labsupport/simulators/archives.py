"""Round-robin archives: what a monitoring database still knows of a metric after an hour, a week, a year.

A database of fixed size cannot keep every measurement. Ganglia's, RRDtool, keeps several *archives* of the same metric side by side: one
with every measurement, for a day; one in which a row stands for four of them, for two weeks; and so on. Each archive is a ring: when it is
full, the newest row takes the place of the oldest. What a row says of the measurements that it stands for – their average, their
maximum – is chosen when the archive is made, and everything else about them is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators.numbering import read_only

FUNCTIONS = ("average", "maximum", "minimum", "last")


@dataclass(frozen=True)
class Archive:
    """One ring of rows.

    Attributes
    ----------
    steps : int
        How many measurements one row stands for, at least 1.
    rows : int
        How many rows there is room for, at least 1.
    function : {"average", "maximum", "minimum", "last"}
        What a row says of its measurements.
    unknown : float
        The share of its measurements that may be missing before a row is unknown, too: from 0 to below 1.

    Raises
    ------
    TypeError, ValueError
        If one of them is none of these.

    Examples
    --------
    >>> Archive(steps=4, rows=20_160).reach(15.0) / 86_400  # days
    14.0
    """

    steps: int
    rows: int
    function: str = "average"
    unknown: float = 0.5

    def __post_init__(self) -> None:
        checks.integer("steps", self.steps, 1)
        checks.integer("rows", self.rows, 1)
        checks.choice("function", self.function, FUNCTIONS)
        if checks.number("unknown", self.unknown, 0, 1) == 1:
            raise ValueError("unknown is 1, but must be below 1: a row of nothing says nothing")

    def reach(self, step: float) -> float:
        """Say how far back the archive remembers.

        Parameters
        ----------
        step : float
            Time from one measurement to the next.

        Returns
        -------
        float
            In the unit of ``step``.
        """
        return self.steps * self.rows * step


#: What Ganglia's gmetad 3.7 makes of each metric unless it is told otherwise, and the seconds from one measurement to the next.
GANGLIA = (Archive(1, 5_856), Archive(4, 20_160), Archive(40, 52_704))
STEP = 15.0


@dataclass(frozen=True)
class Rows:
    """What one archive says of a span of time.

    Attributes
    ----------
    archive : int
        Which archive, by its place.
    resolution : float
        Time that one row stands for.
    ends : ndarray of float64, shape (rows,)
        When each row's time ends. Read-only.
    values : ndarray of float64, shape (rows,)
        What each says; NaN where it is unknown. Read-only.
    """

    archive: int
    resolution: float
    ends: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class ArchivesResult:
    """The archives after the last measurement.

    Attributes
    ----------
    archives : tuple of Archive
    step : float
        Time from one measurement to the next.
    measured : int
        How many measurements there were.
    kept : tuple of ndarray of float64
        The rows of each archive, oldest first; NaN where one is unknown. Read-only.
    """

    archives: tuple[Archive, ...]
    step: float
    measured: int
    kept: tuple[NDArray[np.float64], ...]

    def fetch(self, start: float, end: float) -> Rows:
        """Ask for a span of time, as a dashboard does: the finest archive that reaches back to its start answers, or else the longest.

        Parameters
        ----------
        start, end : float
            The span, counted from when the first measurement began.

        Returns
        -------
        Rows
            Those whose time ends after ``start`` and not after ``end``.

        Raises
        ------
        TypeError, ValueError
            If the times are none, or in the wrong order.

        Examples
        --------
        >>> kept = keep([1, 2, 3, 4, 5, 6], [Archive(1, 2), Archive(3, 4)], step=1.0)
        >>> kept.fetch(4, 6).values, kept.fetch(0, 6).values
        (array([5., 6.]), array([2., 5.]))
        """
        start, end = checks.number("start", start, 0), checks.number("end", end)
        if end <= start:
            raise ValueError(f"end is {end:g} and start is {start:g}, but the end must come after the start")
        place = choose(self.archives, self.step, self.measured * self.step - start)
        resolution = self.archives[place].steps * self.step
        rows = self.kept[place]
        last = self.measured // self.archives[place].steps
        ends = resolution * np.arange(last - rows.size + 1, last + 1, dtype=np.float64)
        asked = (ends > start) & (ends <= end)
        return Rows(place, resolution, read_only(ends[asked]), read_only(rows[asked]))


def choose(archives: Sequence[Archive], step: float, age: float) -> int:
    """Say which archive answers for a time that long ago.

    Parameters
    ----------
    archives : sequence of Archive
        From the finest to the coarsest.
    step : float
        Time from one measurement to the next.
    age : float
        How long ago, in the unit of ``step``.

    Returns
    -------
    int
        The place of the first archive that reaches back so far, or of the one that reaches furthest.

    Examples
    --------
    >>> [choose(GANGLIA, STEP, days * 86_400) for days in (1, 2, 30, 1_000)]
    [0, 1, 2, 2]
    """
    reaching = [place for place, archive in enumerate(archives) if archive.reach(step) >= age]
    return reaching[0] if reaching else max(range(len(archives)), key=lambda place: archives[place].reach(step))


def consolidate(values: Any, steps: int, function: str = "average", unknown: float = 0.5) -> NDArray[np.float64]:
    """Let each row stand for several measurements.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        The measurements, NaN where one is missing.
    steps : int
        How many each row stands for. What is left over at the end is not a row yet.
    function : {"average", "maximum", "minimum", "last"}
        What a row says of those that are not missing.
    unknown : float, default 0.5
        The share that may be missing before the row is unknown.

    Returns
    -------
    ndarray of float64, shape (n // steps,)
        NaN where a row is unknown.

    Raises
    ------
    TypeError, ValueError
        If an argument is none of these, or a measurement is infinite.

    References
    ----------
    RRDtool documentation, rrdcreate, "RRA:CF:cf arguments" and "the x-files factor".

    Examples
    --------
    >>> consolidate([20, 20, 20, 100, 20], 4), consolidate([20, 20, 20, 100, 20], 4, "maximum")
    (array([40.]), array([100.]))
    """
    measured = _measurements(values)
    archive = Archive(steps, 1, function, unknown)  # its checks are ours
    table = measured[: measured.size - measured.size % archive.steps].reshape(-1, archive.steps)
    missing = np.isnan(table)
    known = missing.sum(axis=1) <= archive.unknown * archive.steps
    known &= ~missing.all(axis=1)
    rows = np.full(table.shape[0], np.nan)
    if archive.function == "average":
        rows[known] = np.nanmean(table[known], axis=1)
    elif archive.function == "maximum":
        rows[known] = np.nanmax(table[known], axis=1)
    elif archive.function == "minimum":
        rows[known] = np.nanmin(table[known], axis=1)
    else:
        last = archive.steps - 1 - np.argmax(~missing[:, ::-1], axis=1)
        rows[known] = np.take_along_axis(table, last[:, None], axis=1)[known, 0]
    return rows


def keep(values: Any, archives: Sequence[Archive] = GANGLIA, step: float = STEP) -> ArchivesResult:
    """Take in measurements one after the other, and keep what there is room for.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        The measurements, NaN where one is missing.
    archives : sequence of Archive, default `GANGLIA`
        From the finest to the coarsest.
    step : float, default 15
        Time from one measurement to the next.

    Returns
    -------
    ArchivesResult

    Raises
    ------
    TypeError, ValueError
        If an argument is none of these.

    References
    ----------
    RRDtool documentation, rrdcreate. M. L. Massie, B. N. Chun, D. E. Culler: The Ganglia distributed monitoring system: design, implementation,
    and experience. Parallel Computing 30(7), 2004, pp. 817-840.

    Examples
    --------
    >>> keep(range(10), [Archive(1, 3), Archive(4, 3, "maximum")], step=1.0).kept
    (array([7., 8., 9.]), array([3., 7.]))
    """
    measured = _measurements(values)
    step = checks.number("step", step, above=0)
    rings = tuple(archives)
    if not rings or not all(isinstance(archive, Archive) for archive in rings):
        raise TypeError(f"archives is {archives!r}, but must be a row of Archive, at least one")
    kept = []
    for archive in rings:
        lived = measured[max(0, (measured.size // archive.steps - archive.rows) * archive.steps) :]  # older rows have been overwritten
        kept.append(read_only(consolidate(lived, archive.steps, archive.function, archive.unknown)))
    return ArchivesResult(rings, step, measured.size, tuple(kept))


def _measurements(values: Any) -> NDArray[np.float64]:
    array = np.asarray(values)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"values has the shape {array.shape}, but must be one row of measurements, at least one")
    if array.dtype.kind not in "fiu":
        raise TypeError(f"values holds {array.dtype} such as {array.flat[0]!r}, but measurements must be numbers, NaN where one is missing")
    array = array.astype(np.float64)
    if np.isinf(array).any():
        raise ValueError(f"values holds {array[np.isinf(array)][0]}, but measurements must be finite, or NaN where one is missing")
    return array
