"""Complexity: the work of sorting and of looking up, counted in comparisons and moves instead of seconds.

A *comparison* asks which of two elements comes first, or whether they are equal; a *move* writes one element into one place. Seconds differ from
machine to machine, and these counts do not.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.hashing import hash_keys
from labsupport.simulators.numbering import read_only

SORTS = ("bubble", "insertion", "merge", "builtin")
STRUCTURES = ("list", "hash")
LONGEST = 20_000_000
FULLEST = 2 / 3  # share of a hash table's slots that are taken at most, as in CPython's dict


@dataclass(frozen=True)
class SortResult:
    """What sorting took.

    Attributes
    ----------
    algorithm : str
    values : ndarray of int64, shape (size,)
        The values in ascending order. Read-only.
    comparisons : int
    moves : int or None
        Elements written into a place; an exchange of two is two moves. ``None`` for the built-in sort, which only lets its comparisons be seen.
    """

    algorithm: str
    values: NDArray[np.int64]
    comparisons: int
    moves: int | None

    @property
    def work(self) -> int:
        """Comparisons and moves together, as far as they can be seen."""
        return self.comparisons + (self.moves or 0)


# Merge sort (von Neumann, 1945): cut the row into halves, these into halves again, down to single elements; then merge neighbours,
# level by level, into twice as long runs that are sorted. What is merged goes into a second row and is copied back, so each element of
# a merge moves twice. Cut i of 2^level lies at i·n/2^level, rounded down, which always halves a part. An element that overtakes the rest of
# the run before it had so many greater ones in front of it: added up, this is Knuth's inversion table (TAOCP 3, 5.1.1).
@kernel
def _merge_sort(values: NDArray[np.int64], greater: NDArray[np.int64]) -> tuple[int, int]:
    size = values.size
    order, scratch = np.arange(size), np.empty(size, dtype=np.int64)
    comparisons, moves, parts = 0, 0, 1
    while parts < size:
        parts *= 2
    while parts > 1:
        for part in range(0, parts, 2):
            low, middle, high = part * size // parts, (part + 1) * size // parts, (part + 2) * size // parts
            if low < middle < high:
                left, right = low, middle
                for place in range(low, high):
                    take_left = right == high
                    if left < middle and right < high:
                        comparisons += 1
                        take_left = values[order[left]] <= values[order[right]]
                    if take_left:
                        scratch[place] = order[left]
                        left += 1
                    else:
                        scratch[place] = order[right]
                        greater[order[right]] += middle - left
                        right += 1
                order[low:high] = scratch[low:high]
                moves += 2 * (high - low)
        parts //= 2
    return comparisons, moves


def _insertion_counts(greater: NDArray[np.int64]) -> tuple[int, int]:
    """Count insertion sort: an element is compared with all greater ones before it and, if there is one, the first that is not greater."""
    comparisons = int(greater.sum() + np.count_nonzero(greater < np.arange(greater.size)))
    return comparisons, int(greater.sum() + np.count_nonzero(greater))  # each greater one moves up, and the element goes into the gap


def _bubble_counts(greater: NDArray[np.int64]) -> tuple[int, int]:
    """Count bubble sort: each pass takes one greater element past every element that has any; one more pass finds nothing to do."""
    size = greater.size
    passes = min(int(greater.max()) + 1, size - 1)
    return passes * size - passes * (passes + 1) // 2, 2 * int(greater.sum())


def sort(algorithm: str, values: Any) -> SortResult:
    """Sort whole numbers, and count comparisons and moves.

    Bubble sort stops after a pass without an exchange, and each pass ends one place earlier. Its counts and those of insertion sort
    follow exactly from how many greater elements stand before each, so a million elements take no longer than merge sort does.

    Parameters
    ----------
    algorithm : {"bubble", "insertion", "merge", "builtin"}
        ``builtin`` is Python's own ``sorted``: it asks elements that count.
    values : array_like of int, shape (size,)
        At most 20,000,000. Not written to.

    Returns
    -------
    SortResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Knuth, "The Art of Computer Programming", volume 3, second edition, 1998, sections 5.1.1, 5.2.1, 5.2.2 and 5.2.4.

    Examples
    --------
    >>> for algorithm in SORTS:
    ...     result = sort(algorithm, [3, 1, 2, 4])
    ...     print(algorithm, result.comparisons, result.moves)
    bubble 5 4
    insertion 4 4
    merge 5 16
    builtin 6 None
    """
    checks.choice("algorithm", algorithm, SORTS)
    items = checks.integers("values", values, -(2**62), 2**62, kind="value")
    if items.size > LONGEST:
        raise ValueError(f"values holds {items.size:,} values, but must hold at most {LONGEST:,}")
    if algorithm == "builtin":
        return SortResult(algorithm, *_builtin(items), None)
    greater = np.zeros(items.size, dtype=np.int64)
    counts = _merge_sort(items, greater)
    if algorithm != "merge":
        counts = (_insertion_counts if algorithm == "insertion" else _bubble_counts)(greater)
    return SortResult(algorithm, read_only(np.sort(items)), int(counts[0]), int(counts[1]))


def _builtin(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    comparisons = 0

    def compare(one: int, other: int) -> int:
        nonlocal comparisons
        comparisons += 1
        return -1 if one < other else 1 if one > other else 0

    ordered = sorted(values.tolist(), key=functools.cmp_to_key(compare))
    return read_only(np.array(ordered, dtype=np.int64)), comparisons


@dataclass(frozen=True)
class SearchResult:
    """What looking up took.

    Attributes
    ----------
    structure : str
    comparisons : ndarray of int64, shape (queries,)
        Elements or slots looked at for each query. Read-only.
    found : ndarray of bool, shape (queries,)
        Whether the key was there. Read-only.
    build : int
        Slots looked at while the table was filled; 0 for a list, which is there already.
    hashes : int
        How many hash values were computed, one for each key put in and for each query; 0 for a list.
    """

    structure: str
    comparisons: NDArray[np.int64]
    found: NDArray[np.bool_]
    build: int
    hashes: int

    def work(self, hash_cost: float = 1.0) -> float:
        """Return all the work, with a hash value counted as so many comparisons.

        Parameters
        ----------
        hash_cost : float, default 1.0
            At least 0.

        Returns
        -------
        float

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong.
        """
        return float(self.comparisons.sum() + self.build + self.hashes * checks.number("hash_cost", hash_cost, minimum=0))


# A list is searched from its beginning; where the key is not there, all of it. Where each key stands is looked up in sorted order.
# A hash table with linear probing (Knuth, TAOCP 3, 6.4, algorithm L): begin at the slot that the hash value names, go on to the next until the key or
# a free slot is there. A key that is put in takes that free slot.
@kernel
def _probe(
    slots: NDArray[np.int64],
    table: NDArray[np.int64],
    keys: NDArray[np.int64],
    starts: NDArray[np.int64],
    add: bool,
    probes: NDArray[np.int64],
    found: NDArray[np.bool_],
) -> None:
    mask = slots.size - 1
    for query in range(keys.size):
        slot, count = starts[query], 1
        while slots[slot] >= 0 and table[slots[slot]] != keys[query]:
            slot = (slot + 1) & mask
            count += 1
        probes[query], found[query] = count, slots[slot] >= 0
        if add and slots[slot] < 0:
            slots[slot] = query


def slots(size: int) -> int:
    """Return how many slots a hash table has: the smallest power of two, at least 8, that its keys fill to two thirds at most.

    Parameters
    ----------
    size : int
        How many keys it holds, at least 0.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        If ``size`` is no whole number, or below 0.

    Examples
    --------
    >>> slots(5), slots(6), slots(1_000)
    (8, 16, 2048)
    """
    size, count = checks.integer("size", size, 0), 8
    while size > FULLEST * count:
        count *= 2
    return count


def search(structure: str, keys: Any, queries: Any) -> SearchResult:
    """Look keys up, and count what is looked at.

    Parameters
    ----------
    structure : {"list", "hash"}
        A list is searched from its beginning. A hash table has as many slots as `slots` says, and what collides goes to the next free one.
    keys : array_like of int, shape (size,)
        What is there, from 0 to 2³¹ − 1, in the list's order. Not written to.
    queries : array_like of int, shape (queries,)
        What is looked for. Not written to.

    Returns
    -------
    SearchResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> search("list", [7, 5, 3], queries=[7, 3, 4]).comparisons
    array([1, 3, 3])
    >>> result = search("hash", [7, 5, 3], queries=[7, 3, 4])
    >>> result.found, result.hashes
    (array([ True,  True, False]), 6)
    """
    checks.choice("structure", structure, STRUCTURES)
    held, wanted = checks.keys("keys", keys), checks.keys("queries", queries)
    if max(held.size, wanted.size) > LONGEST:
        raise ValueError(f"keys and queries hold {held.size:,} and {wanted.size:,}, but must hold at most {LONGEST:,} each")
    probes, found = np.empty(wanted.size, dtype=np.int64), np.empty(wanted.size, dtype=np.bool_)
    if structure == "list":
        different, first = np.unique(held, return_index=True)
        at = np.minimum(np.searchsorted(different, wanted), different.size - 1)
        found = different[at] == wanted
        probes = np.where(found, first[at] + 1, held.size)
        return SearchResult(structure, read_only(probes), read_only(found), 0, 0)
    count, filling = slots(held.size), np.empty(held.size, dtype=np.int64)
    taken, mask = np.full(count, -1), np.uint64(count - 1)
    _probe(taken, held, held, (hash_keys(held) & mask).astype(np.int64), True, filling, np.empty(held.size, dtype=np.bool_))
    _probe(taken, held, wanted, (hash_keys(wanted) & mask).astype(np.int64), False, probes, found)
    return SearchResult(structure, read_only(probes), read_only(found), int(filling.sum()), held.size + wanted.size)
