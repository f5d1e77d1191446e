"""The storage lab: what a query must scan of a table, by the format of its files and by how its rows lie in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from labsupport.labs import measurements, storage_runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Bars, Chart, Line, Mark, Panel, Points, Rule
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.storage_runs import DAYS, GROUPS, Layout
from labsupport.simulators.storage import ScanResult

FORMATS = {"csv": "CSV", "parquet": "Parquet", "orc": "ORC"}
ASKED = {"one": "the amounts", "three": "amounts, users, countries", "all": "everything"}
COUNTRIES = {"all": "all countries", "one": "one country of twenty"}
ORDERS = {"time": "in order of time", "user": "in order of users", "none": "in no order"}
SPLITS = {"none": "one file", "day": "a file for each day", "both": "a file for each day and country"}
SPANS = [1, 2, 3, 5, 7, 10, 14, 20, 30, 40, 50, 60, 70, 80, 90, 100]
MEGABYTE = 1e6
WEEK = 7  # days that were asked for where it was measured, of files that lie like these:
FOUND: dict[str, dict[str, str]] = {
    "time": {"csv": "CSV", "parquet": "Parquet, by day", "orc": "ORC, by day (pyarrow)"},
    "none": {"parquet": "Parquet, in no order"},
    "user": {},
    "day": {"parquet": "Parquet, a folder for each day"},
}
LEAST, MOST, LARGEST = 0.01, 200.0, 4.0  # percent and megabytes on the axes

STORY: dict[str, dict[str, Any]] = {
    "A CSV file": {"kind": "csv"},
    "Parquet, as the orders came": {},
    "The same, in no order": {"order": "none"},
    "A file for each day": {"order": "none", "partition": "day"},
    "Two thousand small files": {"partition": "both", "days": 100},
}


class StorageLab(Lab[ScanResult]):
    """Ask 40,000 orders of a hundred days for the last of these days, and see how many bytes must be scanned.

    An order has a day, a user, a country, an amount and a note. Nothing is compressed; columns are encoded by dictionaries and runs where
    that is shorter. ORC has an index entry for every 1,000 rows.

    Parameters
    ----------
    kind : str, default "parquet"
        The format of the files: csv, parquet or orc.
    days : int, default 7
        How many of the last days are asked for, 1 to 100.
    columns : str, default "one"
        What is asked for: one column (the amounts), three, or all.
    countries : str, default "all"
        Whose orders are asked for: all, or those of one country.
    order : str, default "time"
        How the rows lie: by time, by user, or in no order (none).
    group_rows : int, default 4,000
        Rows of a row group or stripe, 400 to 40,000.
    partition : str, default "none"
        By what the rows are split into files: none, day, or both day and country.
    measured : pandas.DataFrame, optional
        What ``labsupport.systems.storage`` measured: its table is drawn where a week's amounts are asked for of all countries, from files
        that lie as those did, and as a share of what CSV read. Those had 30 row groups: with 1,000 rows a group there are 40 here.
    prediction : str, optional
        See `Lab`. The question is which share of what CSV reads must be read, in percent.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value, or ``measured`` is no such table.

    Examples
    --------
    >>> StorageLab(kind="csv").answer()
    100.0
    >>> round(StorageLab(partition="day").answer(), 2)
    1.04
    """

    title = "Storage formats"
    question = "Adding up the amounts of the last week: what share of the bytes of one CSV file must be read?"
    main = "days"

    kind = Choice("format", FORMATS, default="parquet")
    days = Slider("days asked for", SPANS, default=7, unit="of 100")
    columns = Choice("of these", ASKED, default="one")
    countries = Choice("from", COUNTRIES, default="all")
    order = Choice("rows lie", ORDERS, default="time")
    group_rows = Slider("row group", GROUPS, default=4_000, unit="rows")
    partition = Choice("split into", SPLITS, default="none")

    def __init__(self, *, measured: pd.DataFrame | None = None, **controls: Any) -> None:
        self._measured = measurements.checked(measured, "layout", "read_bytes")
        super().__init__(**controls)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of columns, of order, of files by day – and of too many files."""
        return STORY

    def idle(self) -> list[str]:
        """CSV has no row groups."""
        return ["group_rows"] if self.kind == "csv" else []

    def _read(self, kind: str, days: int) -> ScanResult:
        layout = Layout(kind, self.order, int(self.group_rows), self.partition)
        return storage_runs.read(layout, self.columns, days, self.countries)

    def simulate(self) -> ScanResult:
        """Scan the files in the chosen format."""
        return self._read(self.kind, int(self.days))

    def answer(self) -> float:
        """Give the share of a single CSV file's bytes that is read, in percent."""
        return _percent(self.result)

    def chart(self) -> Chart:
        """Show what each format scans for more and more days, beside why the rest is not."""
        return Chart((self._scanned(), self._reasons()))

    def _scanned(self) -> Panel:
        spans = sorted({*SPANS, int(self.days)})
        marks: list[Mark] = [*self._guess_band()]
        for kind in sorted(FORMATS, key=lambda each: each == self.kind):  # the chosen one on top
            shares = [_percent(self._read(kind, days)) for days in spans]
            marks.append(Line(FORMATS[kind], spans, shares, "main" if kind == self.kind else "other"))
        marks += self._measurements()
        marks.append(Rule(f"{_days(int(self.days))}: {_in_words(self.result.scanned)}, {_percent(self.result):.3g} %", self.days))
        axis = Axis("scanned", (LEAST, MOST), unit="% of one CSV file", scale="log")
        return Panel("What must be scanned", Axis("days asked for", (1, DAYS)), axis, tuple(marks))

    def _found(self) -> dict[str, float]:
        """Return what was measured of each format, in percent of what CSV read, where it was asked of files that lie like these."""
        if self._measured is None or self.columns != "one" or self.countries != "all" or self.partition == "both":
            return {}
        rows = measurements.rows(self._measured).set_index("layout")["read_bytes"]
        layouts = FOUND[self.order if self.partition == "none" else "day"]
        return {kind: 100 * float(rows[layout] / rows["CSV"]) for kind, layout in layouts.items() if layout in rows}

    def _measurements(self) -> list[Points]:
        found = self._found()
        return [Points(self._label, [WEEK] * len(found), list(found.values()))] if found else []

    @property
    def _label(self) -> str:
        return "" if self._measured is None else measurements.named(self._measured)

    def _reasons(self) -> Panel:
        result = self.result
        reasons = {
            "scanned": result.scanned,
            "other files": result.by_partition,
            "other groups": result.by_statistics,
            "other columns": result.by_column,
        }
        labels = [_in_words(amount) if amount else "nothing" for amount in reasons.values()]
        labels[0] += f" in {result.files:,} {'file' if result.files == 1 else 'files'}"
        bars = Bars(list(reasons), [("bytes", [amount / MEGABYTE for amount in reasons.values()])], labels, selected=0)
        return Panel(f"{FORMATS[self.kind]}: scanned, and spared", Axis("of all that is stored", (0, LARGEST), unit="MB"), None, (bars,))

    def describe(self) -> str:
        """Say what is scanned, and what spares most of the rest."""
        result = self.result
        spared = {
            "because their names say that nothing in them is asked for": result.by_partition,
            "because the least and greatest values of row groups exclude them": result.by_statistics,
            "because no one asks for these columns": result.by_column,
        }
        whose = "" if self.countries == "all" else " from one country"
        first = f"Asking for {ASKED[self.columns]} of {_days(int(self.days))}{whose} scans {_in_words(result.scanned)} of {FORMATS[self.kind]}, "
        first += f"{100 * result.share:.3g} % of what is stored, in {result.files:,} {'file' if result.files == 1 else 'files'}"
        found = self._found()
        if self.days == WEEK and self.kind in found:
            first += f", and {_percent(result):.3g} % of one CSV file ({self._label}: {found[self.kind]:.3g} %)"
        best = max(spared, key=lambda reason: spared[reason])
        footers = storage_runs.stored(Layout(self.kind, self.order, int(self.group_rows), self.partition)).footers
        if self.kind != "csv" and result.files * footers.mean() > 0.3 * result.scanned:
            second = (
                f"{_in_words(result.files * float(footers.mean()))} of it only tell what is where: so many small pieces cost more than they spare"
            )
        elif spared[best] == 0:
            second = "Nothing is spared: a row of text must be read to its end to find where the next begins"
            second = second if self.kind == "csv" else "Nothing is spared: everything is asked for"
        else:
            second = f"Most of what is spared, {_in_words(spared[best])}, is spared {best}"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give what each format scans for each number of days.

        Returns
        -------
        pandas.DataFrame
            Columns ``format``, ``days``, ``scanned``, ``other_columns``, ``other_row_groups`` and ``other_files`` in bytes, ``files``,
            ``units`` (row groups, strides or files scanned) and ``rows`` in them.
        """
        rows = []
        for kind in FORMATS:
            for days in sorted({*SPANS, int(self.days)}):
                result = self._read(kind, days)
                amounts = (result.scanned, result.by_column, result.by_statistics, result.by_partition)
                rows.append((kind, days, *amounts, result.files, result.units, result.rows))
        columns = ["format", "days", "scanned", "other_columns", "other_row_groups", "other_files", "files", "units", "rows"]
        return pd.DataFrame(rows, columns=columns)


def _percent(result: ScanResult) -> float:
    """Return what is scanned, in percent of a single file of CSV."""
    return 100 * result.scanned / storage_runs.stored(Layout("csv", "time", GROUPS[0], "none")).bytes


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _in_words(amount: float) -> str:
    return f"{amount / MEGABYTE:.2f} MB" if amount >= 1e5 else f"{amount / 1_000:.3g} kB"
