"""Scheduling: how soon tasks can be done at the earliest, and how far from it simple rules can end."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport import checks
from labsupport.theory.values import Numbers, plain, values


def makespan_lower_bound(lengths: Any, workers: int, releases: Any = None) -> float:
    """Return a time before which no schedule of equal workers can be done, whatever it does.

    It is the largest of three: all work shared out evenly; the longest task; and, as of the workers + 1 longest tasks two must go
    to one worker, the sum of the two shortest of those. With releases, the first is asked of what comes from each moment on,
    and the second of each task from its release on.

    Parameters
    ----------
    lengths : array_like of float, shape (tasks,)
        How long each task takes, at least 0.
    workers : int
        At least 1.
    releases : array_like of float, shape (tasks,), optional
        From when on each task is there, at least 0; all from time 0 if left out.

    Returns
    -------
    float
        In the unit of the lengths.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Graham, "Bounds on Multiprocessing Timing Anomalies", SIAM Journal on Applied Mathematics 17(2), 1969.

    Examples
    --------
    >>> makespan_lower_bound([3, 3, 2, 2, 2], 2)
    6.0
    >>> makespan_lower_bound([1, 1], 2, releases=[0, 5])
    6.0
    """
    work, count = values("lengths", lengths, minimum=0).ravel(), checks.integer("workers", workers, 1)
    came = np.zeros(work.size) if releases is None else values("releases", releases, minimum=0).ravel()
    if not work.size or came.size != work.size:
        raise ValueError(f"lengths holds {work.size} numbers and releases {came.size}, but both must hold one for each task, at least one")
    order = np.argsort(came, kind="stable")
    shared = came[order] + np.cumsum(work[order][::-1])[::-1] / count
    bounds = [float(shared.max()), float((came + work).max())]
    if work.size > count:
        longest = np.sort(work)[::-1]
        bounds.append(float(came.min() + longest[count - 1] + longest[count]))
    return max(bounds)


def list_scheduling_bound(workers: Any) -> Numbers:
    """Return how many times the best possible makespan list scheduling can take at most: 2 − 1/m.

    Whoever is free takes the next task of a list in any order, and all tasks are there from the beginning. The bound is reached:
    by m · (m − 1) tasks of length 1 and then one of length m.

    Parameters
    ----------
    workers : int or array_like of int
        m, at least 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Graham, "Bounds for Certain Multiprocessing Anomalies", Bell System Technical Journal 45(9), 1966.

    Examples
    --------
    >>> list_scheduling_bound([1, 2, 10])
    array([1. , 1.5, 1.9])
    """
    return plain(2 - 1 / values("workers", workers, minimum=1, whole=True))


def longest_first_bound(workers: Any) -> Numbers:
    """Return how many times the best possible makespan it can take at most if the longest tasks go first: 4/3 − 1/(3m).

    Parameters
    ----------
    workers : int or array_like of int
        m, at least 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Graham, "Bounds on Multiprocessing Timing Anomalies", SIAM Journal on Applied Mathematics 17(2), 1969.

    Examples
    --------
    >>> round(longest_first_bound(2), 4)
    1.1667
    """
    return plain(4 / 3 - 1 / (3 * values("workers", workers, minimum=1, whole=True)))
