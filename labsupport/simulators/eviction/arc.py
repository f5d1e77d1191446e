"""ARC: adaptive replacement cache.

Two lists in the order of last use: keys seen once lately (T1) and keys seen at least twice (T2). Behind each follows a
*ghost* list of keys that were evicted from it (B1, B2): remembered, but not stored. T1 should hold ``target`` keys. A
request for a ghost of B1 says that T1 was too small and raises the target; one for a ghost of B2 lowers it; the shorter
list of ghosts weighs more. A hit, or a remembered key, goes to the front of T2, a new key to the front of T1. If the
cache is full, the back of T1 leaves while T1 is above its target, otherwise the back of T2, and becomes a ghost. T1 and B1
together remember at most ``capacity`` keys, all four lists at most twice as many.

The target is a real number, as in the authors' later descriptions and in libCacheSim.

References
----------
Megiddo and Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", USENIX FAST 2003.
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.eviction.notes import EVICTED, FROM_NEWCOMERS, FROM_PROVEN, REMEMBERED, WHY
from labsupport.simulators.eviction.rings import NOWHERE, Array, fill_ring, move_to_front, new_rings

T1, T2, B1, B2, FREE = 0, 1, 2, 3, 4


@kernel
def _move(after: Array, before: Array, list_of: Array, lengths: Array, node: int, target_list: int) -> None:
    """Move a node to the front of a list and keep the lengths right."""
    lengths[list_of[node]] -= 1
    lengths[target_list] += 1
    list_of[node] = target_list
    move_to_front(after, before, list_of.size + target_list, node)


@kernel
def run(trace: Array, key_count: int, capacity: int, hits: Array, record: Array) -> int:
    """Mark the hits in ``hits`` and return the number of evictions."""
    nodes = 2 * capacity
    node_of = np.full(key_count, NOWHERE, dtype=np.uint32)
    key_in = np.empty(nodes, dtype=np.int64)
    after, before = new_rings(nodes, 5)
    list_of = np.full(nodes, FREE, dtype=np.int8)
    lengths = np.zeros(5, dtype=np.int64)
    fill_ring(after, before, nodes + FREE, nodes)
    lengths[FREE] = nodes
    target = 0.0
    evictions = 0
    for request in range(trace.size):
        key = trace[request]
        node = node_of[key]
        home = list_of[node] if node != NOWHERE else FREE
        if home in (T1, T2):
            hits[request] = True
            _move(after, before, list_of, lengths, node, T2)
            continue

        victim_list = -1
        if home == B1:
            target = min(target + max(lengths[B2] / lengths[B1], 1.0), float(capacity))
        elif home == B2:
            target = max(target - max(lengths[B1] / lengths[B2], 1.0), 0.0)
        elif lengths[T1] + lengths[B1] == capacity:
            if lengths[B1] > 0:
                forgotten = before[nodes + B1]
            else:  # T1 fills the whole cache: its last key leaves without becoming a ghost
                forgotten = before[nodes + T1]
                victim_list = T1
                evictions += 1
                if record.size:
                    record[request, EVICTED] = key_in[forgotten]
                    record[request, WHY] = FROM_NEWCOMERS
            node_of[key_in[forgotten]] = NOWHERE
            _move(after, before, list_of, lengths, forgotten, FREE)
        elif lengths[FREE] == 0:
            forgotten = before[nodes + B2]
            node_of[key_in[forgotten]] = NOWHERE
            _move(after, before, list_of, lengths, forgotten, FREE)

        if victim_list < 0 and lengths[T1] + lengths[T2] == capacity:
            above = lengths[T1] > target or (home == B2 and lengths[T1] == target)
            victim_list = T1 if (lengths[T1] > 0 and above) or lengths[T2] == 0 else T2
            victim = before[nodes + victim_list]
            evictions += 1
            if record.size:
                record[request, EVICTED] = key_in[victim]
                record[request, WHY] = FROM_NEWCOMERS if victim_list == T1 else FROM_PROVEN
            _move(after, before, list_of, lengths, victim, B1 if victim_list == T1 else B2)

        if home == FREE:
            node = after[nodes + FREE]
            _move(after, before, list_of, lengths, node, T1)
            key_in[node] = key
            node_of[key] = node
        else:
            if record.size:
                record[request, REMEMBERED] = 1
            _move(after, before, list_of, lengths, node, T2)
    return evictions
