"""The scheduling lab: tasks of unequal length, shared out beforehand or as the work goes on, and by what is known or was known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from labsupport import theory
from labsupport.labs import scheduling_runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Columns, Line, Mark, Panel, Role, Rule, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.scene import Scene, Station
from labsupport.labs.scheduling_runs import AGES, WORKERS, Job
from labsupport.simulators.scheduling import ScheduleResult

POLICIES = {
    "static_blocks": "static: equal blocks",
    "round_robin": "static: in turn",
    "self_scheduling": "whoever is free takes the next",
    "longest_first": "whoever is free takes the longest",
    "work_stealing": "blocks, and steal when done",
    "least_loaded": "sent to the least loaded",
}
SHORT = {
    "static_blocks": "equal blocks",
    "round_robin": "in turn",
    "self_scheduling": "whoever is free",
    "longest_first": "longest first",
    "work_stealing": "stealing",
    "least_loaded": "least loaded",
}
OTHERWISE = {
    "static_blocks": "equal blocks beforehand",
    "round_robin": "dealing them out in turn",
    "self_scheduling": "letting whoever is free take the next",
}
LENGTHS = {
    "equal": "all equal",
    "exponential": "exponential",
    "pareto": "a heavy tail",
    "rising": "ever longer",
    "last": "one huge task, at the end",
}
COMING = {"at_once": "all at once", "over_time": "one by one"}
STORY: dict[str, dict[str, Any]] = {
    "Shared out beforehand": {"policy": "static_blocks", "lengths": "rising"},
    "Whoever is free": {"policy": "self_scheduling", "lengths": "rising"},
    "Graham's worst case": {"policy": "self_scheduling", "lengths": "last"},
    "The longest first": {"policy": "longest_first", "lengths": "last"},
    "Load as of 200 s ago": {"policy": "least_loaded", "coming": "over_time", "age": 200},
}
ROWS = 16  # workers in one column of the scene


class SchedulingLab(Lab[ScheduleResult]):
    """Let workers do tasks of unequal length, and see how much of their time is lost.

    The tasks take 10 s on average. All are there at once, or they come one by one, so that the workers are asked for 80 % of what they
    can do. Beside the time that the job takes stands the one that no schedule can beat: the larger of all work shared out evenly, of
    the longest task, and of what must come after a release.

    Parameters
    ----------
    policy : str, default "static_blocks"
        Who does which task: static_blocks, round_robin, self_scheduling, longest_first, work_stealing or least_loaded. A steal takes
        half a second.
    workers : int, default 8
        How many workers there are, 2 to 32.
    tasks : int, default 240
        How many tasks there are, 24 to 480.
    lengths : str, default "exponential"
        How long they are: equal, exponential, pareto (a heavy tail), rising (as exponential, sorted), or last (short ones, and then
        one that is as long as it takes the other workers to do all of them: Graham's worst case).
    coming : str, default "at_once"
        Whether all are there at_once, or come over_time.
    age : int, default 0
        How old what is known of the workers' load becomes before it is renewed, in seconds, 0 to 1,000.
    prediction : str, optional
        See `Lab`. The question is how many times as long the job takes as at best.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = SchedulingLab(policy="self_scheduling", lengths="last", workers=8, tasks=240)
    >>> round(lab.answer(), 2)
    1.85
    """

    title = "Static or dynamic"
    question = "Eight workers get equally many tasks of unequal length. How many times as long does the job take as at best?"
    main = "workers"

    policy = Choice("who does what", POLICIES, default="static_blocks")
    workers = Slider("workers", WORKERS, default=8)
    tasks = Slider("tasks", [24, 48, 96, 160, 240, 480], default=240)
    lengths = Choice("lengths of the tasks", LENGTHS, default="exponential")
    coming = Choice("tasks come", COMING, default="at_once")
    age = Slider("age of load information", AGES, default=0, unit="s")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell what is lost by sharing out beforehand, by a bad order, and by old news."""
        return STORY

    def idle(self) -> list[str]:
        """Name the age where nobody asks for the load."""
        return [] if self.policy == "least_loaded" else ["age"]

    @property
    def _job(self) -> Job:
        return Job(int(self.tasks), self.lengths, self.coming)

    @property
    def _bound(self) -> float:
        return scheduling_runs.bound(self._job, self.workers)

    def _relative(self, policy: str, workers: float | None = None, age: float | None = None) -> float:
        older = self.age if age is None else age
        return scheduling_runs.relative(self._job, policy, int(workers or self.workers), older if policy == "least_loaded" else 0)

    def simulate(self) -> ScheduleResult:
        """Let the workers do the tasks."""
        return scheduling_runs.run(self._job, self.policy, self.workers, self.age if self.policy == "least_loaded" else 0)

    def answer(self) -> float:
        """Give how many times as long the job takes as no schedule can beat."""
        return self._relative(self.policy)

    def chart(self) -> Chart:
        """Show how long each worker works beside what more workers, or older news, do to the whole job."""
        over_age = self.policy == "least_loaded" and self.coming == "over_time"
        return Chart((self._workers(), self._by_age() if over_age else self._by_workers()))

    def _workers(self) -> Panel:
        busy, end = self.result.busy, self.result.makespan
        places = np.arange(1, busy.size + 1)
        columns = Columns("at work", (places - 0.4).tolist(), (places + 0.4).tolist(), busy.tolist())
        marks: list[Mark] = [columns, Rule(f"all done after {end:,.0f} s", end, axis="y")]
        if end > 1.1 * self._bound:
            marks.append(Rule(f"at best {self._bound:,.0f} s", self._bound, axis="y", role="reference"))
        title = f"How long each works: {100 * self.result.idle_share:.0f} % of the time is lost"
        return Panel(title, Axis("worker", (0.4, busy.size + 0.6)), Axis("time", (0, above(1.15 * end)), unit="s"), tuple(marks))

    def _beside(self) -> list[tuple[str, Role]]:
        """Name the policies to be seen beside the chosen one, and it."""
        others = ["static_blocks" if self.coming == "at_once" else "round_robin", "self_scheduling"]
        roles: list[Role] = ["reference", "other"]
        return [(policy, role) for policy, role in zip(others, roles, strict=True) if policy != self.policy] + [(self.policy, "main")]

    def _by_workers(self) -> Panel:
        marks = self._guess_band()
        for policy, role in self._beside():
            marks.append(Line(SHORT[policy], WORKERS, [self._relative(policy, workers) for workers in WORKERS], role))
        if self.coming == "at_once" and self.policy in ("self_scheduling", "longest_first"):
            bounds = theory.longest_first_bound if self.policy == "longest_first" else theory.list_scheduling_bound
            words = "at most 4/3 − 1/3m" if self.policy == "longest_first" else "at most 2 − 1/m"
            marks.append(Line(words, WORKERS, np.asarray(bounds(WORKERS)).tolist(), "theory"))
        marks.append(Rule(f"{self.workers} workers: {self.answer():.2f} ×", self.workers))
        return Panel("What more workers do", Axis("workers", (2, 32), scale="log", names=_names(WORKERS[::2])), self._times(marks), tuple(marks))

    def _by_age(self) -> Panel:
        marks = self._guess_band()
        ages = AGES[1:]
        marks.append(Line(SHORT["least_loaded"], ages, [self._relative("least_loaded", age=age) for age in ages]))
        marks.append(Rule(f"{SHORT['round_robin']}: nothing known", self._relative("round_robin"), axis="y", role="reference"))
        marks.append(Rule(f"{self.age} s old: {self.answer():.2f} ×" if self.age else f"known at once: {self.answer():.2f} ×", max(self.age, 1)))
        axis = Axis("age of load information", (1, 1_000), unit="s", scale="log")
        return Panel("What old news do", axis, self._times(marks), tuple(marks))

    def _times(self, marks: list[Mark]) -> Axis:
        """Make an axis for all lines."""
        highest = max(max(mark.y) for mark in marks if isinstance(mark, Line))
        return Axis("time, in times of the best", (1, next(top for top in (1.5, 2, 3, 5, 10, 50) if top >= 1.02 * highest)))

    def describe(self) -> str:
        """Say how long the job takes and what of it is lost, and what others would make of it."""
        result = self.result
        first = f"{self.workers} workers are done with {self.tasks} tasks after {result.makespan:,.0f} s, {self.answer():.2f} times the"
        first += f" {self._bound:,.0f} s that no schedule can beat, and are idle for {100 * result.idle_share:.0f} % of the time"
        if self.policy == "least_loaded" and self.age > 0:
            fresh, blind = self._relative("least_loaded", age=0), self._relative("round_robin")
            second = f"With the load known at once it would be {fresh:.2f} times, and with nothing known at all, by turns, {blind:.2f} times"
        else:
            others = [policy for policy, _ in self._beside()[:-1]]
            second = "; ".join(f"{OTHERWISE[policy]} would take {self._relative(policy):.2f} times the best" for policy in others)
            second = second[0].upper() + second[1:]
        if self.policy == "work_stealing":
            second += f"; {int(result.stolen.sum())} of the tasks were stolen"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give the job under every policy, for every number of workers.

        Returns
        -------
        pandas.DataFrame
            Columns ``policy``, ``workers``, ``makespan`` in seconds, ``times_best`` and ``idle_share``. Least loaded is told at the age chosen.
        """
        rows = []
        for policy in POLICIES:
            for workers in WORKERS:
                run = scheduling_runs.run(self._job, policy, workers, self.age if policy == "least_loaded" else 0)
                rows.append((policy, workers, run.makespan, self._relative(policy, workers), run.idle_share))
        return pd.DataFrame(rows, columns=["policy", "workers", "makespan", "times_best", "idle_share"])

    def scene(self) -> Scene:
        """Show each task in the line where it waits, and at the worker who does it."""
        result, count = self.result, int(self.workers)
        rows, columns = min(count, ROWS), -(-count // ROWS)
        places = [(0.9 - 0.35 * (columns - 1 - worker // ROWS), (worker % ROWS + 0.5) / rows) for worker in range(count)]
        stations = [Station("tasks", 0.1, 0.5, slots=0, layout="heap"), *(Station(f"{worker + 1}", *place) for worker, place in enumerate(places))]
        tasks, at = np.arange(result.lengths.size), result.workers + 1
        waits = result.homes != result.workers  # elsewhere than where they are done: in the shared line, or at another worker
        return Scene(
            f"{tasks.size} tasks for {count} workers",
            stations,
            thing=np.concatenate((tasks[waits], tasks)),
            station=np.concatenate((result.homes[waits] + 1, at)),
            enter=np.concatenate((result.releases[waits], np.where(waits, result.starts, result.releases))),
            leave=np.concatenate((result.starts[waits], result.finishes)),
            size=np.concatenate((result.lengths[waits], result.lengths)),
            kind=np.concatenate((np.zeros(waits.sum(), dtype=int), result.stolen.astype(int))),
            value=np.concatenate((np.full(waits.sum(), np.nan), result.responses)),
            kinds=("task", "stolen task"),
            measure="time until done (s)",
            noun="task",
            unit="s",
        )


def _names(places: list[int]) -> list[tuple[float, str]]:
    return [(float(place), f"{place}") for place in places]
