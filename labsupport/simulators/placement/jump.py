"""Jump: follow a key through the growing number of shards, and keep the last one it jumps to.

When the number of shards grows from n to n + 1, a key must move to the new shard with probability 1 / (n + 1), and otherwise
stay. A generator of random numbers that starts from the key's hash decides; and since the number of the next jump can be drawn
at once, only about ln n steps are needed. No memory, perfect balance, least movement – but shards are known by number only:
one can join at the end, and only the last can leave.

References
----------
Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", arXiv 1406.2294, 2014.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel
from labsupport.simulators.hashing import Keys, hashes_in_chunks

MULTIPLIER = np.uint64(2862933555777941757)


@kernel
def jump(hashes: NDArray[np.uint64], count: int, result: NDArray[np.int64]) -> None:
    """Put into ``result`` the index of the shard of each hash."""
    for key in range(hashes.size):
        state = hashes[key]
        shard, following = np.int64(0), np.int64(0)
        while following < count:
            shard = following
            state = state * MULTIPLIER + np.uint64(1)
            following = np.int64(float(shard + 1) * (2147483648.0 / float((state >> np.uint64(33)) + np.uint64(1))))
        result[key] = shard


@dataclass(frozen=True)
class Jump:
    """Shards by their number only.

    Attributes
    ----------
    count : int
        How many shards there are.
    """

    count: int

    def place(self, keys: Keys) -> NDArray[np.int64]:
        """Return the index of the shard of each key."""
        result = np.empty(len(keys), dtype=np.int64)
        with np.errstate(over="ignore"):  # 64-bit words run over on purpose; only plain Python would mention it
            for part, hashes in hashes_in_chunks(keys):
                jump(hashes, self.count, result[part])
        return result
