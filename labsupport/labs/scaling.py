"""The scaling lab: what N workers do together, beside N times the work of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import checks, theory, workloads
from labsupport.labs import measurements
from labsupport.labs.base import Lab
from labsupport.labs.chart import Area, Axis, Chart, Line, Mark, Panel, Points, Rule, above
from labsupport.labs.controls import Choice, Slider, stops
from labsupport.labs.scaling_points import RECORDED, ScalingPoints
from labsupport.labs.scaling_scene import scene
from labsupport.labs.scene import Scene
from labsupport.simulators import scaling, scaling_fits
from labsupport.simulators.scaling import ScalingResult
from labsupport.simulators.scaling_fits import ScalingFit

Times = NDArray[np.float64]
WORKERS = stops(1, 128)
JOBS = 6_000  # at each number of workers, rounded up to whole rounds: more than 100,000 behind every picture
CONFIDENCE = 0.9
MEETINGS = {
    "alike": "all at once, all jobs alike",
    "varied": "all at once, jobs vary",
    "free": "each when it is ready",
}
STORY: dict[str, dict[str, Any]] = {
    "N × X": {"contention": 0.0, "coherency": 0.0},
    "A share that waits (Amdahl)": {"contention": 0.05, "coherency": 0.0},
    "And they must agree": {"contention": 0.05, "coherency": 0.001},
    "Each when it is ready": {"contention": 0.05, "coherency": 0.001, "meeting": "free"},
    "Waiting for the slowest": {"contention": 0.0, "coherency": 0.0, "meeting": "varied"},
}


@lru_cache(maxsize=512)
def _throughput(workers: int, contention: float, coherency: float, meeting: str) -> float:
    """Let so many workers do some thousand jobs, and count them in jobs of one worker."""
    return _run(workers, contention, coherency, meeting)[0].throughput


def _run(workers: int, contention: float, coherency: float, meeting: str) -> tuple[ScalingResult, Times, Times]:
    """Give a run, how long each of its jobs takes a worker alone, and how long it needs what all share."""
    jobs = workers * -(-JOBS // workers)
    parallel, serial = (1 - contention) * _times(jobs, 1, meeting), contention * _times(jobs, 2, meeting)
    run = scaling.simulate(parallel, serial, workers, exchange=coherency, barrier=meeting != "free")
    return run, parallel, serial + coherency * (workers - 1)


@lru_cache(maxsize=128)
def _times(jobs: int, part: int, meeting: str) -> Times:
    """Draw times of mean 1."""
    return workloads.deterministic_services(jobs, 1.0) if meeting == "alike" else workloads.exponential_services(jobs, 1.0, seed=40 + part)


@lru_cache(maxsize=8)
def _fit(name: str, law: Any) -> ScalingFit:
    return scaling_fits.fit(RECORDED[name].workers, RECORDED[name].throughput, law=law)


@lru_cache(maxsize=8)
def _peaks(name: str) -> tuple[float, float, float]:
    """Give the fitted peak and the ends of its interval; where throughput never falls, it is infinite."""
    fit = _fit(name, "usl")
    peaks = np.sort(np.asarray(theory.usl_peak(fit.samples[:, 1], fit.samples[:, 2])))
    tail = (1 - CONFIDENCE) / 2
    ends = np.quantile(peaks, [tail, 1 - tail], method="nearest")  # an infinite one has no neighbour to be averaged with
    return float(theory.usl_peak(fit.contention, fit.coherency)), float(ends[0]), float(ends[1])


def _times_one(value: float) -> str:
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}"


def _number(value: float) -> str:
    return "no limit" if np.isinf(value) else f"{value:,.0f}"


@dataclass(frozen=True)
class ScalingLabResult:
    """What the scaling lab's simulator said.

    Attributes
    ----------
    workers : tuple of int
        Numbers of workers that were simulated.
    throughput : tuple of float
        What they did, in jobs that one worker does in the same time.
    chosen : float
        The same for the chosen number of workers.
    """

    workers: tuple[int, ...]
    throughput: tuple[float, ...]
    chosen: float


class ScalingLab(Lab[ScalingLabResult]):
    """Add workers who wait for each other and must agree, and see how far their work is from N times the work of one.

    Each job takes one worker one unit of time. Behind every picture stand more than 100,000 jobs, thousands at every number of workers.

    Parameters
    ----------
    workers : int, default 64
        How many workers there are, 1 to 128.
    contention : float, default 0.05
        Share of each job that needs something only one can use at a time (σ), 0 to 0.5.
    coherency : float, default 0.001
        Share of a job that each worker needs in addition for every other one, to agree with it (κ), 0 to 0.02.
    meeting : str, default "alike"
        How the workers meet at what they share: alike (all at once, all jobs alike: the worst case, and the law), varied (all at once,
        jobs vary by chance) or free (each when it is ready, jobs vary).
    recorded : str, default "sdm"
        Which measurements of a larger machine are fitted: sdm or rays.
    measured : pandas.DataFrame, optional
        The table of ``labsupport.systems.scaling``, drawn beside the simulation: ``workers``, from 1 on, and their ``throughput``, in any unit.
    prediction : str, optional
        See `Lab`.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value, or the measurements are none, or none of them is with one worker.

    Examples
    --------
    >>> lab = ScalingLab(workers=64, contention=0.05, coherency=0.001)
    >>> print(lab.describe().split(". ")[0])
    64 workers do 7.8 times the work of one, not 64 times; Amdahl's law expects 15, the Universal Scalability Law 7.8, with its peak at 31 workers
    """

    title = "Scaling curve"
    question = "If one worker does X, do N workers do N × X?"
    main = "workers"

    workers = Slider("workers", WORKERS, default=64)
    contention = Slider("contention σ", [0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.2, 0.3, 0.5], default=0.05)
    coherency = Slider("coherency κ", [0.0, 0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02], default=0.001)
    meeting = Choice("workers meet", MEETINGS, default="alike")
    recorded = Choice("recorded machine", {name: points.machine for name, points in RECORDED.items()}, default="sdm")

    def __init__(self, *, measured: pd.DataFrame | None = None, **controls: Any) -> None:
        table = measurements.checked(measured, "workers", "throughput")
        self._measured = None if table is None else _speedups(table)
        if self._measured is not None:
            controls = {"workers": max(count for count in WORKERS if count <= self._measured["workers"].max())} | controls
        super().__init__(**controls)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell what stands between N workers and N × X, one by one."""
        return STORY

    def _simulated(self, workers: int) -> float:
        return _throughput(workers, self.contention, self.coherency, self.meeting)

    def simulate(self) -> ScalingLabResult:
        """Let every number of workers do their jobs."""
        counts = sorted({*WORKERS, self.workers})
        return ScalingLabResult(tuple(counts), tuple(self._simulated(count) for count in counts), self._simulated(self.workers))

    def answer(self) -> float:
        """Give how many times the work of one the chosen number of workers does."""
        return self.result.chosen

    def _amdahl(self, workers: Any) -> Any:
        return theory.amdahl_speedup(1 - self.contention, workers)

    def _usl(self, workers: Any) -> Any:
        return theory.usl_throughput(workers, 1.0, self.contention, self.coherency)

    def chart(self) -> Chart:
        """Show what the workers do beside a larger machine and the law fitted to it."""
        return Chart((self._curve(), self._machine(RECORDED[self.recorded])))

    def _curve(self) -> Panel:
        right = 130.0
        if self._measured is not None:  # a few workers of one's own would be lost among a hundred
            right = max(10.0, 1.5 * float(self._measured["workers"].max()), self.workers)
        counts = [count for count in self.result.workers if count <= right]
        simulated = list(self.result.throughput[: len(counts)])
        most = max(*simulated, *self._usl(counts).tolist())
        if self._measured is not None:
            most = max(most, float(self._measured["speedup"].max()))
        top = above(1.4 * most)
        marks: list[Mark] = []
        if self.prediction is not None:
            top = max(top, above(self.prediction.high))
        marks += self._guess_band()
        end = min(counts[-1], top)
        marks.append(Line("N × X", [1, end], [1, end], "reference"))
        marks.append(Line("Amdahl", *_below(counts, self._amdahl(counts).tolist(), top), "other"))
        marks.append(Line("simulated", counts, simulated))
        marks.append(Line("USL", counts, self._usl(counts).tolist(), "theory"))
        if self._measured is not None:
            label = measurements.named(self._measured)
            marks.append(Points(label, self._measured["workers"].tolist(), self._measured["speedup"].tolist()))
        marks.append(Rule(f"{self.workers}: {_times_one(self.result.chosen)} times one", self.workers))
        return Panel("What N workers do", Axis("workers", (0, right)), Axis("times the work of one worker", (0, top)), tuple(marks))

    def _machine(self, points: ScalingPoints) -> Panel:
        fit, amdahl = _fit(self.recorded, "usl"), _fit(self.recorded, "amdahl")
        right = above(1.1 * max(points.workers))
        places = np.linspace(1, right, 41)
        low, high = fit.band(places, CONFIDENCE)
        top = above(1.2 * max(points.throughput))
        end = min(right, top / fit.rate)
        marks: list[Mark] = [
            Area(f"USL, {100 * CONFIDENCE:.0f} % sure", places.tolist(), low.tolist(), np.minimum(high, top).tolist(), "theory"),
            Line("N × X", [1, end], [fit.rate, end * fit.rate], "reference"),
            Line("Amdahl", *_below(places.tolist(), amdahl.throughput(places).tolist(), top), "other"),
            Line("USL", places.tolist(), fit.throughput(places).tolist(), "theory"),
            Points("measured", points.workers, points.throughput),
        ]
        peak = _peaks(self.recorded)[0]
        if peak <= right:
            marks.append(Rule(f"peak at {peak:.0f}", peak, role="theory"))
        return Panel(points.machine, Axis(points.noun, (0, right)), Axis("throughput", (0, top), unit=points.unit), tuple(marks))

    def scene(self) -> Scene:
        """Show the first jobs, alone with their workers and in line for what all share."""
        return scene(*_run(self.workers, self.contention, self.coherency, self.meeting))

    def scene_key(self) -> Any:
        """Leave the scene alone when only the recorded machine is another."""
        return self.workers, self.contention, self.coherency, self.meeting

    def describe(self) -> str:
        """Say what the workers do, what the laws expect, and what the recorded machine tells."""
        points, fit = RECORDED[self.recorded], _fit(self.recorded, "usl")
        first = f"{self.workers} {'worker does' if self.workers == 1 else 'workers do'} {_times_one(self.result.chosen)} times the work of one"
        first += f", not {self.workers} times" if self.result.chosen < 0.99 * self.workers else ", as N × X promises"
        first += f"; Amdahl's law expects {_times_one(self._amdahl(self.workers))}"
        first += f", the Universal Scalability Law {_times_one(self._usl(self.workers))}"
        peak = float(theory.usl_peak(self.contention, self.coherency))
        first += ", without a peak" if np.isinf(peak) else f", with its peak at {peak:.0f} workers"
        found, low, high = _peaks(self.recorded)
        second = f"The recorded machine fits σ = {fit.contention:.3f} and κ = {fit.coherency:.2g}"
        second += ", so its points show no peak" if np.isinf(found) else f", so that more than {found:.0f} {points.noun} do harm"
        second += f" ({100 * CONFIDENCE:.0f} % sure: {_number(low)} to {_number(high)})"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give the numbers of both panels.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory, measurement, fit), ``law`` (empty where there is none), ``workers`` and ``throughput``: in the
            work of one worker for the first two, in the recorded machine's own unit for the others.
        """
        points = RECORDED[self.recorded]
        rows: list[tuple[str, str, float, float]] = []
        for count, done in zip(self.result.workers, self.result.throughput, strict=True):
            rows += [("simulation", "", count, done), ("theory", "Amdahl", count, self._amdahl(count)), ("theory", "USL", count, self._usl(count))]
        for place, value in zip(points.workers, points.throughput, strict=True):
            rows.append(("measurement", "", place, value))
            rows += [("fit", name, place, float(_fit(self.recorded, law).throughput(place))) for name, law in (("USL", "usl"), ("Amdahl", "amdahl"))]
        return pd.DataFrame(rows, columns=["source", "law", "workers", "throughput"])


def _speedups(table: pd.DataFrame) -> pd.DataFrame:
    """Turn measured throughput into that of one worker."""
    rows = measurements.rows(table)
    counts = checks.amounts("measured workers", rows["workers"], above=0, kind="number of workers")
    done = checks.amounts("measured throughput", rows["throughput"], above=0, kind="throughput")
    if not (counts == 1).any() or counts.min() < 1 or counts.max() > WORKERS[-1]:
        raise ValueError(f"measured has workers {counts.tolist()}, but must have 1 among them, and at most {WORKERS[-1]}")
    return rows[["recorded"]].assign(workers=counts, speedup=done / done[counts == 1].mean())


def _below(x: Sequence[float], y: Sequence[float], top: float) -> tuple[list[float], list[float]]:
    """Cut a rising curve off where it leaves the panel."""
    inside = max(1, sum(value <= top for value in y))
    return list(x[:inside]), [min(value, top) for value in y[:inside]]
