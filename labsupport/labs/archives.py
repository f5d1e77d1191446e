"""The dashboard lab: one node of a cluster runs hot for some minutes – and what the screen shows of it, then and later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Line, Mark, Panel, Points, Rule, Stairs
from labsupport.labs.controls import Choice, Slider, stops
from labsupport.labs.steps import Step, Steps
from labsupport.simulators import archives
from labsupport.simulators.archives import GANGLIA, STEP, Archive

CALM, NOISE = 20.0, 2.0  # CPU of a node in percent: its mean, and its standard deviation from one measurement to the next
HOUR = 3_600.0
BEGINS = 24 * 60.0  # seconds into the hour at which the node runs hot
AGES = {"hour": (1.0, "an hour later"), "days": (72.0, "three days later"), "month": (720.0, "a month later")}  # hours
LINES = {"mean": "the cluster's average", "hottest": "the hottest node"}
FUNCTIONS = {"average": "their average", "maximum": "their maximum"}
RINGS = (1 / 60, *(ring.reach(STEP) / HOUR for ring in GANGLIA))  # hours: where one archive hands over to the next
STORY: dict[str, dict[str, Any]] = {
    "The same afternoon": {"age": "hour", "line": "hottest"},
    "A month later": {"age": "month", "line": "hottest"},
    "One of a thousand": {"nodes": 1_000, "age": "hour", "line": "mean"},
    "Keep the maximum": {"age": "month", "line": "hottest", "function": "maximum"},
    "One bad measurement": {"length": 15, "age": "month", "line": "hottest", "function": "maximum"},
}


@dataclass(frozen=True)
class DashboardLabResult:
    """What happened in one hour, and what is shown of it.

    Attributes
    ----------
    truth : ndarray of float64, shape (240,)
        The hot node's CPU every 15 seconds, in percent.
    ends : ndarray of float64, shape (rows,)
        When the time of each row that is shown ends, in seconds.
    shown : ndarray of float64, shape (rows,)
        What each row says, in percent.
    """

    truth: NDArray[np.float64]
    ends: NDArray[np.float64]
    shown: NDArray[np.float64]


@lru_cache(maxsize=64)
def _hour(nodes: int, length: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw an hour of the hot node, and of the mean of all; the mean of the others is normal, too, and less noisy by their number."""
    generator = np.random.default_rng(9)
    count = int(HOUR / STEP)
    own, others = generator.normal(0.0, NOISE, (2, count))
    hot = CALM + own
    begin = round(BEGINS / STEP)
    hot[begin : begin + round(length / STEP)] = 100.0
    if nodes == 1:
        return hot, hot
    rest = CALM + others / np.sqrt(nodes - 1)
    return hot, (hot + (nodes - 1) * rest) / nodes


@lru_cache(maxsize=1024)
def _rows(nodes: int, length: float, line: str, function: str, hours: float) -> tuple[float, NDArray[np.float64]]:
    """Ask for that hour some hours later: what one row stands for, in seconds, and what the rows say."""
    ring = GANGLIA[archives.choose(GANGLIA, STEP, hours * HOUR)]
    values = _hour(nodes, length)[0 if line == "hottest" else 1]
    return ring.steps * STEP, archives.consolidate(values, ring.steps, function)


class DashboardLab(Lab[DashboardLabResult]):
    """Look at an hour of a cluster's CPU on a dashboard, soon after and long after one node ran hot.

    Each node is measured every 15 seconds, and is calm at 20 %, give or take 2; one of them runs at 100 % for a while. The metric is kept as
    Ganglia keeps it unless it is told otherwise: every measurement for a day, a row for each minute for two weeks, a row for each ten
    minutes for a year.

    Parameters
    ----------
    nodes : int, default 100
        Nodes in the cluster, 1 to 4,000.
    length : int, default 240
        For how many seconds the node is hot, 15 to 1,800.
    line : str, default "mean"
        What the dashboard draws: the cluster's average, or the hottest node.
    age : str, default "month"
        How long after it you look: an hour, three days or a month.
    function : str, default "average"
        What a row says of its measurements: their average or their maximum.
    threshold : int, default 80
        From how many percent on an alert would fire, 30 to 95.
    prediction : str, optional
        See `Lab`. The question is the highest value that the line shows, in percent.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = DashboardLab(nodes=1, line="hottest", age="hour")
    >>> lab.answer()
    100.0
    """

    title = "Cluster dashboard"
    question = "One node of a hundred ran at 100 % for four minutes. How high is the highest point of the line that you look at?"
    main = "nodes"

    nodes = Slider("nodes", stops(1, 4_000), default=100)
    length = Slider("hot for", [15, 30, 60, 120, 180, 240, 360, 480, 600, 900, 1_200, 1_800], default=240, unit="s")
    line = Choice("the line is", LINES, default="mean")
    age = Choice("you look", {name: words for name, (_, words) in AGES.items()}, default="month")
    function = Choice("a row keeps", FUNCTIONS, default="average")
    threshold = Slider("alert from", list(range(30, 96, 5)), default=80, unit="%")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of soon and late, of many nodes, and of what a maximum keeps – and keeps too well."""
        return STORY

    def simulate(self) -> DashboardLabResult:
        """Let the archives take in the hour, and ask them for it."""
        resolution, shown = self._fetched(AGES[self.age][0])
        return DashboardLabResult(_hour(int(self.nodes), self.length)[0], resolution * np.arange(1, shown.size + 1, dtype=np.float64), shown)

    def _fetched(self, hours: float, function: str = "", line: str = "") -> tuple[float, NDArray[np.float64]]:
        return _rows(int(self.nodes), self.length, line or self.line, function or self.function, hours)

    def _least(self, hours: float) -> float:
        """Say what is left at best of an average: the share of the row, and of the nodes, that was hot."""
        row = GANGLIA[archives.choose(GANGLIA, STEP, hours * HOUR)].steps * STEP
        share = min(1.0, self.length / row) / (int(self.nodes) if self.line == "mean" else 1)
        return float(CALM + (100 - CALM) * share)

    def answer(self) -> float:
        """Give the highest value that the line shows, in percent."""
        return float(self.result.shown.max())

    def chart(self) -> Chart:
        """Show the hour as it was and as it is shown, beside the highest point of the line for every age."""
        return Chart((self._the_hour(), self._ages()))

    def _the_hour(self) -> Panel:
        result = self.result
        minutes = (np.arange(result.truth.size) * STEP / 60).tolist()
        resolution = result.ends[0]
        starts = np.append(result.ends - resolution, result.ends[-1]) / 60
        shown = np.append(result.shown, result.shown[-1])
        marks: list[Mark] = [
            *self._guess_band(),
            Rule(f"alert from {self.threshold} %", self.threshold, axis="y", role="reference"),
            Line("the hot node, every 15 s", minutes[::2], np.maximum(result.truth[::2], result.truth[1::2]).round(1).tolist(), "other"),
            Stairs("what you see", starts.tolist(), shown.round(1).tolist()),
        ]
        return Panel(f"That hour, {AGES[self.age][1]}", Axis("minute", (0, 60)), Axis("CPU", (0, 110), unit="%"), tuple(marks))

    def _ages(self) -> Panel:
        now = AGES[self.age][0]
        marks: list[Mark] = []
        places = [place for begin, end in pairwise(RINGS) for place in (begin * 1.001, end)]
        both = ("maximum", "average") if self.function == "average" else ("average", "maximum")
        for function in both:
            heights = [float(self._fetched(place, function)[1].max()) for place in places]
            marks.append(Line(f"{function} kept", places, heights, "main" if function == self.function else "other"))
        marks.append(Line("average, at best", places, [self._least(place) for place in places], "theory"))
        marks.append(Points("now", [now], [self.answer()], "main", (f"{self.answer():.0f} %",)))
        names = [(1 / 60, "a minute"), (1.0, "an hour"), (24.0, "a day"), (336.0, "2 weeks"), (8_760.0, "a year")]
        x = Axis("you look after", (1 / 60, 8_784), scale="log", names=names)
        return Panel("The highest point that is left of it", x, Axis("CPU", (0, 110), unit="%"), tuple(marks))

    def describe(self) -> str:
        """Say how high the line is, and whether an alert on it would have fired."""
        nodes, peak = int(self.nodes), self.answer()
        where = f"One of {nodes:,} nodes" if nodes > 1 else "The one node"
        long = f"{self.length:g} seconds" if self.length < 60 else f"{self.length / 60:g} minute{'' if self.length == 60 else 's'}"
        first = f"{where} ran at 100 % for {long}; {AGES[self.age][1]}, {LINES[self.line]} shows {peak:.0f} % at most, since {self._reason()}"
        above = float(self.result.ends[0]) * int((self.result.shown >= self.threshold).sum())
        if above == 0:
            return f"{first}. An alert from {self.threshold} % on would never have fired on this line."
        return f"{first}. This line is above {self.threshold} % for {above / 60:g} minutes, where the node was hot for {self.length / 60:g}."

    def _reason(self) -> str:
        rows = {15.0: "every measurement is still there", 60.0: "a row stands for a minute", 600.0: "a row stands for ten minutes"}
        reason = rows[float(self.result.ends[0])]
        if self.result.ends[0] > STEP:
            reason += f" and keeps {FUNCTIONS[self.function]}"
        return reason + (f", and each point is an average over {int(self.nodes):,} nodes" if self.line == "mean" and self.nodes > 1 else "")

    def table(self) -> pd.DataFrame:
        """Give the highest point for each age, line and function.

        Returns
        -------
        pandas.DataFrame
            Columns ``age`` in hours, ``row`` in seconds, ``line``, ``function`` and ``highest`` in percent.
        """
        rows = []
        for hours, _ in AGES.values():
            for line in LINES:
                for function in FUNCTIONS:
                    row, shown = self._fetched(hours, function, line)
                    rows.append((hours, row, line, function, float(shown.max())))
        return pd.DataFrame(rows, columns=["age", "row", "line", "function", "highest"])

    def steps_key(self) -> str:
        """Name what the story of the small ring depends on."""
        return str(self.function)

    def steps(self) -> Steps:
        """Tell measurement by measurement how a ring of three rows fills and forgets."""
        steps, rows = 3, 3
        values = [21, 19, 20, 22, 100, 100, 20, 18, 22, 20, 21, 19, 23, 20, 20, 100, 19, 20]
        told = []
        held: list[str] = []
        for place, value in enumerate(values, start=1):
            kept = archives.keep(values[:place], [Archive(steps, rows, self.function)], STEP).kept[0]
            now = [f"{row:.0f}" for row in kept]
            left = held[0] if place % steps == 0 and len(held) == rows else ""
            if place % steps:
                sentence = f"Measurement {place} is {value} %. Its row is not complete yet."
            else:
                sentence = f"Measurement {place} is {value} %. It completes a row, which keeps {FUNCTIONS[self.function]}: {now[-1]} %."
                sentence += f" The oldest row, {left} %, is overwritten." if left else ""
            told.append(Step(str(value), place % steps == 0, now, left, sentence))
            held = now
        return Steps("Step by step: a ring of three rows, of three measurements each", rows, "a new row", "no row yet", told)
