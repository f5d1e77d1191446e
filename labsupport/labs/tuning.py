"""The tuning lab: a server with two knobs, and who finds the best setting – by hand, one knob after the other, at random, or by a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from labsupport.labs import tuning_runs as runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Area, Axis, Chart, Panel
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.marks import Band, Line, Mark, Points, Role, Rule
from labsupport.labs.service_runs import BUDGET, LUCK, RATE, REQUESTS, SHIPPED
from labsupport.labs.steps import Step, Steps
from labsupport.labs.tuning_runs import METHODS
from labsupport.simulators.tuning import CACHES, GIVE_UP, MEMORY, PER_WORKER, WORKERS, TuningResult, truth

SHORT = {"one_by_one": "one by one", "random": "random", "halving": "halving", "bayesian": "Bayesian"}
SEARCHES = {"one_by_one": "One knob after the other", "random": "Random search", "halving": "Successive halving", "bayesian": "Bayesian optimisation"}
VIEWS = {"race": "all of them", "luck": "random search in theory"}
NEAR = 1.25  # times the best: worth having
MOST = 40  # steps that are told

STORY: dict[str, dict[str, Any]] = {
    "At random": {"method": "random", "show": "luck"},
    "Short tests for many": {"method": "halving"},
    "A model of the server": {"method": "bayesian"},
    "With other luck": {"method": "bayesian", "luck": 5},
    "Tests that are too short": {"method": "bayesian", "requests": 200},
}


class TuningLab(Lab[TuningResult]):
    """Tune a server of a service by hand, and let programs tune it: 32 numbers of workers times 33 sizes of the cache.

    The server is one of the service that `AllocationLab` orders servers for and that `AnomalyLab` watches. It has 16 GB. A cache spares work, with
    falling returns; workers do more at a time, but get into each other's way, and each takes half a GB. What is wanted is a low 95th percentile of
    the response time. Nobody knows it: a test measures it on some requests, at random.

    Parameters
    ----------
    workers : int, default 4
        Your number of workers, 1 to 32.
    cache : float, default 1.0
        Your cache, 0 to 16 GB.
    method : str, default "one_by_one"
        The program: one_by_one, random, halving or bayesian.
    budget : int, default 16
        How many whole tests it may run, 4 to 32.
    requests : int, default 1000
        How many requests a whole test sends, 200 to 5,000.
    rate : int, default 600
        Requests a second, 200 to 800.
    luck : int, default 7
        Which draw of settings and requests, 1 to 10.
    show : str, default "race"
        What stands beside the settings: race, or luck.
    prediction : str, optional
        See `Lab`. The question is how far the program's choice is above the best, in percent.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = TuningLab()
    >>> lab.result.setting
    (28, 2.5)
    """

    title = "Automatic tuning"
    question = (
        "A server has two knobs. Somebody first looks for the best number of workers, with the cache as it was shipped, and then for the best cache, "
        "in 16 tests. By how many percent is the 95th percentile then above the best that there is?"
    )
    main = "workers"

    workers = Slider("your workers", WORKERS.tolist(), default=SHIPPED[0])
    cache = Slider("your cache", CACHES.tolist(), default=SHIPPED[1], unit="GB")
    method = Choice("program", METHODS, default="one_by_one")
    budget = Slider("tests", [4, 6, 8, 12, 16, 20, 24, 32], default=BUDGET)
    requests = Slider("a test", [200, 500, 1_000, 2_000, 5_000], default=REQUESTS, unit="requests")
    rate = Slider("load", [200, 400, 600, 800], default=RATE, unit="1/s")
    luck = Slider("luck", list(range(1, 11)), default=LUCK)
    show = Choice("show", VIEWS, default="race")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of chance, of short tests, of a model, of noise, and of what chance is worth."""
        return STORY

    def _tuned(self, method: str) -> TuningResult:
        return runs.tuned(method, int(self.rate), int(self.budget), int(self.requests), int(self.luck))

    def simulate(self) -> TuningResult:
        """Let the program tune."""
        return self._tuned(self.method)

    def _above(self, milliseconds: float) -> float:
        """Say how many percent that is above the best."""
        return 100 * (milliseconds / runs.best(int(self.rate))[2] - 1)

    def answer(self) -> float:
        """Give by how many percent the program's choice is above the best."""
        return self._above(float(self.result.quality(float(self.rate))[-1]))

    def chart(self) -> Chart:
        """Show what was tested, beside what came of it."""
        return Chart((self._settings(), self._race() if self.show == "race" else self._luck()))

    def _settings(self) -> Panel:
        result, found = self.result, truth(float(self.rate))
        best = runs.best(int(self.rate))[2]
        good = found <= NEAR * best
        rows = np.flatnonzero(good.any(axis=1))
        low = [float(CACHES[np.argmax(good[row])]) for row in rows]
        high = [float(CACHES[CACHES.size - 1 - np.argmax(good[row][::-1])]) for row in rows]
        marks: list[Mark] = [
            Area(f"within {100 * (NEAR - 1):.0f} % of the best", WORKERS[rows].tolist(), low, high, "theory"),
            Line("all memory is used", [1, 32], [MEMORY - PER_WORKER, MEMORY - 32 * PER_WORKER], "reference"),
            Points("tested", result.workers.tolist(), result.caches.tolist(), "other"),
            Points("its choice", [result.setting[0]], [result.setting[1]], "main"),
            Points("yours", [float(self.workers)], [float(self.cache)], "own"),
        ]
        x, y = Axis("workers", (0, 33)), Axis("cache", (-0.5, 17), unit="GB")
        return Panel("The settings, and what was tested", x, y, tuple(marks))

    @property
    def _axes(self) -> tuple[Axis, Axis]:
        lowest = runs.best(int(self.rate))[2]
        names = [(value, f"{value:,.0f}") for value in (20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0) if value > 0.9 * lowest]
        return Axis("tests, as whole ones", (0, float(self.budget))), Axis("95th percentile", (0.9 * lowest, 2_400), "ms", "log", names)

    def _yours(self) -> float:
        return runs.worth(int(self.rate), int(self.workers), self.cache)

    def _levels(self) -> list[Mark]:
        best = runs.best(int(self.rate))[2]
        return [Rule("the best", best, axis="y", role="reference"), Rule("yours", self._yours(), axis="y", role="own")]

    def _expected(self) -> list[Mark]:
        """Give the predicted range as 95th percentiles, if there is one."""
        if self.prediction is None:
            return []
        best = runs.best(int(self.rate))[2]
        low, high = (max(best * (1 + share / 100), 1.0) for share in (self.prediction.low, self.prediction.high))
        return [Band("your prediction", low, high)]

    def _race(self) -> Panel:
        roles: dict[str, Role] = dict(zip((method for method in METHODS if method != self.method), ("other", "theory", "measurement"), strict=True))
        marks: list[Mark] = [*self._expected(), *self._levels()]
        for method in METHODS:
            result = self._tuned(method)
            spent = (np.cumsum(result.requests) / self.requests).tolist()
            marks.append(Line(SHORT[method], spent, result.quality(float(self.rate)).tolist(), roles.get(method, "main")))
        return Panel("What the choice so far is really worth", *self._axes, tuple(marks))

    def _luck(self) -> Panel:
        tests = list(range(1, int(self.budget) + 1))
        marks: list[Mark] = [
            *self._levels(),
            Line("half of all random searches", tests, runs.half_of_all(int(self.rate), int(self.budget)).tolist(), "theory"),
            Line("this one", tests, self._tuned("random").quality(float(self.rate)).tolist()),
        ]
        return Panel("What chance is worth", *self._axes, tuple(marks))

    def describe(self) -> str:
        """Say what the program chose and what it is worth, and how the others and you did."""
        workers, cache = self.result.setting
        best_workers, best_cache, best = runs.best(int(self.rate))
        worth = float(self.result.quality(float(self.rate))[-1])
        claimed = float(self.result.measured[self.result.best[-1]])
        first = (
            f"{SEARCHES[self.method]} comes to {_setting(workers, cache)}: "
            f"{_time(worth)} where the test said {_time(claimed)}, and {self.answer():,.0f} % above the best, {_time(best)} with "
            f"{_setting(best_workers, best_cache)}"
        )
        yours = f"yours, {_setting(int(self.workers), self.cache)}, has {_time(self._yours())}"
        if self.show == "luck":
            half = float(runs.half_of_all(int(self.rate), int(self.budget))[-1])
            return f"{first}. If tests were exact, half of all random searches would come to {_time(half)} or less in {self.budget} tests; {yours}."
        ends = {method: self._above(float(self._tuned(method).quality(float(self.rate))[-1])) for method in METHODS if method != self.method}
        others = ", ".join(f"{SHORT[method]} {above:,.0f} %" for method, above in ends.items())
        return f"{first}. With the same luck the others end above it by: {others}; {yours}."

    def table(self) -> pd.DataFrame:
        """Give every test of every program.

        Returns
        -------
        pandas.DataFrame
            Columns ``method``, ``test`` from 1, ``workers``, ``cache`` in GB, ``requests``, ``measured`` in milliseconds, and ``choice``, what the
            choice after it is worth, in milliseconds.
        """
        frames = []
        for method in METHODS:
            result = self._tuned(method)
            frame = pd.DataFrame({"workers": result.workers, "cache": result.caches, "requests": result.requests, "measured": result.measured})
            frame.insert(0, "test", np.arange(1, len(frame) + 1))
            frame.insert(0, "method", method)
            frames.append(frame.assign(choice=result.quality(float(self.rate))))
        return pd.concat(frames, ignore_index=True)

    def steps_key(self) -> Any:
        """Name what the tests depend on: neither your setting nor the view."""
        return {name: value for name, value in self.state.items() if name not in ("workers", "cache", "show")}

    def steps(self) -> Steps:
        """Tell test by test what the program tried."""
        result, told = self.result, list[Step]()
        for index in range(min(MOST, result.measured.size)):
            workers, cache = int(result.workers[index]), float(result.caches[index])
            taken = int(result.best[index])
            sentence = f"Test {index + 1}: {_setting(workers, cache)}, {result.requests[index]:,} requests: {_time(float(result.measured[index]))}."
            sentence += " The best so far." if taken == index else ""
            whole, half = divmod(float(result.caches[taken]), 1)
            held = [f"{result.workers[taken]}", f"{whole:.0f}{'½' if half else ''}"]
            told.append(Step(f"{index + 1}", taken == index, held, "", sentence))
        return Steps(f"Test by test: {METHODS[self.method]}; workers and GB of the best so far", 2, "better", "not better", told)


def _setting(workers: int, cache: float) -> str:
    return f"{workers} worker{'' if workers == 1 else 's'} and {cache:g} GB"


def _time(milliseconds: float) -> str:
    return "2 s or more" if milliseconds >= GIVE_UP else f"{milliseconds:.0f} ms"
