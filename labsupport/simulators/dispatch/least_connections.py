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

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Fleet, Flow, clear, send
from labsupport.simulators.dispatch.tournament import NEVER, Tournament, set_key

STAMP_BITS = 28


@kernel
def _key(present: int, pace: float, stamp: int) -> int:
    # An exact product is a multiple of 1/256 at least, so that a thousandth makes up for rounding and for nothing else.
    return (int(present * pace + 0.001) << STAMP_BITS) | stamp


@kernel
def run(fleet: Fleet, flow: Flow, crowds: Tournament, departures: Tournament) -> None:
    """Send every request."""
    servers = fleet.speeds.size
    arrivals, finishes = flow.arrivals.view(np.int64), flow.finishes.view(np.int64)
    paces = fleet.weights.max() ** 2 / fleet.weights
    for request in range(arrivals.size):
        now = arrivals[request]
        while departures.keys[departures.winners[1]] <= now:
            server = departures.winners[1]
            clear(fleet, flow, server, flow.arrivals[request])
            set_key(crowds, server, _key(fleet.present[server], paces[server], servers + fleet.chosen[server]))
            set_key(departures, server, finishes[fleet.first[server]] if fleet.present[server] else NEVER + server)
        server = crowds.winners[1]
        send(fleet, flow, request, server)
        set_key(crowds, server, _key(fleet.present[server], paces[server], servers + request))
        if fleet.present[server] == 1:
            set_key(departures, server, finishes[request])
