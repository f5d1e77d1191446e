"""The serverless lab: functions beside servers that are always on, by who waits and by what a month costs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd

from labsupport import theory
from labsupport.labs import serverless_runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Line, Mark, Panel, Rule
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.scene import Scene, Station
from labsupport.labs.serverless_runs import MOST, PERCENT, RATES, WARM_UP, Fared, Setting
from labsupport.simulators.serverless import ServerlessResult

PATTERNS = {"random": "at random", "bursts": "in bursts", "regular": "at regular times"}
KEPT = [0, 1, 2, 5, 10, 15, 30, 60]
TIMES = (0.1, 100.0)  # seconds on the axis
MONEY = (1e-3, 1e4)  # dollars
SHOWN, WINDOW = 240, 20.0  # requests in the scene, and seconds that it lasts at most
LONG = 2.0  # seconds, from which on milliseconds are no words for it
RARELY = 0.01  # requests there on average, up to which they hardly ever meet

STORY: dict[str, dict[str, Any]] = {
    "Once in ten minutes": {"rate": 0.1},
    "One always ready": {"rate": 0.1, "provisioned": 1},
    "Bursts on a large image": {"rate": 300.0, "pattern": "bursts", "cold_start": 5_000, "keep_alive": 1},
    "No more than ten": {"rate": 3_000.0, "pattern": "bursts", "limit": 10},
    "Busy all day": {"rate": 1_000.0},
}


class ServerlessLab(Lab[ServerlessResult]):
    """Let functions answer requests, beside servers that are always on, and see who waits and what a month costs.

    A request takes 100 ms of work on average, exponential. A function works on one at a time, has 1 GB, and is paid by the millisecond of
    work and cold start, by the request, and for what is kept ready. Who finds all busy, and no new one to be had, is turned away: that costs
    nothing, and counts as a wait for ever. A server works on four at a time and is paid by the hour. Prices
    are what AWS listed for Lambda and Fargate (1 vCPU, 1 GB) in us-east-1 in 2025; yours will differ.

    Parameters
    ----------
    rate : float, default 10
        Requests a minute, from 0.01 to 5,000.
    cold_start : int, default 1,000
        Milliseconds until a new instance is ready, from 100 to 10,000.
    keep_alive : int, default 10
        Minutes for which an idle instance is kept, from 0 to 60.
    provisioned : int, default 0
        Instances that are always ready, from 0 to 10.
    limit : int, default 1,000
        How many instances there may be at a time, from 10.
    growth : int, default 1,000
        How many may be started in a second, from 1.
    pattern : str, default "random"
        How requests come: random, bursts (ten times as many in a twentieth of the time) or regular.
    servers : int, default 1
        Servers that are always on, from 1 to 20.
    prediction : str, optional
        See `Lab`. The question is from how many requests a minute on the servers are cheaper, if all are answered.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> round(ServerlessLab().answer())
    401
    >>> round(ServerlessLab(servers=2).answer())
    804
    """

    title = "Serverless"
    question = "Functions that are paid by use, or one server that is paid by the hour: from how many requests a minute on is the server cheaper?"
    main = "rate"

    rate = Slider("requests", RATES, default=10.0, unit="a minute")
    cold_start = Slider("cold start", [100, 200, 500, 1_000, 2_000, 5_000, 10_000], default=1_000, unit="ms")
    keep_alive = Slider("kept alive", KEPT, default=10, unit="minutes")
    provisioned = Slider("always ready", list(range(11)), default=0, unit="instances")
    limit = Slider("at a time, at most", [10, 20, 50, 100, 200, 500, MOST], default=MOST, unit="instances")
    growth = Slider("new ones, at most", [1, 2, 5, 10, 20, 50, 100, MOST], default=MOST, unit="a second")
    pattern = Choice("requests come", PATTERNS, default="random")
    servers = Slider("servers, always on", [1, 2, 3, 4, 5, 8, 10, 15, 20], default=1)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell who pays for a cold start, what helps, what a limit does, and when a server is cheaper."""
        return STORY

    @property
    def _setting(self) -> Setting:
        limits = (int(self.limit), int(self.growth))
        return Setting(self.cold_start / 1_000, 60.0 * self.keep_alive, int(self.provisioned), self.pattern, *limits)

    def _functions(self, rate: float) -> Fared:
        return serverless_runs.functions(self._setting, rate)

    def _servers(self, rate: float) -> Fared:
        return serverless_runs.servers(int(self.servers), self.pattern, rate)

    def simulate(self) -> ServerlessResult:
        """Let functions answer at the chosen rate."""
        return serverless_runs.run(self._setting, float(self.rate))

    def answer(self) -> float:
        """Give the requests a minute from which on the servers are cheaper, if all are answered."""
        return serverless_runs.break_even(self._setting, int(self.servers))

    def chart(self) -> Chart:
        """Show who waits and what a month costs, at every rate."""
        return Chart((self._waits(), self._costs()))

    @property
    def _rates(self) -> list[float]:
        return sorted({*RATES, float(self.rate)})

    def _waits(self) -> Panel:
        rates = self._rates
        marks: list[Mark] = []
        beside = [(rate, p99) for rate in rates if np.isfinite(p99 := self._servers(rate).p99)]
        if len(beside) > 1:
            marks.append(Line(_count(int(self.servers)), [rate for rate, _ in beside], [p99 for _, p99 in beside], "other"))
        answered = list(takewhile(lambda rate: np.isfinite(self._functions(rate).p99), rates))  # beyond, one in a hundred waits for ever
        if answered:
            marks.append(Line("functions", answered, [self._functions(rate).p99 for rate in answered]))
        here = self._functions(self.rate)
        waits = _seconds(here.p99) if np.isfinite(here.p99) else f"{100 * here.turned_away:.2g} % turned away"
        marks.append(Rule(f"{self.rate:g} a minute: {waits}", self.rate))
        axis = Axis("requests a minute", (RATES[0], RATES[-1]), scale="log")
        return Panel("The slowest in a hundred wait", axis, Axis("99th percentile", TIMES, unit="s", scale="log"), tuple(marks))

    def _costs(self) -> Panel:
        rates = self._rates
        marks: list[Mark] = [
            Line(_count(int(self.servers)), rates, [self._servers(rate).cost for rate in rates], "other"),
            Line("functions", rates, [self._functions(rate).cost for rate in rates]),
        ]
        even = self.answer()
        if RATES[0] < even < RATES[-1] and self._functions(even).turned_away < PERCENT:
            marks.append(Rule(f"break-even: {even:,.0f} a minute", even, role="reference"))
        axis = Axis("requests a minute", (RATES[0], RATES[-1]), scale="log")
        return Panel("A month costs", axis, Axis("a month", MONEY, unit="US dollars", scale="log"), tuple(marks))

    def describe(self) -> str:
        """Say how many start cold and what that does to the slowest, and on which side of the break-even this is."""
        functions, servers = self._functions(self.rate), self._servers(self.rate)
        first = f"At {self.rate:,g} request{'' if self.rate == 1 else 's'} a minute, {100 * functions.cold:.3g} of 100 start cold, "
        if functions.turned_away:
            first += f"{100 * functions.turned_away:.3g} are turned away, "
        first += f"and the 99th percentile is {_seconds(functions.p99)}" if np.isfinite(functions.p99) else "so the 99th percentile waits for ever"
        first += f", that of {_count(int(self.servers))} {_seconds(servers.p99)}" if np.isfinite(servers.p99) else ", and the servers cannot keep up"
        even = self.answer()
        cheaper = "functions" if functions.cost < servers.cost else _count(int(self.servers))
        second = f"A month costs {functions.cost:,.2f} or {servers.cost:,.2f} dollars: {cheaper} cost{'s' if cheaper == '1 server' else ''} less here"
        if functions.turned_away >= PERCENT:
            second += "; who is turned away costs nothing"
            second += f", and if all were answered, the break-even would be at {even:,.0f} a minute" if even else ""
            return f"{first}. {second}."
        second += f", and the break-even is at {even:,.0f} a minute" if even else ", and would without a single request, for what is kept ready"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give what every rate does.

        Returns
        -------
        pandas.DataFrame
            Columns ``rate`` (requests a minute), ``p99_functions`` and ``p99_servers`` in seconds (none where one in a hundred waits for ever, or the
            servers cannot keep up), ``cold``, ``cold_theory`` and ``turned_away`` (shares; theory for requests at random that hardly ever meet),
            ``month_functions`` and ``month_servers`` in dollars.
        """
        rows = []
        for rate in self._rates:
            functions, servers = self._functions(rate), self._servers(rate)
            alone = self.pattern == "random" and self.provisioned == 0
            meeting = rate / 60 * (serverless_runs.WORK + self.cold_start / 1_000)  # how many requests are there on average
            expected = theory.cold_start_share(rate / 60, 60.0 * self.keep_alive) if alone and meeting < RARELY else np.nan
            times = [p99 if np.isfinite(p99) else np.nan for p99 in (functions.p99, servers.p99)]
            rows.append((rate, *times, functions.cold, expected, functions.turned_away, functions.cost, servers.cost))
        columns = ["rate", "p99_functions", "p99_servers", "cold", "cold_theory", "turned_away", "month_functions", "month_servers"]
        return pd.DataFrame(rows, columns=columns)

    def scene_key(self) -> Any:
        """Name what the scene depends on: all but the servers beside the functions."""
        return self._setting, self.rate

    def scene(self) -> Scene:
        """Play some seconds that begin with a cold start, if there is one."""
        result = self.result
        cold = np.flatnonzero(result.cold[WARM_UP:]) + WARM_UP
        first = min(int(cold[0]), result.arrivals.size - 1) if cold.size else WARM_UP
        last = min(first + SHOWN, int(np.searchsorted(result.arrivals, result.arrivals[first] + WINDOW, side="right")))
        shown = slice(first, last)
        arrivals, waits, away = result.arrivals[shown], result.cold[shown], result.instances[shown] < 0
        begin, count = arrivals[0], last - first
        finishes = np.where(away, np.nanmax(np.append(result.finishes[shown], arrivals[-1])), result.finishes[shown])  # they stand there to the end
        ready = arrivals + np.where(waits, self.cold_start / 1_000, 0.0)
        things = np.arange(count)
        stations = [
            Station("users", 0.05, 0.5, slots=0),
            Station("starting", 0.5, 0.25, slots=0, layout="heap"),
            Station("working", 0.85, 0.5, slots=0, layout="heap"),
        ]
        kinds = waits + 2 * away
        if away.any():
            stations.append(Station("turned away", 0.5, 0.75, slots=0, layout="heap"))
        return Scene(
            f"{count} request{'s' if count > 1 else ''} that functions answer",
            stations,
            thing=np.concatenate((things, things[waits], things)),
            station=np.concatenate((np.zeros(count, int), np.ones(int(waits.sum()), int), np.where(away, 3, 2))),
            enter=np.concatenate((arrivals, arrivals[waits], ready)) - begin,
            leave=np.concatenate((arrivals, ready[waits], finishes)) - begin,
            kind=np.concatenate((kinds, kinds[waits], kinds)).astype(int),
            value=np.concatenate((np.full(count + int(waits.sum()), np.nan), np.where(away, np.nan, 1_000 * (finishes - arrivals)))),
            kinds=("an instance is ready", "waits for a new instance", "turned away")[: 3 if away.any() else 2],
            measure="response time (ms)",
            links=[(0, 1), (1, 2), (0, 2), *([(0, 3)] if away.any() else [])],
        )


def _count(servers: int) -> str:
    return "1 server" if servers == 1 else f"{servers} servers"


def _seconds(time: float) -> str:
    return f"{1_000 * time:,.0f} ms" if time < LONG else f"{time:,.1f} s"
