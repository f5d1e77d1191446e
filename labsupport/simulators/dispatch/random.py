"""Random: any server, all equally likely.

One number u from 0 to below 1 for each request; server ⌊u × servers⌋ gets it, counted among the members. It needs to know
nothing, and no state is shared between balancers. Where requests come as a Poisson process, each server sees one of its own.
"""

from __future__ import annotations

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Fleet, Flow, send


@kernel
def run(fleet: Fleet, flow: Flow) -> None:
    """Send every request of the span."""
    for request in range(flow.begin, flow.end):
        send(fleet, flow, request, fleet.members[int(flow.chances[request - flow.begin, 0] * fleet.members.size)])
