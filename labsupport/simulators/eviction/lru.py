"""LRU: least recently used.

A list in the order of last use. A hit moves the key to the front; a missing key is put at the front; if the cache is
full, the key at the back – not asked for the longest – leaves.

References
----------
Mattson, Gecsei, Slutz, Traiger, "Evaluation Techniques for Storage Hierarchies", IBM Systems Journal 9(2), 1970.
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.eviction.notes import EVICTED
from labsupport.simulators.eviction.rings import NOWHERE, Array, move_to_front, new_rings, put_after


@kernel
def run(trace: Array, key_count: int, capacity: int, hits: Array, record: Array) -> int:
    """Mark the hits in ``hits`` and return the number of evictions."""
    node_of = np.full(key_count, NOWHERE, dtype=np.uint32)
    key_in = np.empty(capacity, dtype=np.int64)
    after, before = new_rings(capacity, 1)
    head = capacity
    resident = 0
    evictions = 0
    for request in range(trace.size):
        key = trace[request]
        node = node_of[key]
        if node != NOWHERE:
            hits[request] = True
            move_to_front(after, before, head, node)
            continue
        if resident < capacity:
            node = np.uint32(resident)
            resident += 1
            put_after(after, before, head, node)
        else:
            node = before[head]
            node_of[key_in[node]] = NOWHERE
            evictions += 1
            if record.size:
                record[request, EVICTED] = key_in[node]
            move_to_front(after, before, head, node)
        key_in[node] = key
        node_of[key] = node
    return evictions
