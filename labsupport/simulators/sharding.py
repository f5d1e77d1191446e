"""Sharding: which shard each key lives on, how even that is, what moves when shards come and go, and whom a query must ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.hashing import Keys, checked_keys, hash_keys
from labsupport.simulators.numbering import number, read_only
from labsupport.simulators.placement import Placement
from labsupport.simulators.placement.consistent import MOST_POINTS, Ring, new_ring
from labsupport.simulators.placement.directory import new_directory
from labsupport.simulators.placement.jump import Jump
from labsupport.simulators.placement.modulo import Modulo
from labsupport.simulators.placement.names import Name, names_of, weights_of
from labsupport.simulators.placement.ranges import equal_ranges, equal_space, given_ranges
from labsupport.simulators.placement.rendezvous import Rendezvous

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

STRATEGIES = ("range", "modulo", "consistent", "rendezvous", "jump", "directory")
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "range": ("borders", "space"),
    "modulo": (),
    "consistent": ("virtual_nodes", "weights"),
    "rendezvous": ("weights",),
    "jump": (),
    "directory": ("directory", "default"),
}
VIRTUAL_NODES = 100


def _check_options(strategy: str, options: Mapping[str, Any]) -> None:
    for name in options:
        if name not in OPTIONS[strategy]:
            of = [other for other in STRATEGIES if name in OPTIONS[other]]
            words = f"belongs to {' and '.join(map(repr, of))}" if of else f"is no option of any strategy; {strategy!r} has {OPTIONS[strategy]}"
            raise TypeError(f"{name} is given, but must not be for {strategy!r}: it {words}")


def _placement(strategy: str, keys: Keys, names: tuple[Name, ...], options: Mapping[str, Any]) -> Placement:
    """Return the strategy, ready to place keys on these shards."""
    _check_options(strategy, options)
    if strategy == "range":
        if options.get("borders") is None:
            return equal_ranges(len(names), equal_space(options.get("space"), keys))
        if options.get("space") is not None:
            raise TypeError("space is given, but must not be together with borders")
        return given_ranges(len(names), options["borders"], keys)
    if strategy == "modulo":
        return Modulo(len(names))
    if strategy == "consistent":
        return ring(names, **options)
    if strategy == "rendezvous":
        return Rendezvous(names, weights_of(options.get("weights"), names))
    if strategy == "jump":
        return Jump(len(names))
    return new_directory(names, options.get("directory", {}), options.get("default"))


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
    return _placement(strategy, checked, names_of("shards", shards), options).place(checked)


def ring(shards: Any, virtual_nodes: int = VIRTUAL_NODES, weights: Any = None) -> Ring:
    """Return the ring of consistent hashing with the points of all shards, as `assign` uses it.

    Parameters
    ----------
    shards : int or sequence of int or str
        The number of shards, or their names.
    virtual_nodes : int
        Points for each shard of weight 1, at least 1. A shard has this number times its weight, rounded, but at least one.
    weights : sequence of float or mapping, optional
        A number above 0 for each shard, or a mapping from names to weights; 1 where left out.

    Returns
    -------
    Ring

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Karger, Lehman, Leighton, Panigrahy, Levine, Lewin, "Consistent Hashing and Random Trees", ACM STOC 1997.

    Examples
    --------
    >>> small = ring(["a", "b"], virtual_nodes=2)
    >>> small.owners
    array([0, 1, 0, 1])
    >>> small.shares.round(2)
    array([0.])
    """
    names = names_of("shards", shards)
    virtual_nodes = checks.integer("virtual_nodes", virtual_nodes, minimum=1, maximum=MOST_POINTS)
    return new_ring(names, virtual_nodes, weights_of(weights, names))


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
    places = _placement(strategy, checked, names, options).place(checked)
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
    first = _placement(strategy, checked, names_before, _weights_for(names_before, names_after, options)).place(checked)
    second = _placement(strategy, checked, names_after, _weights_for(names_after, names_before, later)).place(checked)
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
    places = _placement(strategy, together, names, options).place(together)
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
