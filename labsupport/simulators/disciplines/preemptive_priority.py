"""Preemptive priority: who is more urgent takes the server of the least urgent in service at once.

Who is interrupted waits, before all later arrivals of the same priority, and goes on where the work stopped. So at any moment the
most urgent of those present are in service. Who that is takes a look at every server when someone comes or goes.

References
----------
White, Christie, "Queuing with Preemptive Priorities or with Breakdown", Operations Research 6(1), 1958 (preemptive resume).
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.disciplines.heap import Floats, pop, push


@kernel
def run(arrivals: Floats, services: Floats, priorities: Floats, servers: int, capacity: int, starts: Floats, finishes: Floats) -> None:
    """Serve every customer for whom there is room; the others keep the times that they have, and who has begun has a start."""
    customers = arrivals.size
    served = np.empty(min(servers, customers), dtype=np.int64)
    waiting = np.empty(min(capacity, customers), dtype=np.int64)
    left = services.copy()
    in_service = in_line = 0
    for customer in range(customers + 1):
        now = arrivals[customer] if customer < customers else np.inf
        while in_service > 0:
            first = 0
            for place in range(1, in_service):
                if finishes[served[place]] < finishes[served[first]]:
                    first = place
            free_at = finishes[served[first]]
            if free_at > now:
                break
            if in_line > 0:
                following = waiting[0]
                pop(waiting, in_line, priorities)
                in_line -= 1
                if np.isnan(starts[following]):
                    starts[following] = free_at
                finishes[following] = free_at + left[following]
                served[first] = following
            else:
                in_service -= 1
                served[first] = served[in_service]
        if customer == customers or in_service + in_line == capacity:
            continue
        place = in_service
        if in_service == servers:
            place = 0
            for other in range(1, servers):  # of equal priorities, the last to come is the least urgent
                one, least = served[other], served[place]
                if priorities[one] > priorities[least] or (priorities[one] == priorities[least] and one > least):
                    place = other
            least = served[place]
            if priorities[least] <= priorities[customer]:
                push(waiting, in_line, customer, priorities)
                in_line += 1
                continue
            left[least] = finishes[least] - now
            push(waiting, in_line, least, priorities)
            in_line += 1
        else:
            in_service += 1
        served[place] = customer
        starts[customer] = now
        finishes[customer] = now + services[customer]
