"""SIEVE: a queue that is never reordered, and a hand that sieves the unused keys out of its middle.

A missing key is put at the front. A hit marks the key as visited and moves nothing. If the cache is full, the hand moves
from the back towards the front (and from the front to the back again): a visited key loses its mark and stays *where it
is*; the first unvisited key leaves, and the hand waits there. Unlike CLOCK's, survivors are not mixed with newcomers.

References
----------
Zhang, Yang, Yue, Vigfusson, Rashmi, "SIEVE is Simpler than LRU: an Efficient Turn-Key Eviction Algorithm for Web Caches",
USENIX NSDI 2024.
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
    visited = np.zeros(capacity, dtype=np.bool_)
    after, before = new_rings(capacity, 1)
    head = capacity
    hand = np.uint32(head)  # at the head it stands outside the queue and starts from the back
    resident = 0
    evictions = 0
    for request in range(trace.size):
        key = trace[request]
        node = node_of[key]
        if node != NOWHERE:
            hits[request] = True
            visited[node] = True
            continue
        if resident < capacity:
            node = np.uint32(resident)
            resident += 1
        else:
            node = hand if hand != head else before[head]
            while visited[node]:
                visited[node] = False
                node = before[node]
                if node == head:
                    node = before[head]
            hand = before[node]
            take_out(after, before, node)
            node_of[key_in[node]] = NOWHERE
            evictions += 1
            if record.size:
                record[request, EVICTED] = key_in[node]
        put_after(after, before, head, node)
        key_in[node] = key
        node_of[key] = node
    return evictions
