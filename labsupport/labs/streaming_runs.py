"""The films of the streaming lab: five minutes over a line, by each controller and by somebody who knew the future."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from labsupport import workloads
from labsupport.simulators import streaming_controllers, streaming_optimum
from labsupport.simulators.numbering import read_only
from labsupport.simulators.streaming import DURATION, Floats, Session
from labsupport.simulators.streaming_optimum import Optimum

SEGMENTS = 75  # five minutes
FILM = SEGMENTS * DURATION
WINDOW = 64 * 1024 * 8 / 1_000  # kilobits: 64 KiB, what TCP may have on its way unless both ends agree on more
ROUND_TRIPS = {"near": 0.02, "far": 0.2}  # seconds
LEVELS = {"steady": (1.0,), "changing": (0.2, 0.6, 1.2, 2.0), "tunnels": (0.02, 1.2, 1.3, 1.48)}  # in means
STAYS = {"steady": 1.0, "changing": 10.0, "tunnels": 8.0}  # seconds
SEED = 5
STILL = 1e-6  # seconds, below which it is rounding that stands still
REPORT, MINUTE = 15.0, 60.0  # seconds between two looks of the monitor, and how far each looks back
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
    return streaming_controllers.watch(
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
    return streaming_optimum.optimum(
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


def stops(session: Session) -> tuple[Floats, Floats]:
    """Return when the picture began to stand still after the film had begun, and when it went on."""
    begins, ends = session.plays[:-1] + session.duration, session.plays[1:]
    still = ends - begins > STILL
    return np.asarray(begins[still]), np.asarray(ends[still])


def reports(session: Session) -> tuple[Floats, Floats]:
    """Return when the monitor looks, to the end of the film, and the share of the last minute in which the picture stood still."""
    begins, ends = stops(session)
    times = np.arange(0.0, float(session.plays[-1]) + session.duration + REPORT, REPORT)[:, np.newaxis]
    still = np.maximum(np.minimum(ends, times) - np.maximum(begins, times - MINUTE), 0.0)
    return np.asarray(times[:, 0]), np.asarray(still.sum(axis=1) / MINUTE)
