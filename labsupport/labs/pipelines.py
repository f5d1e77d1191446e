"""The bottleneck finder: a row of stages, what holds it up, and what speeding up another stage is good for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory, workloads
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Bars, Chart, Line, Mark, Panel, Role, Rule
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.scene import Scene, Station
from labsupport.simulators import pipelines

NAMES = ("accept", "parse", "price", "stock", "render", "send")
MILLISECONDS = (5.0, 8.0, 30.0, 12.0, 20.0, 4.0)  # of work that a request is on average, at each stage
WORKERS = (1, 1, 2, 1, 2, 1)
HELP = {"none": "as it is", "worker": "one more worker", "speed": "twice as fast"}
RATES = list(range(5, 165, 5))  # requests per second; the curves are simulated at all of them, so every key finds its picture ready
WARM_UP = 10_000
REQUESTS = WARM_UP + 100_000
GOAL = 200.0  # milliseconds within which users should have their answer
LONGEST = 1_000.0  # milliseconds on the axis
WORKER_HOUR = 0.05  # euros
SHOWN = 150  # requests that are seen on their way

STORY: dict[str, dict[str, Any]] = {
    "Where is the bottleneck?": {"rate": 60, "stages": 4, "help": "none"},
    "Help the wrong stage": {"rate": 60, "stages": 4, "help": "speed", "helped": "parse"},
    "Help the right stage": {"rate": 60, "stages": 4, "help": "worker", "helped": "price"},
    "The bottleneck moves": {"rate": 80, "stages": 4, "help": "worker", "helped": "price"},
    "More than it can do": {"rate": 100, "stages": 6, "help": "none"},
}


@dataclass(frozen=True)
class Row:
    """How long each stage works for a request on average, in milliseconds, and with how many workers."""

    times: tuple[float, ...]
    workers: tuple[int, ...]

    @property
    def limit(self) -> float:
        """The most requests per second it can do."""
        return 1_000 * theory.bottleneck_throughput(self.times, self.workers)

    def steady(self, rate: float) -> bool:
        """Say whether it can keep up with so many requests per second."""
        return rate < 0.999 * self.limit


@dataclass(frozen=True, eq=False)
class PipelineLabResult:
    """What came of one row of stages at one rate, after the warm-up.

    Attributes
    ----------
    mean, p99 : float
        Of the response times, in milliseconds.
    in_time : float
        Share of the requests answered within 200 ms.
    throughput : float
        Requests finished per second.
    utilizations : ndarray of float64, shape (stages,)
        Share of each stage's workers that is busy.
    waits : ndarray of float64, shape (stages,)
        Mean time in milliseconds that a request waits before each stage.
    """

    mean: float
    p99: float
    in_time: float
    throughput: float
    utilizations: NDArray[np.float64]
    waits: NDArray[np.float64]


@lru_cache(maxsize=6)
def _services(stages: int) -> NDArray[np.float64]:
    """Draw service times of mean 1, the same whatever the stages take, so that a curve bends for no other reason."""
    return np.stack([workloads.exponential_services(REQUESTS, 1.0, seed=31 + stage) for stage in range(stages)], axis=1)


@lru_cache(maxsize=2)
def _run(row: Row, rate: float) -> pipelines.PipelineResult:
    arrivals = workloads.poisson_arrivals(REQUESTS, 1.0, seed=30) * (1_000 / rate)
    return pipelines.simulate(arrivals, _services(len(row.times)) * np.array(row.times), row.workers)


@lru_cache(maxsize=1024)
def _outcome(row: Row, rate: float) -> PipelineLabResult:
    run = _run(row, rate)
    responses = run.responses[WARM_UP:]
    waits = run.waits[WARM_UP:].mean(axis=0)
    return PipelineLabResult(
        float(responses.mean()),
        float(np.percentile(responses, 99)),
        float(np.mean(responses <= GOAL)),
        1_000 * run.throughput,
        run.utilizations,
        waits,
    )


class PipelineLab(Lab[PipelineLabResult]):
    """Move the load on a row of stages, help one of them, and see what becomes of throughput and of response time.

    Behind every picture stand 100,000 simulated requests, counted after a warm-up of 10,000. They come independently of each
    other, and the work at each stage varies from one to the next (exponentially).

    Parameters
    ----------
    rate : int, default 60
        How many requests come per second, 5 to 160.
    stages : int, default 4
        How many stages there are, 3 to 6.
    helped : str, default "price"
        Which stage is helped: accept, parse, price, stock, render or send.
    help : str, default "none"
        How it is helped: none, worker (one more) or speed (twice as fast).
    prediction : str, optional
        See `Lab`.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = PipelineLab(rate=60)
    >>> print(lab.describe().split(". ")[1])
    No more than 67 a second get through, because of price: help for another stage shortens the way, but raises nothing.
    """

    title = "Bottleneck finder"
    question = "How many requests a second get through, and which stage decides it?"

    rate = Slider("load", RATES, default=60, unit="requests/s")
    stages = Slider("stages", [3, 4, 5, 6], default=4)
    helped = Choice("stage to help", {name: name for name in NAMES}, default="price")
    help = Choice("help", HELP, default="none")

    def presets(self) -> dict[str, dict[str, Any]]:
        """Tell of a bottleneck that is found, missed, helped and moved."""
        return STORY

    def idle(self) -> list[str]:
        """Name the stage to help where none is, or where it is not there."""
        return ["helped"] if self.help == "none" else []

    def row(self) -> Row:
        """Put the row of stages together.

        Returns
        -------
        Row

        Raises
        ------
        ValueError
            If the stage to help is not among the stages.
        """
        times, workers = list(MILLISECONDS[: self.stages]), list(WORKERS[: self.stages])
        if self.help != "none":
            stage = NAMES.index(self.helped)
            if stage >= self.stages:
                raise ValueError(f"helped is {self.helped!r}, but the {self.stages} stages are {', '.join(NAMES[: self.stages])}")
            if self.help == "worker":
                workers[stage] += 1
            else:
                times[stage] /= 2
        return Row(tuple(times), tuple(workers))

    def simulate(self) -> PipelineLabResult:
        """Send the requests through the row."""
        return _outcome(self.row(), float(self.rate))

    def answer(self) -> float:
        """Give how many requests per second get through when more than enough come."""
        return _outcome(self.row(), float(RATES[-1])).throughput

    def chart(self) -> Chart:
        """Show where a request's time goes, beside response times against the load."""
        return Chart((self._stages(), self._responses()))

    def _stages(self) -> Panel:
        row, result = self.row(), self.result
        waits = result.waits if row.steady(self.rate) else np.zeros(len(row.times))
        labels = [self._busy(stage) for stage in range(len(row.times))]
        longest = max(50.0, float(np.max(waits + row.times)))
        axis = Axis(
            "time of a request: work solid, waiting hatched", (0, next(top for top in (50, 100, 200, 500, 1_000, 5_000) if top >= longest)), unit="ms"
        )
        bars = Bars(list(NAMES[: len(row.times)]), [("work", list(row.times)), ("waiting", waits.tolist())], labels, selected=self._bottleneck())
        return Panel("Where a request spends its time", axis, None, (bars,))

    def _bottleneck(self) -> int:
        row = self.row()
        return int(np.argmax(np.array(row.times) / np.array(row.workers)))

    def _busy(self, stage: int) -> str:
        row, busy = self.row(), 100 * self.result.utilizations[stage]
        team = "1 worker" if row.workers[stage] == 1 else f"{row.workers[stage]} workers"
        if not row.steady(self.rate) and stage == self._bottleneck():
            return f"{team}, always busy: the queue grows without end"
        return f"{team}, {busy:.0f} % busy"

    def _responses(self) -> Panel:
        row, marks = self.row(), list[Mark]()
        if self.prediction is None:
            marks.append(Rule("goal: 200 ms", GOAL, axis="y", role="reference"))
        rates = [rate for rate in RATES if row.steady(rate)]
        outcomes = [_outcome(row, float(rate)) for rate in rates]
        exact = [theory.pipeline_mean_response(rate / 1_000, row.times, row.workers) for rate in rates]
        curves: list[tuple[str, list[float], Role]] = [
            ("99 of 100 within", [each.p99 for each in outcomes], "other"),
            ("mean", [each.mean for each in outcomes], "main"),
            ("mean in theory", exact, "theory"),
        ]
        for label, values, role in curves:
            inside = [(rate, value) for rate, value in zip(rates, values, strict=True) if value <= LONGEST]
            marks.append(Line(label, [rate for rate, _ in inside], [value for _, value in inside], role))
        marks.append(Rule(f"at most {row.limit:.0f}/s", row.limit, role="theory"))
        marks.append(Rule(f"now {self.rate}/s", self.rate))
        return Panel(
            "How long a request takes", Axis("load", (0, RATES[-1]), unit="requests/s"), Axis("response time", (0, LONGEST), unit="ms"), tuple(marks)
        )

    def describe(self) -> str:
        """Say how long requests take and how many users are served in time, and which stage decides how many get through."""
        row, result = self.row(), self.result
        cost = sum(row.workers) * WORKER_HOUR / 3_600 / min(self.rate, row.limit) * 1e6
        name, most = NAMES[self._bottleneck()], f"{row.limit:.0f}"
        if row.steady(self.rate):
            first = f"At {self.rate} requests a second one takes {result.mean:.0f} ms on average, {sum(row.times):.0f} of them work"
            first += f"; {100 * result.in_time:.0f} of 100 users wait no longer than 200 ms, and a million requests cost {cost:.2f} euros"
            second = f"No more than {most} a second get through, because of {name}: help for another stage shortens the way, but raises nothing"
        else:
            first = f"At {self.rate} requests a second {result.throughput:.0f} get through, and the others pile up before {name} without end"
            second = f"No stage but {name} can raise the {most} a second, for all others are waiting for it"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give the curves as numbers.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory), ``load`` and ``throughput`` in requests per second, ``mean`` and ``p99``
            in milliseconds and ``in_time``, the share of requests within 200 ms. What grows without end is NaN.
        """
        row = self.row()
        rows: list[tuple[str, float, float, float, float, float]] = []
        for rate in RATES:
            outcome, steady = _outcome(row, float(rate)), row.steady(rate)
            times = (outcome.mean, outcome.p99, outcome.in_time) if steady else (np.nan,) * 3
            rows.append(("simulation", rate, outcome.throughput, *times))
            exact = theory.pipeline_mean_response(rate / 1_000, row.times, row.workers) if steady else np.nan
            rows.append(("theory", rate, min(rate, row.limit), exact, np.nan, np.nan))
        return pd.DataFrame(rows, columns=["source", "load", "throughput", "mean", "p99", "in_time"])

    def scene_key(self) -> Any:
        """Name what the scene depends on."""
        return self.row(), self.rate

    def scene(self) -> Scene:
        """Play the first requests through the row."""
        row, run = self.row(), _run(self.row(), float(self.rate))
        stages = len(row.times)
        names, places = NAMES[:stages], np.linspace(0.16, 0.94, stages).tolist()
        stations = [Station("users", 0.03, 0.5, slots=0)]
        stations += [
            Station(name, place, 0.5, label=f"{time:g} ms", slots=team, queue="up")
            for name, place, time, team in zip(names, places, row.times, row.workers, strict=True)
        ]
        things, arrivals = np.arange(SHOWN), run.enters[:SHOWN, 0]
        return Scene(
            f"{SHOWN} requests at {self.rate} a second",
            stations,
            thing=np.tile(things, stages + 1),
            station=np.repeat(np.arange(stages + 1), SHOWN),
            enter=np.concatenate((arrivals, run.enters[:SHOWN].T.ravel())),
            leave=np.concatenate((arrivals, run.finishes[:SHOWN].T.ravel())),
            value=np.concatenate((np.full(stages * SHOWN, np.nan), run.responses[:SHOWN])),
            measure="response time (ms)",
            unit="ms",
            links=[(stage, stage + 1) for stage in range(stages)],
        )
