"""The scatter–gather lab: a query split over many shards is as slow as the slowest of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from labsupport.labs import gathering_runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Line, Mark, Panel, Rule
from labsupport.labs.controls import Choice, Slider, stops
from labsupport.labs.gathering_runs import FANOUTS, SLOW
from labsupport.labs.gathering_scene import scene
from labsupport.labs.scene import Scene
from labsupport.simulators.gathering import GatheringResult

LATENCIES = {
    "exponential": "exponential",
    "lognormal": "log-normal",
    "pareto": "Pareto: a heavy tail",
    "bimodal": "quick, but 1 in 50 slow",
}
HEDGES = {
    "never": "never",
    "p50": "after the median",
    "p80": "after the 80th percentile",
    "p90": "after the 90th percentile",
    "p95": "after the 95th percentile",
    "p99": "after the 99th percentile",
}
STORY: dict[str, dict[str, Any]] = {
    "One in a hundred": {"fanout": 100, "latency": "exponential"},
    "A heavy tail": {"fanout": 30, "latency": "pareto"},
    "Ask once more": {"fanout": 100, "latency": "bimodal", "hedge": "p95"},
    "One cause for all": {"fanout": 100, "latency": "bimodal", "hedge": "p95", "shared": 1.0},
    "Answer with what is there": {"fanout": 100, "latency": "bimodal", "deadline": 50},
}
TIMES = (1.0, 1_000.0)  # ms on the axis
GRID = np.round(np.geomspace(*TIMES, 49), 3)


def _of_hundred(share: float) -> str:
    """Say a share as so many of 100, with a digit more where it is small."""
    hundred = 100 * share
    return f"{hundred:.0f}" if hundred >= 9.95 or hundred == 0 else f"{hundred:.1f}" if hundred >= 0.05 else "under 0.1"


@dataclass(frozen=True)
class ScatterGatherLabResult:
    """What the scatter–gather lab's simulator said.

    Attributes
    ----------
    queries : GatheringResult
        What became of the queries, with the deadline.
    limit : float
        The 99th percentile of one shard's latency, in milliseconds: what takes longer is called slow.
    delay : float or None
        When second copies are sent, in milliseconds.
    """

    queries: GatheringResult
    limit: float
    delay: float | None


class ScatterGatherLab(Lab[ScatterGatherLabResult]):
    """Split queries over more and more shards, and see how the slowest of them decides.

    Behind every picture stand 10,000 queries, with up to 1,000,000 answers of shards. One shard's latency is 10 ms on average; what
    takes it longer than in 99 of 100 cases is called slow.

    Parameters
    ----------
    fanout : int, default 100
        How many shards each query needs, 1 to 100.
    latency : str, default "exponential"
        How one shard's latency is distributed: exponential, lognormal, pareto or bimodal.
    hedge : str, default "never"
        When a part that has no answer yet is sent once more: never, p50, p80, p90, p95 or p99, a percentile of one shard's latency.
    deadline : int, default 1000
        When a query is answered with the parts that are there, in milliseconds, 5 to 1,000.
    shared : float, default 0
        Share of the queries in which one cause – a full network, say – makes all parts and their second copies equally fast or slow, 0 to 1.
    prediction : str, optional
        See `Lab`.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = ScatterGatherLab(fanout=100)
    >>> print(lab.describe().split(". ")[0])
    Of 100 queries to 100 shards each, 64 take longer than the 46 ms that one shard exceeds once in 100 times; theory expects 63
    """

    title = "Scatter–gather"
    question = "One answer of a shard in 100 is slow. How many of the queries that need many shards are slow?"
    main = "fanout"

    fanout = Slider("shards asked", FANOUTS, default=100)
    latency = Choice("latency of a shard", LATENCIES, default="exponential")
    hedge = Choice("ask once more", HEDGES, default="never")
    deadline = Slider("deadline", stops(5, 1_000), default=1_000, unit="ms")
    shared = Slider("one cause for all", [round(0.05 * step, 2) for step in range(21)], default=0.0, unit="of queries")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of tails, and of what helps against them and when it does not."""
        return STORY

    @property
    def _percentile(self) -> float | None:
        return None if self.hedge == "never" else int(self.hedge[1:]) / 100

    def simulate(self) -> ScatterGatherLabResult:
        """Send all queries to their shards."""
        percentile = self._percentile
        delay = None if percentile is None else gathering_runs.percentile(self.latency, percentile)
        queries = gathering_runs.run(self.latency, self.shared, percentile, self.fanout, self.deadline)
        return ScatterGatherLabResult(queries, gathering_runs.limit(self.latency), delay)

    def answer(self) -> float:
        """Give the share of the queries that are slow."""
        return self.result.queries.slow_share(self.result.limit)

    def chart(self) -> Chart:
        """Show how long one shard and whole queries take, beside what more shards do."""
        return Chart((self._distributions(), self._shares()))

    def _answered(self, fanout: int, hedge: float | None) -> list[float]:
        responses = gathering_runs.ordered(self.latency, self.shared, hedge, fanout)
        return [float(share) for share in np.searchsorted(responses, GRID, "right") / responses.size]

    def _distributions(self) -> Panel:
        times, hedge = GRID.tolist(), self._percentile
        marks: list[Mark] = [Line("one shard", times, self._answered(1, None), "reference")]
        if hedge is not None:
            marks.append(Line("asked only once", times, self._answered(self.fanout, None), "other"))
        marks.append(Line("whole query", times, self._answered(self.fanout, hedge)))
        late = gathering_runs.late_in_theory(self.latency, self.shared, hedge, self.fanout, GRID)
        marks.append(Line("theory", times, (1 - late).tolist(), "theory"))
        if self.deadline < TIMES[1]:
            marks.append(Rule(f"deadline {self.deadline:,} ms", self.deadline))
        else:
            marks.append(Rule(f"slow: beyond {self.result.limit:.0f} ms", self.result.limit, role="reference"))
        return Panel("How long an answer takes", Axis("time", TIMES, unit="ms", scale="log"), Axis("share answered", (0, 1)), tuple(marks))

    def _slow(self, fanout: int, hedge: float | None) -> float:
        """Give the share of slow queries; none is slower than the deadline."""
        if self.deadline <= self.result.limit:
            return 0.0
        return gathering_runs.late_share(self.latency, self.shared, hedge, fanout, self.result.limit)

    def _slow_in_theory(self, fanouts: list[int]) -> list[float]:
        if self.deadline <= self.result.limit:
            return [0.0] * len(fanouts)
        late = gathering_runs.late_in_theory(self.latency, self.shared, self._percentile, fanouts, self.result.limit)
        return [float(share) for share in late]

    def _incomplete(self, fanout: int) -> float:
        return gathering_runs.late_share(self.latency, self.shared, self._percentile, fanout, self.deadline)

    def _shares(self) -> Panel:
        fanouts, hedge = sorted({*FANOUTS, self.fanout}), self._percentile
        marks = self._guess_band()
        if hedge is not None:
            marks.append(Line("asked only once", fanouts, [self._slow(fanout, None) for fanout in fanouts], "other"))
        if self.deadline < TIMES[1]:
            marks.append(Line("incomplete at the deadline", fanouts, [self._incomplete(fanout) for fanout in fanouts], "reference"))
        marks.append(Line("slow", fanouts, [self._slow(fanout, hedge) for fanout in fanouts]))
        marks.append(Line("theory", fanouts, self._slow_in_theory(fanouts), "theory"))
        marks.append(Rule(f"{self.fanout} {'shard' if self.fanout == 1 else 'shards'}: {_of_hundred(self.answer())} % slow", self.fanout))
        return Panel("What more shards do", Axis("shards asked", (1, 100), scale="log"), Axis("share of queries", (0, 1)), tuple(marks))

    def describe(self) -> str:
        """Say how many queries are slow, what theory expects, how long they take, and what second copies and the deadline do."""
        queries, limit = self.result.queries, self.result.limit
        first = f"Of 100 queries to {self.fanout} {'shard' if self.fanout == 1 else 'shards each'}, {_of_hundred(self.answer())} take longer"
        first += f" than the {limit:.0f} ms that one shard exceeds once in {round(1 / SLOW)} times"
        first += f"; theory expects {_of_hundred(self._slow_in_theory([self.fanout])[0])}"
        alone = gathering_runs.percentile(self.latency, 0.5)
        second = f"Half of all are answered within {np.median(queries.responses):.0f} ms, where one shard needs {alone:.0f}"
        if self.result.delay is not None:
            once = self._slow(self.fanout, None)
            second += f"; asking once more after {self.result.delay:.0f} ms sends {_of_hundred(queries.extra_requests)} % more requests"
            second += f", and without it {_of_hundred(once)} would be slow"
        if self.deadline < TIMES[1] and queries.complete_share < 1:
            second += f"; at the deadline {_of_hundred(1 - queries.complete_share)} of 100 are incomplete"
            second += f", though {_of_hundred(queries.completeness)} % of the parts are there"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give the numbers behind the picture.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory), ``fanout``, ``quantity`` and ``value``. Quantities are slow_share and
            incomplete_share for every fan-out, and extra_requests, completeness, median and p99 (ms) for the one chosen.
        """
        hedge = self._percentile
        fanouts = sorted({*FANOUTS, self.fanout})
        rows: list[tuple[str, int, str, float]] = []
        incomplete = gathering_runs.late_in_theory(self.latency, self.shared, hedge, fanouts, float(self.deadline))
        for fanout, slow, part in zip(fanouts, self._slow_in_theory(fanouts), incomplete, strict=True):
            rows += [("simulation", fanout, "slow_share", self._slow(fanout, hedge)), ("theory", fanout, "slow_share", slow)]
            rows += [("simulation", fanout, "incomplete_share", self._incomplete(fanout)), ("theory", fanout, "incomplete_share", float(part))]
        queries = self.result.queries
        median, p99 = np.percentile(queries.responses, [50, 99])
        values = {"extra_requests": queries.extra_requests, "completeness": queries.completeness, "median": median, "p99": p99}
        rows += [("simulation", self.fanout, quantity, float(value)) for quantity, value in values.items()]
        return pd.DataFrame(rows, columns=["source", "fanout", "quantity", "value"])

    def scene(self) -> Scene:
        """Show the parts of the first queries on their way to the shards and back."""
        first = gathering_runs.first(self.latency, self.shared)[:12, : self.fanout]
        hedge = self._percentile
        second = None if hedge is None else gathering_runs.second(self.latency, self.shared)[:12, : self.fanout]
        return scene(first, second, self.result.delay, float(self.deadline))
