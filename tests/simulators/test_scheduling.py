"""Scheduling: against SimPy task by task, against the best of all schedules, and against Graham's bounds."""

from __future__ import annotations

import functools
import itertools
import re

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators import queueing, scheduling
from labsupport.simulators.scheduling import POLICIES, simulate

PULLED = ("self_scheduling", "longest_first")
short_lists = st.lists(st.integers(0, 9), min_size=1, max_size=12)


def best_makespan(lengths, workers):
    """The best of all schedules, all tasks being there at time 0: every way to share them out is looked at."""

    @functools.cache
    def best(index, loads):
        if index == len(lengths):
            return loads[-1]
        return min(best(index + 1, tuple(sorted((*loads[:place], loads[place] + lengths[index], *loads[place + 1 :])))) for place in range(workers))

    return best(0, (0,) * workers)


def in_simpy(policy, lengths, workers, releases):
    """The same with a process for each task, which asks for one of the workers as soon as it is released."""
    environment = simpy.Environment()
    staff = simpy.PriorityResource(environment, workers)
    starts = np.zeros(len(lengths))

    def task(number):
        yield environment.timeout(releases[number])
        with staff.request(priority=-lengths[number] if policy == "longest_first" else number) as turn:
            yield turn
            starts[number] = environment.now
            yield environment.timeout(lengths[number])

    for number in range(len(lengths)):
        environment.process(task(number))
    environment.run()
    return starts


@pytest.mark.parametrize("policy", PULLED)
@pytest.mark.parametrize("workers", [1, 3, 20])
def test_agrees_with_simpy_task_by_task(policy, workers):
    # Continuous times, so that no two things happen at once: where all are released together SimPy would hand out by order of asking.
    generator = np.random.default_rng(1)
    lengths = generator.exponential(1.0, 400)
    releases = generator.permutation(np.cumsum(generator.exponential(1 / (0.9 * workers), 400)))
    result = simulate(policy, lengths, workers, releases=releases)
    np.testing.assert_allclose(result.starts, in_simpy(policy, lengths, workers, releases), atol=1e-9)


def stealing_in_simpy(lengths, workers, releases, steal_time, seed):
    """A process for each worker with a list of its own, and one that brings the tasks and wakes, in their order, all who have found nothing."""
    environment, chances = simpy.Environment(), np.random.default_rng(seed).random(len(lengths))
    own, busy = [[] for _ in range(workers)], [False] * workers
    starts, done_by, begun, resting = np.zeros(len(lengths)), np.zeros(len(lengths), dtype=int), [], {}

    def bring():
        for task in np.argsort(releases, kind="stable").tolist():
            yield environment.timeout(releases[task] - environment.now)
            own[task * workers // len(lengths)].append(task)
            for worker in sorted(resting):
                resting.pop(worker).succeed()

    def work(me):
        while len(begun) < len(lengths):
            # A worker who is free begins the first of its own tasks at once, so that only what it cannot begin may be taken away.
            victims = [other for other in range(workers) if len(own[other]) > (not busy[other])]
            if own[me]:
                task, delay = own[me].pop(0), 0.0
            elif victims:
                task, delay = own[victims[int(chances[len(begun)] * len(victims))]].pop(), steal_time
            else:
                resting[me] = environment.event()
                yield resting[me]
                continue
            begun.append(task)
            busy[me] = True
            starts[task], done_by[task] = environment.now + delay, me
            yield environment.timeout(delay)
            yield environment.timeout(lengths[task])
            busy[me] = False

    environment.process(bring())
    for worker in range(workers):
        environment.process(work(worker))
    environment.run()
    return starts, done_by


@pytest.mark.parametrize(("workers", "steal_time"), [(1, 0.0), (3, 0.0), (3, 0.4), (8, 0.1)])
def test_stealing_agrees_with_simpy_task_by_task(workers, steal_time):
    generator = np.random.default_rng(5)
    lengths = generator.exponential(1.0, 120)
    releases = np.sort(generator.uniform(0, 60 / workers, 120))[generator.permutation(120)]
    result = simulate("work_stealing", lengths, workers, releases=releases, steal_time=steal_time, seed=3)
    starts, done_by = stealing_in_simpy(lengths, workers, releases, steal_time, 3)
    np.testing.assert_allclose(result.starts, starts, atol=1e-9)
    np.testing.assert_array_equal(result.workers, done_by)
    assert workers == 1 or 0 < result.stolen.sum() < 120


def old_news_in_simpy(lengths, workers, releases, age):
    """A worker is a server with a line; a process asks all of them now and then, and each task goes by what it heard last."""
    environment = simpy.Environment()
    staff = [simpy.Resource(environment) for _ in range(workers)]
    left, known, last_chosen = [0.0] * workers, [0.0] * workers, list(range(-workers, 0))
    since, starts, done_by = [0.0] * workers, np.zeros(len(lengths)), np.zeros(len(lengths), dtype=int)

    def ask():
        known[:] = [max(0.0, work - (environment.now - moment)) for work, moment in zip(left, since, strict=True)]

    def monitor():
        while True:
            ask()
            yield environment.timeout(age)

    def task(number):
        worker = int(done_by[number])
        left[worker] = max(0.0, left[worker] - (environment.now - since[worker])) + lengths[number]
        since[worker] = environment.now
        with staff[worker].request() as turn:
            yield turn
            starts[number] = environment.now
            yield environment.timeout(lengths[number])

    def send():
        for turn, number in enumerate(np.argsort(releases, kind="stable").tolist()):
            yield environment.timeout(releases[number] - environment.now)
            if age == 0:
                ask()
            done_by[number] = min(range(workers), key=lambda worker: (known[worker], last_chosen[worker]))
            last_chosen[done_by[number]] = turn
            environment.process(task(number))

    if age > 0:
        environment.process(monitor())
    sending = environment.process(send())
    environment.run(until=sending)
    environment.run(until=environment.now + sum(lengths) + 1)
    return starts, done_by


@pytest.mark.parametrize("age", [0.0, 0.7, 5.0])
@pytest.mark.parametrize("workers", [1, 4])
def test_old_news_agree_with_simpy_task_by_task(workers, age):
    generator = np.random.default_rng(6)
    lengths, releases = generator.exponential(1.0, 150), generator.permutation(np.cumsum(generator.exponential(1.2 / workers, 150)))
    result = simulate("least_loaded", lengths, workers, releases=releases, age=age)
    starts, done_by = old_news_in_simpy(lengths, workers, releases, age)
    np.testing.assert_array_equal(result.workers, done_by)
    np.testing.assert_allclose(result.starts, starts, atol=1e-9)


def test_who_is_told_at_once_and_sends_to_the_least_work_keeps_one_line():
    # The line of G/G/m: whoever is first sent to the least work left begins as soon as any worker is free.
    generator = np.random.default_rng(2)
    lengths, releases = generator.exponential(1.0, 2_000), np.cumsum(generator.exponential(0.3, 2_000))
    sent, taken = (simulate(policy, lengths, 4, releases=releases) for policy in ("least_loaded", "self_scheduling"))
    np.testing.assert_allclose(sent.starts, taken.starts)
    np.testing.assert_allclose(taken.starts, queueing.simulate(releases, lengths, 4).starts)


def test_old_news_make_a_herd_and_no_news_take_turns():
    lengths, releases = np.full(12, 1.2), np.arange(12) * 0.5
    herd = simulate("least_loaded", lengths, 3, releases=releases, age=3.0)
    assert herd.workers.tolist() == [0, 1, 2, 0, 1, 2, 0, 0, 0, 0, 0, 0]  # at time 3 they have 0, 0.2 and 0.7 left
    never = simulate("least_loaded", lengths, 3, releases=releases, age=1e6)
    assert never.workers.tolist() == [0, 1, 2] * 4
    assert (never.starts == simulate("round_robin", lengths, 3, releases=releases).starts).all()


@given(lengths=st.lists(st.integers(0, 9), min_size=1, max_size=8), workers=st.integers(1, 4))
def test_nothing_beats_the_bound_and_graham_holds(lengths, workers):
    best, bound = best_makespan(tuple(lengths), workers), theory.makespan_lower_bound(lengths, workers)
    assert bound <= best + 1e-9
    for policy in POLICIES:
        assert simulate(policy, lengths, workers).makespan >= best
    for policy in ("self_scheduling", "least_loaded", "work_stealing"):
        assert simulate(policy, lengths, workers).makespan <= theory.list_scheduling_bound(workers) * best + 1e-9
    assert simulate("longest_first", lengths, workers).makespan <= theory.longest_first_bound(workers) * best + 1e-9


@pytest.mark.parametrize("workers", [2, 3, 10])
def test_both_bounds_are_reached(workers):
    last = [1.0] * (workers * (workers - 1)) + [float(workers)]
    assert simulate("self_scheduling", last, workers).makespan == theory.list_scheduling_bound(workers) * workers
    assert simulate("longest_first", last, workers).makespan == workers
    # Graham's own worst case: two tasks of each length from 2m − 1 down to m, and one more of m, could be done in 3m
    worst = [length for length in range(2 * workers - 1, workers, -1) for _ in range(2)] + [workers] * 3
    assert simulate("longest_first", worst, workers).makespan == pytest.approx(theory.longest_first_bound(workers) * 3 * workers)


@given(
    tasks=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), min_size=1, max_size=30),
    workers=st.integers(1, 8),
    policy=st.sampled_from(POLICIES),
    extra=st.sampled_from([0.0, 0.5, 3.0]),
)
def test_a_schedule_is_one(tasks, workers, policy, extra):
    lengths, releases = np.array(tasks, dtype=float).T
    options = {"least_loaded": {"age": extra}, "work_stealing": {"steal_time": extra}}.get(policy, {})
    result = simulate(policy, lengths, workers, releases=releases, **options)
    assert (result.starts >= releases).all()
    assert result.makespan >= theory.makespan_lower_bound(lengths, workers, releases) - 1e-9
    assert result.busy.sum() == lengths.sum()
    assert result.ends.max() == result.makespan
    assert 0 <= result.idle_share <= 1
    for worker in range(workers):  # nobody does two things at once
        mine = np.flatnonzero(result.workers == worker)
        mine = mine[np.lexsort((result.finishes[mine], result.starts[mine]))]
        assert (result.starts[mine][1:] >= result.finishes[mine][:-1]).all()
    if policy in PULLED or (policy == "work_stealing" and extra == 0) or (policy == "least_loaded" and extra == 0):
        assert_nobody_idle(result)
    if policy != "work_stealing":
        assert not result.stolen.any()
    options = {name: 4 * value for name, value in options.items()}
    scaled = simulate(policy, 4 * lengths, workers, releases=4 * releases, **options)
    assert (scaled.starts == 4 * result.starts).all()


def assert_nobody_idle(result):
    """While a task waits, every worker works: between its release and its start, all the time of all workers is work."""
    for released, started in zip(result.releases, result.starts, strict=True):
        inside = np.minimum(result.finishes, started) - np.maximum(result.starts, released)
        assert np.maximum(inside, 0).sum() >= result.worker_count * (started - released) - 1e-9


@given(lengths=short_lists, workers=st.integers(1, 5), releases=st.lists(st.integers(0, 20), min_size=12, max_size=12))
def test_with_releases_nobody_who_takes_what_is_there_needs_twice_as_long(lengths, workers, releases):
    # Hall and Shmoys, "Approximation schemes for constrained scheduling problems", 1989: list scheduling with release dates.
    came = releases[: len(lengths)]
    bound = theory.makespan_lower_bound(lengths, workers, came)
    for policy in PULLED:
        assert simulate(policy, lengths, workers, releases=came).makespan <= 2 * bound + 1e-9


@pytest.mark.parametrize(("tasks", "workers"), [*itertools.product([1, 5, 16], [1, 4, 7])])
def test_blocks_are_equal_but_for_one_task(tasks, workers):
    counts = np.bincount(simulate("static_blocks", np.ones(tasks), workers).workers, minlength=workers)
    assert counts.max() - counts.min() <= 1
    assert (np.diff(simulate("static_blocks", np.ones(tasks), workers).workers) >= 0).all()


def test_stealing_takes_its_time_and_its_seed():
    lengths = np.random.default_rng(3).exponential(1.0, 200)
    free, dear = (simulate("work_stealing", lengths, 8, steal_time=time) for time in (0.0, 0.5))
    assert free.makespan < dear.makespan < simulate("static_blocks", lengths, 8).makespan
    assert (free.starts == simulate("work_stealing", lengths, 8, seed=0).starts).all()
    assert (free.starts != simulate("work_stealing", lengths, 8, seed=1).starts).any()
    assert dear.stolen.any()


def test_plain_python_agrees():
    generator = np.random.default_rng(4)
    lengths, releases = generator.integers(1, 9, 60).astype(float), generator.integers(0, 40, 60).astype(float)
    order, count = np.argsort(releases, kind="stable"), 5
    compiled = simulate("work_stealing", lengths, count, releases=releases, steal_time=0.5)
    blocks = np.arange(60) * count // 60
    free, workers, starts = np.zeros(count), blocks.copy(), np.empty(60)
    plain = getattr(scheduling._steal, "py_func", scheduling._steal)
    first = np.searchsorted(blocks, np.arange(count))
    plain(order, blocks, first, lengths, releases, np.random.default_rng(0).random(60), 0.5, free, workers, starts)
    assert (starts == compiled.starts).all()
    assert (workers == compiled.workers).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"policy": "random"}, "policy is 'random', but must be one of"),
        ({"lengths": []}, "lengths is empty"),
        ({"lengths": [1, -1]}, "lengths holds the length -1.0"),
        ({"lengths": [1, np.inf]}, "lengths holds the length inf"),
        ({"workers": 0}, "workers is 0"),
        ({"workers": 1.5}, "workers is 1.5"),
        ({"releases": [0]}, "releases holds 1 numbers"),
        ({"releases": [0, -1]}, "releases holds the time -1.0"),
        ({"age": 1}, "age is 1, but self_scheduling makes no use of it"),
        ({"steal_time": 1}, "steal_time is 1, but self_scheduling makes no use of it"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_input_is_named(arguments, words):
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        simulate(**{"policy": "self_scheduling", "lengths": [1, 1], "workers": 2} | arguments)
