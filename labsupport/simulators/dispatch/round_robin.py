"""Round robin: one server after the other, from the first to the last, then again.

It shares out requests, not work: a slow server gets as many as a fast one.
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Fleet, Flow, send


@kernel
def run(fleet: Fleet, flow: Flow) -> None:
    """Send every request of the span, the first to the member after the server that was chosen last."""
    members = fleet.members
    turn = 0
    if flow.begin > 0:
        turn = np.searchsorted(members, flow.servers[flow.begin - 1], side="right")
    for request in range(flow.begin, flow.end):
        if turn == members.size:
            turn = 0
        send(fleet, flow, request, members[turn])
        turn += 1
