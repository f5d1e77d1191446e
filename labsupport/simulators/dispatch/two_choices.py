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
from labsupport.simulators.dispatch.fleet import Fleet, Floats, Flow, Numbers, clear, put


@kernel
def draw(chances: Floats, row: int, members: int, drawn: Numbers) -> None:
    """Draw as many of the members as ``drawn`` has room for, and leave them there in rising order."""
    for nth in range(drawn.size):
        server = int(chances[row, nth] * (members - nth))
        place = 0
        while place < nth and drawn[place] <= server:  # passing one that is gone, its number no longer counts
            server += 1
            place += 1
        for later in range(nth, place, -1):
            drawn[later] = drawn[later - 1]
        drawn[place] = server


@kernel
def _less_loaded(fleet: Fleet, flow: Flow, one: int, other: int, now: float) -> int:
    clear(fleet, flow, other, now)
    present, least = fleet.present[other], fleet.present[one]
    better = (present < least) | ((present == least) & (fleet.chosen[other] < fleet.chosen[one]))
    return other if better else one


@kernel
def run_pairs(fleet: Fleet, flow: Flow) -> None:
    """Send every request of the span to one of two servers: the usual case of `run`, without a branch that is hard to foresee."""
    members = fleet.members
    for request in range(flow.begin, flow.end):
        now, row = flow.arrivals[request], request - flow.begin
        first, second = int(flow.chances[row, 0] * members.size), int(flow.chances[row, 1] * (members.size - 1))
        second += second >= first
        clear(fleet, flow, members[first], now)
        put(fleet, flow, request, _less_loaded(fleet, flow, members[first], members[second], now))


@kernel
def run(fleet: Fleet, flow: Flow) -> None:
    """Send every request of the span."""
    members = fleet.members
    drawn = np.empty(min(flow.chances.shape[1], members.size), dtype=np.int32)
    for request in range(flow.begin, flow.end):
        now = flow.arrivals[request]
        draw(flow.chances, request - flow.begin, members.size, drawn)
        best = members[drawn[0]]
        clear(fleet, flow, best, now)
        for nth in range(1, drawn.size):
            best = _less_loaded(fleet, flow, best, members[drawn[nth]], now)
        put(fleet, flow, request, best)
