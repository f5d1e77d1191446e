"""Policies: every policy by its name, run over the spans of requests in which the balancer sends to the same servers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from labsupport.simulators.changes import Change
from labsupport.simulators.dispatch import (
    consistent_hash,
    join_idle_queue,
    least_connections,
    random,
    round_robin,
    two_choices,
    weighted_round_robin,
)
from labsupport.simulators.dispatch.fleet import Fleet, Flow, clear_all, set_speed
from labsupport.simulators.hashing import hash_keys
from labsupport.simulators.placement.consistent import new_ring

POLICIES = (
    "random",
    "round_robin",
    "weighted_round_robin",
    "least_connections",
    "weighted_least_connections",
    "two_choices",
    "join_idle_queue",
    "consistent_hash",
    "least_work_left",
)
BY_CHANCE = ("random", "two_choices", "join_idle_queue")
POINTS_PER_SERVER = 100
"""How many points of the ring a server of average weight has."""
CHUNK = 1 << 14
"""Random numbers are drawn for that many requests at a time: few enough to stay close to the processor."""


def run(
    policy: str,
    fleet: Fleet,
    flow: Flow,
    changes: Sequence[Change],
    members: Mapping[float, NDArray[np.int32]],
    generator: np.random.Generator,
    width: int,
    keys: NDArray[np.int64],
    bound: float,
) -> None:
    """Send every request.

    Servers change their speeds by ``changes``, and ``members`` says from which moments on the balancer sends to which servers;
    ``width`` is how many random numbers each request has, ``keys`` what it is about, for consistent hashing.
    """
    moments = sorted({*members, *(change.time for change in changes)})
    borders = np.searchsorted(flow.arrivals, [*moments, math.inf]).tolist()
    for moment, (begin, end) in zip(moments, pairwise(borders), strict=True):
        for change in changes:
            if change.time == moment:
                set_speed(fleet, flow, change.server, change.speed, moment)
        if moment in members:
            fleet, flow = fleet._replace(members=members[moment]), flow._replace(since=begin)
        if begin == end:
            continue
        clear_all(fleet, flow, flow.arrivals[begin])
        part = flow._replace(begin=begin, end=end)
        if policy in BY_CHANCE:
            for first in range(begin, end, CHUNK):
                last = min(first + CHUNK, end)
                _run_by_chance(policy, fleet, part._replace(begin=first, end=last, chances=generator.random((last - first, width))))
        elif policy == "consistent_hash":
            _run_on_ring(fleet, part, keys, bound)
        else:
            _run(policy, fleet, part)


def _run(policy: str, fleet: Fleet, flow: Flow) -> None:
    if policy == "round_robin":
        round_robin.run(fleet, flow)
    elif policy == "weighted_round_robin":
        weighted_round_robin.run(fleet, flow)
    elif policy == "least_work_left":
        join_idle_queue.run(fleet, flow, join_idle_queue.earliest(fleet), False)
    else:
        least_connections.run(fleet, flow, least_connections.crowds(fleet), least_connections.departures(fleet, flow))


def _run_by_chance(policy: str, fleet: Fleet, flow: Flow) -> None:
    if policy == "random":
        random.run(fleet, flow)
    elif policy == "join_idle_queue":
        join_idle_queue.run(fleet, flow, join_idle_queue.earliest(fleet), True)
    elif flow.chances.shape[1] == 2 <= fleet.members.size:
        two_choices.run_pairs(fleet, flow)
    else:
        two_choices.run(fleet, flow)


def _run_on_ring(fleet: Fleet, flow: Flow, keys: NDArray[np.int64], bound: float) -> None:
    ring = new_ring(tuple(range(fleet.speeds.size)), POINTS_PER_SERVER, fleet.weights / fleet.weights.mean())
    if fleet.members.size < fleet.speeds.size:
        ring = replace(ring, owners=consistent_hash.remaining_owners(ring, fleet.members))
    if math.isinf(bound):
        homes = np.empty(keys.size, dtype=np.int64)
        homes[flow.begin : flow.end] = ring.place(keys[flow.begin : flow.end])
        consistent_hash.run(fleet, flow, homes)
    else:
        points = np.searchsorted(ring.positions, hash_keys(keys)) % ring.positions.size
        consistent_hash.run_bounded(fleet, flow, ring.owners, points, least_connections.departures(fleet, flow), bound)
