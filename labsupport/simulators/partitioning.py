"""Vertical partitioning: how many pages of a table queries must read, by which columns are stored together.

A table is stored in groups of columns. Each group has a page after page of its own, on which its part of every row stands, in
the order of the rows. A *row store* has one group with all columns; a *column store* has a group for each column; *column
groups* are anything between. A query reads, in every group that has a column it touches, each page that holds one of its
rows – whole, since nothing smaller than a page is read.

A row's part of a group stands on one page if it fits, and starts a page of its own if it does not. Pages hold nothing else;
there is no compression and no index, and nothing is in memory beforehand.

References
----------
Copeland and Khoshafian, "A Decomposition Storage Model", ACM SIGMOD 1985.
Navathe, Ceri, Wiederhold, Dou, "Vertical Partitioning Algorithms for Database Design", ACM TODS 9(4), 1984.
Abadi, Madden, Hachem, "Column-Stores vs. Row-Stores: How Different Are They Really?", ACM SIGMOD 2008.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

LAYOUTS = ("rows", "columns", "groups")
LARGEST_WIDTH = 1 << 30
MOST_ROWS = checks.LARGEST_KEY + 1


@dataclass(frozen=True)
class Query:
    """What a query reads, and how often it is asked.

    Attributes
    ----------
    columns : sequence of str
        The columns it touches: what it shows, and what it must look at to find its rows.
    rows : range or array_like of int, shape (selected,)
        The rows it touches, counted from 0: a Python ``range`` with step 1 for neighbouring rows, their numbers for others. A
        query that must look at every row to find a few touches them all.
    frequency : float
        How often it is asked, in any unit, above 0.
    """

    columns: Sequence[str]
    rows: Any
    frequency: float = 1.0


@dataclass(frozen=True)
class ReadResult:
    """What queries read from a table.

    Attributes
    ----------
    layout : str
        Which columns are stored together: in words, one of `LAYOUTS`.
    groups : tuple of tuple of str
        The same, by name.
    page_size : int
        Bytes on a page.
    table_pages : ndarray of int64, shape (groups,)
        Pages that each group takes up. Read-only.
    pages : ndarray of int64, shape (queries,)
        Pages that each query reads. Read-only.
    groups_read : ndarray of int64, shape (queries,)
        Groups that each query reads from: so many parts of each row it must put together. Read-only.
    needed : ndarray of int64, shape (queries,)
        Bytes that each query asks for: its columns of its rows. Read-only.
    frequencies : ndarray of float64, shape (queries,)
        How often each query is asked. Read-only.
    """

    layout: str
    groups: tuple[tuple[str, ...], ...]
    page_size: int
    table_pages: NDArray[np.int64]
    pages: NDArray[np.int64]
    groups_read: NDArray[np.int64]
    needed: NDArray[np.int64]
    frequencies: NDArray[np.float64]

    @property
    def bytes(self) -> NDArray[np.int64]:
        """Bytes that each query reads, shape (queries,)."""
        return self.pages * self.page_size

    @property
    def total_bytes(self) -> float:
        """Bytes that all queries read in the unit of their frequencies."""
        return float(self.bytes @ self.frequencies)

    @property
    def amplification(self) -> float:
        """Bytes read for each byte asked for, over all queries by their frequencies."""
        return self.total_bytes / float(self.needed @ self.frequencies)

    @property
    def pages_per_insert(self) -> int:
        """Pages that must be written to store one new row: at least one in each group."""
        return len(self.groups)


def read(
    layout: str,
    widths: Mapping[str, int],
    rows: int,
    queries: Sequence[Query],
    *,
    groups: Sequence[Sequence[str]] | None = None,
    page_size: int = 8192,
    key_width: int = 0,
) -> ReadResult:
    """Count the pages and bytes that queries read from a table.

    Parameters
    ----------
    layout : str
        ``"rows"``: all columns together; ``"columns"``: each for itself; ``"groups"``: as ``groups`` says.
    widths : mapping of str to int
        The columns, and how many bytes a value of each takes up, at least 1.
    rows : int
        Rows of the table, from 1 to 2³¹.
    queries : sequence of Query
        At least one.
    groups : sequence of sequence of str, optional
        For the layout ``"groups"``: which columns are stored together. Each column must be in exactly one group.
    page_size : int
        Bytes on a page, at least 1; 8192 as in PostgreSQL.
    key_width : int
        Bytes of the row's key, at least 0, which is repeated in each group if there is more than one, so that the parts of a row
        can be put together; 0, if the position tells, as in column stores.

    Returns
    -------
    ReadResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, a column is unknown, a row is not in the table, or groups do not hold each column once.

    References
    ----------
    Navathe, Ceri, Wiederhold, Dou, "Vertical Partitioning Algorithms for Database Design", ACM TODS 9(4), 1984.

    Examples
    --------
    >>> widths = {"id": 8, "name": 40, "age": 2, "photo": 950}
    >>> queries = [Query(["age"], range(100_000)), Query(["id", "name", "age", "photo"], [4_711], frequency=50)]
    >>> for layout in ("rows", "columns"):
    ...     result = read(layout, widths, 100_000, queries)
    ...     print(layout, result.pages, f"{result.total_bytes:,.0f}")
    rows [12500     1] 102,809,600
    columns [25  4] 1,843,200
    >>> read("groups", widths, 100_000, queries, groups=[["id", "name", "age"], ["photo"]], key_width=8).pages
    array([710,   2])
    """
    layout = checks.choice("layout", layout, LAYOUTS)
    columns = _columns(widths)
    rows = checks.integer("rows", rows, minimum=1, maximum=MOST_ROWS)
    page_size = checks.integer("page_size", page_size, minimum=1, maximum=LARGEST_WIDTH)
    key_width = checks.integer("key_width", key_width, minimum=0, maximum=LARGEST_WIDTH)
    stored = _groups(layout, tuple(columns), groups)
    if isinstance(queries, Query) or not hasattr(queries, "__len__") or len(queries) == 0:
        raise ValueError(f"queries is {queries!r}, but must be a sequence of at least one query")
    asked = [_checked(f"queries[{index}]", query, columns, rows) for index, query in enumerate(queries)]

    key = key_width if len(stored) > 1 else 0
    parts = [sum(columns[column] for column in group) + key for group in stored]
    table_pages = np.array([_pages(range(rows), part, page_size) for part in parts], dtype=np.int64)
    touched = [[bool(set(group) & set(query.columns)) for group in stored] for query in asked]
    pages = [
        sum(_pages(query.rows, part, page_size) for part, reads in zip(parts, reads_group, strict=True) if reads)
        for query, reads_group in zip(asked, touched, strict=True)
    ]
    needed = [len(query.rows) * sum(columns[column] for column in query.columns) for query in asked]
    result = ReadResult(
        layout,
        stored,
        page_size,
        table_pages,
        np.array(pages, dtype=np.int64),
        np.array([sum(reads_group) for reads_group in touched], dtype=np.int64),
        np.array(needed, dtype=np.int64),
        np.array([query.frequency for query in asked]),
    )
    for array in (result.table_pages, result.pages, result.groups_read, result.needed, result.frequencies):
        array.flags.writeable = False
    return result


def _pages(rows: range | NDArray[np.int64], part: int, page_size: int) -> int:
    """Return how many pages of a group hold some different rows, if a row's part takes up so many bytes."""
    pages_per_row = -(-part // page_size)
    if pages_per_row > 1:
        return len(rows) * pages_per_row
    rows_per_page = page_size // part
    if isinstance(rows, range):
        return rows[-1] // rows_per_page - rows[0] // rows_per_page + 1
    page_of = rows // rows_per_page  # in rising order, as the rows are
    return 1 + int(np.count_nonzero(page_of[1:] != page_of[:-1]))


def _columns(widths: Any) -> dict[str, int]:
    if not isinstance(widths, Mapping):
        raise TypeError(f"widths is {widths!r} ({type(widths).__name__}), but must be a mapping from columns to bytes")
    if not widths:
        raise ValueError("widths is empty, but must name at least one column")
    return {_column("widths", name): checks.integer(f"width of {name!r}", width, minimum=1, maximum=LARGEST_WIDTH) for name, width in widths.items()}


def _column(argument: str, name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"{argument} names the column {name!r} ({type(name).__name__}), but a column's name must be a text")
    return name


def _groups(layout: str, columns: tuple[str, ...], groups: Any) -> tuple[tuple[str, ...], ...]:
    if layout != "groups":
        if groups is not None:
            raise TypeError(f"groups is given, but must not be for the layout {layout!r}: it belongs to 'groups'")
        return (columns,) if layout == "rows" else tuple((column,) for column in columns)
    if groups is None:
        raise TypeError("groups is missing, but must say for the layout 'groups' which columns are stored together")
    if isinstance(groups, str) or not hasattr(groups, "__len__"):
        raise TypeError(f"groups is {groups!r}, but must be a sequence of groups, each a sequence of columns")
    stored = tuple(_names(f"groups[{index}]", group, columns) for index, group in enumerate(groups))
    listed = [column for group in stored for column in group]
    twice = [column for column in columns if listed.count(column) > 1]
    lost = [column for column in columns if column not in listed]
    if twice or lost:
        raise ValueError(f"groups holds the column {(twice or lost)[0]!r} {listed.count((twice or lost)[0])} times, but must hold each column once")
    return stored


def _names(argument: str, names: Any, columns: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str) or not hasattr(names, "__len__") or len(names) == 0:
        raise ValueError(f"{argument} is {names!r}, but must be a sequence of at least one column")
    return tuple(checks.choice(argument, _column(argument, name), columns) for name in names)


def _checked(argument: str, query: Any, columns: Mapping[str, int], rows: int) -> Query:
    """Return the query with different columns and with different rows in rising order."""
    if not isinstance(query, Query):
        raise TypeError(f"{argument} is {query!r} ({type(query).__name__}), but must be a Query")
    names = tuple(dict.fromkeys(_names(f"{argument}.columns", query.columns, tuple(columns))))
    frequency = checks.number(f"{argument}.frequency", query.frequency, above=0)
    if isinstance(query.rows, range):
        if len(query.rows) == 0 or query.rows.step != 1 or query.rows[0] < 0 or query.rows[-1] >= rows:
            raise ValueError(f"{argument}.rows is {query.rows!r}, but must hold at least one row from 0 to {rows - 1:,}, with step 1")
        return Query(names, query.rows, frequency)
    asked = np.sort(checks.integers(f"{argument}.rows", query.rows, 0, rows - 1, kind="row"))
    return Query(names, asked[np.append(True, asked[1:] != asked[:-1])], frequency)  # np.unique takes ten times as long
