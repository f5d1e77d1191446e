"""The complexity lab: the work of sorting and looking up, counted – and the sizes up to which the method with the worse name wins."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from labsupport import theory
from labsupport.labs import complexity_runs as runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Line, Mark, Panel, Rule
from labsupport.labs.complexity_runs import SIZES
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.steps import Steps

SORTS = {"bubble": "bubble sort", "insertion": "insertion sort", "merge": "merge sort", "builtin": "Python's own sort"}
ORDERS = {
    "random": "random",
    "sorted": "sorted already",
    "reversed": "in reverse order",
    "nearly_sorted": "nearly sorted",
    "few_distinct": "four different values",
}
COUNTED = {"both": "comparisons and moves", "comparisons": "comparisons", "moves": "moves"}
WORK = (1.0, 1e9)
LOOKED = (1.0, 1e4)
ELEMENTS = Axis("elements n", (SIZES[0], SIZES[-1]), scale="log")
STORY: dict[str, dict[str, Any]] = {
    "Ten times as many": {"algorithm": "bubble", "size": 10_000},
    "A dozen": {"algorithm": "insertion", "size": 12},
    "Sorted already": {"algorithm": "bubble", "order": "sorted", "size": 10_000},
    "What Python does": {"algorithm": "builtin", "order": "nearly_sorted", "size": 10_000, "counted": "comparisons"},
    "One look-up only": {"lookups": 1},
}


@dataclass(frozen=True)
class ComplexityLabResult:
    """What the complexity lab counted.

    Attributes
    ----------
    work : int
        What is counted of the sort chosen.
    rival : int
        The same of the sort it is held against.
    listed, hashed : float
        Work for each look-up in a list and in a hash table, building included, in comparisons.
    """

    work: int
    rival: int
    listed: float
    hashed: float


class ComplexityLab(Lab[ComplexityLabResult]):
    """Sort more and more elements and look them up, and count the work instead of the seconds.

    A comparison and a move count one each; computing a hash value counts as ten comparisons. Exact counts stand behind every point.

    Parameters
    ----------
    algorithm : str, default "insertion"
        What sorts: bubble, insertion, merge or builtin, which lets only its comparisons be seen. Held against merge, and merge against insertion.
    order : str, default "random"
        How the elements come: random, sorted, reversed, nearly_sorted or few_distinct.
    counted : str, default "both"
        What counts: both, comparisons or moves.
    size : int, default 1000
        How many elements, 2 to 10,000.
    lookups : int, default 1000
        How often a key is looked up, 1 to 10,000, after a hash table had to be built; a list is there already.
    prediction : str, optional
        See `Lab`. The question is the largest size shown at which the sort chosen takes less work than its rival; 1 if there is none.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = ComplexityLab(size=10_000)
    >>> lab.result.work > 100 * lab.result.rival, lab.answer() < 50
    (True, True)
    """

    title = "Complexity"
    question = "Merge sort is said to be the one to choose every time. Up to how many elements does insertion sort take less work?"
    main = "size"

    algorithm = Choice("sort", SORTS, default="insertion")
    order = Choice("elements come", ORDERS, default="random")
    counted = Choice("counted", COUNTED, default="both")
    size = Slider("elements", SIZES, default=1_000)
    lookups = Slider("look-ups", [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000], default=1_000)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of sizes and orders at which one sort or another wins, and of a table that is never paid back."""
        return STORY

    def idle(self) -> list[str]:
        """Let what is counted rest where only comparisons can be seen."""
        return ["counted"] if self.algorithm == "builtin" else []

    @property
    def _rival(self) -> str:
        return "insertion" if self.algorithm == "merge" else "merge"

    @property
    def _counted(self) -> str:
        return "comparisons" if self.algorithm == "builtin" else str(self.counted)

    def _work(self, algorithm: str, size: int) -> int:
        return runs.work(algorithm, self.order, size, self._counted)

    def simulate(self) -> ComplexityLabResult:
        """Count what sorting and looking up take at the size chosen."""
        size = int(self.size)
        looked = [runs.looking_up(structure, size, int(self.lookups)) for structure in ("list", "hash")]
        return ComplexityLabResult(self._work(self.algorithm, size), self._work(self._rival, size), *looked)

    def answer(self) -> float:
        """Give the largest size at which the sort chosen takes less work than its rival, of all below 200 and those shown; 1 if none."""
        sizes = [*range(2, 200), *(size for size in SIZES if size >= 200)]
        return float(max((size for size in sizes if self._work(self.algorithm, size) < self._work(self._rival, size)), default=1))

    def chart(self) -> Chart:
        """Show the work of all sorts beside that of looking up."""
        return Chart((self._sorting(), self._looking_up()))

    def _sizes(self) -> list[int]:
        return sorted({*SIZES, int(self.size)})

    def _sorting(self) -> Panel:
        marks: list[Mark] = []
        for name in ("insertion", "merge", "bubble", "builtin"):
            if name in (self.algorithm, self._rival):
                points = [(size, value) for size in self._sizes() if (value := self._work(name, size)) >= 1]
                if points:
                    words = SORTS[name] if len(points) > 1 or points[0][1] else ""
                    role: Any = "main" if name == self.algorithm else "other"
                    marks.append(Line(words, [size for size, _ in points], [value for _, value in points], role))
        guides = [
            ("n²", [float(size) ** 2 for size in SIZES]),
            ("n log₂ n", [size * math.log2(size) for size in SIZES]),
            ("n", [float(size) for size in SIZES]),
        ]
        marks += [Line(words, SIZES, values, "reference") for words, values in guides]
        if self._counted == "comparisons" and "merge" in (self.algorithm, self._rival):
            most = [theory.merge_sort_comparisons(size) for size in SIZES]
            marks.append(Line("merge sort at most", SIZES, most, "theory"))
        elif self.order == "random" and "insertion" in (self.algorithm, self._rival):
            share = 2 if self._counted == "both" else 1
            marks.append(Line("n²/4 each" if share == 2 else "n²/4", SIZES, [share * theory.expected_inversions(size) for size in SIZES], "theory"))
        marks.append(Rule(f"{self.size:,}: {self.result.work:,}", self.size))
        axis = Axis(COUNTED[self._counted], WORK, scale="log")
        return Panel("What sorting takes", ELEMENTS, axis, tuple(marks))

    def _looking_up(self) -> Panel:
        sizes, marks = self._sizes(), list[Mark]()
        for structure, words in (("list", "list"), ("hash", "hash table")):
            values = [min(LOOKED[1], runs.looking_up(structure, size, int(self.lookups))) for size in sizes]
            marks.append(Line(words, sizes, values, "main" if structure == "list" else "other"))
        marks.append(Line("(n + 1)/2", SIZES, [(size + 1) / 2 for size in SIZES], "theory"))
        wins = self._list_wins()
        marks.append(Rule(f"list wins up to {wins:,}" if wins > 1 else "list never wins", max(wins, 2), role="reference"))
        looked = "1 look-up" if self.lookups == 1 else f"{self.lookups:,} look-ups"
        axis = Axis("work for each look-up", LOOKED, unit="comparisons", scale="log")
        return Panel(f"What {looked} take{'s' if self.lookups == 1 else ''}", ELEMENTS, axis, tuple(marks))

    def _list_wins(self) -> int:
        """Give the largest size shown at which the list takes less work."""
        lookups = int(self.lookups)
        return max((size for size in self._sizes() if runs.looking_up("list", size, lookups) < runs.looking_up("hash", size, lookups)), default=1)

    def describe(self) -> str:
        """Say what the sort chosen takes beside its rival, where they cross, and what is cheaper to look up in."""
        result, size = self.result, f"{self.size:,} elements, {ORDERS[self.order]}"
        name, rival = SORTS[self.algorithm], SORTS[self._rival]
        first = f"For {size}, {name} takes {result.work:,} {COUNTED[self._counted]}, where {rival} takes {result.rival:,}"
        wins = int(self.answer())
        if wins >= SIZES[-1]:
            first += ", and it wins up to the largest size shown"
        else:
            first += f"; it wins up to {wins:,} elements" if wins > 1 else "; it wins at no size"
        cheaper = "list" if result.listed < result.hashed else "hash table"
        times = "Looked up once" if self.lookups == 1 else f"Looked up {self.lookups:,} times"
        second = (
            f"{times}, they cost {result.listed:,.0f} comparisons a time in a list and {result.hashed:,.0f} in a hash table, building it included"
        )
        return f"{first}. {second}, so the {cheaper} wins."

    def table(self) -> pd.DataFrame:
        """Give the curves as numbers.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory), ``name``, ``size``, ``quantity`` (comparisons, moves, or work for each look-up) and ``value``.
        """
        rows: list[tuple[str, str, int, str, float]] = []
        for size in self._sizes():
            for name in SORTS:
                comparisons, moves = runs.counts(name, self.order, size)
                rows.append(("simulation", name, size, "comparisons", comparisons))
                if name != "builtin":
                    rows.append(("simulation", name, size, "moves", moves))
            rows += [("theory", f"merge, {case} case", size, "comparisons", theory.merge_sort_comparisons(size, case)) for case in ("worst", "best")]
            for structure in ("list", "hash"):
                rows.append(("simulation", structure, size, "work for each look-up", runs.looking_up(structure, size, int(self.lookups))))
        return pd.DataFrame(rows, columns=["source", "name", "size", "quantity", "value"])

    def steps_key(self) -> Any:
        """Name what the story depends on."""
        return self.algorithm, self.order

    def steps(self) -> Steps:
        """Sort six numbers, one comparison after the other."""
        told = runs.sorted_step_by_step(self.algorithm, self.order)
        return Steps(f"Step by step: {SORTS[self.algorithm]}", len(runs.HANDFUL[self.order]), "in order", "out of order", told)
