"""First come, first served, with room for everybody: who comes next goes to the server that is free first.

All that has to be known of the servers is when each will have done what it has: a customer starts at the earliest of these
moments, or on arrival if that is later, and puts the own departure in its place. For one server this is Lindley's recursion, for
several it is Kiefer and Wolfowitz's, with a heap in place of their sorted vector: log₂ of the number of servers for each customer.

References
----------
Lindley, "The Theory of Queues with a Single Server", Mathematical Proceedings of the Cambridge Philosophical Society 48(2), 1952;
Kiefer, Wolfowitz, "On the Theory of Queues with Many Servers", Transactions of the AMS 78(1), 1955.
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.disciplines.heap import Floats, replace_first


@kernel
def run(arrivals: Floats, services: Floats, servers: int, starts: Floats, finishes: Floats) -> None:
    """Serve every customer."""
    free = np.zeros(servers)  # when each server will be free, the earliest first
    for customer in range(arrivals.size):
        start = max(arrivals[customer], free[0])
        finish = start + services[customer]
        starts[customer] = start
        finishes[customer] = finish
        replace_first(free, finish)
