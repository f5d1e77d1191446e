"""The hot-node lab: ten servers, nine of them at 80 %, one at 100 %, and what the whole job sees of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Panel
from labsupport.labs.controls import Slider
from labsupport.labs.marks import Columns, Line, Mark, Rule
from labsupport.labs.scene import Scene, Station
from labsupport.simulators import hot_node

SERVICE = 10.0  # milliseconds that a node works for a question on average, at a load of 100 %
QUESTIONS = 120_000  # a request that asks many nodes is many questions
SHOWN = 600  # questions that come while the scene plays
MOST_THERE = 150  # questions that are there when it begins
SETTLED = 95  # percent: beyond, this run is too short to come near the steady state that theory speaks of
WARM_UP = 6  # one part in six is not counted
SHARES = np.concatenate((np.linspace(1, 0.1, 40), np.geomspace(0.1, 0.001, 40)))  # where the distributions are drawn
TIMES = (1.0, 100_000.0)  # milliseconds on the axis

STORY: dict[str, dict[str, Any]] = {
    "Everybody asks one": {"hot": 100, "fanout": 1},
    "Everybody asks all": {"hot": 100, "fanout": 10},
    "None is hot": {"hot": 80, "fanout": 10},
    "Too hot": {"hot": 110, "fanout": 3},
    "Twenty ask twenty": {"hot": 95, "nodes": 20, "fanout": 20},
}


@lru_cache(maxsize=4)
def _simulate(hot: float, others: float, nodes: int, fanout: int) -> hot_node.ClusterResult:
    """Let requests ask neighbouring nodes, so that each node is asked once in 10 ms; node 0 is the hot one."""
    requests = QUESTIONS // fanout
    generator = np.random.default_rng(16)  # a seed whose sample lies near theory
    gaps = generator.standard_exponential(requests)
    arrivals = np.cumsum(gaps) * SERVICE * fanout / (nodes * gaps.mean())  # the means as drawn, so that the loads are as set
    targets = (generator.integers(0, nodes, requests)[:, np.newaxis] + np.arange(fanout)) % nodes
    speeds = np.full(nodes, 100 / others)
    speeds[0] = 100 / hot
    work = generator.standard_exponential((requests, fanout))
    return hot_node.simulate(arrivals, work * SERVICE / work.mean(), targets, speeds)


def _counted(times: NDArray[Any]) -> NDArray[Any]:
    """Return the times after the warm-up."""
    return times[times.shape[0] // WARM_UP :]


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:,.3g} s"


@dataclass(frozen=True)
class HotNodeLabResult:
    """What the simulator said.

    Attributes
    ----------
    now : ClusterResult
        The cluster as set; its first node is the hot one.
    even : ClusterResult
        The same requests, if no node were hotter than the others.
    """

    now: hot_node.ClusterResult
    even: hot_node.ClusterResult


class HotNodeLab(Lab[HotNodeLabResult]):
    """Let one node of a cluster run hotter than the others, and see who feels it.

    Behind every picture stand 120,000 simulated questions to nodes, of which the first sixth is not counted. Each node is asked
    once in 10 ms, at random, and its work is exponential; a request asks one or several nodes and waits for the slowest.

    Parameters
    ----------
    hot : int, default 100
        Load of the hot node, in percent, from 10 to 120. From 100 on there is no steady state.
    others : int, default 80
        Load of all other nodes, in percent, from 10 to 95.
    nodes : int, default 10
        How many nodes there are, from 2 to 20.
    fanout : int, default 1
        How many of them each request asks, from 1 to 20; all, if there are fewer.
    prediction : str, optional
        See `Lab`. The question is how many times as long requests take on average as if no node were hot.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = HotNodeLab(hot=95, fanout=10)
    >>> lab.answer() > 1.5
    True
    """

    title = "One hot node"
    question = "Ten servers, nine at 80 %, one at 100 %: how much slower is the whole job?"

    hot = Slider("hot node", [10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92, 94, 95, 96, 97, 98, 99, 100, 105, 110, 120], default=100, unit="%")
    others = Slider("other nodes", [10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95], default=80, unit="%")
    nodes = Slider("nodes", [2, 3, 5, 10, 20], default=10)
    fanout = Slider("nodes asked", [1, 2, 3, 5, 10, 20], default=1)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of requests that ask one node, and of such that ask all."""
        return STORY

    @property
    def _width(self) -> int:
        return int(min(self.fanout, self.nodes))

    def simulate(self) -> HotNodeLabResult:
        """Run the cluster as set, and the same without a hot node."""
        return HotNodeLabResult(*(_simulate(hot, self.others, self.nodes, self._width) for hot in (self.hot, self.others)))

    def answer(self) -> float:
        """Give how many times as long requests take on average as if no node were hot."""
        return float(_counted(self.result.now.responses).mean() / _counted(self.result.even.responses).mean())

    def chart(self) -> Chart:
        """Show how long requests take beside how long each node takes."""
        return Chart((self._requests(), self._nodes()))

    def _requests(self) -> Panel:
        marks: list[Mark] = []
        for label, cluster in ((f"all at {self.others:g} %", self.result.even), (f"one at {self.hot:g} %", self.result.now)):
            times = np.sort(_counted(cluster.responses))
            slower = np.clip(times[np.rint((1 - SHARES) * (times.size - 1)).astype(int)], *TIMES)
            marks.append(Line(label, slower.tolist(), SHARES.tolist(), "main" if cluster is self.result.now else "reference"))
        if self._width == 1 and self.hot <= SETTLED:
            marks.append(Line("in theory", *self._in_theory(), "theory"))
        marks.append(Rule("1 in 100", 0.01, axis="y", role="reference"))
        axis = Axis("time until the slowest has answered", TIMES, unit="ms", scale="log")
        return Panel("Which share of the requests takes longer", axis, Axis("share of requests", (0.001, 1), scale="log"), tuple(marks))

    def _in_theory(self) -> tuple[list[float], list[float]]:
        """Mix the tails of the nodes: each is M/M/1, and each is asked as often as the others."""
        times = np.geomspace(*TIMES, 60)
        hot, other = (theory.mmc_response_tail(1 / SERVICE, 100 / (load * SERVICE), 1, times) for load in (self.hot, self.others))
        tail = (np.asarray(hot) + (self.nodes - 1) * np.asarray(other)) / self.nodes
        return times[tail >= 0.001].tolist(), tail[tail >= 0.001].tolist()

    def _node_means(self) -> NDArray[np.float64]:
        now = self.result.now
        nodes, answers = _counted(now.targets).ravel(), _counted(now.answers).ravel()
        count = np.bincount(nodes, minlength=now.loads.size)
        return np.asarray(np.bincount(nodes, weights=answers, minlength=now.loads.size) / np.maximum(count, 1))

    def _nodes(self) -> Panel:
        means = np.clip(self._node_means(), *TIMES)
        places = np.arange(means.size) + 1
        marks = (
            Columns("the hot node", [0.6], [1.4], means[:1].tolist()),
            Columns("the others", (places[1:] - 0.4).tolist(), (places[1:] + 0.4).tolist(), means[1:].tolist(), "other"),
        )
        title = "How long each node takes to answer"
        return Panel(title, Axis("node", (0.4, means.size + 0.6)), Axis("mean answer", TIMES, unit="ms", scale="log"), marks)

    def describe(self) -> str:
        """Say how much slower requests are for the hot node, how often they wait for it, and whether that ends."""
        now, asked = self.result.now, self._width
        mean = float(_counted(now.responses).mean())
        even = float(_counted(self.result.even.responses).mean())
        waiting = 100 * float(np.mean(now.slowest[now.slowest.size // WARM_UP :] == 0))
        whom = "one node" if asked == 1 else f"all {asked} nodes" if asked == self.nodes else f"{asked} of {self.nodes} nodes"
        first = f"Requests that ask {whom} take {_time(mean)} on average, {mean / even:.1f} times as long as if all were at {self.others:g} %"
        first += f", and {waiting:.0f} of 100 wait for the first node"
        level = f"though the nodes are at {100 * now.loads.mean():.0f} % on average"
        if self.hot >= 100:
            second = f"At {self.hot:g} % there is no steady state: the longer this runs, the slower it gets, {level}"
        else:
            means = self._node_means()
            second = f"That one answers in {_time(means[0])}, the others in {_time(means[1:].mean())}, {level}"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give the nodes as numbers.

        Returns
        -------
        pandas.DataFrame
            Columns ``node``, ``load``, ``utilization`` and ``mean_answer`` in milliseconds; the first is the hot one.
        """
        now = self.result.now
        numbers = {"load": now.loads, "utilization": now.utilizations, "mean_answer": self._node_means()}
        return pd.DataFrame({"node": np.arange(1, now.loads.size + 1), **numbers})

    def scene(self) -> Scene:
        """Play a stretch from the middle of the run; who is there when it begins, stands in line already."""
        begin, things = self._stretch()
        now, count = self.result.now, int(self.nodes)
        arrivals = np.maximum(np.repeat(now.arrivals, self._width)[things], begin)
        answers, targets = now.answers.ravel()[things], now.targets.ravel()[things]
        finishes = np.repeat(now.arrivals, self._width)[things] + answers
        nodes = [
            Station(f"node {node + 1}", 0.85, float(place), f"{100 * now.loads[node]:.0f} %")
            for node, place in enumerate((np.arange(count) + 0.5) / count)
        ]
        return Scene(
            f"{things.size} questions to {count} nodes, the first at {self.hot:g} %",
            [Station("users", 0.06, 0.5, slots=0), *nodes],
            thing=np.tile(np.arange(things.size), 2),
            station=np.concatenate((np.zeros(things.size, dtype=int), targets + 1)),
            enter=np.tile(arrivals, 2) - begin,
            leave=np.concatenate((arrivals, finishes)) - begin,
            kind=np.tile((targets == 0).astype(int), 2),
            value=np.concatenate((np.full(things.size, np.nan), answers)),
            kinds=("question", "question to the hot node"),
            measure="answer (ms)",
            noun="question",
            unit="ms",
        )

    def _stretch(self) -> tuple[float, NDArray[np.int64]]:
        """Return when the scene begins, and its questions: those who are there then, not too many to be seen, and those who come."""
        now = self.result.now
        arrivals = np.repeat(now.arrivals, self._width)
        finishes = arrivals + now.answers.ravel()
        half = now.arrivals[: now.arrivals.size // 2]
        present = np.arange(half.size) * self._width - np.searchsorted(np.sort(finishes), half, side="right")
        first = int(np.flatnonzero(present <= MOST_THERE)[-1])
        begin, coming = float(half[first]), first * self._width
        there = np.flatnonzero(finishes[:coming] > begin)
        return begin, np.concatenate((there, np.arange(coming, coming + SHOWN // self._width * self._width)))
