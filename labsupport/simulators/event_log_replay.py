"""Replaying a Spark event log: how its tasks would go on another number of cores, and which stages decide how long they take."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators.event_log import EventLog
from labsupport.simulators.numbering import read_only


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
    >>> from labsupport.simulators.event_log import read
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
    waiting: dict[int, deque[int]] = {stage.number: deque() for stage in log.stages}
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
            place = waiting[number].popleft()
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
