"""FIFO: first in, first out.

A queue. A missing key is put at its end; if the cache is full, the key at the front – the one that came in first –
leaves. A hit changes nothing.

References
----------
Belady, "A Study of Replacement Algorithms for a Virtual-Storage Computer", IBM Systems Journal 5(2), 1966.
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.eviction.notes import EVICTED
from labsupport.simulators.eviction.rings import Array


@kernel
def run(trace: Array, key_count: int, capacity: int, hits: Array, record: Array) -> int:
    """Mark the hits in ``hits`` and return the number of evictions."""
    resident = np.zeros(key_count, dtype=np.bool_)
    queue = np.full(capacity, -1, dtype=np.int64)  # used as a circle
    front = 0
    evictions = 0
    for request in range(trace.size):
        key = trace[request]
        if resident[key]:
            hits[request] = True
            continue
        victim = queue[front]
        if victim >= 0:
            resident[victim] = False
            evictions += 1
            if record.size:
                record[request, EVICTED] = victim
        queue[front] = key
        resident[key] = True
        front += 1
        if front == capacity:
            front = 0
    return evictions
