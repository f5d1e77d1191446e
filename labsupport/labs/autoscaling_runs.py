"""Autoscaling runs: the days that the autoscaler lab plays, and what the autoscalers make of them, computed once and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labsupport.simulators import autoscaling, vertical_autoscaling
from labsupport.simulators.autoscaling import AutoscalingResult
from labsupport.simulators.autoscaling_rules import DOWN, Rules

TICK = autoscaling.SYNC_PERIOD
TICKS = round(24 * 3_600 / TICK)
LOW, HIGH = 4.0, 20.0  # cores that the users' work takes at night, and at noon
MOST = 100  # pods
PODS = 12  # whose size the vertical autoscaler sets
DAYS = 3  # all alike, that it has had to learn from when the last of them is shown, that one included
PRICE = 0.04  # euros for an hour of a core
TARGETS = list(range(30, 100, 5))  # percent


class Setting(NamedTuple):
    """All that the autoscaler lab sets but the target: the day, who scales, its times in seconds, and its tolerance."""

    day: str
    scaler: str
    window: float
    startup: float
    minimum: int
    tolerance: float = 0.1


@lru_cache(maxsize=8)
def demand(day: str) -> NDArray[np.float64]:
    """Draw what the users' work takes, in cores, for 24 hours."""
    hours = np.arange(TICKS) * TICK / 3_600
    generator = np.random.default_rng(66)
    cores = LOW + (HIGH - LOW) * np.sin(np.pi * np.clip((hours - 6) / 16, 0, 1)) ** 2
    cores *= 1 + 0.04 * generator.standard_normal(TICKS)
    if day == "crowd":
        cores[(hours >= 14) & (hours < 14.75)] *= 2.2
    if day == "restless":
        cores *= 1 + 0.3 * np.where(np.arange(TICKS) // 12 % 2 == 0, 1, -1)  # up and down every 3 minutes
    cores.flags.writeable = False
    return cores


@lru_cache(maxsize=1024)
def run(setting: Setting, target: int) -> AutoscalingResult:
    """Let the pods follow the day."""
    cores = demand(setting.day)
    if setting.scaler == "vertical":
        size = HIGH / PODS / 0.5
        repeated = np.tile(cores, DAYS)
        days = vertical_autoscaling.simulate(repeated, replicas=PODS, request=size, percentile=target / 100, startup=setting.startup)
        last = slice(-TICKS, None)
        return AutoscalingResult(TICK, days.demand[last], days.replicas[last], days.ready[last], days.request[last], days.used[last])
    if setting.scaler == "fixed":
        count = fixed(setting.day, target)
        return autoscaling.simulate(cores, minimum=count, maximum=count, initial=count)
    down = Rules(setting.window, DOWN.policies)
    first = int(min(max(setting.minimum, np.ceil(100 * cores[0] / target)), MOST))
    least, allowed, startup = setting.minimum, setting.tolerance, setting.startup
    share = target / 100
    return autoscaling.simulate(cores, target=share, minimum=least, maximum=MOST, initial=first, tolerance=allowed, down=down, startup=startup)


def fixed(day: str, target: int) -> int:
    """Return how many pods would keep to the target even in the busiest quarter of an hour."""
    quarters = demand(day).reshape(-1, 60).mean(axis=1)
    return int(min(np.ceil(100 * quarters.max() / target), MOST))


def needed(day: str) -> float:
    """Return the cost of a day, in euros, if there were at every moment just as much CPU as is used."""
    return float(demand(day).sum()) * TICK / 3_600 * PRICE


def cost(result: AutoscalingResult) -> float:
    """Return what the pods cost that day, in euros."""
    return result.core_hours * PRICE
