"""Processor sharing: everybody present is served at once, and the servers are shared out evenly.

With n present and c servers, each gets the speed of min(1, c ÷ n) servers. Looked at from a clock that runs at just this speed,
everybody's work takes as long as it would alone: who comes at V on that clock and brings work S leaves at V + S, whoever else comes
and goes. So one heap of these moments tells who is next to leave, log₂ of the number present for each customer, where looking at
all of them at each arrival and departure would take the square of it.

References
----------
Kleinrock, "Time-Shared Systems: A Theoretical Treatment", Journal of the ACM 14(2), 1967; Parekh, Gallager, "A Generalized
Processor Sharing Approach to Flow Control", IEEE/ACM Transactions on Networking 1(3), 1993 (virtual time).
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.disciplines.heap import Floats, pop, push


@kernel
def run(arrivals: Floats, services: Floats, servers: int, capacity: int, finishes: Floats) -> None:
    """Serve every customer for whom there is room; the others keep the times that they have."""
    customers = arrivals.size
    here = np.empty(min(capacity, customers), dtype=np.int64)
    due = np.empty(customers)  # when to leave, on the clock
    present = 0
    clock = last = 0.0  # what the clock shows, and when it was looked at
    for customer in range(customers + 1):
        now = arrivals[customer] if customer < customers else np.inf
        while present > 0:
            pace = min(1.0, servers / present)
            leaving = here[0]
            finish = max(last, last + (due[leaving] - clock) / pace)  # rounding must not turn back time
            if finish > now:
                clock += (now - last) * pace
                break
            pop(here, present, due)
            present -= 1
            finishes[leaving] = finish
            clock, last = due[leaving], finish
        if customer == customers or present == capacity:
            last = now
            continue
        if present == 0:
            clock = 0.0  # so that it never grows so large that short times drown in rounding
        last = now
        due[customer] = clock + services[customer]
        push(here, present, customer, due)
        present += 1
