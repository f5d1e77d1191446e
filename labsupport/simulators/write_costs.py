"""Write costs: what the database behind a cache has to do, at every size of cache in one pass.

Evictions by least recent use make a larger cache hold all that a smaller one holds, so each request finds its key at one depth
of the list, and one pass over the trace answers for all sizes.

Write-through and write-back use the list at every request. Under write-back, let m be the greatest depth at which a key was
found since it was last written. Caches of m places or more have kept it since then, and still owe its value to the database.
If it is next found at depth d, those with m to d − 1 places have evicted it meanwhile, and so have written it, once.

Read-through uses the list at reads only. A read gets an old value at the sizes that have kept the key at every read since it
was written.

Write-around drops the key it writes, which leaves a hole in the list. A key that comes to the top pushes the others down only
as far as the topmost hole, and where it came from below that, it leaves a hole itself.

References
----------
Mattson, Gecsei, Slutz, Traiger, "Evaluation Techniques for Storage Hierarchies", IBM Systems Journal 9(2), 1970.
Thompson and Smith, "Efficient (Stack) Algorithms for Analysis of Write-Back and Sector Memories", ACM TOCS 7(1), 1989.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import number, read_only
from labsupport.simulators.reuse import stack_distances
from labsupport.simulators.writing import WRITE_POLICIES

NEVER = -1


@dataclass(frozen=True)
class WriteCosts:
    """What reads and writes cost the database behind a cache of each size, and what they risk.

    Every array has shape ``(largest + 1,)`` and is indexed by the number of places in the cache. At 0 there is no cache. In a
    cache larger than the last, with room for every key, nothing changes. All are read-only.

    Attributes
    ----------
    write_policy : str
        The write policy.
    reads, writes : int
        Number of reads and of writes among the requests.
    backend_reads : ndarray of int64
        Reads that the cache could not answer.
    backend_writes : ndarray of int64
        Writes that reached the database.
    stale_reads : ndarray of int64
        Reads answered with a value older than the database's.
    dirty : ndarray of int64
        Keys whose last value is only in the cache at the end: lost if it dies now.
    """

    write_policy: str
    reads: int
    writes: int
    backend_reads: NDArray[np.int64]
    backend_writes: NDArray[np.int64]
    stale_reads: NDArray[np.int64]
    dirty: NDArray[np.int64]

    @property
    def largest(self) -> int:
        """The size at which every key has its place."""
        return int(self.backend_reads.size) - 1


@kernel
def _write_back(
    numbers: NDArray[np.int64],
    writes: NDArray[np.bool_],
    distances: NDArray[np.int64],
    written: NDArray[np.int64],
    dirty: NDArray[np.int64],
    owing: NDArray[np.int64],
    last_use: NDArray[np.int64],
) -> None:
    # ``owing``: from which size on the cache still owes a key's last write; 0 if it was never written. Both counts are of
    # changes from one size to the next, to be summed up at the end.
    for request in range(numbers.size):
        key = numbers[request]
        last_use[key] = request
        distance = distances[request]
        if owing[key] > 0 and distance > owing[key]:
            written[owing[key]] += 1
            written[distance] -= 1
        if writes[request]:
            owing[key] = 1
        elif owing[key] > 0:
            owing[key] = max(owing[key], distance)
    for above, key in enumerate(np.argsort(-last_use)):
        if last_use[key] < 0:
            break
        depth = above + 1
        if owing[key] > 0:
            if depth > owing[key]:
                written[owing[key]] += 1
                written[depth] -= 1
            dirty[max(depth, owing[key])] += 1


@kernel
def _stale(
    numbers: NDArray[np.int64], writes: NDArray[np.bool_], distances: NDArray[np.int64], keeping: NDArray[np.int64], stale: NDArray[np.int64]
) -> None:
    # ``keeping``: from which size on the cache has kept a key since before it was last written; 0 if it was never written.
    too_large = stale.size
    read = 0
    for request in range(numbers.size):
        key = numbers[request]
        if writes[request]:
            keeping[key] = 1
            continue
        distance = distances[read]
        read += 1
        if keeping[key] > 0:
            keeping[key] = max(keeping[key], too_large if distance < 0 else distance)
            if keeping[key] < too_large:
                stale[keeping[key]] += 1


@kernel
def _add(tree: NDArray[np.int64], time: int, change: int) -> None:
    place = time + 1
    while place < tree.size:
        tree[place] += change
        place += place & -place


@kernel
def _sum_to(tree: NDArray[np.int64], time: int) -> int:
    place = time + 1
    total = 0
    while place > 0:
        total += tree[place]
        place -= place & -place
    return total


@kernel
def _hits_around(numbers: NDArray[np.int64], writes: NDArray[np.bool_], key_count: int, hits: NDArray[np.int64]) -> None:
    # The list's places are marks in time, keys and holes alike, and are counted in a Fenwick tree.
    tree = np.zeros(numbers.size + 1, dtype=np.int64)
    used_at = np.full(key_count, NEVER, dtype=np.int64)
    holes = [0]  # negative times, so that the heap's smallest is the topmost hole
    holes.pop()
    marks = 0
    for now in range(numbers.size):
        key = numbers[now]
        then = used_at[key]
        if writes[now]:
            if then != NEVER:
                heapq.heappush(holes, -then)
                used_at[key] = NEVER
            continue
        if then != NEVER:
            hits[marks - _sum_to(tree, then) + 1] += 1
        given = then
        if len(holes) > 0 and -holes[0] > then:
            given = -heapq.heappop(holes)
            if then != NEVER:
                heapq.heappush(holes, -then)
        if given == NEVER:
            marks += 1
        else:
            _add(tree, given, -1)
        _add(tree, now, 1)
        used_at[key] = now


def write_costs(write_policy: str, trace: Any, writes: Any, distances: NDArray[np.int64] | None = None) -> WriteCosts:
    """Count what the database does for reads and writes behind a cache of every size at once.

    The counts are those of `simulate_writes` at each size, to the request, where nobody writes past the cache.

    Parameters
    ----------
    write_policy : str
        One of `WRITE_POLICIES`.
    trace : array_like of int, shape (requests,)
        Keys from 0 to 2³¹ − 1.
    writes : array_like of bool, shape (requests,)
        Which requests write.
    distances : ndarray of int64, shape (requests,), optional
        The trace's `stack_distances`, if they are at hand: write-through and write-back need them, and they are the same for
        any ``writes``.

    Returns
    -------
    WriteCosts

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Thompson and Smith, "Efficient (Stack) Algorithms for Analysis of Write-Back and Sector Memories", ACM TOCS 7(1), 1989.

    Examples
    --------
    >>> trace, writes = [1, 2, 1, 2, 1], [True, False, False, True, True]
    >>> costs = write_costs("write_back", trace, writes)
    >>> costs.backend_writes, costs.dirty  # without a cache, with one place, with two
    (array([3, 2, 0]), array([0, 1, 2]))
    """
    write_policy = checks.choice("write_policy", write_policy, WRITE_POLICIES)
    keys = checks.keys("trace", trace)
    written = checks.flags("writes", writes, keys.size)
    if distances is not None and distances.shape != keys.shape:
        raise ValueError(f"distances has shape {distances.shape}, but must have one for each of the {keys.size} requests")

    numbered = number(keys)
    flags = read_only(written)
    places = int(np.count_nonzero(np.bincount(numbered.numbers))) + 1
    write_count = int(np.count_nonzero(written))
    read_count = keys.size - write_count
    backend_writes = np.full(places, write_count, dtype=np.int64)
    stale, dirty = np.zeros(places, dtype=np.int64), np.zeros(places, dtype=np.int64)
    if write_policy in ("write_through", "write_back"):
        depths = stack_distances(keys) if distances is None else distances
        at_reads = depths[~written]
        hits = np.bincount(at_reads[at_reads > 0], minlength=places)
    if write_policy == "write_back":
        changes = np.zeros(places + 1, dtype=np.int64)
        owing, last_use = np.zeros(numbered.count, dtype=np.int64), np.full(numbered.count, NEVER, dtype=np.int64)
        _write_back(numbered.numbers, flags, read_only(depths), changes, dirty, owing, last_use)
        backend_writes[1:] = np.cumsum(changes)[1:places]
    elif write_policy == "read_through":
        depths = stack_distances(keys[~written]) if read_count else np.empty(0, dtype=np.int64)
        hits = np.bincount(depths[depths > 0], minlength=places)
        _stale(numbered.numbers, flags, read_only(depths), np.zeros(numbered.count, dtype=np.int64), stale)
    elif write_policy == "write_around":
        hits = np.zeros(places, dtype=np.int64)
        _hits_around(numbered.numbers, flags, numbered.count, hits)

    backend_reads = read_count - np.cumsum(hits)
    stale, dirty = np.cumsum(stale), np.cumsum(dirty)
    for array in (backend_reads, backend_writes, stale, dirty):
        array.flags.writeable = False
    return WriteCosts(write_policy, read_count, write_count, backend_reads, backend_writes, stale, dirty)
