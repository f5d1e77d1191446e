"""The films of the streaming lab: five minutes over a line, by each controller and by somebody who knew the future."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from labsupport import workloads
from labsupport.simulators import streaming
from labsupport.simulators.numbering import read_only
from labsupport.simulators.streaming import DURATION, Floats, Optimum, Session

SEGMENTS = 75  # five minutes
FILM = SEGMENTS * DURATION
WINDOW = 64 * 1024 * 8 / 1_000  # kilobits: 64 KiB, what TCP may have on its way unless both ends agree on more
ROUND_TRIPS = {"near": 0.02, "far": 0.2}  # seconds
LEVELS = {"steady": (1.0,), "changing": (0.2, 0.6, 1.2, 2.0), "tunnels": (0.02, 1.2, 1.3, 1.48)}  # in means
STAYS = {"steady": 1.0, "changing": 10.0, "tunnels": 8.0}  # seconds
SEED = 5
GRID = 10  # steps of the optimum's grid in a segment


@lru_cache(maxsize=64)
def line(course: str, bandwidth: float) -> Floats:
    """Return what the line carries, in kbit/s for each second; ``bandwidth`` is its mean as drawn, in Mbit/s."""
    trace = workloads.markov_bandwidth(int(FILM) + 60, LEVELS[course], STAYS[course], SEED)
    return read_only(trace * (1_000 * bandwidth / float(trace.mean())))


def carried(course: str, bandwidth: float, cache: str) -> Floats:
    """Return what comes in each second: no more than a window in each round trip."""
    return np.asarray(np.minimum(line(course, bandwidth), WINDOW / ROUND_TRIPS[cache]))


@lru_cache(maxsize=512)
def watch(controller: str, course: str, bandwidth: float, cache: str, capacity: float, rung: int) -> Session:
    """Watch the film."""
    return streaming.watch(
        controller,
        line(course, bandwidth),
        SEGMENTS,
        capacity=capacity,
        round_trip=ROUND_TRIPS[cache],
        window=WINDOW,
        rung=rung,
    )


@lru_cache(maxsize=256)
def best(course: str, bandwidth: float, cache: str, capacity: float, stall_cost: float, switch_cost: float) -> Optimum:
    """Find how well it could have been watched."""
    return streaming.optimum(
        line(course, bandwidth),
        SEGMENTS,
        stall_cost=stall_cost,
        switch_cost=switch_cost,
        duration=DURATION,
        capacity=capacity,
        round_trip=ROUND_TRIPS[cache],
        window=WINDOW,
        steps=GRID,
    )
