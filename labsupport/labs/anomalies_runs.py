"""The recordings of the anomaly lab, and how each detector does on them at each threshold."""

from __future__ import annotations

from functools import lru_cache

from labsupport.simulators import anomalies
from labsupport.simulators.anomalies import PER_DAY, Expectation, Recording, Score

WEEKS, PER_WEEK, SEED = 12, 6, 4
THRESHOLDS = [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0]  # spreads
FIRST, DAYS = 54 * PER_DAY, 3  # what is shown: a Saturday, a Sunday and a Monday with an incident of each kind


@lru_cache(maxsize=64)
def recording(size: int, glitches: float) -> Recording:
    """Return twelve weeks of traffic; ``size`` is in percent."""
    return anomalies.record(WEEKS, SEED, size=size / 100, per_week=PER_WEEK, glitches=glitches)


@lru_cache(maxsize=64)
def expectation(detector: str, size: int, glitches: float, window: int) -> Expectation:
    """Return what a detector expects; ``window`` is in hours."""
    return anomalies.expect(detector, recording(size, glitches).values, window=window * PER_DAY // 24)


@lru_cache(maxsize=4_096)
def judged(detector: str, size: int, glitches: float, window: int, threshold: float, hold: int) -> Score:
    """Hold a detector's pages against the incidents."""
    metric = recording(size, glitches)
    alarms = expectation(detector, size, glitches, window).alarms(metric.values, threshold, hold)
    return anomalies.score(alarms, metric.starts, metric.ends)
