"""Load testing: the same server asked by users who wait for each answer (closed loop), and by users who come when they come (open loop).

In a closed loop a user, or a connection of a tool, sends the next request only after the answer to the last. A server that does nothing for a
while is then asked nothing for that while, and what is not asked is not measured: *coordinated omission*.

References
----------
Schroeder, Wierman, Harchol-Balter, "Open Versus Closed: A Cautionary Tale", NSDI 2006; Tene, "How NOT to Measure Latency", 2013.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators import queueing
from labsupport.simulators.disciplines.heap import Floats, Numbers, pop, push, replace_first
from labsupport.simulators.numbering import read_only
from labsupport.simulators.queueing import MOST_SERVERS

MOST_USERS = 1_000_000

Tests = NDArray[np.float64]  # a row for each test, and a column for each of its requests


@dataclass(frozen=True)
class LoadTestResult:
    """What became of every request of a test, in the order in which they were sent.

    Attributes
    ----------
    servers : int
        How many equal servers there were.
    users : ndarray of int64, shape (requests,)
        Who sent each request; in an open loop each one comes from another user. Read-only.
    intended, sent : ndarray of float64, shape (requests,)
        When each should have been sent by the pace that was set, and when it was. Read-only.
    starts, finishes : ndarray of float64, shape (requests,)
        When a server began to work for it, and when the answer was there. Read-only.
    """

    servers: int
    users: NDArray[np.int64]
    intended: NDArray[np.float64]
    sent: NDArray[np.float64]
    starts: NDArray[np.float64]
    finishes: NDArray[np.float64]

    @property
    def responses(self) -> NDArray[np.float64]:
        """Time from sending to the answer, of each request: what a tool writes into its log."""
        return self.finishes - self.sent

    @property
    def waits(self) -> NDArray[np.float64]:
        """Time from sending to the beginning of service, of each request."""
        return self.starts - self.sent

    @property
    def throughput(self) -> float:
        """Requests done per unit of time, from the first sent to the last answered; infinite if no time passed."""
        span = float(self.finishes.max() - self.sent[0])
        return self.sent.size / span if span > 0 else float("inf")


@dataclass(frozen=True)
class OpenLoopsResult:
    """What each of many short tests reports of the requests that count.

    Attributes
    ----------
    means, percentiles : ndarray of float64, shape (tests,)
        Mean response, and the response that a share of the requests does not exceed. Read-only.
    """

    means: NDArray[np.float64]
    percentiles: NDArray[np.float64]


# Users stand in a heap by when they send next. The earliest sends; by first come, first served the request goes to the server that is
# free first, and waits for the end of a stall, or is interrupted by it. The answer tells when this user sends again, never earlier
# than now, so that requests are met in the order of time. Log2 of users and servers for each request.
@kernel
def _closed(
    nexts: Floats,
    wanted: Floats,
    services: Floats,
    thinks: Floats,
    intervals: Floats,
    period: float,
    begins: Floats,
    ends: Floats,
    until: float,
    servers: int,
    users: Numbers,
    intended: Floats,
    sent: Floats,
    starts: Floats,
    finishes: Floats,
) -> int:
    heap = np.empty(nexts.size, dtype=np.int64)
    for user in range(nexts.size):
        push(heap, user, user, nexts)
    free = np.zeros(servers)
    stall = 0
    for request in range(services.size):
        user = heap[0]
        now = nexts[user]
        if now >= until:
            return request
        pop(heap, nexts.size, nexts)
        start = max(now, free[0])
        while stall < ends.size and ends[stall] <= start:
            stall += 1
        later = stall
        if later < ends.size and begins[later] <= start:
            start = ends[later]
            later += 1
        finish = start + services[request]
        while later < ends.size and begins[later] < finish:
            finish += ends[later] - begins[later]
            later += 1
        replace_first(free, finish)
        users[request] = user
        intended[request] = wanted[user]
        sent[request] = now
        starts[request] = start
        finishes[request] = finish
        ready = finish + thinks[request]
        interval = intervals[min(int(now / period), intervals.size - 1)]
        wanted[user] = now + interval if interval > 0 else ready
        nexts[user] = max(ready, wanted[user])
        push(heap, nexts.size - 1, user, nexts)
    return services.size


def closed_loop(
    users: int,
    services: Any,
    servers: int = 1,
    *,
    thinks: Any = None,
    interval: Any = 0.0,
    period: float | None = None,
    stalls: Any = (),
    begins: Any = None,
    until: float | None = None,
) -> LoadTestResult:
    """Let a fixed number of users send requests, each the next one only after the answer to the last.

    Parameters
    ----------
    users : int
        How many there are, or how many connections a tool has, from 1 to 1,000,000.
    services : array_like of float, shape (requests,)
        How long one server works for the first request that is sent, the second, and so on, at least 0. Not written to.
    servers : int, optional
        How many equal servers share one line, first come, first served, from 1 to 100,000.
    thinks : array_like of float, shape (requests,), optional
        How long the user who sent a request pauses after its answer, at least 0; no time if left out. Not written to.
    interval : float or array_like of float, shape (periods,), optional
        How long after sending a user intends to send again, at least 0. Who has no answer by then sends as soon as it is there, and
        goes on from there: what should have been sent meanwhile never is. At 0 there is no such pace. Several numbers are for one
        period after the other, and the last for ever after.
    period : float, optional
        How long each of several intervals holds, above 0; needed with several.
    stalls : array_like of float, shape (stalls, 2), optional
        When the servers stop, and when they go on, in order and apart from each other.
    begins : array_like of float, shape (users,), optional
        When each user sends the first request, in order; all at 0 if left out.
    until : float, optional
        No request is sent from here on, above 0. The test ends earlier if it runs out of services.

    Returns
    -------
    LoadTestResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or nobody sends anything before ``until``.

    Examples
    --------
    Without an interval the next request follows the answer; with one of 5, the stall from 4 to 30 makes one request slow, of three:

    >>> closed_loop(1, [1, 1, 1]).sent
    array([0., 1., 2.])
    >>> result = closed_loop(1, [1, 1, 1], interval=5, stalls=[(4, 30)])
    >>> result.intended, result.sent, result.responses
    (array([ 0.,  5., 10.]), array([ 0.,  5., 31.]), array([ 1., 26.,  1.]))
    """
    people = checks.integer("users", users, minimum=1, maximum=MOST_USERS)
    work = checks.amounts("services", services, kind="service")
    count = checks.integer("servers", servers, minimum=1, maximum=MOST_SERVERS)
    pauses = np.zeros(work.size) if thinks is None else checks.amounts("thinks", thinks, kind="pause", length=work.size)
    several = np.ndim(interval) > 0
    intervals = checks.amounts("interval", interval if several else [checks.number("interval", interval, minimum=0)], kind="interval")
    if several and period is None:
        raise ValueError(f"period is left out, but must say how long each of the {intervals.size:,} intervals holds")
    length = 1.0 if period is None else checks.number("period", period, above=0)
    stops = _stalls(stalls)
    nexts = np.zeros(people) if begins is None else checks.times("begins", begins) + 0.0
    if nexts.size != people:
        raise ValueError(f"begins holds {nexts.size:,} times, but must hold one for each of the {people:,} users")
    end = np.inf if until is None else checks.number("until", until, above=0)
    if nexts[0] >= end:
        raise ValueError(f"until is {until}, but must be later than {nexts[0]:g}, when the first user begins")
    who = np.empty(work.size, dtype=np.int64)
    intended, sent, starts, finishes = (np.empty(work.size) for _ in range(4))
    done = _closed(
        nexts,
        nexts.copy(),
        read_only(work),
        read_only(pauses),
        read_only(intervals),
        length,
        stops[0],
        stops[1],
        end,
        count,
        who,
        intended,
        sent,
        starts,
        finishes,
    )
    return LoadTestResult(count, *(_kept(column[:done]) for column in (who, intended, sent, starts, finishes)))


def open_loop(arrivals: Any, services: Any, servers: int = 1, *, stalls: Any = ()) -> LoadTestResult:
    """Let users come at their own times, whatever became of those before them.

    Parameters
    ----------
    arrivals : array_like of float, shape (requests,)
        When each request is sent, at least 0, never falling. Not written to.
    services : array_like of float, shape (requests,)
        How long one server works for each, at least 0. Not written to.
    servers : int, optional
        How many equal servers share one line, first come, first served, from 1 to 100,000.
    stalls : array_like of float, shape (stalls, 2), optional
        When the servers stop, and when they go on, in order and apart from each other.

    Returns
    -------
    LoadTestResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> open_loop([0, 5, 10, 15, 20, 25, 30], [1] * 7, stalls=[(4, 30)]).responses
    array([ 1., 26., 22., 18., 14., 10.,  6.])
    """
    times = checks.times("arrivals", arrivals) + 0.0
    begins, ends = _stalls(stalls)
    # By a clock that stands while the servers do, there are no stalls.
    stood = np.concatenate(([0.0], np.cumsum(ends - begins)))
    before = np.searchsorted(ends, times, side="right")
    clock = times - stood[before]
    inside = before < ends.size
    clock[inside] = np.minimum(clock[inside], (begins - stood[:-1])[before[inside]])
    result = queueing.simulate(clock, services, servers)
    begun = result.finishes if result.starts is None else result.starts  # only processor sharing has none
    places = begins - stood[:-1]
    starts = begun + stood[np.searchsorted(places, begun, side="right")]
    finishes = result.finishes + stood[np.searchsorted(places, result.finishes, side="left")]
    finishes = np.maximum(finishes, starts)  # what takes no time is done when it begins
    times = _kept(times)
    return LoadTestResult(result.servers, _kept(np.arange(times.size)), times, times, _kept(starts), _kept(finishes))


# Lindley's recursion, test by test: who comes waits for what was left, less the time since. The slowest requests so far stand in a heap, whose
# first is what a request must exceed to be one of them.
@kernel
def _open_loops(
    gaps: Tests, services: Tests, gap: float, service: float, warm_up: int, slowest: int, between: float, means: Floats, percentiles: Floats
) -> None:
    requests = gaps.shape[1]
    slow = np.empty(slowest)
    for test in range(gaps.shape[0]):
        slow[:] = 0.0
        least = total = wait = work = 0.0
        for request in range(requests):
            wait = max(0.0, wait + (work - gap * gaps[test, request]))
            work = service * services[test, request]
            if request >= warm_up:
                response = wait + work
                total += response
                if response > least:
                    replace_first(slow, response)
                    least = slow[0]
        means[test] = total / (requests - warm_up)
        next_slow = least
        if slowest > 1:
            next_slow = slow[1] if slowest == 2 else min(slow[1], slow[2])
        percentiles[test] = least + between * (next_slow - least)


def open_loops(gaps: Any, services: Any, *, rate: float = 1.0, slower: float = 1.0, warm_up: int = 0, share: float = 0.99) -> OpenLoopsResult:
    """Let users come at their own times to one server, in many short tests, each of which begins with nobody there.

    Every test is an `open_loop` of its own; of its requests only the mean response and a percentile are kept.

    Parameters
    ----------
    gaps : array_like of float, shape (tests, requests)
        Time from each request to the one before, or from the beginning of the test to the first, at least 0. Not written to.
    services : array_like of float, shape (tests, requests)
        How long the server works for each request, at least 0. Not written to.
    rate : float, optional
        How many times as fast the users come as the gaps say, above 0.
    slower : float, optional
        How many times as long each service takes as the services say, above 0.
    warm_up : int, optional
        How many requests of each test come first and do not count, at least 0, and less than all.
    share : float, optional
        Which percentile, from 0 to 1, by numpy's default method.

    Returns
    -------
    OpenLoopsResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> result = open_loops([[1, 1, 1], [1, 3, 3]], [[2, 2, 2], [2, 2, 2]], share=0.5)
    >>> result.means, result.percentiles
    (array([3., 2.]), array([3., 2.]))
    """
    between, work = _tests("gaps", gaps), _tests("services", services)
    if between.shape != work.shape:
        raise ValueError(f"services has shape {work.shape}, but must have that of gaps, {between.shape}")
    often, long = checks.number("rate", rate, above=0), checks.number("slower", slower, above=0)
    tests, requests = work.shape
    first = checks.integer("warm_up", warm_up, minimum=0, maximum=requests - 1)
    place, inside = divmod(checks.number("share", share, 0, 1) * (requests - first - 1), 1)
    means, percentiles = np.empty(tests), np.empty(tests)
    _open_loops(read_only(between), read_only(work), 1 / often, long, first, requests - first - int(place), inside, means, percentiles)
    return OpenLoopsResult(_kept(means), _kept(percentiles))


def _tests(name: str, values: Any) -> Tests:
    """Return times of many tests, a row for each."""
    rows = np.ascontiguousarray(values, dtype=np.float64)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"{name} has shape {rows.shape}, but must have a row for each test, and a column for each request, at least one")
    least, most = float(rows.min()), float(rows.max())
    if not (least >= 0 and most < np.inf):
        raise ValueError(f"{name} holds numbers from {least} to {most}, but each must be a finite number of at least 0")
    return rows


def _stalls(stalls: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return when the servers stop, and when they go on."""
    pairs = np.asarray(stalls, dtype=np.float64)
    if pairs.size == 0:
        return read_only(np.empty(0)), read_only(np.empty(0))
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(f"stalls has shape {pairs.shape}, but must have two columns: when the servers stop, and when they go on")
    flat = pairs.ravel()
    if not np.isfinite(flat).all() or flat[0] < 0 or (np.diff(flat) <= 0).any():
        raise ValueError(f"stalls is {stalls!r}, but must hold finite times of at least 0 that rise from each to the next")
    return read_only(pairs[:, 0].copy()), read_only(pairs[:, 1].copy())


def _kept(column: NDArray[Any]) -> NDArray[Any]:
    column.flags.writeable = False
    return column
