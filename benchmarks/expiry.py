"""Keys that expire, against SimPy: every request a process, every load an event that others may wait for.

Run as ``python -m benchmarks.expiry``. Both must start equally many loads. SimPy runs fewer requests; all times are per request.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import machine, ratio, take_turns
from labsupport.simulators.expiry import simulate_expiry
from labsupport.workloads import poisson_arrivals

REQUESTS, REQUESTS_OF_SIMPY, RATE, TTL, LOAD_TIME, SEED = 1_000_000, 20_000, 1_000.0, 5.0, 0.2, 1
REPEATS = 5
PROTECTIONS: dict[str, dict[str, Any]] = {
    "none": {"coalescing": False},
    "coalescing": {"coalescing": True},
    "refresh early": {"coalescing": False, "early": 1.0},
    "stale while revalidate": {"coalescing": False, "stale_time": 60.0},
    "jitter": {"coalescing": True, "jitter": 0.5},
}


def main() -> None:
    """Print the table."""
    try:
        import simpy
    except ImportError:
        print("SimPy is not installed (pip install simpy)")
        return
    arrivals = poisson_arrivals(REQUESTS, RATE, SEED)
    few = arrivals[:REQUESTS_OF_SIMPY]
    print(f"{REQUESTS:,} requests, SimPy {REQUESTS_OF_SIMPY:,}; {REPEATS} rounds in turn; nanoseconds a request, min / median\n{machine()}")
    for name, settings in PROTECTIONS.items():
        contestants: dict[str, Any] = {"ours": lambda: simulate_expiry(arrivals, TTL, LOAD_TIME, **settings)}  # noqa: B023 - used at once
        if name in ("none", "coalescing"):
            theirs, ours = in_simpy(simpy, few, settings["coalescing"]), simulate_expiry(few, TTL, LOAD_TIME, **settings).backend_reads
            if theirs != ours:
                raise RuntimeError(f"{name}: SimPy starts {theirs:,} loads, but ours {ours:,}")
            contestants["SimPy"] = lambda: in_simpy(simpy, few, settings["coalescing"])  # noqa: B023 - used at once
        seconds = take_turns(contestants, REPEATS)
        mine = [1e9 * each / REQUESTS for each in seconds["ours"]]
        words = f"{name:24} {min(mine):8,.0f} / {np.median(mine):8,.0f}"
        if "SimPy" in seconds:
            other = [1e9 * each / REQUESTS_OF_SIMPY for each in seconds["SimPy"]]
            words += f"   SimPy {min(other):8,.0f} / {np.median(other):8,.0f}   times faster {ratio(other, mine)}"
        print(words)


def in_simpy(simpy: Any, arrivals: NDArray[np.float64], coalescing: bool) -> int:
    """Return the number of loads."""
    environment = simpy.Environment()
    fresh_until = [-1.0]
    under_way: list[Any] = []
    loads = [0]

    def load() -> Any:
        loads[0] += 1
        yield environment.timeout(LOAD_TIME)
        fresh_until[0] = environment.now + TTL
        under_way.pop(0)

    def requests() -> Any:
        for arrival in arrivals.tolist():
            yield environment.timeout(arrival - environment.now)
            environment.process(request())

    def request() -> Any:
        if environment.now < fresh_until[0]:
            return
        if not (coalescing and under_way):
            under_way.append(environment.process(load()))
            yield under_way[-1]
        else:
            yield under_way[0]

    environment.process(requests())
    environment.run()
    return loads[0]


if __name__ == "__main__":
    main()
