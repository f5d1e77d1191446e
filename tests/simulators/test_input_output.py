"""Input and output: against SimPy job by job, against closed forms, and against the bound."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators import input_output
from labsupport.simulators.input_output import WAYS, simulate


def in_simpy(before, waits, after, at_once, switch):
    """The same with a process for each job, one processor, and so many places."""
    environment = simpy.Environment()
    processor, places = simpy.Resource(environment), simpy.Resource(environment, at_once)
    finishes = np.zeros(len(before))

    def job(number):
        with places.request() as place:
            yield place
            for compute, wait in ((before[number], waits[number]), (after[number], 0)):
                with processor.request() as turn:
                    yield turn
                    yield environment.timeout(switch + compute)
                if wait:
                    yield environment.timeout(wait)
            finishes[number] = environment.now

    for number in range(len(before)):
        environment.process(job(number))
    environment.run()
    return finishes


@pytest.mark.parametrize("way", ["threaded", "asynchronous"])
@pytest.mark.parametrize(("at_once", "switch"), [(1, 0.0), (4, 0.1), (30, 0.0), (500, 0.05)])
def test_agrees_with_simpy_job_by_job(way, at_once, switch):
    before, waits, after = np.random.default_rng(7).exponential([[1.0], [8.0], [1.0]], (3, 300))
    result = simulate(way, before, waits, after, at_once=at_once, switch=switch)
    np.testing.assert_allclose(result.finishes, in_simpy(before, waits, after, at_once, switch))


def one_thread_in_simpy(before, waits, after):
    """Blocking: a thread that does all, and sleeps while it waits."""
    environment, log = simpy.Environment(), np.zeros((5, len(before)))

    def thread():
        for job in range(len(before)):
            log[0, job] = environment.now
            yield environment.timeout(before[job])
            log[1, job] = environment.now
            yield environment.timeout(waits[job])
            log[2:4, job] = environment.now
            yield environment.timeout(after[job])
            log[4, job] = environment.now

    environment.process(thread())
    environment.run()
    return log


def batches_in_simpy(before, waits, after, batch, each):
    """Batched: one process asks for a batch and is told when a second one, for each job of it, has its part of the answer."""
    environment, log = simpy.Environment(), np.zeros((5, len(before)))
    processor = simpy.Resource(environment)

    def compute(job, times, begin, end):
        with processor.request() as turn:
            yield turn
            log[begin, job] = environment.now
            yield environment.timeout(times[job])
            log[end, job] = environment.now

    def client():
        for first in range(0, len(before), batch):
            jobs = range(first, min(first + batch, len(before)))
            yield environment.all_of([environment.process(compute(job, before, 0, 1)) for job in jobs])
            log[1, jobs] = environment.now  # all ask in one request
            yield environment.all_of([environment.timeout(waits[job]) for job in jobs])
            for _ in jobs:
                yield environment.timeout(each)
            log[2, jobs] = environment.now
            yield environment.all_of([environment.process(compute(job, after, 3, 4)) for job in jobs])

    environment.process(client())
    environment.run()
    return log


@pytest.mark.parametrize(
    ("way", "batch", "each"), [("blocking", 1, 0.0), ("batched", 1, 0.2), ("batched", 7, 0.0), ("batched", 16, 0.1), ("batched", 99, 0.1)]
)
def test_blocking_and_batches_agree_with_simpy_job_by_job(way, batch, each):
    jobs = np.random.default_rng(9).exponential([[1.0], [8.0], [1.0]], (3, 60))
    result = simulate(way, *jobs, batch=batch, each=each)
    theirs = one_thread_in_simpy(*jobs) if way == "blocking" else batches_in_simpy(*jobs, batch, each)
    for name, column in zip(("starts", "sent", "answered", "resumed", "finishes"), theirs, strict=True):
        np.testing.assert_allclose(getattr(result, name), column, rtol=1e-9, err_msg=name)


def test_one_after_the_other_takes_the_sum_and_enough_at_once_the_computing():
    jobs = [2.0] * 10, [30.0] * 10, [1.0] * 10
    assert simulate("blocking", *jobs).makespan == 330
    assert simulate("asynchronous", *jobs, at_once=10).makespan == 10 * 2 + 30 + 1  # the last one asks when all have computed, and is answered last
    assert simulate("batched", *jobs, batch=5, each=0.5).makespan == 2 * (10 + 30 + 2.5 + 5)
    assert simulate("batched", *jobs, batch=4).makespan == 2 * (8 + 30 + 4) + (4 + 30 + 2)
    alone = simulate("batched", *jobs, batch=1)
    assert (alone.finishes == simulate("blocking", *jobs).finishes).all()


@given(
    jobs=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40), st.integers(0, 9)), min_size=1, max_size=40),
    way=st.sampled_from(WAYS),
    count=st.integers(1, 50),
    cost=st.sampled_from([0.0, 0.5]),
)
def test_a_timeline_is_one(jobs, way, count, cost):
    before, waits, after = np.array(jobs, dtype=float).T
    options = {"batched": {"batch": count, "each": cost}, "blocking": {}}.get(way, {"at_once": count, "switch": cost})
    result = simulate(way, before, waits, after, **options)
    for earlier, later in zip(
        (result.starts + before, result.sent + waits, result.answered, result.resumed + after),
        (result.sent, result.answered, result.resumed, result.finishes),
        strict=True,
    ):
        assert (earlier <= later + 1e-9).all()
    stretches = sorted([*zip(result.starts, result.starts + before, strict=True), *zip(result.resumed, result.finishes, strict=True)])
    assert all(end <= begin + 1e-9 for (_, end), (begin, _) in itertools.pairwise(stretches))  # one processor
    under_way = 1 if way == "blocking" else count
    assert result.makespan >= theory.overlap_lower_bound(before + after, waits, under_way if way != "batched" else len(jobs)) - 1e-9
    assert result.in_flight <= under_way
    assert 0 <= result.utilization <= 1 + 1e-9
    doubled = {name: 2 * value if name in ("switch", "each") else value for name, value in options.items()}
    assert (simulate(way, 2 * before, 2 * waits, 2 * after, **doubled).finishes == 2 * result.finishes).all()


def test_utilization_follows_the_number_at_once():
    # 2 of computing and 20 of waiting: n jobs keep the processor busy for n · 2 / 22 of the time, and 11 or more always
    for at_once in (1, 4, 8):
        result = simulate("asynchronous", [1.0] * 2_000, [20.0] * 2_000, [1.0] * 2_000, at_once=at_once)
        assert result.utilization == pytest.approx(at_once * 2 / 22, rel=0.01)
    assert simulate("asynchronous", [1.0] * 2_000, [20.0] * 2_000, [1.0] * 2_000, at_once=16).utilization > 0.99
    result = simulate("threaded", [1.0] * 2_000, [20.0] * 2_000, [1.0] * 2_000, at_once=16, switch=0.5)
    assert result.utilization == pytest.approx(2 / 3, rel=0.01)
    assert result.overhead == 2_000


def test_plain_python_agrees():
    before, waits, after = np.random.default_rng(8).exponential([[1.0], [8.0], [1.0]], (3, 60))
    columns = np.zeros((5, 60))
    plain = getattr(input_output._interleave, "py_func", input_output._interleave)
    plain(before, waits, after, 7, 0.1, *columns)
    assert (columns[4] == simulate("threaded", before, waits, after, at_once=7, switch=0.1).finishes).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"way": "polling"}, "way is 'polling'"),
        ({"before": []}, "before is empty"),
        ({"waits": [-1]}, "waits holds the time -1.0"),
        ({"after": [1, 2]}, "after holds 2 numbers"),
        ({"at_once": 0}, "at_once is 0"),
        ({"at_once": 2}, "at_once is 2, but blocking makes no use of it"),
        ({"switch": 0.5}, "switch is 0.5, but blocking makes no use of it"),
        ({"batch": 3}, "batch is 3, but blocking makes no use of it"),
        ({"each": 1}, "each is 1.0, but blocking makes no use of it"),
    ],
)
def test_bad_input_is_named(arguments, words):
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        simulate(**{"way": "blocking", "before": [1], "waits": [1], "after": [1]} | arguments)


def test_the_bound_refuses_what_does_not_match():
    with pytest.raises(ValueError, match="compute holds 1 numbers and waits 2"):
        theory.overlap_lower_bound([1], [1, 2], 1)
    with pytest.raises(ValueError, match="at_once is 0"):
        theory.overlap_lower_bound([1], [1], 0)
