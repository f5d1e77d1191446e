"""Range: each shard holds the keys from its lower border to the next shard's.

Neighbouring keys live together, so a query over a range asks few shards. The price is that keys which are popular together
live together, too: where keys are times, all new ones go to the last shard. A shard that joins takes over a part of one
other if its border is chosen so; dividing the space into equal parts anew moves half of all keys.

References
----------
Chang et al., "Bigtable: A Distributed Storage System for Structured Data", USENIX OSDI 2006, section 5.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators.hashing import Keys, checked_keys


@dataclass(frozen=True)
class Ranges:
    """Shards by the lowest key of each but the first.

    Attributes
    ----------
    borders : ndarray of int64, or list of str, shape (shards − 1,)
        Rising.
    """

    borders: Keys

    def place(self, keys: Keys) -> NDArray[np.int64]:
        """Return the index of the shard of each key: the number of borders that are not above it."""
        if isinstance(self.borders, list):
            return np.fromiter((bisect.bisect_right(self.borders, key) for key in keys), dtype=np.int64, count=len(keys))
        return np.searchsorted(self.borders, keys, side="right")


def equal_ranges(count: int, space: int) -> Ranges:
    """Divide the keys from 0 to ``space`` − 1 into ``count`` ranges of the same length, up to one key."""
    return Ranges(-(-np.arange(1, count, dtype=np.int64) * space // count))


def given_ranges(count: int, borders: Any, keys: Keys) -> Ranges:
    """Return the ranges between given borders, one fewer than shards."""
    if count == 1 and hasattr(borders, "__len__") and len(borders) == 0:
        return Ranges([] if isinstance(keys, list) else np.empty(0, dtype=np.int64))
    checked = checked_keys("borders", borders)
    if isinstance(checked, list) is not isinstance(keys, list):
        raise TypeError(f"borders holds {checked[0]!r}, but must hold keys of the same kind as keys, such as {keys[0]!r}")
    if len(checked) != count - 1:
        raise ValueError(
            f"borders holds {len(checked):,} keys, but must hold {count - 1:,}: the lowest key of each of the {count:,} shards but the first"
        )
    for index in range(1, len(checked)):
        if checked[index] <= checked[index - 1]:
            raise ValueError(f"borders goes from {checked[index - 1]!r} to {checked[index]!r} at index {index}, but must rise")
    return Ranges(checked)


def equal_space(space: Any, keys: Keys) -> int:
    """Return the size of the space of keys: given, or just large enough."""
    if isinstance(keys, list):
        raise ValueError("borders is missing, but must be given where keys are texts: the lowest key of each shard but the first")
    largest = int(keys.max())
    if space is None:
        return largest + 1
    return checks.integer("space", space, minimum=largest + 1, maximum=checks.LARGEST_KEY + 1)
