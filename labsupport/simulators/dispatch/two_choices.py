"""Two choices – or more: draw a few servers at random and take the one with the fewest requests.

The servers are drawn without replacement: of the numbers u₁, u₂, … of a request, the first picks one of all members, the
second one of those left over, and so on, counted in the order of their numbers. Ties go to the server chosen least recently.
Asking two instead of one turns a maximum of log n / log log n into log log n; asking a third adds little. Where fewer servers
are left than shall be drawn, all are.

References
----------
Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001.
Vvedenskaya, Dobrushin, Karpelevich, "Queueing System with Selection of the Shortest of Two Queues", 1996.
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Fleet, Floats, Flow, Numbers, clear, send


@kernel
def draw(chances: Floats, members: int, drawn: Numbers) -> None:
    """Draw as many of the members as ``drawn`` has room for, and leave them there in rising order."""
    if drawn.size == 2:  # the usual case, without a branch that would be foreseen wrong half of the time
        one, other = int(chances[0] * members), int(chances[1] * (members - 1))
        other += other >= one
        drawn[0], drawn[1] = one, other
        return
    for nth in range(drawn.size):
        server = int(chances[nth] * (members - nth))
        place = 0
        while place < nth and drawn[place] <= server:  # passing one that is gone, its number no longer counts
            server += 1
            place += 1
        for later in range(nth, place, -1):
            drawn[later] = drawn[later - 1]
        drawn[place] = server


@kernel
def run(fleet: Fleet, flow: Flow) -> None:
    """Send every request of the span."""
    members = fleet.members
    drawn = np.empty(min(flow.chances.shape[1], members.size), dtype=np.int32)
    for request in range(flow.begin, flow.end):
        now = flow.arrivals[request]
        draw(flow.chances[request - flow.begin], members.size, drawn)
        best = members[drawn[0]]
        clear(fleet, flow, best, now)
        for nth in range(1, drawn.size):
            server = members[drawn[nth]]
            clear(fleet, flow, server, now)
            present, least = fleet.present[server], fleet.present[best]
            better = (present < least) | ((present == least) & (fleet.chosen[server] < fleet.chosen[best]))
            best = server if better else best
        send(fleet, flow, request, best)
