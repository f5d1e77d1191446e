"""W-TinyLFU: a small window for newcomers, and a contest of estimated frequency at the door of the main cache.

A missing key enters the *window*, a small LRU list (1 % of the cache, at least one place). A key pushed out of the window
applies to the main part. While that has room it is taken in; else it meets the key the main part would evict, and the
more frequently requested of the two stays (the one inside, if they are equal). The main part is a segmented LRU: a key
comes in on *probation* (20 %), a hit moves it to the *protected* segment (80 %), and the last of an overfull protected
segment goes back on probation.

Frequency is estimated over all requests, hits or not, by a count–min sketch: four rows of counters up to 15, of which only
the smallest are raised; after ten requests per place of the cache all counters are halved, so that old fame fades. This
follows the paper, without its optional doorkeeper and without the adaptive window of later versions.

References
----------
Einziger, Friedman, Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", ACM Transactions on Storage 13(4), 2017.
Cormode and Muthukrishnan, "An Improved Data Stream Summary: The Count-Min Sketch and its Applications", J. Algorithms 2005.
"""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.eviction.notes import EVICTED, FROM_NEWCOMERS, FROM_PROVEN, WHY
from labsupport.simulators.eviction.rings import NOWHERE, Array, fill_ring, move_to_front, new_rings

WINDOW, PROBATION, PROTECTED, FREE = 0, 1, 2, 3
MOST_COUNTED = 15
REQUESTS_PER_PLACE = 10
COUNTERS_PER_PLACE = 4
# Odd multipliers below 2³², so that a product with a key below 2³¹ fits into 63 bits and Python and compiled code agree.
FIRST, SECOND, THIRD, FOURTH = 2654435769, 2246822519, 3266489917, 668265263


@kernel
def _cell(key: int, multiplier: int, bits: int) -> int:
    """Hash a key to a place in a row of 2^bits counters, by the highest bits of a product (Dietzfelbinger et al. 1997)."""
    return ((key * multiplier) & 0xFFFFFFFF) >> (32 - bits)


@kernel
def _frequency(sketch: Array, bits: int, key: int) -> int:
    """Estimate how often a key was asked for lately: the smallest of its four counters."""
    first, second = sketch[0, _cell(key, FIRST, bits)], sketch[1, _cell(key, SECOND, bits)]
    third, fourth = sketch[2, _cell(key, THIRD, bits)], sketch[3, _cell(key, FOURTH, bits)]
    return int(min(first, second, third, fourth))


@kernel
def _count(sketch: Array, bits: int, key: int) -> None:
    """Raise those of the key's four counters that are smallest: the others have been raised by other keys, too."""
    cells = (_cell(key, FIRST, bits), _cell(key, SECOND, bits), _cell(key, THIRD, bits), _cell(key, FOURTH, bits))
    smallest = min(sketch[0, cells[0]], sketch[1, cells[1]], sketch[2, cells[2]], sketch[3, cells[3]])
    if smallest < MOST_COUNTED:
        for row in range(4):
            if sketch[row, cells[row]] == smallest:
                sketch[row, cells[row]] += 1


@kernel
def _halve(sketch: Array) -> None:
    for row in range(sketch.shape[0]):
        for cell in range(sketch.shape[1]):
            sketch[row, cell] >>= 1


@kernel
def _move(after: Array, before: Array, segment_of: Array, lengths: Array, node: int, segment: int) -> None:
    """Move a node to the front of a segment and keep the lengths right."""
    lengths[segment_of[node]] -= 1
    lengths[segment] += 1
    segment_of[node] = segment
    move_to_front(after, before, segment_of.size + segment, node)


@kernel
def run(trace: Array, key_count: int, capacity: int, hits: Array, record: Array) -> int:
    """Mark the hits in ``hits`` and return the number of evictions."""
    window_size = max(capacity // 100, 1)
    main_size = capacity - window_size
    protected_size = main_size * 8 // 10
    bits = 4
    while (1 << bits) < COUNTERS_PER_PLACE * capacity and bits < 31:
        bits += 1
    sketch = np.zeros((4, 1 << bits), dtype=np.uint8)
    counted = 0

    nodes = capacity + 1
    node_of = np.full(key_count, NOWHERE, dtype=np.uint32)
    key_in = np.empty(nodes, dtype=np.int64)
    after, before = new_rings(nodes, 4)
    segment_of = np.full(nodes, FREE, dtype=np.int8)
    lengths = np.zeros(4, dtype=np.int64)
    fill_ring(after, before, nodes + FREE, nodes)
    lengths[FREE] = nodes
    evictions = 0
    for request in range(trace.size):
        key = trace[request]
        _count(sketch, bits, key)
        counted += 1
        if counted == REQUESTS_PER_PLACE * capacity:
            counted = 0
            _halve(sketch)

        node = node_of[key]
        if node != NOWHERE:
            hits[request] = True
            _move(after, before, segment_of, lengths, node, WINDOW if segment_of[node] == WINDOW else PROTECTED)
            if lengths[PROTECTED] > protected_size:
                _move(after, before, segment_of, lengths, before[nodes + PROTECTED], PROBATION)
            continue

        node = after[nodes + FREE]
        _move(after, before, segment_of, lengths, node, WINDOW)
        key_in[node] = key
        node_of[key] = node
        if lengths[WINDOW] <= window_size:
            continue

        candidate = before[nodes + WINDOW]
        victim = candidate
        why = FROM_NEWCOMERS
        if lengths[PROBATION] + lengths[PROTECTED] < main_size:
            _move(after, before, segment_of, lengths, candidate, PROBATION)
            continue
        if main_size > 0:
            rival = before[nodes + (PROBATION if lengths[PROBATION] > 0 else PROTECTED)]
            if _frequency(sketch, bits, key_in[candidate]) > _frequency(sketch, bits, key_in[rival]):
                victim = rival
                why = FROM_PROVEN
                _move(after, before, segment_of, lengths, candidate, PROBATION)
        evictions += 1
        if record.size:
            record[request, EVICTED] = key_in[victim]
            record[request, WHY] = why
        node_of[key_in[victim]] = NOWHERE
        _move(after, before, segment_of, lengths, victim, FREE)
    return evictions
