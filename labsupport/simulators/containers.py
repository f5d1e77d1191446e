"""Containers: what a limit does to what runs in one – a CPU quota holds it back, and too much memory kills it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

PERIOD = 0.1  # seconds: Linux' and Docker's default for --cpu-period


def throttled_response(work: Any, cpus: float, *, threads: int = 1, period: float = PERIOD) -> NDArray[np.float64]:
    """Return how long a request takes in a container that may use some CPUs at most.

    The limit is a quota: in each period all threads together may run for ``cpus`` × ``period``. Who has used it up stands still
    until the next period, however idle the machine is. The request comes at the beginning of a period.

    Parameters
    ----------
    work : array_like of float, shape (requests,)
        CPU time that each request needs, in seconds, at least 0, spread evenly over the threads. Not written to.
    cpus : float
        The limit, as of ``docker run --cpus``, above 0.
    threads : int, optional
        How many threads work for a request at once, on as many processors, at least 1.
    period : float, optional
        Seconds, above 0; Docker's default is 0.1.

    Returns
    -------
    ndarray of float64, shape (requests,)

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Linux kernel documentation, "CFS Bandwidth Control"; Docker documentation, "Resource constraints".

    Examples
    --------
    A limit of one CPU, and 0.2 s of work: one thread takes 0.2 s. Four threads do the first half in 25 ms and then wait for 75 ms.

    >>> throttled_response([0.2], 1.0), throttled_response([0.2], 1.0, threads=4)
    (array([0.2]), array([0.125]))
    >>> throttled_response([0.2], 0.5)
    array([0.35])
    """
    needed = checks.amounts("work", work, kind="work")
    limit = checks.number("cpus", cpus, above=0)
    count = checks.integer("threads", threads, minimum=1)
    length = checks.number("period", period, above=0)
    if limit >= count:
        return needed / count
    quota = limit * length
    full = np.maximum(np.ceil(needed / quota - 1e-9) - 1, 0)  # quotas used up before the last one
    return np.asarray(full * length + (needed - full * quota) / count)


@dataclass(frozen=True)
class MemoryResult:
    """How a container fared that must not use more than some memory.

    Attributes
    ----------
    usage : ndarray of float64, shape (ticks,)
        Memory in use at the end of each tick; 0 while it restarts. Read-only.
    killed : ndarray of int64, shape (kills,)
        At which ticks it was killed. Read-only.
    down : int
        For how many ticks it was not there.
    """

    usage: NDArray[np.float64]
    killed: NDArray[np.int64]
    down: int


def run_in_memory(growth: Any, limit: float, *, base: float = 0.0, restart: int = 1) -> MemoryResult:
    """Let a container take and free memory under a limit: at more than that it is killed, and begins anew.

    Parameters
    ----------
    growth : array_like of float, shape (ticks,)
        How much more memory it holds at the end of each tick than at the beginning; negative where it frees some. Not written to.
    limit : float
        As of ``docker run --memory``, above ``base``.
    base : float, optional
        What it holds when it has just started, at least 0; it never holds less.
    restart : int, optional
        For how many ticks it is away after it was killed, at least 0.

    Returns
    -------
    MemoryResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    A leak of 1 in each tick:

    >>> result = run_in_memory([1.0] * 10, limit=3.0, restart=2)
    >>> result.usage, result.killed, result.down
    (array([1., 2., 3., 0., 0., 1., 2., 3., 0., 0.]), array([3, 8]), 4)
    """
    steps = np.asarray(growth)
    if steps.ndim != 1 or not steps.size or steps.dtype.kind not in "fiu" or not np.isfinite(steps).all():
        raise ValueError(f"growth is {growth!r}, but must be a list of finite numbers, at least one")
    least = checks.number("base", base, minimum=0)
    most = checks.number("limit", limit, above=least)
    away = checks.integer("restart", restart, minimum=0)
    usage, killed = np.zeros(steps.size), []
    held, back, down = least, 0, 0
    for tick, step in enumerate(steps.tolist()):
        if tick < back:
            down += 1
            continue
        held = max(least, held + step)
        if held > most:
            killed.append(tick)
            held, back = least, tick + away
            down += away > 0
        usage[tick] = 0.0 if tick < back else held
    usage.flags.writeable = False
    times = np.array(killed, dtype=np.int64)
    times.flags.writeable = False
    return MemoryResult(usage, times, down)
