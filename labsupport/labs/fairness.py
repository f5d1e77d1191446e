"""The fair-share lab: two users who need CPU and memory in different proportions, and their pods on the nodes of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Columns, Mark, Panel, Role, Rule, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.scene import Scene, Station
from labsupport.simulators import fairness, packing
from labsupport.simulators.fairness import SharingResult
from labsupport.simulators.packing import PackingResult

NODES = 20
NODE = (9.0, 18.0)  # CPUs and GB of each: the paper's machine
RESOURCES = ("CPU", "memory")
RULES = {"dominant": "dominant resources equal", "cpu": "CPU equal", "memory": "memory equal"}
PACKINGS = {
    "next_fit": "next fit",
    "first_fit": "first fit",
    "best_fit": "best fit",
    "worst_fit": "worst fit",
    "first_fit_decreasing": "first fit, large first",
    "best_fit_decreasing": "best fit, large first",
}
SHORT = ("next", "first", "best", "worst", "first ↓", "best ↓")  # in one line each: a browser draws no other
STORY: dict[str, dict[str, Any]] = {
    "The paper's example": {},
    "Equal CPU": {"rule": "cpu"},
    "Ana pays twice as much": {"weight": 2},
    "What does not fit together": {"first_cpu": 5, "first_memory": 4, "second_cpu": 2, "second_memory": 10, "packing": "next_fit"},
    "Alike": {"first_cpu": 2, "first_memory": 4, "second_cpu": 2, "second_memory": 4},
}


@dataclass(frozen=True)
class FairShareLabResult:
    """What the simulators said.

    Attributes
    ----------
    sharing : SharingResult
        Who may run how many pods, as if the cluster were one large machine.
    placed : PackingResult
        On which nodes they are, in the order in which they were granted.
    """

    sharing: SharingResult
    placed: PackingResult


@lru_cache(maxsize=256)
def _sharing(first: tuple[float, float], second: tuple[float, float], weight: float, rule: str) -> SharingResult:
    only = {"dominant": None, "cpu": 0, "memory": 1}[rule]
    return fairness.share([NODES * amount for amount in NODE], [first, second], weights=[weight, 1.0], only=only)


@lru_cache(maxsize=1024)
def _placed(first: tuple[float, float], second: tuple[float, float], weight: float, rule: str, policy: str) -> PackingResult:
    sharing = _sharing(first, second, weight, rule)
    return packing.pack(policy, sharing.demands[sharing.order], NODE)


class FairShareLab(Lab[FairShareLabResult]):
    """Share a cluster between two users by dominant resource fairness, and put their pods on its nodes.

    The cluster has 20 nodes with 9 CPUs and 18 GB each. Ana's and Ben's pods need so much of both, and each wants to run as many
    as possible. Shares are taken of the whole cluster, as if it were one machine; then the pods are put on nodes in the order granted.

    Parameters
    ----------
    first_cpu, first_memory : int, default 1 and 4
        What a pod of Ana's needs: CPUs, 1 to 9, and GB, 1 to 18.
    second_cpu, second_memory : int, default 3 and 1
        What a pod of Ben's needs.
    weight : int, default 1
        How many times Ben's due Ana is entitled to, 1 to 4.
    rule : str, default "dominant"
        What is made equal: each one's share of what it needs most (dominant), or the shares of cpu or memory alone.
    packing : str, default "first_fit"
        How pods are put on nodes: next_fit, first_fit, best_fit, worst_fit, first_fit_decreasing or best_fit_decreasing.
    prediction : str, optional
        See `Lab`. The question is which share of what she needs most Ana gets.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = FairShareLab()
    >>> lab.result.sharing.tasks, round(lab.answer(), 3)
    (array([60., 40.]), 0.667)
    """

    title = "Fair shares"
    question = "Ana's pods need mostly memory, Ben's mostly CPU. Which share of the memory does Ana get, if it is fair?"
    main = "first_memory"

    first_cpu = Slider("Ana: CPUs a pod", list(range(1, 10)), default=1)
    first_memory = Slider("Ana: memory a pod", [*range(1, 11), 12, 14, 16, 18], default=4, unit="GB")
    second_cpu = Slider("Ben: CPUs a pod", list(range(1, 10)), default=3)
    second_memory = Slider("Ben: memory a pod", [*range(1, 11), 12, 14, 16, 18], default=1, unit="GB")
    weight = Slider("Ana's due", [1, 2, 3, 4], default=1, unit="× Ben's")
    rule = Choice("made equal", RULES, default="dominant")
    packing = Choice("pods go to nodes by", PACKINGS, default="first_fit")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of the paper's example, of other rules, and of pods that do not fit together."""
        return STORY

    @property
    def _case(self) -> tuple[tuple[float, float], tuple[float, float], float, str]:
        return (self.first_cpu, self.first_memory), (self.second_cpu, self.second_memory), self.weight, self.rule

    def simulate(self) -> FairShareLabResult:
        """Grant pods one by one, and put them on nodes."""
        return FairShareLabResult(_sharing(*self._case), _placed(*self._case, self.packing))

    def answer(self) -> float:
        """Give Ana's share of what she needs most."""
        return float(self.result.sharing.dominant[0])

    def chart(self) -> Chart:
        """Show who has which share of what, beside how many nodes that takes."""
        return Chart((self._shares(), self._nodes()))

    def _shares(self) -> Panel:
        sharing = self.result.sharing
        marks: list[Mark] = []
        marks += self._guess_band(100)
        places = np.arange(1, 3)
        users: list[tuple[str, Role]] = [("Ana", "main"), ("Ben", "other")]
        for user, (name, role) in enumerate(users):
            left = places - 0.35 + 0.35 * user
            marks.append(Columns(name, left.tolist(), (left + 0.35).tolist(), (100 * sharing.shares[user]).tolist(), role))
        marks.append(Rule(f"Ana: {100 * self.answer():.0f} %", 100 * self.answer(), axis="y", role="reference"))
        names = [(float(place), name) for place, name in zip(places, RESOURCES, strict=True)]
        return Panel("Who has which share", Axis("", (0.4, 2.6), names=names), Axis("share of the cluster", (0, 100), unit="%"), tuple(marks))

    def _nodes(self) -> Panel:
        chosen = list(PACKINGS).index(self.packing)
        needed = [_placed(*self._case, policy).node_count for policy in PACKINGS]
        marks: list[Mark] = []
        ours: list[tuple[str, list[int], Role]] = [
            (PACKINGS[self.packing], [chosen], "main"),
            ("the others", [place for place in range(len(needed)) if place != chosen], "other"),
        ]
        for label, places, role in ours:
            marks.append(Columns(label, [p + 0.6 for p in places], [p + 1.4 for p in places], [needed[p] for p in places], role))
        marks.append(Rule(f"there are {NODES}", NODES, axis="y", role="reference"))
        names = [(float(place + 1), name) for place, name in enumerate(SHORT)]
        top = above(max(1.15 * max(needed), NODES + 2))
        return Panel(
            "How many nodes these pods need", Axis("fit (↓ the large ones first)", (0.4, 6.6), names=names), Axis("nodes", (0, top)), tuple(marks)
        )

    @property
    def _fewest(self) -> int:
        sharing = self.result.sharing
        return packing.fewest_nodes(sharing.demands[sharing.order], NODE)

    def describe(self) -> str:
        """Say who may run how much, and whether it fits on the nodes."""
        sharing, placed = self.result.sharing, self.result.placed
        most = [RESOURCES[int(np.argmax(shares))] if shares.any() else "nothing" for shares in sharing.shares]
        first = f"Ana may run {sharing.tasks[0]:.0f} pods and has {100 * sharing.dominant[0]:.0f} % of the {most[0]}"
        first += f", Ben {sharing.tasks[1]:.0f} and {100 * sharing.dominant[1]:.0f} % of the {most[1]}"
        first += f"; {100 * sharing.used[0]:.0f} % of the CPU and {100 * sharing.used[1]:.0f} % of the memory are in use"
        second = f"By {PACKINGS[self.packing]} their pods need {placed.node_count} nodes, where no packing can do with fewer than {self._fewest}"
        if placed.node_count > NODES:
            second += f": {int(np.sum(placed.nodes >= NODES))} pods must wait, though CPU and memory for them are free in pieces"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give shares under every rule.

        Returns
        -------
        pandas.DataFrame
            Columns ``rule``, ``user``, ``pods``, ``cpu_share``, ``memory_share`` and ``dominant_share``.
        """
        rows = []
        for rule in RULES:
            sharing = _sharing(*self._case[:3], rule)
            for user, name in enumerate(("Ana", "Ben")):
                rows.append((rule, name, sharing.tasks[user], *sharing.shares[user], sharing.dominant[user]))
        return pd.DataFrame(rows, columns=["rule", "user", "pods", "cpu_share", "memory_share", "dominant_share"])

    def scene(self) -> Scene:
        """Grant the pods one by one; who finds no node waits."""
        order, nodes = self.result.sharing.order, self.result.placed.nodes
        count = order.size
        turn = np.arange(count) + 1.0
        stations = [Station("pods granted", 0.08, 0.35, slots=0), Station("no node has room", 0.08, 0.8, slots=0, layout="heap")]
        stations += [Station(f"{node + 1}", 0.28 + 0.17 * (node % 5), 0.14 + 0.24 * (node // 5), slots=0, layout="heap") for node in range(NODES)]
        at = np.where(nodes < NODES, nodes + 2, 1)
        return Scene(
            f"{count} pods for {NODES} nodes",
            stations,
            thing=np.tile(np.arange(count), 2),
            station=np.concatenate((np.zeros(count, dtype=int), at)),
            enter=np.concatenate((turn - 1, turn)),
            leave=np.concatenate((turn - 0.5, np.full(count, np.inf))),
            kind=np.tile(order, 2),
            kinds=("Ana's pod", "Ben's pod"),
            noun="pod",
            unit="pods",
        )
