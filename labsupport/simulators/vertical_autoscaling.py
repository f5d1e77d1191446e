"""Vertical autoscaling: how large pods are as their use comes and goes, by Kubernetes' recommender."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.autoscaling import MOST_REPLICAS, NEAR, SYNC_PERIOD, AutoscalingResult, Floats, Numbers, checked_demand
from labsupport.simulators.numbering import read_only


# What a pod uses goes into a histogram whose buckets grow by 5 %, with a weight that doubles in every half-life, so that what is old
# counts less and less. The request that is recommended is the upper end of the bucket in which the percentile lies, and a margin.
# Where it differs enough from what is set, pods are restarted one after the other, each with the new request and limit
# (Kubernetes' vertical-pod-autoscaler, the recommender's defaults: 90 %, a margin of 15 %, a half-life of 24 hours).
@kernel
def _resize(
    demand: Floats,
    tick: float,
    pods: int,
    headroom: float,
    percentile: float,
    margin: float,
    half_life: float,
    every: int,
    threshold: float,
    least: float,
    most: float,
    startup: float,
    ready: Numbers,
    request: Floats,
    used: Floats,
) -> None:
    weights = np.zeros(400)
    size, until = request[0], -1.0
    for now in range(demand.size):
        working = pods - 1 if now * tick < until - NEAR else pods
        ready[now], request[now] = working, size
        used[now] = min(demand[now], working * size * headroom)
        each = used[now] / working if working > 0 else 0.0
        bucket = 0 if each < 0.01 else min(399, 1 + int(np.log(1 + (each - 0.01) * 0.05 / 0.0105) / np.log(1.05)))
        weights *= 0.5 ** (tick / half_life)
        weights[bucket] += 1.0
        if now % every == every - 1 and now * tick >= until - NEAR:
            wanted, total = percentile * weights.sum(), 0.0
            place = 0
            while place < 399:
                total += weights[place]
                if total >= wanted - NEAR:
                    break
                place += 1
            end = 0.01 + 0.0105 * (1.05**place - 1) / 0.05
            wish = min(max(end * (1 + margin), least), most)
            if abs(wish / size - 1) > threshold:
                size = wish
                until = (now + 1) * tick + pods * startup


def simulate(
    demand: Any,
    *,
    replicas: int,
    request: float = 1.0,
    headroom: float = 1.0,
    percentile: float = 0.9,
    margin: float = 0.15,
    half_life: float = 86_400.0,
    every: float = 3_600.0,
    threshold: float = 0.1,
    smallest: float = 0.025,
    largest: float = 8.0,
    startup: float = 30.0,
    tick: float = SYNC_PERIOD,
) -> AutoscalingResult:
    """Let the vertical autoscaler fit the pods' requests to what they use.

    It sees only what is used: a pod that its limit holds back seems to need no more than that. All pods are restarted for another
    request, one after the other.

    Parameters
    ----------
    demand : array_like of float, shape (ticks,)
        CPU that the users' work asks for, in cores, at least 0. Not written to.
    replicas : int
        How many pods there are, 1 to 10,000.
    request : float, optional
        CPU that each asks for at the beginning, in cores, above 0.
    headroom : float, optional
        What a pod may use over its request, at least 1: the limit moves with the request.
    percentile, margin : float, optional
        Which percentile of the use is recommended, above 0 and at most 1, and what is added to it.
    half_life : float, optional
        Seconds after which what was seen counts half, above 0.
    every : float, optional
        Seconds between two recommendations, at least a tick.
    threshold : float, optional
        How far a recommendation must be from the request for a restart, at least 0.
    smallest, largest : float, optional
        Between which requests stay, in cores, above 0.
    startup, tick : float, optional
        As for horizontal `autoscaling.simulate`.

    Returns
    -------
    AutoscalingResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Kubernetes documentation, "Vertical Pod Autoscaling"; Rzadca et al., "Autopilot: Workload Autoscaling at Google", EuroSys 2020.

    Examples
    --------
    >>> result = simulate([2.0] * 480, replicas=4, request=2.0)
    >>> round(float(result.request[-1]), 2), result.restarts
    (0.59, 1)
    """
    work = checked_demand(demand)
    pods = checks.integer("replicas", replicas, 1, MOST_REPLICAS)
    length = checks.number("tick", tick, above=0)
    low = checks.number("smallest", smallest, above=0)
    high = checks.number("largest", largest, minimum=low)
    asked = np.full(work.size, checks.number("request", request, above=0))
    options = (
        checks.number("headroom", headroom, minimum=1),
        checks.number("percentile", percentile, above=0, maximum=1),
        checks.number("margin", margin, minimum=0),
        checks.number("half_life", half_life, above=0),
        max(1, round(checks.number("every", every, minimum=length) / length)),
        checks.number("threshold", threshold, minimum=0),
    )
    delay = checks.number("startup", startup, minimum=0)
    ready, used = np.zeros(work.size, dtype=np.int64), np.zeros(work.size)
    _resize(work, length, pods, *options, low, high, delay, ready, asked, used)
    return AutoscalingResult(length, work, read_only(np.full(work.size, pods)), read_only(ready), read_only(asked), read_only(used))
