"""Weighted round robin, smooth: in proportion to the weights, and as evenly spread as they allow.

Every server has a credit, 0 at first. For each request every credit grows by the server's weight; the server with the
greatest credit – the first of them, if several are equal – gets the request and pays the sum of all weights. After as many
requests as the weights sum up to, every server has been chosen as often as its weight says and all credits are 0 again: so
one round is worked out, and repeated. Weights 5, 1, 1 give a a b a c a a, not a a a a a b c. When a server is taken out or
comes back, a new round begins.

References
----------
nginx, "Upstream: smooth weighted round-robin balancing", commit 52327e0627f4 (ngx_http_upstream_round_robin.c), 2012.
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Fleet, Flow, Numbers, send


@kernel
def _round(fleet: Fleet, turns: Numbers) -> None:
    weights = fleet.weights[fleet.members]
    credit = np.zeros(weights.size)
    price = weights.sum()
    for turn in range(turns.size):
        richest = 0
        for place in range(credit.size):
            credit[place] += weights[place]
            if credit[place] > credit[richest]:
                richest = place
        credit[richest] -= price
        turns[turn] = fleet.members[richest]


@kernel
def run(fleet: Fleet, flow: Flow) -> None:
    """Send every request of the span."""
    turns = np.empty(min(int(fleet.weights[fleet.members].sum()), flow.end - flow.since), dtype=np.int32)
    _round(fleet, turns)
    turn = (flow.begin - flow.since) % turns.size
    for request in range(flow.begin, flow.end):
        send(fleet, flow, request, turns[turn])
        turn += 1
        if turn == turns.size:
            turn = 0
