"""Scheduling runs: the tasks that the scheduling lab draws, and what each policy makes of them, computed once and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labsupport import theory, workloads
from labsupport.simulators import scheduling
from labsupport.simulators.scheduling import ScheduleResult

Floats = NDArray[np.float64]

MEAN = 10.0  # seconds that a task takes on average
LOAD = 0.8  # of what the workers can do, where tasks come as time goes on
STEAL = 0.5  # seconds that it takes to get a task from somebody else
WORKERS = [2, 3, 4, 6, 8, 12, 16, 24, 32]
AGES = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]  # seconds
LENGTHS = ("equal", "exponential", "pareto", "rising", "last")


class Job(NamedTuple):
    """The tasks: how many, how unequal, and when they come."""

    tasks: int
    lengths: str
    coming: str


@lru_cache(maxsize=256)
def lengths(job: Job, workers: int) -> Floats:
    """Draw how long the tasks take, in seconds; the same in every policy, and but for Graham's worst case for any number of workers."""
    if job.lengths == "equal":
        drawn = np.full(job.tasks, MEAN)
    elif job.lengths == "pareto":
        drawn = workloads.pareto_services(job.tasks, MEAN, seed=61, shape=1.6)
    elif job.lengths == "last":
        drawn = np.append(np.ones(job.tasks - 1), (job.tasks - 1) / (workers - 1))  # as much as each of the others does meanwhile
    else:
        drawn = workloads.exponential_services(job.tasks, MEAN, seed=62)
    if job.lengths == "rising":
        drawn = np.sort(drawn)
    return np.asarray(drawn * (MEAN / drawn.mean()))


@lru_cache(maxsize=64)
def releases(job: Job, workers: int) -> Floats:
    """Say from when on each task is there, in seconds."""
    if job.coming == "at_once":
        return np.zeros(job.tasks)
    arrivals = workloads.poisson_arrivals(job.tasks, 1.0, seed=63)
    return np.asarray((arrivals - arrivals[0]) * MEAN / (LOAD * workers))


@lru_cache(maxsize=1024)
def run(job: Job, policy: str, workers: int, age: float = 0.0) -> ScheduleResult:
    """Let the workers do the tasks."""
    steal_time = STEAL if policy == "work_stealing" else 0.0
    return scheduling.simulate(policy, lengths(job, workers), workers, releases=releases(job, workers), age=age, steal_time=steal_time)


@lru_cache(maxsize=256)
def bound(job: Job, workers: int) -> float:
    """Return the time before which no schedule can be done, in seconds."""
    return theory.makespan_lower_bound(lengths(job, workers), workers, releases(job, workers))


def relative(job: Job, policy: str, workers: int, age: float = 0.0) -> float:
    """Return how many times that time a policy takes."""
    return run(job, policy, workers, age).makespan / bound(job, workers)
