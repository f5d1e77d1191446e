"""One week out of a hundred days, added up from CSV, Parquet and ORC: bytes as the engines' own profiles have them, beside the model's."""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib.metadata
import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport import checks
from labsupport.simulators.storage import Column, scan, store
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.engine import Engine, Profile, missing
from labsupport.systems.keeper import Keeper
from labsupport.systems.server import ServerError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LAYOUTS", "compare", "record", "recorded"]

ROWS, DAYS, GROUP_ROWS = 300_000, 100, 10_000
MOST_ROWS = 3_000_000
WEEK = (50, 56)
REPEATS = 5  # after one that is not counted, in which everything is loaded
LAYOUTS = {
    "csv": "CSV",
    "parquet": "Parquet, by day",
    "shuffled": "Parquet, in no order",
    "folders": "Parquet, a folder for each day",
    "zstd": "Parquet, by day, zstd",
    "orc": "ORC, by day (pyarrow)",
}
COLUMNS = ["source", "layout", "stored_bytes", "read_bytes", "files", "groups", "all_groups", "median_ms", "low_ms", "high_ms"]
SEED = 1010


def compare(rows: int = ROWS, *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Add up the amounts of one week from the same orders in six layouts, and hold the bytes read against the model's.

    The files are written on the spot, into a private folder, and removed again. DuckDB reads CSV and Parquet, and tells what it read;
    pyarrow reads ORC, through a file that counts. Where nothing is to be measured (see `labsupport.systems.comparison.reason_not_to_measure`),
    or pyarrow or DuckDB is not installed, the recorded run is shown.

    Parameters
    ----------
    rows : int, optional
        How many orders, from 1,000 to 3,000,000, over a hundred days; 10,000 in a row group.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source`` (measurement, simulation), ``layout``, ``stored_bytes``, ``read_bytes``, ``files``, ``groups``
        scanned of ``all_groups``, ``median_ms``, ``low_ms``, ``high_ms`` (quartiles) and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If there is no such number of rows.

    Examples
    --------
    >>> compare(1_000).table["layout"].nunique()
    6
    """
    rows = checks.integer("rows", rows, 1_000, MOST_ROWS)
    return comparison.measured_or_recorded(
        lambda show: _measured(rows, show), recorded, "Writing and reading files", progress, missing("pyarrow", "duckdb")
    )


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
    return comparison.recorded("storage", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine; it takes some seconds.

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
    ServerError
        If something is not installed.

    Examples
    --------
    Too long for an example that runs; this is what it wrote:

    >>> recorded().about["command"]
    'python -m labsupport record storage'
    """
    reason = missing("pyarrow", "duckdb")
    if reason:
        raise ServerError(reason)
    return _measured(ROWS, lambda _: None).save("storage", directory)


def _measured(rows: int, show: Callable[[float], None]) -> Comparison:
    """Write every layout, ask each for the same week, and put beside it what the model reads."""
    import pandas as pd

    columns = _orders(rows)
    found: list[tuple[Any, ...]] = []
    answers: dict[str, tuple[Any, ...]] = {}
    keeper = Keeper("labsupport-storage-")
    try:
        with Engine() as engine:
            for number, (layout, label) in enumerate(LAYOUTS.items()):
                show(number / len(LAYOUTS))
                place, size = _write(layout, columns, keeper.directory)
                read = _orc(place) if layout == "orc" else _query(engine, layout, place)
                profile, times = _time(read)
                answers[label] = profile.answer
                counts = (profile.files, profile.groups, profile.all_groups)
                found.append(("measurement", label, size, profile.read_bytes, *counts, *times))
                found.append(("simulation", label, *_simulated(layout, columns), *[np.nan] * 3))
    finally:
        keeper.close()
    if len(set(answers.values())) > 1:
        raise ServerError(f"The layouts do not agree on the same orders, so that nothing can be compared: {answers}")
    table = pd.DataFrame(found, columns=COLUMNS).assign(recorded=False).round(2)
    system = ", ".join(f"{name} {importlib.metadata.version(package)}" for name, package in (("DuckDB", "duckdb"), ("pyarrow", "pyarrow")))
    about = {"system": system, **describe_machine(), "date": dt.datetime.now(dt.UTC).date().isoformat(), "rows": rows, "days": DAYS}
    return Comparison(table, _reconcile(table), about, summary=_summary(table))


def _orders(rows: int) -> dict[str, Column]:
    """Draw orders in the order of their days."""
    generator = np.random.default_rng(SEED)
    day = np.sort(generator.integers(0, DAYS, rows))
    drawn = {
        "day": (day, 4, _length(day)),
        "user": (generator.integers(0, 50_000, rows), 4, 5.8),
        "country": (generator.integers(0, 20, rows), 7, 4),
        "cents": (generator.integers(100, 20_000, rows), 8, 5.5),
        "note": (np.arange(rows) * 7_919 % rows, 47, 44),
    }
    return {name: Column(*column) for name, column in drawn.items()}


def _length(values: Any) -> float:
    """Return the mean length of whole numbers as text, with a comma."""
    return float(np.mean([len(str(value)) for value in np.unique(values)])) + 1


def _table(columns: dict[str, Column], order: Any) -> Any:
    """Return the orders as an Arrow table, in some order."""
    import pyarrow as pa

    values = {name: np.asarray(column.values)[order] for name, column in columns.items()}
    return pa.table(
        {
            "day": pa.array(values["day"], pa.int32()),
            "user": pa.array(values["user"], pa.int32()),
            "country": pa.array([f"C{value:02}" for value in values["country"]]),
            "cents": pa.array(values["cents"], pa.int64()),
            "note": pa.array([f"order {value:07} - paid by card - sent by post" for value in values["note"]]),
        }
    )


def _write(layout: str, columns: dict[str, Column], folder: Path) -> tuple[Path, int]:
    """Write the orders; return where, and how many bytes that took."""
    import pyarrow.csv
    import pyarrow.orc
    import pyarrow.parquet

    rows = np.asarray(columns["day"].values).size
    table = _table(columns, np.random.default_rng(SEED).permutation(rows) if layout == "shuffled" else slice(None))
    place = folder / layout
    if layout == "csv":
        pyarrow.csv.write_csv(table, place, pyarrow.csv.WriteOptions(quoting_style="none"))
    elif layout == "orc":
        pyarrow.orc.write_table(table, place, compression="uncompressed")
    elif layout == "folders":
        days = np.asarray(columns["day"].values)
        for day in np.unique(days).tolist():
            begin, end = np.searchsorted(days, [day, day + 1]).tolist()
            (place / f"day={day}").mkdir(parents=True)
            part = table.slice(begin, end - begin).drop_columns("day")
            pyarrow.parquet.write_table(part, place / f"day={day}" / "part-0.parquet", row_group_size=GROUP_ROWS, compression="none")
    else:
        pyarrow.parquet.write_table(table, place, row_group_size=GROUP_ROWS, compression="zstd" if layout == "zstd" else "none")
    files = [place] if place.is_file() else list(place.rglob("*.parquet"))
    return place, sum(file.stat().st_size for file in files)


def _query(engine: Engine, layout: str, place: Path) -> Callable[[], Profile]:
    source = {
        "csv": f"read_csv('{place}', header = true)",
        "folders": f"read_parquet('{place}/*/*.parquet', hive_partitioning = true)",
    }.get(layout, f"read_parquet('{place}')")
    query = f"SELECT count(*), sum(cents)::BIGINT FROM {source} WHERE day BETWEEN {WEEK[0]} AND {WEEK[1]}"  # noqa: S608 - our own files
    return lambda: engine.profile(query)


class _Counted(io.FileIO):
    """A file that counts the bytes that are read from it."""

    total = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(-1 if size is None else size) or b""
        self.total += len(data)
        return data


def _orc(place: Path) -> Callable[[], Profile]:
    """Let pyarrow read two columns of ORC, of every row, and pick the week among them."""

    def work() -> Profile:
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.orc

        with _Counted(place) as file:
            orc = pyarrow.orc.ORCFile(pa.PythonFile(file, mode="r"))
            table = orc.read(columns=["day", "cents"])
            hit = table.filter(pc.and_(pc.greater_equal(table["day"], WEEK[0]), pc.less_equal(table["day"], WEEK[1])))
            answer = (hit.num_rows, int(pc.sum(hit["cents"]).as_py() or 0))
            return Profile(answer, file.total, 1, orc.nstripes, orc.nstripes)

    return work


def _time(work: Callable[[], Profile]) -> tuple[Profile, tuple[float, float, float]]:
    """Return the profile, and the milliseconds that it takes: median and quartiles, after once for nothing."""
    profile, taken = work(), []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        work()
        taken.append(1_000 * (time.perf_counter() - begin))
    low, median, high = statistics.quantiles(taken, n=4)
    return profile, (median, low, high)


def _simulated(layout: str, columns: dict[str, Column]) -> tuple[float, float, int, float, float]:
    """Return what the model stores and reads; it knows nothing of compression, and its ORC skips what its index excludes."""
    table = columns
    if layout == "shuffled":
        order = np.random.default_rng(SEED).permutation(np.asarray(columns["day"].values).size)
        table = {name: dataclasses.replace(column, values=np.asarray(column.values)[order]) for name, column in columns.items()}
    kind = layout if layout in ("csv", "orc") else "parquet"
    stored = store(kind, table, group_rows=1_000_000 if kind == "orc" else GROUP_ROWS, partition_by=["day"] if layout == "folders" else [])
    read = scan(stored, ["cents"], {"day": WEEK})
    if layout == "zstd":
        return np.nan, np.nan, read.files, read.units, stored.rows.size
    groups = stored.rows.size if layout != "folders" else read.units
    return stored.bytes, read.scanned, read.files, *((np.nan, np.nan) if layout == "csv" else (read.units, groups))


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put each layout into one line."""
    measured, model = (table[table["source"] == source].set_index("layout") for source in ("measurement", "simulation"))
    shown = (measured[["stored_bytes", "read_bytes"]] / 1_000).round(0).astype(int)
    shown.columns = ["stored, kB", "read, kB"]
    shown["model reads, kB"] = (model["read_bytes"] / 1_000).round(0).astype("Int64")
    shown["files"] = measured["files"].astype(int)
    parts = measured[["groups", "all_groups"]].fillna(0).astype(int)
    shown["row groups"] = [f"{some} of {every}" if every else "" for some, every in zip(parts["groups"], parts["all_groups"], strict=True)]
    shown["median, ms"] = measured["median_ms"].round(1)
    return shown.reset_index()


def _reconcile(table: pd.DataFrame) -> str:
    """Say, from the numbers, what was read, how far the model is off, and why."""
    measured, model = (table[table["source"] == source].set_index("layout") for source in ("measurement", "simulation"))
    read = {name: float(value) for name, value in measured["read_bytes"].items()}
    csv, day, mixed, folders, zstd, orc = (read[label] for label in LAYOUTS.values())
    times = measured["read_bytes"] / model["read_bytes"]
    off = (times[[LAYOUTS["csv"], LAYOUTS["parquet"], LAYOUTS["shuffled"]]] - 1).abs().max()
    skipped = model["read_bytes"][LAYOUTS["orc"]]
    return (
        f"All gave the same sum. Of the {csv / 1e6:,.1f} MB that CSV reads, Parquet in no order reads {mixed / csv:.1%}: two columns out of five, "
        f"every row group. In the order of the days it reads {day / csv:.1%}, since the least and greatest day of most groups exclude them. "
        f"A folder for each day opens the files of {int(measured['files'][LAYOUTS['folders']])} days only, and reads {folders / csv:.1%}; with "
        f"zstd, in the order of the days, it is {zstd / csv:.1%}.\n\nThe model's bytes are within {off:.0%} of what DuckDB reports for one "
        f"file; in folders, DuckDB reads {times[LAYOUTS['folders']]:.2g} times as much, since it fetches the end of each file in one piece of 16 kB, "
        "whatever the footer's size. The model does not compress, so that zstd has no number of its own. And for ORC it would read "
        f"{skipped / 1_000:,.0f} kB, where pyarrow reads {orc / 1_000:,.0f}: the file has an index of least and greatest values, and this reader "
        "takes the two columns whole. A format can only offer to skip; it is the reader who skips. Times are those of files in memory, "
        "just written: from a disk or over a network, the bytes would cost more."
    )
