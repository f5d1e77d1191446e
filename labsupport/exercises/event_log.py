"""What the exercises on Spark's event log need: logs in Spark's own form, and the court on the longest stage. No answer is in here."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labsupport import checks
from labsupport.exercises.expectations import NotYet
from labsupport.simulators import event_log, event_log_replay

HINTS = {
    "stages": (
        "Print one event of each kind, and look for the two times of a stage, and for what says how a task ended.",
        "A task that failed is done again: both have the same index. Whose time, bytes and garbage collection count?",
        "Sort the tasks of a stage by their time. What stands in the middle, what at the end – and did the last one get more to do, or did it "
        "stand still, or was it just slow?",
    ),
    "longest": (
        "Draw the stages as bars over time. Which bars stand one behind the other because they must, and which lie beside these?",
        "What happens to the end of the job if the longest bar becomes half as long – and when does another bar take its place as the last?",
        "For the last part: when is each stage done if nothing is tuned? Work it out in an order in which parents come first. Then do it again for "
        "each stage, halved.",
    ),
}

Range = tuple[int, int] | tuple[float, float]

#: The settings of a witness: seconds of a task in each stage, how many times as long the longest task of customers takes, and cores.
SETTINGS: Mapping[str, Range] = {
    "orders": (0.5, 60.0),
    "customers": (0.5, 60.0),
    "catalogue": (0.5, 60.0),
    "report": (0.5, 60.0),
    "skew": (1.0, 20.0),
    "cores": (1, 32),
}
TASKS = {"orders": 8, "customers": 8, "catalogue": 1, "report": 4}
PARENTS = {"orders": (), "customers": ("orders",), "catalogue": (), "report": ("customers", "catalogue")}
GAINS, NOTHING = 0.2, 0.01  # of the job's time: what tuning saves at least, and at most, for a witness to be heard
CLEARLY = 1.1  # times the second longest stage that it must take


def spark_log(seed: int, stages: int = 4) -> list[dict[str, Any]]:
    """Write the event log of a job, as Spark does: a dict for each event, in the order in which they happened.

    Parameters
    ----------
    seed : int
        Same seed, same log.
    stages : int, optional
        How many stages, one after the other, 1 to 12.

    Returns
    -------
    list of dict
        Events of several kinds. Times are in milliseconds since 1970, some tasks fail and are done again, and one task of each stage
        takes longer than the others – for one reason or another, and more or less so.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Apache Spark documentation, "Monitoring and Instrumentation".

    Examples
    --------
    >>> spark_log(1)[0]["Event"]
    'SparkListenerStageSubmitted'
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
    now = 1_700_000_000_000 + chance.randrange(10**9)
    first = chance.randrange(0, 40)
    found: list[dict[str, Any]] = []
    for number in range(first, first + checks.integer("stages", stages, 1, 12)):
        begin = now + chance.randint(5, 60)
        ends, tasks = _tasks(chance, number, begin, shuffled=number > first)
        now = max(ends) + chance.randint(1, 20)
        parents = [number - 1] if number > first else []
        info = {"Stage ID": number, "Stage Attempt ID": 0, "Stage Name": f"stage {number}", "Number of Tasks": len({*_indices(tasks)})}
        submitted = {**info, "Parent IDs": parents, "Submission Time": begin}
        found.append({"Event": "SparkListenerStageSubmitted", "Stage Info": submitted})
        found += tasks
        found.append({"Event": "SparkListenerStageCompleted", "Stage Info": {**submitted, "Completion Time": now}})
    return found


def _indices(tasks: Sequence[Mapping[str, Any]]) -> list[int]:
    return [task["Task Info"]["Index"] for task in tasks]


def _tasks(chance: random.Random, stage: int, begin: int, shuffled: bool) -> tuple[list[int], list[dict[str, Any]]]:
    """Draw a stage's tasks, each on its core; the one with the trouble has more data, or collects garbage, or is just slow."""
    count = chance.randint(5, 12)
    typical, usual = chance.randint(400, 4_000), chance.randint(200_000, 40_000_000)
    trouble, late = chance.choice(("data", "garbage", "slow", "none")), chance.randrange(count)
    if not shuffled and trouble == "data":
        trouble = "slow"
    rows = []
    for index in range(count):
        took, read = round(typical * chance.uniform(0.85, 1.15)), round(usual * chance.uniform(0.85, 1.15))
        collected = round(took * chance.uniform(0.01, 0.08))
        if index == late and trouble != "none":
            times = chance.uniform(2.6, 6.0)
            read = round(read * times) if trouble == "data" else read
            took = round(took * times)
            collected = round(took * (chance.uniform(0.6, 0.8) if trouble == "garbage" else chance.uniform(0.02, 0.1)))
        start = begin
        if chance.random() < 0.15:  # it fails once before, and has read for nothing
            lost = round(took * chance.uniform(3.0, 5.0))
            start += lost + 4
            rows.append(_task(stage, index, begin, lost, round(0.9 * lost), 2 * read if shuffled else 0, "ExceptionFailure"))
        rows.append(_task(stage, index, start, took, collected, read if shuffled else 0, "Success"))
    rows.sort(key=lambda row: int(row["Task Info"]["Finish Time"]))
    return [int(row["Task Info"]["Finish Time"]) for row in rows], rows


def _task(stage: int, index: int, begin: int, took: int, collected: int, read: int, reason: str) -> dict[str, Any]:
    return {
        "Event": "SparkListenerTaskEnd",
        "Stage ID": stage,
        "Stage Attempt ID": 0,
        "Task End Reason": {"Reason": reason},
        "Task Info": {"Index": index, "Launch Time": begin + 3, "Finish Time": begin + 3 + took, "Failed": reason != "Success"},
        "Task Metrics": {
            "JVM GC Time": collected,
            "Shuffle Read Metrics": {"Remote Bytes Read": read - read // 3, "Local Bytes Read": read // 3},
        },
    }


def court(seed: int, orders: float, customers: float, catalogue: float, report: float, skew: float, cores: int) -> str:
    """Make the longest stage of a job twice as fast, and see how much sooner the job is done.

    The job has the four stages of the lab: 8 tasks of orders, 8 of customers after them, one of catalogue beside both, and 4 of report
    after customers and catalogue. Each task takes its stage's time, give or take a tenth; the first of customers ``skew`` times it.

    Parameters
    ----------
    seed : int
        Same seed, same times.
    orders, customers, catalogue, report : float
        Seconds of a task.
    skew : float
        How many times as long the first task of customers takes.
    cores : int
        How many tasks run at a time.

    Returns
    -------
    {"refutes", "supports"}

    Raises
    ------
    NotYet
        If there is no stage that is clearly the longest, or tuning it gains a little.

    Examples
    --------
    >>> court(1, orders=5.0, customers=1.0, catalogue=1.0, report=1.0, skew=1.0, cores=8)
    'supports'
    """
    log, times = _job(seed, {"orders": orders, "customers": customers, "catalogue": catalogue, "report": report}, skew)
    before = event_log_replay.replay(log, cores, times)
    spans = {}
    for stage in log.stages:
        own = log.tasks.stage == stage.number
        spans[stage.number] = float(before.finished[own].max() - before.started[own].min())
    longest, second = sorted(spans, key=lambda number: spans[number], reverse=True)[:2]
    name = log.stages[longest].name
    if spans[longest] < CLEARLY * spans[second]:
        raise NotYet(
            f"almost: this witness says nothing – {name} takes {spans[longest]:.1f} s and {log.stages[second].name} {spans[second]:.1f} s, so that "
            "none is clearly the longest. Look next: the seconds of the stages."
        )
    after = event_log_replay.replay(log, cores, np.where(log.tasks.stage == longest, times / 2, times))
    gained = 1 - after.length / before.length
    if gained <= NOTHING:
        return "refutes"
    if gained >= GAINS:
        return "supports"
    raise NotYet(
        f"almost: this witness says little – with {name}, the longest stage, twice as fast the job takes {100 * gained:.1f} % less; "
        f"{100 * GAINS:g} % or more supports, {100 * NOTHING:g} % or less refutes. Look next: who waits for that stage, and what else they wait for."
    )


def _job(seed: int, seconds: Mapping[str, float], skew: float) -> tuple[event_log.EventLog, Any]:
    """Make the log of the job, and how long each of its tasks takes."""
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    numbers = {name: number for number, name in enumerate(TASKS)}
    events, times = [], []
    for name, count in TASKS.items():
        drawn = seconds[name] * generator.uniform(0.9, 1.1, count)
        if name == "customers":
            drawn[0] *= skew
        events += [_task(numbers[name], index, 0, 0, 0, 0, "Success") for index in range(count)]
        times.append(drawn)
        parents = [numbers[parent] for parent in PARENTS[name]]
        info = {"Stage ID": numbers[name], "Stage Name": name, "Parent IDs": parents, "Submission Time": 0, "Completion Time": 1}
        events.append({"Event": "SparkListenerStageCompleted", "Stage Info": info})
    return event_log.read(events), np.concatenate(times)
