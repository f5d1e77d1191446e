"""Scattering: how many shards a query must ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.hashing import Keys, checked_keys
from labsupport.simulators.numbering import read_only
from labsupport.simulators.placement.names import Name, names_of
from labsupport.simulators.placement.strategies import STRATEGIES, new_placement


@dataclass(frozen=True)
class Scatter:
    """How many shards queries must ask.

    Attributes
    ----------
    strategy : str
        The sharding strategy.
    names : tuple of int or str
        The shards.
    touched : ndarray of int64, shape (queries,)
        How many shards each query must ask. Read-only.
    """

    strategy: str
    names: tuple[Name, ...]
    touched: NDArray[np.int64]

    @property
    def mean(self) -> float:
        """Shards that a query must ask, on average."""
        return float(self.touched.mean())

    @property
    def cross_shard_share(self) -> float:
        """Share of the queries that must ask more than one shard, from 0 to 1."""
        return int(np.count_nonzero(self.touched > 1)) / self.touched.size


@kernel
def _count_shards(places: NDArray[np.int64], ends: NDArray[np.int64], shards: int, touched: NDArray[np.int64]) -> None:
    last_query = np.full(shards, -1, dtype=np.int64)
    start = 0
    for query in range(ends.size):
        for key in range(start, ends[query]):
            if last_query[places[key]] != query:
                last_query[places[key]] = query
                touched[query] += 1
        start = ends[query]


def scatter(strategy: str, queries: Sequence[Any], shards: Any, **options: Any) -> Scatter:
    """Count how many shards each query must ask.

    A query for some keys asks the shards of these keys, each once. A query for all keys of a range asks, with ``"range"``, the
    shards whose ranges it meets; with every other strategy it asks all shards, since nobody else knows which keys of the range
    exist.

    Parameters
    ----------
    strategy : str
        One of `STRATEGIES`.
    queries : sequence
        The keys of each query: a sequence of whole numbers or texts, or a Python ``range`` of whole numbers with step 1.
    shards : int or sequence of int or str
        The number of shards, or their names.
    **options
        As for `assign`; with ``"range"``, ``space`` or ``borders`` must be given.

    Returns
    -------
    Scatter

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or an option belongs to another strategy.

    References
    ----------
    DeWitt and Gray, "Parallel Database Systems: The Future of High Performance Database Systems", CACM 35(6), 1992.

    Examples
    --------
    >>> queries = [[3], [3, 4, 5], [3, 98], range(40, 60)]
    >>> scatter("range", queries, 4, space=100).touched
    array([1, 1, 2, 2])
    >>> scatter("modulo", queries, 4).touched
    array([1, 2, 1, 4])
    """
    strategy = checks.choice("strategy", strategy, STRATEGIES)
    names = names_of("shards", shards)
    if not hasattr(queries, "__len__") or isinstance(queries, str) or len(queries) == 0:
        raise ValueError(f"queries is {queries!r}, but must hold at least one query, each a sequence of keys or a range")
    if strategy == "range" and options.get("space") is None and options.get("borders") is None:
        raise TypeError("space is missing, but must be given for 'range', or else borders: queries alone do not say how keys are divided")
    asked = [_asked(f"queries[{index}]", query) for index, query in enumerate(queries)]
    if len({isinstance(keys, list) for keys in asked}) > 1:
        raise TypeError("queries holds both texts and whole numbers, but all keys must be of one kind")
    ranges = np.array([isinstance(query, range) for query in queries])
    if strategy != "range":  # whatever is between the ends, all shards are asked
        asked = [keys[:0] if whole else keys for keys, whole in zip(asked, ranges, strict=True)]
    ends = np.cumsum([len(keys) for keys in asked])
    together: Keys = [key for keys in asked for key in keys] if isinstance(asked[0], list) else np.concatenate(asked)
    places = new_placement(strategy, together, names, options).place(together)
    touched = np.zeros(len(asked), dtype=np.int64)
    _count_shards(read_only(places), read_only(ends), len(names), touched)
    if strategy == "range":
        first, last = places[ends[ranges] - 2], places[ends[ranges] - 1]
        touched[ranges] = last - first + 1
    else:
        touched[ranges] = len(names)
    touched.flags.writeable = False
    return Scatter(strategy, names, touched)


def _asked(name: str, query: Any) -> Keys:
    """Return the keys of a query; of a range only the first and the last."""
    if not isinstance(query, range):
        return checked_keys(name, query)
    if query.step != 1 or len(query) == 0:
        raise ValueError(f"{name} is {query!r}, but a range must hold at least one key and have step 1")
    return checks.keys(name, [query[0], query[-1]])
