"""The event timeline lab: a report that Spark has made, task by task – who is waited for, and which stage is worth tuning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport.labs import event_log_runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Bars, Chart, Mark, Panel, Role, Rule, Spans, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.event_log_runs import STRAGGLER, StageFacts
from labsupport.labs.scene import Scene, Station
from labsupport.simulators.event_log_replay import ReplayResult
from labsupport.workloads.spark_logs import CORES, RUNS, STAGES

BESIDE = {"gain": "what tuning gains", "skew": "the longest task", "bytes": "shuffle and spill"}
SHORT = 1.0  # seconds; nobody is called a straggler for less
STORY: dict[str, dict[str, Any]] = {
    "As it was": {"share": 100, "beside": "skew"},
    "The longest stage": {"stage": "catalogue", "share": 50},
    "The one waited for": {"stage": "customers", "share": 50},
    "More partitions": {"run": "partitions", "share": 100, "beside": "skew"},
    "Straggler gone: and now?": {"run": "combined", "stage": "catalogue", "share": 50},
}


class EventTimelineLab(Lab[ReplayResult]):
    """Look at a job of Spark's on its event timeline, and make one of its stages faster.

    The tasks, their order, their lengths and bytes are those of event logs that Spark 4 wrote on four cores; what you see is replayed from
    them, without the moments in which Spark itself plans and submits. The job reads 24,000 *orders*, gathers them by *customers* –
    one of whom makes more than half of them – and checks each; reads a *catalogue* meanwhile; and brings both together in a *report*.

    Parameters
    ----------
    run : str, default "plain"
        How the job was made: plain, partitions (32 instead of 8), salted (the orders of the large customer in 8 parts), combined (added up
        before the shuffle), or split (salted, and the catalogue in 8 files).
    cores : int, default 4
        How many tasks run at a time, 1 to 16.
    stage : str, default "catalogue"
        Which stage is made faster.
    share : int, default 50
        What its tasks then take, in percent of their time, 10 to 100.
    beside : str, default "gain"
        What is shown of each stage: what it gains to make it twice as fast, its longest task (skew), or its bytes.
    prediction : str, optional
        See `Lab`. The question is how many seconds sooner the job is done.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = EventTimelineLab(stage="customers")
    >>> lab.answer() > 1
    True
    """

    title = "Event timeline"
    question = "The stage that takes the longest is made twice as fast. How many seconds sooner is the job done?"
    main = "cores"

    run = Choice("the job", RUNS, default="plain")
    cores = Slider("cores", list(range(1, 17)), default=CORES)
    stage = Choice("make faster", {name: name for name in STAGES}, default="catalogue")
    share = Slider("its tasks take", [10, 25, 50, 75, 100], default=50, unit="%")
    beside = Choice("of each stage", BESIDE, default="gain")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of a straggler, of a long stage that nobody waits for, and of what is in the way next."""
        return STORY

    @property
    def _before(self) -> ReplayResult:
        return event_log_runs.replayed(self.run, int(self.cores))

    @property
    def _facts(self) -> dict[str, StageFacts]:
        return event_log_runs.facts(self.run)

    def _path(self, result: ReplayResult) -> list[str]:
        """Name the stages on the critical path."""
        names = {stage.number: stage.name for stage in event_log_runs.log(self.run).stages}
        return [names[number] for number in result.critical]

    def simulate(self) -> ReplayResult:
        """Let the tasks run."""
        return event_log_runs.replayed(self.run, int(self.cores), self.stage, self.share)

    def answer(self) -> float:
        """Give how many seconds sooner the job is done than it was."""
        return self._before.length - self.result.length

    def chart(self) -> Chart:
        """Show which task ran when, and on which core, beside what is to be known of each stage."""
        panels = {"gain": self._gains, "skew": self._longest, "bytes": self._bytes}
        return Chart((self._timeline(), panels[self.beside]()))

    def _stragglers(self) -> NDArray[np.bool_]:
        """Say of each task whether it takes much longer than the median of its stage."""
        tasks = event_log_runs.log(self.run).tasks
        late = np.zeros(tasks.stage.size, dtype=bool)
        for facts in self._facts.values():
            if facts.tasks > 2:
                late |= (tasks.stage == facts.number) & (tasks.durations >= STRAGGLER * facts.median) & (tasks.durations > SHORT)
        return late

    def _timeline(self) -> Panel:
        result, log, cores = self.result, event_log_runs.log(self.run), int(self.cores)
        path, late = np.isin(log.tasks.stage, result.critical), self._stragglers()
        names = {stage.number: stage.name for stage in log.stages}
        longest = {self._longest_of(number) for number in names}
        kinds: list[tuple[str, NDArray[np.bool_], Role]] = [
            ("nobody waits", ~path & ~late, "other"),
            ("waited for", path & ~late, "main"),
            ("straggler", late, "measurement"),
        ]
        marks: list[Mark] = []
        for label, chosen, role in kinds:
            places = np.flatnonzero(chosen & (result.core >= 0))
            if places.size:
                rows, begins, ends = (cores - result.core[places]).astype(float), result.started[places], result.finished[places]
                words = [names[int(log.tasks.stage[place])] if place in longest else "" for place in places.tolist()]
                marks.append(Spans(label, rows.tolist(), begins.tolist(), ends.tolist(), role, words))
        if self.share < 100:
            marks.append(Rule(f"was {self._before.length:.1f} s", self._before.length, role="reference"))
        marks.append(Rule(f"{result.length:.1f} s", result.length))
        end = above(1.05 * max(self._before.length, result.length))
        step = 1 if cores <= 8 else 3
        axis = Axis("core", (0.4, cores + 0.6), names=[(cores + 1.0 - core, f"{core}") for core in range(1, cores + 1, step)])
        return Panel("Which task ran when, and where", Axis("time", (0, end), unit="s"), axis, tuple(marks))

    def _longest_of(self, number: int) -> int:
        own = event_log_runs.log(self.run).tasks.stage == number
        return int(np.where(own, self.result.finished - self.result.started, -1).argmax())

    def _bars(self, title: str, axis: str, unit: str, parts: list[tuple[str, list[float]]], labels: list[str]) -> Panel:
        limit = above(max(1e-3, *(first + second for first, second in zip(parts[0][1], parts[1][1], strict=True))), (1, 2, 5, 10))
        bars = Bars(STAGES, parts, labels, selected=STAGES.index(self.stage))
        return Panel(title, Axis(axis, (0, limit), unit=unit), None, (bars,))

    def _gains(self) -> Panel:
        spans = [event_log_runs.span(self.run, self._before, stage) for stage in STAGES]
        gains = [event_log_runs.gain(self.run, int(self.cores), stage) for stage in STAGES]
        solid = [float(np.clip(gain, 0, span)) for gain, span in zip(gains, spans, strict=True)]
        labels = [f"takes {span:.1f} s; twice as fast: {gain:.1f} s sooner" for span, gain in zip(spans, gains, strict=True)]
        rest = [span - gain for span, gain in zip(spans, solid, strict=True)]
        return self._bars("How long a stage takes", "solid: gained if twice as fast", "s", [("gained", solid), ("the rest", rest)], labels)

    def _longest(self) -> Panel:
        facts = [self._facts[stage] for stage in STAGES]
        labels = [f"longest {each.longest:.2g} s, median {each.median:.2g} s: {each.longest / each.median:.1f} times" for each in facts]
        parts = [("median", [each.median for each in facts]), ("longest", [each.longest - each.median for each in facts])]
        return self._bars("The longest task of each stage", "median solid, up to the longest hatched", "s", parts, labels)

    def _bytes(self) -> Panel:
        facts = [self._facts[stage] for stage in STAGES]
        labels = [f"read {_megabytes(each.read)}, spilled {_megabytes(each.spilled)}" for each in facts]
        parts = [("read", [each.read / 1e6 for each in facts]), ("spilled", [each.spilled / 1e6 for each in facts])]
        return self._bars("Through the shuffle", "read solid, spilled to disk hatched", "MB", parts, labels)

    def describe(self) -> str:
        """Say when the job is done and whom it waits for, and what tuning has gained, or who is late."""
        before, cores, path = self._before, int(self.cores), self._path(self.result)
        longest = max(STAGES, key=lambda stage: event_log_runs.span(self.run, before, stage))
        took = event_log_runs.span(self.run, before, longest)
        where = "1 core" if cores == 1 else f"{cores} cores"
        first = f"On {where} the job is done after {self.result.length:.1f} s, and waits for {', '.join(path[:-1])} and {path[-1]}"
        first += f"; its longest stage is {longest}, {took:.1f} s"
        if self.share == 100:
            return f"{first}. {self._late()}."
        gained, saved = self.answer(), (1 - self.share / 100) * self._facts[self.stage].longest
        second = f"With {self.stage} in {self.share} % of its time the job is done {gained:.1f} s sooner"
        if gained < 0.05:
            second = f"To do {self.stage} in {self.share} % of its time gains nothing"
            second += ", since nobody waits for it" if self.stage not in self._path(before) else ", since others are waited for as long"
        elif gained < 0.8 * saved:
            second += f", although its longest task takes {saved:.1f} s less: then others are waited for"
        return f"{first}. {second}."

    def _late(self) -> str:
        facts = self._facts["customers"]
        times = facts.longest / facts.median
        if times < STRAGGLER or facts.longest < SHORT:
            return f"No task of customers takes longer than {facts.longest:.1f} s, where the median is {facts.median:.1f} s"
        words = f"In customers the longest task takes {facts.longest:.1f} s, {times:.0f} times the median, since {_megabytes(facts.most)}"
        words += f" of {_megabytes(facts.read)} are its"
        return words + (f", and {_megabytes(facts.spilled)} had to be spilled to disk" if facts.spilled > 1e6 else "")

    def table(self) -> pd.DataFrame:
        """Give all that is known of each stage.

        Returns
        -------
        pandas.DataFrame
            Columns ``stage``, ``tasks``, ``takes``, ``longest`` and ``median`` (of its tasks) in seconds, ``read_MB`` through the shuffle,
            ``spilled_MB``, ``waited_for`` as the job was, and ``gain``: the seconds by which the job is done sooner if it is twice as fast.
        """
        rows = []
        for stage in STAGES:
            facts = self._facts[stage]
            took = event_log_runs.span(self.run, self._before, stage)
            sizes = (facts.read / 1e6, facts.spilled / 1e6)
            gain = event_log_runs.gain(self.run, int(self.cores), stage)
            rows.append((stage, facts.tasks, took, facts.longest, facts.median, *sizes, stage in self._path(self._before), gain))
        names = ["stage", "tasks", "takes", "longest", "median", "read_MB", "spilled_MB", "waited_for", "gain"]
        return pd.DataFrame(rows, columns=names)

    def scene(self) -> Scene:
        """Play the tasks: waiting, on their core, done."""
        result, tasks, cores = self.result, event_log_runs.log(self.run).tasks, int(self.cores)
        ran = np.flatnonzero(result.core >= 0)
        things = np.arange(ran.size)
        rows = min(cores, 8)
        places = [(0.45 + 0.2 * (core // 8), (core % 8 + 0.5) / rows) for core in range(cores)]
        stations = [
            Station("tasks", 0.08, 0.5, slots=0, layout="heap"),
            *(Station(f"core {core + 1}", *place) for core, place in enumerate(places)),
            Station("done", 0.92, 0.5, slots=0, layout="heap"),
        ]
        order = {facts.number: STAGES.index(stage) for stage, facts in self._facts.items()}
        kinds = np.array([order[int(number)] for number in tasks.stage[ran]])
        begins, ends = result.started[ran], result.finished[ran]
        return Scene(
            f"{ran.size} tasks on {cores} core{'s' if cores > 1 else ''}",
            stations,
            thing=np.tile(things, 3),
            station=np.concatenate((np.zeros(ran.size, dtype=int), result.core[ran] + 1, np.full(ran.size, cores + 1))),
            enter=np.concatenate((np.zeros(ran.size), begins, ends)),
            leave=np.concatenate((begins, ends, np.full(ran.size, np.inf))),
            kind=np.tile(kinds, 3),
            kinds=STAGES,
            noun="task",
            unit="s",
            links=[pair for core in range(1, cores + 1) for pair in ((0, core), (core, cores + 1))],
        )


def _megabytes(amount: float) -> str:
    return f"{amount / 1e6:,.0f} MB" if amount >= 5e5 else f"{amount / 1e3:,.1f} kB" if amount else "nothing"
