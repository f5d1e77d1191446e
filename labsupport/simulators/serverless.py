"""Serverless: functions that run in instances which are started when they are needed, kept for a while, and paid by use.

An instance works on one request at a time. A request goes to the idle instance that was used last; if there is none, a new one is
started, and the request waits until it is ready: a *cold start*. An instance that was idle for longer than it is kept alive is gone.
There is a limit to how many there may be, and to how many may be started each second: who finds the limit reached is turned away.
Some instances can be *provisioned*, that is, kept ready for ever, for money.

Not modelled: instances that serve several requests at once, cold starts of different kinds, requests that are tried again, and
platforms that foresee demand.

References
----------
Wang et al., "Peeking Behind the Curtains of Serverless Platforms", USENIX ATC 2018.
Shahrad et al., "Serverless in the Wild: Characterizing and Optimizing the Serverless Workload at a Large Cloud Provider", USENIX ATC 2020.
Mahmoudi, Khazaei, "Performance Modeling of Serverless Computing Platforms", IEEE Transactions on Cloud Computing 10(4), 2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.disciplines.heap import pop, push
from labsupport.simulators.numbering import read_only

MOST_REQUESTS = 20_000_000
MOST_INSTANCES = 1_000_000
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class ServerlessResult:
    """How requests fared that functions answered.

    Attributes
    ----------
    arrivals : ndarray of float64, shape (requests,)
        When each came. Read-only.
    finishes : ndarray of float64, shape (requests,)
        When each was answered; NaN if it was turned away. Read-only.
    cold : ndarray of bool, shape (requests,)
        Whether it had to wait for a new instance. Read-only.
    instances : ndarray of int64, shape (requests,)
        The instance that answered, counted from 0 with the provisioned ones first; -1 if it was turned away. Read-only.
    started : int
        Instances started, without those provisioned.
    peak : int
        The most that were there at a time.
    billed : float
        Time that is paid for by use: work and cold starts.
    kept : float
        Time that instances were there, working or not, from the first arrival to the last answer: what the provider holds ready.
    """

    arrivals: Floats
    finishes: Floats
    cold: NDArray[np.bool_]
    instances: Integers
    started: int
    peak: int
    billed: float
    kept: float

    @property
    def responses(self) -> Floats:
        """How long each answer took, of those requests that got one."""
        answered = self.instances >= 0
        return np.asarray(self.finishes[answered] - self.arrivals[answered])

    @property
    def turned_away(self) -> int:
        """Requests that found a limit reached."""
        return int(np.count_nonzero(self.instances < 0))

    @property
    def cold_share(self) -> float:
        """The share of the answered requests that waited for a new instance; 0 if none was answered."""
        answered = self.instances.size - self.turned_away
        return float(np.count_nonzero(self.cold)) / answered if answered else 0.0


# Instances at work stand in a heap by the time at which they will be free. At each arrival those that are free by then go, in that order, on
# a row of idle ones, which therefore is sorted by when they were used last: who is needed is taken from its end, who is kept no longer falls
# off its beginning. Starts are limited by a bucket of tokens that holds what may be started in a second and is filled at that rate.
# Every instance enters and leaves heap and row once for each request: n log n steps in all (Shahrad et al., 2020, on keeping alive).
@kernel
def _serve(
    arrivals: Floats,
    services: Floats,
    cold_starts: Floats,
    keep_alive: float,
    limit: int,
    growth: float,
    provisioned: int,
    finishes: Floats,
    cold: NDArray[np.bool_],
    instances: Integers,
    free: Floats,
    working: Integers,
    idle: Integers,
) -> tuple[int, int, float]:
    count, alive, peak, busy, first, last = provisioned, provisioned, provisioned, 0, 0, provisioned
    tokens, now, kept = max(1.0, growth), arrivals[0], -provisioned * arrivals[0]  # kept: what has ended less what has begun
    for request in range(arrivals.size):
        tokens = min(max(1.0, growth), tokens + growth * (arrivals[request] - now))
        now = arrivals[request]
        while busy > 0 and free[working[0]] <= now:
            idle[last] = working[0]
            last += 1
            pop(working, busy, free)
            busy -= 1
        while first < last and alive > provisioned and free[idle[first]] + keep_alive < now:
            kept += free[idle[first]] + keep_alive
            first += 1
            alive -= 1
        if first < last:
            last -= 1
            chosen = idle[last]
            begin = now
        elif alive < limit and tokens >= 1.0:
            chosen = count
            count += 1
            alive += 1
            tokens -= 1.0
            peak = max(peak, alive)
            kept -= now
            begin = now + cold_starts[request]
            cold[request] = True
        else:
            continue
        instances[request] = chosen
        free[chosen] = begin + services[request]
        finishes[request] = free[chosen]
        push(working, busy, chosen, free)
        busy += 1
    while busy > 0:
        idle[last] = working[0]
        last += 1
        now = max(now, free[working[0]])
        pop(working, busy, free)
        busy -= 1
    while first < last and alive > provisioned and free[idle[first]] + keep_alive < now:
        kept += free[idle[first]] + keep_alive
        first += 1
        alive -= 1
    kept += alive * now
    return count - provisioned, peak, kept


def simulate(
    arrivals: Any,
    services: Any,
    *,
    cold_start: Any = 0.0,
    keep_alive: float = 0.0,
    limit: int = 1_000,
    growth: float | None = None,
    provisioned: int = 0,
) -> ServerlessResult:
    """Let functions answer requests.

    Parameters
    ----------
    arrivals, services : array_like of float, shape (requests,)
        When each comes, never falling, and how long the work takes once an instance is ready, at least 0. Not written to.
    cold_start : float or array_like of float, shape (requests,), optional
        How long it takes until a new instance is ready, at least 0; one for all, or what it would be for each request.
    keep_alive : float, optional
        How long an instance stays after its last answer, at least 0.
    limit : int, optional
        How many instances there may be at a time, from 1 to 1,000,000; by default 1,000, as on AWS Lambda in each region.
    growth : float, optional
        How many may be started in a unit of time, above 0; by default there is no limit.
    provisioned : int, optional
        Instances that are always there, from 0 to ``limit``.

    Returns
    -------
    ServerlessResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Shahrad et al., "Serverless in the Wild", USENIX ATC 2020; AWS, "Lambda function scaling" (concurrency, scaling rate, provisioned
    concurrency), 2024.

    Examples
    --------
    The second request comes while the first instance is busy; the third finds it idle, and the fourth comes too late:

    >>> result = simulate([0, 1, 5, 99], [2, 2, 2, 2], cold_start=1, keep_alive=10)
    >>> result.cold, result.finishes
    (array([ True,  True, False,  True]), array([  3.,   4.,   7., 102.]))
    >>> result.instances, result.billed
    (array([0, 1, 1, 2]), 11.0)
    """
    times = checks.times("arrivals", arrivals) + 0.0
    work = checks.amounts("services", services, kind="service", length=times.size)
    if times.size > MOST_REQUESTS:
        raise ValueError(f"arrivals holds {times.size:,} times, but there must be at most {MOST_REQUESTS:,} requests")
    if np.ndim(cold_start) == 0:
        starts = np.full(times.size, checks.number("cold_start", cold_start, minimum=0))
    else:
        starts = checks.amounts("cold_start", cold_start, kind="cold start", length=times.size)
    stays = checks.number("keep_alive", keep_alive, minimum=0)
    most = checks.integer("limit", limit, 1, MOST_INSTANCES)
    rate = float(times.size) if growth is None else checks.number("growth", growth, above=0)
    ready = checks.integer("provisioned", provisioned, 0, most)

    finishes, cold = np.full(times.size, np.nan), np.zeros(times.size, dtype=np.bool_)
    instances = np.full(times.size, -1, dtype=np.int64)
    room = ready + times.size
    free, working = np.full(room, times[0]), np.empty(min(most, room), dtype=np.int64)
    idle = np.empty(room + times.size, dtype=np.int64)
    idle[:ready] = np.arange(ready)
    limits = (stays, most, rate, ready)
    started, peak, kept = _serve(read_only(times), read_only(work), read_only(starts), *limits, finishes, cold, instances, free, working, idle)
    billed = float(work[instances >= 0].sum() + starts[cold].sum())
    for array in (times, finishes, cold, instances):
        array.flags.writeable = False
    return ServerlessResult(times, finishes, cold, instances, int(started), int(peak), billed, float(kept))
