"""Random: any server, all equally likely.

One number u from 0 to below 1 for each request; server ⌊u × servers⌋ gets it. It needs to know nothing, and no state is shared
between balancers. Where requests come as a Poisson process, each server sees a Poisson process of its own.
"""

from __future__ import annotations

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Fleet, Flow, send


@kernel
def run(fleet: Fleet, flow: Flow) -> None:
    """Send every request."""
    for request in range(flow.arrivals.size):
        send(fleet, flow, request, int(flow.chances[request, 0] * fleet.speeds.size))
