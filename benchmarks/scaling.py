"""Workers who share something against SimPy: the same jobs in both.

Run as ``python -m benchmarks.scaling``. The results are compared before they are timed; SimPy does fewer jobs, and all times are per job.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import machine, ratio, take_turns
from labsupport.simulators.scaling import simulate

JOBS, JOBS_OF_OTHERS, SEED = 1_000_000, 20_000, 1
FLEETS = (2, 16, 128)
REPEATS = 5
Times = NDArray[np.float64]


def main() -> None:
    """Print one line for each number of workers."""
    parallel, serial = np.random.default_rng(SEED).exponential([[0.95], [0.05]], (2, JOBS))
    print(f"5 % of the work shared, jobs vary; {REPEATS} rounds in turn\n{machine()}")
    print("workers  ours, ns a job, min / median  SimPy                    times faster")
    few = parallel[:JOBS_OF_OTHERS], serial[:JOBS_OF_OTHERS]
    for workers in FLEETS:
        try:
            theirs = in_simpy(*few, workers)
        except ImportError:
            print("SimPy is not installed (pip install simpy)")
            return
        if not np.allclose(simulate(*few, workers).ends, theirs, rtol=1e-9):
            raise AssertionError("SimPy's workers do otherwise")
        contestants = {"ours": lambda: simulate(parallel, serial, workers), "theirs": lambda: in_simpy(*few, workers)}  # noqa: B023 - used at once
        seconds = take_turns(contestants, REPEATS)
        ours, others = [1e9 * each / JOBS for each in seconds["ours"]], [1e9 * each / JOBS_OF_OTHERS for each in seconds["theirs"]]
        cells = [f"{min(each):9,.1f} / {np.median(each):9,.1f}" for each in (ours, others)]
        print(f"{workers:7}  {cells[0]}       {cells[1]}  {ratio(others, ours)}")


def in_simpy(parallel: Times, serial: Times, workers: int) -> Times:
    """Do the same jobs with a process of SimPy for each worker."""
    import simpy

    environment = simpy.Environment()
    shared, ends = simpy.Resource(environment), np.empty(parallel.size)
    alone, together = parallel.tolist(), serial.tolist()

    def work(jobs: Iterator[int]) -> Any:
        for job in jobs:
            yield environment.timeout(alone[job])
            with shared.request() as turn:
                yield turn
                yield environment.timeout(together[job])
            ends[job] = environment.now

    jobs = iter(range(parallel.size))
    for _ in range(workers):
        environment.process(work(jobs))
    environment.run()
    return ends


if __name__ == "__main__":
    main()
