"""Movement: which keys live on another shard after shards have joined or left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators.hashing import checked_keys
from labsupport.simulators.placement.names import Name, names_of
from labsupport.simulators.placement.strategies import STRATEGIES, new_placement


@dataclass(frozen=True)
class Movement:
    """What happens to keys when shards join or leave.

    Attributes
    ----------
    strategy : str
        The sharding strategy.
    names_before, names_after : tuple of int or str
        The shards.
    before, after : ndarray of int64, shape (keys,)
        The index of the shard of each key, among the names before and after. Read-only.
    moved : ndarray of bool, shape (keys,)
        Which keys live on a shard of another name afterwards. Read-only.
    needless : ndarray of bool, shape (keys,)
        Which of them moved from a shard that stays to a shard that was there before. Read-only.
    """

    strategy: str
    names_before: tuple[Name, ...]
    names_after: tuple[Name, ...]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    moved: NDArray[np.bool_]
    needless: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """Number of keys that moved."""
        return int(np.count_nonzero(self.moved))

    @property
    def share(self) -> float:
        """Share of the keys that moved, from 0 to 1."""
        return self.count / self.moved.size

    @property
    def needless_share(self) -> float:
        """Share of the keys that moved between shards that both were there before and after, from 0 to 1."""
        return int(np.count_nonzero(self.needless)) / self.moved.size


def moved(strategy: str, keys: Any, before: Any, after: Any, *, changed: Mapping[str, Any] | None = None, **options: Any) -> Movement:
    """Return which keys must move when shards join, leave, or change.

    Parameters
    ----------
    strategy : str
        One of `STRATEGIES`.
    keys : array_like of int or sequence of str, shape (keys,)
        Whole numbers from 0 to 2³¹ − 1, or texts. Not written to.
    before, after : int or sequence of int or str
        The number of shards, then called 0, 1, 2, …; or their names. Shards are the same if they have the same name.
    changed : mapping, optional
        Options that are different after the change.
    **options
        As for `assign`.

    Returns
    -------
    Movement

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, an option belongs to another strategy, or, with ``"jump"``, another shard than the last ones
        joins or leaves.

    Examples
    --------
    >>> keys = range(10_000)
    >>> for strategy in ("range", "modulo", "consistent", "rendezvous", "jump"):
    ...     result = moved(strategy, keys, 4, 5)
    ...     print(f"{strategy:10} {result.share:.3f} {result.needless_share:.3f}")
    range      0.500 0.300
    modulo     0.802 0.601
    consistent 0.232 0.000
    rendezvous 0.201 0.000
    jump       0.199 0.000
    >>> moved("range", keys, ["low", "high"], ["low", "middle", "high"], borders=[5_000], changed={"borders": [4_000, 5_000]}).share
    0.1
    """
    strategy = checks.choice("strategy", strategy, STRATEGIES)
    checked = checked_keys("keys", keys)
    names_before, names_after = names_of("before", before), names_of("after", after)
    shorter = min(len(names_before), len(names_after))
    if strategy == "jump" and names_before[:shorter] != names_after[:shorter]:
        raise ValueError(
            f"after is {after!r}, but with 'jump' shards must join at the end, and only the last can leave: from before, {before!r}, the first stay"
        )
    later = {**options, **(changed or {})}
    first = new_placement(strategy, checked, names_before, _weights_for(names_before, names_after, options)).place(checked)
    second = new_placement(strategy, checked, names_after, _weights_for(names_after, names_before, later)).place(checked)
    # One index for each name, whichever side it is on.
    indices: dict[Name, int] = {}
    for name in (*names_before, *names_after):
        indices.setdefault(name, len(indices))
    index_before, index_after = (np.array([indices[name] for name in names], dtype=np.int64) for names in (names_before, names_after))
    elsewhere = index_before[first] != index_after[second]
    stays, was_there = np.isin(index_before, index_after), np.isin(index_after, index_before)
    needless = elsewhere & stays[first] & was_there[second]
    for array in (first, second, elsewhere, needless):
        array.flags.writeable = False
    return Movement(strategy, names_before, names_after, first, second, elsewhere, needless)


def _weights_for(names: tuple[Name, ...], others: tuple[Name, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options without the weights of shards that are there on the other side only."""
    weights = options.get("weights")
    if not isinstance(weights, Mapping):
        return dict(options)
    only_there = set(others) - set(names)
    return {**options, "weights": {name: weight for name, weight in weights.items() if name not in only_there}}
