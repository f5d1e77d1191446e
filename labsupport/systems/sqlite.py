"""SQLite, the database that comes with Python: a table of orders of its own, for the length of a ``with`` block."""

from __future__ import annotations

import sqlite3
import time
from types import TracebackType
from typing import Self

from labsupport.checks import integer

MOST_ROWS = 10_000_000
ORDERS_EACH = 10  # orders of a customer, scattered over the table
QUERY = "SELECT count(*), sum(amount) FROM orders WHERE customer = {customer}"
_FILL = """
INSERT INTO orders
WITH RECURSIVE numbers(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < {rows})
SELECT number, (number * 7919) % {customers}, number % 1000, 'order ' || number || ', paid, sent, and received' FROM numbers
"""


class SQLite:
    """A table of orders in SQLite: number, customer, amount and a text, ten orders for each customer.

    Parameters
    ----------
    rows : int, optional
        How many orders, from 10 to 10,000,000.

    Raises
    ------
    TypeError, ValueError
        If there is no such number of rows.

    References
    ----------
    SQLite documentation, "Query Planning" and "EXPLAIN QUERY PLAN".

    Examples
    --------
    >>> with SQLite(rows=1_000) as orders:
    ...     before = orders.plan(42)
    ...     orders.create_index()
    ...     before, orders.plan(42), orders.ask(42)[0]
    ('SCAN orders', 'SEARCH orders USING INDEX by_customer (customer=?)', (10, 4680))
    """

    name = "SQLite"

    def __init__(self, rows: int = 1_000_000) -> None:
        self.rows = integer("rows", rows, ORDERS_EACH, MOST_ROWS)
        self._connection: sqlite3.Connection | None = None

    @classmethod
    def version(cls) -> str:
        """Return the name and number of the version, such as "SQLite 3.40.1"."""
        return f"{cls.name} {sqlite3.sqlite_version}"

    def __enter__(self) -> Self:
        self._connection = sqlite3.connect("")  # a file without a name, which is gone when the connection or Python is
        try:
            self._connection.execute("PRAGMA journal_mode = OFF")  # nothing here is worth saving from a power cut
            self._connection.execute("PRAGMA cache_size = -120000")  # 120 MB, so that a million rows fit: memory is measured, not a disk
            self._connection.execute("CREATE TABLE orders (number INTEGER PRIMARY KEY, customer INTEGER, amount INTEGER, note TEXT)")
            self._connection.execute(_FILL.format(rows=self.rows, customers=self.customers))
            self._connection.commit()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return self.rows // ORDERS_EACH

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RuntimeError("the table is there inside its with block only")
        return self._connection

    def create_index(self) -> None:
        """Make an index on the customer."""
        self._open().execute("CREATE INDEX by_customer ON orders (customer)")

    def plan(self, customer: int) -> str:
        """Return how the database means to find a customer's orders, in its own words."""
        return str(self._open().execute("EXPLAIN QUERY PLAN " + QUERY.format(customer=int(customer))).fetchone()[-1])

    def ask(self, customer: int) -> tuple[tuple[int, int], float]:
        """Count and add up a customer's orders; return both, and how long it took in milliseconds."""
        query, connection = QUERY.format(customer=int(customer)), self._open()
        begin = time.perf_counter()
        answer = connection.execute(query).fetchone()
        return answer, 1_000 * (time.perf_counter() - begin)
