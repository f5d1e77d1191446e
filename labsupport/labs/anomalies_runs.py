"""The metrics of the anomaly lab, and how each detector does on them at each threshold."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from labsupport.labs import service_runs
from labsupport.simulators import allocation, anomalies, service
from labsupport.simulators.anomalies import FAULT, KINDS, LEARNING, PER_DAY, Expectation, Recording, Score
from labsupport.simulators.service import SCALE, Metrics
from labsupport.simulators.tuning import Floats

PER_WEEK = 8
INCIDENTS = (*KINDS, FAULT)
POLICY, TUNED, LEAD, HEADROOM = "larger", "bayesian", 4, 0.2  # how its servers are ordered and tuned: an hour before, and a fifth more
THRESHOLDS = [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0]  # spreads
FIRST, DAYS = 54 * PER_DAY, 4  # what is shown, with an incident of each kind


def recording(size: int) -> Recording:
    """Return the traffic as it is and what is wrong; ``size`` is in percent."""
    return service_runs.recording(size, PER_WEEK, 0.0, INCIDENTS)


@lru_cache(maxsize=8)
def metrics(size: int) -> Metrics:
    """Return what the service does; in a fault its caches have lost so many percent of what they held."""
    told = recording(size)
    traffic, lost = SCALE * told.values, np.zeros(told.values.size)
    for start, end, kind in zip(told.starts, told.ends, told.kinds, strict=True):
        lost[start:end] = size / 100 if kind == FAULT else 0.0
    before = np.append(traffic[:LEARNING], traffic)  # so that the policy has learnt when the metrics begin
    ordered = allocation.allocate(POLICY, before, LEAD, HEADROOM, service_runs.per_server(TUNED))
    return service.observe(traffic, ordered.servers, *service_runs.setting(TUNED), lost)


@lru_cache(maxsize=64)
def values(metric: str, size: int, glitches: float) -> Floats:
    """Return what is measured of a metric: what the service does, and some values that are wrong; shares are in percent."""
    seen: Floats = getattr(metrics(size), metric) * (100 if metric == "turned_away" else 1)
    wrong = service_runs.recording(size, PER_WEEK, glitches, INCIDENTS).values
    return seen * (wrong / recording(size).values)


@lru_cache(maxsize=64)
def expectation(metric: str, detector: str, size: int, glitches: float, window: int) -> Expectation:
    """Return what a detector expects; ``window`` is in hours."""
    return anomalies.expect(detector, values(metric, size, glitches), window=window * PER_DAY // 24)


@lru_cache(maxsize=4_096)
def judged(metric: str, detector: str, size: int, glitches: float, window: int, threshold: float, hold: int) -> Score:
    """Hold a detector's pages against the incidents."""
    told = recording(size)
    alarms = expectation(metric, detector, size, glitches, window).alarms(values(metric, size, glitches), threshold, hold)
    return anomalies.score(alarms, told.starts, told.ends)


@lru_cache(maxsize=8)
def felt(size: int) -> int:
    """Return in how many incidents somebody is turned away."""
    told, away = recording(size), metrics(size).turned_away
    return sum(bool(away[start:end].any()) for start, end in zip(told.starts, told.ends, strict=True))
