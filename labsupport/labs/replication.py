"""The replication lab: how many copies, how many answers to wait for, and what that gives away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from labsupport import theory
from labsupport.labs import replication_runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Bars, Chart, Line, Mark, Panel, Points, Rule, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.replication_runs import Cluster
from labsupport.labs.replication_scene import scene
from labsupport.labs.scene import Scene
from labsupport.simulators.quorums import QuorumResult

MOST = 5  # copies, and answers to wait for
QUORUMS = list(range(1, MOST + 1))
STATES = {"up": "works", "killed": "killed"}
DISKS = {"kept": "keeps its data", "lost": "loses its data"}
RETURNS = {"copies": "copies what it missed", "goes_on": "goes on with what it has"}
STORY: dict[str, dict[str, Any]] = {
    "Quick but old": {"read_quorum": 1, "write_quorum": 1, "delay": 50},
    "Majorities": {"read_quorum": 2, "write_quorum": 2, "delay": 50},
    "Write all, read one": {"read_quorum": 1, "write_quorum": 3},
    "The network is cut": {"nodes": 5, "read_quorum": 3, "write_quorum": 3, "cut": 0.2},
    "Two copies on disks that die": {"nodes": 2, "down": 0.2, "disk": "lost"},
}
RAREST = 1e-5  # of the shares on the axis: one of the 100,000 requests


def _percent(share: float) -> str:
    """Say a share in percent, with two digits even where it is small or nearly all."""
    hundred = 100 * share
    if share in (0.0, 1.0):
        return f"{hundred:.0f}"
    return f"{hundred:.2g}" if hundred < 1 else f"{hundred:.1f}" if hundred < 99 else f"{hundred:.3f}"


@dataclass(frozen=True)
class ReplicationLabResult:
    """What the replication lab's simulator said.

    Attributes
    ----------
    chosen : QuorumResult
        How reads and writes fare under the chosen quorums.
    reads : tuple of QuorumResult
        The same under the chosen write quorum and each read quorum, from 1 to 5.
    """

    chosen: QuorumResult
    reads: tuple[QuorumResult, ...]


class ReplicationLab(Lab[ReplicationLabResult]):
    """Keep copies of one object on nodes that fail, wait for more or fewer of their answers, and see what fails and what is old.

    Behind every picture stand 100,000 simulated requests, half of them writes, and every one is sent to all copies. Time is compressed:
    a node is repaired within 1 s on average, and a request fails if it has not heard from enough nodes after 1 s.

    Parameters
    ----------
    nodes : int, default 3
        How many nodes keep a copy, 1 to 5.
    read_quorum, write_quorum : int, default 1
        How many answers a read and a write wait for, 1 to 5.
    down : float, default 0.1
        Share of the time that each node is down, 0 to 0.5.
    delay : int, default 20
        Mean time a message takes, there or back, in milliseconds, 1 to 500.
    cut : float, default 0
        Share of the time that the network is cut in two, 0 to 0.5.
    rate : int, default 10
        Requests per second from all users, 1 to 100.
    disk : str, default "kept"
        What a node that fails does with its data: kept or lost.
    returning : str, default "copies"
        What a node does that returns: copies what it missed from the nodes it reaches, or goes_on with what it has.
    node_1, node_2, node_3, node_4, node_5 : str, default "up"
        Whether a node is up, failing now and then, or killed.
    prediction : str, optional
        See `Lab`.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = ReplicationLab(nodes=3, read_quorum=2, write_quorum=2, down=0.1)
    >>> print(lab.describe().split(". ")[0])
    Of 3 copies, reads wait for 2 and writes for 2: 2.8 % of the reads and 2.8 % of the writes fail; theory expects 2.8 % and 2.8 %
    """

    title = "Replicated cluster"
    question = "How many of the reads return something old, and how many requests fail?"
    main = "read_quorum"

    nodes = Slider("copies", QUORUMS, default=3)
    read_quorum = Slider("a read waits for", QUORUMS, default=1, unit="of them")
    write_quorum = Slider("a write waits for", QUORUMS, default=1, unit="of them")
    down = Slider("a node is down", [0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5], default=0.1, unit="of the time")
    delay = Slider("a message takes", [1, 2, 5, 10, 20, 50, 100, 200, 300, 500], default=20, unit="ms")
    cut = Slider("the network is cut", [0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5], default=0.0, unit="of the time")
    rate = Slider("users ask", [1, 2, 5, 10, 20, 50, 100], default=10, unit="times per s")
    disk = Choice("a node that fails", DISKS, default="kept")
    returning = Choice("a node that returns", RETURNS, default="copies")
    node_1 = Choice("node 1", STATES, default="up")
    node_2 = Choice("node 2", STATES, default="up")
    node_3 = Choice("node 3", STATES, default="up")
    node_4 = Choice("node 4", STATES, default="up")
    node_5 = Choice("node 5", STATES, default="up")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of five clusters and what each gives away."""
        return STORY

    def idle(self) -> list[str]:
        """Name the nodes that are not there, and what matters only when something fails."""
        resting = [f"node_{number}" for number in QUORUMS if number > self.nodes]
        if self.down == 0:
            resting.append("disk")
        if self.down == 0 and self.cut == 0:
            resting.append("returning")
        return [*resting, "cut"] if self.nodes == 1 else resting

    @property
    def _cluster(self) -> Cluster:
        dead = tuple(node for node in range(self.nodes) if getattr(self, f"node_{node + 1}") == "killed")
        cut = self.cut if self.nodes > 1 else 0.0
        return Cluster(self.nodes, self.down, self.delay, cut, self.rate, self.disk == "lost", self.returning == "copies", dead)

    def simulate(self) -> ReplicationLabResult:
        """Run the cluster, and look at it under every read quorum."""
        reads = tuple(replication_runs.under(self._cluster, quorum, self.write_quorum) for quorum in QUORUMS)
        return ReplicationLabResult(reads[self.read_quorum - 1], reads)

    def answer(self) -> float:
        """Give the share of the answered reads that return something old."""
        return self.result.chosen.old_share

    def chart(self) -> Chart:
        """Show how many requests fail beside how many reads are old, for every quorum."""
        return Chart((self._failures(), self._age()))

    def _failures(self) -> Panel:
        marks: list[Mark] = []
        expected = [(quorum, 1 - replication_runs.availability(self._cluster, quorum)) for quorum in QUORUMS]
        found = [(quorum, 1 - result.read_availability) for quorum, result in zip(QUORUMS, self.result.reads, strict=True)]
        for kind, label, pairs in ((Line, "theory: k out of n", expected), (Points, "simulated", found)):
            drawn = [(quorum, share) for quorum, share in pairs if share >= RAREST]
            if drawn:
                quorums, shares = [quorum for quorum, _ in drawn], [share for _, share in drawn]
                marks.append(kind(label, quorums, shares, "theory" if kind is Line else "main"))
        if self.read_quorum == self.write_quorum:
            marks.append(Rule(f"reads and writes wait for {self.read_quorum}", self.read_quorum))
        else:
            marks += [Rule(f"reads: {self.read_quorum}", self.read_quorum), Rule(f"writes: {self.write_quorum}", self.write_quorum, role="reference")]
        x = Axis("answers waited for", (0.5, MOST + 0.5), names=[(float(quorum), str(quorum)) for quorum in QUORUMS])
        y = Axis("requests that fail", (RAREST, 1), scale="log", names=[(10.0**power, f"{10.0 ** (power + 2):g} %") for power in range(-5, 1)])
        return Panel("How many requests fail", x, y, tuple(marks))

    def _age(self) -> Panel:
        stale = [100 * result.stale_share for result in self.result.reads]
        either = [100 * result.old_share for result in self.result.reads]
        bars = Bars(
            [f"read {quorum}, write {self.write_quorum}" for quorum in QUORUMS],
            [("missed a write", stale), ("went back", [both - one for both, one in zip(either, stale, strict=True)])],
            [self._age_in_words(quorum, result) for quorum, result in zip(QUORUMS, self.result.reads, strict=True)],
            selected=self.read_quorum - 1,
        )
        axis = Axis("old reads per 100: missed a write solid, went back hatched", (0, above(max(1.0, *either), (1, 2, 5, 10))))
        return Panel("How many reads are old", axis, None, (bars,))

    def _age_in_words(self, quorum: int, result: QuorumResult) -> str:
        if result.read_availability == 0:
            return "no read is ever answered"
        missed = f"{_percent(result.stale_share)} % missed a write"
        back = result.old_share - result.stale_share
        words = missed + (f", {_percent(back)} % went back" if back else "")
        return words + (" (overlap)" if quorum + self.write_quorum > self.nodes else "")

    def describe(self) -> str:
        """Say how many requests fail, what theory expects, how many reads are old, why, and what was lost."""
        chosen, cluster = self.result.chosen, self._cluster
        reads, writes = self.read_quorum, self.write_quorum
        first = f"Of {self.nodes} {'copy' if self.nodes == 1 else 'copies'}, reads wait for {reads} and writes for {writes}: "
        first += f"{_percent(1 - chosen.read_availability)} % of the reads and {_percent(1 - chosen.write_availability)} % of the writes fail"
        expected = [_percent(1 - replication_runs.availability(cluster, quorum)) for quorum in (reads, writes)]
        first += f"; theory expects {expected[0]} % and {expected[1]} %"
        if chosen.read_availability == 0:
            second = "No read is ever answered"
        elif reads + writes > self.nodes:
            second = f"Any {reads} and any {writes} of {self.nodes} have a copy in common, and {_percent(chosen.stale_share)} % of the reads"
            second += " miss an acknowledged write"
            second += ", which copies without their data have forgotten" if chosen.stale_share else ""
            if back := chosen.old_share - chosen.stale_share:
                second += f", though {_percent(back)} % return less than an earlier read, since a write that runs or has failed is on some copies"
        else:
            second = f"{_percent(chosen.stale_share)} % of the reads miss an acknowledged write"
            second += f": as {reads} + {writes} is not more than {self.nodes}, they may hear from other copies than the write did"
        if chosen.lost.size or self.disk == "lost":
            lost, theirs = chosen.lost.size, replication_runs.losses_per_second(cluster) * self._seconds
            second += f"; the last copy of what was written was lost {lost:,} {'time' if lost == 1 else 'times'} (theory: {theirs:,.0f})"
        return f"{first}. {second}."

    @property
    def _seconds(self) -> float:
        """How long the run lasts."""
        return float(replication_runs.run(self._cluster).arrivals[-1])

    def table(self) -> pd.DataFrame:
        """Give the numbers for every read quorum, with the chosen write quorum.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory), ``read_quorum``, ``write_quorum``, ``quantity`` and ``value``. Quantities are
            read_availability, write_availability, stale_share, reverted_share, lost_writes, and in theory missed_quorum: how likely a
            read would miss a write that never got further than its quorum.
        """
        rows: list[tuple[str, int, int, str, float]] = []
        cluster, writes = self._cluster, self.write_quorum
        for quorum, result in zip(QUORUMS, self.result.reads, strict=True):
            names = ("read_availability", "write_availability", "stale_share", "reverted_share")
            rows += [("simulation", quorum, writes, name, float(getattr(result, name))) for name in names]
            rows.append(("simulation", quorum, writes, "lost_writes", float(result.lost.size)))
            rows.append(("theory", quorum, writes, "read_availability", replication_runs.availability(cluster, quorum)))
            rows.append(("theory", quorum, writes, "write_availability", replication_runs.availability(cluster, writes)))
            rows.append(("theory", quorum, writes, "lost_writes", replication_runs.losses_per_second(cluster) * self._seconds))
            if max(quorum, writes) <= self.nodes:
                missed = float(theory.missed_quorum_probability(self.nodes, quorum, writes))
                rows.append(("theory", quorum, writes, "missed_quorum", missed))
        return pd.DataFrame(rows, columns=["source", "read_quorum", "write_quorum", "quantity", "value"])

    def scene(self) -> Scene:
        """Show reads and writes on their way to the nodes and back."""
        return scene(self._cluster, self.read_quorum, self.write_quorum)
