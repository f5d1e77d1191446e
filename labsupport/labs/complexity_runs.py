"""The runs behind the complexity lab, each made once: what sorting and looking up cost at every size, and how a handful is sorted."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from labsupport import theory, workloads
from labsupport.labs import measurements
from labsupport.labs.steps import Step
from labsupport.simulators import complexity

if TYPE_CHECKING:
    import pandas as pd

SIZES = [2, 4, 8, 12, 16, 24, 32, 48, 64, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]
ASKED = [*range(2, 200), *(size for size in SIZES if size >= 200)]  # where it is looked who wins
LOOKUPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]
HANDFUL = {
    "random": [5, 2, 7, 1, 6, 3],
    "sorted": [1, 2, 3, 5, 6, 7],
    "reversed": [7, 6, 5, 3, 2, 1],
    "nearly_sorted": [1, 2, 5, 3, 6, 7],
    "few_distinct": [2, 1, 2, 1, 1, 2],
}
TIMED = {"bubble": "bubble sort", "insertion": "insertion sort", "merge": "merge sort", "builtin": "built-in sort"}
SEED = 51
_Told = Callable[..., None]


@lru_cache(maxsize=8_192)
def counts(algorithm: str, order: str, size: int) -> tuple[int, int]:
    """Return comparisons and moves of a sort; no moves where they cannot be seen."""
    result = complexity.sort(algorithm, workloads.ordered_values(order, size, SEED))
    return result.comparisons, result.moves or 0


def work(algorithm: str, order: str, size: int, counted: str) -> int:
    """Return what is counted of a sort: comparisons, moves or both."""
    comparisons, moves = counts(algorithm, order, size)
    return {"comparisons": comparisons, "moves": moves, "both": comparisons + moves}[counted]


def costs(measured: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return for each sort, in microseconds, what a call and what a comparison or move cost, as fitted to measurements in random order."""
    found, timed = {}, measurements.rows(measured)
    for name, words in TIMED.items():
        taken = timed[timed["what"] == words]
        steps = [sum(counts(name, "random", int(size))) for size in taken["items"]]
        found[name] = theory.fit_costs(steps, taken["median_us"].tolist())
    return found


@lru_cache(maxsize=1_024)
def looked_at(structure: str, size: int) -> tuple[float, float, float]:
    """Return how many elements or slots are looked at for each key on average: to put it in, to find it, and where it is not there."""
    keys = np.random.default_rng(SEED).choice(2**31 - 1, 2 * size, replace=False)
    result = complexity.search(structure, keys[:size], keys)
    return result.build / size, float(result.comparisons[:size].mean()), float(result.comparisons[size:].mean())


class LookUps(NamedTuple):
    """How often something is looked up, how often in vain, and what a hash value costs."""

    number: int
    misses: float  # percent
    hashing: float  # comparisons

    def work(self, structure: str, size: int) -> float:
        """Return what all of them take, building included, in comparisons, as counted."""
        return self._priced(structure, size, *looked_at(structure, size))

    def expected(self, structure: str, size: int) -> float:
        """Return the same by theory: half a list or all of it, and what Knuth expects of linear probing, by which each key was put in, too."""
        if structure == "list":
            return self._priced(structure, size, 0.0, (size + 1) / 2, float(size))
        load = size / complexity.slots(size)
        found, missed = theory.linear_probing_probes(load), theory.linear_probing_probes(load, found=False)
        return self._priced(structure, size, found, found, missed)

    def _priced(self, structure: str, size: int, put: float, found: float, missed: float) -> float:
        each = found + (missed - found) * self.misses / 100
        hashes = 0 if structure == "list" else size + self.number
        return size * put + self.number * each + hashes * self.hashing


@lru_cache(maxsize=1_024)
def crossing(asked: LookUps) -> int:
    """Return the largest size at which a list takes less work than a hash table; 1 if there is none."""
    return max((size for size in ASKED if asked.work("list", size) < asked.work("hash", size)), default=1)


def sorted_step_by_step(algorithm: str, order: str) -> list[Step]:
    """Sort a handful of numbers, one step for each comparison; the built-in sort shows its comparisons only."""
    items, steps = list(HANDFUL[order]), list[Step]()

    def told(one: int, other: int, *, good: bool, sentence: str) -> None:
        steps.append(Step(f"{one}:{other}", good, [str(item) for item in items], "", sentence))

    if algorithm == "merge":
        _merge(items, 0, len(items), told)
    elif algorithm == "bubble":
        for end in range(len(items) - 1, 0, -1):
            before = list(items)
            for place in range(end):
                one, other = items[place : place + 2]
                if one > other:
                    items[place : place + 2] = other, one
                    told(one, other, good=False, sentence=f"{one} stands before {other}, so the two change places: two moves.")
                else:
                    told(one, other, good=True, sentence=f"{one} and {other} stand in order and stay.")
            if items == before:
                break
    else:
        _insert(items, told, binary=algorithm == "builtin")
    return steps


def _insert(items: list[int], told: _Told, *, binary: bool) -> None:
    """Insert each element into those before it, comparing from the right, or in the middle of what is left as Python does."""
    for index in range(1, len(items)):
        item, low, high = items[index], 0, index
        while low < high:
            place = (low + high) // 2 if binary else high - 1
            other = items[place]
            if item < other:
                high = place
                if not binary:
                    items[place : place + 2] = item, other
                told(other, item, good=False, sentence=f"{other} is greater than {item}, which belongs somewhere before it.")
            else:
                low = place + 1
                told(other, item, good=True, sentence=f"{other} is not greater than {item}, which belongs behind it.")
                if not binary:
                    break
        if binary:
            items.insert(low, items.pop(index))


def _merge(items: list[int], low: int, high: int, told: _Told) -> None:
    if high - low < 2:
        return
    middle = (low + high) // 2
    _merge(items, low, middle, told)
    _merge(items, middle, high, told)
    left, right, merged = items[low:middle], items[middle:high], list[int]()
    while left and right:
        one, other = left[0], right[0]
        merged.append(left.pop(0) if one <= other else right.pop(0))
        items[low:high] = merged + left + right
        told(one, other, good=one <= other, sentence=f"Of {one} and {other}, which lead their runs, {merged[-1]} goes out first.")
