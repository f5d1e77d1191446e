"""Storage runs: the orders that the storage lab stores in many ways, and what its queries scan, computed once and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from labsupport.simulators.storage import Column, ScanResult, StoredTable, scan, store

DAYS, A_DAY = 100, 400
ROWS = DAYS * A_DAY
STRIDE = 1_000  # rows between two entries of ORC's index
GROUPS = [400, 1_000, 2_000, 4_000, 10_000, 20_000, 40_000]
COUNTRY = 3  # the one that is asked for
SELECTED = {"one": ["amount"], "three": ["amount", "user", "country"], "all": ["day", "user", "country", "amount", "note"]}
PARTITIONS: dict[str, list[str]] = {"none": [], "day": ["day"], "both": ["day", "country"]}


class Layout(NamedTuple):
    """How the orders lie: in which format, in which order, in groups of how many rows, and by what they are split into files."""

    kind: str
    order: str
    group_rows: int
    partition: str


@lru_cache(maxsize=3)
def orders(order: str) -> dict[str, Column]:
    """Return the columns of the orders, by time, by user or in no order: a text stands as a number, the same for the same text."""
    generator = np.random.default_rng(10)
    day = np.repeat(np.arange(DAYS), A_DAY)
    drawn = {
        "day": (day, 4, 11),
        "user": (generator.integers(0, 2_000, ROWS), 4, 5),
        "country": (generator.integers(0, 20, ROWS), 7, 4),
        "amount": (generator.integers(100, 20_000, ROWS), 8, 6),
        "note": (generator.permutation(ROWS), 44, 41),
    }
    keys = {"time": day, "user": drawn["user"][0], "none": generator.permutation(ROWS)}
    places = np.argsort(keys[order], kind="stable")
    return {name: Column(values[places], width, text) for name, (values, width, text) in drawn.items()}


@lru_cache(maxsize=64)
def stored(layout: Layout) -> StoredTable:
    """Write the orders into files."""
    columns = orders(layout.order)
    return store(layout.kind, columns, group_rows=layout.group_rows, partition_by=PARTITIONS[layout.partition], stride=STRIDE)


@lru_cache(maxsize=4096)
def read(layout: Layout, selected: str, days: int, countries: str) -> ScanResult:
    """Ask for the last days, of all countries or of one."""
    where: dict[str, tuple[float, float]] = {"day": (DAYS - days, DAYS - 1)}
    if countries == "one":
        where["country"] = (COUNTRY, COUNTRY)
    return scan(stored(layout), SELECTED[selected], where)
