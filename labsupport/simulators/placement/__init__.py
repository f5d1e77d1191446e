"""Placement: six ways to say on which shard a key lives, one per module, all with one verb, ``place``.

A shard is known by its name, a whole number or a text, and by its index, its place in the list of names.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from labsupport.simulators.hashing import Keys


class Placement(Protocol):
    """A strategy, ready to place keys."""

    def place(self, keys: Keys) -> NDArray[np.int64]:
        """Return the index of the shard of each key."""
