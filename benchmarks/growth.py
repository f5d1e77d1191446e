"""Time and memory over the number of requests, up to 20 million: on logarithmic axes, a straight line of slope 1 is linear.

Run as ``python -m benchmarks.growth [PICTURE]``: prints a table, and draws it if told where. Balancers, caches, the ring of shards,
load tests, schedules, batches, waiting jobs, a heap with its collector and a shuffle stand for all simulators of many requests.
"""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import machine
from labsupport.simulators import balancing, batching, caching, garbage, input_output, load_testing, request_path, scheduling, sharding, shuffle
from labsupport.workloads import exponential_services, poisson_arrivals, zipf_trace

SIZES = (20_000, 200_000, 2_000_000, 20_000_000)
REPEATS = 3
MOST_BYTES = 64  # kept for a request
Work = Callable[[int], Callable[[], Any]]


def balancer(policy: str) -> Work:
    """Return what prepares requests for a hundred servers, and runs a policy on them."""

    def prepare(requests: int) -> Callable[[], Any]:
        arrivals, services, speeds = poisson_arrivals(requests, 80.0, 1), exponential_services(requests, 1.0, 2), np.ones(100)
        return lambda: balancing.simulate(policy, arrivals, services, speeds)

    return prepare


def lru(requests: int) -> Callable[[], Any]:
    """Prepare a trace for a cache of 10,000 keys."""
    trace = zipf_trace(requests, 100_000, 0.9, 1)
    return lambda: caching.simulate("lru", trace, 10_000)


def ring(requests: int) -> Callable[[], Any]:
    """Prepare keys for a ring of 100 shards."""
    keys = np.random.default_rng(1).integers(0, 2**31, requests)
    return lambda: sharding.assign("consistent", keys, 100)


def path(requests: int) -> Callable[[], Any]:
    """Prepare requests for a tuned database behind a cache of 500 answers."""
    arrivals, trace, works = poisson_arrivals(requests, 0.03, 1), zipf_trace(requests, 10_000, 0.9, 1), exponential_services(requests, 1.0, 2)
    configuration = request_path.Configuration(index=True, capacity=500, region="near")
    return lambda: request_path.simulate(arrivals, trace, works, configuration)


def closed(requests: int) -> Callable[[], Any]:
    """Prepare 20 users who think between their requests."""
    services, thinks = exponential_services(requests, 1.0, 1), exponential_services(requests, 20.0, 2)
    return lambda: load_testing.closed_loop(20, services, thinks=thinks)


def opened(requests: int) -> Callable[[], Any]:
    """Prepare users who come when they come, and a server that stalls now and then."""
    arrivals, services = poisson_arrivals(requests, 0.8, 1), exponential_services(requests, 1.0, 2)
    begins = np.arange(1_000.0, arrivals[-1], 1_000.0)
    stalls = np.column_stack((begins, begins + 20.0))
    return lambda: load_testing.open_loop(arrivals, services, stalls=stalls)


def tested(requests: int) -> Callable[[], Any]:
    """Prepare load tests of 1,000 requests each."""
    gaps, services = np.random.default_rng(1).exponential(size=(2, max(1, requests // 1_000), 1_000))
    return lambda: load_testing.open_loops(gaps, services, rate=0.7)


def schedule(policy: str, **options: float) -> Work:
    """Return what prepares tasks for 16 workers, and schedules them."""

    def prepare(tasks: int) -> Callable[[], Any]:
        lengths, releases = exponential_services(tasks, 1.0, 1), poisson_arrivals(tasks, 0.9 * 16, 2)
        return lambda: scheduling.simulate(policy, lengths, 16, releases=releases, **options)

    return prepare


def batched(items: int) -> Callable[[], Any]:
    """Prepare items for batches of eight."""
    arrivals = poisson_arrivals(items, 150.0, 1)
    return lambda: batching.simulate(arrivals, 8, 0.02, 0.002)


def waiting(jobs: int) -> Callable[[], Any]:
    """Prepare jobs that compute, wait and compute again, of which a loop has 16 under way."""
    before, waits, after = (exponential_services(jobs, mean, seed) for seed, mean in enumerate((1.0, 20.0, 1.0)))
    return lambda: input_output.simulate("asynchronous", before, waits, after, at_once=16)


def heap(requests: int) -> Callable[[], Any]:
    """Prepare requests that allocate from a heap."""
    arrivals, services, sizes = poisson_arrivals(requests, 0.2, 1), exponential_services(requests, 2.0, 2), exponential_services(requests, 1.0, 3)
    return lambda: garbage.simulate(arrivals, services, sizes, young=100.0, old=400.0, live=200.0)


def shuffled(records: int) -> Callable[[], Any]:
    """Prepare records to be counted by key on 16 workers, each of which combines its own."""
    keys = zipf_trace(records, 10_000, 1.0, 1)
    return lambda: shuffle.simulate(keys, 16, combiner=True)


CONTESTANTS: dict[str, Work] = {
    "balancing, random": balancer("random"),
    "balancing, least connections": balancer("least_connections"),
    "balancing, two choices": balancer("two_choices"),
    "balancing, join idle queue": balancer("join_idle_queue"),
    "batching": batched,
    "caching, LRU": lru,
    "garbage": heap,
    "input and output": waiting,
    "load testing, closed loop": closed,
    "load testing, open loop": opened,
    "load testing, short tests": tested,
    "request path": path,
    "scheduling, self-scheduling": schedule("self_scheduling"),
    "scheduling, work stealing": schedule("work_stealing", steal_time=0.1),
    "scheduling, least loaded": schedule("least_loaded", age=1.0),
    "sharding, ring": ring,
    "shuffle, with a combiner": shuffled,
}


def measure(work: Work, requests: int) -> tuple[float, float, float]:
    """Return the seconds of the fastest run, and the bytes a request needed at most and kept."""
    run = work(requests)
    run()
    seconds = []
    for _ in range(REPEATS):
        start = time.thread_time()  # of this thread alone: a neighbour on the machine does not count
        run()
        seconds.append(time.thread_time() - start)
    gc.collect()
    tracemalloc.start()
    result = run()
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del result
    return min(seconds), peak / requests, kept / requests


def main() -> None:
    """Print the table, and draw it where a name for the picture is given."""
    print(f"{machine()}\nnanoseconds of processor time a request, fastest of {REPEATS}; slope between the last two sizes (goal: 1)")
    print("                              " + "".join(f"{size:>12,}" for size in SIZES) + "   slope   bytes a request: most, kept (goal: 64)")
    found = {}
    for name, work in CONTESTANTS.items():
        rows = [measure(work, size) for size in SIZES]
        found[name] = rows
        slope = np.log(rows[-1][0] / rows[-2][0]) / np.log(SIZES[-1] / SIZES[-2])
        cells = "".join(f"{1e9 * seconds / size:12.1f}" for (seconds, _, _), size in zip(rows, SIZES, strict=True))
        print(f"{name:30}{cells}   {slope:5.2f}   {rows[-1][1]:6.1f} {rows[-1][2]:6.1f}")
    if len(sys.argv) > 1 and sys.argv[1].endswith((".png", ".svg", ".pdf")):
        draw(found, sys.argv[1])


def draw(found: dict[str, list[tuple[float, float, float]]], path: str) -> None:
    """Draw time and memory over the number of requests."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.5), layout="constrained")
    seconds, memory = figure.subplots(1, 2)
    for name, rows in found.items():
        seconds.plot(SIZES, [row[0] for row in rows], marker="o", label=name)
        memory.plot(SIZES, [row[1] * size / 1e6 for row, size in zip(rows, SIZES, strict=True)], marker="o", label=name)
    for axes, label, factor in ((seconds, "processor time (s)", 30e-9), (memory, "memory at most (MB)", 60e-6)):
        axes.plot(SIZES, [size * factor for size in SIZES], color="gray", linestyle=":", label="slope 1")
        axes.set(xscale="log", yscale="log", xlabel="requests", ylabel=label)
    seconds.legend(fontsize="small")
    figure.savefig(path)


if __name__ == "__main__":
    main()
