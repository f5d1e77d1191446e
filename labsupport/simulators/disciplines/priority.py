"""Priority: when a server is free, the most urgent of those who wait is next; who is being served is never interrupted.

Two heaps: of those in service, by when they will be done, and of those who wait, by priority and then by arrival. With equal
priorities it is first come, first served; and since everybody present is known, it can turn away who finds the system full.

References
----------
Cobham, "Priority Assignment in Waiting Line Problems", Operations Research 2(1), 1954.
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.disciplines.heap import Floats, pop, push


@kernel
def run(arrivals: Floats, services: Floats, priorities: Floats, servers: int, capacity: int, starts: Floats, finishes: Floats) -> None:
    """Serve every customer for whom there is room; the others keep the times that they have."""
    customers = arrivals.size
    served = np.empty(min(servers, customers), dtype=np.int64)
    waiting = np.empty(min(capacity, customers), dtype=np.int64)
    in_service = in_line = 0
    for customer in range(customers + 1):
        now = arrivals[customer] if customer < customers else np.inf
        while in_service > 0 and finishes[served[0]] <= now:
            free_at = finishes[served[0]]
            pop(served, in_service, finishes)
            in_service -= 1
            if in_line > 0:
                following = waiting[0]
                pop(waiting, in_line, priorities)
                in_line -= 1
                starts[following] = free_at
                finishes[following] = free_at + services[following]
                push(served, in_service, following, finishes)
                in_service += 1
        if customer == customers or in_service + in_line == capacity:
            continue
        if in_service < servers:
            starts[customer] = now
            finishes[customer] = now + services[customer]
            push(served, in_service, customer, finishes)
            in_service += 1
        else:
            push(waiting, in_line, customer, priorities)
            in_line += 1
