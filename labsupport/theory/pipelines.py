"""Pipelines in theory: what a row of stages can do at most, and how long it takes at least and on average."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport import checks
from labsupport.theory.queueing import mmc_mean_wait


def _stages(mean_services: Any, workers: Any) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.int64]]]:
    times = checks.amounts("mean_services", mean_services, kind="service")
    teams = checks.integers("workers", workers, 1, 100_000, kind="number")
    if times.size != teams.size:
        raise ValueError(f"mean_services holds {times.size} numbers and workers {teams.size}, but both must hold one for each stage")
    return times, teams


def bottleneck_throughput(mean_services: Any, workers: Any) -> float:
    """Return how many requests a row of stages can finish per unit of time at most: as many as its slowest stage.

    Parameters
    ----------
    mean_services : array_like of float, shape (stages,)
        Mean time that a worker of each stage is busy with a request, at least 0.
    workers : array_like of int, shape (stages,)
        How many workers each stage has.

    Returns
    -------
    float
        Requests per unit of time; infinite if no stage takes any.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Denning and Buzen, "The Operational Analysis of Queueing Network Models", ACM Computing Surveys 10(3), 1978.

    Examples
    --------
    >>> bottleneck_throughput([0.010, 0.030, 0.005], workers=[1, 2, 1])
    66.66666666666667
    """
    times, teams = _stages(mean_services, workers)
    slowest = float(np.max(times / teams))
    return 1 / slowest if slowest > 0 else float("inf")


def pipeline_mean_response(arrival_rate: float, mean_services: Any, workers: Any) -> float:
    """Return how long requests take on average through stages with Poisson arrivals and exponential service times.

    What leaves such a queue is a Poisson stream again, so each stage is an M/M/c queue of its own, and the times add up.

    Parameters
    ----------
    arrival_rate : float
        Requests per unit of time, at least 0.
    mean_services : array_like of float, shape (stages,)
        Mean time that a worker of each stage is busy with a request, above 0.
    workers : array_like of int, shape (stages,)
        How many workers each stage has.

    Returns
    -------
    float
        In the unit of the service times.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or a stage gets more than it can do, and so has no steady state.

    References
    ----------
    Burke, "The Output of a Queuing System", Operations Research 4(6), 1956.
    Jackson, "Networks of Waiting Lines", Operations Research 5(4), 1957.

    Examples
    --------
    >>> round(pipeline_mean_response(50, [0.010, 0.010], workers=[1, 1]), 6)
    0.04
    """
    times, teams = _stages(mean_services, workers)
    checks.number("arrival_rate", arrival_rate, minimum=0)
    for time in times.tolist():
        checks.number("mean_services", time, above=0)
    return float(sum(time + mmc_mean_wait(arrival_rate, 1 / time, team) for time, team in zip(times.tolist(), teams.tolist(), strict=True)))
