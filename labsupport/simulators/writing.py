"""Writing: what a cache in front of a database does with writes, and what that costs and risks.

Read-through
    The cache knows reads only: it loads a missing key. A write goes to the database, and nobody tells the cache; a copy in
    the cache stays, and is stale from then on.
Write-around
    As read-through, but a write also drops the copy in the cache, so that the next read loads the new value.
Write-through
    A write stores the value in the cache and, before it is acknowledged, in the database.
Write-back
    A write stores the value in the cache only and marks the key dirty; the database is told when the key is evicted. What is
    dirty when the cache dies is lost.

Evictions are by least recent use; reads and, where they store something in the cache, writes count as uses.

References
----------
Hennessy and Patterson, "Computer Architecture: A Quantitative Approach", appendix B.1 (write strategies).
Jouppi, "Cache Write Policies and Performance", ACM ISCA 1993.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.eviction.rings import NOWHERE, fill_ring, move_to_front, new_rings
from labsupport.simulators.numbering import number, read_only

WRITE_POLICIES = ("read_through", "write_through", "write_back", "write_around")
READ_THROUGH, WRITE_THROUGH, WRITE_BACK, WRITE_AROUND = range(4)
LARGEST_CAPACITY = checks.LARGEST_KEY + 1
BACKEND_READS, BACKEND_WRITES, LOST_UPDATES = 0, 1, 2


@dataclass(frozen=True)
class WriteResult:
    """What a cache did with reads and writes.

    Attributes
    ----------
    write_policy : str
        The write policy.
    capacity : int
        How many keys the cache could hold.
    hits : ndarray of bool, shape (requests,)
        Which reads were answered from the cache; False at every write. Read-only.
    stale : ndarray of bool, shape (requests,)
        Which reads were answered with a value older than the database's. Read-only.
    reads : int
        Number of reads.
    backend_reads : int
        How often the cache read from the database: once for each read it could not answer.
    backend_writes : int
        How often this cache's traffic wrote to the database. External writes are not counted.
    dirty : ndarray of int64, shape (dirty,)
        The keys whose last value is only in the cache at the end, in rising order: lost if the cache dies now. Read-only.
    lost_updates : int
        How often an external write was overwritten in the database by an older value written back.
    """

    write_policy: str
    capacity: int
    hits: NDArray[np.bool_]
    stale: NDArray[np.bool_]
    reads: int
    backend_reads: int
    backend_writes: int
    dirty: NDArray[np.int64]
    lost_updates: int

    @property
    def hit_ratio(self) -> float:
        """Share of reads answered from the cache; 0 if there were no reads."""
        return int(np.count_nonzero(self.hits)) / self.reads if self.reads else 0.0

    @property
    def stale_reads(self) -> int:
        """Number of reads answered with a value older than the database's."""
        return int(np.count_nonzero(self.stale))


@kernel
def _write(
    policy: int,
    trace: NDArray[np.int64],
    writes: NDArray[np.bool_],
    external: NDArray[np.bool_],
    key_count: int,
    capacity: int,
    hits: NDArray[np.bool_],
    stale: NDArray[np.bool_],
    dirty: NDArray[np.bool_],
    counts: NDArray[np.int64],
) -> None:
    # A value's version is the number of the request that wrote it, counted from 1; what was there before has version 0.
    stored = np.zeros(key_count, dtype=np.int32)  # version in the database
    cached = np.zeros(key_count, dtype=np.int32)  # version in the cache, where the key is in it
    node_of = np.full(key_count, NOWHERE, dtype=np.uint32)
    key_in = np.empty(capacity, dtype=np.int64)
    after, before = new_rings(capacity, 2)
    used, free = capacity, capacity + 1
    fill_ring(after, before, free, capacity)
    for request in range(trace.size):
        key = trace[request]
        node = node_of[key]
        if writes[request]:
            if external[request]:
                stored[key] = request + 1
                continue
            if policy != WRITE_BACK:
                stored[key] = request + 1
                counts[BACKEND_WRITES] += 1
            if policy == WRITE_AROUND and node != NOWHERE:
                node_of[key] = NOWHERE
                move_to_front(after, before, free, node)
            if policy in (READ_THROUGH, WRITE_AROUND):
                continue
        elif node != NOWHERE:
            hits[request] = True
            stale[request] = cached[key] < stored[key]
            move_to_front(after, before, used, node)
            continue
        else:
            counts[BACKEND_READS] += 1

        # From here on the key is to be in the cache, with a new value.
        if node == NOWHERE:
            node = after[free]
            if node == free:
                node = before[used]
                victim = key_in[node]
                node_of[victim] = NOWHERE
                if dirty[victim]:
                    dirty[victim] = False
                    counts[BACKEND_WRITES] += 1
                    if stored[victim] > cached[victim]:
                        counts[LOST_UPDATES] += 1
                    stored[victim] = cached[victim]
            key_in[node] = key
            node_of[key] = node
        move_to_front(after, before, used, node)
        if writes[request]:
            cached[key] = request + 1
            dirty[key] = policy == WRITE_BACK
        else:
            cached[key] = stored[key]


def simulate_writes(write_policy: str, trace: Any, writes: Any, capacity: int, external_writes: Any = None) -> WriteResult:
    """Run reads and writes through a cache in front of a database; both start with old values, the cache empty.

    A write replaces the whole value, so it never needs to read first. A read miss loads the key and stores it. Under
    write-through and write-back, a write to a missing key stores it in the cache, too (*write-allocate*); under read-through
    and write-around it does not. Several writes to a dirty key cost one write to the database when it leaves. Nothing is
    written back at the end: see ``dirty``.

    An external write goes straight to the database, past the cache, which keeps whatever copy it has. A read is stale if it is
    answered with a value older than the one in the database. Under write-back a dirty key may be *newer* than the database:
    that is not stale.

    Parameters
    ----------
    write_policy : str
        One of `WRITE_POLICIES`.
    trace : array_like of int, shape (requests,)
        Keys from 0 to 2³¹ − 1.
    writes : array_like of bool, shape (requests,)
        Which requests write.
    capacity : int
        How many keys the cache can hold, at least 1.
    external_writes : array_like of bool, shape (requests,), optional
        Which of the writes go past the cache; none if left out.

    Returns
    -------
    WriteResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or a request is an external write but no write.

    References
    ----------
    Jouppi, "Cache Write Policies and Performance", ACM ISCA 1993.

    Examples
    --------
    >>> trace, writes = [1, 1, 1, 1, 2], [True, True, False, True, False]
    >>> for policy in WRITE_POLICIES:
    ...     result = simulate_writes(policy, trace, writes, capacity=2)
    ...     print(policy, result.backend_reads, result.backend_writes, result.dirty)
    read_through 2 3 []
    write_through 1 3 []
    write_back 1 0 [1]
    write_around 2 3 []
    >>> simulate_writes("write_through", [1, 1, 1], [False, True, False], 2, external_writes=[False, True, False]).stale_reads
    1
    """
    write_policy = checks.choice("write_policy", write_policy, WRITE_POLICIES)
    keys = checks.keys("trace", trace)
    written = checks.flags("writes", writes, keys.size)
    capacity = checks.integer("capacity", capacity, minimum=1, maximum=LARGEST_CAPACITY)
    external = np.zeros(keys.size, dtype=np.bool_) if external_writes is None else checks.flags("external_writes", external_writes, keys.size)
    reads_past = np.flatnonzero(external & ~written)
    if reads_past.size:
        raise ValueError(f"external_writes is True at index {reads_past[0]}, but that request is a read: it must be True at writes only")

    numbered = number(keys)
    hits, stale = np.zeros(keys.size, dtype=np.bool_), np.zeros(keys.size, dtype=np.bool_)
    dirty_numbers = np.zeros(numbered.count, dtype=np.bool_)
    counts = np.zeros(3, dtype=np.int64)
    places = min(capacity, numbered.count, keys.size)
    code = WRITE_POLICIES.index(write_policy)
    _write(code, numbered.numbers, read_only(written), read_only(external), numbered.count, places, hits, stale, dirty_numbers, counts)
    dirty = np.sort(numbered.keys(np.flatnonzero(dirty_numbers)))
    for array in (hits, stale, dirty):
        array.flags.writeable = False
    reads = int(keys.size - np.count_nonzero(written))
    return WriteResult(
        write_policy, capacity, hits, stale, reads, int(counts[BACKEND_READS]), int(counts[BACKEND_WRITES]), dirty, int(counts[LOST_UPDATES])
    )
