"""Least connections: the server with the fewest requests, waiting or in service, for its weight.

Plain least connections gives every server the weight 1. Ties go to the server chosen least recently. The balancer learns of
every departure when it happens, so two tournaments are kept: one by requests per weight, in which the winner gets the next
request, and one by the moment at which the request in service will be done, in which the winner is the next to finish.

A key of the first is one whole number: the requests per weight, and behind them the request that the server was last chosen
for. Requests per weight are counted in steps of 1 ÷ W², W the greatest weight: two different fractions with denominators up to
W are at least one step apart. With 10⁸ requests and W = 256, less than 2³⁵ steps are needed, and 28 bits for the request.

References
----------
Linux Virtual Server, "Job Scheduling Algorithms" (least-connection and weighted least-connection scheduling); Winston,
"Optimality of the Shortest Line Discipline", Journal of Applied Probability 14(1), 1977.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Fleet, Floats, Flow, clear, put
from labsupport.simulators.dispatch.tournament import NEVER, Tournament, new_tournament, set_key

STAMP_BITS = 28


@kernel
def _key(present: int, pace: float, stamp: int) -> int:
    # An exact product is a multiple of 1/256 at least, so that a thousandth makes up for rounding and for nothing else.
    return (int(present * pace + 0.001) << STAMP_BITS) | int(stamp)


@kernel
def _keys(fleet: Fleet, paces: Floats, keys: NDArray[np.int64]) -> None:
    for server in range(keys.size):
        keys[server] = _key(fleet.present[server], paces[server], keys.size + fleet.chosen[server])


def _paces(fleet: Fleet) -> Floats:
    return np.asarray(fleet.weights.max() ** 2 / fleet.weights)


def crowds(fleet: Fleet) -> Tournament:
    """Return the tournament of the members by their requests per weight."""
    keys = np.empty(fleet.speeds.size, dtype=np.int64)
    _keys(fleet, _paces(fleet), keys)
    return new_tournament(keys, fleet.chosen, fleet.members)


def departures(fleet: Fleet, flow: Flow) -> Tournament:
    """Return the tournament of the members by the moment at which the request in service will be done."""
    moments = NEVER + np.arange(fleet.speeds.size)
    busy = fleet.present > 0
    moments[busy] = flow.finishes[fleet.first[busy]].view(np.int64)
    return new_tournament(moments, fleet.chosen, fleet.members)


@kernel
def run(fleet: Fleet, flow: Flow, crowds: Tournament, departures: Tournament) -> None:
    """Send every request of the span."""
    servers = fleet.speeds.size
    arrivals, finishes = flow.arrivals.view(np.int64), flow.finishes.view(np.int64)
    paces = fleet.weights.max() ** 2 / fleet.weights
    for request in range(flow.begin, flow.end):
        now = arrivals[request]
        while departures.keys[departures.winners[1]] <= now:
            server = departures.winners[1]
            clear(fleet, flow, server, flow.arrivals[request])
            set_key(crowds, server, _key(fleet.present[server], paces[server], servers + fleet.chosen[server]))
            set_key(departures, server, finishes[fleet.first[server]] if fleet.present[server] else NEVER + server)
        server = crowds.winners[1]
        put(fleet, flow, request, server)
        set_key(crowds, server, _key(fleet.present[server], paces[server], servers + request))
        if fleet.present[server] == 1:
            set_key(departures, server, finishes[request])
