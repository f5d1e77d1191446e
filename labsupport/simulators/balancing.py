"""Balancing: which of several servers gets each request, and how long it takes there, under nine policies or your own."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators.changes import Change, checked, members
from labsupport.simulators.dispatch.driving import Balancer, run_own
from labsupport.simulators.dispatch.fleet import Floats, new_fleet, new_flow
from labsupport.simulators.dispatch.policies import POINTS_PER_SERVER, POLICIES, run
from labsupport.simulators.dispatch.result import BalancingResult, new_result
from labsupport.simulators.numbering import read_only

__all__ = ["POINTS_PER_SERVER", "POLICIES", "BalancingResult", "Change", "drive", "simulate"]

WHEN_DOWN = ("wait", "fail")
MOST_REQUESTS = 100_000_000
LARGEST_FLEET = 100_000
LARGEST_WEIGHT = 256  # as in HAProxy
MOST_CHOICES = 64


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
    changes: Iterable[Change] = (),
    when_down: str = "wait",
    notice: float | None = None,
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
    changes : iterable of Change, optional
        When a server slows, dies (speed 0) or returns. The work it has left is done at the new speed.
    when_down : {"wait", "fail"}, optional
        What becomes of requests at a server that is down: they wait until it returns, or they fail – those there, when it goes
        down; those that come while it is down, at once. So a dead server may look like the fastest of all.
    notice : float, optional
        How late the balancer learns whether a server is up, at least 0: it sends only to those that were up that long ago, and
        to all if none was, as Envoy does in a panic. Left out, it never learns. It never learns of speeds.

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
    Envoy documentation, "Load Balancing: Panic threshold".

    Examples
    --------
    >>> result = simulate("least_connections", [0, 1, 2, 3, 10], [5, 5, 1, 1, 1], speeds=[1, 1])
    >>> result.servers, result.responses
    (array([0, 1, 0, 1, 0], dtype=int32), array([5., 5., 4., 4., 1.]))
    >>> simulate("weighted_round_robin", range(7), [1] * 7, speeds=[5, 1, 1]).servers
    array([0, 0, 1, 0, 2, 0, 0], dtype=int32)

    Server 1 is down from 2 to 6, and the balancer sees it at 3:

    >>> dying = [Change(2, server=1, speed=0), Change(6, server=1, speed=1)]
    >>> simulate("round_robin", range(6), [2] * 6, speeds=[1, 1], changes=dying, when_down="fail", notice=1).responses
    array([2., 1., 2., 3., 4., 5.])
    """
    policy = checks.choice("policy", policy, POLICIES)
    times, work, rates = _stream(arrivals, services, speeds)
    seed = checks.integer("seed", seed, minimum=0)
    drawn = _choices(policy, choices, rates.size)
    shares = _weights(policy, weights, rates)
    limit = _bound(policy, bound)
    course = checked(changes, rates.size)
    fails = checks.choice("when_down", when_down, WHEN_DOWN) == "fail"
    delay = None if notice is None else checks.number("notice", notice, minimum=0)
    generator = np.random.default_rng(seed)
    names = _names(policy, keys, times.size, generator)

    flow = new_flow(times, work, fails)
    run(policy, new_fleet(rates, shares), flow, course, members(rates, course, delay), generator, drawn, names, limit)
    return new_result(policy, flow, rates, course)


def drive(
    balancer: Balancer,
    arrivals: Any,
    services: Any,
    speeds: Any,
    *,
    changes: Iterable[Change] = (),
    when_down: str = "wait",
) -> BalancingResult:
    """Let a balancer of your own send the requests: an object that chooses a server, and is told of every reply.

    For every request, all replies that have come by then are delivered first, in the order of their times – at the same
    moment, in that of their requests – and then the balancer is asked. It learns nothing else. The servers are those of `simulate`.

    Parameters
    ----------
    balancer : object
        With a method ``choose()`` – or ``choose(now)``, to be given the time – that returns the number of a server from 0, and
        a method ``replied(server, elapsed)``, called with the time from arrival to reply. If it also has ``failed(server,
        elapsed)``, that is called where a request is lost; otherwise it hears nothing of it.
    arrivals, services, speeds : array_like of float
        As for `simulate`.
    changes : iterable of Change, optional
        When a server slows, dies or returns.
    when_down : {"wait", "fail"}, optional
        What becomes of requests at a server that is down, as for `simulate`.

    Returns
    -------
    BalancingResult
        Its policy is the name of the balancer's class.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or the balancer chooses what is no server. What the balancer itself raises is passed on.

    Examples
    --------
    >>> class Alternate:
    ...     def __init__(self):
    ...         self.last = 1
    ...
    ...     def choose(self):
    ...         self.last = 1 - self.last
    ...         return self.last
    ...
    ...     def replied(self, server, elapsed):
    ...         print(f"server {server} took {elapsed}")
    >>> drive(Alternate(), [0, 1, 4], [2, 4, 1], speeds=[1, 2]).servers
    server 0 took 2.0
    server 1 took 2.0
    array([0, 1, 0], dtype=int32)
    """
    times, work, rates = _stream(arrivals, services, speeds)
    course = checked(changes, rates.size)
    fails = checks.choice("when_down", when_down, WHEN_DOWN) == "fail"
    flow = new_flow(times, work, fails)
    run_own(balancer, new_fleet(rates, np.ones(rates.size)), flow, course)
    return new_result(type(balancer).__name__, flow, rates, course)


def _stream(arrivals: Any, services: Any, speeds: Any) -> tuple[Floats, Floats, Floats]:
    """Return copies of what comes and of the speeds, checked."""
    times = checks.times("arrivals", arrivals) + 0.0  # no time is minus zero: kernels compare the bits
    work = checks.amounts("services", services, kind="service", length=times.size)
    rates = checks.amounts("speeds", speeds, above=0, kind="speed")
    if times.size > MOST_REQUESTS:
        raise ValueError(f"arrivals holds {times.size:,} times, but there must be at most {MOST_REQUESTS:,} requests")
    if rates.size > LARGEST_FLEET:
        raise ValueError(f"speeds holds {rates.size:,} speeds, but there must be at most {LARGEST_FLEET:,} servers")
    return read_only(times), read_only(work.copy()), rates.copy()


def _names(policy: str, keys: Any, requests: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return what each request is about, for consistent hashing; nothing for other policies."""
    if keys is not None:
        if policy != "consistent_hash":
            raise ValueError(f"keys is given, but {policy} makes no use of keys: only consistent_hash does")
        names = checks.keys("keys", keys)
        if names.size != requests:
            raise ValueError(f"keys holds {names.size:,} keys, but must hold one for each of the {requests:,} requests")
        return names
    if policy != "consistent_hash":
        return np.empty(0, dtype=np.int64)
    return np.asarray(generator.random(requests) * (checks.LARGEST_KEY + 1)).astype(np.int64)


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
