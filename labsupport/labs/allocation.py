"""The allocation lab: servers ordered by the load of now, by that of a week ago, or by both, and what that turns away and costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from labsupport.labs import allocation_runs as runs
from labsupport.labs.allocation_runs import BEFORE, HEADROOMS, PER_SERVER
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Panel, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.marks import Area, Line, Mark, Points, Role, Stairs
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
SHORT = {"fixed": "fixed", "reactive": "reactive", "predictive": "predictive", "larger": "larger of both"}
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

STORY: dict[str, dict[str, Any]] = {
    "By the same hour a week ago": {"policy": "predictive"},
    "What never came before": {"policy": "predictive", "surprises": 7, "size": 80, "day": 32},
    "A week ago, and now": {"policy": "larger", "surprises": 7, "size": 80, "day": 32},
    "Servers that come at once": {"lead": 15},
    "As many as ever needed": {"policy": "fixed", "headroom": 0},
}


class AllocationLab(Lab[Allocation]):
    """Order servers for a service's traffic, which has its days and its weeks, a little growth, noise, and sometimes a surprise.

    A server does 100 requests a second. Those for whom there is none are turned away. What is ordered now serves after the lead time. Two weeks
    pass before anything is judged, six more are.

    Parameters
    ----------
    policy : str, default "reactive"
        What is expected: fixed, reactive, predictive or larger.
    lead : int, default 60
        Minutes from an order until the servers serve, 15 to 180.
    headroom : int, default 20
        For how much more than is expected servers are ordered, in percent, 0 to 100.
    surprises : int, default 0
        Surges, losses and creeps a week, 0 to 14.
    size : int, default 40
        How large these are, in percent of the traffic, 10 to 80.
    day : int, default 15
        Which day is shown, 15 to 56; the 15th is a Monday.
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
    lead = Slider("ordered before", [15, 30, 45, 60, 90, 120, 180], default=60, unit="min")
    headroom = Slider("headroom", HEADROOMS, default=20, unit="%")
    surprises = Slider("surprises", [0, 1, 2, 4, 7, 14], default=0, unit="a week")
    size = Slider("how large", [10, 20, 40, 60, 80], default=40, unit="%")
    day = Slider("day shown", list(range(15, 57)), default=15)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of last week, of surprises, of both, of speed, and of money."""
        return STORY

    def idle(self) -> list[str]:
        """Name the size, where nothing surprises, and the lead, where nothing is ordered."""
        return [*([] if self.surprises else ["size"]), *(["lead"] if self.policy == "fixed" else [])]

    def _allocated(self, policy: str, headroom: int | None = None) -> Allocation:
        # minutes between two quarters of an hour count as the earlier one
        lead, room = max(int(self.lead) // 15 * 15, 15), int(self.headroom) if headroom is None else headroom
        return runs.allocated(policy, int(self.surprises), int(self.size), lead, room)

    def simulate(self) -> Allocation:
        """Order."""
        return self._allocated(self.policy)

    def answer(self) -> float:
        """Give how many of a thousand requests are turned away."""
        return 1_000 * self.result.turned_away

    def chart(self) -> Chart:
        """Show a day, beside what is turned away for how many servers."""
        return Chart((self._day(), self._tradeoff()))

    def _part(self) -> slice:
        begin = (int(self.day) - 1 - BEFORE) * PER_DAY
        return slice(begin, begin + PER_DAY)

    def _day(self) -> Panel:
        result, part = self.result, self._part()
        hours = (np.arange(PER_DAY) / 4).tolist()
        demand, capacity = result.demand[part].round(), PER_SERVER * result.servers[part]
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
        most, largest = 10.0, 0.0
        for policy in POLICIES:
            results = [self._allocated(policy, headroom) for headroom in HEADROOMS]
            servers, away = [each.mean_servers for each in results], [1_000 * each.turned_away for each in results]
            most, largest = max(most, *away), max(largest, *(servers[:8] if policy != "fixed" else servers[:1]))
            marks.append(Line(SHORT[policy], servers, away, roles.get(policy, "main")))
        marks.append(Points("now", [self.result.mean_servers], [self.answer()], "own"))
        x = Axis("servers on average, by headroom", (8, above(max(1.1 * largest, self.result.mean_servers))))
        return Panel("What is turned away, and what is paid for", x, Axis("turned away of 1,000", (-0.02 * most, above(1.1 * most))), tuple(marks))

    def describe(self) -> str:
        """Say what is turned away and paid for, and what the others would do."""
        result = self.result
        first = (
            f"With {ORDERED[self.policy]} and {self.headroom} % of headroom {self.answer():.1f} of 1,000 requests are turned away; there are "
            f"{result.mean_servers:.1f} servers on average, {100 * result.utilization:.0f} % busy"
        )
        others = [
            f"{SHORT[policy]} {1_000 * each.turned_away:.1f} with {each.mean_servers:.1f} servers"
            for policy in POLICIES
            if policy != self.policy and (each := self._allocated(policy))
        ]
        return f"{first}. With the same headroom it would be: {', '.join(others)}."

    def table(self) -> pd.DataFrame:
        """Give every policy with every headroom.

        Returns
        -------
        pandas.DataFrame
            Columns ``policy``, ``headroom`` in percent, ``servers`` on average, ``turned_away``, a share of all requests, and ``utilization``.
        """
        rows = []
        for policy in POLICIES:
            for headroom in HEADROOMS:
                each = self._allocated(policy, headroom)
                rows.append((policy, headroom, each.mean_servers, each.turned_away, each.utilization))
        return pd.DataFrame(rows, columns=["policy", "headroom", "servers", "turned_away", "utilization"])

    def steps_key(self) -> Any:
        """Name what the story depends on: everything."""
        return self.state

    def steps(self) -> Steps:
        """Tell the day that is shown, hour by hour."""
        result, told, begin = self.result, list[Step](), self._part().start
        for hour in range(24):
            index = begin + 4 * hour
            demand, servers = float(result.demand[index]), int(result.servers[index])
            needed = int(np.ceil(demand / PER_SERVER))
            sentence = f"{hour}:00: {demand:,.0f} requests a second come, {result.expected[index]:,.0f} were expected: "
            sentence += f"{servers} servers are there, and {needed} needed."
            told.append(Step(f"{hour}", servers >= needed, [f"{servers}", f"{needed}"], "", sentence))
        return Steps("Hour by hour: servers that are there, and that are needed", 2, "enough", "too few", told)
