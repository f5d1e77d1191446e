"""The same query with and without an index, and with its answer cached: on SQLite, on PostgreSQL, and in the model."""

from __future__ import annotations

import dataclasses
import datetime as dt
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from labsupport import checks
from labsupport.simulators.request_path import database_work, index_pages
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.postgresql import PostgreSQL
from labsupport.systems.progress import Progress
from labsupport.systems.server import ServerError
from labsupport.systems.sqlite import MOST_ROWS, ORDERS_EACH, SQLite

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PROGRAMS", "PostgreSQL", "SQLite", "compare", "record", "recorded"]

PROGRAMS = ("sqlite", "postgresql")
WAYS = ("no index", "index", "cached")
ROWS = (10_000, 100_000, 1_000_000)
COLUMNS = ["source", "program", "rows", "way", "milliseconds", "plan"]
ASKED = 7  # customers asked for; the median counts, so that one pause of the machine does not
LOOKS = 1_000  # into the cache, one of which is too short for the clock
MODEL = "the model, fitted to the most rows"


class Measurement(NamedTuple):
    """How long a query took on a table: its median, and how the database found the rows."""

    program: str
    rows: int
    way: str
    milliseconds: float
    plan: str


def compare(rows: Sequence[int] = ROWS, programs: Sequence[str] = ("sqlite",), *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Ask tables of several sizes for one customer's orders: reading every row, by an index, and from a cache.

    SQLite comes with Python, so that it can be asked everywhere. Where nothing is to be measured
    (see `labsupport.systems.comparison.reason_not_to_measure`) or PostgreSQL alone is wanted and missing, the recorded run is shown.

    Parameters
    ----------
    rows : sequence of int, optional
        How many rows each table has, from 10 to 10,000,000, rising.
    programs : sequence of {"sqlite", "postgresql"}, optional
        The databases. PostgreSQL takes some seconds to start.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source``, ``program``, ``rows``, ``way`` ("no index", "index" or "cached"), ``milliseconds``,
        ``plan`` (how the rows were found, in the database's own words) and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> comparison = compare(rows=[1_000, 2_000])
    >>> sorted(set(comparison.table["source"]))
    ['measurement', 'simulation']
    """
    sizes = checks.integers("rows", rows, ORDERS_EACH, MOST_ROWS, kind="size").tolist()
    if sizes != sorted(set(sizes)):
        raise ValueError(f"rows is {sizes}, but must be rising")
    names = [checks.choice("program", program, PROGRAMS) for program in programs]
    if not names:
        raise ValueError(f"programs is empty, but must name at least one of {', '.join(PROGRAMS)}")
    reason = comparison.reason_not_to_measure()
    if reason:
        return recorded(reason)
    notice = PostgreSQL.missing() if "postgresql" in names and PostgreSQL.find() is None else ""
    present = [name for name in names if name != "postgresql" or not notice]
    if not present:
        return recorded(notice)
    try:
        made = _compared(_measured(sizes, present, progress))
    except ServerError as error:
        return recorded(str(error))
    return dataclasses.replace(made, notice=notice)


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
    return comparison.recorded("request_path", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine; it takes about half a minute.

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
        If PostgreSQL cannot run here.

    Examples
    --------
    >>> max(ROWS)  # rows; too many for an example that runs
    1000000
    """
    return _compared(_measured(ROWS, PROGRAMS, None)).save("request_path", directory)


def _measured(sizes: Sequence[int], programs: Sequence[str], progress: Callable[[float], None] | None) -> list[Measurement]:
    """Ask every table of every program in every way."""
    found: list[Measurement] = []
    with Progress("Filling tables and asking them") as line:
        said = progress or line
        for number, program in enumerate(programs):
            measure = _ask_sqlite if program == "sqlite" else _ask_postgresql
            for place, measurements in enumerate(measure(sizes), 1):
                found += measurements
                said((number + place / len(sizes)) / len(programs))
    return found


def _ask_sqlite(sizes: Sequence[int]) -> Iterator[list[Measurement]]:
    for rows in sizes:
        with SQLite(rows) as orders:
            customers = _some(orders.customers)
            found = []
            for way in WAYS[:2]:
                if way == "index":
                    orders.create_index()
                times = [orders.ask(customer)[1] for customer in customers]
                found.append(Measurement(SQLite.version(), rows, way, statistics.median(times), orders.plan(customers[0])))
            cache = {customer: orders.ask(customer)[0] for customer in customers}
            yield [*found, Measurement("a dict in Python", rows, "cached", _look(cache, customers), "")]


def _ask_postgresql(sizes: Sequence[int]) -> Iterator[list[Measurement]]:
    program = PostgreSQL.find()
    version = PostgreSQL.name if program is None else PostgreSQL.version(program)
    with PostgreSQL() as client:
        for rows in sizes:
            client.create_orders(rows)
            found = []
            for way in WAYS[:2]:
                if way == "index":
                    client.create_index()
                told = [client.explain(customer) for customer in _some(rows // ORDERS_EACH)]
                found.append(Measurement(version, rows, way, statistics.median(time for _, time in told), told[0][0]))
            client.drop_orders()
            yield found


def _some(customers: int) -> list[int]:
    """Return customers from all over the table, a different one for each question."""
    return [customer * customers // ASKED for customer in range(ASKED)]


def _look(cache: dict[int, tuple[int, int]], customers: Sequence[int]) -> float:
    """Return how long a look into the cache takes, in milliseconds."""
    begin = time.perf_counter()
    for look in range(LOOKS):
        cache[customers[look % len(customers)]]
    return 1_000 * (time.perf_counter() - begin) / LOOKS


def _compared(measurements: Sequence[Measurement]) -> Comparison:
    """Fit the model's two constants to the largest table of each program, and let it say the other sizes."""
    import pandas as pd

    rows: list[tuple[Any, ...]] = []
    for program in dict.fromkeys(measured.program for measured in measurements):
        own = [measured for measured in measurements if measured.program == program]
        rows += [("measurement", *measured) for measured in own]
        if {measured.way for measured in own} >= set(WAYS[:2]):
            rows += [("simulation", *modelled) for modelled in _modelled(own)]
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False).round({"milliseconds": 5})
    versions = [measured.program for measured in measurements if measured.way != "cached"]
    about = {"system": " and ".join(dict.fromkeys(versions)), **describe_machine(), "date": dt.datetime.now(dt.UTC).date().isoformat()}
    return Comparison(table, _reconcile(table), about, summary=_summary(table))


def _modelled(measurements: Sequence[Measurement]) -> list[Measurement]:
    row_time, page_time = _fitted(measurements)
    return [
        Measurement(
            f"{measured.program}, {MODEL}",
            measured.rows,
            measured.way,
            database_work(measured.rows, index=measured.way == "index", row_time=row_time, page_time=page_time),
            "",
        )
        for measured in measurements
    ]


def _fitted(measurements: Sequence[Measurement]) -> tuple[float, float]:
    """Return milliseconds a row and a page, from the largest table."""
    largest = max(measured.rows for measured in measurements)
    times = {measured.way: measured.milliseconds for measured in measurements if measured.rows == largest}
    return times["no index"] / largest, times["index"] / index_pages(largest)


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put the ways beside each other, one line for each program and size."""
    wide = table.pivot_table(index=["program", "rows"], columns="way", values="milliseconds", sort=False).rename_axis(columns=None)
    return wide.reindex(columns=[way for way in WAYS if way in wide.columns]).rename(columns=lambda way: f"{way} (ms)").reset_index()


def _reconcile(table: pd.DataFrame) -> str:
    """Say, from the numbers, how the query was found, what the model says of other sizes, and what it leaves out."""
    paragraphs = []
    measured = table[table["source"] == "measurement"]
    for program in dict.fromkeys(measured.loc[measured["way"] == "index", "program"]):
        own = measured[measured["program"] == program]
        rows = [Measurement(*row) for row in own[COLUMNS[1:]].itertuples(index=False)]
        largest, smallest = max(row.rows for row in rows), min(row.rows for row in rows)
        at = {(row.rows, row.way): row for row in rows}
        scan, walk = at[largest, "no index"], at[largest, "index"]
        row_time, page_time = _fitted(rows)
        text = (
            f"{program}, {largest:,} rows: {scan.milliseconds:.3g} ms by reading them all (its plan: {scan.plan}), {walk.milliseconds:.2g} ms "
            f"by the index ({walk.plan}), {scan.milliseconds / walk.milliseconds:,.0f} times as fast. "
        )
        if smallest < largest:
            first = at[smallest, "no index"].milliseconds, at[smallest, "index"].milliseconds
            said = database_work(smallest, index=False, row_time=row_time), database_work(smallest, index=True, page_time=page_time)
            text += (
                f"Fitted there, the model says {said[0]:.2g} and {said[1]:.2g} ms for {smallest:,} rows; measured were {first[0]:.2g} and "
                f"{first[1]:.2g} ms. "
            )
        text += f"A row took {1e6 * row_time:,.0f} ns, in the lab 200 ns; a page {1_000 * page_time:,.0f} µs, in the lab 1,000 µs."
        paragraphs.append(text)
    cached = measured[measured["way"] == "cached"]
    if len(cached):
        paragraphs.append(
            f"A look into the cache, here a dict in the same process, takes {1e6 * cached['milliseconds'].median():,.0f} ns; the lab takes 1 ms, "
            "since a cache that several applications share stands on another machine."
        )
    paragraphs.append(
        "The model is a sketch, and its gaps have causes. Here all pages are in memory, while the lab's come one by one from a disk elsewhere, "
        "so its page takes far longer. A customer has ten orders on ten different pages, of which the model counts one. Each query also costs "
        "time that neither rows nor pages explain – to be read, to be planned –, and of a small table that is most. And nobody else asks at the "
        "same time, so nothing waits."
    )
    return "\n\n".join(paragraphs)
