"""Storage formats: how many bytes of a table a query must scan, by how the table lies in files.

*CSV* is text, row after row: who wants one column reads all of them, and who wants one day reads every day. *Parquet* and *ORC* cut the
rows into groups (ORC says stripes), and store each column of a group for itself, with its least and greatest value beside it: a query
reads the columns that it names, and skips the groups in which nothing can lie that it asks for. ORC keeps least and greatest values for
every so many rows within a stripe, too. In all three the rows may be *partitioned* into files by the values of some columns, which
then are part of the files' names: a query that asks for one of them does not open the others.

Not modelled: compression of bytes (such as zstd), page indexes, Bloom filters, and readers that skip less than the format would allow.

References
----------
Apache Parquet, "File format" and "Encodings". Apache ORC, "ORC Specification v1".
Melnik et al., "Dremel: Interactive Analysis of Web-Scale Datasets", VLDB 2010.
Moerkotte, "Small Materialized Aggregates: A Light Weight Index Structure for Data Warehousing", VLDB 1998.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

FORMATS = ("csv", "parquet", "orc")
MOST_ROWS = 20_000_000
STRIDE = 10_000  # rows between two entries of ORC's index, as by default
CHUNK_METADATA, FILE_METADATA = 120, 300  # bytes in a footer for each column of a group, and besides: about what pyarrow writes
DENSE = 20  # possible values for each row, up to which a table of them is small
LARGEST = 2.0**53  # whole numbers up to which floats are exact
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    values : array_like of float, shape (rows,)
        Its values; a column of texts is given by numbers that stand for them.
    width : float
        Bytes of a value in binary, above 0.
    text : float
        Bytes of a value in CSV, with the comma behind it, above 0; the mean if they differ.
    """

    values: Any
    width: float
    text: float


@dataclass(frozen=True)
class StoredTable:
    """A table in files. A unit is the least that can be skipped: a file of CSV, a row group of Parquet, a stride of ORC.

    Attributes
    ----------
    format : str
    names : tuple of str
        The columns.
    partition_by : tuple of str
        Those that are part of the files' names.
    rows : ndarray of int64, shape (units,)
        Rows of each unit. Read-only.
    files : ndarray of int64, shape (units,)
        The file of each unit, counted from 0. Read-only.
    least, greatest : ndarray of float64, shape (units, columns)
        Of each column in each unit. Read-only.
    sizes : ndarray of float64, shape (units, columns)
        Bytes of each column in each unit, as encoded. Read-only.
    footers : ndarray of float64, shape (files,)
        Bytes that tell where everything is, and the least and greatest values: read with every file that is opened. Read-only.
    """

    format: str
    names: tuple[str, ...]
    partition_by: tuple[str, ...]
    rows: Integers
    files: Integers
    least: Floats
    greatest: Floats
    sizes: Floats
    footers: Floats

    @property
    def bytes(self) -> float:
        """Bytes of all files."""
        return float(self.sizes.sum() + self.footers.sum())


@dataclass(frozen=True)
class ScanResult:
    """What a query reads, and why it need not read the rest. The four shares add up to the whole table.

    Attributes
    ----------
    scanned : float
        Bytes read, footers included.
    by_partition, by_statistics, by_column : float
        Bytes that are not read: in files that are not opened, in units whose values cannot be asked for, in columns not named.
    files, units, rows : int
        Files opened, units scanned, and rows in these.
    """

    scanned: float
    by_partition: float
    by_statistics: float
    by_column: float
    files: int
    units: int
    rows: int

    @property
    def share(self) -> float:
        """The share of the table that is read, 0 to 1."""
        return self.scanned / (self.scanned + self.by_partition + self.by_statistics + self.by_column)


def store(
    format: str,  # noqa: A002 - what everybody calls it
    columns: Mapping[str, Column],
    *,
    group_rows: int = 100_000,
    partition_by: Sequence[str] = (),
    stride: int = STRIDE,
) -> StoredTable:
    """Write a table into files, in the order in which its rows come.

    Parameters
    ----------
    format : {"csv", "parquet", "orc"}
    columns : mapping of str to Column
        All of one length, from 1 to 20,000,000 rows. Not written to.
    group_rows : int, optional
        Rows of a row group or stripe, at least 1; the last of each file may have fewer.
    partition_by : sequence of str, optional
        Columns by whose values the rows are put into files, one for each combination that occurs.
    stride : int, optional
        Rows between two entries of ORC's index, at least 1.

    Returns
    -------
    StoredTable

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Notes
    -----
    A column of a group is encoded in the shorter of two ways: value after value, or as a dictionary of its different values and a number
    for each row, packed into as few bits as it takes – or, where the same value comes many times in a row, as runs.

    References
    ----------
    Apache Parquet, "Encodings": PLAIN, RLE_DICTIONARY.

    Examples
    --------
    >>> columns = {"day": Column([1, 1, 2, 2], 4, 11), "amount": Column([5.0, 7.5, 1.0, 2.5], 8, 5)}
    >>> stored = store("parquet", columns, group_rows=2)
    >>> stored.rows, stored.greatest[:, 0]
    (array([2, 2]), array([1., 2.]))
    >>> store("csv", columns).bytes
    64.0
    """
    format = checks.choice("format", format, FORMATS)  # noqa: A001 - as above
    names = _columns(columns)
    values = {name: _values(name, columns[name]) for name in names}
    count = values[names[0]].size
    if any(column.size != count for column in values.values()):
        raise ValueError(f"columns have {sorted({column.size for column in values.values()})} rows, but must all have equally many")
    group_rows = checks.integer("group_rows", group_rows, minimum=1)
    stride = checks.integer("stride", stride, minimum=1)
    keys = _known("partition_by", partition_by, names)

    order, file_of = _files([values[name] for name in keys], count)
    place = np.arange(count) - np.searchsorted(file_of, file_of)  # within its file
    group = place // group_rows if format != "csv" else np.zeros(count, dtype=np.int64)
    groups = _numbered(file_of, group)
    units = _numbered(groups, place % group_rows // stride) if format == "orc" else groups
    starts = np.flatnonzero(np.diff(units, prepend=-1))
    group_starts = np.flatnonzero(np.diff(groups, prepend=-1))
    group_rows_each = np.diff(group_starts, append=count)
    rows = np.diff(starts, append=count)
    unit_groups = groups[starts]

    least, greatest, sizes = (np.empty((starts.size, len(names))) for _ in range(3))
    for number, name in enumerate(names):
        column = values[name][order]
        least[:, number] = np.minimum.reduceat(column, starts)
        greatest[:, number] = np.maximum.reduceat(column, starts)
        if name in keys:
            sizes[:, number] = 0  # the file's name tells
        elif format == "csv":
            sizes[:, number] = rows * columns[name].text
        else:
            encoded = _encoded(column, groups, group_starts, columns[name].width)
            sizes[:, number] = (encoded / group_rows_each)[unit_groups] * rows
    stored = len(names) - len(keys)
    per_file = np.bincount(file_of[group_starts])
    footers = np.zeros(per_file.size) if format == "csv" else FILE_METADATA + CHUNK_METADATA * stored * per_file.astype(float)
    result = StoredTable(format, names, keys, rows, file_of[starts].copy(), least, greatest, sizes, footers)
    for array in (result.rows, result.files, least, greatest, sizes, footers):
        array.flags.writeable = False
    return result


def scan(stored: StoredTable, select: Sequence[str], where: Mapping[str, tuple[float, float]] | None = None) -> ScanResult:
    """Count the bytes that a query must read.

    Parameters
    ----------
    stored : StoredTable
    select : sequence of str
        The columns that it shows or adds up, at least one.
    where : mapping of str to (float, float), optional
        Columns and the values that are asked for, from the least to the greatest, both included; all of them must hold. These columns
        are read, too – but not those in the files' names, which say enough.

    Returns
    -------
    ScanResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Moerkotte, "Small Materialized Aggregates", VLDB 1998.

    Examples
    --------
    >>> columns = {"day": Column([1, 1, 2, 2], 4, 11), "amount": Column([5.0, 7.5, 1.0, 2.5], 8, 5)}
    >>> result = scan(store("parquet", columns, group_rows=2), ["amount"], {"day": (2, 9)})
    >>> result.units, result.rows, result.by_statistics
    (1, 2, 21.0)
    """
    if not isinstance(stored, StoredTable):
        raise TypeError(f"stored is {stored!r} ({type(stored).__name__}), but must be what store returned")
    shown = _known("select", select, stored.names)
    if not shown:
        raise ValueError("select is empty, but must name at least one column")
    limits = {name: _limits(name, pair, stored.names) for name, pair in (where or {}).items()}

    hold = np.ones((2, stored.rows.size), dtype=np.bool_)  # by the files' names, and by statistics
    for name, (low, high) in limits.items():
        number = stored.names.index(name)
        if stored.format != "csv" or name in stored.partition_by:
            hold[int(name not in stored.partition_by)] &= (stored.greatest[:, number] >= low) & (stored.least[:, number] <= high)
    opened, left = hold[0], hold[0] & hold[1]
    files = np.unique(stored.files[opened])
    touched = np.array([name in shown or name in limits or stored.format == "csv" for name in stored.names])
    footers = float(stored.footers[files].sum())
    return ScanResult(
        scanned=float(stored.sizes[left][:, touched].sum()) + footers,
        by_partition=float(stored.sizes[~opened].sum() + stored.footers.sum() - footers),
        by_statistics=float(stored.sizes[opened & ~left].sum()),
        by_column=float(stored.sizes[left][:, ~touched].sum()),
        files=int(files.size),
        units=int(np.count_nonzero(left)),
        rows=int(stored.rows[left].sum()),
    )


def _files(keys: list[Floats], count: int) -> tuple[Integers, Integers]:
    """Return the rows in the order of their files, each in the order in which they came, and the file of each."""
    if not keys:
        return np.arange(count), np.zeros(count, dtype=np.int64)
    order = np.lexsort(keys[::-1])
    changes = np.zeros(count, dtype=np.bool_)
    for key in keys:
        changes[1:] |= np.diff(key[order]) != 0
    return order, np.cumsum(changes)


def _numbered(outer: Integers, inner: Integers) -> Integers:
    """Return a number for each pair of two labels, whose rows lie together, from 0."""
    changes = np.zeros(outer.size, dtype=np.bool_)
    changes[1:] = (np.diff(outer) != 0) | (np.diff(inner) != 0)
    return np.cumsum(changes)


def _encoded(column: Floats, groups: Integers, starts: Integers, width: float) -> Floats:
    """Return the bytes of each group of a column: value after value, or as a dictionary with packed numbers or runs."""
    rows = np.diff(starts, append=column.size)
    distinct = _distinct(column, groups, starts.size)
    changes = np.ones(column.size, dtype=np.int64)
    changes[1:] = np.diff(column) != 0
    changes[starts] = 1
    runs = np.add.reduceat(changes, starts)
    bits = np.ceil(np.log2(np.maximum(distinct, 2)))
    numbers = np.ceil(np.minimum(rows * bits / 8, runs * (2 + np.ceil(bits / 8))))
    return np.asarray(np.minimum(rows * width, distinct * width + numbers))


def _distinct(column: Floats, groups: Integers, count: int) -> Integers:
    """Return how many different values each group has."""
    low, span = column.min(), column.max() - column.min() + 1
    if span * count < LARGEST and (column == np.floor(column)).all():
        pairs = groups * int(span) + (column - low).astype(np.int64)
        if span * count <= DENSE * column.size:  # ticking off is quicker than sorting
            seen = np.zeros(count * int(span), dtype=np.bool_)
            seen[pairs] = True
            return np.asarray(np.count_nonzero(seen.reshape(count, -1), axis=1))
        pairs.sort()
        new = np.ones(pairs.size, dtype=np.bool_)
        new[1:] = np.diff(pairs) != 0
        return np.bincount(pairs[new] // int(span), minlength=count)
    order = np.lexsort((column, groups))
    ordered, lies = column[order], groups[order]
    new = np.ones(column.size, dtype=np.bool_)
    new[1:] = (np.diff(ordered) != 0) | (np.diff(lies) != 0)
    return np.bincount(lies[new], minlength=count)


def _columns(columns: Any) -> tuple[str, ...]:
    if not isinstance(columns, Mapping):
        raise TypeError(f"columns is {columns!r} ({type(columns).__name__}), but must be a mapping from names to columns")
    if not columns:
        raise ValueError("columns is empty, but must hold at least one")
    for name, column in columns.items():
        if not isinstance(name, str) or not isinstance(column, Column):
            raise TypeError(f"columns holds {name!r}: {type(column).__name__}, but must map names to columns")
        checks.number(f"width of {name}", column.width, above=0)
        checks.number(f"text of {name}", column.text, above=0)
    return tuple(columns)


def _values(name: str, column: Column) -> Floats:
    values = np.asarray(column.values)
    if values.ndim != 1 or values.dtype.kind not in "biuf" or not 0 < values.size <= MOST_ROWS:
        raise ValueError(f"values of {name} must be a row of 1 to {MOST_ROWS:,} numbers, but are {values.dtype} of shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"values of {name} must be finite, but hold NaN or infinity")
    return values.astype(np.float64)


def _known(argument: str, names: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(names, str) or not hasattr(names, "__iter__"):
        raise TypeError(f"{argument} is {names!r}, but must be a sequence of columns")
    return tuple(dict.fromkeys(checks.choice(argument, name, known) for name in names))


def _limits(name: Any, pair: Any, known: tuple[str, ...]) -> tuple[float, float]:
    name = checks.choice("where", name, known)
    if not hasattr(pair, "__len__") or len(pair) != 2:
        raise ValueError(f"where asks {name} for {pair!r}, but must say from which value to which")
    low, high = checks.number(f"least {name}", pair[0]), checks.number(f"greatest {name}", pair[1])
    if low > high:
        raise ValueError(f"where asks {name} for {low:g} to {high:g}, but the first must not be greater")
    return low, high
