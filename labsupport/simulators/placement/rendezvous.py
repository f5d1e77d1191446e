"""Rendezvous: every shard bids for every key, and the highest bid wins. Also called highest random weight.

A bid is a hash of the key and the shard's name, so it depends on no other shard. A shard that joins takes the keys for which
it bids highest, one that leaves gives each of its keys to whoever bid second: no other key moves. Nothing is stored, and the
balance is as good as chance allows; but every key asks all shards.

A bid is the XXH64 hash of the key's hash, with the hash of the shard's name as its seed. With weights, the bid u, taken as a
number between 0 and 1, becomes −w / ln u: a shard of twice the weight wins twice as often.

References
----------
Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM Transactions on Networking 6(1), 1998.
Schindelhauer and Schomaker, "Weighted Distributed Hash Tables", ACM SPAA 2005 (the logarithmic method).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel
from labsupport.simulators.hashing import Keys, hash_bytes, hash_word, hashes_in_chunks
from labsupport.simulators.placement.names import Name, name_bytes


@kernel
def _hash_names(data: NDArray[np.uint8], ends: NDArray[np.int64], seeds: NDArray[np.uint64]) -> None:
    start = 0
    for shard in range(ends.size):
        seeds[shard] = hash_bytes(data, start, ends[shard], np.uint64(0))
        start = ends[shard]


@kernel
def _win(hashes: NDArray[np.uint64], seeds: NDArray[np.uint64], result: NDArray[np.int64]) -> None:
    for key in range(hashes.size):
        highest = hash_word(hashes[key], seeds[0])
        winner = 0
        for shard in range(1, seeds.size):
            bid = hash_word(hashes[key], seeds[shard])
            if bid > highest:
                highest = bid
                winner = shard
        result[key] = winner


@kernel
def _win_by_weight(hashes: NDArray[np.uint64], seeds: NDArray[np.uint64], weights: NDArray[np.float64], result: NDArray[np.int64]) -> None:
    for key in range(hashes.size):
        highest = -1.0
        winner = 0
        for shard in range(seeds.size):
            # The upper 52 bits and a half: never 0, never 1, and every one of them a number of its own.
            uniform = (float(hash_word(hashes[key], seeds[shard]) >> np.uint64(12)) + 0.5) * 2.0**-52
            bid = -weights[shard] / math.log(uniform)
            if bid > highest:
                highest = bid
                winner = shard
        result[key] = winner


@dataclass(frozen=True)
class Rendezvous:
    """Shards by their names and, perhaps, weights.

    Attributes
    ----------
    names : tuple of int or str
        One for each shard.
    weights : ndarray of float64, shape (shards,)
        Which share of the keys each gets, in any unit; all equal, if none were given.
    """

    names: tuple[Name, ...]
    weights: NDArray[np.float64]

    def place(self, keys: Keys) -> NDArray[np.int64]:
        """Return the index of the shard of each key."""
        result = np.empty(len(keys), dtype=np.int64)
        seeds = np.empty(len(self.names), dtype=np.uint64)
        with np.errstate(over="ignore"):  # 64-bit words run over on purpose; only plain Python would mention it
            _hash_names(*name_bytes(self.names), seeds)
            for part, hashes in hashes_in_chunks(keys):
                if (self.weights == self.weights[0]).all():
                    _win(hashes, seeds, result[part])
                else:
                    _win_by_weight(hashes, seeds, self.weights, result[part])
        return result
