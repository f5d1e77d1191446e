"""Least connections: the server with the fewest requests, waiting or in service, for its weight.

Plain least connections gives every server the weight 1. Ties go to the server chosen least recently. The balancer learns of
every departure when it happens, so two tournaments are kept: one by requests per weight, in which the winner gets the next
request, and one by the moment at which the request in service will be done, in which the winner is the next to finish.

References
----------
Linux Virtual Server, "Job Scheduling Algorithms" (least-connection and weighted least-connection scheduling); Winston,
"Optimality of the Shortest Line Discipline", Journal of Applied Probability 14(1), 1977.
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Fleet, Flow, clear, send
from labsupport.simulators.dispatch.tournament import Tournament, set_key


@kernel
def run(fleet: Fleet, flow: Flow, crowds: Tournament, departures: Tournament) -> None:
    """Send every request."""
    for request in range(flow.arrivals.size):
        now = flow.arrivals[request]
        while departures.keys[departures.winners[1]] <= now:
            server = departures.winners[1]
            clear(fleet, flow, server, now)
            set_key(crowds, server, fleet.present[server] / fleet.weights[server], fleet.chosen[server])
            set_key(departures, server, flow.finishes[fleet.first[server]] if fleet.present[server] else np.inf, 0)
        server = crowds.winners[1]
        send(fleet, flow, request, server)
        set_key(crowds, server, fleet.present[server] / fleet.weights[server], request)
        if fleet.present[server] == 1:
            set_key(departures, server, flow.finishes[request], 0)
