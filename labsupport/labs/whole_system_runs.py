"""Whole-system runs: the days that the lab plays, and what a design makes of each, computed once and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from labsupport.simulators import whole_system
from labsupport.simulators.designs import Design
from labsupport.simulators.whole_system import WholeSystemResult
from labsupport.workloads import Day, shop_day

KINDS = {"diurnal": "usual", "flash_crowd": "flash crowd", "hot_key": "hot key", "node_loss": "node loss"}
ORDINARY = ("diurnal", "hot_key")  # on these the promised percentile holds; on the others users must be answered at all
SEED = 10


class Outcome(NamedTuple):
    """What a day came to: seconds, a share, and euros an hour."""

    p50: float
    p99: float
    availability: float
    cost: float
    hit_ratio: float
    servers: float
    nodes: float
    busiest_node: float


@lru_cache(maxsize=4)
def day(kind: str) -> Day:
    """Return the day of a kind that the lab plays."""
    return shop_day(kind, SEED)


@lru_cache(maxsize=4)  # some megabytes each
def run(kind: str, design: Design) -> WholeSystemResult:
    """Let a day come to a design."""
    return whole_system.simulate(day(kind), design)


@lru_cache(maxsize=4_096)
def outcome(kind: str, design: Design) -> Outcome:
    """Say what a day came to."""
    result = run(kind, design)
    loads = result.utilizations
    used = (loads["servers"], loads["database"], loads["busiest node"])
    return Outcome(result.p50, result.p99, result.availability, result.cost_per_hour, result.hit_ratio, *used)


@dataclass(frozen=True)
class WholeSystemTrial:
    """A design, what every kind of day came to, one of these days in full, and where all requests and the slowest hundredth spent it."""

    design: Design
    outcomes: Mapping[str, Outcome]
    day: WholeSystemResult
    spent: Mapping[str, float]
    slowest: Mapping[str, float]

    @property
    def cost(self) -> float:
        """What it costs on average over the days, in euros an hour."""
        return float(np.mean([outcome.cost for outcome in self.outcomes.values()]))

    @property
    def p99(self) -> float:
        """Response that 99 of 100 do not exceed, in seconds, on the worse of the ordinary days."""
        return max(self.outcomes[kind].p99 for kind in ORDINARY)

    @property
    def worst(self) -> str:
        """The day on which the smallest share was answered in time."""
        return min(self.outcomes, key=lambda kind: self.outcomes[kind].availability)


def trial(kind: str, design: Design) -> WholeSystemTrial:
    """Let all four days come to a design, and look closer at one of them."""
    shown = run(kind, design)
    return WholeSystemTrial(design, {each: outcome(each, design) for each in KINDS}, shown, shown.spent(), shown.spent(0.01))
