"""The distributed-cache lab: what several nodes hold together, how busy each is, and what the database sees when one is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory, workloads
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Columns, Line, Mark, Panel, Role, Rule
from labsupport.labs.controls import Choice, Slider, stops
from labsupport.labs.scene import Scene, State, Station
from labsupport.simulators import caching, distribution, sharding
from labsupport.simulators.distribution import BY_KEY, DistributionResult, Outage

KEYS = 10_000
WARM_UP = 20_000  # requests that fill the nodes before anything is counted
REQUESTS = WARM_UP + 100_000
LOST, BACK = WARM_UP + 30_000, WARM_UP + 65_000  # requests from which a lost node is gone, and there again
STRETCH = 1_000  # requests that one point of the picture over time stands for
HOT = 10  # keys that copies are made of
SIZES = (1, 2, 4, 8, 16)  # numbers of nodes that the curves are drawn through
SHOWN = 300  # requests in a scene

ROUTINGS = {
    "consistent": "by key, on a hash ring",
    "rendezvous": "by key, highest bid",
    "modulo": "by key, modulo",
    "random": "to any node",
}
SHORT = {"consistent": "hash ring", "rendezvous": "highest bid", "modulo": "modulo", "random": "any node"}
MOST_NODES = 16
NODES = {str(node): f"node {node}" for node in range(1, MOST_NODES + 1)}
LOSSES = {"none": "none", "busiest": "the busiest", "idlest": "the least busy", "half": "half of them"} | NODES

STORY: dict[str, dict[str, Any]] = {
    "One large cache": {"routing": "consistent", "nodes": 8, "lost": "none"},
    "Everyone caches everything": {"routing": "random", "nodes": 8, "lost": "none"},
    "A node dies: ring": {"routing": "consistent", "nodes": 8, "lost": "busiest"},
    "A node dies: modulo": {"routing": "modulo", "nodes": 8, "lost": "busiest"},
    "Copy the hot keys": {"routing": "consistent", "nodes": 8, "exponent": 1.2, "copies": 4, "lost": "none"},
}


@dataclass(frozen=True)
class Setting:
    """All that decides where requests go and what the nodes hold.

    Attributes
    ----------
    routing : str
    nodes : int
    copies : int
        Nodes on which each of the hot keys lives.
    exponent : float
        Skew of the popularity.
    lost : tuple of int
        Nodes that are gone from `LOST` to `BACK`.
    """

    routing: str
    nodes: int
    copies: int
    exponent: float
    lost: tuple[int, ...] = ()


@lru_cache(maxsize=4)
def _trace(exponent: float) -> NDArray[np.int64]:
    return workloads.zipf_trace(REQUESTS, KEYS, exponent, seed=4)


@lru_cache(maxsize=8)
def _run(setting: Setting, memory: int) -> DistributionResult:
    copies = setting.copies if setting.routing in BY_KEY else 1
    outages = [Outage(node, LOST, BACK) for node in setting.lost]
    options: dict[str, Any] = {"routing": setting.routing, "hot": range(HOT), "copies": copies, "outages": outages, "seed": 8}
    return distribution.simulate(_trace(setting.exponent), setting.nodes, memory // setting.nodes, **options)


@lru_cache(maxsize=256)
def _misses_by_size(setting: Setting) -> NDArray[np.float64]:
    """Return the share of requests that miss after the warm-up, by what each node can hold: for every size at once."""
    trace, served_by = _trace(setting.exponent), _run(setting, KEYS).served_by  # who serves whom does not depend on the memory
    order = np.argsort(served_by.astype(np.int8), kind="stable")
    distances = np.empty(REQUESTS, dtype=np.int64)
    distances[order] = caching.stack_distances((trace + KEYS * served_by)[order])  # one node behind the other, each with keys of its own
    counted = distances[WARM_UP:]
    hits = np.bincount(counted[counted > 0], minlength=KEYS + 1)
    return np.asarray(1.0 - np.cumsum(hits) / counted.size)


def _missed(setting: Setting, memory: int) -> float:
    """Return the share of requests that miss after the warm-up, if no node is lost."""
    return float(_misses_by_size(setting)[memory // setting.nodes])


@lru_cache(maxsize=256)
def _expected(setting: Setting, memory: int) -> float:
    """Return the same by Che's approximation, for each node with the popularity that it sees."""
    capacity = memory // setting.nodes
    return 1 - sum(share * float(theory.che_hit_ratio(seen, capacity)) for share, seen in _seen(setting))


@lru_cache(maxsize=32)
def _seen(setting: Setting) -> list[tuple[float, NDArray[np.float64]]]:
    """Return what share of the requests each node gets, and the popularity of keys among them; alike nodes are put together."""
    popularity = workloads.zipf_popularity(KEYS, setting.exponent)
    if setting.routing not in BY_KEY:
        return [(1.0, popularity)]
    seen = np.zeros((setting.nodes, KEYS))
    seen[distribution.homes(setting.routing, np.arange(KEYS), setting.nodes)[:, 0], np.arange(KEYS)] = popularity
    if setting.copies > 1:
        homes = distribution.homes(setting.routing, np.arange(HOT), setting.nodes, setting.copies)
        seen[:, :HOT] = 0
        seen[homes, np.arange(HOT)[:, None]] = popularity[:HOT, None] / setting.copies
    return [(float(row.sum()), row[row > 0] / row.sum()) for row in seen if row.any()]


class DistributedCacheLab(Lab[DistributionResult]):
    """Share a cache's memory among nodes, choose who asks which of them, lose one, and see what reaches the database.

    Behind every picture stand 100,000 simulated requests for 10,000 objects of equal size, counted after a warm-up of 20,000. A
    node evicts the least recently used. A lost node is gone from request 30,000 to request 65,000, and comes back empty.

    Parameters
    ----------
    memory : int, default 2000
        How many objects all nodes together can hold, 16 to 10,000; each holds the same part, rounded down.
    nodes : int, default 8
        How many nodes there are, 1 to 16.
    routing : str, default "consistent"
        Which node a request asks: that of its key (consistent, rendezvous, modulo), or any (random).
    copies : int, default 1
        On how many nodes the ten hottest keys live, 1 to 8; on all, if there are fewer.
    exponent : float, default 1.0
        Skew of the popularity, 0 to 1.5.
    lost : str, default "none"
        Which node is lost for a while: none, busiest, idlest, half of them, or one by its number, such as "3"; the last, if there
        are fewer.
    prediction : str, optional
        See `Lab`.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = DistributedCacheLab(nodes=8, memory=2000)
    >>> print(lab.describe().split("; ")[0])
    8 nodes, with requests by key, on a hash ring, send 23 of 100 on to the database
    """

    title = "Distributed cache"
    question = "What do several nodes hold together, how busy is each, and what happens when one is lost?"

    memory = Slider("memory in all", stops(16, KEYS, per_decade=20), default=2_000, unit="objects")
    nodes = Slider("nodes", list(range(1, MOST_NODES + 1)), default=8)
    routing = Choice("a request goes", ROUTINGS, default="consistent")
    copies = Slider("hot-key copies", list(range(1, 9)), default=1)
    exponent = Slider("Zipf exponent", [round(0.1 * step, 1) for step in range(16)], default=1.0)
    lost = Choice("lost node", LOSSES, default="none")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell what by key and anywhere do, what a loss does to each, and what copies are for."""
        return STORY

    def idle(self) -> list[str]:
        """Name the copies where every node may hold every key anyway."""
        return [] if self.routing in BY_KEY else ["copies"]

    def _setting(self, routing: str = "", nodes: int = 0) -> Setting:
        nodes = nodes or self.nodes
        if nodes == 1:  # then there is only one way
            return Setting("random", 1, 1, self.exponent)
        return Setting(routing or self.routing, nodes, min(self.copies, nodes), self.exponent)

    def _losing(self, routing: str = "") -> Setting:
        """Return the setting with the nodes that are lost."""
        setting = self._setting(routing)
        if self.lost == "none":
            return setting
        if self.lost in NODES:
            return replace(setting, lost=(min(int(self.lost), setting.nodes) - 1,))
        loads = np.bincount(_run(setting, KEYS).served_by[:LOST], minlength=self.nodes)
        busy = np.argsort(-loads, kind="stable").tolist()
        lost = {"busiest": busy[:1], "idlest": busy[-1:], "half": busy[: max(1, self.nodes // 2)]}[self.lost]
        return replace(setting, lost=tuple(sorted(lost)))

    def simulate(self) -> DistributionResult:
        """Run the trace through the nodes."""
        return _run(self._losing(), self.memory)

    def answer(self) -> float:
        """Give the share of requests that reach the database."""
        return float(1 - np.mean(self.result.hits[WARM_UP:]))

    @property
    def _other(self) -> str:
        """Another way to the nodes, to be seen beside the chosen one."""
        if self.lost == "none":
            return "random" if self.routing in BY_KEY else "consistent"
        return "consistent" if self.routing == "modulo" else "modulo"

    @property
    def _both(self) -> tuple[tuple[str, Role], tuple[str, Role]]:
        return (self._other, "other"), (self.routing, "main")

    def chart(self) -> Chart:
        """Show what reaches the database – over time if a node is lost, otherwise by the number of nodes – beside each node's load."""
        return Chart((self._by_nodes() if self.lost == "none" else self._over_time(), self._loads()))

    def _by_nodes(self) -> Panel:
        marks = self._guess_band(100)
        for routing, role in self._both:
            misses = {nodes: _missed(self._setting(routing, nodes), self.memory) for nodes in SIZES}
            if role == "main":
                misses[self.nodes] = self.answer()
            marks.append(Line(SHORT[routing], sorted(misses), [100 * misses[nodes] for nodes in sorted(misses)], role))
        expected = [100 * _expected(self._setting(nodes=nodes), self.memory) for nodes in SIZES]
        marks.append(Line(f"{SHORT[self.routing]}, theory", SIZES, expected, "theory"))
        marks.append(Rule("one large cache", 100 * _missed(self._setting(nodes=1), self.memory), axis="y", role="reference"))
        marks.append(Rule(f"{self.nodes} node{'s' * (self.nodes > 1)}: {100 * self.answer():.0f} of 100", self.nodes))
        return Panel("What reaches the database", Axis("nodes that share the memory", (1, 16)), self._reads, tuple(marks))

    def _over_time(self) -> Panel:
        marks = self._guess_band(100)
        for routing, role in self._both:
            time, reads = self._reads_over_time(_run(self._losing(routing), self.memory))
            marks.append(Line(SHORT[routing], time, reads, role))
        marks.append(Rule("one large cache", 100 * _missed(self._setting(nodes=1), self.memory), axis="y", role="reference"))
        marks += [Rule("lost", (LOST - WARM_UP) / 1_000), Rule("back, empty", (BACK - WARM_UP) / 1_000)]
        return Panel("What reaches the database", Axis("requests so far", (0, 100), unit="thousands"), self._reads, tuple(marks))

    @property
    def _reads(self) -> Axis:
        return Axis("database reads per 100 requests", (0, 100))

    def _reads_over_time(self, result: DistributionResult) -> tuple[list[float], list[float]]:
        reads = result.reads_over_time(STRETCH)[WARM_UP // STRETCH :] * (100 / STRETCH)
        return ((np.arange(reads.size) + 0.5) * STRETCH / 1_000).tolist(), reads.tolist()

    @property
    def _relative_loads(self) -> NDArray[np.float64]:
        """The load of each node relative to the mean, while all are there, the busiest first."""
        loads = np.bincount(_run(self._setting(), KEYS).served_by[WARM_UP:], minlength=self.nodes)
        return np.sort(loads / loads.mean())[::-1]

    def _loads(self) -> Panel:
        loads = self._relative_loads
        top = next((top for top in (2, 4, 8) if top > loads[0]), 16)
        places = np.arange(1, self.nodes + 1)
        columns = Columns("each node", (places - 0.4).tolist(), (places + 0.4).tolist(), loads.tolist())
        busiest = Rule(f"busiest: {loads[0]:.1f} × its fair share", 1)
        marks: tuple[Mark, ...] = (Rule("fair share", 1.0, axis="y", role="reference"), columns, busiest)
        return Panel("How busy each node is", Axis("node, the busiest first", (0, 17)), Axis("requests, relative to the mean", (0, top)), marks)

    def describe(self) -> str:
        """Say what reaches the database, what one cache and other ways would do, and what a loss or a hot key does."""
        one = _missed(self._setting(nodes=1), self.memory)
        share = 1 - float(np.mean(_run(self._setting(), self.memory).hits[WARM_UP:]))
        nodes = "1 node sends" if self.nodes == 1 else f"{self.nodes} nodes, with requests {ROUTINGS[self.routing]}, send"
        first = f"{nodes} {100 * share:.0f} of 100 on to the database; one cache with all the memory would send {100 * one:.0f}"
        if self.lost != "none":
            return f"{first}. {self._loss_in_words()}."
        busiest = self._relative_loads[0]
        second = f"The busiest node gets {busiest:.1f} times its fair share; the hottest key alone is "
        return f"{first}. {second}{100 * workloads.zipf_popularity(KEYS, self.exponent)[0]:.2g} % of all requests."

    def _loss_in_words(self) -> str:
        _, reads = self._reads_over_time(self.result)
        lost, before = (LOST - WARM_UP) // STRETCH, float(np.mean(reads[: (LOST - WARM_UP) // STRETCH]))
        worst = max(reads[lost : (BACK - WARM_UP) // STRETCH])
        count = len(self._losing().lost)
        words = f"When {'the only node is' if self.nodes == 1 else 'one node is' if count == 1 else f'{count} nodes are'} lost, database reads go "
        words += f"from {before:.0f} to as many as {worst:.0f} of 100 requests"
        if self.routing in BY_KEY and count < self.nodes:
            left = [node for node in range(self.nodes) if node not in self._losing().lost]
            words += f", as {100 * sharding.moved(self.routing, np.arange(KEYS), self.nodes, left).share:.0f} % of all keys move"
        return words + f"; when {'it is' if count == 1 else 'they are'} back, empty, to {max(reads[(BACK - WARM_UP) // STRETCH :]):.0f}"

    def table(self) -> pd.DataFrame:
        """Give the numbers of every line in the left-hand picture.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory), ``routing``, ``nodes``, ``thousand_requests`` (0 where all are counted together)
            and ``reads_per_100``.
        """
        rows: list[tuple[str, str, int, float, float]] = []
        panel = self._by_nodes() if self.lost == "none" else self._over_time()
        for line in (mark for mark in panel.marks if isinstance(mark, Line)):
            routing = self._other if line.role == "other" else self.routing
            source = "theory" if line.role == "theory" else "simulation"
            for x, y in zip(line.x, line.y, strict=True):
                rows.append((source, routing, int(x), 0.0, y) if self.lost == "none" else (source, routing, self.nodes, x, y))
        return pd.DataFrame(rows, columns=["source", "routing", "nodes", "thousand_requests", "reads_per_100"])

    def scene(self) -> Scene:
        """Show the requests around the loss, or around that moment if there is none."""
        first = LOST - SHOWN // 3
        requests = np.arange(first, first + SHOWN)
        served_by, hits = self.result.served_by[requests], self.result.hits[requests]
        client, database, lost = self.nodes, self.nodes + 1, self._losing().lost
        stays: list[tuple[int, int, float, float, int]] = []
        for thing, (node, hit) in enumerate(zip(served_by.tolist(), hits.tolist(), strict=True)):
            at, kind = float(thing), 0 if hit else 1
            stays.append((thing, client, at, at, kind))
            if node >= 0:
                stays.append((thing, node, at + 4, at + 5, kind))
            if not hit:
                stays.append((thing, database, at + 9, at + 15, kind))
            stays.append((thing, client, at + (9 if hit else 19), at + (9 if hit else 19), kind))
        apart = 0.06 if self.nodes > 8 else 0.0  # many nodes stand in two columns, so that their names have room
        losing = [f"lost at {LOST - first}" if node in lost else "" for node in range(self.nodes)]
        clicks = ["none" if node in lost else str(node + 1) for node in range(self.nodes)]  # another click brings it back
        stations = [
            Station(f"node {node + 1}", 0.5 + (apart if node % 2 else -apart), (node + 0.5) / self.nodes, losing[node], sets={"lost": clicks[node]})
            for node in range(self.nodes)
        ]
        stations += [Station("clients", 0.08, 0.5, slots=0), Station("database", 0.9, 0.5, slots=0, layout="heap")]
        things, places, enter, leave, kinds = (list(column) for column in zip(*stays, strict=True))
        links = [(client, node) for node in range(self.nodes)] + [(node, database) for node in range(self.nodes)]
        changes: list[tuple[float, int, State]] = [(float(LOST - first), node, "down") for node in lost]
        names = ("answered by a node", "read from the database")
        title = f"{SHOWN} requests {'on their way' if self.lost == 'none' else 'around the loss'}"
        return Scene(
            title, stations, things, places, enter, leave, kind=kinds, kinds=names, links=links, changes=changes, unit="requests", seconds=20
        )
