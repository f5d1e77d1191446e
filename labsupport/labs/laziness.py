"""The laziness lab: how many lines a pipeline reads for the few that are wanted, and which calls a memory spares."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Columns, Line, Mark, Panel, Points, Rule
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.steps import Step, Steps
from labsupport.simulators import laziness
from labsupport.simulators.laziness import CallTree, PipelineResult

LINES = 100_000
WANTED = [1, 3, 10, 30, 100, 300, 1_000, 3_000]
STAGES = ("parse", "is it slow?", "look up the user")
LARGEST, DEEPEST = 20, 9  # the largest fib that is counted, and the largest whose tree is drawn
ALL = 12  # answers: as many as any tree that is drawn has
VIEWS = {"pipeline": "a pipeline", "calls": "a tree of calls"}
WAYS = {"eager": "eager: a step for all lines, then the next", "lazy": "lazy: line by line", "chunks": "lazy, in chunks"}
COUNTS = (1.0, 1_000_000.0)

STORY: dict[str, dict[str, Any]] = {
    "Everything first": {"way": "eager"},
    "In chunks of 1,000": {"way": "chunks", "chunk": 1_000},
    "More than there are": {"wanted": 3_000},
    "A tree of calls": {"view": "calls"},
    "With a memory": {"view": "calls", "room": 3},
}


@lru_cache(maxsize=16)
def _lines(one_in: int) -> NDArray[np.bool_]:
    """Say which of the lines each step lets pass: all can be parsed, some are slow, and each of those has a user."""
    passes = np.ones((LINES, len(STAGES)), dtype=np.bool_)
    passes[:, 1] = np.random.default_rng(58).random(LINES) < 1 / one_in
    return passes


@lru_cache(maxsize=256)
def _pulled(one_in: int, wanted: int, chunk: int | None) -> PipelineResult:
    return laziness.pull(_lines(one_in), wanted, chunk=chunk)


@lru_cache(maxsize=512)
def _computed(number: int, room: int | None) -> int:
    return laziness.call_tree(number, room).computed


class LazinessLab(Lab[PipelineResult | CallTree]):
    """Ask a pipeline for a few results, and a recursion for its answer, and count what is computed for them.

    A log of 100,000 lines is parsed, slow requests are kept, and the user of each is looked up; which lines are slow is chance. The tree
    is that of ``fib(n) = fib(n − 1) + fib(n − 2)``, with a memory that forgets the answer used least recently.

    Parameters
    ----------
    view : str, default "pipeline"
        What is shown: the pipeline, or calls.
    way : str, default "lazy"
        How the pipeline works: eager, lazy, or lazily in chunks.
    wanted : int, default 3
        How many results are wanted, 1 to 3,000.
    one_in : int, default 50
        One line in how many is slow, 2 to 200.
    chunk : int, default 100
        How many lines are read at a time, 10 to 10,000.
    number : int, default 7
        Of what fib is asked for, 2 to 9.
    room : int, default 0
        For how many answers the memory has room, 0 to 12, which is all of them.
    prediction : str, optional
        See `Lab`. The question is how many lines are parsed, or how many calls compute something.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> LazinessLab(view="calls", room=12).answer()
    8.0
    """

    title = "Lazy and memoised"
    question = "Three slow lines of 100,000 are wanted, of which one in 50 is slow – or one Fibonacci number: how much is computed for that?"
    main = "wanted"

    view = Choice("show", VIEWS, default="pipeline")
    way = Choice("the pipeline is", WAYS, default="lazy")
    wanted = Slider("wanted", WANTED, default=3)
    one_in = Slider("slow is one in", [2, 5, 10, 20, 50, 100, 200], default=50)
    chunk = Slider("a chunk", [10, 100, 1_000, 10_000], default=100, unit="lines")
    number = Slider("fib of", list(range(2, DEEPEST + 1)), default=7)
    room = Slider("memory for", [0, 1, 2, 3, 4, 5, ALL], default=0, unit="answers")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of what is computed for nothing, of chunks, of what laziness cannot spare, and of a tree that becomes a line."""
        return STORY

    def idle(self) -> list[str]:
        """Name what the other view would need, and the chunk where there is none."""
        if self.view == "calls":
            return ["way", "wanted", "one_in", "chunk"]
        return ["number", "room"] if self.way == "chunks" else ["number", "room", "chunk"]

    def _of(self, wanted: float) -> PipelineResult:
        return _pulled(int(self.one_in), int(wanted), {"eager": None, "lazy": 1}.get(self.way, int(self.chunk)))

    @property
    def _room(self) -> int | None:
        return None if self.room >= ALL else int(self.room)

    def simulate(self) -> PipelineResult | CallTree:
        """Pull what is wanted, or make the calls."""
        tree = laziness.call_tree(int(self.number), self._room)  # quickly done, and so its kernel is there when the view is changed
        return self._of(self.wanted) if self.view == "pipeline" else tree

    def answer(self) -> float:
        """Give how many lines are parsed, or how many calls compute something."""
        result = self.result
        return float(result.looked[0] if isinstance(result, PipelineResult) else result.computed)

    def chart(self) -> Chart:
        """Show what each step looks at and how that grows with what is wanted, or a tree of calls and how it grows with n."""
        result = self.result
        if isinstance(result, PipelineResult):
            return Chart((self._steps_of(result), self._by_wanted()))
        return Chart((self._tree(result), self._by_number()))

    def _steps_of(self, result: PipelineResult) -> Panel:
        eager = _pulled(int(self.one_in), int(self.wanted), None).looked
        places = np.arange(len(STAGES))
        marks: list[Mark] = [Columns("eager", (places - 0.35).tolist(), places.tolist(), eager.tolist(), "other")]
        if self.way != "eager":
            marks.append(Columns("lazy", places.tolist(), (places + 0.35).tolist(), np.maximum(result.looked, COUNTS[0]).tolist()))
        x = Axis("step", (-0.6, len(STAGES) - 0.4), names=[(float(place), name) for place, name in enumerate(STAGES)])
        return Panel("How many lines each step looks at", x, Axis("lines", COUNTS, scale="log"), tuple(marks))

    def _by_wanted(self) -> Panel:
        exact = [min(float(theory.expected_reads(count, 1 / self.one_in)), float(LINES)) for count in WANTED]
        marks: list[Mark] = [*self._guess_band(), Line("all there are", [WANTED[0], WANTED[-1]], [LINES, LINES], "reference")]
        if self.way != "eager":
            marks.append(Line("wanted × one in so many", WANTED, exact, "theory"))
        marks.append(Line("parsed", WANTED, [int(self._of(count).looked[0]) for count in WANTED]))
        marks.append(Rule(f"{self.wanted:,}: {self.answer():,.0f} lines", self.wanted))
        x = Axis("slow lines that are wanted", (WANTED[0], WANTED[-1]), scale="log")
        return Panel("How many lines are parsed", x, Axis("lines", COUNTS, scale="log"), tuple(marks))

    def _tree(self, tree: CallTree) -> Panel:
        across = _places(tree)
        path = _walk(tree)
        end = max(float(across.max()), 1.0)
        marks: list[Mark] = []
        if len(path) > 1:
            marks.append(Line("calls", across[path].tolist(), tree.arguments[path].tolist(), "reference"))
        marks.append(Points("computed", across[~tree.known].tolist(), tree.arguments[~tree.known].tolist(), "main"))
        if tree.known.any():
            marks.append(Points("known", across[tree.known].tolist(), tree.arguments[tree.known].tolist(), "other"))
        x = Axis("calls", (-0.06 * end, 1.06 * end), names=[(0.0, "first"), (end, "last")])
        numbers = [(float(number), f"fib({number})") for number in range(int(self.number) + 1)]
        y = Axis("what is asked for", (-0.7, self.number + 1.0), names=numbers)
        return Panel(f"Who calls whom for fib({self.number})", x, y, tuple(marks))

    def _by_number(self) -> Panel:
        numbers = list(range(1, LARGEST + 1))
        marks: list[Mark] = [*self._guess_band()]
        exact = np.asarray(theory.fibonacci_calls(np.array(numbers))).tolist()
        marks.append(Line("without a memory", numbers, exact, "theory"))
        marks.append(Line("with all answers", numbers, [number + 1 for number in numbers], "theory" if self._room is None else "reference"))
        own = f"with room for {self.room}" if self.room < ALL else "with room for all"
        marks.append(Line(own, numbers, [_computed(number, self._room) for number in numbers]))
        marks.append(Rule(f"fib({self.number}): {self.answer():,.0f} calls", self.number))
        return Panel("How many calls compute something", Axis("fib of", (1, LARGEST)), Axis("calls", COUNTS, scale="log"), tuple(marks))

    def describe(self) -> str:
        """Say how much is computed, and what of it was for nothing, or spared."""
        result = self.result
        return self._of_pipeline(result) if isinstance(result, PipelineResult) else self._of_calls(result)

    def _of_pipeline(self, result: PipelineResult) -> str:
        parsed, slow = int(result.looked[0]), int(result.looked[2])
        first = f"For {result.found:,} slow line{'' if result.found == 1 else 's'} {parsed:,} of {LINES:,} are parsed, and {slow:,} users looked up"
        if self.way == "eager":
            lazy = int(_pulled(int(self.one_in), int(self.wanted), 1).looked[0])
            spared = f"would have stopped after {lazy:,} lines" if lazy < LINES else "would have read them all as well"
            return f"{first}. A pipeline that is asked line by line {spared}."
        if result.found < self.wanted:
            return f"{first}. As there are no {self.wanted:,}, nothing is spared: who wants everything gains nothing by being lazy."
        if self.way == "chunks":
            exact = int(_pulled(int(self.one_in), int(self.wanted), 1).looked[0])
            more = f"{parsed - exact:,} lines more than needed are read"
            return f"{first}. With {result.asks:,} question{'' if result.asks == 1 else 's'} for a chunk instead of {exact:,} for a line, {more}."
        return f"{first}. The last step asks for one line at a time, and when it has enough it asks no more: the other {LINES - parsed:,} wait."

    def _of_calls(self, tree: CallTree) -> str:
        calls, computed = tree.arguments.size, tree.computed
        most = int(theory.fibonacci_calls(int(self.number)))
        times = int(np.sum((tree.arguments == 1) & ~tree.known))
        if self.room == 0:
            again = "once" if times == 1 else f"{times:,} times"
            return f"For fib({self.number}) {calls:,} calls are made, and each computes something. That of 1 is computed {again}: nobody remembers."
        first = (
            f"Of the {calls:,} calls for fib({self.number}) {computed:,} compute something, and {calls - computed:,} find the answer in the memory"
        )
        if computed == self.number + 1:
            return f"{first}. Without it there were {most:,} calls: the tree has become a line, and no number is computed twice."
        return f"{first}. Without it there were {most:,} calls; with room for {self.room} answers some are forgotten before they are asked for again."

    def table(self) -> pd.DataFrame:
        """Give what is computed, in the view that is shown.

        Returns
        -------
        pandas.DataFrame
            Columns ``wanted``, ``found``, ``parsed``, ``looked_up`` and ``asks`` for the pipeline, or ``number``, ``without``, ``computed``
            with the memory as it is, and ``with_all``.
        """
        if self.view == "pipeline":
            runs = [(count, self._of(count)) for count in WANTED]
            pulled = [(count, run.found, int(run.looked[0]), int(run.looked[2]), run.asks) for count, run in runs]
            return pd.DataFrame(pulled, columns=["wanted", "found", "parsed", "looked_up", "asks"])
        numbers = range(1, LARGEST + 1)
        called = [(number, int(theory.fibonacci_calls(number)), _computed(number, self._room), _computed(number, None)) for number in numbers]
        return pd.DataFrame(called, columns=["number", "without", "computed", "with_all"])

    def steps_key(self) -> Any:
        """Name what the story depends on."""
        return ("calls", min(self.number, 6), self.room) if self.view == "calls" else ("pipeline", self.way == "eager")

    def steps(self) -> Steps:
        """Tell line by line what the first lines of a log lead to, or call by call what a memory does."""
        return self._told_lines() if self.view == "pipeline" else self._told_calls()

    def _told_lines(self) -> Steps:
        eager = self.way == "eager"
        slow, found, told = (False, False, True, False, True, False, False, True), list[str](), list[Step]()
        for line, passes in enumerate(slow, start=1):
            if len(found) == 2 and not eager:
                told.append(Step(f"{line}", False, list(found), "", f"Line {line}: two were wanted and are there, so nobody asks for it."))
                continue
            sentence = f"Line {line} is parsed: it is {'slow, and its user is looked up' if passes else 'fast, and thrown out'}."
            if passes:
                found.append(f"{line}")
                sentence += " Two were wanted: this one is for nothing." if len(found) > 2 else ""
            told.append(Step(f"{line}", passes, list(found), "", sentence))
        return Steps("Line by line: two slow lines of eight are wanted", 3, "is handed on", "is not", told)

    def _told_calls(self) -> Steps:
        number = min(int(self.number), 6)
        tree, told, kept = laziness.call_tree(number, self._room), list[Step](), list[str]()
        room = number + 1 if self._room is None else self._room
        children = np.bincount(tree.parents[1:], minlength=tree.arguments.size)
        done = np.zeros(tree.arguments.size, dtype=np.int64)
        for place, (argument, known) in enumerate(zip(tree.arguments.tolist(), tree.known.tolist(), strict=True)):
            name, before = f"{argument}", list(kept)
            if known:
                kept.append(kept.pop(kept.index(name)))
                sentence = f"fib({name}) is in the memory: nothing is called."
            else:
                sentence = f"fib({name}) is {'computed: it calls two others' if argument > 1 else 'known by itself'}."
            at = place
            while at >= 0 and done[at] == children[at]:  # this call ends, and with it perhaps the one that made it
                ends = f"{tree.arguments[at]}"
                if not tree.known[at] and room:
                    del kept[: len(kept) == room]
                    kept.append(ends)
                    sentence += f" The answer to {ends} is kept."
                at = int(tree.parents[at])
                if at >= 0:
                    done[at] += 1
            told.append(Step(name, known, list(kept), " ".join(each for each in before if each not in kept), sentence))
        return Steps(f"Call by call: fib({number}) with room for {room} answers", max(1, room), "known", "computed", told)


def _places(tree: CallTree) -> NDArray[np.float64]:
    """Say how far right each call stands: calls that call nobody side by side, in their order, and each other one above the middle of its own."""
    size = tree.arguments.size
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    leaves = np.setdiff1d(np.arange(size), tree.parents)
    low[leaves] = high[leaves] = np.arange(leaves.size)
    for call in range(size - 1, 0, -1):  # what a call makes comes after it
        parent, middle = tree.parents[call], (low[call] + high[call]) / 2
        low[parent], high[parent] = min(low[parent], middle), max(high[parent], middle)
    return np.asarray((low + high) / 2)


def _walk(tree: CallTree) -> list[int]:
    """Walk along all calls and back again, so that one line draws the tree."""
    path = [0]
    for call in range(1, tree.arguments.size):
        while path[-1] != tree.parents[call]:
            path.append(int(tree.parents[path[-1]]))
        path.append(call)
    return path
