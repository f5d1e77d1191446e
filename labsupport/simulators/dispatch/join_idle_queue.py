"""Join-idle-queue: a server that has become idle stands in a queue; the first in it gets the next request.

If no server is idle, the request goes to a server drawn as under *random*. Servers that became idle at the same moment stand
in the order in which they were last chosen, those never chosen by their number. A tournament by the moment at which each
server has done all it was sent finds the first in the queue: the server that has been idle for the longest.

Least work left, with the same tournament: its winner gets the request even if none is idle. The balancer would have to know
how long every request will take. Servers of equal speed then serve all requests in the order of arrival, as from one queue.

References
----------
Lu, Xie, Kliot, Geller, Larus, Greenberg, "Join-Idle-Queue: A Novel Load Balancing Algorithm for Dynamically Scalable Web
Services", Performance Evaluation 68(11), 2011; Harchol-Balter, "Performance Modeling and Design of Computer Systems", 2013,
section 24.2 (least work left).
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Fleet, Flow, send
from labsupport.simulators.dispatch.tournament import Tournament, new_tournament, set_key_and_stamp


def earliest(fleet: Fleet) -> Tournament:
    """Return the tournament of the members by the moment at which each will have done all it was sent."""
    return new_tournament(fleet.done.view(np.int64), fleet.chosen, fleet.members)


@kernel
def run(fleet: Fleet, flow: Flow, earliest: Tournament, must_be_idle: bool) -> None:
    """Send every request of the span."""
    done = fleet.done.view(np.int64)
    for request in range(flow.begin, flow.end):
        server = earliest.winners[1]
        if must_be_idle and fleet.done[server] > flow.arrivals[request]:
            server = fleet.members[int(flow.chances[request - flow.begin, 0] * fleet.members.size)]
        send(fleet, flow, request, server)
        set_key_and_stamp(earliest, server, done[server], request)
