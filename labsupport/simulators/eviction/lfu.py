"""LFU: least frequently used, ties broken by least recent use.

A list in the order of the number of uses, and among equals in the order of last use. A hit moves the key behind the last
one with as many uses as it has now. If the cache is full, the key at the front – fewest uses, and among those not asked
for the longest – leaves. Uses are counted since the key came in; an evicted key is forgotten.

The last node of each number of uses is kept, so every step takes constant time.

References
----------
Shah, Mitra, Matani, "An O(1) Algorithm for Implementing the LFU Cache Eviction Scheme", 2010 (with lists of lists; here
one list suffices).
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.eviction.notes import EVICTED
from labsupport.simulators.eviction.rings import NOWHERE, Array, new_rings, put_after, take_out


@kernel
def run(trace: Array, key_count: int, capacity: int, hits: Array, record: Array) -> int:
    """Mark the hits in ``hits`` and return the number of evictions."""
    node_of = np.full(key_count, NOWHERE, dtype=np.uint32)
    key_in = np.empty(capacity, dtype=np.int64)
    after, before = new_rings(capacity, 1)
    head = capacity
    uses = np.zeros(capacity + 1, dtype=np.int32)  # the head has 0 uses, fewer than any key
    last_with = np.full(trace.size + 2, -1, dtype=np.int32)  # by number of uses; −1 where no key has as many
    resident = 0
    evictions = 0
    for request in range(trace.size):
        key = trace[request]
        node = node_of[key]
        if node != NOWHERE:
            hits[request] = True
            count = uses[node]
            anchor = last_with[count + 1]
            if anchor < 0:
                anchor = last_with[count]
            if last_with[count] == node:
                leader = before[node]
                last_with[count] = leader if uses[leader] == count else -1
            if anchor != node:
                take_out(after, before, node)
                put_after(after, before, anchor, node)
            uses[node] = count + 1
            last_with[count + 1] = node
            continue
        if resident < capacity:
            node = np.uint32(resident)
            resident += 1
        else:
            node = after[head]
            take_out(after, before, node)
            if last_with[uses[node]] == node:
                last_with[uses[node]] = -1
            node_of[key_in[node]] = NOWHERE
            evictions += 1
            if record.size:
                record[request, EVICTED] = key_in[node]
        anchor = last_with[1]
        put_after(after, before, anchor if anchor >= 0 else head, node)
        uses[node] = 1
        last_with[1] = node
        key_in[node] = key
        node_of[key] = node
    return evictions
