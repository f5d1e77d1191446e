"""Spark's event log: what every stage and every task did, and how the same tasks would go on another number of cores.

Spark writes one line of JSON for everything that happens. A *job* consists of *stages*; a stage cannot begin before its parents are
complete, since it reads what they have shuffled. A stage consists of *tasks*, one for each partition, and is complete when its last task
is: one that takes far longer than the others, a *straggler*, holds up all that follows.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
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


@dataclass(frozen=True)
class ReplayResult:
    """When each task of a log runs on another number of cores.

    Attributes
    ----------
    cores : int
    started, finished : ndarray of float64, shape (tasks,)
        In seconds, in the order of the log's tasks; NaN for those that did not end well. Read-only.
    core : ndarray of int64, shape (tasks,)
        Which core; -1 for those that did not end well. Read-only.
    critical : tuple of int
        The stages that one after the other decide how long it takes, in their order: each ends last among the parents of the next.
    """

    cores: int
    started: NDArray[np.float64]
    finished: NDArray[np.float64]
    core: NDArray[np.int64]
    critical: tuple[int, ...]

    @property
    def length(self) -> float:
        """Seconds until the last task is done."""
        return float(np.nanmax(self.finished))


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


def replay(log: EventLog, cores: int, durations: Any = None) -> ReplayResult:
    """Let the log's tasks run on a number of cores, each as long as it took, or as long as you say.

    Spark's own scheduler in short: stages that may run come in the order of their numbers, the tasks of each in the order of their
    partitions, and whichever core is free takes the next. A stage may run when all its parents are complete.

    Parameters
    ----------
    log : EventLog
    cores : int
        How many tasks run at a time, at least 1.
    durations : array_like of float, shape (tasks,), optional
        How long each takes, in seconds, in the order of the log's tasks.

    Returns
    -------
    ReplayResult
        Without the moments in which Spark itself plans, submits and collects.

    Raises
    ------
    TypeError, ValueError
        If an argument is none of these, or stages wait for each other in a circle.

    References
    ----------
    Apache Spark documentation, "Job Scheduling", FIFO within one application.

    Examples
    --------
    >>> def event(stage, index, seconds):
    ...     info = {"Index": index, "Launch Time": 0, "Finish Time": 1000 * seconds}
    ...     return {"Event": "SparkListenerTaskEnd", "Stage ID": stage, "Task End Reason": {"Reason": "Success"}, "Task Info": info}
    >>> def stage(number, *parents):
    ...     info = {"Stage ID": number, "Parent IDs": parents, "Submission Time": 0, "Completion Time": 9000}
    ...     return {"Event": "SparkListenerStageCompleted", "Stage Info": info}
    >>> log = read([event(0, 0, 1), event(0, 1, 4), stage(0), event(1, 0, 2), stage(1, 0)])
    >>> replay(log, cores=2).length, replay(log, cores=1).length
    (6.0, 7.0)
    """
    if not isinstance(log, EventLog):
        raise TypeError(f"log is {type(log).__name__}, but must be an EventLog, as read() gives it")
    cores = checks.integer("cores", cores, 1)
    tasks = log.tasks
    took = tasks.durations if durations is None else checks.amounts("durations", durations, kind="duration", length=tasks.stage.size)
    waiting: dict[int, list[int]] = {stage.number: [] for stage in log.stages}
    for place in np.lexsort((tasks.index, tasks.stage)).tolist():
        if tasks.good[place]:
            waiting[int(tasks.stage[place])].append(place)
    left = {number: len(places) for number, places in waiting.items()}
    parents = {stage.number: set(stage.parents) for stage in log.stages}
    ready = sorted(number for number in waiting if not parents[number])
    started, finished = np.full(took.size, np.nan), np.full(took.size, np.nan)
    core = np.full(took.size, -1, dtype=np.int64)
    free = list(range(cores))
    running: list[tuple[float, int]] = []
    completed: dict[int, float] = {}
    now = 0.0
    while ready or running:
        for number in [number for number in ready if not left[number]]:  # a stage of which no task ended well holds nobody up
            _complete(number, now, ready, parents, completed)
        while free and (number := next((number for number in ready if waiting[number]), -1)) >= 0:
            place = waiting[number].pop(0)
            started[place], finished[place], core[place] = now, now + took[place], heapq.heappop(free)
            heapq.heappush(running, (finished[place], place))
        if running:
            now, place = heapq.heappop(running)
            heapq.heappush(free, int(core[place]))
            number = int(tasks.stage[place])
            left[number] -= 1
            if not left[number]:
                _complete(number, now, ready, parents, completed)
    if len(completed) < len(log.stages):
        raise ValueError(f"log holds stages that wait for each other in a circle: {sorted(set(parents) - set(completed))}")
    return ReplayResult(cores, read_only(started), read_only(finished), read_only(core), _critical(log, completed))


def _complete(number: int, now: float, ready: list[int], parents: Mapping[int, set[int]], completed: dict[int, float]) -> None:
    """Note that a stage is complete, and let those begin that waited for it alone."""
    completed[number] = now
    ready.remove(number)
    for child in sorted(parents):
        if child not in completed and child not in ready and parents[child] <= completed.keys():
            ready.append(child)
    ready.sort()


def _critical(log: EventLog, completed: Mapping[int, float]) -> tuple[int, ...]:
    """Go back from the stage that was complete last, always to the parent that was complete last."""
    parents = {stage.number: stage.parents for stage in log.stages}
    chain = [max(completed, key=lambda number: (completed[number], number))]
    while parents[chain[0]]:
        chain.insert(0, max(parents[chain[0]], key=lambda number: (completed[number], number)))
    return tuple(chain)
