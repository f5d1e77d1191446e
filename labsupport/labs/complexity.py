"""The complexity lab: the work of sorting and looking up, counted – and the sizes up to which the method with the worse name wins."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from labsupport import theory
from labsupport.labs import complexity_runs as runs
from labsupport.labs import measurements
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Line, Mark, Panel, Points, Rule
from labsupport.labs.complexity_runs import ASKED, LOOKUPS, SIZES, LookUps
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
COUNTED = {"both": "comparisons and moves", "comparisons": "comparisons", "moves": "moves", "time": "time, as measured"}
BESIDE = {"sorting": "sorting", "lookups": "more and more look-ups"}
WORK = (1.0, 1e9)
TIME = Axis("time of a sort", (0.1, 1e8), scale="log", names=[(1.0, "1 µs"), (1e3, "1 ms"), (1e6, "1 s"), (1e8, "100 s")])
LOOKED = Axis("work for each look-up", (1, 1e6), unit="comparisons", scale="log")
LOOKED_IN_ALL = Axis("work in all", (1, 1e8), unit="comparisons", scale="log")
STRUCTURES = ("list", "hash")
CURVES = {"bubble sort": "n² fitted", "insertion sort": "n² fitted", "merge sort": "n log₂ n fitted", "built-in sort": "n log₂ n fitted"}
ELEMENTS = Axis("elements n", (SIZES[0], SIZES[-1]), scale="log")
STORY: dict[str, dict[str, Any]] = {
    "Ten times as many": {"beside": "sorting", "algorithm": "bubble", "size": 10_000},
    "A dozen": {"beside": "sorting", "algorithm": "insertion", "size": 12},
    "Sorted already": {"beside": "sorting", "algorithm": "bubble", "order": "sorted", "size": 10_000},
    "What Python does": {"beside": "sorting", "algorithm": "builtin", "order": "nearly_sorted", "size": 10_000, "counted": "comparisons"},
    "One look-up only": {"beside": "lookups", "lookups": 1},
}


@dataclass(frozen=True)
class ComplexityLabResult:
    """What the complexity lab counted.

    Attributes
    ----------
    work : float
        What is counted of the sort chosen, or how many microseconds it takes.
    rival : float
        The same of the sort it is held against.
    listed, hashed : float
        Work for each look-up in a list and in a hash table, building included, in comparisons.
    """

    work: float
    rival: float
    listed: float
    hashed: float


class ComplexityLab(Lab[ComplexityLabResult]):
    """Sort more and more elements and look them up, and count the work instead of the seconds.

    A comparison and a move count one each, and computing a hash value as many comparisons as one says. Exact counts stand behind every point.

    Parameters
    ----------
    beside : str, default "sorting"
        What stands beside looking up in more and more elements: sorting, or lookups, more and more of them.
    algorithm : str, default "insertion"
        What sorts: bubble, insertion, merge or builtin, which lets only its comparisons be seen. Held against merge, and merge against insertion.
    order : str, default "random"
        How the elements come: random, sorted, reversed, nearly_sorted or few_distinct.
    counted : str, default "both"
        What counts: both, comparisons or moves; or time, if measurements are given, which were made in random order.
    size : int, default 1000
        How many elements, 2 to 10,000.
    lookups : int, default 1000
        How often a key is looked up, 1 to 10,000, after a hash table had to be built; a list is there already.
    misses : int, default 0
        How many percent of the look-ups are in vain, 0 to 100.
    hashing : int, default 10
        What computing a hash value costs, 1 to 50 comparisons.
    measured : pandas.DataFrame, optional
        Measurements to draw beside the simulation: the table of a comparison by `labsupport.systems.complexity.compare`. What a call and what
        a step of each sort cost is fitted to them, so that what was counted becomes a time.
    prediction : str, optional
        See `Lab`. The question is the largest size at which the sort chosen takes less work than its rival – or, where look-ups are beside
        look-ups, a list less than a hash table –, of all below 200 and those shown; 1 if there is none.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = ComplexityLab(size=10_000)
    >>> lab.result.work > 100 * lab.result.rival, lab.answer() < 50
    (True, True)
    >>> ComplexityLab(beside="lookups", lookups=10_000).answer() < ComplexityLab(beside="lookups", lookups=50).answer()
    True
    """

    title = "Complexity"
    question = "Up to how many elements does insertion sort take less work than merge sort – or looking up in a list less than in a hash table?"
    main = "size"

    beside = Choice("beside looking up", BESIDE, default="sorting")
    algorithm = Choice("sort", SORTS, default="insertion")
    order = Choice("elements come", ORDERS, default="random")
    counted = Choice("counted", COUNTED, default="both")
    size = Slider("elements", SIZES, default=1_000)
    lookups = Slider("look-ups", LOOKUPS, default=1_000)
    misses = Slider("look-ups in vain", list(range(0, 101, 10)), default=0, unit="%")
    hashing = Slider("a hash value costs", [1, 2, 5, 10, 20, 50], default=10, unit="comparisons")

    def __init__(self, *, measured: pd.DataFrame | None = None, **controls: Any) -> None:
        self._measured = measurements.checked(measured, "what", "items", "median_us")
        self._costs = {} if self._measured is None else runs.costs(self._measured)
        super().__init__(**controls)

    def declarations(self) -> list[dict[str, Any]]:
        """Say what the front end needs of each control; without measurements, time is not offered."""
        declared = super().declarations()
        if self._measured is None:
            offered = next(control for control in declared if control["name"] == "counted")
            offered["options"] = [option for option in offered["options"] if option[0] != "time"]
        return declared

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of sizes and orders at which one sort or another wins, and of a table that is never paid back."""
        return STORY

    def idle(self) -> list[str]:
        """Let sorting rest where it is not shown, what is counted where only comparisons can be seen, and the order where it was measured."""
        if self.beside == "lookups":
            return ["algorithm", "order", "counted"]
        if self._counted == "time":
            return ["order"]
        return ["counted"] if self.algorithm == "builtin" and self._measured is None else []

    @property
    def _rival(self) -> str:
        return "insertion" if self.algorithm == "merge" else "merge"

    @property
    def _counted(self) -> str:
        return "comparisons" if self.algorithm == "builtin" and self.counted != "time" else str(self.counted)

    @property
    def _order(self) -> str:
        return "random" if self._counted == "time" else str(self.order)

    def _work(self, algorithm: str, size: int) -> float:
        if self._counted != "time":
            return runs.work(algorithm, self.order, size, self._counted)
        fixed, each = self._costs[algorithm]
        return fixed + each * sum(runs.counts(algorithm, "random", size))

    @property
    def _asked_for(self) -> LookUps:
        return LookUps(int(self.lookups), self.misses, self.hashing)

    def _looked(self, structure: str, size: int) -> float:
        return self._asked_for.work(structure, size) / int(self.lookups)

    def simulate(self) -> ComplexityLabResult:
        """Count what sorting and looking up take at the size chosen."""
        if self.counted == "time" and self._measured is None:
            raise ValueError("counted is 'time', but the lab was given no measurements: use ComplexityLab(measured=…)")
        size = int(self.size)
        looked = [self._looked(structure, size) for structure in STRUCTURES]
        return ComplexityLabResult(self._work(self.algorithm, size), self._work(self._rival, size), *looked)

    def answer(self) -> float:
        """Give the largest size at which the sort chosen, or the list, takes less work than its rival; 1 if none."""
        return float(self._sort_wins() if self.beside == "sorting" else self._list_wins())

    def _sort_wins(self) -> int:
        return max((size for size in ASKED if self._work(self.algorithm, size) < self._work(self._rival, size)), default=1)

    def _list_wins(self) -> int:
        return runs.crossing(self._asked_for)

    def _list_wins_for(self) -> float:
        """Give how many look-ups at most cost less in a list of the size chosen: until they have paid for the table, if they ever do."""
        once, twice = (self._asked_for._replace(number=number) for number in (1, 2))
        gain = sum(sign * (twice.work(name, self.size) - once.work(name, self.size)) for name, sign in (("list", 1), ("hash", -1)))
        build = once._replace(number=0).work("hash", self.size)
        return float(math.ceil(build / gain - 1e-9) - 1) if gain > 0 else math.inf

    def chart(self) -> Chart:
        """Show the work of sorting, or that of more and more look-ups, beside that of looking up in more and more elements."""
        return Chart((self._sorting(), self._looking_up()) if self.beside == "sorting" else (self._looking_up(), self._paying()))

    def _sizes(self) -> list[int]:
        return sorted({*SIZES, int(self.size)})

    def _sorting(self) -> Panel:
        timed, marks = self._counted == "time", list[Mark]()
        least = TIME.limits[0] if timed else WORK[0]
        for name in ("insertion", "merge", "bubble", "builtin"):
            if name in (self.algorithm, self._rival):
                points = [(size, value) for size in self._sizes() if (value := self._work(name, size)) >= least]
                if points:
                    words = SORTS[name] if len(points) > 1 or points[0][1] else ""
                    role: Any = "main" if name == self.algorithm else "other"
                    marks.append(Line(words, [size for size, _ in points], [value for _, value in points], role))
        marks += self._measurements() if timed else self._in_theory()
        marks.append(Rule(f"{self.size:,}: {self._said(self.result.work)}", self.size))
        if self._sort_wins() < SIZES[-1]:
            marks.append(Rule(self._crossover(), max(self._sort_wins(), SIZES[0]), role="reference"))
        axis = TIME if timed else Axis(COUNTED[self._counted], WORK, scale="log")
        return Panel("What sorting takes", ELEMENTS, axis, tuple(marks))

    def _in_theory(self) -> list[Mark]:
        guides = [
            ("n²", [float(size) ** 2 for size in SIZES]),
            ("n log₂ n", [size * math.log2(size) for size in SIZES]),
            ("n", [float(size) for size in SIZES]),
        ]
        marks: list[Mark] = [Line(words, SIZES, values, "reference") for words, values in guides]
        if self._counted == "comparisons" and "merge" in (self.algorithm, self._rival):
            most = [theory.merge_sort_comparisons(size) for size in SIZES]
            marks.append(Line("merge sort at most", SIZES, most, "theory"))
        elif self.order == "random" and "insertion" in (self.algorithm, self._rival):
            share = 2 if self._counted == "both" else 1
            marks.append(Line("n²/4 each" if share == 2 else "n²/4", SIZES, [share * theory.expected_inversions(size) for size in SIZES], "theory"))
        return marks

    def _measurements(self) -> list[Mark]:
        """Give what was measured of both sorts, and the curves of theory that were fitted to it."""
        if self._measured is None:
            return []
        pair = [runs.TIMED[name] for name in (self.algorithm, self._rival)]
        shown = self._measured[self._measured["what"].isin(pair) & (self._measured["items"] >= SIZES[0])]
        fitted = measurements.rows(shown, "theory").groupby("what")
        marks: list[Mark] = [Line(CURVES[str(what)], rows["items"].tolist(), rows["median_us"].tolist(), "theory") for what, rows in fitted]
        taken = measurements.rows(shown)
        return [*marks, Points(measurements.named(taken), taken["items"].tolist(), taken["median_us"].tolist())]

    def _crossover(self) -> str:
        wins, name = self._sort_wins(), SORTS[self.algorithm]
        return f"{name} wins up to {wins:,}" if wins > 1 else f"{name} never wins"

    def _said(self, work: float) -> str:
        if self._counted != "time":
            return f"{work:,}"
        return f"{work:.3g} µs" if work < 999.5 else f"{work / 1_000:,.3g} ms" if work < 999_500 else f"{work / 1e6:,.3g} s"

    def _looking_up(self) -> Panel:
        sizes, asked = self._sizes(), self._asked_for
        values = [[work(name, size) / asked.number for size in sizes] for work in (asked.work, asked.expected) for name in STRUCTURES]
        words = {0: "(n + 1)/2", 100: "n"}.get(self.misses, "theory")
        marks = [*_compared(sizes, values, words), Rule(f"n = {self.size:,}", self.size)]
        wins = self._list_wins()
        if wins < SIZES[-1]:
            marks.append(Rule(f"list wins up to {wins:,}" if wins > 1 else "list never wins", max(wins, SIZES[0]), role="reference"))
        return Panel(f"What {_times(self.lookups)} take{'s' if self.lookups == 1 else ''}", ELEMENTS, LOOKED, tuple(marks))

    def _paying(self) -> Panel:
        """Show when the look-ups have paid for the table."""
        asked = [self._asked_for._replace(number=number) for number in LOOKUPS]
        values = [[work(each, name, self.size) for each in asked] for work in (LookUps.work, LookUps.expected) for name in STRUCTURES]
        marks = [*_compared(LOOKUPS, values, "theory"), Rule(_times(self.lookups), self.lookups)]
        wins = self._list_wins_for()
        if wins < LOOKUPS[-1]:
            marks.append(Rule(f"list wins up to {wins:,.0f}" if wins else "list never wins", max(wins, LOOKUPS[0]), role="reference"))
        axis = Axis("look-ups", (LOOKUPS[0], LOOKUPS[-1]), scale="log")
        return Panel(f"Until {self.size:,} elements are worth a table", axis, LOOKED_IN_ALL, tuple(marks))

    def describe(self) -> str:
        """Say what the sort chosen takes beside its rival, where they cross, and what is cheaper to look up in, and until when."""
        if self.beside == "lookups":
            wins, often = self._list_wins(), self._list_wins_for()
            most = f"up to {wins:,} elements" if 1 < wins < SIZES[-1] else "up to the largest size shown" if wins > 1 else "at no size"
            until = f"up to {_times(often)}" if 0 < often < math.inf else "for any number of look-ups" if often else "not even once"
            return f"{self._cheaper()}. With so many look-ups a list wins {most}, and with so many elements {until}."
        result, size = self.result, f"{self.size:,} elements, {ORDERS[self._order]}"
        name, rival = SORTS[self.algorithm], SORTS[self._rival]
        counted = "" if self._counted == "time" else f" {COUNTED[self._counted]}"
        first = f"For {size}, {name} takes {self._said(result.work)}{counted}, where {rival} takes {self._said(result.rival)}"
        wins = self._sort_wins()
        if wins >= SIZES[-1]:
            first += ", and it wins up to the largest size shown"
        else:
            first += f"; it wins up to {wins:,} elements" if wins > 1 else "; it wins at no size"
        return f"{first}. {self._cheaper()}."

    def _cheaper(self) -> str:
        result = self.result
        cheaper = "list" if result.listed < result.hashed else "hash table"
        times = "Looked up once" if self.lookups == 1 else f"Looked up {self.lookups:,} times"
        vain = f", {self.misses:g} % of them in vain" if self.misses and self.lookups > 1 else ""
        return (
            f"{times}{vain}, {self.size:,} elements cost {result.listed:,.0f} comparisons a time in a list and {result.hashed:,.0f} in a hash table, "
            f"building it included, so the {cheaper} wins"
        )

    def table(self) -> pd.DataFrame:
        """Give the curves as numbers.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory, measurement), ``name``, ``size``, ``quantity`` (comparisons, moves, microseconds, or work for
            each look-up, in comparisons), ``value`` and, of what is looked up, ``lookups``.
        """
        rows: list[tuple[Any, ...]] = []
        for size in self._sizes():
            for name in SORTS:
                comparisons, moves = runs.counts(name, self.order, size)
                rows.append(("simulation", name, size, "comparisons", comparisons))
                if name != "builtin":
                    rows.append(("simulation", name, size, "moves", moves))
            rows += [("theory", f"merge, {case} case", size, "comparisons", theory.merge_sort_comparisons(size, case)) for case in ("worst", "best")]
        settings = [(size, int(self.lookups)) for size in self._sizes()]
        if self.beside == "lookups":
            settings += [(int(self.size), number) for number in LOOKUPS if number != self.lookups]
        for size, number in settings:
            asked = self._asked_for._replace(number=number)
            for structure in STRUCTURES:
                rows.append(("simulation", structure, size, "work for each look-up", asked.work(structure, size) / number, number))
                rows.append(("theory", structure, size, "work for each look-up", asked.expected(structure, size) / number, number))
        if self._measured is not None:
            taken = self._measured[self._measured["what"].isin(runs.TIMED.values())]
            found = (taken[name] for name in ("source", "what", "items", "median_us"))
            rows += [(source, what, size, "microseconds", value) for source, what, size, value in zip(*found, strict=True)]
        columns = ["source", "name", "size", "quantity", "value", "lookups"]
        table: pd.DataFrame = pd.DataFrame([(*row, pd.NA)[: len(columns)] for row in rows], columns=columns).astype({"lookups": "Int64"})
        return table

    def steps_key(self) -> Any:
        """Name what the story depends on."""
        return self.beside, self.algorithm, self.order

    def steps(self) -> Steps | None:
        """Sort six numbers, one comparison after the other, where sorting is shown."""
        if self.beside != "sorting":
            return None
        told = runs.sorted_step_by_step(self.algorithm, self.order)
        return Steps(f"Step by step: {SORTS[self.algorithm]}", len(runs.HANDFUL[self.order]), "in order", "out of order", told)


def _compared(x: list[int], values: list[list[float]], words: str) -> list[Mark]:
    """Draw a list beside a hash table, as counted and by theory; what is thinner lies on top."""
    listed, hashed, list_theory, hash_theory = values
    return [
        Line("", x, hash_theory, "theory"),
        Line("hash table", x, hashed, "other"),
        Line("list", x, listed, "main"),
        Line(words, x, list_theory, "theory"),
    ]


def _times(number: float) -> str:
    return "1 look-up" if number == 1 else f"{number:,.0f} look-ups"
