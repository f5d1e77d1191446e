"""The allocation lab: tuned servers, ordered by the load of now, by that of a week ago, or by both, and what that turns away and costs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from labsupport.labs import allocation_runs as runs
from labsupport.labs import service_runs
from labsupport.labs.allocation_runs import BEFORE, HEADROOMS, LAST
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Panel, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.marks import Area, Bars, Line, Mark, Points, Role, Stairs
from labsupport.labs.service_runs import TUNED
from labsupport.labs.steps import Step, Steps
from labsupport.simulators.allocation import Allocation
from labsupport.simulators.anomalies import PER_DAY

POLICIES = {
    "fixed": "as many as ever needed",
    "reactive": "by the load of now",
    "predictive": "by that of a week ago",
    "larger": "by the larger of both",
}
ORDERED = {
    "fixed": "a fixed number of servers",
    "reactive": "servers for the load of now",
    "predictive": "servers for the load of a week ago",
    "larger": "servers for the larger of both loads",
}
TUNING = {
    "shipped": "As they were shipped",
    "one_by_one": "Tuned one knob after the other",
    "random": "Tuned at random",
    "halving": "Tuned by successive halving",
    "bayesian": "Tuned by Bayesian optimisation",
}
VIEWS = {"policies": "each policy", "tuning": "each way to tune"}
SHORT = {"fixed": "fixed", "reactive": "reactive", "predictive": "predictive", "larger": "larger of both"}
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

STORY: dict[str, dict[str, Any]] = {
    "By the same hour a week ago": {"policy": "predictive"},
    "What never came before": {"policy": "predictive", "surprises": 7, "size": 80, "day": 32},
    "A week ago, and now": {"policy": "larger", "surprises": 7, "size": 80, "day": 32},
    "As the servers were shipped": {"tuned": "shipped", "show": "tuning"},
    "As many as ever needed": {"policy": "fixed", "headroom": 0},
}


class AllocationLab(Lab[Allocation]):
    """Order servers for a service's traffic, which has its days and its weeks, a little growth, noise, and sometimes a surprise.

    The servers are those of `TuningLab`. Each takes as many requests a second as it can answer in time, 95 of 100 within 100 ms: how many these are
    follows from its workers and its cache. Those for whom there is none are turned away. What is ordered now serves after the lead time. Two weeks
    pass before anything is judged, ten more are.

    Parameters
    ----------
    policy : str, default "reactive"
        What is expected: fixed, reactive, predictive or larger.
    tuned : str, default "bayesian"
        How each server was tuned, as `TuningLab` opens: shipped (not at all), one_by_one, random, halving or bayesian.
    lead : int, default 60
        Minutes from an order until the servers serve, 15 to 180.
    headroom : int, default 20
        For how much more than is expected servers are ordered, in percent, 0 to 100.
    surprises : int, default 0
        Surges, losses and creeps a week, 0 to 14.
    size : int, default 40
        How large these are, in percent of the traffic, 10 to 80.
    day : int, default 15
        Which day is shown, 15 to 84; the 15th is a Monday.
    show : str, default "policies"
        What stands beside the day: policies, or tuning.
    prediction : str, optional
        See `Lab`. The question is how many of a thousand requests are turned away.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = AllocationLab()
    >>> lab.answer() > AllocationLab(policy="predictive").answer()
    True
    """

    title = "Predictive allocation"
    question = (
        "An autoscaler orders servers for the load of now and a fifth more, and a server serves an hour after it was ordered. "
        "Of a thousand requests, how many come when there is no server for them?"
    )
    main = "headroom"

    policy = Choice("servers", POLICIES, default="reactive")
    tuned = Choice("each tuned", TUNED, default="bayesian")
    lead = Slider("ordered before", [15, 30, 45, 60, 90, 120, 180], default=60, unit="min")
    headroom = Slider("headroom", HEADROOMS, default=20, unit="%")
    surprises = Slider("surprises", [0, 1, 2, 4, 7, 14], default=0, unit="a week")
    size = Slider("how large", [10, 20, 40, 60, 80], default=40, unit="%")
    day = Slider("day shown", list(range(BEFORE + 1, LAST + 1)), default=BEFORE + 1)
    show = Choice("show", VIEWS, default="policies")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of last week, of surprises, of both, of servers that nobody tuned, and of money."""
        return STORY

    def idle(self) -> list[str]:
        """Name the size, where nothing surprises, and the lead, where nothing is ordered."""
        return [*([] if self.surprises else ["size"]), *(["lead"] if self.policy == "fixed" else [])]

    @property
    def _terms(self) -> tuple[int, int, int]:
        """How many surprises, how large, and the lead; minutes between two quarters of an hour count as the earlier one."""
        return int(self.surprises), int(self.size), max(int(self.lead) // 15 * 15, 15)

    def _outcome(self, policy: str, tuned: str, headroom: int | None = None) -> tuple[float, float, float]:
        """Return servers on average, of how many of a thousand requests are turned away, and the utilisation in percent."""
        servers, away, used = runs.outcome(policy, tuned, *self._terms, int(self.headroom) if headroom is None else headroom)
        return servers, 1_000 * away, 100 * used

    def simulate(self) -> Allocation:
        """Order."""
        return runs.allocated(self.policy, self.tuned, *self._terms, int(self.headroom))

    def answer(self) -> float:
        """Give how many of a thousand requests are turned away."""
        return 1_000 * self.result.turned_away

    def chart(self) -> Chart:
        """Show a day, beside what is turned away for how many servers."""
        return Chart((self._day(), self._tradeoff() if self.show == "policies" else self._tuning()))

    def _part(self) -> slice:
        begin = (int(self.day) - 1 - BEFORE) * PER_DAY
        return slice(begin, begin + PER_DAY)

    def _day(self) -> Panel:
        result, part = self.result, self._part()
        hours = (np.arange(PER_DAY) / 4).tolist()
        demand, capacity = result.demand[part].round(), (result.per_server * result.servers[part]).round()
        short = np.flatnonzero(demand > capacity)
        marks: list[Mark] = []
        if short.size:
            shown = slice(max(int(short[0]) - 1, 0), int(short[-1]) + 2)
            reached = np.maximum(demand, capacity)[shown].tolist()
            marks.append(Area("turned away", hours[shown], capacity[shown].tolist(), reached, "measurement"))
        marks.append(Stairs("can be done", [*hours, 24.0], [*capacity.tolist(), float(capacity[-1])]))
        marks.append(Line("comes", hours, demand.tolist(), "other"))
        top = above(1.1 * float(max(demand.max(), capacity.max())))
        names = [(float(hour), f"{hour}:00") for hour in range(0, 25, 6)]
        name = NAMES[(int(self.day) - 1) % 7]
        return Panel(f"{name}, day {self.day}", Axis("time of day", (0, 24), names=names), Axis("requests", (0, top), unit="1/s"), tuple(marks))

    def _tradeoff(self) -> Panel:
        roles: dict[str, Role] = dict(zip((policy for policy in POLICIES if policy != self.policy), ("other", "theory", "measurement"), strict=True))
        marks: list[Mark] = []
        most, least, largest = 10.0, np.inf, 0.0
        for policy in POLICIES:
            servers, away, _ = zip(*(self._outcome(policy, self.tuned, headroom) for headroom in HEADROOMS), strict=True)
            most, least, largest = max(most, *away), min(least, *servers), max(largest, *(servers[:8] if policy != "fixed" else servers[:1]))
            marks.append(Line(SHORT[policy], servers, away, roles.get(policy, "main")))
        marks.append(Points("now", [self.result.mean_servers], [self.answer()], "own"))
        right = above(max(1.1 * largest, self.result.mean_servers))
        x = Axis("servers on average, by headroom", (0.9 * least, right))
        return Panel("What is turned away, and what is paid for", x, Axis("turned away of 1,000", (-0.02 * most, above(1.1 * most))), tuple(marks))

    def _tuning(self) -> Panel:
        servers = [self._outcome(self.policy, tuned)[0] for tuned in TUNED]
        labels = [f"{count:.1f}; each {service_runs.per_server(tuned):,.0f}/s" for count, tuned in zip(servers, TUNED, strict=True)]
        bars = Bars(list(TUNED.values()), [("servers", servers)], labels, selected=list(TUNED).index(self.tuned))
        return Panel("What tuning saves", Axis("servers on average", (0, above(1.1 * max(servers)))), None, (bars,))

    def describe(self) -> str:
        """Say what is turned away and paid for, and what the others, or other ways to tune, would do."""
        result = self.result
        first = (
            f"With {ORDERED[self.policy]} and {self.headroom} % of headroom {self.answer():.1f} of 1,000 requests are turned away; there are "
            f"{result.mean_servers:.1f} servers on average, each for {result.per_server:,.0f} requests a second, and "
            f"{100 * result.utilization:.0f} % of what they can do is used"
        )
        if self.show == "tuning":
            ways = [f"{TUNED[tuned]} {self._outcome(self.policy, tuned)[0]:.1f}" for tuned in TUNED if tuned != self.tuned]
            return f"{first}. {TUNING[self.tuned]}, these are {result.mean_servers:.1f} servers; otherwise it would take: {', '.join(ways)}."
        others = [
            f"{SHORT[policy]} {away:.1f} with {servers:.1f} servers"
            for policy in POLICIES
            if policy != self.policy
            for servers, away, _ in [self._outcome(policy, self.tuned)]
        ]
        return f"{first}. With the same headroom it would be: {', '.join(others)}."

    def table(self) -> pd.DataFrame:
        """Give every policy with every headroom.

        Returns
        -------
        pandas.DataFrame
            Columns ``policy``, ``headroom`` in percent, ``servers`` on average, ``turned_away``, a share of all requests, and ``utilization``.
        """
        rows = [
            (policy, headroom, *runs.outcome(policy, self.tuned, *self._terms, headroom))
            for policy, headroom in itertools.product(POLICIES, HEADROOMS)
        ]
        return pd.DataFrame(rows, columns=["policy", "headroom", "servers", "turned_away", "utilization"])

    def steps_key(self) -> Any:
        """Name what the story depends on: all but what stands beside the day."""
        return {name: value for name, value in self.state.items() if name != "show"}

    def steps(self) -> Steps:
        """Tell the day that is shown, hour by hour."""
        result, told, begin = self.result, list[Step](), self._part().start
        for hour in range(24):
            index = begin + 4 * hour
            demand, servers = float(result.demand[index]), int(result.servers[index])
            needed = int(np.ceil(demand / result.per_server))
            sentence = f"{hour}:00: {demand:,.0f} requests a second come, {result.expected[index]:,.0f} were expected: "
            sentence += f"{servers} servers are there, and {needed} needed."
            told.append(Step(f"{hour}", servers >= needed, [f"{servers}", f"{needed}"], "", sentence))
        return Steps("Hour by hour: servers that are there, and that are needed", 2, "enough", "too few", told)
