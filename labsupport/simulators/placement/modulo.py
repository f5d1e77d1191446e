"""Modulo: the remainder of a key's hash divided by the number of shards.

As balanced as chance allows, with nothing to store and nothing to look up. But the number of shards is in the formula: with
one shard more, n + 1 instead of n, only one key in n + 1 stays where it is.

References
----------
Karger, Lehman, Leighton, Panigrahy, Levine, Lewin, "Consistent Hashing and Random Trees", ACM STOC 1997, section 1 (why not).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel
from labsupport.simulators.hashing import Keys, hashes_in_chunks


@kernel
def _remainders(hashes: NDArray[np.uint64], count: int, result: NDArray[np.int64]) -> None:
    for key in range(hashes.size):
        result[key] = np.int64(hashes[key] % np.uint64(count))


@dataclass(frozen=True)
class Modulo:
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
        for part, hashes in hashes_in_chunks(keys):
            _remainders(hashes, self.count, result[part])
        return result
