"""Shuffle: a map-reduce that counts records by key over partitions, one worker for each, with what goes over the network and who is waited for.

Every worker maps its own partition, sends each record to the worker that its key belongs to, and reduces what came. A stage begins when the last
worker has finished the one before (Dean and Ghemawat, "MapReduce", OSDI 2004, with the combiner of section 4.3 and the backup tasks of section 3.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators.hashing import hash_keys
from labsupport.simulators.numbering import read_only

STAGES = ("map", "shuffle", "reduce")
MOST_PARTITIONS = 1_000


@dataclass(frozen=True)
class ShuffleResult:
    """What a map-reduce moved and how long it took.

    Attributes
    ----------
    sent : ndarray of int64, shape (partitions, partitions)
        Records that each worker (row) gave to each (column), its own on the diagonal. Read-only.
    record_size : float
        Bytes of a record.
    times : ndarray of float64, shape (3, partitions)
        How long each worker was at map, shuffle and reduce, with the faster of two copies where there were two. Read-only.
    speculated : ndarray of bool, shape (3, partitions)
        Where a second copy of the task was started. Read-only.
    """

    sent: NDArray[np.int64]
    record_size: float
    times: NDArray[np.float64]
    speculated: NDArray[np.bool_]

    @property
    def moved(self) -> int:
        """Records that went over the network: all but those that stayed where they were."""
        return int(self.sent.sum() - np.trace(self.sent))

    @property
    def moved_bytes(self) -> float:
        """Bytes that went over the network."""
        return self.moved * self.record_size

    @property
    def stage_times(self) -> NDArray[np.float64]:
        """How long each stage took, as long as its slowest worker, shape (3,)."""
        return np.asarray(self.times.max(axis=1))

    @property
    def total(self) -> float:
        """How long all of it took."""
        return float(self.stage_times.sum())

    @property
    def stragglers(self) -> NDArray[np.int64]:
        """The worker that each stage waited for, shape (3,)."""
        return np.asarray(self.times.argmax(axis=1))


def simulate(
    keys: Any,
    partitions: int,
    *,
    combiner: bool = False,
    co_partitioned: bool = False,
    speeds: Any = None,
    speculation: float | None = None,
    record_time: float = 1e-6,
    record_size: float = 100.0,
    bandwidth: float = 1e8,
) -> ShuffleResult:
    """Count records by key over partitions.

    Parameters
    ----------
    keys : array_like of int, shape (records,)
        The key of each record, from 0 to 2³¹ − 1. Not written to.
    partitions : int
        How many partitions and workers, from 1 to 1,000.
    combiner : bool, default False
        Whether each worker adds up its own records first, and sends one for each of its keys.
    co_partitioned : bool, default False
        Whether records lie where their keys belong already; otherwise they lie in equal blocks, in the order given.
    speeds : array_like of float, shape (partitions,), optional
        How fast each worker maps and reduces, above 0; all 1 if not given.
    speculation : float, optional
        How many times the median of its stage a map or reduce task may take before a copy of it begins on a spare worker of speed 1,
        at least 1. Never if not given.
    record_time : float, default 1e-6
        Seconds that a worker of speed 1 takes to map a record or to reduce one, at least 0.
    record_size : float, default 100.0
        Bytes of a record, at least 0.
    bandwidth : float, default 1e8
        Bytes a second that each worker can send, and receive at the same time, above 0.

    Returns
    -------
    ShuffleResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    Co-partitioned records stay where they are; a combiner sends one record for each key of a worker:

    >>> keys = [7, 7, 7, 7, 5, 5, 5, 5]
    >>> simulate(keys, 2, co_partitioned=True).moved
    0
    >>> simulate(keys, 2).sent.sum(), simulate(keys, 2, combiner=True).sent.sum()
    (np.int64(8), np.int64(2))
    """
    items = checks.keys("keys", keys)
    partitions = checks.integer("partitions", partitions, 1, MOST_PARTITIONS)
    pace = np.ones(partitions) if speeds is None else checks.amounts("speeds", speeds, above=0, kind="speed")
    if pace.size != partitions:
        raise ValueError(f"speeds holds {pace.size} numbers, but must hold one for each of the {partitions} workers")
    if speculation is not None:
        checks.number("speculation", speculation, minimum=1)
    record_time, record_size = checks.number("record_time", record_time, minimum=0), checks.number("record_size", record_size, minimum=0)
    bandwidth = checks.number("bandwidth", bandwidth, above=0)
    targets = (hash_keys(items) % np.uint64(partitions)).astype(np.int64)
    sources = targets if co_partitioned else np.arange(items.size) * partitions // items.size
    mapped = np.bincount(sources, minlength=partitions)
    if combiner:  # one record for each worker and key
        _, first = np.unique(sources * (np.int64(2) ** 31) + items, return_index=True)
        sources, targets = sources[first], targets[first]
    sent = np.bincount(sources * partitions + targets, minlength=partitions**2).reshape(partitions, partitions)
    away = sent - np.diag(np.diag(sent))
    map_times, map_copies = _with_copies(mapped * record_time, pace, speculation)
    reduce_times, reduce_copies = _with_copies(sent.sum(axis=0) * record_time, pace, speculation)
    network = np.maximum(away.sum(axis=0), away.sum(axis=1)) * record_size / bandwidth
    copies = np.array([map_copies, np.zeros(partitions, dtype=np.bool_), reduce_copies])
    return ShuffleResult(read_only(sent), record_size, read_only(np.array([map_times, network, reduce_times])), read_only(copies))


def _with_copies(
    work: NDArray[np.floating[Any]], speeds: NDArray[np.float64], speculation: float | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return how long tasks take, each until the faster of its copies is done, and which have a copy."""
    times = work / speeds
    if speculation is None:
        return times, np.zeros(times.size, dtype=np.bool_)
    patience = speculation * float(np.median(times))
    copied = times > patience
    return np.where(copied, np.minimum(times, patience + work), times), copied
