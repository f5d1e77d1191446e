"""Names: what shards are called, and what belongs to each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators.hashing import joined
from labsupport.simulators.numbering import read_only

Name: TypeAlias = int | str
MOST_SHARDS = 100_000


def names_of(argument: str, shards: Any) -> tuple[Name, ...]:
    """Return the names of shards given by their number or by name."""
    if isinstance(shards, Mapping):
        raise TypeError(f"{argument} is {shards!r}, a mapping, but must be a number of shards or a sequence of their names")
    if isinstance(shards, str) or not hasattr(shards, "__len__"):
        return tuple(range(checks.integer(argument, shards, minimum=1, maximum=MOST_SHARDS)))
    if not 1 <= len(shards) <= MOST_SHARDS:
        raise ValueError(f"{argument} holds {len(shards):,} names, but must hold from 1 to {MOST_SHARDS:,}")
    names = tuple(
        str(name) if isinstance(name, str) else checks.integer(f"{argument}[{index}]", name, minimum=0, maximum=checks.LARGEST_KEY)
        for index, name in enumerate(shards)
    )
    if len(set(names)) < len(names):
        twice = next(name for index, name in enumerate(names) if name in names[:index])
        raise ValueError(f"{argument} holds the name {twice!r} twice, but each shard must have a name of its own")
    return names


def name_bytes(names: tuple[Name, ...]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the bytes that stand for all names, one behind the other, and where each of them ends."""
    parts = [joined([name])[0] if isinstance(name, str) else np.frombuffer(name.to_bytes(8, "little"), dtype=np.uint8) for name in names]
    return read_only(np.concatenate(parts)), np.cumsum([part.size for part in parts])


def weights_of(weights: Any, names: tuple[Name, ...]) -> NDArray[np.float64]:
    """Return the weight of each shard: 1 for each if none are given, or if a mapping leaves it out."""
    if weights is None:
        return np.ones(len(names))
    if isinstance(weights, Mapping):
        known = set(names)
        unknown = [name for name in weights if name not in known]
        if unknown:
            raise ValueError(f"weights names {unknown[0]!r}, but must name shards only")
        weights = [weights.get(name, 1) for name in names]
    if isinstance(weights, str) or not hasattr(weights, "__len__") or len(weights) != len(names):
        raise ValueError(f"weights is {weights!r}, but must hold one number for each of the {len(names)} shards, or name shards in a mapping")
    return np.array([checks.number(f"weight of {name!r}", weight, above=0) for name, weight in zip(names, weights, strict=True)])
