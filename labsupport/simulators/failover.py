"""Failover: balancers and servers that fail and are repaired, and whether the service as a whole stays up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

MOST_PARTS = 1_000
MOST_FAILURES = 10_000_000


@dataclass(frozen=True)
class FailoverResult:
    """How a service of balancers and servers fared.

    Attributes
    ----------
    horizon : float
        For how long it was watched.
    outages : ndarray of float64, shape (outages, 2)
        When each outage began and ended, in order; one under way at the end ends there. Read-only.
    balancer_downtime, server_downtime, takeover_downtime : float
        For how long no balancer was up; for how long too few servers were up while a balancer was; and for how long another
        balancer was still taking over, with all else well. Together, the length of all outages.
    balancer_failures, server_failures : int
        How often a part of either kind failed.
    """

    horizon: float
    outages: NDArray[np.float64]
    balancer_downtime: float
    server_downtime: float
    takeover_downtime: float
    balancer_failures: int
    server_failures: int

    @property
    def downtime(self) -> float:
        """For how long the service was down."""
        return self.balancer_downtime + self.server_downtime + self.takeover_downtime

    @property
    def availability(self) -> float:
        """Share of the time in which the service was up, from 0 to 1."""
        return 1 - self.downtime / self.horizon


def simulate(
    balancers: int,
    servers: int,
    *,
    needed: int = 1,
    balancer_uptime: float = 1_000.0,
    server_uptime: float = 100.0,
    repair: float = 1.0,
    takeover: float = 0.0,
    horizon: float = 100_000.0,
    seed: int = 0,
) -> FailoverResult:
    """Watch balancers and servers fail and be repaired, each independently of all others.

    The service is up while a balancer is up and at least ``needed`` servers are. All parts are up at first. One balancer is
    active; when it fails, another one that is up takes over, which takes some time; if none is, the first to return is active at
    once.

    Parameters
    ----------
    balancers : int
        How many there are, from 0 to 1,000; 0 for clients that know the servers themselves, and need no balancer.
    servers : int
        How many there are, from 1 to 1,000.
    needed : int, optional
        How many of them must be up to carry the load, from 1 to their number.
    balancer_uptime, server_uptime : float, optional
        Mean time from a repair to the next failure, above 0; exponential.
    repair : float, optional
        Mean time from a failure to its repair, above 0; exponential.
    takeover : float, optional
        How long it takes another balancer to take over, at least 0.
    horizon : float, optional
        For how long the service is watched, above 0, in the unit of the other times.
    seed : int, optional
        Where the random numbers start, at least 0.

    Returns
    -------
    FailoverResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or more than 10,000,000 failures are to be expected.

    References
    ----------
    Barlow and Proschan, "Statistical Theory of Reliability and Life Testing", 1975 (alternating renewal processes).

    Examples
    --------
    >>> result = simulate(balancers=1, servers=3, horizon=1_000_000, seed=1)
    >>> round(result.availability, 4), round(result.balancer_downtime / result.downtime, 2)
    (0.999, 1.0)
    """
    fronts = checks.integer("balancers", balancers, 0, MOST_PARTS)
    backs = checks.integer("servers", servers, 1, MOST_PARTS)
    enough = checks.integer("needed", needed, 1, backs)
    lives = [checks.number(name, value, above=0) for name, value in (("balancer_uptime", balancer_uptime), ("server_uptime", server_uptime))]
    fix = checks.number("repair", repair, above=0)
    switch = checks.number("takeover", takeover, minimum=0)
    end = checks.number("horizon", horizon, above=0)
    if end * (fronts / (lives[0] + fix) + backs / (lives[1] + fix)) > MOST_FAILURES:
        raise ValueError(f"horizon is {end:g}, but with so many parts that fail so often it must be shorter: {MOST_FAILURES:,} failures at most")
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))

    front_paths = [_path(lives[0], fix, end, generator) for _ in range(fronts)]
    back_paths = [_path(lives[1], fix, end, generator) for _ in range(backs)]
    no_front = _below(front_paths, 1, end) if fronts else np.empty((0, 2))
    few_backs = _below(back_paths, enough, end)
    switching = _takeovers(front_paths, switch, end)
    outages = _union(no_front, few_backs, switching)
    outages.flags.writeable = False
    either = _length(_union(no_front, few_backs))
    failures = [sum((path.size + 1) // 2 for path in paths) for paths in (front_paths, back_paths)]
    return FailoverResult(end, outages, _length(no_front), either - _length(no_front), _length(outages) - either, *failures)


def _path(uptime: float, repair: float, end: float, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return the moments at which a part fails, is repaired, fails, … up to the end."""
    moments = np.zeros(1)
    while moments[-1] < end:
        cycles = int((end - moments[-1]) / (uptime + repair)) + 10
        gaps = generator.standard_exponential((cycles, 2)) * (uptime, repair)
        moments = np.append(moments, moments[-1] + np.cumsum(gaps))
    return moments[1 : np.searchsorted(moments, end)]


def _below(paths: list[NDArray[np.float64]], needed: int, end: float) -> NDArray[np.float64]:
    """Return the intervals in which fewer parts than needed are up."""
    moments = np.concatenate(paths)
    steps = np.concatenate([np.where(np.arange(path.size) % 2 == 0, -1, 1) for path in paths])
    order = np.argsort(moments, kind="stable")
    moments, up = np.append(moments[order], end), len(paths) + np.cumsum(steps[order])
    down = np.flatnonzero(up < needed)
    return np.stack([moments[down], moments[down + 1]], axis=1)


def _takeovers(paths: list[NDArray[np.float64]], takeover: float, end: float) -> NDArray[np.float64]:
    """Return the intervals in which a balancer takes over from an active one that has failed."""
    if takeover == 0 or len(paths) < 2:
        return np.empty((0, 2))
    found: list[tuple[float, float]] = []
    active, now = 0, 0.0
    while True:
        # the active one is up now: it fails at the first moment of its path behind now
        place = int(np.searchsorted(paths[active], now, side="right"))
        if place == paths[active].size:
            return np.array(found).reshape(-1, 2)
        now = float(paths[active][place])
        places = [int(np.searchsorted(path, now, side="right")) for path in paths]
        up = [number for number, passed in enumerate(places) if passed % 2 == 0]
        if up:
            active = up[0]
            found.append((now, min(now + takeover, end)))
            continue
        returns = [float(path[passed]) if passed < path.size else end for path, passed in zip(paths, places, strict=True)]
        now = min(returns)
        active = returns.index(now)
        if now >= end:
            return np.array(found).reshape(-1, 2)


def _union(*intervals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return intervals, none of which touch, that cover the same moments."""
    everything = np.concatenate(intervals)
    if not everything.size:
        return everything
    everything = everything[np.argsort(everything[:, 0], kind="stable")]
    latest = np.maximum.accumulate(everything[:, 1])
    first = np.append(True, everything[1:, 0] > latest[:-1])
    return np.stack([everything[first, 0], latest[np.append(first[1:], True)]], axis=1)


def _length(intervals: NDArray[np.float64]) -> float:
    return float(np.sum(intervals[:, 1] - intervals[:, 0]))
