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
