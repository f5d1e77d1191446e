"""Sharding: which shard each key lives on, how even that is, what moves when shards come and go, and whom a query must ask."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators.hashing import Keys, checked_keys, hash_keys
from labsupport.simulators.movement import Movement, moved
from labsupport.simulators.numbering import number
from labsupport.simulators.placement.consistent import Ring
from labsupport.simulators.placement.names import Name, names_of
from labsupport.simulators.placement.strategies import OPTIONS, STRATEGIES, new_placement, ring
from labsupport.simulators.scattering import Scatter, scatter

__all__ = [
    "OPTIONS",
    "STRATEGIES",
    "Distribution",
    "Movement",
    "Ring",
    "Scatter",
    "assign",
    "distribute",
    "hash_keys",
    "moved",
    "ring",
    "scatter",
]


def assign(strategy: str, keys: Any, shards: Any, **options: Any) -> NDArray[np.int64]:
    """Return the index of the shard that each key lives on.

    Parameters
    ----------
    strategy : str
        One of `STRATEGIES`; each is described, with its paper, in the module of its name in `labsupport.simulators.placement`.
    keys : array_like of int or sequence of str, shape (keys,)
        Whole numbers from 0 to 2³¹ − 1, or texts. Not written to.
    shards : int or sequence of int or str
        How many shards there are, then called 0, 1, 2, …; or their names, each a whole number or a text, all different.
    **options
        For ``"range"``: ``borders``, the lowest key of each shard but the first, rising; or ``space``, the number of possible
        keys, which is then divided into equal parts (if both are left out, up to the largest of the keys).
        For ``"consistent"``: ``virtual_nodes``, points on the ring for each shard of weight 1 (100 if left out).
        For ``"consistent"`` and ``"rendezvous"``: ``weights``, a number above 0 for each shard, or a mapping from names to
        weights; 1 where left out.
        For ``"directory"``: ``directory``, a mapping from keys to names of shards, and ``default``, the name of the shard of all
        other keys.

    Returns
    -------
    ndarray of int64, shape (keys,)
        Each from 0 to the number of shards − 1: the place of the shard in ``shards``.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or an option belongs to another strategy.

    Examples
    --------
    >>> assign("range", [0, 10, 49, 50, 99], 2, space=100)
    array([0, 0, 0, 1, 1])
    >>> assign("consistent", ["ada", "ben", "cleo", "dan"], ["berlin", "lima", "oslo"])
    array([0, 2, 2, 1])
    >>> assign("directory", [1, 2, 3], ["old", "new"], directory={2: "new"}, default="old")
    array([0, 1, 0])
    """
    strategy = checks.choice("strategy", strategy, STRATEGIES)
    checked = checked_keys("keys", keys)
    return new_placement(strategy, checked, names_of("shards", shards), options).place(checked)


@dataclass(frozen=True)
class Distribution:
    """How requests for keys are spread over shards.

    Attributes
    ----------
    strategy : str
        The sharding strategy.
    names : tuple of int or str
        The shards.
    shards : ndarray of int64, shape (requests,)
        The index of the shard of each request. Read-only.
    loads : ndarray of int64, shape (shards,)
        How many requests each shard gets. Read-only.
    hot_key : int or str
        The key asked for most often; the first of them, if there are several.
    hot_key_requests : int
        How often it is asked for.
    """

    strategy: str
    names: tuple[Name, ...]
    shards: NDArray[np.int64]
    loads: NDArray[np.int64]
    hot_key: Name
    hot_key_requests: int

    @property
    def balance(self) -> float:
        """Load of the fullest shard, divided by the mean load: 1 is perfect."""
        return int(self.loads.max()) * len(self.names) / self.shards.size

    @property
    def hot_shard(self) -> Name:
        """Name of the shard with the most requests; the first of them, if there are several."""
        return self.names[int(self.loads.argmax())]

    @property
    def hot_shard_share(self) -> float:
        """Share of all requests that go to the hot shard, from 0 to 1."""
        return int(self.loads.max()) / self.shards.size

    @property
    def hot_key_share(self) -> float:
        """Share of all requests that ask for the hot key, from 0 to 1."""
        return self.hot_key_requests / self.shards.size

    @property
    def best_balance(self) -> float:
        """No strategy can have a lower balance than this: the hot key's shard gets all requests for it."""
        return max(1.0, self.hot_key_share * len(self.names))


def distribute(strategy: str, keys: Any, shards: Any, **options: Any) -> Distribution:
    """Send requests to the shards of their keys, and count.

    Parameters
    ----------
    strategy : str
        One of `STRATEGIES`.
    keys : array_like of int or sequence of str, shape (requests,)
        The key that each request asks for. Give each key once to see how the keys themselves are spread.
    shards : int or sequence of int or str
        The number of shards, or their names.
    **options
        As for `assign`.

    Returns
    -------
    Distribution

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or an option belongs to another strategy.

    Examples
    --------
    >>> result = distribute("range", [1, 2, 2, 2, 3, 90], 2, space=100)
    >>> result.loads, round(result.balance, 2)
    (array([5, 1]), 1.67)
    >>> result.hot_key, result.hot_key_share
    (2, 0.5)
    """
    strategy = checks.choice("strategy", strategy, STRATEGIES)
    checked = checked_keys("keys", keys)
    names = names_of("shards", shards)
    places = new_placement(strategy, checked, names, options).place(checked)
    loads = np.bincount(places, minlength=len(names))
    for array in (places, loads):
        array.flags.writeable = False
    return Distribution(strategy, names, places, loads, *_hottest(checked))


def _hottest(keys: Keys) -> tuple[Name, int]:
    """Return the key that occurs most often, and how often."""
    if isinstance(keys, list):
        return Counter(keys).most_common(1)[0]
    numbered = number(keys)
    counts = np.bincount(numbered.numbers)
    if numbered.names is None:  # then the order of first requests is not known yet
        first = int(np.argmax(counts[keys] == counts.max()))
        return int(keys[first]), int(counts.max())
    return int(numbered.names[counts.argmax()]), int(counts.max())
