"""The spilling lab: one job with too little memory – sorted on disk, counted in pieces, or answered from a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Bars, Chart, Line, Mark, Panel, Points, Role, Rule, Stairs, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.steps import Step, Steps
from labsupport.simulators import spilling
from labsupport.simulators.spilling import SpillResult

ROWS = 16_384  # each stands for some: what matters is which share of them fits, and how many rows a key has
DATA = 64.0  # GB
MEMORIES = [0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 16.0, 24.0, 32.0, 48.0, 64.0]  # GB
WAYS = {"spill": "spill: sort on disk", "chunk": "chunk: add up, then sort", "sample": "sample: as much as fits"}
SHORT = {"spill": "spill", "chunk": "chunk", "sample": "sample"}
USELESS = 1.0  # relative error from which on nothing is known

STORY: dict[str, dict[str, Any]] = {
    "Half of it fits": {"memory": 32.0},
    "Two runs at a time": {"memory": 2.0, "merged": 2},
    "Add up what meets": {"way": "chunk"},
    "Add up what hardly meets": {"way": "chunk", "alike": 1},
    "Look at a sample": {"way": "sample"},
}


@dataclass(frozen=True)
class SpillingLabResult:
    """What a way of doing the job moves, and how far off its answer is.

    Attributes
    ----------
    read, written : float
        Gigabytes.
    passes : int
        How often the data were read.
    error : float
        Root mean square of the relative errors of all keys' counts; 0 if they are exact.
    """

    read: float
    written: float
    passes: int
    error: float

    @property
    def moved(self) -> float:
        """Gigabytes read and written."""
        return self.read + self.written


@lru_cache(maxsize=32)
def _keys(alike: int) -> NDArray[np.int64]:
    """Draw the rows' keys, each of them equally often, in a random order."""
    return np.random.default_rng(53).permutation(np.arange(ROWS) // alike)


def _rows(memory: float) -> int:
    return max(1, round(memory / DATA * ROWS))


@lru_cache(maxsize=2048)
def _run(way: str, memory: float, merged: int, alike: int) -> SpillingLabResult:
    keys, room, unit = _keys(alike), _rows(memory), DATA / ROWS
    if way == "sample":
        off = spilling.sample_counts(keys, room, seed=54) / alike - 1
        return SpillingLabResult(min(memory, DATA), 0.0, 1, float(np.sqrt(np.mean(off**2))))
    result: SpillResult = spilling.spill(keys, room, merged, combine=way == "chunk")
    return SpillingLabResult(unit * float(result.read.sum()), unit * float(result.written.sum()), result.passes, 0.0)


class SpillingLab(Lab[SpillingLabResult]):
    """Count 64 GB of rows by key with less memory than that, and see what is read and written for it.

    Spilling forms runs that fit into memory and merges some of them at a time; chunking does the same, but adds up rows of the same key as
    soon as they meet; a sample looks at as many rows as fit, and no others. There are 16,384 rows of 4 MB, and a count takes as much room
    as a row.

    Parameters
    ----------
    way : str, default "spill"
        What is done: spill, chunk or sample.
    memory : float, default 1.0
        In gigabytes, 0.25 to 64.
    merged : int, default 16
        How many runs are merged at a time, 2 to 64.
    alike : int, default 256
        How many rows each key has, 1 to 4,096.
    prediction : str, optional
        See `Lab`. The question is how many gigabytes are read and written.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> SpillingLab(memory=32).answer()
    256.0
    """

    title = "Resource awareness"
    question = "64 GB are sorted by key with 1 GB of memory, and 16 runs are merged at a time. How many GB are read and written in all?"
    main = "memory"

    way = Choice("what does not fit", WAYS, default="spill")
    memory = Slider("memory", MEMORIES, default=1.0, unit="GB")
    merged = Slider("merged at a time", [2, 4, 8, 16, 32, 64], default=16, unit="runs")
    alike = Slider("rows of each key", [1, 4, 16, 64, 256, 1_024, 4_096], default=256)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of memory that is enough for two passes, of narrow merges, of rows that meet or do not, and of a sample."""
        return STORY

    def idle(self) -> list[str]:
        """Name what the way that is chosen has no use for."""
        return {"spill": ["alike"], "chunk": [], "sample": ["merged"]}[self.way]

    def _of(self, way: str, memory: float | None = None) -> SpillingLabResult:
        alike = 1 if way == "spill" else int(self.alike)  # whether rows are alike is all one to a sort
        return _run(way, self.memory if memory is None else memory, 16 if way == "sample" else int(self.merged), alike)

    def simulate(self) -> SpillingLabResult:
        """Do the job."""
        return self._of(self.way)

    def answer(self) -> float:
        """Give how many gigabytes are read and written."""
        return self.result.moved

    def chart(self) -> Chart:
        """Show what is moved by the memory there is, beside what each way moves and how exact its answer is."""
        return Chart((self._by_memory(), self._by_way()))

    def _by_memory(self) -> Panel:
        memories = sorted({*MEMORIES, self.memory})
        roles: dict[str, Role] = {"spill": "other", "chunk": "other", "sample": "reference"}
        roles[self.way] = "main"
        marks: list[Mark] = [*self._guess_band()]
        exact = 2 * DATA * np.asarray(theory.merge_passes(DATA, MEMORIES, int(self.merged)))
        marks.append(Points("2 N × passes", MEMORIES, exact.tolist(), "theory"))
        for way, shape in (("spill", Stairs), ("chunk", Stairs), ("sample", Line)):
            marks.append(shape(SHORT[way], memories, [self._of(way, memory).moved for memory in memories], roles[way]))
        marks.append(Rule(f"{self.memory:g} GB: {_volume(self.answer())}", self.memory))
        x = Axis("memory", (MEMORIES[0], DATA), unit="GB", scale="log")
        top = above(1.15 * max(exact.max(), self._of("chunk", MEMORIES[0]).moved))
        return Panel("What is read and written for 64 GB", x, Axis("moved", (-0.02 * top, top), unit="GB"), tuple(marks))

    def _by_way(self) -> Panel:
        results = [self._of(way) for way in WAYS]
        labels = [f"{_volume(each.moved)}, {_exactness(each.error)}" for each in results]
        parts = [("read", [each.read for each in results]), ("written", [each.written for each in results])]
        longest = above(1.2 * max(each.moved for each in results))
        bars = Bars(list(SHORT.values()), parts, labels, selected=list(WAYS).index(self.way))
        return Panel(f"With {self.memory:g} GB of memory", Axis("GB read solid, written hatched", (0, longest)), None, (bars,))

    def describe(self) -> str:
        """Say what is moved, and what more or less memory, or another way, would mean."""
        result, memory = self.result, self.memory
        passes = "in one pass" if result.passes == 1 else f"in {result.passes} passes"
        if self.way == "sample":
            if memory >= DATA:
                return "A sample of everything is read once, and nothing is written. So it is exact: with so much memory there is nothing to spare."
            off = 100 * result.error
            first = f"Of 64 GB a sample of {memory:g} GB is read, and nothing is written: a count is off by {off:.0f} % of it, as a rule"
            if result.error >= USELESS:
                return f"{first}. With {_rows_of(self.alike)} of each key there is hardly one in the sample, and it says next to nothing."
            exact = float(theory.sampling_error(self.alike, memory / DATA))
            return f"{first}. By theory it is {100 * exact:.0f} %: what counts is how many of a key’s {_rows_of(self.alike)} are in the sample."
        first = f"With {memory:g} GB of memory {_volume(result.read)} are read and {_volume(result.written)} written, {passes}"
        if self.way == "chunk":
            spared = self._of("spill").moved / result.moved
            if spared < 1.05:
                return f"{first}. With {_rows_of(self.alike)} of each key hardly two meet in memory, so that adding up spares next to nothing."
            return f"{first}. Rows of one key become one as soon as they meet in memory: a sort would move {spared:.1f} times as much."
        fewer = [other for other in MEMORIES if other < memory and self._of("spill", other).passes == result.passes]
        more = next((other for other in MEMORIES if other > memory and self._of("spill", other).passes < result.passes), None)
        if more is None:
            return f"{first}. All of it fits, so that it is read once and written once; with anything less it would be twice."
        spare = f"to spare a pass, which is {_volume(2 * DATA)}, takes {more:g} GB"
        return f"{first}. {f'No more would be moved with {fewer[0]:g} GB, and' if fewer else 'With less memory it would be more, and'} {spare}."

    def table(self) -> pd.DataFrame:
        """Give what each way moves, for every size of memory.

        Returns
        -------
        pandas.DataFrame
            Columns ``way``, ``memory``, ``read`` and ``written`` in gigabytes, ``passes`` and ``error``.
        """
        runs = [(way, memory, self._of(way, memory)) for way in WAYS for memory in MEMORIES]
        rows = [(way, memory, run.read, run.written, run.passes, run.error) for way, memory, run in runs]
        return pd.DataFrame(rows, columns=["way", "memory", "read", "written", "passes", "error"])

    def steps_key(self) -> Any:
        """Name what the story depends on."""
        return self.way

    def steps(self) -> Steps:
        """Tell run by run what happens to twelve rows where there is memory for three, and two runs are merged at a time."""
        rows, combine, told = "dbaacbadabbc", self.way == "chunk", list[Step]()
        if self.way == "sample":
            seen = list[str]()
            for place, row in enumerate(rows, start=1):
                drawn = place in (3, 6, 8)
                seen += [row] if drawn else []
                told.append(Step(row, drawn, list(seen), "", f"Row {place}: {'drawn, and kept' if drawn else 'not drawn, so it is not read'}."))
            return Steps("Row by row: three rows of twelve are drawn", 3, "is read", "is not", told)
        runs, held = list[str](), ""
        for row in rows:
            if combine and row in held:
                told.append(Step(row, True, list(runs), "", f"“{row}” is in memory already: the two become one."))
            else:
                if len(held) == 3:
                    runs.append("".join(sorted(held)))
                    told.append(Step("", False, list(runs), "", f"Memory is full: it is sorted, and written as “{runs[-1]}”."))
                    held = ""
                held += row
                told.append(Step(row, True, list(runs), "", f"“{row}” is read: there {'is 1 row' if len(held) == 1 else f'are {len(held)} rows'}."))
        runs.append("".join(sorted(held)))
        told.append(Step("", False, list(runs), "", f"The rows have ended: what is left is written as “{runs[-1]}”."))
        while len(runs) > 1:
            pairs, merged = [runs[first : first + 2] for first in range(0, len(runs), 2)], list[str]()
            for number, pair in enumerate(pairs):
                rows_of = "".join(pair)
                merged.append("".join(sorted(set(rows_of) if combine else rows_of)))
                waiting = [run for other in pairs[number + 1 :] for run in other]
                names = " and ".join(f"“{run}”" for run in pair)
                told.append(Step("", False, [*merged, *waiting], " ".join(pair), f"{names} are read and written as “{merged[-1]}”."))
            runs = merged
        return Steps("Row by row: twelve rows, memory for three, two runs at a time", 4, "read", "written", told)


def _volume(gigabytes: float) -> str:
    return f"{gigabytes:,.0f} GB" if gigabytes >= 9.95 else f"{gigabytes:.2g} GB"


def _exactness(error: float) -> str:
    return "exact" if error == 0 else f"± {100 * error:.0f} %" if error < USELESS else "says nothing"


def _rows_of(alike: float) -> str:
    return "one row" if alike == 1 else f"{alike:,} rows"
