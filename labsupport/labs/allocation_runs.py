"""The traffic of the allocation lab, and what each policy orders for it."""

from __future__ import annotations

from functools import lru_cache

from labsupport.labs import service_runs
from labsupport.labs.service_runs import WEEKS
from labsupport.simulators import allocation, anomalies
from labsupport.simulators.allocation import Allocation
from labsupport.simulators.service import SCALE

HEADROOMS = [0, 5, 10, 15, 20, 30, 40, 50, 75, 100]  # percent
BEFORE = anomalies.LEARNING // anomalies.PER_DAY  # days that pass before anything is judged
LAST = 7 * WEEKS  # days


@lru_cache(maxsize=64)
def allocated(policy: str, tuned: str, surprises: int, size: int, lead: int, headroom: int) -> Allocation:
    """Order servers; ``size`` is in percent, ``lead`` in minutes, ``headroom`` in percent."""
    demand = SCALE * service_runs.recording(size, surprises, 0.0, anomalies.KINDS).values
    return allocation.allocate(policy, demand, lead // 15, headroom / 100, service_runs.per_server(tuned))


@lru_cache(maxsize=8_192)
def outcome(policy: str, tuned: str, surprises: int, size: int, lead: int, headroom: int) -> tuple[float, float, float]:
    """Return servers on average, the share turned away, and the utilisation."""
    result = allocated(policy, tuned, surprises, size, lead, headroom)
    return result.mean_servers, result.turned_away, result.utilization
