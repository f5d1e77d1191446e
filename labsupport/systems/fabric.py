"""Data fabric, in small: one query across Parquet, CSV and SQLite, and what it takes from each."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport import checks
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.engine import Engine, missing
from labsupport.systems.keeper import Keeper
from labsupport.systems.server import ServerError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare", "record", "recorded"]

ORDERS, CUSTOMERS, COUNTRIES = 200_000, 5_000, 20
MOST_ORDERS = 2_000_000
REGIONS = ("north", "east", "south", "west")
SEED = 1011
COLUMNS = ["source", "what", "rows", "of_rows", "read_bytes", "stored_bytes", "ms"]
QUERY = """
SELECT region, count(*), sum(cents)::BIGINT
FROM read_parquet('{folder}/orders.parquet') JOIN customers USING (customer) JOIN read_csv('{folder}/countries.csv', header = true) USING (country)
WHERE day BETWEEN 50 AND 56 AND segment = 'business'
GROUP BY region ORDER BY region
"""


def compare(orders: int = ORDERS, *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Add up by region what business customers ordered in one week: orders in Parquet, customers in SQLite, countries in CSV.

    DuckDB joins the three. It reads Parquet and CSV itself; the customers come through Python's own SQLite, where the condition on them is
    put, so that only the rows that are needed change hands. The answer is checked against one that was added up by hand. Where nothing
    is to be measured (see `labsupport.systems.comparison.reason_not_to_measure`), or pyarrow or DuckDB is not installed, the recorded run is shown.

    Parameters
    ----------
    orders : int, optional
        How many, from 1,000 to 2,000,000.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source`` (measurement), ``what`` (each place, and the whole query), ``rows`` taken of ``of_rows``,
        ``read_bytes`` of ``stored_bytes`` where the engine tells, ``ms`` and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If there is no such number of orders.

    Examples
    --------
    >>> compare(1_000).table["what"].tolist()
    ['orders (Parquet)', 'customers (SQLite)', 'countries (CSV)', 'one query']
    """
    orders = checks.integer("orders", orders, 1_000, MOST_ORDERS)
    return comparison.measured_or_recorded(
        lambda show: _measured(orders, show), recorded, "Asking three stores at once", progress, missing("pyarrow", "duckdb")
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
    return comparison.recorded("fabric", notice, summarise=_summary)


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
    'python -m labsupport record fabric'
    """
    reason = missing("pyarrow", "duckdb")
    if reason:
        raise ServerError(reason)
    return _measured(ORDERS, lambda _: None).save("fabric", directory)


def _measured(orders: int, show: Callable[[float], None]) -> Comparison:
    """Fill the three stores, ask them at once, and check the answer."""
    import pandas as pd

    keeper = Keeper("labsupport-fabric-")
    try:
        folder = keeper.directory
        expected = _fill(folder, orders)
        show(0.5)
        with Engine() as engine:
            begin = time.perf_counter()
            customers = _customers(folder)
            fetched = time.perf_counter()
            engine.connection.register("customers", customers)
            answer = engine.ask(QUERY.format(folder=folder))
            done = time.perf_counter()
            week = engine.profile(f"SELECT count(*), min(customer), sum(cents) FROM '{folder}/orders.parquet' WHERE day BETWEEN 50 AND 56")  # noqa: S608 - our own file
            places = engine.profile(f"SELECT count(*), min(region) FROM read_csv('{folder}/countries.csv', header = true)")  # noqa: S608 - as above
        sizes = [(folder / name).stat().st_size for name in ("orders.parquet", "customers.sqlite", "countries.csv")]
    finally:
        keeper.close()
    if answer != expected:
        raise ServerError(f"The query gave {answer}, but by hand it is {expected}")
    found = [
        ("orders (Parquet)", week.answer[0], orders, week.read_bytes, sizes[0], np.nan),
        ("customers (SQLite)", len(customers), CUSTOMERS, np.nan, sizes[1], 1_000 * (fetched - begin)),
        ("countries (CSV)", COUNTRIES, COUNTRIES, places.read_bytes, sizes[2], np.nan),
        ("one query", sum(row[1] for row in answer), orders, np.nan, sum(sizes), 1_000 * (done - begin)),
    ]
    table = pd.DataFrame([("measurement", *row) for row in found], columns=COLUMNS).assign(recorded=False).round(2)
    system = f"DuckDB {importlib.metadata.version('duckdb')}, SQLite {sqlite3.sqlite_version}"
    about = {"system": system, **describe_machine(), "date": dt.datetime.now(dt.UTC).date().isoformat(), "orders": orders}
    return Comparison(table, _reconcile(table), about, summary=_summary(table))


def _fill(folder: Path, orders: int) -> list[tuple[Any, ...]]:
    """Write orders, customers and countries into three kinds of stores; return the answer, added up by hand."""
    import pyarrow as pa
    import pyarrow.parquet

    generator = np.random.default_rng(SEED)
    day = np.sort(generator.integers(0, 100, orders))
    customer = generator.integers(0, CUSTOMERS, orders)
    cents = generator.integers(100, 20_000, orders)
    country = generator.integers(0, COUNTRIES, CUSTOMERS)
    business = generator.random(CUSTOMERS) < 0.2
    region = np.arange(COUNTRIES) % len(REGIONS)

    columns = {"day": pa.array(day, pa.int32()), "customer": pa.array(customer, pa.int32()), "cents": pa.array(cents, pa.int64())}
    pyarrow.parquet.write_table(pa.table(columns), folder / "orders.parquet", row_group_size=10_000)
    rows = [(number, f"C{country[number]:02}", "business" if business[number] else "private") for number in range(CUSTOMERS)]
    with closing(sqlite3.connect(folder / "customers.sqlite")) as connection:
        connection.execute("CREATE TABLE customers (customer INTEGER PRIMARY KEY, country TEXT, segment TEXT)")
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", rows)
        connection.commit()
    lines = [f"C{number:02},{REGIONS[region[number]]}" for number in range(COUNTRIES)]
    (folder / "countries.csv").write_text("country,region\n" + "\n".join(lines) + "\n", encoding="utf-8")

    wanted = (day >= 50) & (day <= 56) & business[customer]
    where = region[country[customer[wanted]]]
    counts = np.bincount(where, minlength=len(REGIONS))
    totals = np.zeros(len(REGIONS), dtype=np.int64)
    np.add.at(totals, where, cents[wanted])
    answer = zip(REGIONS, counts.tolist(), totals.tolist(), strict=True)
    return sorted(row for row in answer if row[1])


def _customers(folder: Path) -> pd.DataFrame:
    """Let SQLite pick the customers that are asked for."""
    import pandas as pd

    with closing(sqlite3.connect(folder / "customers.sqlite")) as connection:
        return pd.read_sql_query("SELECT customer, country, segment FROM customers WHERE segment = 'business'", connection)


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put each store into one line."""
    shown = table[["what", "rows", "of_rows"]].rename(columns={"of_rows": "of rows"})
    shown["read, kB"] = (table["read_bytes"] / 1_000).round(1)
    shown["stored, kB"] = (table["stored_bytes"] / 1_000).round(1)
    shown["ms"] = table["ms"].round(1)
    return shown


def _reconcile(table: pd.DataFrame) -> str:
    """Say, from the numbers, what was joined, and what is not seen of it."""
    rows = table.set_index("what")
    orders, customers, whole = (rows.loc[name] for name in ("orders (Parquet)", "customers (SQLite)", "one query"))
    return (
        f"One query, three stores, {whole['rows']:,.0f} orders found, and the sums are those added up by hand. Of the orders' "
        f"{orders['stored_bytes'] / 1_000:,.0f} kB, {orders['read_bytes'] / 1_000:,.0f} were read: the condition on the day went down into "
        f"Parquet. The condition on the customers went down into SQLite, which handed over {customers['rows']:,.0f} of "
        f"{customers['of_rows']:,.0f} rows – because we put it there.\n\nThat is the whole art of a data fabric: it can ask in one place, "
        "but what each store must read and send depends on how much of the query the store is given. Here all three lie on one "
        "machine; access rights, names that mean two things, and networks in between are what a real one is mostly about, and none of "
        "them is here."
    )
