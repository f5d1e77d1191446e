"""Spark's event log: what every stage and every task of a run did.

Spark writes one line of JSON for everything that happens. A *job* consists of *stages*; a stage cannot begin before its parents are
complete, since it reads what they have shuffled. A stage consists of *tasks*, one for each partition, and is complete when its last task
is: one that takes far longer than the others, a *straggler*, holds up all that follows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport.simulators.numbering import read_only


@dataclass(frozen=True)
class Stage:
    """One stage that was completed.

    Attributes
    ----------
    number : int
    name : str
        Where in the program it comes from.
    parents : tuple of int
        The stages whose output it reads, among those that ran.
    submitted, completed : float
        When it could begin and when it was complete, in seconds since the log's first stage was submitted.
    """

    number: int
    name: str
    parents: tuple[int, ...]
    submitted: float
    completed: float


@dataclass(frozen=True)
class Tasks:
    """All tasks, one for each place of the arrays, in the order of their ends. The arrays are read-only.

    Attributes
    ----------
    stage, index : ndarray of int64, shape (tasks,)
        Which stage, and which partition of it.
    launched, finished : ndarray of float64, shape (tasks,)
        Seconds since the first stage was submitted.
    collecting : ndarray of float64, shape (tasks,)
        Seconds of garbage collection meanwhile.
    records_read, bytes_read, records_written, bytes_written : ndarray of int64, shape (tasks,)
        What went through the shuffle.
    spilled : ndarray of int64, shape (tasks,)
        Bytes that did not fit into memory and were written to disk.
    good : ndarray of bool, shape (tasks,)
        Whether it ended well, and was not done a second time for nothing.
    """

    stage: NDArray[np.int64]
    index: NDArray[np.int64]
    launched: NDArray[np.float64]
    finished: NDArray[np.float64]
    collecting: NDArray[np.float64]
    records_read: NDArray[np.int64]
    bytes_read: NDArray[np.int64]
    records_written: NDArray[np.int64]
    bytes_written: NDArray[np.int64]
    spilled: NDArray[np.int64]
    good: NDArray[np.bool_]

    @property
    def durations(self) -> NDArray[np.float64]:
        """How long each took, in seconds."""
        return self.finished - self.launched


@dataclass(frozen=True)
class EventLog:
    """What an event log says.

    Attributes
    ----------
    stages : tuple of Stage
        Those that were completed, by their number.
    tasks : Tasks
    """

    stages: tuple[Stage, ...]
    tasks: Tasks

    @property
    def length(self) -> float:
        """Seconds from the first stage's submission to the last one's completion."""
        return max(stage.completed for stage in self.stages)


def read(events: Iterable[str | Mapping[str, Any]]) -> EventLog:
    """Read an event log.

    Parameters
    ----------
    events : iterable of str or mapping
        Its lines, or the events already read from JSON. All but the ends of tasks and stages are passed over.

    Returns
    -------
    EventLog

    Raises
    ------
    ValueError
        If a line is no event of Spark's, or there is no completed stage with a task in it.

    References
    ----------
    Apache Spark documentation, "Monitoring and Instrumentation", event log and executor task metrics.

    Examples
    --------
    >>> stage = {"Event": "SparkListenerStageCompleted", "Stage Info": {
    ...     "Stage ID": 0, "Stage Name": "count", "Parent IDs": [], "Submission Time": 1000, "Completion Time": 3500}}
    >>> task = {"Event": "SparkListenerTaskEnd", "Stage ID": 0, "Task End Reason": {"Reason": "Success"}, "Task Info": {
    ...     "Index": 0, "Launch Time": 1200, "Finish Time": 3200}, "Task Metrics": {}}
    >>> log = read([task, stage])
    >>> log.length, log.tasks.durations.tolist()
    (2.5, [2.0])
    """
    stages: dict[int, dict[str, Any]] = {}
    tasks: list[tuple[Any, ...]] = []
    for place, line in enumerate(events, start=1):
        try:
            event = json.loads(line) if isinstance(line, str) else line
            kind = event["Event"]
            if kind == "SparkListenerStageCompleted":
                stage = event["Stage Info"]
                stages[int(stage["Stage ID"])] = stage  # a stage that was tried again counts as it was in the end
                float(stage["Completion Time"]), float(stage["Submission Time"])
            elif kind == "SparkListenerTaskEnd":
                tasks.append(_task(event))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            words = f"{type(error).__name__}: {error}"
            raise ValueError(f"events holds at place {place} something that is no event of a Spark log ({words}): {str(line)[:80]!r}") from None
    tasks = [task for task in tasks if task[0] in stages]
    if not tasks:
        raise ValueError(f"events holds {len(stages)} completed stages and {len(tasks)} ends of their tasks, but there must be one of each at least")
    origin = min(float(stage["Submission Time"]) for stage in stages.values())
    return EventLog(tuple(_stage(number, stages, origin) for number in sorted(stages)), _columns(tasks, origin))


def _task(event: Mapping[str, Any]) -> tuple[Any, ...]:
    info, metrics = event["Task Info"], event.get("Task Metrics") or {}
    came, went = metrics.get("Shuffle Read Metrics") or {}, metrics.get("Shuffle Write Metrics") or {}
    return (
        int(event["Stage ID"]),
        int(info["Index"]),
        float(info["Launch Time"]),
        float(info["Finish Time"]),
        float(metrics.get("JVM GC Time", 0)) / 1_000,
        int(came.get("Total Records Read", 0)),
        int(came.get("Remote Bytes Read", 0)) + int(came.get("Local Bytes Read", 0)),
        int(went.get("Shuffle Records Written", 0)),
        int(went.get("Shuffle Bytes Written", 0)),
        int(metrics.get("Disk Bytes Spilled", 0)),
        event["Task End Reason"]["Reason"] == "Success" and not info.get("Failed", False) and not info.get("Killed", False),
    )


def _stage(number: int, stages: Mapping[int, Mapping[str, Any]], origin: float) -> Stage:
    stage = stages[number]
    parents = tuple(int(parent) for parent in stage.get("Parent IDs", ()) if int(parent) in stages)
    times = ((float(stage[name]) - origin) / 1_000 for name in ("Submission Time", "Completion Time"))
    return Stage(number, str(stage.get("Stage Name", "")), parents, *times)


def _columns(tasks: list[tuple[Any, ...]], origin: float) -> Tasks:
    columns = dict(zip((field.name for field in fields(Tasks)), zip(*tasks, strict=True), strict=True))
    for name in ("launched", "finished"):
        columns[name] = tuple((time - origin) / 1_000 for time in columns[name])
    kinds = {"stage": np.int64, "index": np.int64, "launched": np.float64, "finished": np.float64, "collecting": np.float64, "good": np.bool_}
    return Tasks(**{name: read_only(np.array(values, dtype=kinds.get(name, np.int64))) for name, values in columns.items()})
