"""S3-FIFO: three simple queues.

A small queue (a tenth of the cache) takes new keys, a main queue holds those that have proved themselves, and a ghost
queue remembers keys that left the small queue (as many as nine tenths of the cache). A hit is counted, and nothing moves.
To make room, the front of the small queue is looked at: with two hits or more since it came in, it moves to the main queue,
otherwise it leaves and becomes a ghost; and so on until one has left. If the main queue holds more than its share by then,
its front is looked at instead: with a hit, it goes to the end again and has one less (at most three are remembered),
otherwise it leaves for good. A missing key that is still a ghost goes straight to the main queue.

Until the first eviction, keys that find the small queue full fill the main queue. The small queue has at least one place.

References
----------
Yang, Zhang, Qiu, Yue, Rashmi, "FIFO Queues are All You Need for Cache Eviction", ACM SOSP 2023; the parameters are those of
the authors' libCacheSim.
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.eviction.notes import EVICTED, FROM_NEWCOMERS, FROM_PROVEN, REMEMBERED, WHY
from labsupport.simulators.eviction.rings import NOWHERE, Array, fill_ring, new_rings, put_after, take_out

SMALL, MAIN, GHOST, FREE = 0, 1, 2, 3
HITS_FOR_MAIN = 2
MOST_HITS = 3


@kernel
def _enqueue(after: Array, before: Array, queue_of: Array, lengths: Array, node: int, queue: int) -> None:
    """Move a node to the end of a queue (the place before its head) and keep the lengths right."""
    take_out(after, before, node)
    lengths[queue_of[node]] -= 1
    head = queue_of.size + queue
    put_after(after, before, before[head], node)
    lengths[queue] += 1
    queue_of[node] = queue


@kernel
def run(trace: Array, key_count: int, capacity: int, hits: Array, record: Array) -> int:
    """Mark the hits in ``hits`` and return the number of evictions."""
    small_size = max(capacity // 10, 1)
    main_size = capacity - small_size
    ghost_size = capacity * 9 // 10
    nodes = capacity + ghost_size + 1
    node_of = np.full(key_count, NOWHERE, dtype=np.uint32)
    key_in = np.empty(nodes, dtype=np.int64)
    hits_of = np.zeros(nodes, dtype=np.int32)
    after, before = new_rings(nodes, 4)
    queue_of = np.full(nodes, FREE, dtype=np.int8)
    lengths = np.zeros(4, dtype=np.int64)
    fill_ring(after, before, nodes + FREE, nodes)
    lengths[FREE] = nodes
    evictions = 0
    for request in range(trace.size):
        key = trace[request]
        node = node_of[key]
        remembered = False
        if node != NOWHERE:
            if queue_of[node] != GHOST:
                hits[request] = True
                hits_of[node] += 1
                continue
            remembered = True
            _enqueue(after, before, queue_of, lengths, node, FREE)
            node_of[key] = NOWHERE

        while lengths[SMALL] + lengths[MAIN] == capacity:
            from_main = lengths[MAIN] > main_size or lengths[SMALL] == 0
            if from_main:
                front = after[nodes + MAIN]
                while hits_of[front] > 0:
                    hits_of[front] = min(hits_of[front], MOST_HITS) - 1
                    _enqueue(after, before, queue_of, lengths, front, MAIN)
                    front = after[nodes + MAIN]
            else:
                front = after[nodes + SMALL]
                while lengths[SMALL] > 0 and hits_of[front] >= HITS_FOR_MAIN:
                    hits_of[front] = 0
                    _enqueue(after, before, queue_of, lengths, front, MAIN)
                    front = after[nodes + SMALL]
                if lengths[SMALL] == 0:  # all of them moved up, so room must be made in the main queue
                    continue
            evictions += 1
            if record.size:
                record[request, EVICTED] = key_in[front]
                record[request, WHY] = FROM_PROVEN if from_main else FROM_NEWCOMERS
            if not from_main and ghost_size > 0:
                if lengths[GHOST] == ghost_size:
                    forgotten = after[nodes + GHOST]
                    node_of[key_in[forgotten]] = NOWHERE
                    _enqueue(after, before, queue_of, lengths, forgotten, FREE)
                _enqueue(after, before, queue_of, lengths, front, GHOST)
            else:
                node_of[key_in[front]] = NOWHERE
                _enqueue(after, before, queue_of, lengths, front, FREE)

        node = after[nodes + FREE]
        straight_to_main = remembered or (evictions == 0 and lengths[SMALL] >= small_size)
        _enqueue(after, before, queue_of, lengths, node, MAIN if straight_to_main else SMALL)
        hits_of[node] = 0
        key_in[node] = key
        node_of[key] = node
        if remembered and record.size:
            record[request, REMEMBERED] = 1
    return evictions
