"""Time and memory over the number of requests, up to 20 million: on logarithmic axes, a straight line of slope 1 is linear.

Run as ``python -m benchmarks.growth [NAME …] [PICTURE]``: prints a table of all simulators that take requests, samples, records or tasks, or of those
whose names begin so, and draws it if told where. Each is there once, or once for each way in which it works; `benchmarks.queueing` has the queues.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from resource import RUSAGE_SELF, getrusage
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import machine
from labsupport.simulators import (
    allocation,
    anatomy,
    anomalies,
    archives,
    autoscaling,
    balancing,
    batching,
    caching,
    complexity,
    containers,
    distribution,
    edge,
    edge_region,
    estimates,
    event_log,
    event_log_replay,
    expiry,
    garbage,
    gathering,
    geospatial,
    hedging,
    hot_node,
    input_output,
    laziness,
    load_testing,
    monitoring,
    occupancy,
    pipelines,
    replication,
    request_path,
    retrying,
    reuse,
    scaling,
    scheduling,
    scrapes,
    serverless,
    sharding,
    shuffle,
    spilling,
    staleness,
    storage,
    timelines,
    trips,
    vertical_autoscaling,
    whole_system,
    windowing,
    write_costs,
    writing,
)
from labsupport.simulators.designs import Design
from labsupport.workloads import Network, exponential_services, poisson_arrivals, shop_day, write_flags, zipf_trace

SIZES = (20_000, 200_000, 2_000_000, 20_000_000)
REPEATS = 3
MOST_BYTES = 64  # kept for a request
Work = Callable[[int], Callable[[], Any]]
Floats = NDArray[np.float64]


def requests(count: int, rate: float, mean: float = 1.0) -> tuple[Floats, Floats]:
    """Draw when requests come, and how much work they are."""
    return poisson_arrivals(count, rate, 1), exponential_services(count, mean, 2)


def keys(count: int) -> NDArray[np.int64]:
    """Draw what is asked for."""
    return zipf_trace(count, 100_000, 0.9, 1)


def values(count: int, columns: int = 1) -> Any:
    """Draw numbers from 0 to 1: a row, or more of them side by side."""
    return np.random.default_rng(1).random((count, columns) if columns > 1 else count)


def balancer(policy: str) -> Work:
    """Return what prepares requests for a hundred servers, and runs a policy on them."""
    return lambda count: partial(balancing.simulate, policy, *requests(count, 80.0), np.ones(100))


def cache(policy: str) -> Work:
    """Return what prepares requests for a cache of 10,000 keys."""
    return lambda count: partial(caching.simulate, policy, keys(count), 10_000)


def schedule(policy: str, **options: Any) -> Work:
    """Return what prepares tasks for 16 workers, and schedules them."""

    def prepare(count: int) -> Callable[[], Any]:
        releases, lengths = requests(count, 0.9 * 16)
        return partial(scheduling.simulate, policy, lengths, 16, releases=releases, **options)

    return prepare


def tuned(count: int) -> Callable[[], Any]:
    """Prepare requests for a tuned database behind a cache of 500 answers."""
    arrivals, works = requests(count, 0.03)
    configuration = request_path.Configuration(index=True, capacity=500, region="near")
    return partial(request_path.simulate, arrivals, zipf_trace(count, 10_000, 0.9, 1), works, configuration)


def opened(count: int) -> Callable[[], Any]:
    """Prepare users who come when they come, and a server that stalls now and then."""
    arrivals, services = requests(count, 0.8)
    begins = np.arange(1_000.0, arrivals[-1], 1_000.0)
    return partial(load_testing.open_loop, arrivals, services, stalls=np.column_stack((begins, begins + 20.0)))


def tested(count: int) -> Callable[[], Any]:
    """Prepare load tests of 1,000 requests each."""
    gaps, services = np.random.default_rng(1).exponential(size=(2, max(1, count // 1_000), 1_000))
    return partial(load_testing.open_loops, gaps, services, rate=0.7)


def waiting(count: int) -> Callable[[], Any]:
    """Prepare jobs that compute, wait and compute again, of which a loop has 16 under way."""
    before, waits, after = (exponential_services(count, mean, seed) for seed, mean in enumerate((1.0, 20.0, 1.0)))
    return partial(input_output.simulate, "asynchronous", before, waits, after, at_once=16)


def heap(count: int) -> Callable[[], Any]:
    """Prepare requests that allocate from a heap."""
    sizes = exponential_services(count, 1.0, 3)
    return partial(garbage.simulate, *requests(count, 0.2, 2.0), sizes, young=100.0, old=400.0, live=200.0)


def hot(count: int) -> Callable[[], Any]:
    """Prepare requests that ask one of ten nodes."""
    arrivals, services = requests(count, 8.0)
    return partial(hot_node.simulate, arrivals, services[:, np.newaxis], keys(count)[:, np.newaxis] % 10, np.ones(10))


def streamed(way: str) -> Work:
    """Return what prepares events, some of which come late, for windows of a minute."""

    def prepare(count: int) -> Callable[[], Any]:
        events = windowing.record(count / 1_000, 1_000.0, seed=1)
        return partial(windowing.count, way, events.happened, events.arrived, 60.0, max(count // 60_000, 1), wait=5.0)

    return prepare


def alarmed(count: int) -> Callable[[], Any]:
    """Prepare alarms, and a hundred incidents."""
    starts = np.arange(1, 101) * (count // 110)
    return partial(anomalies.score, values(count) < 0.01, starts, starts + 8)


def histogram(count: int) -> Callable[[], Any]:
    """Prepare requests whose histogram is read once for every thousand of them."""
    finishes, durations = requests(count, 100.0)
    return partial(scrapes.scrape, finishes, durations, (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, np.inf), 10.0, finishes[-1])


def log(count: int) -> Callable[[], Any]:
    """Prepare the log of five stages, one after the other."""
    stages = tuple(event_log.Stage(number, "", (number - 1,) if number else (), 0.0, 1.0) for number in range(5))
    nothing, launched = np.zeros(count, dtype=np.int64), np.zeros(count)
    what = (np.arange(count) % 5, np.arange(count) // 5, launched, exponential_services(count, 1.0, 1), launched, *[nothing] * 5)
    return partial(event_log_replay.replay, event_log.EventLog(stages, event_log.Tasks(*what, np.ones(count, dtype=np.bool_))), 16)


def table(kind: str) -> Work:
    """Return what prepares a table in groups of 10,000 rows, stores and scans it."""

    def prepare(count: int) -> Callable[[], Any]:
        columns = {"day": storage.Column(np.arange(count) * 100 // count, 4, 11), "amount": storage.Column(keys(count), 8, 6)}
        return lambda: storage.scan(storage.store(kind, columns, group_rows=10_000), ["amount"], {"day": (40, 46)})

    return prepare


def city(index: str) -> Work:
    """Return what prepares people, each of whom looks for the nearest of 10,000 drivers."""
    drivers = np.random.default_rng(1).normal([[48.1], [11.5]], 0.05, (2, 10_000))
    built = geospatial.build(index, *drivers, size=0.3, length=7)

    def prepare(count: int) -> Callable[[], Any]:
        return partial(built.search, *np.random.default_rng(2).normal([[48.1], [11.5]], 0.05, (2, count)))

    return prepare


def friends(strategy: str) -> Work:
    """Return what prepares a post and a read for each twelve requests to shards: every user has ten followers, whose lists are elsewhere."""

    def prepare(count: int) -> Callable[[], Any]:
        half = count // 12
        people = np.random.default_rng(1).integers(0, 1_000, (2, half))
        network = Network.of([[(user + step) % 1_000 for step in range(1, 11)] for user in range(1_000)])
        times = [poisson_arrivals(half, 10.0, seed) for seed in (1, 2)]
        return partial(timelines.simulate, strategy, network, times[0], people[0], times[1], people[1], shards=20)

    return prepare


def region(count: int) -> Callable[[], Any]:
    """Prepare the ways of requests through a region with five sites."""
    area = edge_region.region(seed=1)
    served = edge.serve(area, [0, 1, 2, 3, 4], 1_000.0)
    return partial(trips.follow, area, served, 1_000.0, count)


def shop(count: int) -> Callable[[], Any]:
    """Prepare a day of a shop."""
    day = shop_day("node_loss", 1, count)
    design = Design(cache=5_000, replicas=2, balancer="least_connections", minimum=6)
    return lambda: whole_system.simulate(day, design)


CONTESTANTS: dict[str, Work] = {
    "allocation": lambda count: partial(allocation.allocate, "larger", 100 * values(count), 8, 0.1, 10.0),
    "anatomy": lambda count: partial(
        anatomy.simulate, *requests(count, 0.8), distance=1_000.0, reply_bytes=1e4, bandwidth=1e9, serialisation_rate=1e8
    ),
    "anomalies, moving": lambda count: partial(anomalies.expect, "moving", values(count)),
    "anomalies, last week": lambda count: partial(anomalies.expect, "last_week", values(count)),
    "anomalies, score": alarmed,
    "archives": lambda count: partial(archives.keep, values(count)),
    "autoscaling": lambda count: partial(autoscaling.simulate, 25 + 20 * np.sin(np.arange(count) / 40)),
    "autoscaling, vertical": lambda count: partial(vertical_autoscaling.simulate, 8 * values(count), replicas=4),
    "balancing, random": balancer("random"),
    "balancing, least connections": balancer("least_connections"),
    "balancing, two choices": balancer("two_choices"),
    "balancing, join idle queue": balancer("join_idle_queue"),
    "batching": lambda count: partial(batching.simulate, poisson_arrivals(count, 150.0, 1), 8, 0.02, 0.002),
    **{f"caching, {policy}": cache(policy) for policy in caching.POLICIES},
    "caching, miss ratios": lambda count: partial(caching.miss_ratio_curve, "lru", keys(count)),
    "complexity, merge sort": lambda count: partial(complexity.sort, "merge", keys(count)),
    "complexity, hash table": lambda count: partial(complexity.search, "hash", np.arange(100_000), keys(count)),
    "containers, quota": lambda count: partial(containers.throttled_response, values(count), 0.5, threads=2),
    "containers, memory": lambda count: partial(containers.run_in_memory, values(count) - 0.3, 100.0),
    "distribution": lambda count: partial(distribution.simulate, keys(count), 8, 2_500),
    "estimates": lambda count: partial(estimates.mean, values(count)),
    "event log": log,
    "expiry": lambda count: partial(expiry.simulate_expiry, poisson_arrivals(count, 1_000.0, 1), 5.0, 0.2, True, keys=keys(count)),
    "garbage": heap,
    "gathering": lambda count: partial(gathering.simulate, values(count // 10, 10), deadline=0.9),
    "geospatial, grid": city("grid"),
    "geospatial, quadtree": city("quadtree"),
    "hedging": lambda count: partial(
        hedging.simulate, poisson_arrivals(count, 30.0, 1), exponential_services(2 * count, 1.0, 2).reshape(-1, 2), np.ones(100), 2.0
    ),
    "hot node": hot,
    "input and output": waiting,
    "laziness": lambda count: partial(laziness.pull, values(count, 3) < 0.5, count, chunk=100),
    "load testing, closed loop": lambda count: partial(
        load_testing.closed_loop, 20, exponential_services(count, 1.0, 1), thinks=exponential_services(count, 20.0, 2)
    ),
    "load testing, open loop": opened,
    "load testing, short tests": tested,
    "monitoring, increase": lambda count: partial(monitoring.increase, np.arange(count), np.cumsum(values(count)), 0.0, count),
    "monitoring, alert": lambda count: partial(monitoring.alert, np.arange(count), values(count), 0.3, 5.0),
    "occupancy": lambda count: partial(occupancy.occupancy, poisson_arrivals(count, 1.0, 1), poisson_arrivals(count, 1.0, 1) + values(count)),
    "pipelines": lambda count: partial(pipelines.simulate, poisson_arrivals(count, 1.5, 1), values(count, 2), [1, 2]),
    "replication": lambda count: partial(
        replication.simulate, poisson_arrivals(count, 10.0, 1), write_flags(count, 0.5, 2), 3, uptime=1_000.0, repair=10.0, delay=0.01
    ),
    "request path": tuned,
    "retrying": lambda count: partial(retrying.simulate, *requests(count, 0.8), timeout=5.0, attempts=3, backoff=1.0),
    "reuse": lambda count: partial(reuse.stack_distances, keys(count)),
    "scaling": lambda count: partial(scaling.simulate, exponential_services(count, 0.95, 1), exponential_services(count, 0.05, 2), 16),
    "scheduling, self-scheduling": schedule("self_scheduling"),
    "scheduling, work stealing": schedule("work_stealing", steal_time=0.1),
    "scheduling, least loaded": schedule("least_loaded", age=1.0),
    "scrapes": histogram,
    "serverless": lambda count: partial(serverless.simulate, *requests(count, 30.0), cold_start=2.0, keep_alive=10.0),
    "sharding, ring": lambda count: partial(sharding.assign, "consistent", np.random.default_rng(1).integers(0, 2**31, count), 100),
    "shuffle, with a combiner": lambda count: partial(shuffle.simulate, zipf_trace(count, 10_000, 1.0, 1), 16, combiner=True),
    "spilling": lambda count: partial(spilling.spill, keys(count), count // 100),
    "spilling, with a combiner": lambda count: partial(spilling.spill, keys(count), count // 100, combine=True),
    "staleness": lambda count: partial(staleness.simulate, *requests(count, 80.0), np.ones(100), 1.0),
    "storage, Parquet": table("parquet"),
    "storage, CSV": table("csv"),
    "timelines, on write": friends("on_write"),
    "timelines, on read": friends("on_read"),
    "trips": region,
    "whole system": shop,
    "windowing, batch": streamed("batch"),
    "windowing, stream": streamed("stream"),
    "writing": lambda count: partial(writing.simulate_writes, "write_back", keys(count), write_flags(count, 0.3, 2), 10_000),
    "write costs": lambda count: partial(write_costs.write_costs, "write_back", keys(count), write_flags(count, 0.3, 2)),
}


class Measured(NamedTuple):
    """What a number of requests took: seconds of the simulator's own and of the kernel for it, and bytes a request, at most and kept."""

    user: float
    system: float
    most: float
    kept: float


def measure(work: Work, count: int) -> Measured:
    """Take the fastest of a few runs, and the memory of another one."""
    run = work(count)
    run()
    seconds = []
    for _ in range(REPEATS):
        start = getrusage(RUSAGE_SELF)  # of this process alone: a neighbour on the machine does not count
        run()
        end = getrusage(RUSAGE_SELF)
        seconds.append((end.ru_utime - start.ru_utime, end.ru_stime - start.ru_stime))
    gc.collect()
    tracemalloc.start()
    result = run()
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del result
    return Measured(*min(seconds), peak / count, kept / count)


def main() -> None:
    """Print the table, and draw it where a name for the picture is given."""
    pictures = [word for word in sys.argv[1:] if word.endswith((".png", ".svg", ".pdf"))]
    chosen = [name for name in CONTESTANTS if any(name.startswith(word) for word in sys.argv[1:])] or list(CONTESTANTS)
    print(f"{machine()}\nnanoseconds of processor time a request, fastest of {REPEATS}; slope between the last two sizes (goal: 1)")
    print("and, beside it, what the kernel takes at the largest size to hand out memory, which is no work of the simulator")
    print("                              " + "".join(f"{size:>12,}" for size in SIZES) + "   slope   kernel   bytes a request: most, kept (goal: 64)")
    found = {}
    for name in chosen:
        rows = found[name] = [measure(CONTESTANTS[name], size) for size in SIZES]
        last = rows[-1]
        slope = np.log(last.user / rows[-2].user) / np.log(SIZES[-1] / SIZES[-2])
        cells = "".join(f"{1e9 * row.user / size:12.1f}" for row, size in zip(rows, SIZES, strict=True))
        memory = f"{1e9 * last.system / SIZES[-1]:6.1f}   {last.most:6.1f} {last.kept:6.1f}{'' if last.kept <= MOST_BYTES else '  MISSED'}"
        print(f"{name:30}{cells}   {slope:5.2f}   {memory}", flush=True)
    for path in pictures:
        draw(found, path)


def draw(found: dict[str, list[Measured]], path: str) -> None:
    """Draw time and memory over the number of requests."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.5), layout="constrained")
    seconds, memory = figure.subplots(1, 2)
    for name, rows in found.items():
        seconds.plot(SIZES, [row.user for row in rows], marker="o", label=name)
        memory.plot(SIZES, [row.most * size / 1e6 for row, size in zip(rows, SIZES, strict=True)], marker="o", label=name)
    for axes, label, factor in ((seconds, "processor time (s)", 30e-9), (memory, "memory at most (MB)", 60e-6)):
        axes.plot(SIZES, [size * factor for size in SIZES], color="gray", linestyle=":", label="slope 1")
        axes.set(xscale="log", yscale="log", xlabel="requests", ylabel=label)
    seconds.legend(fontsize="small")
    figure.savefig(path)


if __name__ == "__main__":
    main()
