"""Event logs recorded with Spark, their tasks replayed on any number of cores and with any stage made faster, computed once and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from labsupport.simulators import event_log, event_log_replay
from labsupport.simulators.event_log import EventLog
from labsupport.simulators.event_log_replay import ReplayResult
from labsupport.workloads.spark_logs import events

STRAGGLER = 2.0  # times the median of its stage that a task takes at least, if it is to be called one


class StageFacts(NamedTuple):
    """What a stage's tasks did, in seconds and bytes; ``most`` is what the longest of them read."""

    number: int
    tasks: int
    longest: float
    median: float
    most: int
    read: int
    spilled: int


@lru_cache(maxsize=8)
def log(run: str) -> EventLog:
    """Read a recorded log."""
    return event_log.read(events(run))


@lru_cache(maxsize=1024)
def replayed(run: str, cores: int, stage: str = "", percent: float = 100.0) -> ReplayResult:
    """Run its tasks again on some cores, those of one stage in a share of their time."""
    found = log(run)
    durations = found.tasks.durations.copy()
    if stage:
        durations[found.tasks.stage == facts(run)[stage].number] *= percent / 100
    return event_log_replay.replay(found, cores, durations)


@lru_cache(maxsize=8)
def facts(run: str) -> dict[str, StageFacts]:
    """Tell what the tasks of each stage did, by the stage's name."""
    found, told = log(run), {}
    tasks = found.tasks
    for stage in found.stages:
        own = tasks.stage == stage.number
        took, read = tasks.durations[own], tasks.bytes_read[own]
        sizes = (int(read[took.argmax()]), int(read.sum()), int(tasks.spilled[own].sum()))
        told[stage.name] = StageFacts(stage.number, int(own.sum()), float(took.max()), float(np.median(took)), *sizes)
    return told


def span(run: str, result: ReplayResult, stage: str) -> float:
    """Return the seconds from the beginning of a stage's first task to the end of its last one."""
    own = log(run).tasks.stage == facts(run)[stage].number
    return float(np.nanmax(result.finished[own]) - np.nanmin(result.started[own]))


def gain(run: str, cores: int, stage: str, percent: float = 50.0) -> float:
    """Return how many seconds sooner the job is done if the tasks of one stage take that share of their time."""
    return replayed(run, cores).length - replayed(run, cores, stage, percent).length
