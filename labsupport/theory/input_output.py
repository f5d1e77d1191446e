"""Input and output: how soon jobs that compute and wait can be done at the earliest."""

from __future__ import annotations

from typing import Any

from labsupport import checks
from labsupport.theory.values import values


def overlap_lower_bound(compute: Any, waits: Any, at_once: int) -> float:
    """Return a time before which one processor cannot have done its jobs, however well their waiting overlaps.

    It is the largest of three: all computing, which no waiting can overlap with itself; the longest job; and all of what jobs take,
    computing and waiting, over the number that may be under way at once (the asymptotic bounds of a closed system).

    Parameters
    ----------
    compute, waits : array_like of float, shape (jobs,)
        How long each job computes and waits, at least 0.
    at_once : int
        How many may be under way, at least 1.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Harchol-Balter, "Performance Modeling and Design of Computer Systems", 2013, chapter 7.

    Examples
    --------
    >>> [overlap_lower_bound([2] * 6, [8] * 6, at_once) for at_once in (1, 3, 6)]
    [60.0, 20.0, 12.0]
    """
    work, pauses = values("compute", compute, minimum=0).ravel(), values("waits", waits, minimum=0).ravel()
    count = checks.integer("at_once", at_once, 1)
    if not work.size or work.size != pauses.size:
        raise ValueError(f"compute holds {work.size} numbers and waits {pauses.size}, but both must hold one for each job, at least one")
    return max(float(work.sum()), float((work + pauses).max()), float((work + pauses).sum()) / count)
