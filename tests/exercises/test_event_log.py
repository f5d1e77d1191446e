"""Logs as Spark writes them, and the court on the longest stage."""

from __future__ import annotations

import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.event_log import court, spark_log
from labsupport.simulators import event_log

JOB = {"orders": 4.0, "customers": 1.0, "catalogue": 1.0, "report": 1.0, "skew": 1.0, "cores": 9}


def test_a_log_can_be_read_and_has_every_kind_of_trouble() -> None:
    found = set()
    for seed in range(40):
        events = spark_log(seed, 4)
        assert spark_log(seed, 4) == events
        log = event_log.read(events)
        assert len(log.stages) == 4
        assert log.stages[0].parents == ()
        assert log.stages[3].parents == (log.stages[2].number,)
        tasks = log.tasks
        for stage in log.stages:
            own = (tasks.stage == stage.number) & tasks.good
            assert sorted(tasks.index[own]) == list(range(own.sum()))
            assert (tasks.finished[own] <= stage.completed).all()
            late = tasks.durations[own].argmax()
            read = tasks.bytes_read[own]
            if tasks.durations[own].max() > 2.2 * sorted(tasks.durations[own])[own.sum() // 2]:
                garbage = tasks.collecting[own][late] > 0.55 * tasks.durations[own][late]
                found.add("data" if read[late] > 2 * sorted(read)[own.sum() // 2] else "garbage" if garbage else "slow")
        found.add("failed" if not tasks.good.all() else "")
    assert found >= {"data", "garbage", "slow", "failed"}


def test_the_court_hears_both_sides() -> None:
    assert court(1, **JOB) == "supports"
    assert court(1, **(JOB | {"customers": 1.2, "skew": 5.0, "catalogue": 8.0})) == "refutes"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"customers": 4.0}, "none is clearly the longest"),
        ({"catalogue": 8.0, "customers": 2.6}, "this witness says little"),
        ({"orders": 4.2, "report": 3.5, "customers": 3.5, "catalogue": 3.5, "cores": 32}, "or more supports"),
    ],
)
def test_a_witness_that_says_too_little_is_told_why(settings: dict[str, float], words: str) -> None:
    with pytest.raises(NotYet, match=words):
        court(1, **(JOB | settings))


def test_a_stage_that_is_hardly_longer_is_heard_on_no_day() -> None:
    for seed in range(20):
        with pytest.raises(NotYet, match="none is clearly the longest"):
            court(seed, **(JOB | {"customers": 4.0}))
