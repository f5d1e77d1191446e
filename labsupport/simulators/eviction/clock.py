"""CLOCK: FIFO with a second chance.

The keys stand in a circle, each with one bit; a hand points at the one that came in first. A hit sets the key's bit and
moves nothing. If the cache is full, the hand moves on: a key with its bit set loses the bit and stays for another round;
the first key found without it leaves, and the missing key takes its place.

References
----------
Corbató, "A Paging Experiment with the Multics System", MIT Project MAC report MAC-M-384, 1968.
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.eviction.notes import EVICTED
from labsupport.simulators.eviction.rings import Array


@kernel
def run(trace: Array, key_count: int, capacity: int, hits: Array, record: Array) -> int:
    """Mark the hits in ``hits`` and return the number of evictions."""
    place_of = np.full(key_count, -1, dtype=np.int32)
    key_at = np.full(capacity, -1, dtype=np.int64)
    used = np.zeros(capacity, dtype=np.bool_)
    hand = 0
    evictions = 0
    for request in range(trace.size):
        key = trace[request]
        place = place_of[key]
        if place >= 0:
            hits[request] = True
            used[place] = True
            continue
        if key_at[hand] >= 0:
            while used[hand]:
                used[hand] = False
                hand += 1
                if hand == capacity:
                    hand = 0
            place_of[key_at[hand]] = -1
            evictions += 1
            if record.size:
                record[request, EVICTED] = key_at[hand]
        key_at[hand] = key
        place_of[key] = hand
        hand += 1
        if hand == capacity:
            hand = 0
    return evictions
