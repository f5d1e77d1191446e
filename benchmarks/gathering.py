"""Scatter–gather against SimPy: the same queries, hedged, in both.

Run as ``python -m benchmarks.gathering``. The results are compared before they are timed; SimPy sends fewer queries, and all times
are per part.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import machine, ratio, take_turns
from labsupport.simulators.gathering import simulate

QUERIES, QUERIES_OF_OTHERS, FANOUT, DELAY, SEED = 10_000, 200, 100, 30.0, 1
REPEATS = 5
Times = NDArray[np.float64]


def main() -> None:
    """Print one line."""
    first, second = np.random.default_rng(SEED).exponential(10.0, (2, QUERIES, FANOUT))
    print(f"{FANOUT} parts a query, a second copy after the 95th percentile; {REPEATS} rounds in turn\n{machine()}")
    few = first[:QUERIES_OF_OTHERS], second[:QUERIES_OF_OTHERS]
    try:
        theirs = in_simpy(*few)
    except ImportError:
        print("SimPy is not installed (pip install simpy)")
        return
    if not np.allclose(simulate(few[0], seconds=few[1], delay=DELAY).responses, theirs, rtol=1e-9):
        raise AssertionError("SimPy gathers otherwise")
    seconds = take_turns({"ours": lambda: simulate(first, seconds=second, delay=DELAY), "theirs": lambda: in_simpy(*few)}, REPEATS)
    ours, others = [1e9 * each / first.size for each in seconds["ours"]], [1e9 * each / few[0].size for each in seconds["theirs"]]
    print("nanoseconds a part, min / median:  ours              SimPy             times faster")
    cells = [f"{min(each):8,.1f} / {np.median(each):8,.1f}" for each in (ours, others)]
    print(f"{'':35}{cells[0]}  {cells[1]}  {ratio(others, ours)}")


def in_simpy(first: Times, second: Times) -> Times:
    """Gather the same queries with a process of SimPy for each part."""
    import simpy

    responses = np.empty(len(first))
    for query, (latencies, again) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        environment = simpy.Environment()

        def part(latency: float, later: float, environment: Any = environment) -> Any:
            answer = environment.timeout(latency)
            yield answer | environment.timeout(DELAY)
            if not answer.processed:
                yield answer | environment.timeout(later)

        environment.run(simpy.AllOf(environment, [environment.process(part(*both)) for both in zip(latencies, again, strict=True)]))
        responses[query] = environment.now
    return responses


if __name__ == "__main__":
    main()
