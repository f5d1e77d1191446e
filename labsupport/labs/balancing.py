"""The load balancer lab: which server gets the next request, and how long requests take then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from labsupport.labs import balancer_runs as runs
from labsupport.labs import measurements
from labsupport.labs.balancer_runs import LOADS, Outcome, Setting
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Bars, Chart, Line, Mark, Panel, Points, Role, Rule
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.scene import Scene, State, Station
from labsupport.simulators.balancing import BalancingResult, drive

POLICIES = {
    "random": "random",
    "round_robin": "round robin",
    "weighted_round_robin": "weighted round robin",
    "least_connections": "least connections",
    "weighted_least_connections": "weighted least connections",
    "two_choices": "two choices",
    "join_idle_queue": "join idle queue",
    "consistent_hash": "consistent hashing",
}
SPEEDS = {"equal": "all alike", "unequal": "a third are slow"}
SERVICES = {
    "deterministic": "all alike",
    "exponential": "exponential",
    "bimodal": "short and long",
    "lognormal": "log-normal",
    "pareto": "a heavy tail (Pareto)",
}
STATES = {"up": "up", "slow": "slow", "down": "down at times"}
RESPONSES = (5.0, 5_000.0)  # ms that the axis shows
SHOWN = 240  # requests that are seen on their way
MOST_BALANCERS_SHOWN = 4
OWN_LOADS = (0.5, 0.7, 0.9)

STORY: dict[str, dict[str, Any]] = {
    "Round robin meets a slow server": {"policy": "round_robin", "server": "slow", "load": 0.5},
    "A herd": {"policy": "least_connections", "balancers": 10, "age": 100.0, "load": 0.8},
    "Two choices are enough": {"policy": "two_choices", "balancers": 10, "age": 20.0, "load": 0.8},
    "A server dies": {"policy": "least_connections", "server": "down", "load": 0.6},
    "The balancer dies": {"policy": "least_connections", "balancers": 1, "balancer": "down", "hop": 1.0, "load": 0.6},
}


@dataclass(frozen=True, eq=False)
class LoadBalancerLabResult:
    """What the load balancer lab's simulators said.

    Attributes
    ----------
    setting : Setting
        What the requests met.
    load : float
        At which load.
    mean, p99 : float
        Mean and 99th percentile (linear, as numpy's) of the response times in milliseconds, with the hop, after the warm-up.
    lost : float
        Share of requests that were not answered.
    own : BalancingResult or None
        What your own balancer did, if the lab was given one.
    """

    setting: Setting
    load: float
    mean: float
    p99: float
    lost: float
    own: BalancingResult | None = None

    @property
    def run(self) -> BalancingResult:
        """Every request that reached a server, in milliseconds, without the hop; simulated again where it is no longer at hand."""
        return runs.run(self.setting, self.load).result


class LoadBalancerLab(Lab[LoadBalancerLabResult]):
    """Move a balancer's policy, its servers and their load, let one fail, and see how long requests take.

    Behind every picture stand 100,000 simulated requests, Poisson arrivals, counted after a warm-up of 10,000; on the stage are
    the first 240, by the same engine. A request is 10 ms of work on average for a server of speed 1.

    Parameters
    ----------
    policy : str, default "least_connections"
        Who gets the next request: random, round_robin, weighted_round_robin, least_connections, weighted_least_connections,
        two_choices, join_idle_queue or consistent_hash.
    load : float, default 0.7
        Work that comes over the work all servers can do when all is well, 0.05 to 0.95.
    servers : int, default 6
        How many servers there are, 2 to 8.
    speeds : str, default "equal"
        equal, or unequal: the last third of the servers work at a third of the others' speed.
    service : str, default "exponential"
        How work varies: deterministic, exponential, bimodal, lognormal or pareto.
    server : str, default "up"
        How one of the servers is: up, slow (a quarter of its speed), or down: for 5 of every 20 seconds, which the balancer notices
        after half a second; requests fail there.
    troubled : int, default 1
        Which server that is, 1 to 8; the last, if there are fewer.
    balancers : int, default 1
        How many balancers there are, 1 to 10; requests come to them in turn, and each counts only what it sends itself.
    balancer : str, default "up"
        How the first balancer is: up, or down for 5 of every 20 seconds; clients turn to another after half a second, if there is one.
    age : float, default 0
        How old what balancers know of the servers becomes before it is renewed, in milliseconds, 0 to 500.
    hop : float, default 0
        What it costs to pass the balancer, in milliseconds, 0 to 10.
    own : callable, optional
        Your own balancer, to be drawn beside the others: called with the number of servers, it gives an object with ``choose()`` and
        ``replied(server, elapsed)`` as in `labsupport.simulators.balancing.drive`. It always runs alone, with 11,000 requests.
    measured : pandas.DataFrame, optional
        Measurements to draw beside the simulation: the table of a comparison by `labsupport.systems.balancing.compare`.
    prediction : str, optional
        See `Lab`; what is asked for is the 99th percentile of the response times in milliseconds.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value, or your own balancer does not keep to its part.

    Examples
    --------
    >>> lab = LoadBalancerLab(policy="random", load=0.5)
    >>> print(lab.describe().split(". ")[0])
    With random over 6 servers at a load of 0.50, a request takes 20 ms on average, and one in a hundred takes over 90 ms
    """

    title = "Load balancer"
    question = "Which server gets the next request, and how long do requests take?"
    main = "load"

    policy = Choice("policy", POLICIES, default="least_connections")
    load = Slider("load", LOADS, default=0.7)
    servers = Slider("servers", list(range(2, 9)), default=6)
    speeds = Choice("speeds", SPEEDS, default="equal")
    service = Choice("work", SERVICES, default="exponential")
    server = Choice("a server is", STATES, default="up")
    troubled = Slider("which server", list(range(1, 9)), default=1)
    balancers = Slider("balancers", list(range(1, 11)), default=1)
    balancer = Choice("balancer 1", {"up": "up", "down": "down at times"}, default="up")
    age = Slider("age of information", [0.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0], default=0.0, unit="ms")
    hop = Slider("hop", [0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0], default=0.0, unit="ms")

    def __init__(self, *, own: Callable[[int], Any] | None = None, measured: pd.DataFrame | None = None, **controls: Any) -> None:
        if own is not None and not callable(own):
            raise TypeError(f"own is {own!r}, but must be a class or a function that makes a balancer for a number of servers")
        self._own_balancer = own
        self._own_runs: dict[tuple[Setting, float], BalancingResult] = {}
        self._measured = measurements.checked(measured, "program", "policy", "scenario", "period", "server", "speed", "share")
        if self._measured is not None:  # with its servers
            speeds = _measured_shares(self._measured).groupby("server")["speed"].first()
            controls = {"servers": len(speeds), "speeds": "equal" if speeds.nunique() == 1 else "unequal"} | controls
        super().__init__(**controls)

    def presets(self) -> dict[str, dict[str, Any]]:
        """Tell of five things that go wrong, and what helps."""
        return STORY

    def idle(self) -> list[str]:
        """Name what does nothing here, such as the age, where nobody counts requests or a server is down at times."""
        counting = self.policy in ("least_connections", "two_choices") and self.server != "down"
        resting = {"troubled": self.server == "up", "age": not counting, "balancers": not counting and self.balancer == "up"}
        return [name for name, rests in resting.items() if rests]

    @property
    def _setting(self) -> Setting:
        resting = self.idle()
        balancers, age = (1 if "balancers" in resting else self.balancers), (0.0 if "age" in resting else self.age)
        return Setting(self.policy, self.servers, self.speeds, self.service, self.server, balancers, self.balancer, age, self._troubled)

    @property
    def _troubled(self) -> int:
        """Which server is in trouble; 1 if none is."""
        return 1 if self.server == "up" else min(self.troubled, self.servers)

    @property
    def _outcome(self) -> Outcome:
        return runs.outcome(self._setting, self.load)

    def simulate(self) -> LoadBalancerLabResult:
        """Run the chosen policy, and your own balancer if there is one."""
        own = None if self._own_balancer is None else self._run_own(self._own_balancer, self.load)
        outcome = self._outcome
        return LoadBalancerLabResult(self._setting, self.load, outcome.mean + self.hop, outcome.p99 + self.hop, outcome.lost, own)

    def _run_own(self, factory: Callable[[int], Any], load: float) -> BalancingResult:
        """Run the student's balancer, once for each setting."""
        alone = Setting("own", self.servers, self.speeds, self.service, self.server, troubled=self._troubled)
        if (alone, load) not in self._own_runs:
            arrivals, services = runs.stream(alone, load, runs.OWN_REQUESTS)
            times = np.arange(runs.CYCLE / 4, float(arrivals[-1]), runs.CYCLE).tolist() if self.server == "down" else []
            changes = runs.changes([(at, at + runs.DOWN) for at in times], alone.troubled)
            try:
                result = drive(factory(self.servers), arrivals, services, alone.actual_rates, changes=changes, when_down="fail")
            except Exception as error:  # whatever the student's code raises belongs into the lab, not over it
                raise ValueError(f"your own balancer: {type(error).__name__}: {error}") from error
            self._own_runs[alone, load] = result
        return self._own_runs[alone, load]

    def answer(self) -> float:
        """Give the 99th percentile of the response times, in milliseconds."""
        return self.result.p99

    def chart(self) -> Chart:
        """Show response times over the load, beside what the servers do."""
        return Chart((self._responses(), self._servers() if self._measured is None else self._shares(self._measured)))

    def _responses(self) -> Panel:
        marks = self._guess_band()
        for name, points in runs.in_theory(self._setting).items():
            marks += self._line(name, points, "theory")
        steady = {load: outcome for load, outcome in runs.curve(self._setting).items() if not outcome.overloaded}
        marks += self._line("99th percentile", {load: outcome.p99 for load, outcome in steady.items()}, "other")
        marks += self._line("mean", {load: outcome.mean for load, outcome in steady.items()}, "main")
        marks += self._own_points()
        unsteady = "no steady state" if self._outcome.overloaded else f"mean {self.result.mean:,.0f} ms"
        marks.append(Rule(f"load {self.load:.2f}: {unsteady}", self.load))
        return Panel("How long requests take", Axis("load", (0, 1)), Axis("response time", RESPONSES, unit="ms", scale="log"), tuple(marks))

    def _line(self, name: str, points: dict[float, float], role: Role) -> list[Mark]:
        shown = {load: response + self.hop for load, response in points.items() if RESPONSES[0] <= response + self.hop <= RESPONSES[1]}
        return [Line(name, list(shown), list(shown.values()), role)] if shown else []

    def _own_points(self) -> list[Mark]:
        if self._own_balancer is None:
            return []
        loads = sorted({*OWN_LOADS, self.load})
        means = {load: runs.summary(self._run_own(self._own_balancer, load), runs.OWN_REQUESTS // 11).mean for load in loads}
        shown = {load: mean + self.hop for load, mean in means.items() if RESPONSES[0] <= mean + self.hop <= RESPONSES[1]}
        return [Points("your own balancer, mean", list(shown), list(shown.values()), "own")] if shown else []

    def _servers(self) -> Panel:
        outcome = self._outcome
        labels = []
        for server, (busy, share) in enumerate(zip(outcome.utilizations, outcome.shares, strict=True)):
            beyond = "; cannot keep up" if server in outcome.overloaded else ""
            labels.append(f"{100 * busy:.0f} % busy, {100 * share:.0f} % of requests{beyond}")
        names = [f"server {number}" for number in range(1, self.servers + 1)]
        busiest = int(np.argmax(outcome.utilizations))
        bars = Bars(names, [("busy", (100 * outcome.utilizations).tolist())], labels, selected=busiest)
        return Panel("What each server does", Axis("time busy", (0, 100), unit="%"), None, (bars,))

    def _shares(self, table: pd.DataFrame) -> Panel:
        """Show which part of the requests each server gets, with measurements of the same policy."""
        numbers = list(range(1, self.servers + 1))
        simulated = 100 * self._outcome.shares
        marks: list[Mark] = [Line(POLICIES[self.policy], numbers, simulated.tolist())]
        rows = _measured_shares(table)
        rows = rows[rows["policy"] == self.policy]
        labels = rows["program"].str.split().str[0] + np.where(rows["recorded"], ", recorded", "")
        for label, group in rows.groupby(labels, sort=False):
            marks.append(Points(str(label), (group["server"] + 1).tolist(), (100 * group["share"]).tolist()))
        lines = [mark for mark in marks if isinstance(mark, Line)]
        highest = 10 * float(np.ceil(max(max(line.y) for line in lines) / 9))
        servers = Axis("server", (0.5, max(line.x[-1] for line in lines) + 0.5))
        return Panel("Which share each server gets", servers, Axis("share of requests", (0, highest), unit="%"), tuple(marks))

    def describe(self) -> str:
        """Say how long requests take, and what makes it so."""
        result, outcome, name = self.result, self._outcome, POLICIES[self.policy]
        first = f"With {name} over {self.servers} servers at a load of {self.load:.2f}, "
        if outcome.overloaded:
            first += f"the mean response never stops growing: after 100,000 requests it is {result.mean:,.0f} ms"
        else:
            first += f"a request takes {result.mean:,.0f} ms on average, and one in a hundred takes over {result.p99:,.0f} ms"
        return f"{first}. {self._why()}."

    def _why(self) -> str:
        outcome = self._outcome
        if outcome.overloaded:
            names = ", ".join(str(server + 1) for server in outcome.overloaded)
            return f"More comes to server{'s' if len(outcome.overloaded) > 1 else ''} {names} than can be done there, though all together could do it"
        if outcome.lost > 0:
            words = f"{100 * outcome.lost:.1f} of 100 requests are lost"
            if self.balancer == "down" and self._setting.balancers == 1:
                words += ", since the only balancer is down at times"
            return words + (", since a dead server looks idle until it is noticed" if self.server == "down" else "")
        words = f"The busiest server works {100 * outcome.utilizations.max():.0f} % of the time, the idlest {100 * outcome.utilizations.min():.0f} %"
        best = replace(self._setting, policy="least_connections", balancers=1, age=0.0)
        if self._setting == best:
            return words
        return f"{words}; least connections, fully informed, would need {runs.outcome(best, self.load).mean + self.hop:,.0f} ms"

    def table(self) -> pd.DataFrame:
        """Give the curves as numbers.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory), ``name``, ``load`` and ``response_ms``.
        """
        sources = {"theory": "theory"}
        lines = [mark for mark in self._responses().marks if isinstance(mark, Line)]
        rows = [(sources.get(line.role, "simulation"), line.label, x, y) for line in lines for x, y in zip(line.x, line.y, strict=True)]
        return pd.DataFrame(rows, columns=["source", "name", "load", "response_ms"])

    def scene_key(self) -> tuple[Setting, float, float]:
        """Name what the requests on the stage depend on."""
        return self._setting, self.load, self.hop

    def scene(self) -> Scene:
        """Show the first requests on their way through a balancer to a server."""
        setting = self._setting
        ran, window = runs.few(setting, self.load, SHOWN)
        result, names = ran.result, self._balancer_names(setting.balancers)
        count, troubled = len(names), setting.troubled
        balancers = [
            Station(name, 0.15, (number + 0.5) / count, control="balancer" if number == 0 else "", slots=0) for number, name in enumerate(names)
        ]
        servers = [
            Station(
                f"server {number + 1}",
                0.85,
                (number + 0.5) / self.servers,
                label="down at times" if number + 1 == troubled and self.server == "down" else "" if speed == 1 else f"speed {speed:.2g}",
                sets=self._click(number + 1),
                state="slow" if number + 1 == troubled and self.server == "slow" else "up",
            )
            for number, speed in enumerate(setting.actual_rates.tolist())
        ]
        everyone, through = np.arange(SHOWN), np.flatnonzero(ran.passed)
        sent = ran.arrivals + np.where(ran.passed, self.hop, 0.0)
        changes: list[tuple[float, int, State]] = []
        for state, station in ((self.balancer, 0), (self.server, count + troubled - 1)):
            if state == "down":
                changes += [(window[0], station, "down"), (window[1], station, "up")]
        return Scene(
            f"{SHOWN} requests through {POLICIES[self.policy]}",
            [*balancers, *servers],
            thing=np.append(everyone, through),
            station=np.append(np.minimum(ran.balancers, count - 1), count + result.servers),
            enter=np.append(ran.arrivals, sent[through]),
            leave=np.append(sent, sent[through] + result.responses),
            size=np.append(runs.stream(setting, self.load, SHOWN)[1], result.services),
            lost=np.append(~ran.passed, result.lost),
            value=np.append(np.full(SHOWN, np.nan), np.where(result.lost, np.nan, result.responses + self.hop)),
            measure="response time (ms)",
            unit="ms",
            changes=changes,
            links=[(balancer, count + server) for balancer in range(count) for server in range(self.servers)] if count <= 2 else [],
        )

    def _click(self, server: int) -> dict[str, Any]:
        """Say what a click on a server sets: it becomes slow, then down at times, then well again; meanwhile the others are well."""
        states = list(STATES)
        here = states.index(self.server) if server == self._troubled else 0
        return {"troubled": server, "server": states[(here + 1) % len(states)]}

    def _balancer_names(self, count: int) -> list[str]:
        """Name the balancers on the stage: where there are many, all that are alike stand together."""
        if count == 1:
            return ["balancer"]
        if count <= MOST_BALANCERS_SHOWN:
            return [f"balancer {number + 1}" for number in range(count)]
        return ["balancer 1", f"{count - 1} others"] if self.balancer == "down" else [f"{count} balancers"]


def _measured_shares(table: pd.DataFrame) -> pd.DataFrame:
    """Return what each server got where it was measured and nothing happened to any."""
    steady = (table["scenario"] == "steady") & (table["period"] == "all")
    return measurements.rows(table[steady & table["server"].notna()]).sort_values("server")
