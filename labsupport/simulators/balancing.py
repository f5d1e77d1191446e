"""Balancing: which of several servers gets each request, and how long it takes there, under nine policies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators.dispatch import (
    consistent_hash,
    join_idle_queue,
    least_connections,
    random,
    round_robin,
    two_choices,
    weighted_round_robin,
)
from labsupport.simulators.dispatch.fleet import Fleet, Flow, new_fleet, new_flow
from labsupport.simulators.dispatch.tournament import NEVER, new_tournament
from labsupport.simulators.hashing import hash_keys
from labsupport.simulators.numbering import read_only
from labsupport.simulators.placement.consistent import new_ring

POLICIES = (
    "random",
    "round_robin",
    "weighted_round_robin",
    "least_connections",
    "weighted_least_connections",
    "two_choices",
    "join_idle_queue",
    "consistent_hash",
    "least_work_left",
)
MOST_REQUESTS = 100_000_000
LARGEST_FLEET = 100_000
LARGEST_WEIGHT = 256  # as in HAProxy
MOST_CHOICES = 64
POINTS_PER_SERVER = 100
"""How many points of the ring a server of average weight has."""


@dataclass(frozen=True)
class BalancingResult:
    """What a balancer and its servers did with a stream of requests.

    Attributes
    ----------
    policy : str
        The balancing policy.
    arrivals, services : ndarray of float64, shape (requests,)
        When each request came, and how much work it was. Read-only.
    speeds : ndarray of float64, shape (servers,)
        Work that each server does per unit of time. Read-only.
    servers : ndarray of int32, shape (requests,)
        Which server each request was sent to. Read-only.
    waits : ndarray of float64, shape (requests,)
        Time from arrival to the start of service. Read-only.
    responses : ndarray of float64, shape (requests,)
        Time from arrival to departure. Read-only.
    found : ndarray of int32, shape (requests,)
        How many requests, waiting or in service, each one found at its server. Read-only.
    """

    policy: str
    arrivals: NDArray[np.float64]
    services: NDArray[np.float64]
    speeds: NDArray[np.float64]
    servers: NDArray[np.int32]
    waits: NDArray[np.float64]
    responses: NDArray[np.float64]
    found: NDArray[np.int32]

    @property
    def requests_per_server(self) -> NDArray[np.int64]:
        """Number of requests sent to each server."""
        return np.bincount(self.servers, minlength=self.speeds.size).astype(np.int64)

    @property
    def busy_times(self) -> NDArray[np.float64]:
        """How long each server worked."""
        return np.bincount(self.servers, weights=self.services, minlength=self.speeds.size) / self.speeds

    @property
    def utilizations(self) -> NDArray[np.float64]:
        """Share of the time, from the first arrival to the last departure, in which each server worked; 0 if no time passed."""
        span = float((self.arrivals + self.responses).max() - self.arrivals[0])
        return self.busy_times / span if span > 0 else np.zeros(self.speeds.size)

    @property
    def offered_loads(self) -> NDArray[np.float64]:
        """Work sent to each server, while requests came, over the work it could have done in that time: ρ of each server.

        The time is that from the first arrival to the last, the work that of all requests but the last. Infinite for a server
        to which work came while no time passed.
        """
        earlier = slice(0, self.arrivals.size - 1)
        work = np.bincount(self.servers[earlier], weights=self.services[earlier], minlength=self.speeds.size) / self.speeds
        span = float(self.arrivals[-1] - self.arrivals[0])
        return work / span if span > 0 else np.where(work > 0, np.inf, 0.0)

    @property
    def overloaded(self) -> NDArray[np.int64]:
        """Servers that were offered as much as they can do, or more: their queues have no steady state, however low the total."""
        return np.flatnonzero(self.offered_loads >= 1)

    @property
    def stability(self) -> str:
        """A sentence that says where no steady state exists."""
        loads, total = self.offered_loads, float(self.offered_loads @ self.speeds / self.speeds.sum())
        if not self.overloaded.size:
            return f"Every server can keep up: the busiest is offered {loads.max():.2f} of what it can do, all together {total:.2f}."
        names = ", ".join(str(server) for server in self.overloaded[:10]) + (", …" if self.overloaded.size > 10 else "")
        whose = f"server {names}" if self.overloaded.size == 1 else f"the {self.overloaded.size} servers {names}"
        return (
            f"No steady state at {whose}: offered up to {loads.max():.2f} times what can be done there, while all together are offered "
            f"{total:.2f}. The queue grows for as long as requests come, and so does the mean response."
        )


def simulate(
    policy: str,
    arrivals: Any,
    services: Any,
    speeds: Any,
    seed: int = 0,
    *,
    keys: Any = None,
    weights: Any = None,
    choices: int = 2,
    bound: float | None = None,
) -> BalancingResult:
    """Send every request to a server as it arrives; each server serves its own first come, first served, one at a time.

    A departure precedes an arrival at the same moment. Ties go to the server chosen least recently, and of those never chosen
    to the one with the lowest number; weighted round robin has nginx's rule, the lowest number always. A request that has
    been sent stays where it is.

    All chance comes from one stream, ``numpy.random.default_rng(seed).random((requests, width))``: row r belongs to request r,
    whether it is used or not. The width is ``choices`` for two choices and 1 for the others, so that *random* and
    *join-idle-queue* with the same seed draw the same servers. How the numbers are used is said in the module of each policy
    in `labsupport.simulators.dispatch`.

    Parameters
    ----------
    policy : str
        One of `POLICIES`; each is described, with its paper, in `labsupport.simulators.dispatch`. *Least work left* knows how
        long each request will take, which no balancer does: it is there to be compared with.
    arrivals : array_like of float, shape (requests,)
        Times of the requests, at least 0, never falling. Not written to.
    services : array_like of float, shape (requests,)
        Work of each request, at least 0; server i takes ``services / speeds[i]``, in the unit of the arrivals.
    speeds : array_like of float, shape (servers,)
        Work that each server does per unit of time, above 0.
    seed : int, optional
        Where the random numbers start, at least 0.
    keys : array_like of int, shape (requests,), optional
        For consistent hashing: what each request is about, from 0 to 2³¹ − 1. Left out, each request has a random key of its
        own.
    weights : array_like of int, shape (servers,), optional
        Whole numbers from 1 to 256. For the weighted policies; left out, they follow the speeds: the smallest whole numbers in
        the same proportion, or the nearest with 100 for the fastest server. For consistent hashing, each server's part of the
        ring; left out, all have the same.
    choices : int, optional
        For two choices: how many servers are drawn, from 1 to 64 and to the number of servers. With one server, one is drawn.
    bound : float, optional
        For consistent hashing: how many times the mean number of requests a server may have at most, above 1; any number if
        left out.

    Returns
    -------
    BalancingResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or of no use to the policy.

    References
    ----------
    Harchol-Balter, "Performance Modeling and Design of Computer Systems", 2013, chapter 24 (task assignment in server farms).

    Examples
    --------
    >>> result = simulate("least_connections", [0, 1, 2, 3, 10], [5, 5, 1, 1, 1], speeds=[1, 1])
    >>> result.servers, result.responses
    (array([0, 1, 0, 1, 0], dtype=int32), array([5., 5., 4., 4., 1.]))
    >>> simulate("weighted_round_robin", range(7), [1] * 7, speeds=[5, 1, 1]).servers
    array([0, 0, 1, 0, 2, 0, 0], dtype=int32)
    """
    policy = checks.choice("policy", policy, POLICIES)
    times = checks.times("arrivals", arrivals) + 0.0  # a copy, and no time is minus zero: kernels compare the bits
    work = checks.amounts("services", services, kind="service", length=times.size)
    rates = checks.amounts("speeds", speeds, above=0, kind="speed")
    seed = checks.integer("seed", seed, minimum=0)
    if times.size > MOST_REQUESTS:
        raise ValueError(f"arrivals holds {times.size:,} times, but there must be at most {MOST_REQUESTS:,} requests")
    if rates.size > LARGEST_FLEET:
        raise ValueError(f"speeds holds {rates.size:,} speeds, but there must be at most {LARGEST_FLEET:,} servers")
    drawn = _choices(policy, choices, rates.size)
    shares = _weights(policy, weights, rates)
    limit = _bound(policy, bound)
    if keys is not None and policy != "consistent_hash":
        raise ValueError(f"keys is given, but {policy} makes no use of keys: only consistent_hash does")
    names = None if keys is None else checks.keys("keys", keys)
    if names is not None and names.size != times.size:
        raise ValueError(f"keys holds {names.size:,} keys, but must hold one for each of the {times.size:,} requests")

    by_chance = policy in {"random", "two_choices", "join_idle_queue"} or (policy == "consistent_hash" and names is None)
    chances = np.random.default_rng(seed).random((times.size, drawn)) if by_chance else np.empty((0, 1))
    if policy == "consistent_hash" and names is None:
        names = (chances[:, 0] * (checks.LARGEST_KEY + 1)).astype(np.int64)
    flow = new_flow(read_only(times), read_only(work), chances)
    _run(policy, new_fleet(rates.copy(), shares), flow, names, limit)
    responses = flow.finishes
    responses -= times
    result = BalancingResult(policy, times, work.copy(), rates.copy(), flow.servers, flow.waits, responses, flow.found)
    for array in (result.arrivals, result.services, result.speeds, result.servers, result.waits, result.responses, result.found):
        array.flags.writeable = False
    return result


def _run(policy: str, fleet: Fleet, flow: Flow, keys: NDArray[np.int64] | None, bound: float) -> None:
    numbers = np.arange(fleet.speeds.size)

    if policy == "random":
        random.run(fleet, flow)
    elif policy == "round_robin":
        round_robin.run(fleet, flow)
    elif policy == "weighted_round_robin":
        weighted_round_robin.run(fleet, flow)
    elif policy in {"least_connections", "weighted_least_connections"}:
        least_connections.run(fleet, flow, new_tournament(numbers, fleet.chosen), new_tournament(NEVER + numbers, fleet.chosen))
    elif policy == "two_choices":
        two_choices.run(fleet, flow)
    elif policy in {"join_idle_queue", "least_work_left"}:
        join_idle_queue.run(fleet, flow, new_tournament(0 * numbers, fleet.chosen), policy == "join_idle_queue")
    elif keys is not None:
        ring = new_ring(tuple(range(fleet.speeds.size)), POINTS_PER_SERVER, fleet.weights / fleet.weights.mean())
        if math.isinf(bound):
            consistent_hash.run(fleet, flow, ring.place(keys))
        else:
            points = np.searchsorted(ring.positions, hash_keys(keys)) % ring.positions.size
            consistent_hash.run_bounded(fleet, flow, ring.owners, points, new_tournament(NEVER + numbers, fleet.chosen), bound)


def _choices(policy: str, choices: Any, servers: int) -> int:
    """Return how many random numbers each request has."""
    drawn = checks.integer("choices", choices, minimum=1, maximum=MOST_CHOICES)
    if policy != "two_choices":
        if drawn != 2:
            raise ValueError(f"choices is {drawn}, but {policy} makes no use of it: only two_choices does")
        return 1
    if drawn > max(servers, 2):
        raise ValueError(f"choices is {drawn}, but there are only {servers} servers to choose from")
    return min(drawn, servers)


def _weights(policy: str, weights: Any, speeds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights in lowest terms; 1 for each server where there are none."""
    weighted = policy.startswith("weighted_")
    if weights is None:
        return _weights_for(speeds) if weighted else np.ones(speeds.size)
    if not weighted and policy != "consistent_hash":
        raise ValueError(f"weights is given, but {policy} makes no use of weights: only weighted policies and consistent_hash do")
    given = checks.integers("weights", weights, 1, LARGEST_WEIGHT, kind="weight")
    if given.size != speeds.size:
        raise ValueError(f"weights holds {given.size:,} weights, but must hold one for each of the {speeds.size:,} servers")
    return np.asarray(given / np.gcd.reduce(given))


def _weights_for(speeds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights as an operator would set them."""
    for slowest in range(1, 101):
        exact = speeds / speeds.min() * slowest
        if exact.max() > LARGEST_WEIGHT:
            break
        if np.allclose(exact, np.rint(exact), rtol=1e-9, atol=0):
            return np.asarray(np.rint(exact))
    nearest = np.maximum(1, np.rint(speeds / speeds.max() * 100)).astype(np.int64)
    return np.asarray(nearest / np.gcd.reduce(nearest))


def _bound(policy: str, bound: Any) -> float:
    """Return how many times the mean a server may hold; infinity for no limit."""
    if bound is None:
        return math.inf
    if policy != "consistent_hash":
        raise ValueError(f"bound is {bound!r}, but {policy} makes no use of it: only consistent_hash does")
    return checks.number("bound", bound, above=1)
