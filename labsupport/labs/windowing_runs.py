"""The events of the batch-or-stream lab, and what is counted of them."""

from __future__ import annotations

from functools import lru_cache

from labsupport.simulators import windowing
from labsupport.simulators.windowing import Events, WindowCounts

DAY, HOUR = 86_400, 3_600
SECONDS, RATE, SEED = 30 * HOUR, 0.5, 1  # events happen for six hours more than are counted
PROMPT, DELAY = 2.0, 600.0  # mean delays in seconds, of phones that are online and offline
BEGINS, LASTS = 10.0 * HOUR, 1_200.0  # the outage
INTERVALS = [1, 5, 15, 60, 180, 360]  # minutes
WAITS = [0, 10, 30, 60, 120, 300, 600, 1_800, 3_600]  # seconds


@lru_cache(maxsize=64)
def events(offline: int, outage: int) -> Events:
    """Return 30 hours of events; both shares are in percent."""
    return windowing.record(
        SECONDS, RATE, prompt=PROMPT, offline=offline / 100, delay=DELAY, outage=outage / 100, begins=BEGINS, lasts=LASTS, seed=SEED
    )


@lru_cache(maxsize=1_024)
def counted(way: str, offline: int, outage: int, window: int, wait: int, interval: int, allowed: int) -> WindowCounts:
    """Count a day; ``window``, ``interval`` and ``allowed`` are in minutes, ``wait`` in seconds."""
    came = events(offline, outage)
    return windowing.count(
        way,
        came.happened,
        came.arrived,
        60.0 * window,
        DAY // (60 * window),
        wait=float(wait),
        interval=60.0 * interval,
        allowed=60.0 * allowed,
    )
