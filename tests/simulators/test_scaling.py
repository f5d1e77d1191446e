"""Scaling: against the laws, against SimPy job by job, and against the queue of the machine repairman."""

from __future__ import annotations

import re

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators import scaling


def in_simpy(parallel, serial, workers, exchange, barrier):
    """The same with a process for each worker, and a resource that one can hold at a time."""
    environment = simpy.Environment()
    shared = simpy.Resource(environment)
    jobs = iter(range(len(parallel)))
    ends, waits = np.zeros((2, len(parallel)))

    def do(job):
        yield environment.timeout(parallel[job])
        came = environment.now
        with shared.request() as turn:
            yield turn
            waits[job] = environment.now - came
            yield environment.timeout(serial[job] + exchange * (workers - 1))
        ends[job] = environment.now

    def worker():
        for job in jobs:
            yield environment.process(do(job))

    def rounds():
        while batch := [job for _, job in zip(range(workers), jobs, strict=False)]:
            yield environment.all_of([environment.process(do(job)) for job in batch])

    for process in [rounds()] if barrier else [worker() for _ in range(workers)]:
        environment.process(process)
    environment.run()
    return ends, waits


@pytest.mark.parametrize("barrier", [False, True])
@pytest.mark.parametrize(("workers", "exchange"), [(1, 0.3), (4, 0.0), (7, 0.01), (500, 0.001)])
def test_agrees_with_simpy_job_by_job(workers, exchange, barrier):
    parallel, serial = np.random.default_rng(1).exponential([[0.9], [0.1]], (2, 400))
    result = scaling.simulate(parallel, serial, workers, exchange=exchange, barrier=barrier)
    ends, waits = in_simpy(parallel, serial, workers, exchange, barrier)
    np.testing.assert_allclose(result.ends, ends, rtol=1e-9)
    np.testing.assert_allclose(result.waits, waits, atol=1e-9)


@given(workers=st.integers(1, 60), contention=st.floats(0, 1), coherency=st.floats(0, 0.1), rounds=st.integers(1, 5))
def test_all_at_once_and_all_alike_is_the_universal_scalability_law(workers, contention, coherency, rounds):
    jobs = workers * rounds
    parallel, serial = np.full(jobs, 1 - contention), np.full(jobs, contention)
    result = scaling.simulate(parallel, serial, workers, exchange=coherency, barrier=True)
    assert result.throughput == pytest.approx(theory.usl_throughput(workers, 1.0, contention, coherency))
    if coherency == 0:
        assert result.throughput == pytest.approx(theory.amdahl_speedup(1 - contention, workers))


@pytest.mark.parametrize("workers", [2, 10, 40])
def test_workers_who_come_when_they_are_ready_are_the_machine_repairmans_customers(workers):
    # 20,000 jobs; the shared part is served for 2,000 units of time or more. Six standard errors are within 6 %.
    parallel, serial = np.random.default_rng(2).exponential([[0.9], [0.1]], (2, 20_000))
    result = scaling.simulate(parallel, serial, workers)
    weights = np.cumprod([1.0, *[(workers - waiting) * 0.1 / 0.9 for waiting in range(workers)]])  # of so many at what is shared
    assert result.throughput == pytest.approx((1 - weights[0] / weights.sum()) / 0.1, rel=0.06)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=40), st.integers(1, 50), st.booleans(), st.sampled_from([0.0, 0.5])
)
def test_the_shared_part_serves_one_at_a_time_and_no_job_is_done_too_soon(jobs, workers, barrier, exchange):
    parallel, serial = np.array(jobs, dtype=float).T
    result = scaling.simulate(parallel, serial, workers, exchange=exchange, barrier=barrier)
    held = serial + exchange * (workers - 1)
    order = np.lexsort((result.ends - held, result.ends))
    assert (np.diff(result.ends[order]) >= held[order][1:] - 1e-9).all()
    assert (result.waits >= 0).all()
    assert (result.ends - result.waits - held - parallel >= -1e-9).all()
    assert result.makespan >= max(held.sum(), parallel.sum() / workers) - 1e-9
    scaled = scaling.simulate(4 * parallel, 4 * serial, workers, exchange=4 * exchange, barrier=barrier)
    assert (scaled.ends == 4 * result.ends).all()


def test_no_work_is_done_at_once():
    assert scaling.simulate([0.0], [0.0], 1).throughput == np.inf
    assert not scaling.simulate([0.0], [0.0], 1).ends.flags.writeable


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([-1.0], [1.0], 1), "parallel holds the time -1.0"),
        (([1.0], [np.nan], 1), "serial holds the time nan"),
        (([1.0], [1.0, 2.0], 1), "serial holds 2 numbers"),
        (([], [], 1), "parallel is empty"),
        (([1.0], [1.0], 0), "workers is 0"),
        (([1.0], [1.0], 1.5), "workers is 1.5"),
    ],
)
def test_bad_input_is_named(arguments, words):
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        scaling.simulate(*arguments)
    with pytest.raises(ValueError, match="exchange is -1"):
        scaling.simulate([1.0], [1.0], 1, exchange=-1)
