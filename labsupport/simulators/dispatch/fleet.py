"""Fleet: the servers, the requests that flow through them, and the two moves of every balancer – send, and clear away.

A server serves its requests one after the other, first come first served, and never stops while one is there. So the moment
at which a request will be done is known as soon as it is sent. The requests at a server form a list: ``first`` is the one in
service, ``following`` leads from each to the next, ``last`` is the one that came last.

Every policy runs over a span of requests in which no server changes its speed and the balancer sends to the same servers, its
members. Between two spans, `set_speed` works out anew when the requests at a server will be done. At a server that is down they
wait, until it returns or for ever, or fail.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]


class Fleet(NamedTuple):
    """The servers, one place in each array for each of them – but for members, which may be fewer."""

    speeds: Floats  # work done per unit of time; 0 if it is down
    weights: Floats
    members: Numbers  # those that the balancer sends to, in rising order
    done: Floats  # when all it has been sent so far will be done
    left: Floats  # while it is down: how much work the request in service has left
    present: Numbers  # how many requests are there, waiting or in service, when it was last looked at
    first: Numbers
    last: Numbers
    chosen: Numbers  # the request it was last chosen for; before, a negative number that rises from each server to the next


class Flow(NamedTuple):
    """The requests, in the order of their arrival: what is known of each, and what becomes of it."""

    begin: int  # the requests of the span: from this one on, and
    end: int  # up to, not including, this one
    since: int  # the request that was the first to be sent to these members
    fails: bool  # whether requests fail at a server that is down
    chances: NDArray[np.float64]  # numbers from 0 to below 1, one row for each request of the span
    arrivals: Floats
    services: Floats
    servers: Numbers  # which server it was sent to
    waits: Floats
    finishes: Floats
    found: Numbers  # how many requests were at the server before it
    lost: NDArray[np.bool_]  # whether its server went down, and it was never served
    following: Numbers


def new_fleet(speeds: Floats, weights: Floats) -> Fleet:
    """Return idle servers that have never been chosen."""
    servers = speeds.size
    idle, nobody = np.zeros(servers), np.full(servers, -1, dtype=np.int32)
    numbers, none = np.arange(servers, dtype=np.int32), np.zeros(servers, dtype=np.int32)
    return Fleet(speeds.copy(), weights, numbers, idle, idle.copy(), none, nobody, nobody.copy(), numbers - np.int32(servers))


def new_flow(arrivals: Floats, services: Floats, fails: bool) -> Flow:
    """Return requests of which none has been sent yet."""
    count = arrivals.size
    numbers = [np.empty(count, dtype=np.int32) for _ in range(3)]
    waits, finishes, lost = np.empty(count), np.empty(count), np.zeros(count, dtype=np.bool_)
    return Flow(0, count, 0, fails, np.empty((0, 1)), arrivals, services, numbers[0], waits, finishes, numbers[1], lost, numbers[2])


@kernel
def clear(fleet: Fleet, flow: Flow, server: int, now: float) -> None:
    """Forget the requests that are done by now: a departure precedes an arrival at the same moment."""
    while fleet.present[server] > 0 and flow.finishes[fleet.first[server]] <= now:
        fleet.first[server] = flow.following[fleet.first[server]]
        fleet.present[server] -= 1


@kernel
def clear_all(fleet: Fleet, flow: Flow, now: float) -> None:
    """Forget the requests that are done by now at every server."""
    for server in range(fleet.speeds.size):
        clear(fleet, flow, server, now)


@kernel
def send(fleet: Fleet, flow: Flow, request: int, server: int) -> None:
    """Send a request to a server, at the moment of its arrival."""
    clear(fleet, flow, server, flow.arrivals[request])
    put(fleet, flow, request, server)


@kernel
def put(fleet: Fleet, flow: Flow, request: int, server: int) -> None:
    """Send a request to a server that has just been cleared."""
    now = flow.arrivals[request]
    start = max(now, fleet.done[server])
    speed = fleet.speeds[server]
    if speed > 0:
        end = start + flow.services[request] / speed
    else:
        end = now if flow.fails else np.inf
        flow.lost[request] = flow.fails
        if fleet.present[server] == 0:
            fleet.left[server] = flow.services[request]
    if fleet.present[server] == 0:
        fleet.first[server] = request
    else:
        flow.following[fleet.last[server]] = request
    flow.servers[request] = server
    flow.waits[request] = start - now
    flow.finishes[request] = end
    flow.found[request] = fleet.present[server]
    fleet.last[server] = request
    fleet.chosen[server] = request
    fleet.done[server] = end
    fleet.present[server] += 1


@kernel
def set_speed(fleet: Fleet, flow: Flow, server: int, speed: float, now: float) -> None:
    """From now on let a server work at another speed; what it has left is done at that speed, waits, or fails."""
    clear(fleet, flow, server, now)
    before, fleet.speeds[server] = fleet.speeds[server], speed
    request, moment = fleet.first[server], now
    for place in range(fleet.present[server]):
        if place > 0:
            request = flow.following[request]
        work = flow.services[request]
        if place == 0:
            work = fleet.left[server] if before == 0 else (flow.finishes[request] - now) * before
            fleet.left[server] = work
        elif not (flow.fails and speed == 0):
            flow.waits[request] = moment - flow.arrivals[request]
        if speed > 0:
            moment += work / speed
        elif flow.fails:
            flow.waits[request] = min(flow.waits[request], now - flow.arrivals[request])
            flow.lost[request] = True
        else:
            moment = np.inf
        flow.finishes[request] = moment
        fleet.done[server] = moment
