"""What the exercise on schedules needs, and the court of the claim that dynamic balancing is best. No schedule and no witness is in here."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypedDict

from labsupport import checks, workloads
from labsupport.exercises.expectations import NotYet
from labsupport.simulators import scheduling

HINTS = {
    "schedule": (
        "Go from moment to moment: something ends, or something becomes possible. Which tasks may begin then, and which workers are free? "
        "When would it be a mistake to let one of them wait?",
        "If several tasks may begin and one worker is free: which of them has most hanging on it? Count not only its own length, but "
        "everything that cannot begin before it is done.",
        "For the fewest workers: with how many is it certain that no task ever waits for a worker? And if even that is too late?",
    ),
}

MOST_LATE = 1e-6

#: The settings of the witnesses on dynamic balancing, with the least and the most of each.
SETTINGS: Mapping[str, tuple[int, int] | tuple[float, float]] = {"workers": (2, 50), "load": (0.5, 0.95), "age": (0.0, 50.0)}
TASKS = 20_000
BETTER, WORSE = 0.67, 1.5  # times as long as with static balancing: this or less, this or more


class Task(TypedDict):
    """A task: from when on it is there, how long it takes, and which tasks must be done before it."""

    release: int
    length: int
    after: list[int]


def job(seed: int, tasks: int = 40, chain: int = 0) -> list[Task]:
    """Make a job of tasks that become known over time and wait for one another.

    Parameters
    ----------
    seed : int
        Same seed, same job.
    tasks : int, optional
        How many, at least 1.
    chain : int, optional
        How many of the tasks, the last ones, each wait for the one before, at least 0.

    Returns
    -------
    list of dict
        Each has ``release`` and ``length`` in seconds, and ``after``, the numbers of the tasks that must be done before it begins: all of
        them smaller than its own.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> job(1, tasks=3)
    [{'release': 0, 'length': 2, 'after': []}, {'release': 1, 'length': 8, 'after': []}, {'release': 0, 'length': 2, 'after': []}]
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
    count = checks.integer("tasks", tasks, minimum=1)
    first = count - checks.integer("chain", chain, 0, count)
    made: list[Task] = []
    for number in range(count):
        if number >= first:
            made.append({"release": 0, "length": chance.randint(5, 9), "after": [number - 1] if number > first else []})
            continue
        before = [earlier for earlier in range(max(0, number - 6), number) if chance.random() < 0.12]
        made.append({"release": chance.randint(0, count // 4 + 2), "length": chance.randint(1, 9), "after": before})
    return made


def replayed(tasks: Sequence[Task], workers: int, schedule: Any) -> float:
    """Replay a schedule and return when the last task is done.

    Parameters
    ----------
    tasks : sequence of dict
        As :func:`job` makes them.
    workers : int
        How many there are.
    schedule : list of [int, number]
        For each task, who does it and when it begins.

    Returns
    -------
    float
        0 if there are no tasks.

    Raises
    ------
    NotYet
        If the schedule cannot be done: the sentence says what is wrong.

    Examples
    --------
    >>> replayed([{"release": 1, "length": 4, "after": []}], 1, [[0, 2]])
    6.0
    """
    look = "Look next: when a task may begin, and who is free then."
    if type(schedule) is not list or len(schedule) != len(tasks):
        raise NotYet(f"almost: the schedule must be a list with an item [worker, start] for each of the {len(tasks)} tasks. {look}")
    ends: list[float] = []
    for number, (task, item) in enumerate(zip(tasks, schedule, strict=True)):
        if type(item) not in (list, tuple) or len(item) != 2 or type(item[0]) is not int or type(item[1]) not in (int, float):
            raise NotYet(f"almost: task {number} has {str(item)[:40]!r}, but must have [worker, start]. {look}")
        worker, start = item
        if not 0 <= worker < workers or not math.isfinite(start):
            raise NotYet(f"almost: task {number} goes to worker {worker} at {start:g} s, but there are workers 0 to {workers - 1}. {look}")
        if start < task["release"]:
            raise NotYet(f"almost: task {number} begins at {start:g} s, but is not there before {task['release']} s. {look}")
        for earlier in task["after"]:
            if start < ends[earlier] - MOST_LATE:
                raise NotYet(f"almost: task {number} begins at {start:g} s, but task {earlier}, which it needs, ends at {ends[earlier]:g} s. {look}")
        ends.append(float(start + task["length"]))
    done_by: list[list[tuple[float, float, int]]] = [[] for _ in range(workers)]
    for number, (worker, start) in enumerate(schedule):
        done_by[worker].append((float(start), ends[number], number))
    for worker, own in enumerate(done_by):
        for (_, end, one), (begin, _, other) in pairwise(sorted(own)):
            if begin < end - MOST_LATE:
                raise NotYet(f"almost: worker {worker} does task {one} until {end:g} s and begins task {other} at {begin:g} s. {look}")
    return max(ends, default=0.0)


def longest_way(tasks: Sequence[Task]) -> float:
    """Return how long a job takes if there is a worker for everyone: the longest way through it, with releases.

    Parameters
    ----------
    tasks : sequence of dict
        As :func:`job` makes them.

    Returns
    -------
    float

    Examples
    --------
    >>> longest_way([{"release": 0, "length": 4, "after": []}, {"release": 3, "length": 2, "after": [0]}])
    6.0
    """
    ends: list[float] = []
    for task in tasks:
        ends.append(float(max([task["release"], *(ends[earlier] for earlier in task["after"])]) + task["length"]))
    return max(ends, default=0.0)


def under_the_bound(make: Any, jobs: Sequence[tuple[Sequence[Task], int]], times: float = 0.0) -> str:
    """Let a student's function plan jobs, and hold each plan against a bound.

    Parameters
    ----------
    make : callable
        Takes tasks and a number of workers, returns a schedule.
    jobs : sequence of (sequence of dict, int)
        Tasks, and the number of workers.
    times : float, optional
        How many times the larger of the work per worker and of the longest way it may take; 0 for Graham's bound: work and
        the latest release per worker, and (1 − 1 / workers) of the longest way.

    Returns
    -------
    str
        ``"under the bound"``.

    Raises
    ------
    NotYet
        If a schedule cannot be done, or takes longer.

    Examples
    --------
    >>> alone = [{"release": 0, "length": 4, "after": []}]
    >>> under_the_bound(lambda tasks, workers: [[0, 0]], [(alone, 1)])
    'under the bound'
    """
    for number, (tasks, workers) in enumerate(jobs, 1):
        handed = [{"release": task["release"], "length": task["length"], "after": list(task["after"])} for task in tasks]
        took = replayed(tasks, workers, make(handed, workers))
        work, way = sum(task["length"] for task in tasks) / workers, longest_way(tasks)
        last = max((task["release"] for task in tasks), default=0)
        most = times * max(work, way) if times else work + last / workers + (1 - 1 / workers) * way
        if took > most + MOST_LATE:
            raise NotYet(
                f"almost: job {number}, {len(tasks)} tasks for {workers} {'worker' if workers == 1 else 'workers'}, takes {took:g} s, but may take "
                f"{most:.4g} s: there are {work:.4g} s of work for each, and the longest way takes {way:g} s. Look next: who is idle although a "
                "task could begin, and which tasks others wait for."
            )
    return "under the bound"


def court(seed: int, workers: int, load: float, age: float) -> str:
    """Compare sending each task to whoever seemed to have the least work left, with dealing tasks out in turn.

    Parameters
    ----------
    seed : int
        Same seed, same tasks.
    workers : int
        How many there are.
    load : float
        Work that comes in over what they can do.
    age : float
        How old what is known of the workers becomes before it is renewed, in mean lengths of a task.

    Returns
    -------
    {"refutes", "supports"}

    Raises
    ------
    NotYet
        If the difference is too small.

    Examples
    --------
    >>> court(1, workers=10, load=0.9, age=0.0)
    'supports'
    """
    releases = workloads.poisson_arrivals(TASKS, load * workers, seed)
    lengths = workloads.exponential_services(TASKS, 1.0, seed + 1)
    dynamic = scheduling.simulate("least_loaded", lengths, workers, releases=releases, age=age).responses.mean()
    static = scheduling.simulate("round_robin", lengths, workers, releases=releases).responses.mean()
    times = float(dynamic / static)
    if times <= BETTER:
        return "supports"
    if times >= WORSE:
        return "refutes"
    raise NotYet(
        f"almost: this witness says little – with dynamic balancing a task takes {times:.2f} times as long as if dealt out in turn; {BETTER:g} "
        f"times or less supports, {WORSE:g} times or more refutes. Look next: how many tasks come before the news is renewed."
    )
