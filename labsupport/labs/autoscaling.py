"""The autoscaler lab: a day's load, and pods that follow it in number or in size – what it costs, and what is turned away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport.labs import autoscaling_runs
from labsupport.labs.autoscaling_runs import PODS, TARGETS, TICK, TICKS, Setting
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Line, Mark, Panel, Points, Rule, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.scene import Scene, Station
from labsupport.simulators.autoscaling import AutoscalingResult

SCALERS = {"horizontal": "how many pods there are", "vertical": "how large they are", "fixed": "none, enough for the peak"}
DAYS = {"calm": "calm", "crowd": "a crowd at 2 pm", "restless": "up and down every 3 minutes"}
STORY: dict[str, dict[str, Any]] = {
    "Enough for the peak": {"scaler": "fixed"},
    "A crowd comes": {"day": "crowd", "target": 80, "startup": 120},
    "It flaps": {"day": "restless", "window": 0, "startup": 120},
    "It waits before it goes down": {"day": "restless", "window": 300, "startup": 120},
    "Larger pods instead": {"scaler": "vertical", "day": "crowd", "target": 90},
}
FULL = 90  # percent: no percentile above it is drawn unless it is chosen
STRETCH = 40  # ticks that one point of the picture stands for: ten minutes
MOST_SHOWN = 400  # pods in the scene: if more come and go, the first of the day


class AutoscalerLab(Lab[AutoscalingResult]):
    """Let pods follow a day's load by Kubernetes' published algorithms, and see what is paid for and what is turned away.

    Every pod of the horizontal autoscaler asks for one core and may use no more. It is looked at every 15 seconds; upwards the number may
    double, or grow by 4, at each look. The vertical one sets the size of twelve pods once an hour, and restarts them for it, one by
    one; the third of three such days is shown. An hour of a core costs 4 cents.

    Parameters
    ----------
    scaler : str, default "horizontal"
        What follows the load: horizontal, vertical, or nothing (fixed: pods enough for the busiest quarter of an hour).
    day : str, default "calm"
        The load: calm, with a crowd at 2 pm, or restless.
    target : int, default 50
        Utilisation that the horizontal autoscaler aims at, in percent, 30 to 95; for the vertical one, the percentile of the use
        that it sets requests to, with 15 % added.
    window : int, default 300
        For how many seconds the highest recommendation holds before pods go, 0 to 3,600.
    startup : int, default 30
        How many seconds a pod takes to start, 0 to 600.
    minimum : int, default 2
        Fewest pods, 1 to 20.
    tolerance : int, default 10
        How far from the target the use may be before the horizontal autoscaler does anything, in percent of the target, 0 to 50.
    prediction : str, optional
        See `Lab`. The question is what the autoscaler saves against pods enough for the peak, as a share of their cost.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = AutoscalerLab(scaler="fixed")
    >>> lab.result.changes, round(lab.answer(), 3)
    (0, 0.0)
    """

    title = "Autoscaler"
    question = "At night there is a fifth of the load of noon. What share of the cost does an autoscaler save?"
    main = "target"

    scaler = Choice("scaling", SCALERS, default="horizontal")
    day = Choice("the day", DAYS, default="calm")
    target = Slider("target", TARGETS, default=50, unit="%")
    window = Slider("wait before going down", [0, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600], default=300, unit="s")
    startup = Slider("start of a pod", [0, 15, 30, 60, 120, 300, 600], default=30, unit="s")
    minimum = Slider("fewest pods", [1, 2, 3, 5, 10, 20], default=2)
    tolerance = Slider("tolerance", [0, 5, 10, 15, 20, 30, 50], default=10, unit="%")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of the peak, of a crowd, of flapping and its cure, and of size instead of number."""
        return STORY

    def idle(self) -> list[str]:
        """Name what only the horizontal autoscaler uses, where it is not at work."""
        return {"horizontal": [], "vertical": ["window", "minimum", "tolerance"], "fixed": ["window", "startup", "minimum", "tolerance"]}[self.scaler]

    def _setting(self, scaler: str = "") -> Setting:
        who = scaler or self.scaler
        return Setting(self.day, who, self.window, self.startup, int(self.minimum), self.tolerance / 100 if who == "horizontal" else 0.1)

    @property
    def _full(self) -> float:
        """Say from which target on, in percent, pods that are quite full are within the tolerance of it."""
        return 100 / (1 + self.tolerance / 100) if self.scaler == "horizontal" else float(FULL)

    def simulate(self) -> AutoscalingResult:
        """Let the pods follow the day."""
        return autoscaling_runs.run(self._setting(), self.target)

    def answer(self) -> float:
        """Give what is saved against pods enough for the peak, as a share of their cost."""
        return 1 - autoscaling_runs.cost(self.result) / autoscaling_runs.cost(autoscaling_runs.run(self._setting("fixed"), self.target))

    def chart(self) -> Chart:
        """Show what is asked for and what there is over the day, beside cost and losses for every target."""
        return Chart((self._over_the_day(), self._trade()))

    def _over_the_day(self) -> Panel:
        result = self.result
        hours = ((np.arange(TICKS // STRETCH) + 0.5) * STRETCH * TICK / 3_600).tolist()

        def means(values: NDArray[Any]) -> list[float]:
            return [float(value) for value in values.reshape(-1, STRETCH).mean(axis=1)]

        there = means(result.ready * result.request)
        marks = (Line("CPU there", hours, there), Line("asked for", hours, means(result.demand), "other"))
        top = above(1.05 * max(*there, *means(result.demand)))
        return Panel("What is asked for, and what is there", Axis("hour of the day", (0, 24)), Axis("CPU", (0, top), unit="cores"), marks)

    def _trade(self) -> Panel:
        setting = self._setting()
        targets = sorted({target for target in TARGETS if target <= max(self.target, self._full)} | {self.target})
        runs = [autoscaling_runs.run(setting, target) for target in targets]
        costs, lost = [autoscaling_runs.cost(run) for run in runs], [100 * run.turned_away for run in runs]
        now = targets.index(self.target)
        top = above(max(1.0, 1.1 * max(lost)))
        right = above(1.05 * max(*costs, autoscaling_runs.cost(autoscaling_runs.run(self._setting("fixed"), self.target))))
        words = "percentile" if self.scaler == "vertical" else "target"
        marks: list[Mark] = [
            Line(f"every {words}", costs, lost, "other"),
            Points("now", [costs[now]], [lost[now]], "main", (f"{self.target} %",)),
            Rule("just what is used", autoscaling_runs.needed(self.day), role="reference"),
        ]
        title = "What it costs, and what is lost"
        return Panel(title, Axis("cost of the day", (0, right), unit="€"), Axis("work turned away", (-0.04 * top, top), unit="%"), tuple(marks))

    def describe(self) -> str:
        """Say what the day costs and what is turned away, and what that means."""
        result = self.result
        paid, used = autoscaling_runs.cost(result), autoscaling_runs.needed(self.day)
        peak = autoscaling_runs.cost(autoscaling_runs.run(self._setting("fixed"), self.target))
        first = f"The day costs {paid:.2f} €, where pods enough for the peak cost {peak:.2f} € and what is really used {used:.2f} €"
        first += f", and {_percent(result.turned_away)} of the work is turned away"
        if self.scaler == "fixed":
            second = f"{result.replicas[0]} pods are {_percent(float(result.utilization.mean()))} busy on average: all else is paid for and idle"
        elif self.scaler == "vertical":
            sizes = f"between {result.request.min():.1f} and {result.request.max():.1f} cores each"
            second = (
                f"The {PODS} pods are {sizes} and were restarted {result.restarts} times on this third day: it learns over days, and follows no hour"
            )
        else:
            second = f"There are {result.replicas.min()} to {result.replicas.max()} pods, changed {result.changes:,} times"
            turned = {0: "never", 1: "once"}.get(result.reversals, f"{result.reversals:,} times")
            second += f" and {turned} turned back: {self._moral()}"
        return f"{first}. {second}."

    def _moral(self) -> str:
        result = self.result
        if self.target > self._full:
            return f"full pods, at 100 %, are within the tolerance of {self.tolerance} % of {self.target} %, so it never adds any"
        if result.reversals > 100:
            return "it flaps, and a longer wait before going down would calm it"
        if result.turned_away > 0.0005:
            return "what comes faster than pods start is lost, unless the target leaves room for it"
        times = autoscaling_runs.cost(result) / autoscaling_runs.needed(self.day)
        return f"aimed at {self.target} %, it pays for {times:.1f} times what is used, and that is its reserve"

    def table(self) -> pd.DataFrame:
        """Give cost and losses for every target.

        Returns
        -------
        pandas.DataFrame
            Columns ``target`` in percent, ``cost`` in euros, ``turned_away`` and ``overloaded`` as shares of the work and of the time,
            ``most_pods``, ``changes`` and ``reversals``.
        """
        rows = []
        for target in TARGETS:
            run = autoscaling_runs.run(self._setting(), target)
            numbers = (run.turned_away, run.overloaded, int(run.replicas.max()), run.changes, run.reversals)
            rows.append((target, autoscaling_runs.cost(run), *numbers))
        return pd.DataFrame(rows, columns=["target", "cost", "turned_away", "overloaded", "most_pods", "changes", "reversals"])

    def scene(self) -> Scene:
        """Play the day's pods: each stands among those that start, then among those that work, until it goes."""
        pods = _lives(self.result.replicas, self.startup)
        born, works, gone = pods.T
        things = np.arange(pods.shape[0])
        starting = works > born
        stations = [
            Station("starting", 0.25, 0.5, slots=0, layout="heap"),
            Station("at work", 0.6, 0.5, slots=0, layout="heap"),
            Station("gone", 0.92, 0.5, slots=0),
        ]
        left = gone < 24
        seen = works < gone
        return Scene(
            f"{things.size} pods come and go",
            stations,
            thing=np.concatenate((things[starting], things[seen], things[left])),
            station=np.repeat([0, 1, 2], [starting.sum(), seen.sum(), left.sum()]),
            enter=np.concatenate((born[starting], works[seen], gone[left])),
            leave=np.concatenate((np.minimum(works, gone)[starting], gone[seen], gone[left])),
            kind=np.repeat([1, 0, 2], [starting.sum(), seen.sum(), left.sum()]),
            kinds=("pod at work", "pod that starts", "pod that goes"),
            noun="pod",
            unit="h",
            links=[(0, 1), (1, 2)],
        )


def _lives(replicas: NDArray[np.int64], startup: float) -> NDArray[np.float64]:
    """Say of each pod when it was made, began to work and went, in hours: the youngest go first."""
    lives: list[list[float]] = []
    alive: list[int] = []
    for tick in np.flatnonzero(np.diff(replicas, prepend=0)).tolist():
        for _ in range(len(alive), replicas[tick]):
            alive.append(len(lives))
            lives.append([tick, tick + (startup / TICK if tick else 0.0), TICKS])
        while len(alive) > replicas[tick]:
            lives[alive.pop()][2] = tick
    times = np.array(lives[:MOST_SHOWN], dtype=np.float64)
    times[:, 1] = np.minimum(times[:, 1], times[:, 2])
    return np.asarray(times * TICK / 3_600)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share == 0 or share >= 0.1 else f"{100 * share:.1f} %" if share >= 0.0005 else "under 0.1 %"
