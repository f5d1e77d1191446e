"""Horizontal autoscaling: how many pods there are as load comes and goes, by Kubernetes' published algorithm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.autoscaling_rules import DOWN, SELECTIONS, UP, Rules
from labsupport.simulators.numbering import read_only

SYNC_PERIOD = 15.0  # seconds, Kubernetes' default
MOST_REPLICAS = 10_000
MOST_TICKS = 20_000_000
NEAR = 1e-9  # so that 0.3 / 0.1 is no more than 3

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class AutoscalingResult:
    """How the pods followed the load; one entry for each tick.

    Attributes
    ----------
    tick : float
        How long a tick is, in seconds.
    demand : ndarray of float64, shape (ticks,)
        CPU that the users' work asks for, in cores. Read-only.
    replicas : ndarray of int64, shape (ticks,)
        How many pods there are, those that are still starting included: what is paid for. Read-only.
    ready : ndarray of int64, shape (ticks,)
        How many of them do work. Read-only.
    request : ndarray of float64, shape (ticks,)
        CPU that each pod asks for, in cores: what is kept free for it, and paid for. Read-only.
    used : ndarray of float64, shape (ticks,)
        CPU that all of them used, in cores: no more than their limits allow. Read-only.
    """

    tick: float
    demand: Floats
    replicas: Numbers
    ready: Numbers
    request: Floats
    used: Floats

    @property
    def utilization(self) -> Floats:
        """CPU used over CPU requested by the pods that do work; 0 where none does."""
        asked = self.ready * self.request
        return np.divide(self.used, asked, out=np.zeros(asked.size), where=asked > 0)

    @property
    def turned_away(self) -> float:
        """Share of the work that found no free CPU and was not done."""
        total = float(self.demand.sum())
        return 1 - float(self.used.sum()) / total if total > 0 else 0.0

    @property
    def overloaded(self) -> float:
        """Share of the time in which some work was turned away."""
        return float(np.mean(self.used < self.demand * (1 - NEAR)))

    @property
    def core_hours(self) -> float:
        """CPU paid for, in hours of a core."""
        return float((self.replicas * self.request).sum()) * self.tick / 3_600

    @property
    def changes(self) -> int:
        """How often the number of replicas was changed."""
        return int(np.count_nonzero(np.diff(self.replicas)))

    @property
    def reversals(self) -> int:
        """How often it was changed in the other direction than the time before: flapping."""
        steps = np.diff(self.replicas)
        directions = np.sign(steps[steps != 0])
        return int(np.count_nonzero(np.diff(directions)))

    @property
    def restarts(self) -> int:
        """How many times all pods were restarted with another request."""
        return int(np.count_nonzero(np.diff(self.request)))


# desired = ⌈current · metric / target⌉, but for a ratio within the tolerance of 1. Pods without a metric are taken to use just the
# target where the others say "fewer", and nothing where they say "more"; pods that are not ready, to use nothing where they say
# "more". If that turns the direction round, or brings the ratio within the tolerance, nothing is done (Kubernetes documentation,
# "Horizontal Pod Autoscaling", section "Algorithm details").
@kernel
def _desired(total: float, measured: int, missing: int, unready: int, current: int, target: float, tolerance: float) -> int:
    if measured == 0:
        return current
    ratio = total / (measured * target)
    counted = measured
    settled = ratio
    if missing > 0:
        counted += missing
        settled = (total + (missing * target if ratio < 1 else 0.0)) / (counted * target)
    if unready > 0 and ratio > 1:
        counted += unready
        settled = settled * (counted - unready) / counted
    if abs(settled - 1) <= tolerance + NEAR or (ratio < 1) != (settled < 1):
        return current
    return int(np.ceil(settled * counted - NEAR))


# How far the policies of one direction let the number go: each counts from the replicas there were when its period began, so what was
# changed within it is taken back first. Changes stand in `steps`, one for each tick.
@kernel
def _limit(policies: Floats, select: int, up: bool, current: int, steps: Numbers, now: int, tick: float) -> int:
    if select == 2:
        return current
    best = 0
    for number in range(policies.shape[0]):
        began = current
        first = max(0, now - int(np.ceil(policies[number, 2] / tick - NEAR)) + 1)
        for earlier in range(first, now):
            began -= steps[earlier]
        value = policies[number, 1]
        if up:
            allowed = int(np.ceil(began * (1 + value / 100) - NEAR)) if policies[number, 0] == 1 else began + int(value)
        else:
            allowed = int(np.floor(began * (1 - value / 100) + NEAR)) if policies[number, 0] == 1 else began - int(value)
        wider = allowed > best if up == (select == 0) else allowed < best
        if number == 0 or wider:
            best = allowed
    return max(best, current) if up else min(best, current)


@kernel
def _scale(
    demand: Floats,
    tick: float,
    request: float,
    limit: float,
    target: float,
    tolerance: float,
    least: int,
    most: int,
    up: Floats,
    up_select: int,
    up_window: float,
    down: Floats,
    down_select: int,
    down_window: float,
    startup: float,
    replicas: Numbers,
    ready: Numbers,
    used: Floats,
) -> None:
    ready_at = np.zeros(most)  # of each pod, the oldest first; the youngest go first
    said, steps = np.zeros(demand.size, dtype=np.int64), np.zeros(demand.size, dtype=np.int64)
    current = replicas[0]
    for now in range(demand.size):
        working = 0
        for pod in range(current):
            working += ready_at[pod] <= now * tick + NEAR
        replicas[now], ready[now] = current, working
        used[now] = min(demand[now], working * limit)

        wish = _desired(used[now] / request, working, 0, current - working, current, target, tolerance)
        wish = min(max(wish, least), most)
        said[now] = wish
        lowest, highest = wish, wish
        for earlier in range(max(0, now - int(np.ceil(max(up_window, down_window) / tick - NEAR)) + 1), now):
            if (now - earlier) * tick < up_window:
                lowest = min(lowest, said[earlier])
            if (now - earlier) * tick < down_window:
                highest = max(highest, said[earlier])
        wish = min(max(current, lowest), highest)
        if wish > current:
            wish = min(wish, _limit(up, up_select, True, current, steps, now, tick))
        elif wish < current:
            wish = max(wish, _limit(down, down_select, False, current, steps, now, tick))
        wish = min(max(wish, least), most)
        steps[now] = wish - current
        for pod in range(current, wish):
            ready_at[pod] = (now + 1) * tick + startup
        current = wish


def desired_replicas(utilizations: Any, target: float, *, ready: Any = None, tolerance: float = 0.1) -> int:
    """Return how many replicas the horizontal autoscaler recommends, before windows, policies and limits.

    Parameters
    ----------
    utilizations : array_like of float, shape (pods,)
        CPU use of each pod over its request; NaN where the metric is missing. Not written to.
    target : float
        What it should be, above 0.
    ready : array_like of bool, shape (pods,), optional
        Which pods are ready; all if left out. Of the others the metric does not count.
    tolerance : float, optional
        How far the ratio may be from 1 without any change, at least 0.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Notes
    -----
    The documentation says that pods without a metric are taken to use "100 % of the desired value" where the others ask for fewer;
    the controller's source takes 100 % of the request for CPU. Here it is as documented.

    References
    ----------
    Kubernetes documentation, "Horizontal Pod Autoscaling", section "Algorithm details".

    Examples
    --------
    The documentation's own: twice the target doubles, half of it halves, and near it nothing changes.

    >>> desired_replicas([0.2, 0.2, 0.2], 0.1), desired_replicas([0.05] * 4, 0.1), desired_replicas([0.105, 0.11], 0.1)
    (6, 2, 2)
    """
    values = np.asarray(utilizations)
    if values.ndim != 1 or not values.size or values.dtype.kind not in "fiu":
        raise ValueError(f"utilizations is {utilizations!r}, but must be a list of numbers, one for each pod, at least one")
    wanted = checks.number("target", target, above=0)
    allowed = checks.number("tolerance", tolerance, minimum=0)
    able = np.ones(values.size, dtype=np.bool_) if ready is None else checks.flags("ready", ready, values.size)
    known = able & ~np.isnan(values)
    counted = checks.amounts("utilizations", values[known], kind="utilization") if known.any() else np.zeros(0)
    missing = int(np.count_nonzero(able & ~known))
    return int(_desired(float(counted.sum()), counted.size, missing, int(np.count_nonzero(~able)), values.size, wanted, allowed))


def checked_demand(demand: Any) -> Floats:
    """Return a copy of what the users' work asks for that nobody can write to, or say what is wrong with it."""
    work = checks.amounts("demand", demand, kind="demand")
    if work.size > MOST_TICKS:
        raise ValueError(f"demand holds {work.size:,} numbers, but there must be at most {MOST_TICKS:,} ticks")
    return read_only(work.copy())


def simulate(
    demand: Any,
    *,
    target: float = 0.5,
    minimum: int = 1,
    maximum: int = 100,
    initial: int | None = None,
    request: float = 1.0,
    limit: float | None = None,
    tolerance: float = 0.1,
    up: Rules = UP,
    down: Rules = DOWN,
    startup: float = 30.0,
    tick: float = SYNC_PERIOD,
) -> AutoscalingResult:
    """Let the horizontal autoscaler follow a load.

    At every tick the pods that are ready share the work evenly, each up to its limit; what is too much is turned away. At its end the
    autoscaler sees what they used, and sets the number of replicas for the next tick. A new pod works when it has started; of too
    many, the youngest go first.

    Parameters
    ----------
    demand : array_like of float, shape (ticks,)
        CPU that the users' work asks for, in cores, at least 0. Not written to.
    target : float, optional
        What the utilisation – CPU used over CPU requested – should be, above 0.
    minimum, maximum : int, optional
        Fewest and most replicas, 1 to 10,000.
    initial : int, optional
        How many there are, ready, at the beginning; the minimum if left out.
    request, limit : float, optional
        CPU that each pod asks for, and may use at most, in cores, above 0; the limit is the request if left out.
    tolerance : float, optional
        How far the ratio may be from 1 without any change.
    up, down : Rules, optional
        Windows and policies in either direction; Kubernetes' defaults if left out.
    startup : float, optional
        Seconds until a new pod is ready, at least 0.
    tick : float, optional
        Seconds between two looks, above 0; 15 as is Kubernetes' default.

    Returns
    -------
    AutoscalingResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Kubernetes documentation, "Horizontal Pod Autoscaling", sections "Algorithm details" and "Configurable scaling behavior".

    Examples
    --------
    Six cores' worth of work on two pods looks like two: what cannot be used is not seen, so it takes several rounds.

    >>> result = simulate([1, 1, 6, 6, 6, 6, 6], target=0.5, initial=2, startup=15)
    >>> result.replicas, result.ready
    (array([2, 2, 2, 4, 4, 8, 8]), array([2, 2, 2, 2, 4, 4, 8]))
    """
    work = checked_demand(demand)
    wanted = checks.number("target", target, above=0)
    least = checks.integer("minimum", minimum, 1, MOST_REPLICAS)
    most = checks.integer("maximum", maximum, least, MOST_REPLICAS)
    begin = checks.integer("initial", least if initial is None else initial, least, most)
    asked = checks.number("request", request, above=0)
    cap = asked if limit is None else checks.number("limit", limit, above=0)
    allowed = checks.number("tolerance", tolerance, minimum=0)
    delay = checks.number("startup", startup, minimum=0)
    length = checks.number("tick", tick, above=0)

    replicas, ready = np.full(work.size, begin), np.zeros(work.size, dtype=np.int64)
    used = np.zeros(work.size)
    ways = [(rules.table, SELECTIONS.index(rules.select), float(rules.window)) for rules in (up, down)]
    _scale(work, length, asked, cap, wanted, allowed, least, most, *ways[0], *ways[1], delay, replicas, ready, used)
    return AutoscalingResult(length, work, read_only(replicas), read_only(ready), read_only(np.full(work.size, asked)), read_only(used))
