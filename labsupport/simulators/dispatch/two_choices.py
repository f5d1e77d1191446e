"""Two choices – or more: draw a few servers at random and take the one with the fewest requests.

The servers are drawn without replacement: of the numbers u₁, u₂, … of a request, the first picks one of all servers, the
second one of those left over, and so on, counted in the order of their numbers. Ties go to the server chosen least recently.
Asking two instead of one turns a maximum of log n / log log n into log log n; asking a third adds little.

References
----------
Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001.
Vvedenskaya, Dobrushin, Karpelevich, "Queueing System with Selection of the Shortest of Two Queues", 1996.
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Fleet, Flow, clear, send


@kernel
def run(fleet: Fleet, flow: Flow) -> None:
    """Send every request."""
    drawn = np.empty(flow.chances.shape[1], dtype=np.int64)  # in rising order
    for request in range(flow.arrivals.size):
        now = flow.arrivals[request]
        best = 0
        for draw in range(drawn.size):
            server = int(flow.chances[request, draw] * (fleet.speeds.size - draw))
            place = 0
            while place < draw and drawn[place] <= server:  # passing one that is gone, its number no longer counts
                server += 1
                place += 1
            for later in range(draw, place, -1):
                drawn[later] = drawn[later - 1]
            drawn[place] = server
            clear(fleet, flow, server, now)
            if draw == 0:
                best = server
            present, least = fleet.present[server], fleet.present[best]
            better = (present < least) | ((present == least) & (fleet.chosen[server] < fleet.chosen[best]))
            best = server if better else best
        send(fleet, flow, request, best)
