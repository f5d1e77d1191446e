"""Fleet: the servers, the requests that flow through them, and the two moves of every balancer – send, and clear away.

A server serves its requests one after the other, first come first served, and never stops while one is there. So the moment
at which a request will be done is known as soon as it is sent. The requests at a server form a list: ``first`` is the one in
service, ``following`` leads from each to the next, ``last`` is the one that came last.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]


class Fleet(NamedTuple):
    """The servers, one place in each array for each of them."""

    speeds: Floats  # work done per unit of time
    weights: Floats
    done: Floats  # when all it has been sent so far will be done
    present: Numbers  # how many requests are there, waiting or in service, when it was last looked at
    first: Numbers
    last: Numbers
    chosen: Numbers  # the request it was last chosen for; before, a negative number that rises from each server to the next


class Flow(NamedTuple):
    """The requests, in the order of their arrival: what is known of each, and what becomes of it."""

    arrivals: Floats
    services: Floats
    chances: NDArray[np.float64]  # numbers from 0 to below 1, one row for each request
    servers: Numbers  # which server it was sent to
    waits: Floats
    finishes: Floats
    found: Numbers  # how many requests were at the server before it
    following: Numbers


def new_fleet(speeds: Floats, weights: Floats) -> Fleet:
    """Return idle servers that have never been chosen."""
    servers = speeds.size
    nobody = np.full(servers, -1, dtype=np.int32)
    return Fleet(speeds, weights, np.zeros(servers), np.zeros(servers, dtype=np.int32), nobody, nobody.copy(), np.arange(-servers, 0, dtype=np.int32))


def new_flow(arrivals: Floats, services: Floats, chances: Floats) -> Flow:
    """Return requests of which none has been sent yet."""
    requests = arrivals.size
    numbers = [np.empty(requests, dtype=np.int32) for _ in range(3)]
    return Flow(arrivals, services, chances, numbers[0], np.empty(requests), np.empty(requests), numbers[1], numbers[2])


@kernel
def clear(fleet: Fleet, flow: Flow, server: int, now: float) -> None:
    """Forget the requests that are done by now: a departure precedes an arrival at the same moment."""
    while fleet.present[server] > 0 and flow.finishes[fleet.first[server]] <= now:
        fleet.first[server] = flow.following[fleet.first[server]]
        fleet.present[server] -= 1


@kernel
def send(fleet: Fleet, flow: Flow, request: int, server: int) -> None:
    """Send a request to a server, at the moment of its arrival."""
    now = flow.arrivals[request]
    clear(fleet, flow, server, now)
    start = max(now, fleet.done[server])
    finish = start + flow.services[request] / fleet.speeds[server]
    if fleet.present[server] == 0:
        fleet.first[server] = request
    else:
        flow.following[fleet.last[server]] = request
    flow.servers[request] = server
    flow.waits[request] = start - now
    flow.finishes[request] = finish
    flow.found[request] = fleet.present[server]
    fleet.last[server] = request
    fleet.chosen[server] = request
    fleet.done[server] = finish
    fleet.present[server] += 1
