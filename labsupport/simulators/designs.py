"""Designs: what can be chosen of a whole system, and what is paid for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labsupport import checks
from labsupport.simulators import caching

STRATEGIES = ("range", "modulo", "consistent", "rendezvous")
EVICTIONS = tuple(policy for policy in caching.POLICIES if policy != "opt")  # no cache knows the future
BALANCERS = ("random", "round_robin", "two_choices", "least_connections", "join_idle_queue")
MOST_SHARDS, MOST_REPLICAS, MOST_SERVERS, LARGEST_CACHE = 64, 5, 100, 1_000_000

SERVER_HOUR, NODE_HOUR, DATA_HOUR, KEY_HOUR = 0.15, 0.10, 0.40, 0.00008  # euros: a server, a database node, all data once, a key in the cache


@dataclass(frozen=True)
class Design:
    """What can be chosen.

    Attributes
    ----------
    shards : int, default 4
        Into how many parts the data are divided, 1 to 64.
    strategy : str, default "modulo"
        By which the shard of a key is found: one of `STRATEGIES`.
    replicas : int, default 1
        On how many database nodes each part lies, 1 to 5.
    cache : int, default 0
        How many answers the cache holds, 0 (no cache) to 1,000,000.
    eviction : str, default "lru"
        What leaves a full cache: one of `EVICTIONS`.
    balancer : str, default "round_robin"
        Which server, and which replica, gets a request: one of `BALANCERS`.
    minimum, maximum : int, default 2 and 20
        Fewest and most servers, 1 to 100.
    target : float, default 0.6
        Utilisation of the servers that the autoscaler aims at, 0.05 to 1.

    Raises
    ------
    TypeError, ValueError
        If a choice is wrong.

    Examples
    --------
    >>> Design(shards=3, replicas=2).nodes
    6
    """

    shards: int = 4
    strategy: str = "modulo"
    replicas: int = 1
    cache: int = 0
    eviction: str = "lru"
    balancer: str = "round_robin"
    minimum: int = 2
    maximum: int = 20
    target: float = 0.6

    def __post_init__(self) -> None:
        checks.integer("shards", self.shards, 1, MOST_SHARDS)
        checks.choice("strategy", self.strategy, STRATEGIES)
        checks.integer("replicas", self.replicas, 1, MOST_REPLICAS)
        checks.integer("cache", self.cache, 0, LARGEST_CACHE)
        checks.choice("eviction", self.eviction, EVICTIONS)
        checks.choice("balancer", self.balancer, BALANCERS)
        checks.integer("minimum", self.minimum, 1, MOST_SERVERS)
        checks.integer("maximum", self.maximum, self.minimum, MOST_SERVERS)
        checks.number("target", self.target, 0.05, 1)

    @property
    def nodes(self) -> int:
        """How many database nodes there are."""
        return self.shards * self.replicas

    @property
    def fixed_hour(self) -> float:
        """What is paid for however many servers there are, in euros an hour: cache, database nodes, and a copy of all data for each replica."""
        return round(self.cache * KEY_HOUR + self.nodes * NODE_HOUR + self.replicas * DATA_HOUR, 6)  # so that 0.1 + 0.2 is 0.3


#: The cheapest designs known that keep 99.7 % of the users of three shop days of each kind answered: what 99 of 100 wait on the worst ordinary
#: day, in seconds, and the cost of an hour, in euros. Found by a search of some thousand designs, none of which lies below the straight lines
#: between these points by more than they are rounded; nobody has shown that there is no cheaper one.
FRONT = (
    *((0.697, 5.49), (0.698, 4.96), (0.702, 4.39), (0.704, 4.26), (0.705, 4.21), (0.711, 3.95), (0.715, 3.79), (0.719, 3.67)),
    *((0.725, 3.50), (0.743, 3.22), (0.750, 3.15), (0.754, 3.11), (0.766, 3.02), (0.773, 2.99), (0.799, 2.92)),
)


def front_cost(p99: float) -> float:
    """Return what the cheapest design known costs that is as fast.

    Parameters
    ----------
    p99 : float
        What 99 of 100 users wait on the worst ordinary day, in seconds, above 0.

    Returns
    -------
    float
        In euros an hour, between the points of `FRONT` on straight lines; where it ends, as at its end.

    Raises
    ------
    TypeError, ValueError
        If it is no such time.

    Examples
    --------
    >>> round(front_cost(0.76), 3), front_cost(5.0)
    (3.065, 2.92)
    """
    times, costs = zip(*FRONT, strict=True)
    return float(np.interp(checks.number("p99", p99, above=0), times, costs))
