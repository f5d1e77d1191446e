"""The input–output lab: jobs that compute and wait – one by one, by threads, by one loop, in batches – and what the processor does meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Line, Mark, Panel, Role, Rule, Stairs, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.scene import Scene, Station
from labsupport.simulators import input_output
from labsupport.simulators.input_output import TimelineResult

JOBS = 120
TOGETHER = [1, 2, 4, 8, 16, 32, 64, 120]
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


@lru_cache(maxsize=64)
def _jobs(compute: float, wait: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Draw what jobs compute before and after, and how long they wait in between; half of the computing is before."""
    before, waits, after = np.random.default_rng(81).exponential(1.0, (3, JOBS))
    return before * compute / 2, (0.5 + 0.5 * waits) * wait, after * compute / 2


@lru_cache(maxsize=1024)
def _run(way: str, together: int, compute: float, wait: float) -> TimelineResult:
    options: dict[str, Any] = {}
    if way in SWITCHES:
        options = {"at_once": together, "switch": SWITCHES[way]}
    elif way == "batched":
        options = {"batch": together, "each": EACH}
    return input_output.simulate(way, *_jobs(compute, wait), **options)


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
    wait = Slider("a job waits", [1, 2, 5, 10, 20, 50, 100, 200], default=20, unit="ms")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of one by one, of enough and too few at once, of nothing to wait for, and of batches."""
        return STORY

    def idle(self) -> list[str]:
        """Name the number where jobs are done one by one."""
        return ["together"] if self.way == "blocking" else []

    def _of(self, way: str, together: int | None = None) -> TimelineResult:
        return _run(way, int(together or self.together) if way != "blocking" else 1, self.compute, self.wait)

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
        marks: list[Mark] = []
        for way in ("threaded", "asynchronous", "batched"):
            role: Role = "main" if way == self.way else "other"
            marks.append(Line(SHORT[way], TOGETHER, [self._of(way, number).makespan for number in TOGETHER], role))
        before, waits, after = _jobs(self.compute, self.wait)
        bounds = [theory.overlap_lower_bound(before + after, waits, number) for number in TOGETHER]
        marks.append(Line("not sooner than", TOGETHER, bounds, "theory"))
        blocking = self._of("blocking").makespan
        marks.append(Rule("blocking", blocking, axis="y", role="main" if self.way == "blocking" else "reference"))
        at, name = (1, "one by one") if self.way == "blocking" else (int(self.together), f"{self.together}")
        marks.append(Rule(f"{name}: {_time(self.result.makespan)}", at))
        low, high = 10.0 ** np.floor(np.log10(min(bounds))), 10.0 ** np.ceil(np.log10(1.01 * blocking))
        names = [(float(number), f"{number}") for number in TOGETHER[::2]]
        axis = Axis("at once, or in a batch", (1, 120), scale="log", names=names)
        return Panel("When all 120 are done", axis, Axis("time", (float(low), float(high)), unit="ms", scale="log"), tuple(marks))

    def describe(self) -> str:
        """Say when all is done and how busy the processor was, and what holds it up."""
        result, blocking = self.result, self._of("blocking").makespan
        compared = "" if self.way == "blocking" else f", where one by one takes {_time(blocking)}"
        first = f"All {JOBS} jobs are done after {_time(result.makespan)}{compared}"
        first += f", and the processor computes for {100 * self.answer():.0f} % of that"
        work, pauses = float((result.before + result.after).sum()), float(result.waits.sum())
        enough = int(np.ceil((work + pauses) / work))
        if self.way == "blocking":
            second = f"The rest of the time it waits; {enough} jobs under way at once could fill it"
        elif self.way == "batched":
            second = f"It asks {-(-JOBS // int(self.together))} times instead of {JOBS}, and each time it waits for the slowest answer of the batch"
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
            Columns ``way``, ``together``, ``makespan`` in milliseconds, ``utilization``, ``in_flight`` and ``overhead`` in milliseconds.
        """
        rows = []
        for way in WAYS:
            for number in TOGETHER:
                run = self._of(way, number)
                rows.append((way, number, run.makespan, run.utilization, run.in_flight, run.overhead))
        return pd.DataFrame(rows, columns=["way", "together", "makespan", "utilization", "in_flight", "overhead"])

    def scene(self) -> Scene:
        """Show every job on its way: to the processor, away to wait, back, and done."""
        result, jobs = self.result, np.arange(JOBS)
        stations = [
            Station("to do", 0.08, 0.3, slots=0, layout="heap"),
            Station("processor", 0.42, 0.3, slots=1),
            Station("waiting for answers", 0.42, 0.78, slots=0, layout="heap"),
            Station("done", 0.85, 0.3, slots=0, layout="heap"),
        ]
        leaves = result.starts + result.before
        return Scene(
            f"{JOBS} jobs, {SHORT[self.way]}",
            stations,
            thing=np.tile(jobs, 5),
            station=np.repeat([0, 1, 2, 1, 3], JOBS),
            enter=np.concatenate((np.zeros(JOBS), result.starts, leaves, result.answered, result.finishes)),
            leave=np.concatenate((result.starts, leaves, result.answered, result.finishes, np.full(JOBS, np.inf))),
            kind=np.repeat([0, 0, 1, 0, 2], JOBS),
            value=np.concatenate((np.full(3 * JOBS, np.nan), result.finishes - result.starts, np.full(JOBS, np.nan))),
            kinds=("computes or will", "waits for its answer", "done"),
            measure="time from its start (ms)",
            noun="job",
            unit="ms",
            links=[(0, 1), (1, 2), (1, 3)],
        )


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:,.3g} s"
