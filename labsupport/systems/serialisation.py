"""Into bytes and back: the same rows as JSON, pickle and Arrow, timed on this machine."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.util
import json
import pickle
import platform
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport import checks
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.progress import Progress
from labsupport.systems.timing import timed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FORMATS", "ROWS", "compare", "record", "recorded"]

FORMATS = {"json": "JSON", "pickle": "pickle", "arrow": "Arrow"}
ROWS = (10, 1_000, 30_000)
MOST_ROWS = 1_000_000
REPEATS = 5  # the median counts, so that one pause of the machine does not
LEAST = 0.002  # seconds that are timed in one go: less is too short for the clock
COLUMNS = ["source", "format", "rows", "bytes", "to_bytes_ms", "from_bytes_ms"]
NO_ARROW = "Arrow is left out, since pyarrow is not installed here. To install it: python -m pip install pyarrow"

Codec = tuple[Any, Callable[[Any], bytes], Callable[[bytes], Any]]  # what is sent, how it becomes bytes, and how they are read


def compare(rows: Sequence[int] = ROWS, formats: Sequence[str] = tuple(FORMATS), *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Turn tables of several sizes into bytes and back, in several formats, and hold the times against a fixed rate.

    JSON and pickle come with Python and write rows; Arrow writes columns, as they lie in memory, and is left out where pyarrow is
    not installed. Theory takes the rate of the largest table for all. Where nothing is to be measured (see
    `labsupport.systems.comparison.reason_not_to_measure`), or Arrow alone is wanted and missing, the recorded run is shown.

    Parameters
    ----------
    rows : sequence of int, optional
        How many rows each table has, from 1 to 1,000,000, rising.
    formats : sequence of {"json", "pickle", "arrow"}, optional
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source`` (measurement, theory), ``format``, ``rows``, ``bytes``, ``to_bytes_ms``,
        ``from_bytes_ms`` and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be.

    Examples
    --------
    >>> sorted(set(compare([1, 10], ["json", "pickle"]).table["format"]))
    ['JSON', 'pickle']
    """
    sizes = checks.integers("rows", rows, 1, MOST_ROWS, kind="number of rows").tolist()
    if sizes != sorted(set(sizes)):
        raise ValueError(f"rows is {rows!r}, but must rise")
    if not formats:
        raise ValueError("formats is empty, but must hold at least one")
    wanted = [checks.choice("formats", name, FORMATS) for name in formats]
    reason = comparison.reason_not_to_measure()
    if reason:
        return recorded(reason)
    notice = ""
    if "arrow" in wanted and importlib.util.find_spec("pyarrow") is None:
        wanted, notice = [name for name in wanted if name != "arrow"], NO_ARROW
    if not wanted:
        return recorded(notice)
    with contextlib.ExitStack() as stack:
        return _measured(sizes, wanted, progress or stack.enter_context(Progress("Turning rows into bytes and back")), notice)


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
    >>> sorted(set(recorded().table["format"]))
    ['Arrow', 'JSON', 'pickle']
    """
    return comparison.recorded("serialisation", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine, with Arrow; it takes some seconds.

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
        If pyarrow is not installed.

    Examples
    --------
    Too long for an example that runs; this is what it wrote:

    >>> recorded().about["command"]
    'python -m labsupport record serialisation'
    """
    if importlib.util.find_spec("pyarrow") is None:
        raise OSError(NO_ARROW)
    return _measured(list(ROWS), list(FORMATS), lambda _: None, "").save("serialisation", directory)


def _rows(count: int) -> list[dict[str, Any]]:
    return [{"number": n, "name": f"customer {n}", "amount": round(n * 0.7043 % 99, 2), "paid": n % 3 > 0} for n in range(count)]


def _codec(name: str, rows: list[dict[str, Any]]) -> Codec:
    if name == "json":
        return rows, lambda sent: json.dumps(sent).encode(), json.loads
    if name == "pickle":
        return rows, pickle.dumps, pickle.loads
    import pyarrow as pa

    def to_bytes(table: Any) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return bytes(sink.getvalue())

    return pa.Table.from_pylist(rows), to_bytes, lambda data: pa.ipc.open_stream(data).read_all()


def _measured(sizes: list[int], formats: list[str], show: Callable[[float], None], notice: str) -> Comparison:
    import pandas as pd

    found: list[tuple[str, str, int, int, float, float]] = []
    for number, count in enumerate(sizes):
        rows = _rows(count)
        for place, name in enumerate(formats):
            show((number + place / len(formats)) / len(sizes))
            sent, to_bytes, from_bytes = _codec(name, rows)
            data = to_bytes(sent)
            there, back = (timed(work, REPEATS, LEAST).median / 1_000 for work in (partial(to_bytes, sent), partial(from_bytes, data)))
            found.append(("measurement", FORMATS[name], count, len(data), there, back))
    largest = {row[1]: row for row in found if row[2] == sizes[-1]}
    for _, label, count, size, *_ in list(found):
        there, back = largest[label][4:]
        found.append(("theory", label, count, size, there * count / sizes[-1], back * count / sizes[-1]))
    table = pd.DataFrame(found, columns=COLUMNS).assign(recorded=False)
    about = {
        "system": f"JSON and pickle of Python {platform.python_version()}" + (f", Arrow {_arrow_version()}" if "arrow" in formats else ""),
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    return Comparison(table, _reconcile(table), about, notice, _summary(table))


def _arrow_version() -> str:
    from importlib.metadata import version

    return version("pyarrow")


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put measurement and theory side by side, one row for each format and size."""
    import pandas as pd

    both = ["to_bytes_ms", "from_bytes_ms"]
    measured = table[table["source"] == "measurement"].set_index(["format", "rows"])
    theory = table[table["source"] == "theory"].set_index(["format", "rows"])
    shown = pd.DataFrame({"bytes": measured["bytes"]})
    shown["MB/s, there and back"] = (measured["bytes"] / measured[both].sum(axis=1) / 1_000).round(0)
    shown["to bytes, ms"], shown["and back, ms"] = (measured[column].round(3) for column in both)
    shown["both, ms"], shown["both in theory, ms"] = (part[both].sum(axis=1).round(3) for part in (measured, theory))
    return shown.reset_index()


def _reconcile(table: pd.DataFrame) -> str:
    """Say which format is quickest and which smallest, and where time does not grow in proportion to the rows."""
    both = ["to_bytes_ms", "from_bytes_ms"]
    totals: Any = table.assign(total=table[both].sum(axis=1)).set_index(["source", "rows", "format"])
    most, least = int(table["rows"].max()), int(table["rows"].min())
    large = totals.loc["measurement", most]
    quick, slow, small = large["total"].idxmin(), large["total"].idxmax(), large["bytes"].idxmin()
    gaps = totals.loc["measurement", least]["total"] / totals.loc["theory", least]["total"]
    worst = max(gaps.index, key=lambda name: max(gaps[name], 1 / gaps[name]))
    gap = float(gaps[worst])
    first = (
        f"With {most:,} rows, {quick} takes {large['total'][quick]:.3g} ms there and back, {slow} {large['total'][slow]:.3g} ms; the fewest bytes, "
        f"{large['bytes'][small]:,}, are those of {small}."
    )
    second = (
        f"The model is farthest off for {worst}: {least:,} row{'s' if least > 1 else ''} take{'s' if least == 1 else ''} "
        f"{gap:.3g} times what its rate for {most:,} rows says."
    )
    return (
        f"{first} {second}\n\n"
        "The model knows one rate for each format. It leaves out what every message costs, however small – a call, a header, the names of the "
        "columns –, what caches and memory do to large ones, and that formats do different things: JSON writes every name and digit as text, "
        "pickle remembers names it has written, and Arrow copies columns and makes no row at all, so that a program that wants rows pays for "
        "them later."
    )
