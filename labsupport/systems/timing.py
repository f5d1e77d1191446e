"""Timing of work that is too short for one look at the clock."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

MOST_AT_ONCE = 1_000


class Timing(NamedTuple):
    """Microseconds that something takes: the median of some, and the quartiles beside it."""

    median: float
    low: float
    high: float


def timed(work: Callable[[], object], repeats: int, least: float, parts: int = 1) -> Timing:
    """Do a piece of work again and again, and return how long one part of it takes.

    Parameters
    ----------
    work : callable
        It is called without arguments; once more before anything counts.
    repeats : int
        How many times are taken, at least 2.
    least : float
        Seconds for which the work is done in one go: less is too short for the clock.
    parts : int, optional
        Of how many equal parts the work consists.

    Returns
    -------
    Timing

    Examples
    --------
    >>> taken = timed(lambda: None, repeats=3, least=1e-4)
    >>> 0 < taken.low <= taken.median <= taken.high
    True
    """
    begin = time.perf_counter()
    work()
    often = max(1, min(MOST_AT_ONCE, int(least / max(time.perf_counter() - begin, 1e-9))))
    taken = []
    for _ in range(repeats):
        begin = time.perf_counter()
        for _ in range(often):
            work()
        taken.append(1e6 * (time.perf_counter() - begin) / often / parts)
    low, median, high = statistics.quantiles(taken, n=4)
    return Timing(median, low, high)
