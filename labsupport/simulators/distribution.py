"""Distribution: one cache made of several nodes, who asks which of them, and what the database sees when one is lost.

Every node is an LRU cache of its own (or one of another policy). What differs is the way to it. *By key*, each key has a home, so
that the nodes together hold as much as one large cache – but a popular key makes its home busy. *Anywhere*, every node sees
requests for every key and comes to hold the same popular ones: the load is even, and most of the memory holds what another node
holds as well. Between the two, the few hottest keys can have homes on several nodes.

A node that is lost has forgotten everything when it comes back. Meanwhile its keys live elsewhere; how many others move with them
is up to the sharding strategy.

References
----------
Karger, Lehman, Leighton, Panigrahy, Levine, Lewin, "Consistent Hashing and Random Trees", ACM STOC 1997.
Nishtala et al., "Scaling Memcache at Facebook", USENIX NSDI 2013, sections 3.2 and 3.3 (replication of keys, failures).
Hong and Thottethodi, "Understanding and Mitigating the Impact of Load Imbalance in the Memory Caching Tier", ACM SoCC 2013.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators import caching, sharding
from labsupport.simulators.numbering import NumberedTrace, number

BY_KEY = ("modulo", "consistent", "rendezvous")
ANYWHERE = ("random", "round_robin")
ROUTINGS = (*BY_KEY, *ANYWHERE)
MOST_NODES = 1_000


@dataclass(frozen=True)
class Outage:
    """A node is gone for a while.

    Attributes
    ----------
    node : int
        Which one, from 0.
    start : int
        The first request that it is not there for.
    end : int, optional
        The first request that it is there for again, empty; left out, it stays away.
    """

    node: int
    start: int
    end: int | None = None


@dataclass(frozen=True)
class DistributionResult:
    """What a cache of several nodes did with a trace.

    Attributes
    ----------
    routing : str
        How requests found a node.
    nodes : int
        How many nodes there are.
    capacity : int
        How many keys each node could hold.
    served_by : ndarray of int64, shape (requests,)
        The node that each request went to; −1 while no node was there. Read-only.
    hits : ndarray of bool, shape (requests,)
        Whether that node had the key. Every other request is a read of the database. Read-only.
    """

    routing: str
    nodes: int
    capacity: int
    served_by: NDArray[np.int64]
    hits: NDArray[np.bool_]

    @property
    def hit_ratio(self) -> float:
        """Share of requests answered from a cache, from 0 to 1."""
        return int(np.count_nonzero(self.hits)) / self.hits.size

    @property
    def backend_reads(self) -> int:
        """How many requests had to ask the database."""
        return int(np.count_nonzero(~self.hits))

    @property
    def loads(self) -> NDArray[np.int64]:
        """How many requests each node got."""
        return np.bincount(self.served_by[self.served_by >= 0], minlength=self.nodes)

    @property
    def node_hits(self) -> NDArray[np.int64]:
        """How many requests each node answered from its memory."""
        return np.bincount(self.served_by[self.hits], minlength=self.nodes)

    @property
    def balance(self) -> float:
        """Load of the busiest node, divided by the mean load: 1 is perfect."""
        loads = self.loads
        return float(loads.max() / max(loads.mean(), 1 / loads.size))

    def reads_over_time(self, width: int) -> NDArray[np.int64]:
        """Count the reads of the database in each stretch of the trace.

        Parameters
        ----------
        width : int
            Requests in a stretch, at least 1. What is left over at the end is not counted.

        Returns
        -------
        ndarray of int64, shape (requests // width,)

        Raises
        ------
        TypeError, ValueError
            If ``width`` is no whole number of at least 1.
        """
        width = checks.integer("width", width, minimum=1)
        stretches = self.hits.size // width
        return np.asarray(np.count_nonzero(~self.hits[: stretches * width].reshape(stretches, width), axis=1))


def homes(routing: str, keys: Any, nodes: Any, copies: int = 1) -> NDArray[np.int64]:
    """Return the nodes that hold each key, where requests go by key.

    The first is where the sharding strategy places the key. Each further copy is where the key would live if the nodes of the
    copies before it were not there – so, when a node is lost, the key is asked for where a copy is already.

    Parameters
    ----------
    routing : str
        One of `BY_KEY`: a strategy of `labsupport.simulators.sharding`.
    keys : array_like of int, shape (keys,)
        Whole numbers from 0 to 2³¹ − 1.
    nodes : int or sequence of int
        The number of nodes, or which of them are there.
    copies : int, default 1
        How many nodes hold each key, at most as many as there are.

    Returns
    -------
    ndarray of int64, shape (keys, copies)

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> homes("consistent", [1, 2, 3], 4, copies=2).tolist()
    [[0, 1], [0, 3], [2, 3]]
    >>> homes("consistent", [1, 2, 3], [1, 2, 3]).tolist()
    [[1], [3], [2]]
    """
    routing = checks.choice("routing", routing, BY_KEY)
    checked = checks.keys("keys", keys)
    if not hasattr(nodes, "__len__"):
        nodes = range(checks.integer("nodes", nodes, minimum=1, maximum=MOST_NODES))
    alive = checks.integers("nodes", nodes, 0, MOST_NODES - 1, kind="node").tolist()
    copies = checks.integer("copies", copies, minimum=1, maximum=len(alive))
    result = np.empty((checked.size, copies), dtype=np.int64)
    result[:, 0] = _home(routing, checked, alive)
    for copy in range(1, copies):
        before = np.sort(result[:, :copy], axis=1)  # keys with the same nodes so far are placed together
        for taken in np.unique(before, axis=0):
            alike = (before == taken).all(axis=1)
            result[alike, copy] = _home(routing, checked[alike], [node for node in alive if node not in taken])
    return result


def _home(routing: str, keys: NDArray[np.int64], alive: Sequence[int]) -> NDArray[np.int64]:
    return np.array(alive)[sharding.assign(routing, keys, alive)]


def simulate(
    trace: Any,
    nodes: int,
    capacity: int,
    *,
    routing: str = "consistent",
    policy: str = "lru",
    hot: Any = (),
    copies: int = 1,
    outages: Sequence[Outage] = (),
    seed: int = 0,
) -> DistributionResult:
    """Run a trace through a cache of several nodes, empty at first; each stores every key that it misses.

    Parameters
    ----------
    trace : array_like of int, shape (requests,)
        Keys from 0 to 2³¹ − 1, one per request. Not written to.
    nodes : int
        How many nodes there are, from 1 to 1,000.
    capacity : int
        How many keys each of them can hold, at least 1.
    routing : str, default "consistent"
        One of `ROUTINGS`. By key: ``"modulo"``, ``"consistent"`` or ``"rendezvous"``, as in `labsupport.simulators.sharding`.
        Anywhere: ``"random"``, or ``"round_robin"`` over the nodes that are there.
    policy : str, default "lru"
        What leaves a full node: one of `labsupport.simulators.caching.POLICIES`.
    hot : array_like of int, optional
        Keys that live on ``copies`` nodes, all different; each request for one of them asks any of these, by chance.
    copies : int, default 1
        On how many nodes a hot key lives, at most ``nodes``; on all that are there, if fewer are.
    outages : sequence of Outage, optional
        When nodes are lost, and when they are back. Clients notice at once.
    seed : int, default 0
        Where the random numbers start: one for each request, whether it needs one or not.

    Returns
    -------
    DistributionResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or a node is lost again before it is back.

    References
    ----------
    Karger et al., "Consistent Hashing and Random Trees", ACM STOC 1997.

    Examples
    --------
    >>> trace = [1, 2, 3, 1, 2, 3, 1, 2, 3]
    >>> result = simulate(trace, nodes=2, capacity=2, routing="modulo")
    >>> result.served_by, result.hit_ratio == caching.simulate("lru", trace, capacity=4).hit_ratio
    (array([1, 0, 1, 1, 0, 1, 1, 0, 1]), True)
    >>> simulate(trace, nodes=2, capacity=2, routing="round_robin").backend_reads  # each node meets all three keys
    9
    >>> lost = simulate(trace, nodes=2, capacity=2, routing="modulo", outages=[Outage(node=1, start=3, end=6)])
    >>> lost.served_by
    array([1, 0, 1, 0, 0, 0, 1, 0, 1])
    """
    keys = checks.keys("trace", trace)
    nodes = checks.integer("nodes", nodes, minimum=1, maximum=MOST_NODES)
    capacity = checks.integer("capacity", capacity, minimum=1, maximum=caching.LARGEST_CAPACITY)
    routing = checks.choice("routing", routing, ROUTINGS)
    policy = checks.choice("policy", policy, caching.POLICIES)
    copies = checks.integer("copies", copies, minimum=1, maximum=nodes)
    seed = checks.integer("seed", seed, minimum=0)
    hot_keys = _checked_hot(hot, copies, routing)
    lost = _checked_outages(outages, nodes)

    served_by = _route(number(keys), nodes, routing, hot_keys, copies, lost, seed)
    hits = np.zeros(keys.size, dtype=np.bool_)
    for requests in _lives(served_by, nodes, lost):
        hits[requests] = caching.simulate(policy, keys[requests], capacity).hits
    for array in (served_by, hits):
        array.flags.writeable = False
    return DistributionResult(routing, nodes, capacity, served_by, hits)


def _checked_hot(hot: Any, copies: int, routing: str) -> NDArray[np.int64]:
    if copies > 1 and routing in ANYWHERE:
        raise ValueError(f"copies is {copies}, but must be 1 with {routing!r}, where every key may be on every node anyway")
    if np.size(hot) == 0:
        return np.empty(0, dtype=np.int64)
    keys = checks.keys("hot", hot)
    if np.unique(keys).size < keys.size:
        raise ValueError("hot holds a key twice, but each must be there once")
    return keys


def _checked_outages(outages: Sequence[Outage], nodes: int) -> list[Outage]:
    """Return the outages by their start, or say which of them cannot be."""
    if isinstance(outages, Outage) or not isinstance(outages, Sequence):
        raise TypeError(f"outages is {outages!r}, but must be a sequence of them")
    for index, outage in enumerate(outages):
        if not isinstance(outage, Outage):
            raise TypeError(f"outages[{index}] is {outage!r} ({type(outage).__name__}), but must be an Outage")
        checks.integer(f"node of outages[{index}]", outage.node, minimum=0, maximum=nodes - 1)
        checks.integer(f"start of outages[{index}]", outage.start, minimum=0)
        if outage.end is not None:
            checks.integer(f"end of outages[{index}]", outage.end, minimum=outage.start + 1)
    ordered = sorted(outages, key=lambda outage: outage.start)
    for node in range(nodes):
        for first, second in pairwise(outage for outage in ordered if outage.node == node):
            if first.end is None or second.start < first.end:
                raise ValueError(f"outages has node {node} lost at request {second.start:,}, but it must be back from the outage before by then")
    return ordered


def _route(
    trace: NumberedTrace, nodes: int, routing: str, hot: NDArray[np.int64], copies: int, outages: Sequence[Outage], seed: int
) -> NDArray[np.int64]:
    """Return the node of each request, one stretch between two changes after the other."""
    requests = trace.numbers.size
    keys = np.arange(trace.count) if trace.names is None else trace.names
    hot_numbers = np.flatnonzero(np.isin(keys, hot)) if hot.size else hot
    chance = np.random.default_rng(seed).random(requests) if routing == "random" or copies > 1 else np.empty(0)
    served_by = np.full(requests, -1, dtype=np.int64)
    changes = {time for outage in outages for time in (outage.start, outage.end) if time is not None and 0 < time < requests}
    for first, last in pairwise(sorted({0, requests} | changes)):
        gone = {outage.node for outage in outages if outage.start <= first and (outage.end is None or first < outage.end)}
        alive = [node for node in range(nodes) if node not in gone]
        part = slice(first, last)
        if not alive:
            continue
        if routing == "round_robin":
            served_by[part] = np.array(alive)[np.arange(first, last) % len(alive)]
        elif routing == "random":
            served_by[part] = np.array(alive)[(chance[part] * len(alive)).astype(np.int64)]
        else:
            served_by[part] = _home(routing, keys, alive)[trace.numbers[part]]
            if copies > 1 and hot_numbers.size:
                places = homes(routing, keys[hot_numbers], alive, min(copies, len(alive)))
                _spread(served_by[part], trace.numbers[part], hot_numbers, places, chance[part])
    return served_by


def _spread(
    served_by: NDArray[np.int64], numbers: NDArray[np.int64], hot: NDArray[np.int64], places: NDArray[np.int64], chance: NDArray[np.float64]
) -> None:
    """Send the requests for hot keys to any of their nodes."""
    place = np.minimum(np.searchsorted(hot, numbers), hot.size - 1)
    asked = np.flatnonzero(hot[place] == numbers)
    served_by[asked] = places[place[asked], (chance[asked] * places.shape[1]).astype(np.int64)]


def _lives(served_by: NDArray[np.int64], nodes: int, outages: Sequence[Outage]) -> Iterator[NDArray[np.int64]]:
    """Yield the requests that each node got, from each time it was empty to the next."""
    order = np.argsort(served_by.astype(np.int16), kind="stable")  # of 16 bits, numpy sorts in linear time
    borders = np.searchsorted(served_by[order], np.arange(nodes + 1))
    for node in range(nodes):
        requests = order[borders[node] : borders[node + 1]]
        losses = [outage.start for outage in outages if outage.node == node]
        yield from (life for life in np.split(requests, np.searchsorted(requests, losses)) if life.size)
