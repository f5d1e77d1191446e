"""The traffic of the allocation lab, and what each policy orders for it."""

from __future__ import annotations

from functools import lru_cache

from labsupport.simulators import allocation, anomalies
from labsupport.simulators.allocation import Allocation

WEEKS, SEED = 8, 3
PER_SERVER = 100.0  # requests a second
HEADROOMS = [0, 5, 10, 15, 20, 30, 40, 50, 75, 100]  # percent
BEFORE = anomalies.LEARNING // anomalies.PER_DAY  # days that pass before anything is judged


@lru_cache(maxsize=64)
def traffic(surprises: int, size: int) -> anomalies.Recording:
    """Return eight weeks of a service's traffic, with so many surprises a week, of so many percent."""
    return anomalies.record(WEEKS, SEED, size=size / 100, per_week=surprises)


@lru_cache(maxsize=4_096)
def allocated(policy: str, surprises: int, size: int, lead: int, headroom: int) -> Allocation:
    """Order servers; ``lead`` is in minutes, ``headroom`` in percent."""
    return allocation.allocate(policy, traffic(surprises, size).values, lead // 15, headroom / 100, PER_SERVER)
