"""Reading Spark's event logs, and running their tasks again on other numbers of cores, as SimPy does."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators.event_log import read
from labsupport.simulators.event_log_replay import replay


def ended(stage, index, seconds, *, launch=0.0, reason="Success", **metrics):
    """What Spark writes when a task ends, without what nobody reads."""
    info = {"Index": index, "Launch Time": 1_000 * launch, "Finish Time": 1_000 * (launch + seconds), "Failed": reason != "Success", "Killed": False}
    return {"Event": "SparkListenerTaskEnd", "Stage ID": stage, "Task End Reason": {"Reason": reason}, "Task Info": info, "Task Metrics": metrics}


def completed(stage, parents=(), submitted=0.0, at=100.0):
    info = {"Stage ID": stage, "Stage Name": f"stage {stage}", "Parent IDs": list(parents), "Submission Time": 1_000 * submitted}
    return {"Event": "SparkListenerStageCompleted", "Stage Info": info | {"Completion Time": 1_000 * at}}


@st.composite
def logs(draw):
    """Stages that read from any of those before them, each with a few tasks."""
    events = []
    for stage in range(draw(st.integers(1, 5))):
        parents = draw(st.sets(st.integers(0, stage - 1))) if stage else ()
        for index, seconds in enumerate(draw(st.lists(st.integers(0, 9), min_size=1, max_size=6))):
            events.append(ended(stage, index, seconds))
        events.append(completed(stage, sorted(parents)))
    return read(events)


def test_the_log_is_read():
    read_metrics = {"Total Records Read": 7, "Remote Bytes Read": 30, "Local Bytes Read": 12}
    written = {"Shuffle Bytes Written": 99, "Shuffle Records Written": 3}
    metrics = {"JVM GC Time": 250, "Disk Bytes Spilled": 5, "Shuffle Read Metrics": read_metrics, "Shuffle Write Metrics": written}
    noise = {"Event": "SparkListenerLogStart", "Spark Version": "4"}
    lines = [
        noise,
        ended(0, 0, 2, launch=10.5, **metrics),
        ended(0, 1, 1, launch=10.5, reason="ExceptionFailure"),
        completed(0, submitted=10, at=13),
        ended(1, 0, 1, launch=14),
        completed(1, [0, 77], submitted=13, at=15.5),
        ended(2, 0, 1),
    ]
    log = read(json.dumps(line) for line in lines)
    assert log.stages == read(lines).stages  # from texts and from what they hold alike
    assert [(stage.number, stage.parents, stage.submitted, stage.completed) for stage in log.stages] == [(0, (), 0, 3), (1, (0,), 3, 5.5)]
    tasks = log.tasks
    assert log.length == 5.5
    assert tasks.launched.tolist() == [0.5, 0.5, 4.0]
    assert tasks.durations.tolist() == [2, 1, 1]
    assert tasks.good.tolist() == [True, False, True]
    assert (tasks.records_read[0], tasks.bytes_read[0], tasks.records_written[0], tasks.bytes_written[0]) == (7, 42, 3, 99)
    assert (tasks.spilled[0], tasks.collecting[0]) == (5, 0.25)
    with pytest.raises(ValueError, match="read-only"):
        tasks.launched[0] = 1


def in_simpy(log, cores):
    """The same stages as SimPy processes: a task asks for a core, and those of earlier stages and partitions come first."""
    environment = simpy.Environment()
    slots = simpy.PriorityResource(environment, cores)
    done = {stage.number: environment.event() for stage in log.stages}
    ends = np.full(log.tasks.stage.size, np.nan)

    def run(place):
        with slots.request(priority=(int(log.tasks.stage[place]), int(log.tasks.index[place]))) as core:
            yield core
            yield environment.timeout(float(log.tasks.durations[place]))
            ends[place] = environment.now

    def wait(stage):
        yield environment.all_of([done[parent] for parent in stage.parents])
        yield environment.all_of([environment.process(run(place)) for place in np.flatnonzero(log.tasks.stage == stage.number)])
        done[stage.number].succeed()

    for stage in log.stages:
        environment.process(wait(stage))
    environment.run()
    return ends


@pytest.mark.parametrize("cores", [1, 2, 5])
def test_simpy_ends_every_task_at_the_same_time(cores):
    generator = np.random.default_rng(3)  # lengths that never tie, so that both have the same order
    events = []
    for stage, parents in enumerate([[], [], [0, 1], [1], [2, 3]]):
        events += [ended(stage, index, float(seconds)) for index, seconds in enumerate(generator.exponential(2.0, 9))]
        events.append(completed(stage, parents))
    log = read(events)
    np.testing.assert_allclose(replay(log, cores).finished, in_simpy(log, cores))


@given(logs(), st.integers(1, 8))
def test_no_task_is_lost_no_core_is_shared_and_no_child_begins_early(log, cores):
    result, tasks = replay(log, cores), log.tasks
    assert not np.isnan(result.finished).any()
    np.testing.assert_allclose(result.finished - result.started, tasks.durations)
    for core in range(cores):
        own = np.flatnonzero(result.core == core)
        order = own[np.lexsort((result.finished[own], result.started[own]))]
        assert (result.started[order][1:] >= result.finished[order][:-1]).all()
    for stage in log.stages:
        for parent in stage.parents:
            assert result.started[tasks.stage == stage.number].min() >= result.finished[tasks.stage == parent].max()


@given(logs(), st.integers(1, 8))
def test_it_takes_at_least_the_work_and_the_longest_chain_and_at_most_grahams_sum(log, cores):
    longest = {}
    for stage in log.stages:
        own = log.tasks.durations[log.tasks.stage == stage.number].max()
        longest[stage.number] = own + max((longest[parent] for parent in stage.parents), default=0.0)
    work, chain, length = log.tasks.durations.sum() / cores, max(longest.values()), replay(log, cores).length
    assert max(work, chain) - 1e-9 <= length <= work + chain + 1e-9
    assert replay(log, 1).length == pytest.approx(log.tasks.durations.sum())
    assert replay(log, log.tasks.stage.size).length == pytest.approx(chain)


@given(logs(), st.integers(1, 4))
def test_the_critical_stages_follow_each_other_and_end_last(log, cores):
    critical = replay(log, cores).critical
    parents = {stage.number: stage.parents for stage in log.stages}
    assert not parents[critical[0]]
    for before, after in pairwise(critical):
        assert before in parents[after]


@given(logs(), st.integers(1, 4), st.sampled_from([0.001, 60.0]))
def test_another_unit_of_time_changes_nothing_else(log, cores, unit):
    here, there = replay(log, cores), replay(log, cores, log.tasks.durations * unit)
    np.testing.assert_allclose(here.started * unit, there.started, rtol=1e-9, atol=1e-12)


def test_a_straggler_that_is_cut_frees_all_that_wait_for_it():
    events = [*(ended(0, index, 1) for index in range(3)), ended(0, 3, 9), completed(0), ended(1, 0, 2), completed(1, [0])]
    log = read(events)
    assert replay(log, 4).length == 11
    cut = np.minimum(log.tasks.durations, 1 + (log.tasks.stage == 1))
    assert replay(log, 4, cut).length == 3


def test_a_task_that_failed_is_not_run_again():
    log = read([ended(0, 0, 5, reason="ExceptionFailure"), ended(0, 0, 1), completed(0), ended(1, 0, 3, reason="TaskKilled"), completed(1, [0])])
    result = replay(log, 1)
    assert result.length == 1
    assert result.core.tolist() == [-1, 0, -1]


TASK, STAGE = ended(0, 0, 1), completed(0)


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([], "0 completed stages"),
        ([STAGE], "1 completed stages and 0 ends"),
        ([TASK], "0 completed stages"),
        (["{"], "at place 1 something that is no event"),
        ([STAGE, TASK, "[]"], "at place 3"),
        ([{"Event": "SparkListenerTaskEnd"}], "KeyError"),
        ([3], "at place 1"),
    ],
)
def test_what_is_no_log_is_named(events, message):
    with pytest.raises(ValueError, match=message):
        read(events)


def test_bad_input_is_named():
    log = read([TASK, STAGE])
    with pytest.raises(TypeError, match="log is list, but must be an EventLog"):
        replay([], 1)
    with pytest.raises(ValueError, match="cores is 0"):
        replay(log, 0)
    with pytest.raises(ValueError, match="durations"):
        replay(log, 1, [1.0, 2.0])
    circle = read([TASK, completed(0, [1]), ended(1, 0, 1), completed(1, [0])])
    with pytest.raises(ValueError, match=r"wait for each other in a circle: \[0, 1\]"):
        replay(circle, 1)
