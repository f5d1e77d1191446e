"""Schemes: a sharding strategy with all it needs to place a workload's keys on any number of shards.

What the simulators say about a scheme is kept, so that a hand on the slider waits only for what is new.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import workloads
from labsupport.simulators import sharding

REQUESTS = 100_000
YEAR = 365 * 86_400  # seconds, which a log's ranges divide
SHOWN, HOT_SHOWN = 100, 20  # keys that are seen to move
QUERIES, KEYS_PER_QUERY = 100, 10
LAST_ONLY = ("jump", "own")  # know shards by number, so only the last can leave
Assign = Callable[[list[int], int], Any]


@dataclass(frozen=True, eq=False)
class Workload:
    """Requests, the keys they ask for and how often, the keys that are stored, and the size of the key space."""

    name: str
    requests: NDArray[np.int64]
    asked: NDArray[np.int64]
    counts: NDArray[np.int64]
    stored: NDArray[np.int64]
    space: int

    @property
    def queries(self) -> list[list[int]]:
        """Queries for a few stored keys each, picked at random."""
        picked = np.random.default_rng(7).integers(0, self.stored.size, (QUERIES, KEYS_PER_QUERY))
        return [list(map(int, keys)) for keys in self.stored[picked]]

    @property
    def ranges(self) -> list[range]:
        """Queries for all keys in a hundredth of the key space."""
        length = self.space // 100
        return [range(first, first + length) for first in range(0, self.space - length + 1, 5 * length)]

    @property
    def shown(self) -> NDArray[np.int64]:
        """A sample of the keys to look at: stored ones at equal distances, and those that are asked for most."""
        hottest = self.asked[np.argsort(-self.counts, kind="stable")[:HOT_SHOWN]]
        return np.union1d(self.stored[:: max(1, self.stored.size // SHOWN)], hottest)

    def requests_for(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many requests ask for each key."""
        places = np.minimum(np.searchsorted(self.asked, keys), self.asked.size - 1)
        return np.where(self.asked[places] == keys, self.counts[places], 0)


@lru_cache(maxsize=4)
def new_workload(name: str, keys: int, skew: float) -> Workload:
    """Return 100,000 requests by users, skewed keys or a log."""
    if name == "log":  # the last requests of the year, each stored under the second it came in
        rate = REQUESTS / keys
        requests = workloads.time_ordered_keys(REQUESTS, rate, seed=4, start=YEAR - keys - 1_000)
        stored, space = np.arange(keys) * (YEAR // keys), YEAR
    elif name == "skewed":
        requests, stored, space = workloads.skewed_keys(REQUESTS, keys, skew, seed=4), np.arange(keys), keys
    else:
        requests, stored, space = workloads.user_id_keys(REQUESTS, keys, seed=4), np.arange(keys), keys
    asked, counts = np.unique(requests, return_counts=True)
    return Workload(name, requests, asked, counts, stored, space)


@dataclass(frozen=True)
class Scheme:
    """A strategy with all it needs to place a workload's keys on any number of shards; they are called 1, 2, 3 and so on.

    A student's own strategy is handed to the simulators as the directory that it amounts to.
    """

    strategy: str
    virtual_nodes: int
    workload: Workload
    own: Assign | None = None

    @property
    def simulated(self) -> str:
        """What the simulators know the strategy as."""
        return "directory" if self.strategy == "own" else self.strategy

    def options(self, shards: int) -> dict[str, Any]:
        """Return the simulator's options for so many shards."""
        if self.strategy == "range":
            return {"space": self.workload.space}
        if self.strategy == "consistent":
            return {"virtual_nodes": self.virtual_nodes}
        if self.simulated == "directory":
            return {"directory": _directory(self, shards)}
        return {}

    def names_after(self, shards: int, change: str, leaving: int) -> list[int]:
        """Return the shards after the change."""
        if change == "join":
            return list(range(1, shards + 2))
        gone = shards if self.strategy in LAST_ONLY else min(leaving, shards)
        return [shard for shard in range(1, shards + 1) if change == "none" or shard != gone]

    def moved(self, keys: NDArray[np.int64], shards: int, change: str, leaving: int) -> sharding.Movement:
        """Return which of some keys move when the shards change."""
        after, options = self.names_after(shards, change, leaving), self.options(shards)
        changed = {"directory": _changed(self, shards, after)} if "directory" in options and change != "none" else {}
        return sharding.moved(self.simulated, keys, list(range(1, shards + 1)), after, changed=changed, **options)


@lru_cache(maxsize=4)  # a long one takes ten megabytes
def _directory(scheme: Scheme, shards: int) -> dict[int, int]:
    """Write down where every key lives: as the student says, or each key, the hottest first, with the shard that has the least to do."""
    workload = scheme.workload
    if scheme.own is not None:
        keys = np.union1d(workload.stored, workload.asked).tolist()
        return dict(zip(keys, (1 + place for place in _own_places(scheme.own, keys, shards)), strict=True))
    # keys that nobody asks for are dealt in turn
    directory = {key: 1 + index % shards for index, key in enumerate(np.setdiff1d(workload.stored, workload.asked).tolist())}
    least = [(0, shard) for shard in range(1, shards + 1)]
    hottest = np.argsort(-workload.counts, kind="stable")
    for key, count in zip(workload.asked[hottest].tolist(), workload.counts[hottest].tolist(), strict=True):
        load, shard = least[0]
        directory[key] = shard
        heapq.heapreplace(least, (load + count, shard))
    return directory


def _own_places(own: Assign, keys: list[int], shards: int) -> list[int]:
    """Ask the student's own function, and look at what it returns."""
    try:
        places = own(list(keys), shards)
    except Exception as error:
        raise ValueError(f"your assign(keys, {shards}) stopped with {type(error).__name__}: {error}") from error
    places = places.tolist() if isinstance(places, np.ndarray) else places
    if not isinstance(places, (list, tuple)) or len(places) != len(keys):
        found = f"{len(places):,} entries" if hasattr(places, "__len__") else repr(places)
        raise ValueError(f"your assign(keys, {shards}) returned {found}, but must return a list with one shard for each of the {len(keys):,} keys")
    for key, place in zip(keys, places, strict=True):
        if isinstance(place, bool) or not isinstance(place, (int, np.integer)) or not 0 <= place < shards:
            raise ValueError(
                f"your assign(keys, {shards}) puts the key {key} on the shard {place!r}, but each must be a whole number from 0 to {shards - 1}"
            )
    return [int(place) for place in places]


def _changed(scheme: Scheme, shards: int, after: list[int]) -> dict[int, int]:
    """Return the directory after a change: as the student says, or with as few keys moved as can be."""
    if scheme.own is not None:
        return _directory(scheme, len(after)) if after else {}
    directory = dict(_directory(scheme, shards))
    homes: dict[int, list[int]] = {shard: [] for shard in range(1, shards + 1)}
    for key in sorted(directory):
        homes[directory[key]].append(key)
    for shard, keys in homes.items():
        if shard not in after:  # its keys are dealt to all others
            directory.update({key: after[index % len(after)] for index, key in enumerate(keys)})
        elif len(after) > shards:  # each gives its part to the newcomer
            directory.update(dict.fromkeys(keys[shard % len(after) :: len(after)], after[-1]))
    return directory


@lru_cache(maxsize=4)
def distribution(scheme: Scheme, shards: int) -> sharding.Distribution:
    """Return how the requests are spread over so many shards."""
    return sharding.distribute(scheme.simulated, scheme.workload.requests, list(range(1, shards + 1)), **scheme.options(shards))


@lru_cache(maxsize=1_024)
def balances(scheme: Scheme, shards: int) -> tuple[float, float]:
    """Return how many fair shares the fullest shard has, and how many it must have at least."""
    spread = distribution(scheme, shards)
    return spread.balance, spread.best_balance


@lru_cache(maxsize=4)
def movement(scheme: Scheme, shards: int, change: str, leaving: int) -> sharding.Movement:
    """Return which stored keys move when the shards change."""
    return scheme.moved(scheme.workload.stored, shards, change, leaving)


@lru_cache(maxsize=1_024)
def moved_share(scheme: Scheme, shards: int, change: str, leaving: int) -> float:
    """Return the share of the stored keys that move."""
    return movement(scheme, shards, change, leaving).share


@lru_cache(maxsize=1_024)
def asked(scheme: Scheme, shards: int) -> tuple[float, float]:
    """Return how many shards a query for a few keys and one for a range of keys must ask, on average."""
    names, options = list(range(1, shards + 1)), scheme.options(shards)
    few, ranges = (sharding.scatter(scheme.simulated, queries, names, **options) for queries in (scheme.workload.queries, scheme.workload.ranges))
    return few.mean, ranges.mean
