"""Round robin: one server after the other, from the first to the last, then again.

It shares out requests, not work: a slow server gets as many as a fast one.
"""

from __future__ import annotations

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Fleet, Flow, send


@kernel
def run(fleet: Fleet, flow: Flow) -> None:
    """Send every request."""
    server = 0
    for request in range(flow.arrivals.size):
        send(fleet, flow, request, server)
        server += 1
        if server == fleet.speeds.size:
            server = 0
