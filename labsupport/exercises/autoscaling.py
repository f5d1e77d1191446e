"""What the exercise on autoscaler settings needs: days of load, and a referee who simulates them. No settings are in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from labsupport import checks
from labsupport.exercises.expectations import NotYet
from labsupport.simulators import autoscaling
from labsupport.simulators.autoscaling import AutoscalingResult
from labsupport.simulators.autoscaling_rules import Policy, Rules

HINTS = {
    "autoscale": (
        "You have yesterday, and the simulator. What does each of the four settings do to the work that is lost, to the turns and to the cost?",
        "Which settings can be found by trying? There are not many sensible values of each, and a day is simulated in milliseconds.",
        "Today is not quite yesterday. If settings just hold on yesterday, how often will they hold today? Where would you leave room, and what "
        "does it cost?",
    ),
}

KINDS = ("calm", "crowd", "opening", "restless")
TICK = 60.0  # seconds
TICKS = 1_440
MOST_LOST, MOST_TURNS = 0.002, 60  # share of the work, and changes of direction in a day
SAVED = 0.9  # times the cost of pods that would be enough for the busiest minute
DEARER = 1.4  # times the cost of the cheapest of the referee's own settings

#: The settings, with the least and the most of each.
SETTINGS: Mapping[str, tuple[int, int] | tuple[float, float]] = {
    "target": (0.2, 0.95),
    "minimum": (1, 100),
    "maximum": (1, 200),
    "window": (0.0, 3_600.0),
}


def day(kind: str, seed: int) -> list[float]:
    """Make a day's load, minute by minute.

    Parameters
    ----------
    kind : {"calm", "crowd", "opening", "restless"}
        Up by day and down by night; with crowds of an hour at about 11, 2 and 5; a shop that opens at about 8; up and down within minutes.
    seed : int
        Same seed, same day; days of a kind are alike, but not the same.

    Returns
    -------
    list of float
        CPU that the users' work asks for in each of 1,440 minutes, in cores.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> calm = day("calm", 1)
    >>> len(calm), min(calm) > 2, max(calm) < 40
    (1440, True, True)
    """
    kind = checks.choice("kind", kind, KINDS)
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    hours = np.arange(TICKS) * TICK / 3_600
    cores = 4 + generator.uniform(15, 18) * np.sin(np.pi * np.clip((hours - 6) / 16, 0, 1)) ** 2
    cores *= 1 + 0.03 * generator.standard_normal(TICKS)
    if kind == "crowd":
        for hour in (11, 14, 17):
            begin = hour + generator.uniform(-0.3, 0.3)
            cores *= 1 + np.clip((hours - begin) * 12, 0, 1) * (hours < begin + 1)  # twice as much within five minutes
    if kind == "opening":
        cores *= np.where((hours > 8 + generator.uniform(-0.2, 0.2)) & (hours < 20), 1.5, 0.1)
    if kind == "restless":
        cores *= 1 + 0.25 * np.where((np.arange(TICKS) + generator.integers(0, 8)) // 4 % 2 == 0, 1, -1)
    return [float(value) for value in cores.round(2)]


def simulated(load: Sequence[float], settings: Any, startup: float) -> AutoscalingResult:
    """Let the autoscaler follow a day, minute by minute, with a student's settings.

    Parameters
    ----------
    load : sequence of float
        Cores asked for in each minute.
    settings : dict
        ``target``, use over request, 0.2 to 0.95; ``minimum``, 1 to 100, and ``maximum``, 1 to 200, pods of one core each; ``window``, seconds
        for which the highest recommendation holds, 0 to 3,600.
    startup : float
        Seconds until a new pod works.

    Returns
    -------
    AutoscalingResult
        It has ``turned_away``, a share of the work; ``reversals``, changes of direction; and ``core_hours``, what is paid for.

    Raises
    ------
    TypeError, ValueError
        If a setting is missing, unknown or out of range.

    Examples
    --------
    >>> settings = {"target": 0.5, "minimum": 2, "maximum": 100, "window": 300}
    >>> simulated(day("calm", 1), settings, startup=60).turned_away < 0.01
    True
    """
    if type(settings) is not dict or set(settings) != set(SETTINGS):
        raise ValueError(f"settings is {str(settings)[:60]!r}, but must be a dict with the keys {', '.join(SETTINGS)}")
    least = checks.integer("minimum", settings["minimum"], 1, 100)
    most = checks.integer("maximum", settings["maximum"], least, 200)
    target = checks.number("target", settings["target"], 0.2, 0.95)
    down = Rules(checks.number("window", settings["window"], 0, 3_600), (Policy("percent", 100, 60),))
    up = Rules(0, (Policy("percent", 100, 60), Policy("pods", 4, 60)))
    begin = min(most, max(least, round(load[0] / target)))
    return autoscaling.simulate(
        load, target=target, minimum=least, maximum=most, initial=begin, up=up, down=down, startup=startup, tick=TICK, tolerance=0.1
    )


def _cheapest(load: Sequence[float], startup: float) -> float:
    """Return the core hours of the cheapest of some settings that hold on this very day."""
    costs = []
    for target, least, window in product((0.4, 0.5, 0.6, 0.7, 0.8, 0.9), (2, 5, 10), (0, 300)):
        run = simulated(load, {"target": target, "minimum": least, "maximum": 200, "window": window}, startup)
        if run.turned_away <= MOST_LOST and run.reversals <= MOST_TURNS:
            costs.append(run.core_hours)
    return min(costs, default=np.inf)


def follows(choose: Callable[[list[float], float], Any], days: Sequence[tuple[str, int, int, float]], ask: Sequence[str]) -> str:
    """Let a student choose settings by yesterday's load, and simulate today's.

    Parameters
    ----------
    choose : callable
        Takes yesterday's load and the seconds that a pod takes to start, returns settings.
    days : sequence of (str, int, int, float)
        Kind of the days, seeds of yesterday and of today, and the start of a pod.
    ask : sequence of {"lost", "turns", "cost"}
        What is looked at, besides that it is cheaper than pods enough for the busiest minute.

    Returns
    -------
    str
        ``"follows"``.

    Raises
    ------
    NotYet
        If a day does not hold what is asked.

    Examples
    --------
    >>> follows(lambda load, startup: {"target": 0.7, "minimum": 3, "maximum": 99, "window": 300}, [("calm", 1, 2, 60.0)], ["lost"])
    'follows'
    """
    for kind, yesterday, today, startup in days:
        settings = choose(day(kind, yesterday), startup)
        load = day(kind, today)
        run = simulated(load, settings, startup)
        told = f"almost: on a {kind} day, when pods start in {startup:g} s, "
        if "lost" in ask and run.turned_away > MOST_LOST:
            raise NotYet(
                f"{told}{100 * run.turned_away:.2f} % of the work is turned away, but at most {100 * MOST_LOST:g} % may be. Look next: how much "
                "room the target leaves for what comes while pods start."
            )
        if "turns" in ask and run.reversals > MOST_TURNS:
            raise NotYet(f"{told}the pods turn back {run.reversals} times, but at most {MOST_TURNS} times they may. Look next: the window.")
        if run.core_hours > SAVED * np.ceil(max(load)) * TICKS * TICK / 3_600:
            raise NotYet(f"{told}{run.core_hours:.0f} core hours are paid for, nearly as many as without an autoscaler. Look next: the fewest pods.")
        if "cost" in ask and run.core_hours > DEARER * (best := _cheapest(load, startup)):
            raise NotYet(
                f"{told}{run.core_hours:.0f} core hours are paid for, {run.core_hours / best:.2f} times what is needed, but {DEARER:g} times it "
                "may be. Look next: the highest target and the shortest window that still hold."
            )
    return "follows"
