"""Spilling: a job by key that does not fit into memory – sorted on disk in runs, counted in pieces, or only a sample looked at.

References
----------
Knuth, "The Art of Computer Programming 3: Sorting and Searching", 2nd edition, 1998, section 5.4; Larson, "Data Reduction by Partial
Preaggregation", ICDE 2002; Graefe, "Query Evaluation Techniques for Large Databases", ACM Computing Surveys 25(2), 1993.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators import numbering
from labsupport.simulators.numbering import read_only

MOST_ROWS = 1_000_000_000

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class SpillResult:
    """What was read and written until all rows with the same key were together.

    Attributes
    ----------
    runs : ndarray of int64, shape (passes,)
        How many runs there were after each pass; after the last there is one. Read-only.
    read, written : ndarray of int64, shape (passes,)
        How many rows each pass read and wrote. Read-only.
    """

    runs: Numbers
    read: Numbers
    written: Numbers

    @property
    def passes(self) -> int:
        """How often the data were read and written."""
        return self.runs.size

    @property
    def moved(self) -> int:
        """Rows read and written in all passes."""
        return int(self.read.sum() + self.written.sum())


# Rows are read until no more fit. Then what is held is written as a run, and memory is empty again. Where rows of one key become one, a
# row whose key is held already takes no room. Linear in the number of rows.
@kernel
def _form(keys: Numbers, memory: int, combine: bool, last: Numbers, out: Numbers, ends: Numbers) -> int:
    runs, held, written = 0, 0, 0
    for place in range(keys.size):
        key = keys[place]
        known = combine and last[key] == runs + 1
        if not known and held == memory:
            ends[runs] = written
            runs += 1
            held = 0
        if not known:
            last[key] = runs + 1
            out[written] = key
            written += 1
            held += 1
    ends[runs] = written
    return runs + 1


# Some runs after another become one, in which each key is kept once if rows are combined. What counts is how many rows there are, not
# their order, so they are not sorted. Linear in the number of rows.
@kernel
def _merge(keys: Numbers, ends: Numbers, runs: int, ways: int, combine: bool, last: Numbers, out: Numbers, out_ends: Numbers) -> int:
    written, place, merged = 0, 0, 0
    for first in range(0, runs, ways):
        until = ends[min(first + ways, runs) - 1]
        while place < until:
            key = keys[place]
            place += 1
            if combine and last[key] == merged + 1:
                continue
            last[key] = merged + 1
            out[written] = key
            written += 1
        out_ends[merged] = written
        merged += 1
    return merged


def spill(keys: Any, memory: int, ways: int = 16, *, combine: bool = False) -> SpillResult:
    """Bring rows with the same key together by an external merge sort: form runs that fit into memory, and merge some at a time.

    Parameters
    ----------
    keys : array_like of int, shape (rows,)
        The key of each row, from 0 to 2³¹ − 1. Not written to.
    memory : int
        How many rows fit, at least 1.
    ways : int, optional
        How many runs are merged at a time, at least 2.
    combine : bool, optional
        Whether rows with the same key become one as soon as they meet in memory, as their total or their count.

    Returns
    -------
    SpillResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> keys = [0, 1, 2, 3, 0, 1, 2, 3]
    >>> spill(keys, memory=2, ways=2).written, spill(keys, memory=2, ways=2, combine=True).written
    (array([8, 8, 8]), array([8, 8, 4]))
    >>> spill(keys, memory=4, combine=True).moved
    12
    """
    rows = numbering.number(checks.keys("keys", keys))
    room = checks.integer("memory", memory, minimum=1, maximum=MOST_ROWS)
    at_once = checks.integer("ways", ways, minimum=2, maximum=MOST_ROWS)
    if not isinstance(combine, bool):
        raise TypeError(f"combine is {combine!r}, but must be True or False")
    here, there = np.empty(rows.numbers.size, dtype=np.int64), np.empty(rows.numbers.size, dtype=np.int64)
    ends, following = np.empty(rows.numbers.size, dtype=np.int64), np.empty(rows.numbers.size, dtype=np.int64)
    last = np.zeros(rows.count, dtype=np.int64)  # in which run each key was seen last
    runs = _form(rows.numbers, room, combine, last, here, ends)
    counts, read, written = [runs], [rows.numbers.size], [int(ends[runs - 1])]
    while runs > 1:
        read.append(int(ends[runs - 1]))
        last[:] = 0
        runs = _merge(here, ends, runs, at_once, combine, last, there, following)
        here, there, ends, following = there, here, following, ends
        counts.append(runs)
        written.append(int(ends[runs - 1]))
    return SpillResult(*(read_only(np.array(column, dtype=np.int64)) for column in (counts, read, written)))


def sample_counts(keys: Any, memory: int, *, seed: int) -> NDArray[np.float64]:
    """Estimate how often each key occurs from a sample of the rows that fits into memory.

    Parameters
    ----------
    keys : array_like of int, shape (rows,)
        The key of each row, from 0 to 2³¹ − 1. Not written to.
    memory : int
        How many rows are drawn, without replacement, at least 1; of fewer, all are looked at.
    seed : int
        At least 0.

    Returns
    -------
    ndarray of float64, shape (largest key + 1,)
        The count of each key in the sample, scaled up to all rows.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Cochran, "Sampling Techniques", 3rd edition, 1977, chapter 3.

    Examples
    --------
    >>> sample_counts([0, 0, 0, 1], 4, seed=1), float(sample_counts([0, 0, 0, 1], 2, seed=1).sum())
    (array([3., 1.]), 4.0)
    """
    rows = checks.keys("keys", keys)
    room = min(checks.integer("memory", memory, minimum=1, maximum=MOST_ROWS), rows.size)
    chance = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    drawn = chance.choice(rows, size=room, replace=False, shuffle=False)
    return np.asarray(np.bincount(drawn, minlength=int(rows.max()) + 1) * (rows.size / room), dtype=np.float64)
