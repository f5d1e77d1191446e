"""Consistent: shards and keys hashed to points of a ring; a key lives on the first shard at or after it.

Every shard has several points, its virtual nodes: the more, the better the balance, and the better what a leaving shard
leaves behind is spread over all others. A shard that joins takes keys only from those it stands in front of, one that leaves
gives away only its own: no other key moves. With weights, a shard has that many times as many points.

The r-th virtual node of a shard, counted from 1, is at the XXH64 hash of the shard's name with seed r (a name that is a number
counts as its eight bytes, lowest first), a key at its hash with seed 0. The points are kept in order. To find the one after a
key, the ring is cut into equal pieces, at least four times as many as points; for each piece it is known which point is the
first one in it or after it, and for most keys that is the one.

References
----------
Karger, Lehman, Leighton, Panigrahy, Levine, Lewin, "Consistent Hashing and Random Trees", ACM STOC 1997.
Stoica, Morris, Karger, Kaashoek, Balakrishnan, "Chord", ACM SIGCOMM 2001, section 6.1 (virtual nodes).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel
from labsupport.simulators.hashing import Keys, hash_bytes, hashes_in_chunks
from labsupport.simulators.placement.names import Name, name_bytes

MOST_POINTS = 1 << 26
FULL_TURN = 2.0**64


@kernel
def _mark_points(
    data: NDArray[np.uint8], ends: NDArray[np.int64], counts: NDArray[np.int64], positions: NDArray[np.uint64], owners: NDArray[np.int64]
) -> None:
    point = 0
    start = 0
    for shard in range(ends.size):
        for replica in range(1, counts[shard] + 1):
            positions[point] = hash_bytes(data, start, ends[shard], np.uint64(replica))
            owners[point] = shard
            point += 1
        start = ends[shard]


@kernel
def _look_up(
    hashes: NDArray[np.uint64],
    positions: NDArray[np.uint64],
    owners: NDArray[np.int64],
    first_points: NDArray[np.int32],
    shift: int,
    result: NDArray[np.int64],
) -> None:
    for key in range(hashes.size):
        position = hashes[key]
        point = first_points[np.int64(position >> np.uint64(shift))]
        while positions[point] < position:
            point += 1
        result[key] = owners[point]


@dataclass(frozen=True)
class Ring:
    """A ring of 2⁶⁴ positions with the points of all shards.

    Attributes
    ----------
    names : tuple of int or str
        The shards.
    positions : ndarray of uint64, shape (points,)
        Where the points are, in rising order. Read-only.
    owners : ndarray of int64, shape (points,)
        The index of each point's shard. Read-only.
    """

    names: tuple[Name, ...]
    positions: NDArray[np.uint64]
    owners: NDArray[np.int64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of the ring that belongs to each shard, from 0 to 1; together 1."""
        reaches = np.diff(self.positions, prepend=self.positions[-1])  # from the point before; runs over once, at the end of the ring
        if self.positions.size == 1:
            return np.ones(1)
        shares = np.zeros(len(self.names))
        np.add.at(shares, self.owners, reaches / FULL_TURN)
        return shares

    @cached_property
    def pieces(self) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int32], int]:
        """Points, owners and the first point of each piece; behind the last point, one at the end of the ring for the first's owner."""
        bits = self.positions.size.bit_length() + 2
        points_in = np.bincount((self.positions >> np.uint64(64 - bits)).astype(np.int64), minlength=1 << bits)
        first_points = (np.cumsum(points_in) - points_in).astype(np.int32)  # as many as lie in the pieces before
        positions = np.append(self.positions, np.uint64(2**64 - 1))
        return positions, np.append(self.owners, self.owners[0]), first_points, 64 - bits

    def place(self, keys: Keys) -> NDArray[np.int64]:
        """Return the index of the shard of each key."""
        positions, owners, first_points, shift = self.pieces
        result = np.empty(len(keys), dtype=np.int64)
        for part, hashes in hashes_in_chunks(keys):
            _look_up(hashes, positions, owners, first_points, shift, result[part])
        return result


def new_ring(names: tuple[Name, ...], virtual_nodes: int, weights: NDArray[np.float64]) -> Ring:
    """Mark the points of all shards: as many as ``virtual_nodes`` times the weight, rounded, but at least one."""
    counts = np.maximum(np.rint(virtual_nodes * weights), 1)
    total = counts.sum()
    if total > MOST_POINTS:
        raise ValueError(f"virtual_nodes and weights ask for {total:,.0f} points on the ring, but at most {MOST_POINTS:,} are allowed")
    positions, owners = np.empty(int(total), dtype=np.uint64), np.empty(int(total), dtype=np.int64)
    with np.errstate(over="ignore"):  # 64-bit words run over on purpose; only plain Python would mention it
        _mark_points(*name_bytes(names), counts.astype(np.int64), positions, owners)
    order = np.argsort(positions, kind="stable")
    positions, owners = positions[order], owners[order]
    for array in (positions, owners):
        array.flags.writeable = False
    return Ring(names, positions, owners)
