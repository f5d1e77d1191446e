"""Consistent hashing: every key has its server, and few keys move when a server comes or goes. Optionally with bounded loads.

With a bound c > 1 no server may hold more than ⌈c × requests under way ÷ servers⌉ requests, the new one counted (in proportion
to the weights, if there are any). A request whose server is full goes on along the ring to the first that is not.

The points of a server that has been taken out belong to the next one along the ring. The ring is the one on which
`labsupport.simulators.placement.consistent` places keys on shards: the same key, the same place.

References
----------
Karger et al., "Consistent Hashing and Random Trees", ACM STOC 1997.
Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads", ACM-SIAM SODA 2018.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Fleet, Flow, Numbers, clear, put, send
from labsupport.simulators.dispatch.tournament import NEVER, Tournament, set_key
from labsupport.simulators.placement.consistent import Ring


@kernel
def run(fleet: Fleet, flow: Flow, homes: NDArray[np.int64]) -> None:
    """Send every request of the span to the server of its key."""
    for request in range(flow.begin, flow.end):
        send(fleet, flow, request, homes[request])


def remaining_owners(ring: Ring, members: Numbers) -> NDArray[np.int64]:
    """Return whose each point is while only the members count: that of the next of them along the ring."""
    theirs = np.flatnonzero(np.isin(ring.owners, members))
    following = theirs[np.searchsorted(theirs, np.arange(ring.owners.size)) % theirs.size]
    return ring.owners[following]


@kernel
def run_bounded(fleet: Fleet, flow: Flow, owners: NDArray[np.int64], points: NDArray[np.int64], departures: Tournament, bound: float) -> None:
    """Send every request on from the point of its key, past the servers that are full; ``owners`` says whose each point is."""
    arrivals, finishes = flow.arrivals.view(np.int64), flow.finishes.view(np.int64)
    all_weights = fleet.weights[fleet.members].sum()
    under_way = fleet.present[fleet.members].sum()
    for request in range(flow.begin, flow.end):
        now = arrivals[request]
        while departures.keys[departures.winners[1]] <= now:
            server = departures.winners[1]
            under_way -= fleet.present[server]
            clear(fleet, flow, server, flow.arrivals[request])
            under_way += fleet.present[server]
            set_key(departures, server, finishes[fleet.first[server]] if fleet.present[server] else NEVER + server)
        under_way += 1
        point = points[request]
        server = owners[point]
        while fleet.present[server] >= math.ceil(bound * under_way * fleet.weights[server] / all_weights):
            point = (point + 1) % owners.size
            server = owners[point]
        put(fleet, flow, request, server)
        if fleet.present[server] == 1:
            set_key(departures, server, finishes[request])
