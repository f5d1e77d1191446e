"""Load tests, batches, schedules, waiting jobs and ways of requests against SimPy, a shuffle against pandas, scrapes against Prometheus' own client.

Run as ``python -m benchmarks.processes``. Both do the same work, and the results are compared before they are timed. SimPy does less of
it, and all times are for one request, item, task or record.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import SOME, Contest, hold
from labsupport.simulators import (
    batching,
    hedging,
    hot_node,
    input_output,
    load_testing,
    occupancy,
    pipelines,
    replication,
    request_path,
    retrying,
    scheduling,
    scrapes,
    shuffle,
)
from labsupport.simulators.hashing import hash_keys
from labsupport.workloads import exponential_services, poisson_arrivals, write_flags, zipf_trace

SEED = 1
USERS, BATCH, FIXED, EACH, WORKERS, PARTITIONS, AT_ONCE, TEAMS = 20, 8, 0.02, 0.002, 16, 16, 16, (1, 2, 1)
BOUNDS, INTERVAL = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0), 15.0
Floats = NDArray[np.float64]


def main() -> None:
    """Print one line for each contest."""
    hold(
        (
            Contest("load test, closed loop", "SimPy", closed_loop, closed_loop_in_simpy),
            Contest("batches", "SimPy", batches, batches_in_simpy),
            Contest("self-scheduling", "SimPy", schedule, schedule_in_simpy),
            Contest("jobs that wait, one loop", "SimPy", jobs, jobs_in_simpy),
            Contest("pipeline of three stages", "SimPy", piped, piped_in_simpy),
            Contest("retries", "SimPy", retried, retried_in_simpy),
            Contest("hedged requests", "SimPy", hedged, hedged_in_simpy),
            Contest("request path", "SimPy", walked, walked_in_simpy),
            Contest("a hot node", "SimPy", hot, hot_in_simpy),
            Contest("replication", "SimPy", replicated, replicated_in_simpy, few=2_000),
            Contest("numbers present", "Python", present, present_in_python, few=SOME),
            Contest("shuffle with a combiner", "pandas", shuffled, shuffled_in_pandas, few=SOME),
            Contest("histogram, scraped", "client", scraped, scraped_by_client),
        )
    )


@cache
def _thoughts(requests: int) -> tuple[Floats, Floats]:
    return exponential_services(requests, 1.0, SEED), exponential_services(requests, 20.0, SEED + 1)


def closed_loop(requests: int) -> Floats:
    """Let users send requests, each the next one only after the answer to the last."""
    work, pauses = _thoughts(requests)
    return load_testing.closed_loop(USERS, work, thinks=pauses, begins=np.arange(USERS) / USERS).finishes


def closed_loop_in_simpy(requests: int) -> Floats:
    """Let a process for each user do so."""
    import simpy

    work, pauses = (column.tolist() for column in _thoughts(requests))
    environment, finishes = simpy.Environment(), list[float]()
    server = simpy.Resource(environment, 1)

    def live(user: int) -> Any:
        yield environment.timeout(user / USERS)
        while len(finishes) < requests:
            number = len(finishes)
            finishes.append(0.0)
            with server.request() as place:
                yield place
                yield environment.timeout(work[number])
            finishes[number] = environment.now
            yield environment.timeout(pauses[number])

    for user in range(USERS):
        environment.process(live(user))
    environment.run()
    return np.array(finishes)


@cache
def _items(count: int) -> Floats:
    return poisson_arrivals(count, 150.0, SEED)


def batches(items: int) -> Floats:
    """Let a worker do items in full batches."""
    return batching.simulate(_items(items), BATCH, FIXED, EACH).finishes


def batches_in_simpy(items: int) -> Floats:
    """Let one process bring the items, and another take them."""
    import simpy

    environment, finishes = simpy.Environment(), list[float]()
    there = simpy.Container(environment)

    def bring() -> Any:
        for time in _items(items).tolist():
            yield environment.timeout(time - environment.now)
            yield there.put(1)

    def work() -> Any:
        for first in range(0, items, BATCH):
            size = min(BATCH, items - first)
            yield there.get(size)
            yield environment.timeout(FIXED + EACH * size)
            finishes.append(environment.now)

    environment.process(bring())
    environment.process(work())
    environment.run()
    return np.array(finishes)


@cache
def _tasks(count: int) -> tuple[Floats, Floats]:
    return exponential_services(count, 1.0, SEED), poisson_arrivals(count, 0.9 * WORKERS, SEED + 1)


def schedule(tasks: int) -> Floats:
    """Let workers take tasks as they become free."""
    lengths, releases = _tasks(tasks)
    return scheduling.simulate("self_scheduling", lengths, WORKERS, releases=releases).starts


def schedule_in_simpy(tasks: int) -> Floats:
    """Let a process for each task ask for a worker."""
    import simpy

    lengths, releases = (column.tolist() for column in _tasks(tasks))
    environment, starts = simpy.Environment(), [0.0] * tasks
    staff = simpy.Resource(environment, WORKERS)

    def task(number: int) -> Any:
        with staff.request() as turn:
            yield turn
            starts[number] = environment.now
            yield environment.timeout(lengths[number])

    def come() -> Any:
        for number, time in enumerate(releases):
            yield environment.timeout(time - environment.now)
            environment.process(task(number))

    environment.process(come())
    environment.run()
    return np.array(starts)


@cache
def _waits(count: int) -> tuple[Floats, Floats, Floats]:
    return exponential_services(count, 1.0, SEED), exponential_services(count, 20.0, SEED + 1), exponential_services(count, 1.0, SEED + 2)


def jobs(count: int) -> Floats:
    """Let one loop do jobs that compute, wait and compute again, some under way at once."""
    return input_output.simulate("asynchronous", *_waits(count), at_once=AT_ONCE).finishes


def jobs_in_simpy(count: int) -> Floats:
    """Let processes take jobs in turn, and ask for the processor twice for each."""
    import simpy

    before, waits, after = (column.tolist() for column in _waits(count))
    environment, finishes = simpy.Environment(), [0.0] * count
    processor, left = simpy.Resource(environment), iter(range(count))

    def take() -> Any:
        for number in left:
            with processor.request() as turn:
                yield turn
                yield environment.timeout(before[number])
            yield environment.timeout(waits[number])
            with processor.request() as turn:
                yield turn
                yield environment.timeout(after[number])
            finishes[number] = environment.now

    for _ in range(AT_ONCE):
        environment.process(take())
    environment.run()
    return np.array(finishes)


@cache
def _stages(count: int) -> tuple[Floats, Floats]:
    return poisson_arrivals(count, 0.8, SEED), np.random.default_rng(SEED).exponential(1.0, (count, 3))


def piped(count: int) -> Floats:
    """Let requests go from stage to stage."""
    return pipelines.simulate(*_stages(count), TEAMS).finishes


def piped_in_simpy(count: int) -> Any:
    """Let a process for each do so."""
    from tests.simulators.test_pipelines import simpy_pipeline

    return simpy_pipeline(*_stages(count), TEAMS)


@cache
def _impatient(count: int) -> tuple[Floats, Floats]:
    return poisson_arrivals(count, 0.7, SEED), exponential_services(count, 1.0, SEED + 1)


def retried(count: int) -> Floats:
    """Let clients who have waited for too long ask again, twice at most."""
    result = retrying.simulate(*_impatient(count), timeout=5.0, attempts=3, backoff=1.0)
    return result.arrivals + result.responses


def retried_in_simpy(count: int) -> Any:
    """Let a process for each do so."""
    from tests.simulators.test_retrying import in_simpy

    return in_simpy(*(column.tolist() for column in _impatient(count)), 1, 5.0, np.tile([1.0, 2.0], (count, 1)), np.inf, False)[0]


@cache
def _copies(count: int) -> tuple[Floats, Floats, Floats]:
    return poisson_arrivals(count, 5.0, SEED), exponential_services(2 * count, 1.0, SEED + 1).reshape(-1, 2), np.ones(WORKERS)


def hedged(count: int) -> Floats:
    """Send a second copy where no answer has come for a while."""
    return hedging.simulate(*_copies(count), 2.0, seed=SEED).responses


def hedged_in_simpy(count: int) -> Any:
    """Let a process for each request, and for each copy, do so."""
    from tests.simulators.test_hedging import in_simpy

    return in_simpy(*(column.tolist() for column in _copies(count)), 2.0, SEED)[0].min(axis=1) - _copies(count)[0]


@cache
def _path(count: int) -> tuple[Any, ...]:
    columns = poisson_arrivals(count, 0.02, SEED), zipf_trace(count, 10_000, 0.9, SEED), exponential_services(count, 1.0, SEED + 1)
    return *columns, request_path.Configuration(index=True, capacity=500, region="near")


def walked(count: int) -> Floats:
    """Let requests walk to a cache, and on to a database if need be."""
    return request_path.simulate(*_path(count)).responses


def walked_in_simpy(count: int) -> Any:
    """Let a process for each do so."""
    from tests.simulators.test_request_path import in_simpy

    return in_simpy(*_path(count), 1_000_000)


@cache
def _questions(count: int) -> tuple[Floats, Floats, Any]:
    targets = np.random.default_rng(SEED).random((count, WORKERS)).argsort(axis=1)[:, :3]
    return poisson_arrivals(count, 3.0, SEED), np.random.default_rng(SEED + 1).exponential(1.0, (count, 3)), targets


def hot(count: int) -> Floats:
    """Let requests ask three nodes each, one of which is slow, and wait for the slowest answer."""
    return hot_node.simulate(*_questions(count), np.append(0.8, np.ones(WORKERS - 1))).responses


def hot_in_simpy(count: int) -> Floats:
    """Let a process for each question stand in line at its node."""
    import simpy

    environment, responses = simpy.Environment(), [0.0] * count
    nodes, speeds = [simpy.Resource(environment) for _ in range(WORKERS)], [0.8] + [1.0] * (WORKERS - 1)

    def ask(request: int, work: float, node: int) -> Any:
        arrival = environment.now
        with nodes[node].request() as turn:
            yield turn
            yield environment.timeout(work / speeds[node])
        responses[request] = max(responses[request], environment.now - arrival)

    def come() -> Any:
        for request, (arrival, works, targets) in enumerate(zip(*(column.tolist() for column in _questions(count)), strict=True)):
            yield environment.timeout(arrival - environment.now)
            for work, node in zip(works, targets, strict=True):
                environment.process(ask(request, work, node))

    environment.process(come())
    environment.run()
    return np.array(responses)


@cache
def _copied(count: int) -> tuple[Floats, NDArray[np.bool_]]:
    return poisson_arrivals(count, 3.0, SEED), write_flags(count, 0.4, SEED + 1)


def replicated(count: int) -> Floats:
    """Send reads and writes to three copies, which fail now and then."""
    return replication.simulate(*_copied(count), 3, uptime=100.0, repair=4.0, delay=0.05, seed=SEED).answers


def replicated_in_simpy(count: int) -> Floats:
    """Let a process for each message find its node up or down; it is told what chance has decided."""
    from tests.simulators.test_replication import Cluster

    run = replication.simulate(*_copied(count), 3, uptime=100.0, repair=4.0, delay=0.05, seed=SEED)
    cluster = Cluster(run, 3, 1, True, 0.05, SEED, [[False] * len(outages) for outages in run.outages])
    return np.array([sorted(end for end, _ in found) + [np.inf] * (3 - len(found)) for found in cluster.answers])


def present(count: int) -> Any:
    """Tell how many are there from moment to moment."""
    enters, stays = _requests(count)
    return occupancy.occupancy(enters, enters + stays).counts


def present_in_python(count: int) -> list[int]:
    """Sort who comes and who goes, and count on."""
    enters, stays = _requests(count)
    changes = sorted([*((moment, 1) for moment in enters.tolist()), *((moment, -1) for moment in (enters + stays).tolist())])
    counts, there = list[int](), 0
    for _, change in changes:  # no two at the same moment
        there += change
        counts.append(there)
    return counts


@cache
def _keys(records: int) -> NDArray[np.int64]:
    return zipf_trace(records, 10_000, 1.0, SEED)


def shuffled(records: int) -> Any:
    """Count what each worker sends to each other, with a combiner."""
    return shuffle.simulate(_keys(records), PARTITIONS, combiner=True).sent


def shuffled_in_pandas(records: int) -> Any:
    """Do so with a table: one row for each worker and key, counted by who sends and who receives."""
    import pandas as pd

    keys = _keys(records)
    table = pd.DataFrame({"key": keys, "source": np.arange(records) * PARTITIONS // records}).drop_duplicates()
    table["target"] = (hash_keys(table["key"].to_numpy()) % np.uint64(PARTITIONS)).astype(np.int64)
    return pd.crosstab(table["source"], table["target"]).to_numpy()


@cache
def _requests(count: int) -> tuple[Floats, Floats]:
    return poisson_arrivals(count, 30.0, SEED), exponential_services(count, 0.5, SEED + 1)


def scraped(requests: int) -> Any:
    """Read a histogram at an interval."""
    finishes, durations = _requests(requests)
    return scrapes.scrape(finishes, durations, (*BOUNDS, np.inf), INTERVAL, finishes[-1]).counts


def scraped_by_client(requests: int) -> Any:
    """Let Prometheus' client count each request, and read what it counted."""
    from prometheus_client import CollectorRegistry, Histogram

    registry = CollectorRegistry()
    histogram = Histogram("seconds", "Durations.", buckets=BOUNDS, registry=registry)
    finishes, durations = (column.tolist() for column in _requests(requests))
    rows, due = [], 0.0
    for finish, duration in zip([*finishes, np.inf], [*durations, 0.0], strict=True):
        while due <= min(finish, finishes[-1]) and (finish > due or finish == np.inf):
            (family,) = registry.collect()
            rows.append([sample.value for sample in family.samples if sample.name.endswith("_bucket")])
            due += INTERVAL
        histogram.observe(duration)
    return np.array(rows)


if __name__ == "__main__":
    main()
