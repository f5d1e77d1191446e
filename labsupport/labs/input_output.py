"""The input–output lab: jobs that compute and wait – one by one, by threads, by one loop, in batches – and what the processor does meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory
from labsupport.labs import measurements
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Line, Mark, Panel, Points, Role, Rule, Stairs, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.scene import Scene, Station
from labsupport.simulators import input_output
from labsupport.simulators.input_output import TimelineResult

JOBS = 120
TOGETHER = [1, 2, 4, 8, 16, 32, 64, 120]
WAITS = [1, 2, 5, 10, 20, 50, 100, 200]  # milliseconds
SWITCHES = {"threaded": 0.1, "asynchronous": 0.02}  # milliseconds to go to another thread, and for a step of the loop
EACH = 0.2  # milliseconds that a batch's answer takes longer for every job in it
WAYS = {
    "blocking": "blocking: one by one",
    "threaded": "a thread for each",
    "asynchronous": "asynchronous: one loop",
    "batched": "batched: one request for several",
}
SHORT = {"blocking": "blocking", "threaded": "threads", "asynchronous": "one loop", "batched": "batches"}
POINTS = 60  # of the picture over time

STORY: dict[str, dict[str, Any]] = {
    "One by one": {"way": "blocking"},
    "One loop, enough at once": {"way": "asynchronous", "together": 32},
    "Too few to be busy": {"way": "asynchronous", "together": 4, "wait": 100},
    "Nothing to wait for": {"way": "threaded", "together": 32, "compute": 10.0, "wait": 5},
    "In batches": {"way": "batched", "together": 32},
}


class Jobs(NamedTuple):
    """How many jobs there are, what they compute and how long they wait on average, in milliseconds, and whether all wait alike."""

    number: int
    compute: float
    wait: float
    alike: bool


@lru_cache(maxsize=64)
def _drawn(jobs: Jobs) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Draw what jobs compute before and after, and how long they wait in between; half of the computing is before."""
    before, waits, after = np.random.default_rng(81).exponential(1.0, (3, jobs.number))
    waits = np.ones(jobs.number) if jobs.alike else 0.5 + 0.5 * waits
    return before * jobs.compute / 2, waits * jobs.wait, after * jobs.compute / 2


@lru_cache(maxsize=1024)
def _run(way: str, together: int, jobs: Jobs) -> TimelineResult:
    options: dict[str, Any] = {}
    if way in SWITCHES:
        options = {"at_once": together, "switch": SWITCHES[way]}
    elif way == "batched":
        options = {"batch": together, "each": EACH}
    return input_output.simulate(way, *_drawn(jobs), **options)


class InputOutputLab(Lab[TimelineResult]):
    """Let one processor do jobs that compute, wait for an answer, and compute again, and see when it is idle.

    There are 120 jobs, all there from the beginning. Half of each wait is the same for all, the other half exponential. To go to another
    thread takes 0.1 ms, a step of the loop 0.02 ms; a batch's answer comes with the last of its jobs', and 0.2 ms later for each of them.

    Parameters
    ----------
    way : str, default "asynchronous"
        How the jobs are done: blocking, threaded, asynchronous or batched.
    together : int, default 8
        How many threads or connections there are, or how many jobs a batch holds, 1 to 120.
    compute : float, default 2.0
        Milliseconds that a job computes on average, 0.2 to 20.
    wait : int, default 20
        Milliseconds that it waits on average, 1 to 200.
    measured : pandas.DataFrame, optional
        Measurements to draw beside the simulation: the table of a comparison by `labsupport.systems.input_output.compare`. The lab then has as
        many jobs as there were questions, all of which wait alike, and opens with their wait and hardly anything to compute.
    prediction : str, optional
        See `Lab`. The question is for which share of the time the processor computes.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = InputOutputLab(way="blocking")
    >>> lab.answer() < 0.15
    True
    """

    title = "Waiting for input and output"
    question = "Jobs compute for 2 ms and wait for 20, and one loop has 8 of them under way. For which share of the time does the processor compute?"
    main = "together"

    way = Choice("jobs are done", WAYS, default="asynchronous")
    together = Slider("at once, or in a batch", TOGETHER, default=8)
    compute = Slider("a job computes", [0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0], default=2.0, unit="ms")
    wait = Slider("a job waits", WAITS, default=20, unit="ms")

    def __init__(self, *, measured: pd.DataFrame | None = None, **controls: Any) -> None:
        self._measured = measurements.checked(measured, "way", "connections", "milliseconds", "busy")
        self._count, self._delay = JOBS, 0.0
        if self._measured is not None:
            ideal = measurements.rows(self._measured, "theory").set_index("way")["milliseconds"]
            self._delay = float(ideal["all in one message"])
            kind = int if self._delay.is_integer() else float  # a slider has whole numbers, or none
            self._count = round(float(ideal["one by one"]) / self._delay)
            limits = self._measured["connections"]
            numbers = {number for number in [*TOGETHER, *limits.tolist(), self._count] if number <= self._count}
            self.add_traits(
                together=Slider("at once, or in a batch", sorted(numbers), default=min(numbers, key=lambda number: abs(number - 8))),
                wait=Slider("a job waits", sorted({kind(wait) for wait in (*WAITS, self._delay)}), default=kind(self._delay), unit="ms"),
            )
            controls = {"compute": 0.2} | controls
        super().__init__(**controls)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of one by one, of enough and too few at once, of nothing to wait for, and of batches; measurements tell their own story."""
        return STORY if self._measured is None else {}

    def idle(self) -> list[str]:
        """Name the number where jobs are done one by one."""
        return ["together"] if self.way == "blocking" else []

    def _of(self, way: str, together: int | None = None) -> TimelineResult:
        return _run(way, int(together or self.together) if way != "blocking" else 1, self._jobs)

    @property
    def _jobs(self) -> Jobs:
        return Jobs(self._count, self.compute, self.wait, self._measured is not None)

    @property
    def _numbers(self) -> list[int]:
        """Give how many may be at once, of all that is drawn."""
        return sorted({*(number for number in TOGETHER if number <= self._count), self._count})

    def simulate(self) -> TimelineResult:
        """Let the processor do the jobs."""
        return self._of(self.way)

    def answer(self) -> float:
        """Give the share of the time in which the processor computes."""
        return self.result.utilization

    def chart(self) -> Chart:
        """Show over time how busy the processor is, beside how soon all is done with more at once."""
        return Chart((self._over_time(), self._by_number()))

    def _over_time(self) -> Panel:
        result = self.result
        moments = np.linspace(0, result.makespan, POINTS + 1)
        marks: list[Mark] = [Stairs("computing", moments.tolist(), [*self._busy(moments).tolist(), 0.0])]
        marks.append(Rule(f"{100 * self.answer():.0f} % on average", 100 * self.answer(), axis="y", role="reference"))
        end = above(max(result.makespan, 1.0))
        return Panel(
            "How busy the processor is", Axis("time", (0, end), unit="ms"), Axis("of the time it computes", (0, 110), unit="%"), tuple(marks)
        )

    def _busy(self, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return in percent for how much of the time between two moments the processor computes."""
        result = self.result
        begins = np.concatenate((result.starts, result.resumed))
        ends = np.concatenate((result.starts + result.before, result.finishes))
        until = np.array([np.clip(np.minimum(ends, moment) - begins, 0, None).sum() for moment in moments])
        return np.asarray(np.minimum(100 * np.diff(until) / np.diff(moments), 100))

    def _by_number(self) -> Panel:
        marks, numbers = list[Mark](), self._numbers
        for way in ("threaded", "asynchronous", "batched"):
            role: Role = "main" if way == self.way else "other"
            marks.append(Line(SHORT[way], numbers, [self._of(way, number).makespan for number in numbers], role))
        before, waits, after = _drawn(self._jobs)
        bounds = [theory.overlap_lower_bound(before + after, waits, number) for number in numbers]
        marks.append(Line("not sooner than", numbers, bounds, "theory"))
        blocking = self._of("blocking").makespan
        marks.append(Rule("blocking", blocking, axis="y", role="main" if self.way == "blocking" else "reference"))
        at, name = (1, "one by one") if self.way == "blocking" else (int(self.together), f"{self.together}")
        marks.append(Rule(f"{name}: {_time(self.result.makespan)}", at))
        marks += (taken := self._measurements())
        low, high = 10.0 ** np.floor(np.log10(min(bounds))), 10.0 ** np.ceil(np.log10(1.01 * max([blocking, *(y for mark in taken for y in mark.y)])))
        names = [(float(number), f"{number}") for number in numbers[::2]]
        ends = (0.9, 1.1 * self._count) if taken else (1, self._count)  # so that a point at the edge is seen whole
        axis = Axis("at once, or in a batch", ends, scale="log", names=names)
        return Panel(f"When all {self._count} are done", axis, Axis("time", (float(low), float(high)), unit="ms", scale="log"), tuple(marks))

    def _measurements(self) -> list[Points]:
        """Give what was measured, where jobs wait as long as they did there."""
        if self._measured is None or self.wait != self._delay:
            return []
        rows = measurements.rows(self._measured)
        at = rows["connections"].where(rows["way"] != "all in one message", self._count)
        return [Points(measurements.named(rows), at.tolist(), rows["milliseconds"].tolist())]

    def describe(self) -> str:
        """Say when all is done and how busy the processor was, and what holds it up."""
        result, blocking = self.result, self._of("blocking").makespan
        compared = "" if self.way == "blocking" else f", where one by one takes {_time(blocking)}"
        first = f"All {self._count} jobs are done after {_time(result.makespan)}{compared}"
        first += f", and the processor computes for {100 * self.answer():.0f} % of that"
        work, pauses = float((result.before + result.after).sum()), float(result.waits.sum())
        enough = int(np.ceil((work + pauses) / work))
        if self.way == "blocking":
            second = f"The rest of the time it waits; {enough} jobs under way at once could fill it"
        elif self.way == "batched":
            asked = -(-self._count // int(self.together))
            second = f"It asks {'once' if asked == 1 else f'{asked} times'} instead of {self._count} times, "
            second += "and each time it waits for the slowest answer of the batch"
        elif self.together < enough:
            second = f"It is idle whenever all {self.together} wait: about {enough} would have to be under way to keep it busy"
        else:
            second = f"About {enough} under way are enough to keep it busy, and more do not make it faster"
            second += f"; it spends {_time(result.overhead)} on going from one to another"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give all ways for every number at once.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, measurement), ``way``, ``together``,
            ``makespan`` in milliseconds, ``utilization``, ``in_flight`` and ``overhead`` in milliseconds.
        """
        rows = []
        for way in WAYS:
            for number in self._numbers:
                run = self._of(way, number)
                rows.append(("simulation", way, number, run.makespan, run.utilization, run.in_flight, run.overhead))
        if self._measured is not None:
            taken = measurements.rows(self._measured)
            columns = (taken[name] for name in ("way", "connections", "milliseconds", "busy"))
            rows += [("measurement", *row, np.nan, np.nan) for row in zip(*columns, strict=True)]
        return pd.DataFrame(rows, columns=["source", "way", "together", "makespan", "utilization", "in_flight", "overhead"])

    def scene(self) -> Scene:
        """Show every job on its way: to the processor, away to wait, back, and done."""
        result, jobs = self.result, np.arange(self._count)
        stations = [
            Station("to do", 0.08, 0.3, slots=0, layout="heap"),
            Station("processor", 0.42, 0.3, slots=1),
            Station("waiting for answers", 0.42, 0.78, slots=0, layout="heap"),
            Station("done", 0.85, 0.3, slots=0, layout="heap"),
        ]
        leaves = result.starts + result.before
        return Scene(
            f"{self._count} jobs, {SHORT[self.way]}",
            stations,
            thing=np.tile(jobs, 5),
            station=np.repeat([0, 1, 2, 1, 3], self._count),
            enter=np.concatenate((np.zeros(self._count), result.starts, leaves, result.answered, result.finishes)),
            leave=np.concatenate((result.starts, leaves, result.answered, result.finishes, np.full(self._count, np.inf))),
            kind=np.repeat([0, 0, 1, 0, 2], self._count),
            value=np.concatenate((np.full(3 * self._count, np.nan), result.finishes - result.starts, np.full(self._count, np.nan))),
            kinds=("computes or will", "waits for its answer", "done"),
            measure="time from its start (ms)",
            noun="job",
            unit="ms",
            links=[(0, 1), (1, 2), (1, 3)],
        )


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:,.3g} s"
