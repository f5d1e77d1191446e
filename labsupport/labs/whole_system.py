"""The whole-system lab: one shop, four kinds of days, and a design that must hold on all of them and be paid for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from labsupport.labs import whole_system_runs as runs
from labsupport.labs.base import Lab
from labsupport.labs.caching import POLICIES
from labsupport.labs.chart import Axis, Chart, Line, Panel, Points, Rule, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.marks import Bars
from labsupport.labs.scene import Scene
from labsupport.labs.whole_system_runs import KINDS, WholeSystemTrial
from labsupport.labs.whole_system_scene import scene
from labsupport.simulators.designs import FRONT, Design
from labsupport.simulators.whole_system import PARTS, TIMEOUT

GOAL, PROMISED, BUDGET = 0.75, 0.997, 3.5  # seconds, share of the requests, euros an hour
STRATEGIES = {"range": "ranges of keys", "modulo": "hash modulo shards", "consistent": "consistent hashing", "rendezvous": "rendezvous hashing"}
EVICTIONS = {name: words for name, words in POLICIES.items() if name != "opt"}  # a shop does not know the future
BALANCERS = {
    "random": "at random",
    "round_robin": "round robin",
    "two_choices": "two choices",
    "least_connections": "least connections",
    "join_idle_queue": "join idle queue",
}
STORY: dict[str, dict[str, Any]] = {
    "Nothing is tuned": {},
    "Twice the machines": {"shards": 8, "minimum": 16},
    "Only a cache": {"cache": 10_000},
    "A cache and a second copy": {"cache": 10_000, "replicas": 2, "day": "flash_crowd"},
    "All of it, at any price": {"cache": 20_000, "shards": 16, "replicas": 3, "balancer": "least_connections", "minimum": 16, "day": "node_loss"},
}


class WholeSystemLab(Lab[WholeSystemTrial]):
    """Tune a whole shop – cache, servers, database – so that it keeps its promises on every kind of day, at the least cost.

    Behind every picture stand four days of 60,000 requests each, simulated whole. On the usual day and on that of a hot key, 99 of 100 users shall
    have an answer within 0.75 s; on every day 99.7 % of all shall have one within 5 s; and an hour shall cost 3.50 € at most.

    Parameters
    ----------
    cache : int, default 0
        How many answers the cache holds, 0 (no cache) to 20,000.
    eviction : str, default "lru"
        What leaves a full cache: a policy of `labsupport.simulators.designs.EVICTIONS`.
    balancer : str, default "round_robin"
        Which server, and which replica, gets a request: random, round_robin, two_choices, least_connections or join_idle_queue.
    minimum, maximum : int, default 2 and 20
        Fewest and most servers, 1 to 40; if there are more at least than at most, the first counts.
    target : int, default 60
        Utilisation of the servers that the autoscaler aims at, in percent, 20 to 100.
    shards : int, default 4
        Into how many parts the data are divided, 1 to 24.
    strategy : str, default "modulo"
        How the shard of a key is found: range, modulo, consistent or rendezvous.
    replicas : int, default 1
        On how many database nodes each part lies, 1 to 4.
    day : str, default "diurnal"
        Of which day it is shown where the time goes: diurnal, flash_crowd, hot_key or node_loss.
    prediction : str, optional
        See `Lab`. The question is the share of requests that are answered in time on the worst of the four days, in percent.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = WholeSystemLab(cache=10_000)
    >>> lab.result.worst, lab.answer() < 99
    ('node_loss', True)
    """

    title = "The whole system"
    question = "A crowd, a hot key, a lost node: on the worst of these days, what share of the users still has an answer in time?"
    main = "cache"

    cache = Slider("cache", [0, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 8_000, 10_000, 12_000, 15_000, 20_000], default=0, unit="answers")
    eviction = Choice("eviction", EVICTIONS, default="lru")
    balancer = Choice("balancer", BALANCERS, default="round_robin")
    minimum = Slider("fewest servers", [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 30, 40], default=2)
    maximum = Slider("most servers", [1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 30, 40], default=20)
    target = Slider("autoscaler's target", [20, 30, 40, 50, 60, 70, 80, 90, 100], default=60, unit="%")
    shards = Slider("shards", [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24], default=4)
    strategy = Choice("shard of a key", STRATEGIES, default="modulo")
    replicas = Slider("copies of each shard", [1, 2, 3, 4], default=1)
    day = Choice("show the day", KINDS, default="diurnal")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of machines alone, of a cache alone, of copies, and of all of it at any price."""
        return STORY

    def idle(self) -> list[str]:
        """Name what nothing depends on: eviction without a cache."""
        return [] if self.cache else ["eviction"]

    def design(self) -> Design:
        """Say what is chosen.

        Returns
        -------
        Design
        """
        servers = {"minimum": self.minimum, "maximum": max(self.minimum, self.maximum), "target": self.target / 100}
        return Design(self.shards, self.strategy, self.replicas, self.cache, self.eviction, self.balancer, **servers)

    def simulate(self) -> WholeSystemTrial:
        """Let all four days come to the design."""
        return runs.trial(self.day, self.design())

    def answer(self) -> float:
        """Give the share of requests that are answered in time on the worst day, in percent."""
        return 100 * self.result.outcomes[self.result.worst].availability

    def chart(self) -> Chart:
        """Show cost against the 99th percentile, what every day came to, and where the time goes on one of them."""
        return Chart((self._trade(), self._days(), self._parts()))

    def _trade(self) -> Panel:
        result = self.result
        times, costs = zip(*FRONT, strict=True)
        right = above(max(6.0, 1.2 * result.cost))
        marks = (
            Points("this design", [result.cost], [result.p99], "main"),
            Line("cheapest known", [*costs, costs[-1]], [*times, TIMEOUT], "other"),
            Rule(f"{BUDGET:.2f} €", BUDGET, role="reference"),
            Rule(f"{GOAL:g} s", GOAL, axis="y", role="reference"),
        )
        y = Axis("99th percentile", (0.5, 6), unit="s", scale="log", names=[(time, f"{time:g}") for time in (0.5, 0.7, 1, 2, 3, 5)])
        return Panel("What it costs, and how long users wait", Axis("cost of an hour", (0, right), unit="€"), y, marks)

    def _days(self) -> Panel:
        outcomes = self.result.outcomes
        middle = [outcome.p50 for outcome in outcomes.values()]
        rest = [outcome.p99 - outcome.p50 for outcome in outcomes.values()]
        labels = [f"{_seconds(outcome.p99)}, {_percent(outcome.availability)} answered" for outcome in outcomes.values()]
        bars = Bars(list(KINDS.values()), [("median", middle), ("99th percentile", rest)], labels, selected=list(KINDS).index(self.day))
        return Panel("What every day comes to", Axis("median solid, 99th percentile hatched", (0, TIMEOUT), unit="s"), None, (bars,))

    def _parts(self) -> Panel:
        everyone, slowest = self.result.spent, self.result.slowest
        more = [max(0.0, slowest[part] - everyone[part]) for part in PARTS]
        labels = [f"{_seconds(everyone[part])}, {_seconds(slowest[part])}" for part in PARTS]
        bars = Bars(PARTS, [("all requests", list(everyone.values())), ("the slowest hundredth", more)], labels, selected=self._longest())
        longest = max(*everyone.values(), *slowest.values())
        limit = above(1.05 * longest)
        axis = Axis("mean solid, of the slowest hundredth hatched", (0, limit), unit="s")
        return Panel(f"Where the time goes: {KINDS[self.day]}", axis, None, (bars,))

    def _longest(self) -> int:
        return int(np.argmax(list(self.result.slowest.values())))

    def describe(self) -> str:
        """Say which promises are kept and at what cost, and where the slowest lose their time."""
        result = self.result
        worst = result.outcomes[result.worst]
        first = f"An hour costs {result.cost:.2f} €, 99 of 100 wait {_seconds(result.p99)} at most on the worse of the ordinary days"
        first += f", and {_percent(worst.availability)} are answered in time on the worst day ({KINDS[result.worst]})"
        broken = [
            name
            for name, kept in (
                (f"{GOAL:g} s", result.p99 <= GOAL),
                (f"{100 * PROMISED:g} %", worst.availability >= PROMISED),
                (f"{BUDGET:.2f} €", result.cost <= BUDGET),
            )
            if not kept
        ]
        second = "All promises are kept" if not broken else f"Not kept: {', '.join(broken)}"
        part = PARTS[self._longest()]
        second += f"; on the day shown ({KINDS[self.day]}) the slowest hundredth spends most of its time {_PLACES[part]}"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give the numbers of every day.

        Returns
        -------
        pandas.DataFrame
            Columns ``day``, ``p50`` and ``p99`` in seconds, ``availability``, ``cost`` in euros an hour, ``hit_ratio``, and the loads of all
            servers, all database nodes and the busiest node.
        """
        columns = {"servers": "server_load", "nodes": "node_load"}
        rows = [{"day": KINDS[kind]} | outcome._asdict() for kind, outcome in self.result.outcomes.items()]
        return pd.DataFrame(rows).rename(columns=columns)

    def scene(self) -> Scene:
        """Play the requests of the day's worst moment: past the cache, through servers and database, and back."""
        return scene(self.result.day)


_PLACES = {
    "cache": "at the cache",
    "waiting for a server": "waiting for a server",
    "server": "in a server",
    "waiting for the database": "waiting for the database",
    "database": "in the database",
}


def _seconds(time: float) -> str:
    return f"{time:.2f} s" if time >= 0.1 else f"{1_000 * time:.0f} ms" if time >= 0.0095 else f"{1_000 * time:.1f} ms"


def _percent(share: float) -> str:
    return f"{np.floor(10_000 * share) / 100:g} %" if share > 0.99 else f"{100 * share:.0f} %"
