"""OPT: the clairvoyant optimum, also called MIN or Belady's algorithm.

It knows the whole trace. If the cache is full, the key leaves whose next use is furthest in the future; a key that is never
asked for again is further than any other. No policy that stores every missing key has more hits, so this is the line that
all others are held against. Of several keys never asked for again, the one asked for last leaves – it makes no difference
to the hits.

The resident keys are kept in a heap by next use. Each miss in a full cache replaces the top of the heap by the new key.

References
----------
Belady, "A Study of Replacement Algorithms for a Virtual-Storage Computer", IBM Systems Journal 5(2), 1966.
Mattson, Gecsei, Slutz, Traiger, "Evaluation Techniques for Storage Hierarchies", IBM Systems Journal 9(2), 1970 (the proof).
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.eviction.notes import EVICTED
from labsupport.simulators.eviction.rings import Array


@kernel
def next_uses(trace: Array, key_count: int) -> Array:
    """Return for each request when its key is asked for next; if never, a time after the end, different for each request."""
    requests = trace.size
    result = np.empty(requests, dtype=np.int32)
    upcoming = np.full(key_count, -1, dtype=np.int32)
    for request in range(requests - 1, -1, -1):
        key = trace[request]
        result[request] = upcoming[key] if upcoming[key] >= 0 else requests + request
        upcoming[key] = request
    return result


@kernel
def _rise(heap: Array, due: Array, position: Array, place: int) -> None:
    """Let the node at ``place`` rise past all that are due earlier."""
    node = heap[place]
    while place > 0:
        parent = (place - 1) >> 1
        if due[heap[parent]] >= due[node]:
            break
        heap[place] = heap[parent]
        position[heap[place]] = place
        place = parent
    heap[place] = node
    position[node] = place


@kernel
def _sink(heap: Array, due: Array, position: Array) -> None:
    """Let the node at the top sink below all that are due later."""
    node = heap[0]
    size = heap.size
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and due[heap[child + 1]] > due[heap[child]]:
            child += 1
        if due[heap[child]] <= due[node]:
            break
        heap[place] = heap[child]
        position[heap[place]] = place
        place = child
    heap[place] = node
    position[node] = place


@kernel
def run(trace: Array, key_count: int, capacity: int, hits: Array, record: Array) -> int:
    """Mark the hits in ``hits`` and return the number of evictions."""
    upcoming = next_uses(trace, key_count)
    node_of = np.full(key_count, -1, dtype=np.int32)
    key_in = np.empty(capacity, dtype=np.int64)
    due = np.empty(capacity, dtype=np.int32)
    heap = np.empty(capacity, dtype=np.int32)  # nodes, the one due last on top
    position = np.empty(capacity, dtype=np.int32)  # of each node in the heap
    resident = 0
    evictions = 0
    for request in range(trace.size):
        key = trace[request]
        node = node_of[key]
        if node >= 0:
            hits[request] = True
            due[node] = upcoming[request]
            _rise(heap, due, position, position[node])
            continue
        if resident < capacity:
            node = resident
            heap[resident] = node
            due[node] = upcoming[request]
            _rise(heap, due, position, resident)
            resident += 1
        else:
            node = heap[0]
            node_of[key_in[node]] = -1
            evictions += 1
            if record.size:
                record[request, EVICTED] = key_in[node]
            due[node] = upcoming[request]
            _sink(heap, due, position)
        key_in[node] = key
        node_of[key] = node
    return evictions
