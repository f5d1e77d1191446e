"""The container lab: a CPU limit makes what runs in a container wait, a memory limit ends it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Line, Mark, Panel, Points, Rule, Stairs, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.steps import Step, Steps
from labsupport.simulators import containers
from labsupport.simulators.containers import PERIOD, MemoryResult

MINUTES = 24 * 60
RESTART = 2  # minutes until a container that was killed is there again
BASE, SWING, NOISE = 200.0, 250.0, 4.0  # MB: when it starts, at the day's height, and from minute to minute
CPUS = [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0]
POWERS = [(cpus, f"{cpus:g}") for cpus in (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)]
LIMITS = list(range(400, 1_050, 50))  # MB
STRETCH = 5  # minutes that one point of the picture stands for
VIEWS = {"cpu": "a CPU limit", "memory": "a memory limit"}

STORY: dict[str, dict[str, Any]] = {
    "One thread": {"threads": 1},
    "Half a CPU": {"cpus": 0.5, "threads": 4},
    "As many CPUs as threads": {"cpus": 8.0},
    "Too little at noon": {"view": "memory", "limit": 450},
    "A leak": {"view": "memory", "leak": 50},
}


@lru_cache(maxsize=16)
def _growth(leak: float) -> NDArray[np.float64]:
    """Say how much more memory a container holds after each minute of a day: it follows the load, and may leak."""
    hours = np.arange(MINUTES + 1) / 60
    load = SWING * np.sin(np.pi * np.clip((hours - 6) / 16, 0, 1)) ** 2
    wander = NOISE * np.random.default_rng(68).standard_normal(MINUTES + 1)
    return np.diff(load + wander) + leak / 60


@lru_cache(maxsize=256)
def _day(limit: float, leak: float) -> MemoryResult:
    return containers.run_in_memory(_growth(leak), limit, base=BASE, restart=RESTART)


def _response(work: float, cpus: float, threads: int) -> float:
    """Return the response time of a request, in milliseconds."""
    return 1_000 * float(containers.throttled_response([work / 1_000], cpus, threads=threads)[0])


class ContainerLab(Lab[float | MemoryResult]):
    """Set limits to a container as Docker does, and see what becomes of a request, and of a container that needs more memory.

    The CPU limit is a quota: in every 100 ms all threads together may run for as many CPUs × 100 ms, and then stand still until the next
    begins. A container whose memory grows beyond its limit is killed, and is there again two minutes later with what it holds at first.

    Parameters
    ----------
    view : str, default "cpu"
        What is shown: the cpu limit, or the memory limit.
    cpus : float, default 1.0
        How many CPUs the container may use, 0.25 to 8.
    threads : int, default 8
        How many threads share the work of a request, each on a processor of its own, 1 to 8.
    work : int, default 200
        CPU time that a request needs, in milliseconds, 10 to 1,000.
    limit : int, default 600
        How much memory it may use, in megabytes, 400 to 1,000.
    leak : int, default 0
        Megabytes an hour that it never frees, 0 to 100.
    prediction : str, optional
        See `Lab`. The question is how long the request takes, in milliseconds, or how often the container is killed.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> ContainerLab().answer(), ContainerLab(threads=1).answer()
    (112.5, 200.0)
    """

    title = "Container"
    question = "A request is 200 ms of work, shared by eight threads, in a container that is limited to one CPU. After how many ms is it answered?"
    main = "cpus"

    view = Choice("show", VIEWS, default="cpu")
    cpus = Slider("CPU limit", CPUS, default=1.0)
    threads = Slider("threads", [1, 2, 4, 8], default=8)
    work = Slider("work of a request", [10, 20, 50, 100, 150, 200, 300, 500, 1_000], default=200, unit="ms")
    limit = Slider("memory limit", LIMITS, default=600, unit="MB")
    leak = Slider("it leaks", [0, 5, 10, 20, 50, 100], default=0, unit="MB/h")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of threads that use up their quota together, and of limits that are met."""
        return STORY

    def idle(self) -> list[str]:
        """Name what the other view would need."""
        return ["limit", "leak"] if self.view == "cpu" else ["cpus", "threads", "work"]

    def simulate(self) -> float | MemoryResult:
        """Let a request be answered, or a day go by."""
        return _response(self.work, self.cpus, int(self.threads)) if self.view == "cpu" else _day(self.limit, self.leak)

    def answer(self) -> float:
        """Give how long the request takes, in milliseconds, or how often the container is killed."""
        return round(self.result, 6) if isinstance(self.result, float) else float(self.result.killed.size)

    def chart(self) -> Chart:
        """Show when threads run and how long a request takes with other limits, or the day's memory and how often it ends."""
        result = self.result
        return Chart((self._running(), self._by_cpus()) if isinstance(result, float) else (self._memory(result), self._by_limit()))

    def _stretches(self) -> list[tuple[float, float]]:
        """Say from when to when the threads run, in milliseconds."""
        pace, quota, left = min(self.threads, max(self.cpus, self.threads)), self.cpus * 1_000 * PERIOD, float(self.work)
        if self.cpus >= self.threads:
            return [(0.0, left / pace)]
        found, start = list[tuple[float, float]](), 0.0
        while left > 1e-9:
            done = min(left, quota)
            found.append((start, start + done / pace))
            left, start = left - done, start + 1_000 * PERIOD
        return found

    def _running(self) -> Panel:
        times, running = [0.0], [float(self.threads)]
        for start, end in self._stretches():
            if start:
                times.append(start)
                running.append(float(self.threads))
            times.append(end)
            running.append(0.0)
        answer = self.answer()
        span = above(1.1 * answer, (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10))
        marks: list[Mark] = [Stairs("running", [*times, span], [*running, 0.0]), Rule(f"answered after {answer:.4g} ms", answer, role="reference")]
        if self.cpus < self.threads:
            marks.append(Rule(f"limit {self.cpus:g}", self.cpus, axis="y", role="other"))
        names = [(float(count), f"{count}") for count in range(int(self.threads) + 1)]
        x, y = Axis("time", (0, span), unit="ms"), Axis("threads that run", (0, 1.25 * self.threads), names=names)
        return Panel("When the request's threads may run", x, y, tuple(marks))

    def _by_cpus(self) -> Panel:
        places = sorted({*CPUS, self.cpus})
        own = [_response(self.work, cpus, int(self.threads)) for cpus in places]
        single = [_response(self.work, cpus, 1) for cpus in places]
        marks: list[Mark] = [*self._guess_band(), Line("one thread", places, single, "other")]
        if self.threads > 1:
            marks.append(Line(f"{self.threads} threads", places, own))
        marks.append(Line("not held back", [places[0], places[-1]], [self.work / self.threads] * 2, "reference"))
        marks.append(Rule(f"{self.cpus:g}: {self.answer():.4g} ms", self.cpus))
        top = above(1.25 * max(*own, *single))
        x, y = Axis("CPU limit", (CPUS[0], CPUS[-1]), unit="CPUs", scale="log", names=POWERS), Axis("response time", (0, top), unit="ms")
        return Panel("How long the request takes", x, y, tuple(marks))

    def _memory(self, result: MemoryResult) -> Panel:
        hours = ((np.arange(MINUTES // STRETCH) + 1) * STRETCH / 60).tolist()
        usage = result.usage.reshape(-1, STRETCH)[:, -1]
        marks: list[Mark] = [Line("in use", hours, usage.tolist()), Rule(f"limit {self.limit:g} MB", self.limit, axis="y", role="reference")]
        shown = result.killed[:: max(1, -(-result.killed.size // 40))]
        if shown.size:
            marks.append(Points("killed", (shown / 60).tolist(), [float(self.limit)] * shown.size, "other"))
        return Panel("The memory of a day", Axis("hour of the day", (0, 24)), Axis("memory", (0, 1_150), unit="MB"), tuple(marks))

    def _by_limit(self) -> Panel:
        places = sorted({*LIMITS, int(self.limit)})
        kills = {leak: [int(_day(limit, leak).killed.size) for limit in places] for leak in {0.0, float(self.leak)}}
        marks: list[Mark] = [*self._guess_band()]
        if self.leak:
            marks.append(Line("without a leak", places, kills[0.0], "other"))
        marks.append(Line("killed", places, kills[float(self.leak)]))
        marks.append(Rule(f"{self.limit:g} MB: {self.answer():.0f} a day", self.limit))
        top = above(max(5.0, 1.15 * max(max(each) for each in kills.values())))
        x, y = Axis("memory limit", (LIMITS[0], LIMITS[-1]), unit="MB"), Axis("times a day", (-0.02 * top, top))
        return Panel("How often it is killed", x, y, tuple(marks))

    def describe(self) -> str:
        """Say how long the request takes and stands still, or how often the container is killed, and why."""
        result = self.result
        if not isinstance(result, float):
            return self._of_memory(result)
        stretches = self._stretches()
        free, still = self.work / self.threads, self.answer() - sum(end - start for start, end in stretches)
        who = "One thread needs" if self.threads == 1 else f"{self.threads} threads need"
        first = f"{who} {free:.4g} ms for {self.work:g} ms of work, and with a limit of {self.cpus:g} CPU{'' if self.cpus == 1 else 's'} the answer "
        first += f"comes after {self.answer():.4g} ms"
        if self.cpus >= self.threads:
            return f"{first}. A limit of as many CPUs as threads holds nobody back."
        quota = 1_000 * PERIOD * self.cpus
        if len(stretches) == 1:
            return f"{first}. All is done within the {quota:.4g} ms of the first period: a short request does not feel the limit."
        used = f"the quota of {quota:.4g} ms is used up after {quota / self.threads:.4g}"
        return f"{first}. In each period of 100 ms {used}, and then all stand still: for {still:.4g} ms in all."

    def _of_memory(self, result: MemoryResult) -> str:
        times = {1: "once", 2: "twice"}.get(result.killed.size, f"{result.killed.size} times")
        if not result.killed.size:
            room = self.limit - float(result.usage.max())
            first = f"With {self.limit:g} MB the container lives through the day"
            return f"{first}. It uses {result.usage.max():.0f} MB at most, so that {room:.0f} MB are left – on this day."
        first = f"With {self.limit:g} MB the container is killed {times} that day, and not there for {result.down} minutes"
        if self.leak and not _day(self.limit, 0).killed.size:
            return f"{first}. Without its leak of {self.leak:g} MB an hour it would never be: a larger limit ends it later, and heals nothing."
        hour = result.killed[0] / 60
        return f"{first}. The first time is after {hour:.1f} hours: memory that is needed is not waited for, as a CPU is, but ends what asks for it."

    def table(self) -> pd.DataFrame:
        """Give response times, or kills, for every limit.

        Returns
        -------
        pandas.DataFrame
            Columns ``cpus``, ``one_thread`` and ``threads`` in milliseconds, or ``limit`` in megabytes, ``killed`` and ``down`` in minutes.
        """
        if self.view == "cpu":
            rows = [(cpus, _response(self.work, cpus, 1), _response(self.work, cpus, int(self.threads))) for cpus in CPUS]
            return pd.DataFrame(rows, columns=["cpus", "one_thread", "threads"])
        days = [(limit, _day(limit, self.leak)) for limit in LIMITS]
        return pd.DataFrame([(limit, day.killed.size, day.down) for limit, day in days], columns=["limit", "killed", "down"])

    def steps_key(self) -> Any:
        """Name what the story depends on."""
        return (self.cpus, self.threads, self.work)

    def steps(self) -> Steps:
        """Tell period by period how the quota is used up."""
        told, quota, left = list[Step](), self.cpus * 1_000 * PERIOD, float(self.work)
        free = self.cpus >= self.threads
        for number, (start, end) in enumerate(self._stretches()[:30], start=1):
            done = (end - start) * self.threads
            left -= done
            sentence = f"From {start:.4g} ms on, {self.threads} run{'s' if self.threads == 1 else ''} for {end - start:.4g} ms: {done:.4g} ms of work"
            if left > 1e-9:
                sentence += f", and the quota of {quota:.4g} ms is used up. Until {start + 1_000 * PERIOD:.4g} ms all stand still."
            else:
                sentence += f", and the request is answered{'' if free else f' before the quota of {quota:.4g} ms is used up'}."
            told.append(Step(f"{number}", left <= 1e-9, [f"{left:.4g} ms" if left > 1e-9 else "done"], "", sentence))
        return Steps("Period by period: what is left of the work", 1, "answered", "held back", told)
