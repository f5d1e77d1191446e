"""Edge computing: which sites near the users to open, and what that does to latency, backhaul and the number of servers.

Users are served by one data centre, or by the site that is best for them. A site answers a share of the requests itself; the others go on to
the data centre and come back through the site. So a site saves the way for what it can answer, and is a detour for what it cannot.
Which sites to open is the k-median problem: greedily, the site that saves most is opened first, then the one that saves most beside it, and so on;
exactly, every choice is tried. And since many small queues wait longer than a large one, each site brings back some of what its nearness saves.

References
----------
G. Cornuéjols, M. L. Fisher and G. L. Nemhauser, "Location of Bank Accounts to Optimize Float", Management Science 23 (8), 1977: what is saved by
greedy choices is at least 1 − 1/e, 63 %, of the most that can be saved.
A. Ali-Eldin, B. Wang and P. Shenoy, "The Hidden Cost of the Edge: A Performance Comparison of Edge and Cloud Latencies", SC 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport import checks, theory
from labsupport.simulators.anatomy import LIGHT_IN_FIBRE
from labsupport.simulators.numbering import read_only

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DETOUR = 1.5  # how much longer cables are than the straight line
LAST_MILE = 10.0  # ms there and back between a user and the network
MOST_SITES = 15  # of which all sets are tried


@dataclass(frozen=True, eq=False)
class Map:
    """Users, the sites that could be opened, and the data centre, in kilometres.

    Attributes
    ----------
    users : ndarray of float, shape (users, 2)
    weights : ndarray of float, shape (users,)
        The share of all requests that comes from each; together 1.
    sites : ndarray of float, shape (sites, 2)
    centre : ndarray of float, shape (2,)
    """

    users: Floats
    weights: Floats
    sites: Floats
    centre: Floats


def region(users: int = 160, sites: int = 12, seed: int = 0, *, width: float = 2_400.0, height: float = 1_000.0, far: float = 0.0) -> Map:
    """Draw a region: cities of unequal size with users around them, a site on the northern edge of each, and the data centre in the west.

    Parameters
    ----------
    users : int, default 160
        How many, at least 1; in the larger cities more.
    sites : int, default 12
        How many cities, at least 1.
    seed : int, default 0
        Same seed, same region.
    width, height : float
        Of the map, in kilometres.
    far : float, default 0
        By how many kilometres the data centre lies farther west than a tenth of the width beyond the border.

    Returns
    -------
    Map

    Raises
    ------
    ValueError, TypeError
        If a number is outside its range.

    Examples
    --------
    >>> region(users=3, sites=2, seed=1).users.shape
    (3, 2)
    """
    users, sites = checks.integer("users", users, minimum=1), checks.integer("sites", sites, minimum=1)
    size = np.array([checks.number("width", width, above=0), checks.number("height", height, above=0)])
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    cities = np.empty((0, 2))
    while len(cities) < sites:  # the farthest of some places, so that no two cities coincide
        places = generator.uniform(0.06, 0.94, (8, 2)) * size
        apart = np.linalg.norm(places[:, None] - cities[None], axis=2).min(axis=1) if len(cities) else np.zeros(8)
        cities = np.vstack((cities, places[np.argmax(apart)]))
    shares = 1 / np.arange(1, sites + 1) ** 0.8
    home = generator.choice(sites, users, p=shares / shares.sum())
    around = np.clip(cities[home] + generator.normal(0, 0.05 * size[1], (users, 2)), 0, size)
    weights = generator.uniform(0.5, 1.5, users)
    centre = np.array([-0.1 * size[0] - checks.number("far", far, minimum=0), size[1] / 2])
    edges = cities + np.array([0.0, 0.1 * size[1]])
    return Map(read_only(around), read_only(weights / weights.sum()), read_only(edges), read_only(centre))


def round_trips(places: ArrayLike, others: ArrayLike) -> Floats:
    """Return the round-trip times between places, in milliseconds: twice the way by cable at the speed of light in fibre.

    Parameters
    ----------
    places, others : array_like of float, shapes (n, 2) and (m, 2)
        In kilometres.

    Returns
    -------
    ndarray of float, shape (n, m)

    Examples
    --------
    >>> round_trips([[0, 0]], [[0, 1_000], [300, 400]]).round(1)
    array([[14.7,  7.3]])
    """
    ends = []
    for name, value in (("places", places), ("others", others)):
        end = np.asarray(value, dtype=np.float64)
        if end.ndim != 2 or end.shape[1] != 2 or not np.isfinite(end).all():
            raise ValueError(f"{name} must be finite places of two numbers each, but has shape {end.shape}")
        ends.append(end)
    away: Floats = np.linalg.norm(ends[0][:, None] - ends[1][None], axis=2)
    return 2_000 * DETOUR * away / LIGHT_IN_FIBRE


def ways(area: Map, answered: float) -> Floats:
    """Return how long a request and its answer are on their way, on average, for each user by each site, and straight to the data centre.

    Parameters
    ----------
    area : Map
    answered : float
        The share of requests that a site answers itself, from 0 to 1.

    Returns
    -------
    ndarray of float, shape (users, sites + 1)
        Milliseconds; the last column is the data centre.

    Examples
    --------
    >>> area = Map(np.zeros((1, 2)), np.ones(1), np.array([[0.0, 100.0]]), np.array([0.0, 1_100.0]))
    >>> ways(area, answered=0.8).round(1)
    array([[14.4, 26.2]])
    """
    answered = checks.number("answered", answered, 0, 1)
    near = round_trips(area.users, area.sites)
    onward = (1 - answered) * round_trips(area.sites, area.centre[None])[:, 0]
    return np.hstack((near + onward, round_trips(area.users, area.centre[None]))) + LAST_MILE


def choose(strategy: str, costs: ArrayLike, weights: ArrayLike, count: int) -> list[int]:
    """Choose which sites to open.

    - ``largest``: those with the most users nearest to them, whatever else is open.
    - ``greedy``: one after the other, each time the one that saves most beside those that are open.
    - ``exact``: the best of all sets of so many.

    Parameters
    ----------
    strategy : {"largest", "greedy", "exact"}
    costs : array_like of float, shape (users, sites + 1)
        As `ways` returns them. The last column can always be used.
    weights : array_like of float, shape (users,)
    count : int
        How many sites to open, from 0 to all.

    Returns
    -------
    list of int
        In the order in which they were chosen; for ``exact``, from the lowest number.

    Raises
    ------
    ValueError, TypeError
        If the strategy is unknown, a number is outside its range, or there are too many sets to try.

    Examples
    --------
    The middle is the best single site, but not part of the best pair:

    >>> costs = [[1, 9, 4, 99], [9, 1, 4, 99]]
    >>> choose("greedy", costs, [0.5, 0.5], 2), choose("exact", costs, [0.5, 0.5], 2)
    ([2, 0], [0, 1])
    """
    table, shares = _table(costs, weights)
    sites = table.shape[1] - 1
    strategy, count = checks.choice("strategy", strategy, STRATEGIES), checks.integer("count", count, 0, sites)
    if strategy == "largest":
        crowd = np.bincount(np.argmin(table[:, :-1], axis=1), weights=shares, minlength=sites)
        largest: list[int] = np.argsort(-crowd, kind="stable")[:count].tolist()
        return largest
    if strategy == "exact":
        return best_sets(table, shares)[count]
    opened, best = list[int](), table[:, -1]
    for _ in range(count):
        totals = shares @ np.minimum(best[:, None], table[:, :-1])
        totals[opened] = np.inf
        opened.append(int(np.argmin(totals)))
        best = np.minimum(best, table[:, opened[-1]])
    return opened


STRATEGIES = ("largest", "greedy", "exact")


def best_sets(costs: ArrayLike, weights: ArrayLike) -> list[list[int]]:
    """Return the best set of sites of every size, by trying all sets.

    The costs of a set are made of those of the set without its last site, so no set is looked at twice.

    Parameters
    ----------
    costs : array_like of float, shape (users, sites + 1)
        As `ways` returns them, with 15 sites at most.
    weights : array_like of float, shape (users,)

    Returns
    -------
    list of list of int
        The best set of none, of one, of two, and so on; of sets that are equally good, one of them.

    Raises
    ------
    ValueError, TypeError
        If there are too many sites, or the numbers are no costs and weights.

    Examples
    --------
    >>> best_sets([[1, 9, 4, 99], [9, 1, 4, 99]], [0.5, 0.5])
    [[], [2], [0, 1], [0, 1, 2]]
    """
    table, shares = _table(costs, weights)
    sites = table.shape[1] - 1
    if sites > MOST_SITES:
        raise ValueError(f"costs has {sites} sites, but all sets of at most {MOST_SITES} are tried")
    best = table[None, :, -1]
    for site in range(sites):  # set number n holds the sites whose bits are 1 in n
        best = np.concatenate((best, np.minimum(best, table[None, :, site])))
    numbers = np.arange(1 << sites)
    held = (numbers[:, None] >> np.arange(sites)) & 1
    totals, sizes = best @ shares, held.sum(axis=1)
    winners = [int(numbers[sizes == size][np.argmin(totals[sizes == size])]) for size in range(sites + 1)]
    return [np.flatnonzero(held[winner]).tolist() for winner in winners]


def _table(costs: ArrayLike, weights: ArrayLike) -> tuple[Floats, Floats]:
    shares = checks.amounts("weights", weights, kind="weight")
    table = np.asarray(costs, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != shares.size or table.shape[1] < 1 or not np.isfinite(table).all():
        raise ValueError(f"costs must be finite, with a row for each of the {shares.size:,} weights, but has shape {table.shape}")
    return table, shares


@dataclass(frozen=True, eq=False)
class EdgeResult:
    """How users are served with some sites open.

    Attributes
    ----------
    opened : tuple of int
    server : ndarray of int, shape (users,)
        The site that each user's requests go to; −1 for straight to the data centre.
    way : ndarray of float, shape (users,)
        How long their requests and answers are on their way, on average, in ms.
    rates : ndarray of float, shape (opened + 1,)
        Requests a second that are worked on at each open site, and last in the data centre.
    machines : ndarray of int, shape (opened + 1,)
        How many servers stand there.
    waits : ndarray of float, shape (opened + 1,)
        The mean time that requests wait there for a server, in ms.
    service : float
        How long they are worked on, in ms.
    backhaul : float
        The share of all requests, and of what they carry, that reaches the data centre.
    weights : ndarray of float, shape (users,)
    """

    opened: tuple[int, ...]
    server: Integers
    way: Floats
    rates: Floats
    machines: Integers
    waits: Floats
    service: float
    backhaul: float
    weights: Floats

    @property
    def mean_way(self) -> float:
        """The mean time on the way, in ms."""
        return float(self.weights @ self.way)

    @property
    def mean_wait(self) -> float:
        """The mean time that a request waits for a server, in ms."""
        return float(self.rates @ self.waits / self.rates.sum())

    @property
    def mean_latency(self) -> float:
        """The mean time from question to answer, in ms."""
        return self.mean_way + self.mean_wait + self.service


def serve(area: Map, opened: Sequence[int], rate: float, *, answered: float = 0.8, service: float = 20.0, load: float = 0.8) -> EdgeResult:
    """Serve everybody from the site that is nearest for them, or from the data centre, by enough servers everywhere.

    Each request is worked on once, where it is answered. At each place there are just so many servers that no more than ``load`` of their time is
    needed; requests come at random and take exponential times, so each place is an M/M/c queue.

    Parameters
    ----------
    area : Map
    opened : sequence of int
        The sites that are open, each once.
    rate : float
        Requests a second of all users together.
    answered : float, default 0.8
        The share that a site answers itself, from 0 to 1.
    service : float, default 20
        Mean time that a request is worked on, in ms.
    load : float, default 0.8
        The highest utilisation of a place, above 0 and below 1.

    Returns
    -------
    EdgeResult

    Raises
    ------
    ValueError, TypeError
        If a site is not on the map or open twice, or a number is outside its range.

    Examples
    --------
    >>> result = serve(region(seed=1), [0, 1], rate=1_000)
    >>> result.machines.tolist(), round(result.backhaul, 2)
    ([12, 5, 10], 0.36)
    """
    sites = len(area.sites)
    chosen = [checks.integer("opened", site, 0, sites - 1) for site in opened]
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"opened is {chosen}, but each site can be opened once")
    rate, service = checks.number("rate", rate, above=0), checks.number("service", service, above=0)
    load = checks.number("load", load, above=0, maximum=0.999)
    costs = ways(area, answered)[:, [*chosen, sites]]
    place = np.argmin(costs, axis=1)
    arriving = rate * np.bincount(place, weights=area.weights, minlength=len(chosen) + 1)
    rates: Floats = np.asarray(arriving * answered, dtype=np.float64)
    rates[-1] = arriving[-1] + (1 - answered) * arriving[:-1].sum()
    work = rates * service / 1_000
    machines = np.ceil(work / load - 1e-9).astype(np.int64)
    waits = [_wait(float(each), int(count), service) for each, count in zip(rates, machines, strict=True)]
    names: Integers = np.array([*chosen, -1], dtype=np.int64)
    way: Floats = costs[np.arange(len(costs)), place]
    server, times, counts = read_only(names[place]), read_only(way), read_only(machines)
    return EdgeResult(
        tuple(chosen), server, times, read_only(rates), counts, read_only(np.array(waits)), service, float(rates[-1] / rate), area.weights
    )


def _wait(rate: float, machines: int, service: float) -> float:
    return 1_000 * float(theory.mmc_mean_wait(rate, 1_000 / service, machines)) if rate else 0.0
