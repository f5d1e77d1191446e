"""DuckDB, a database engine in this process, with its own profile of what each query read."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from labsupport.systems.server import ServerError

__all__ = ["Engine", "Profile", "missing"]


@dataclass(frozen=True)
class Profile:
    """What a query read, as the engine's own profile tells.

    Attributes
    ----------
    answer : tuple
        The first row that the query returned.
    read_bytes : int
        Bytes read from files.
    files, groups, all_groups : int
        Files opened, row groups scanned, and row groups in these files; all 0 where nothing had to be scanned.
    """

    answer: tuple[Any, ...]
    read_bytes: int
    files: int
    groups: int
    all_groups: int


class Engine:
    """DuckDB in this process, with its profile after each query; it loads nothing from anywhere.

    Raises
    ------
    ServerError
        If DuckDB is not installed.

    References
    ----------
    DuckDB documentation, "Profiling".

    Examples
    --------
    >>> with Engine() as engine:
    ...     engine.profile("SELECT 42").answer
    (42,)
    """

    def __init__(self) -> None:
        reason = missing("duckdb")
        if reason:
            raise ServerError(reason)
        import duckdb

        self.connection = duckdb.connect(config={"threads": 2, "autoinstall_known_extensions": False, "autoload_known_extensions": False})
        self.connection.execute("SET enable_progress_bar = false")
        with contextlib.suppress(duckdb.Error):  # not in every version: else it reads over gaps as long as the disk seems quick
            self.connection.execute("SET parquet_prefetch_column_gap = 0")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.connection.close()

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows that a query gives."""
        rows: list[tuple[Any, ...]] = self.connection.execute(query).fetchall()
        return rows

    def profile(self, query: str) -> Profile:
        """Run a query, and return what its profile tells.

        Parameters
        ----------
        query : str

        Returns
        -------
        Profile

        Raises
        ------
        ServerError
            If this DuckDB's profile does not tell how many bytes were read.
        """
        self.connection.execute("PRAGMA enable_profiling = 'no_output'")
        try:
            answer = self.ask(query)[0]
            told = json.loads(self.connection.get_profiling_information())
        finally:
            self.connection.execute("PRAGMA disable_profiling")
        try:
            read = int(told["io"]["total_bytes_read"])
        except KeyError:
            raise ServerError("The profile of this DuckDB does not tell how many bytes were read. To upgrade: pip install -U duckdb") from None
        scans = _scans(told["operator"])
        files = sum(int(node["extra_info"].get("Total Files Read", 0)) for node in scans)
        counts = [sum(int(node.get(name, 0)) for node in scans) for name in ("row_groups_scanned", "total_row_groups_to_scan")]
        return Profile(answer, read, files, *counts)


def _scans(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parts of a plan that read tables."""
    found = [node for node in nodes if node.get("type") == "TABLE_SCAN"]
    return found + [scan for node in nodes for scan in _scans(node.get("children", []))]


def missing(*packages: str) -> str:
    """Say which packages are not installed here and how to get them; nothing if all are.

    Parameters
    ----------
    *packages : str

    Returns
    -------
    str

    Examples
    --------
    >>> missing("json")
    ''
    """
    lacking = [name for name in packages if importlib.util.find_spec(name) is None]
    return f"Not installed here: {', '.join(lacking)}. To install: {sys.executable} -m pip install {' '.join(lacking)}" if lacking else ""
