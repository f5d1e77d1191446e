"""Scheduling: tasks of unequal length on equal workers, shared out beforehand or as the work goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.disciplines.heap import pop, push
from labsupport.simulators.numbering import read_only

POLICIES = ("static_blocks", "round_robin", "self_scheduling", "longest_first", "work_stealing", "least_loaded")
MOST_TASKS = 100_000_000
MOST_WORKERS = 10_000

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class ScheduleResult:
    """Who did which task, and when.

    Attributes
    ----------
    policy : str
    worker_count : int
        How many workers there are.
    lengths, releases : ndarray of float64, shape (tasks,)
        How long each task takes, and from when on it is there. Read-only.
    workers : ndarray of int64, shape (tasks,)
        Which worker did each task. Read-only.
    starts : ndarray of float64, shape (tasks,)
        When each was begun; nobody interrupts a task. Read-only.
    homes : ndarray of int64, shape (tasks,)
        At which worker each task waited until it was begun; −1 if in a line that all workers share. Read-only.
    """

    policy: str
    worker_count: int
    lengths: Floats
    releases: Floats
    workers: Numbers
    starts: Floats
    homes: Numbers

    @property
    def finishes(self) -> Floats:
        """When each task was done."""
        return self.starts + self.lengths

    @property
    def makespan(self) -> float:
        """When the last task was done, counted from time 0."""
        return float(self.finishes.max())

    @property
    def responses(self) -> Floats:
        """How long each task took, from its release until it was done."""
        return self.finishes - self.releases

    @property
    def busy(self) -> Floats:
        """How long each worker worked, shape (workers,)."""
        return np.bincount(self.workers, weights=self.lengths, minlength=self.worker_count).astype(np.float64)

    @property
    def ends(self) -> Floats:
        """When each worker had done its last task, shape (workers,); 0 for one that did none."""
        ends = np.zeros(self.worker_count)
        np.maximum.at(ends, self.workers, self.finishes)
        return ends

    @property
    def idle_share(self) -> float:
        """Share of the workers' time until the last task was done in which they did not work; 0 if no time passed."""
        span = self.makespan * self.worker_count
        return 1 - float(self.lengths.sum()) / span if span > 0 else 0.0

    @property
    def stolen(self) -> NDArray[np.bool_]:
        """Which tasks were done by another worker than the one at which they waited."""
        return np.asarray((self.homes >= 0) & (self.homes != self.workers))


# Every worker has its own tasks, and does them in the order of their release.
@kernel
def _keep(order: Numbers, homes: Numbers, lengths: Floats, releases: Floats, free: Floats, starts: Floats) -> None:
    for task in order:
        worker = homes[task]
        starts[task] = max(free[worker], releases[task])
        free[worker] = starts[task] + lengths[task]


# Whoever is free takes, of the tasks that are there, the one of the first rank: list scheduling (Graham, "Bounds on
# Multiprocessing Timing Anomalies", SIAM Journal on Applied Mathematics 17(2), 1969). Free workers and tasks that are there stand
# in a heap each, the one by the moment since when the worker is free, the other by rank.
@kernel
def _take(order: Numbers, ranks: Floats, lengths: Floats, releases: Floats, free: Floats, workers: Numbers, starts: Floats) -> None:
    tasks, count = order.size, free.size
    waiting, idle = np.zeros(tasks, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for worker in range(count):
        push(idle, worker, worker, free)
    there, come, now = 0, 0, 0.0
    for _ in range(tasks):
        worker = idle[0]
        pop(idle, count, free)
        now = max(now, free[worker])
        if there == 0:
            now = max(now, releases[order[come]])
        while come < tasks and releases[order[come]] <= now:
            push(waiting, there, order[come], ranks)
            there += 1
            come += 1
        task = waiting[0]
        pop(waiting, there, ranks)
        there -= 1
        workers[task], starts[task] = worker, now
        free[worker] = now + lengths[task]
        push(idle, count - 1, worker, free)


# Every worker has tasks of its own, in blocks, and does those first that came first. Who has none left takes the last one of a
# worker drawn at random among those who have more than they can begin at once; a steal takes some time (Blumofe, Leiserson,
# "Scheduling Multithreaded Computations by Work Stealing", Journal of the ACM 46(5), 1999). Own tasks that wait stand in a stretch
# of one array, of which the owner takes the first and a thief the last.
@kernel
def _steal(
    order: Numbers,
    homes: Numbers,
    first: Numbers,
    lengths: Floats,
    releases: Floats,
    chances: Floats,
    delay: float,
    free: Floats,
    workers: Numbers,
    starts: Floats,
) -> None:
    tasks, count = order.size, free.size
    waiting = np.zeros(tasks, dtype=np.int64)
    low, high = first.copy(), first.copy()
    idle = np.zeros(count, dtype=np.int64)
    for worker in range(count):
        push(idle, worker, worker, free)
    come, done = 0, 0
    while done < tasks:
        worker = idle[0]
        pop(idle, count, free)
        now = free[worker]
        while come < tasks and releases[order[come]] <= now:
            home = homes[order[come]]
            waiting[high[home]] = order[come]
            high[home] += 1
            come += 1
        task = -1
        if high[worker] > low[worker]:
            task = waiting[low[worker]]
            low[worker] += 1
        else:
            victims = 0
            for other in range(count):
                victims += high[other] - low[other] > (free[other] <= now)
            if victims > 0:
                chosen = int(chances[done] * victims)
                for other in range(count):
                    if high[other] - low[other] > (free[other] <= now):
                        if chosen == 0:
                            high[other] -= 1
                            task = waiting[high[other]]
                            break
                        chosen -= 1
                now += delay
        if task >= 0:
            workers[task], starts[task] = worker, now
            free[worker] = now + lengths[task]
            done += 1
        else:
            free[worker] = releases[order[come]] if come < tasks else np.inf
        push(idle, count - 1, worker, free)


# Every task is sent, when it is released, to the worker who seemed to have the least work left when last asked: at the times 0, T,
# 2T, … all are asked; of equal ones the one chosen least recently is taken. Who sends knows nothing of what was sent since, as if
# each task came from a sender of its own. With T = 0 workers are asked for every task (Mitzenmacher, "How Useful Is Old
# Information?", IEEE Transactions on Parallel and Distributed Systems 11(1), 2000: "periodic update").
@kernel
def _send(order: Numbers, lengths: Floats, releases: Floats, age: float, free: Floats, workers: Numbers, starts: Floats) -> None:
    count = free.size
    known, chosen = np.zeros(count), np.arange(count) - count
    told = -1.0
    for turn in range(order.size):
        task = order[turn]
        now = releases[task]
        period = float(turn) if age == 0 else now // age
        if period > told:
            asked = now if age == 0 else period * age
            for worker in range(count):
                known[worker] = max(free[worker] - asked, 0.0)
            told = period
        best = 0
        for worker in range(1, count):
            if known[worker] < known[best] or (known[worker] == known[best] and chosen[worker] < chosen[best]):
                best = worker
        chosen[best] = turn
        workers[task] = best
        starts[task] = max(free[best], now)
        free[best] = starts[task] + lengths[task]


def simulate(
    policy: str, lengths: Any, workers: int, *, releases: Any = None, age: float = 0.0, steal_time: float = 0.0, seed: int = 0
) -> ScheduleResult:
    """Let equal workers do tasks, none of which is interrupted.

    Parameters
    ----------
    policy : str
        One of `POLICIES`. *Static blocks*: each worker gets a stretch of the list beforehand, of equally many tasks but for one.
        *Round robin*: as fixed, but the tasks go to the workers in turn. *Self-scheduling*: whoever is free takes the first task
        of the list that is there. *Longest first*: whoever is free takes the longest that is there. *Work stealing*: static
        blocks, but who has nothing left takes the last task of somebody else. *Least loaded*: each task is sent on its release to
        whoever seems to have the least work left.
    lengths : array_like of float, shape (tasks,)
        How long each task takes, at least 0. Not written to.
    workers : int
        From 1 to 10,000.
    releases : array_like of float, shape (tasks,), optional
        From when on each task is there, at least 0, in any order; left out, all are there at time 0. Not written to.
    age : float, optional
        For least loaded: how old what is known of the workers becomes before it is renewed, at least 0, in the unit of the lengths.
    steal_time : float, optional
        For work stealing: how long it takes to get a task from somebody else, at least 0.
    seed : int, optional
        For work stealing: decides from whom is stolen.

    Returns
    -------
    ScheduleResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or of no use to the policy.

    References
    ----------
    Graham, "Bounds on Multiprocessing Timing Anomalies", SIAM Journal on Applied Mathematics 17(2), 1969.

    Examples
    --------
    >>> lengths = [1, 1, 1, 1, 4, 4]
    >>> simulate("static_blocks", lengths, 2).makespan, simulate("self_scheduling", lengths, 2).makespan
    (9.0, 6.0)
    >>> simulate("longest_first", lengths, 2).starts
    array([4., 4., 5., 5., 0., 0.])
    >>> result = simulate("work_stealing", lengths, 2)
    >>> result.makespan, result.stolen
    (7.0, array([False, False, False, False, False,  True]))
    """
    policy = checks.choice("policy", policy, POLICIES)
    work = checks.amounts("lengths", lengths, kind="length").copy()
    count = checks.integer("workers", workers, 1, MOST_WORKERS)
    if work.size > MOST_TASKS:
        raise ValueError(f"lengths holds {work.size:,} lengths, but there must be at most {MOST_TASKS:,} tasks")
    came = np.zeros(work.size) if releases is None else checks.amounts("releases", releases, kind="time", length=work.size).copy()
    old = checks.number("age", age, minimum=0)
    delay = checks.number("steal_time", steal_time, minimum=0)
    seed = checks.integer("seed", seed, minimum=0)
    if old > 0 and policy != "least_loaded":
        raise ValueError(f"age is {old:g}, but {policy} makes no use of it: only least_loaded does")
    if delay > 0 and policy != "work_stealing":
        raise ValueError(f"steal_time is {delay:g}, but {policy} makes no use of it: only work_stealing does")

    order = np.argsort(came, kind="stable")
    free, starts = np.zeros(count), np.empty(work.size)
    tasks = np.arange(work.size)
    blocks = tasks % count if policy == "round_robin" else tasks * count // work.size
    done_by, homes = blocks.copy(), np.full(work.size, -1)
    given, there = read_only(work), read_only(came)
    if policy in ("static_blocks", "round_robin"):
        _keep(order, blocks, given, there, free, starts)
        homes = blocks
    elif policy == "work_stealing":
        chances: Floats = np.random.default_rng(seed).random(work.size)
        _steal(order, blocks, np.searchsorted(blocks, np.arange(count)), given, there, chances, delay, free, done_by, starts)
        homes = blocks
    elif policy == "least_loaded":
        _send(order, given, there, old, free, done_by, starts)
        homes = done_by
    else:
        ranks = -work if policy == "longest_first" else np.arange(work.size, dtype=np.float64)
        _take(order, ranks, given, there, free, done_by, starts)
    for array in (work, came, done_by, starts, homes):
        array.flags.writeable = False
    return ScheduleResult(policy, count, work, came, done_by, starts, homes)
