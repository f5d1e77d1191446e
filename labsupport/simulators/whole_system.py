"""The whole system: a cache, a balancer with servers that come and go, and a database in shards and replicas – all of the course, composed.

A request is first looked up in the cache, which stands in front of everything. What the cache has not, or must not answer, goes through the
balancer to a server; how many of these there are, the autoscaler decides. When the server has done its work, it asks the shard that the key
lives on, where the same balancer's policy chooses one of the replicas. Each part is the course's own simulator of it. A user waits five
seconds at most.

What is left out: writes, retries, networks, the balancer's own failure, and moving keys to new shards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators import autoscaling, balancing, caching, sharding
from labsupport.simulators.autoscaling import AutoscalingResult
from labsupport.simulators.changes import Change, members
from labsupport.simulators.designs import SERVER_HOUR, Design
from labsupport.simulators.dispatch import policies
from labsupport.simulators.dispatch.fleet import new_fleet, new_flow
from labsupport.simulators.numbering import read_only
from labsupport.workloads import Day, Loss

PARTS = ("cache", "waiting for a server", "server", "waiting for the database", "database")

LOOK = 0.002  # seconds to look into the cache
TIMEOUT = 5.0  # seconds after which a user gives up
NOTICE = 5.0  # seconds until the balancer knows that a machine is lost, or back
STARTUP, TICK = 30.0, 15.0  # seconds that a server takes to start, and from one look of the autoscaler to the next

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WholeSystemResult:
    """What users got, and what it took.

    Attributes
    ----------
    day : Day
        What came.
    design : Design
        What it came to.
    parts : mapping of str to ndarray of float64, shape (requests,)
        Seconds that each request spent in each of `PARTS`; 0 where it never came. Read-only.
    responses : ndarray of float64, shape (requests,)
        How long each user waited, in seconds: for the answer, or in vain – that counts as `TIMEOUT`. Read-only.
    hits : ndarray of bool, shape (requests,)
        What the cache answered. Read-only.
    answered : ndarray of bool, shape (requests,)
        Who had an answer within `TIMEOUT`. Read-only.
    scaling : AutoscalingResult
        How many servers there were.
    node_loads : ndarray of float64, shape (shards, replicas)
        Work that each database node was sent over what it could have done while requests came: above 1, it cannot keep up. Read-only.
    """

    day: Day
    design: Design
    parts: Mapping[str, Floats]
    responses: Floats
    hits: NDArray[np.bool_]
    answered: NDArray[np.bool_]
    scaling: AutoscalingResult
    node_loads: Floats

    def percentile(self, rank: float) -> float:
        """Return a percentile of the responses after the warm-up, in seconds, by numpy's default method."""
        return float(np.percentile(self.responses[self.day.warm_up :], checks.number("rank", rank, 0, 100)))

    @property
    def p50(self) -> float:
        """Median response, in seconds."""
        return self.percentile(50)

    @property
    def p99(self) -> float:
        """Response that 99 of 100 requests do not exceed, in seconds."""
        return self.percentile(99)

    @property
    def availability(self) -> float:
        """Share of the requests after the warm-up that were answered in time."""
        return float(np.mean(self.answered[self.day.warm_up :]))

    @property
    def hit_ratio(self) -> float:
        """Share of the requests after the warm-up that the cache answered."""
        return float(np.mean(self.hits[self.day.warm_up :]))

    @property
    def cost_per_hour(self) -> float:
        """What it costs, in euros an hour."""
        return float(self.scaling.replicas.mean()) * SERVER_HOUR + self.design.fixed_hour

    @property
    def cost_per_million(self) -> float:
        """What a million requests cost, in euros."""
        hours = float(self.day.arrivals[-1]) / 3_600
        return 1e6 * self.cost_per_hour * hours / int(self.day.arrivals.size)

    @property
    def utilizations(self) -> dict[str, float]:
        """Work sent to all servers, all database nodes and the busiest node, over what they could have done: above 1, they cannot keep up."""
        ready = float(self.scaling.ready.sum()) * self.scaling.tick
        work = float(self.day.server_works[~self.hits].sum())
        return {
            "servers": work / ready if ready else 0.0,
            "database": float(self.node_loads.mean()),
            "busiest node": float(self.node_loads.max()),
        }

    def spent(self, slowest: float = 1.0) -> dict[str, float]:
        """Say where the time went.

        Parameters
        ----------
        slowest : float, optional
            Of which share of the requests after the warm-up, the slowest, above 0; of all, if left out.

        Returns
        -------
        dict of str to float
            Mean seconds in each of `PARTS`.

        Raises
        ------
        TypeError, ValueError
            If there is no such share.
        """
        share = checks.number("slowest", slowest, above=0, maximum=1)
        counted = slice(self.day.warm_up, None)
        responses = self.responses[counted]
        slow = responses >= np.quantile(responses, 1 - share) if share < 1 else np.ones(responses.size, dtype=np.bool_)
        return {part: float(np.mean(times[counted][slow])) for part, times in self.parts.items()}


def simulate(day: Day, design: Design | None = None, *, seed: int = 0) -> WholeSystemResult:
    """Let a day come to a system.

    Parameters
    ----------
    day : Day
        See `labsupport.workloads.Day` and `labsupport.workloads.shop_day`.
    design : Design, optional
        The system; `Design`'s defaults, if left out.
    seed : int, optional
        For balancers that choose by chance.

    Returns
    -------
    WholeSystemResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Notes
    -----
    The autoscaler sees, every 15 seconds, the work that came to the servers, as far as there were servers for it; a server that it takes away
    finishes what it has. A machine that is lost fails the requests it has and those that it is sent until the balancer notices. Work that a
    user no longer waits for is done all the same.

    Examples
    --------
    Two users ask for the same, one after the other. Without a cache, and with one:

    >>> day = Day([1, 9], keys=[7, 7], server_works=[0.2, 0.2], database_works=[0.1, 0.1], fresh=[False, False])
    >>> simulate(day).responses.round(3), simulate(day, Design(cache=10)).responses.round(3)
    (array([0.3, 0.3]), array([0.302, 0.002]))
    """
    if not isinstance(day, Day):
        raise TypeError(f"day is {str(day)[:60]!r}, but must be a Day")
    choice = Design() if design is None else design
    if not isinstance(choice, Design):
        raise TypeError(f"design is {str(choice)[:60]!r}, but must be a Design")
    seed = checks.integer("seed", seed, minimum=0)
    size, arrivals = day.arrivals.size, day.arrivals
    look = LOOK if choice.cache else 0.0
    hits = _cached(day, choice)
    misses = np.flatnonzero(~hits)
    parts = dict(zip(PARTS, (np.broadcast_to(np.float64(look), size), *np.zeros((4, size))), strict=True))
    failed = np.zeros(size, dtype=np.bool_)

    came = arrivals[misses] + look
    scaling = _scale(day, choice, came, day.server_works[misses])
    if misses.size:
        waits, works, lost = _serve(day, choice, scaling, came, day.server_works[misses], seed)
        parts["waiting for a server"][misses], parts["server"][misses] = waits, works
        failed[misses] = lost
    asking = misses[~failed[misses]]
    moments = (arrivals[asking] + look) + parts["waiting for a server"][asking] + parts["server"][asking]
    order = np.argsort(moments, kind="stable")
    loads = _ask(day, choice, asking[order], moments[order], parts, failed, seed)

    responses = sum(parts.values(), np.zeros(size))
    failed |= responses > TIMEOUT
    responses[failed] = TIMEOUT
    answered = ~failed
    for array in (*parts.values(), responses, hits, answered, loads):
        array.flags.writeable = False
    return WholeSystemResult(day, choice, parts, responses, hits, answered, scaling, loads)


def _cached(day: Day, design: Design) -> NDArray[np.bool_]:
    """Say what the cache answers: after each loss it begins anew, empty."""
    hits = np.zeros(day.arrivals.size, dtype=np.bool_)
    if not design.cache:
        return hits
    begins, ends = [0], []
    for loss in (loss for loss in day.losses if loss.part == "cache"):
        ends.append(int(np.searchsorted(day.arrivals, loss.time)))
        begins.append(int(np.searchsorted(day.arrivals, loss.until)))
    for begin, end in zip(begins, [*ends, hits.size], strict=True):
        asked = begin + np.flatnonzero(~day.fresh[begin:end])
        if asked.size:
            hits[asked] = caching.simulate(design.eviction, day.keys[asked], design.cache).hits
    return hits


def _scale(day: Day, design: Design, came: Floats, works: Floats) -> AutoscalingResult:
    """Let the number of servers follow the work that comes to them."""
    ticks = int(day.arrivals[-1] // TICK) + 1
    demand = np.bincount(np.minimum(came // TICK, ticks - 1).astype(np.int64), weights=works, minlength=ticks) / TICK
    first = int(min(max(np.ceil(demand[0] / design.target), design.minimum), design.maximum))
    return autoscaling.simulate(
        demand, target=design.target, minimum=design.minimum, maximum=design.maximum, initial=first, startup=STARTUP, tick=TICK
    )


def _serve(day: Day, design: Design, scaling: AutoscalingResult, came: Floats, works: Floats, seed: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Send requests to the servers there are; return how long each waits and is worked on, and which fail."""
    speeds = np.ones(int(scaling.ready.max()))
    ready = scaling.ready
    moments = {tick * TICK: int(ready[tick]) for tick in np.flatnonzero(np.diff(ready, prepend=-1)).tolist()}
    changes = []
    for loss in (loss for loss in day.losses if loss.part == "server"):
        there = ready[min(int(loss.time // TICK), ready.size - 1)]
        changes += _away(loss, int(loss.place * there))
    known = members(speeds, tuple(sorted(changes)), NOTICE)  # whom the balancer takes to be up, from when on
    for moment in sorted({*moments, *known}):
        count = next(value for time, value in reversed(moments.items()) if time <= moment)
        up = next(servers for time, servers in sorted(known.items(), reverse=True) if time <= moment)
        present = up[up < count]
        known[moment] = present if present.size else np.arange(count, dtype=np.int32)
    flow = new_flow(read_only(came), read_only(works), True)
    width = 2 if design.balancer == "two_choices" else 1
    generator = np.random.default_rng(seed)
    policies.run(design.balancer, new_fleet(speeds, speeds), flow, sorted(changes), known, generator, width, np.empty(0, dtype=np.int64), np.inf)
    return flow.waits, np.where(flow.lost, 0.0, works), flow.lost


def _away(loss: Loss, machine: int) -> list[Change]:
    return [Change(loss.time, machine, 0), Change(loss.until, machine, 1)]


def _ask(
    day: Day, design: Design, asking: NDArray[np.int64], moments: Floats, parts: Mapping[str, Floats], failed: NDArray[np.bool_], seed: int
) -> Floats:
    """Send requests, in the order of their moments, to the replicas of their shards; return the load of each node."""
    loads = np.zeros((design.shards, design.replicas))
    if not asking.size:
        return loads
    away: dict[int, list[Change]] = {}
    for loss in (loss for loss in day.losses if loss.part == "database"):
        shard, replica = divmod(int(loss.place * design.nodes), design.replicas)
        away.setdefault(shard, []).extend(_away(loss, replica))
    options = {"space": int(day.keys.max()) + 1} if design.strategy == "range" else {}
    homes = sharding.assign(design.strategy, day.keys[asking], design.shards, **options)
    order = np.argsort(homes.astype(np.uint8), kind="stable")  # so small numbers are sorted by counting
    borders = np.searchsorted(homes[order], np.arange(design.shards + 1)).tolist()
    for shard, (begin, end) in enumerate(pairwise(borders)):
        if begin == end:
            continue
        own = order[begin:end]
        requests = asking[own]
        run = balancing.simulate(
            design.balancer,
            moments[own],
            day.database_works[requests],
            np.ones(design.replicas),
            seed + shard + 1,
            changes=away.get(shard, ()),
            when_down="fail",
            notice=NOTICE,
        )
        parts["waiting for the database"][requests] = run.waits
        parts["database"][requests] = np.where(run.lost, 0.0, run.services)
        failed[requests] = run.lost
        loads[shard] = np.bincount(run.servers, weights=parts["database"][requests], minlength=design.replicas)
    return loads / span if (span := float(day.arrivals[-1])) else loads
