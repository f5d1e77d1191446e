"""What the sharding exercises need: a hash, access logs, and a referee who counts. No ring and no cost of a key is in here."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from labsupport import checks
from labsupport.exercises.expectations import NotYet, plain

HINTS = {
    "key": (
        "Take one line of the small log and ask: with this key, can the shop know the shard before it "
        "asks? Which columns must the line name for that?",
        "A day is over when its busiest shard is done. What does a query that nobody can place add to "
        "that day, and what does one that is placed well?",
        "For the choice: count with every column alone and with every pair, once for today's shards and once for next year's. "
        "A key with few values is fine today – why not next year?",
    ),
    "ring": (
        "Draw a circle. Put two points on it for each of three nodes, and one key. Who holds the key, who holds its second copy – "
        "and who holds what after you have rubbed one node out?",
        "One point for a node divides the circle as unevenly as three darts do. How does the unevenness fall with the number of points, "
        "and what can a node of weight 3 have three times of?",
        "If keys move that should not: are the points of a node always the same ones – whoever is there besides, in whichever order they came, "
        "and even where one name is the beginning of another?",
    ),
}

COLUMNS = ("customer", "country", "order", "date")
COUNTRIES = ("AT", "CH", "CZ", "DE", "DK", "FR", "IT", "NL", "PL", "PT")
QUERIES: Mapping[str, tuple[str, ...]] = {
    "a customer's page": ("customer", "country"),
    "a customer's orders of a day": ("customer", "date"),
    "where is my parcel": ("order",),
    "a new order": COLUMNS,
    "a day's sales": ("date",),
    "a country's sales of a day": ("country", "date"),
}
NAMES = 100_000  # among so many, some stand so close that hardly any ring has a point between them
UNEVEN = 0.2  # how far a node's share may be off, as a share of what its weight promises

Query = tuple[int, dict[str, Any]]


def position(text: str) -> int:
    """Hash a text to a place on a ring, the same on every machine and in every run.

    Python's own ``hash`` of a text is another one each time Python starts.

    Parameters
    ----------
    text : str

    Returns
    -------
    int
        From 0 to 2³² − 1: the first four bytes of its SHA-256.

    Raises
    ------
    TypeError
        If it is no text.

    Examples
    --------
    >>> position("key 1"), position("key 2")
    (578528754, 150087166)
    """
    if not isinstance(text, str):
        raise TypeError(f"text is {text!r} ({type(text).__name__}), but must be a text such as 'node 1'")
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def shard_of(values: Sequence[Any], shards: int) -> int:
    """Say on which shard a row lives, by the values that make up its shard key.

    Parameters
    ----------
    values : sequence
        One value for each column of the key, in the order of the key.
    shards : int
        How many shards there are, at least 1.

    Returns
    -------
    int
        From 0 to ``shards`` − 1.

    Raises
    ------
    TypeError, ValueError
        If there are no values, or the number of shards is none.

    Examples
    --------
    >>> shard_of([17], 4), shard_of([17, "PT"], 4)
    (3, 2)
    """
    if isinstance(values, str) or not isinstance(values, list | tuple) or not values:
        raise TypeError(f"values is {values!r}, but must be a list with one value for each column of the key")
    return position("/".join(map(str, values))) % checks.integer("shards", shards, minimum=1)


def access_log(days: int, seed: int) -> list[Query]:
    """Make the access log of a shop: about twenty queries a day. Every seed is another shop, with other habits.

    Parameters
    ----------
    days : int
        The log runs from day 1 to this one.
    seed : int
        Same seed, same log.

    Returns
    -------
    list of (int, dict)
        The day of each query, and the columns that it names with their values, of ``customer``, ``country``, ``order``, ``date``.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> for query in access_log(2, seed=5)[:4]:
    ...     print(query)
    (1, {'date': 1})
    (1, {'country': 'CZ', 'date': 1})
    (1, {'customer': 2, 'date': 1})
    (1, {'customer': 44, 'country': 'AT', 'order': 1003, 'date': 1})
    """
    days = checks.integer("days", days, minimum=1)
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - a test, not a secret
    habits = [chance.random() ** 3 for _ in QUERIES]
    customers, skew = chance.choice((60, 200, 800)), chance.choice((1, 1, 2, 5))
    log: list[Query] = []
    for day in range(1, days + 1):
        for kind in chance.choices(list(QUERIES), habits, k=chance.randint(16, 24)):
            customer = int(customers * chance.random() ** skew)
            order = 1_000 * day + len(log) if kind == "a new order" else int(1_000 * day * chance.random())
            row = {
                "customer": customer,
                "country": COUNTRIES[int(len(COUNTRIES) * (customer * 0.618 % 1) ** 2)],  # some countries have many customers
                "order": order,
                "date": day if kind == "a new order" else max(1, day - int(7 * chance.random() ** 3)),
            }
            log.append((day, {column: row[column] for column in QUERIES[kind]}))
    return log


def uneven(weights: Mapping[str, float], copies: int, placed: Any) -> list[str]:
    """Count which nodes hold the first copy of clearly more or fewer keys than their weight promises.

    Parameters
    ----------
    weights : mapping of str to float
        The nodes that are there, and their weights.
    copies : int
        How many nodes each key must have.
    placed : list of list of str
        The nodes of each key, as the student's ring gives them.

    Returns
    -------
    list of str
        The nodes that are off by more than a fifth of what their weight promises, in the order of their names.

    Raises
    ------
    NotYet
        If an answer is impossible: not a list of so many different nodes that are there.
    TypeError, ValueError
        If there are no weights, or the number of copies is none.

    Examples
    --------
    >>> uneven({"a": 1, "b": 3}, 1, [["a"], ["b"], ["b"], ["a"]])
    ['a', 'b']
    """
    if not isinstance(weights, Mapping) or not weights:
        raise TypeError(f"weights is {weights!r}, but must be a dict with the weight of each node")
    copies = checks.integer("copies", copies, minimum=1)
    firsts = [nodes[0] for nodes in _possible(weights, copies, placed)]
    total = sum(weights.values())
    promised = {node: len(firsts) * weight / total for node, weight in weights.items()}
    return sorted(node for node in weights if abs(firsts.count(node) - promised[node]) > UNEVEN * promised[node])


def moved(before: Any, after: Any) -> dict[str, int]:
    """Count the keys whose first copy has moved, by the node that it moved to.

    Parameters
    ----------
    before, after : list of list of str
        The nodes of each key, before and after a change.

    Returns
    -------
    dict of str to int
        Only the nodes that keys moved to, in the order of their names.

    Raises
    ------
    NotYet
        If the answers are no lists of nodes for the same keys.

    Examples
    --------
    >>> moved([["a"], ["b"], ["b"]], [["c"], ["b"], ["a"]])
    {'a': 1, 'c': 1}
    """
    firsts = [[nodes[0] for nodes in _lists(placed)] for placed in (before, after)]
    if len(firsts[0]) != len(firsts[1]):
        raise NotYet(f"almost: {len(firsts[0])} keys were placed before, and {len(firsts[1])} after. Look next: one answer for each key.")
    where = [new for old, new in zip(*firsts, strict=True) if new != old]
    return {node: where.count(node) for node in sorted(set(where))}


def side_by_side(pairs: int, beginning: str) -> list[str]:
    """Find keys that stand so close to each other on the ring that only a ring with millions of points tells them apart.

    Parameters
    ----------
    pairs : int
        How many pairs, from 1 to 100.
    beginning : str
        What the names of the keys begin with.

    Returns
    -------
    list of str
        The two keys of the first pair, then those of the second, and so on; the closest pair first.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or no text.

    Examples
    --------
    >>> one, other = side_by_side(1, "user")
    >>> 0 <= position(other) - position(one) < 10
    True
    """
    pairs = checks.integer("pairs", pairs, minimum=1, maximum=100)
    if not isinstance(beginning, str):
        raise TypeError(f"beginning is {beginning!r} ({type(beginning).__name__}), but must be a text such as 'user'")
    return [name for pair in _closest(beginning)[:pairs] for name in pair]


@lru_cache(maxsize=8)
def _closest(beginning: str) -> tuple[tuple[str, str], ...]:
    around = sorted((position(name), name) for name in (f"{beginning} {number}" for number in range(NAMES)))
    gaps = sorted((there - here, one, other) for (here, one), (there, other) in pairwise(around))
    return tuple((one, other) for _, one, other in gaps[:100])


def torn(placed: Any) -> int:
    """Count the pairs of keys whose nodes differ.

    Parameters
    ----------
    placed : list of list of str
        The nodes of each key, those of a pair one after the other, as of the keys that `side_by_side` gives.

    Returns
    -------
    int

    Raises
    ------
    NotYet
        If the answers are no lists of nodes, two for each pair.

    Examples
    --------
    >>> torn([["a"], ["a"], ["b"], ["c"]])
    1
    """
    lists = _lists(placed)
    if not lists or len(lists) % 2:
        raise NotYet(f"almost: {len(lists)} keys were placed, but they come in pairs. Look next: one answer for each key.")
    return sum(one != other for one, other in zip(lists[::2], lists[1::2], strict=True))


def strays(before: Any, after: Any, gone: str, copies: int) -> int:
    """Count the keys whose first copy, after a node has left, is not where the first of their remaining copies was.

    Parameters
    ----------
    before, after : list of list of str
        The nodes of each key, before and after.
    gone : str
        The node that left.
    copies : int
        How many nodes each key had at least, more than one.

    Returns
    -------
    int

    Raises
    ------
    NotYet
        If the answers are no lists of nodes for the same keys, or a key had too few of them.
    TypeError, ValueError
        If there are not at least two copies.

    Examples
    --------
    >>> strays([["a", "b"], ["b", "c"], ["c", "a"]], [["a"], ["a"], ["c"]], gone="b", copies=2)
    1
    """
    copies = checks.integer("copies", copies, minimum=2)
    old, new = _lists(before), _lists(after)
    if len(old) != len(new) or any(len(set(nodes)) < copies for nodes in old):
        raise NotYet(f"almost: every key needs {copies} different nodes, before and after. Look next: what owners returns.")
    remaining = [[node for node in nodes if node != gone] for nodes in old]
    return sum(there[0] != first[0] for there, first in zip(remaining, new, strict=True))


def _possible(nodes: Iterable[str], copies: int, placed: Any) -> list[list[str]]:
    there = set(nodes)
    wanted = min(copies, len(there))
    lists = _lists(placed)
    for number, held in enumerate(lists):
        if len(held) != wanted or len(set(held)) != wanted or not set(held) <= there:
            raise NotYet(
                f"almost: key number {number} is said to be on {held!r}, but {wanted} different ones of the {len(there)} nodes that are there "
                "must hold it. Look next: what owners returns."
            )
    return lists


def _lists(placed: Any) -> list[list[str]]:
    placed = plain(placed)
    if type(placed) is not list or not all(type(nodes) is list and nodes and all(type(node) is str for node in nodes) for nodes in placed):
        raise NotYet("almost: a list of nodes is expected for every key, with at least one node in each. Look next: what owners returns.")
    return placed
