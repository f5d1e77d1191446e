"""Balancer runs: what each policy does with the load balancer lab's requests, computed once and kept.

Times are in milliseconds. A request is 10 ms of work on average for a server of speed 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import theory, workloads
from labsupport.simulators import balancing, staleness
from labsupport.simulators.balancing import BalancingResult, Change

WARM_UP = 10_000
REQUESTS = WARM_UP + 100_000
OWN_REQUESTS = 11_000  # for a balancer in plain Python; the first eleventh warms up, too
WORK = 10.0
LOADS = [round(0.05 * step, 2) for step in range(1, 20)]
CYCLE, DOWN, NOTICE = 20_000.0, 5_000.0, 500.0
"""What is down at times is down for 5 of every 20 seconds, and that is noticed after half a second."""
SLOW = 0.25
KEYS = 1_000
SQUARED_CVS = {"deterministic": 0.0, "exponential": 1.0, "bimodal": 10.9 / 1.9**2 - 1, "lognormal": 4.0, "pareto": 1 / (2.2 * 0.2)}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Setting:
    """Everything that the requests meet, but for their rate."""

    policy: str
    servers: int
    speeds: str
    service: str
    server: str = "up"
    balancers: int = 1
    balancer: str = "up"
    age: float = 0.0
    troubled: int = 1

    @property
    def rates(self) -> Floats:
        """The speed of each server when all is well; the last third are the slower ones, if there are any."""
        speeds = np.ones(self.servers)
        if self.speeds == "unequal":
            speeds[-max(1, self.servers // 3) :] = 1 / 3
        return speeds

    @property
    def actual_rates(self) -> Floats:
        """The speeds with the troubled server slow, if it is."""
        speeds = self.rates
        if self.server == "slow":
            speeds[self.troubled - 1] *= SLOW
        return speeds

    @property
    def knows_less(self) -> bool:
        """Whether the balancers count requests, and what they know is old or another's."""
        return self.policy in ("least_connections", "two_choices") and self.server != "down" and (self.age > 0 or self.balancers > 1)


@dataclass(frozen=True, eq=False)
class Run:
    """Requests, which balancer each was sent to, which of them reached a server, and what happened there."""

    arrivals: Floats
    balancers: NDArray[np.int64]
    passed: NDArray[np.bool_]
    result: BalancingResult


@dataclass(frozen=True, eq=False)
class Outcome:
    """What is shown of a run: response times of what was answered, and how the servers fared."""

    mean: float
    p99: float
    lost: float
    shares: Floats
    utilizations: Floats
    overloaded: tuple[int, ...]


@lru_cache(maxsize=1)
def _gaps() -> Floats:
    return workloads.poisson_arrivals(REQUESTS, 1.0, seed=11)


@lru_cache(maxsize=5)
def _services(name: str) -> Floats:
    if name == "deterministic":
        return workloads.deterministic_services(REQUESTS, WORK)
    if name == "bimodal":
        return workloads.bimodal_services(REQUESTS, WORK, seed=12)
    if name == "lognormal":
        return workloads.lognormal_services(REQUESTS, WORK, seed=12)
    if name == "pareto":
        return workloads.pareto_services(REQUESTS, WORK, seed=12, shape=2.2)
    return workloads.exponential_services(REQUESTS, WORK, seed=12)


@lru_cache(maxsize=1)
def _keys() -> NDArray[np.int64]:
    return workloads.zipf_trace(REQUESTS, KEYS, 0.8, seed=13)


def stream(setting: Setting, load: float, requests: int = REQUESTS) -> tuple[Floats, Floats]:
    """Return when requests come, and how much work each is, at a load of all servers together as they are when all is well."""
    return _gaps()[:requests] * (WORK / (load * setting.rates.sum())), _services(setting.service)[:requests]


def few(setting: Setting, load: float, requests: int) -> tuple[Run, tuple[float, float]]:
    """Run the first few requests alone; what is down at times is down once, from a fifth to three fifths of the time."""
    horizon = float(stream(setting, load, requests)[0][-1])
    window = 0.2 * horizon, 0.6 * horizon
    return _run(setting, load, requests, [window], [window], 0.1 * horizon), window


@lru_cache(maxsize=2)
def run(setting: Setting, load: float) -> Run:
    """Run all requests."""
    end = float(stream(setting, load)[0][-1])
    starts = np.arange(CYCLE / 4, end, CYCLE)
    return _run(setting, load, REQUESTS, [(at, at + DOWN) for at in starts], [(at + CYCLE / 2, at + CYCLE / 2 + DOWN) for at in starts], NOTICE)


Windows = list[tuple[float, float]]


def _run(setting: Setting, load: float, requests: int, servers_down: Windows, balancers_down: Windows, notice: float) -> Run:
    arrivals, services = stream(setting, load, requests)
    balancers, passed = _balancers(setting, arrivals, balancers_down, notice)
    if not passed.any():
        passed[-1] = True  # a simulator wants a request at least
    times, work, speeds = arrivals[passed], services[passed], setting.actual_rates
    if setting.knows_less:
        choices = 2 if setting.policy == "two_choices" else None
        result = staleness.simulate(times, work, speeds, setting.age, balancers=setting.balancers, choices=choices, seed=14)
        return Run(arrivals, balancers, passed, result)
    options: dict[str, Any] = {"keys": _keys()[:requests][passed]} if setting.policy == "consistent_hash" else {}
    if setting.server == "down":
        options |= {"changes": changes(servers_down, setting.troubled), "when_down": "fail", "notice": notice}
    return Run(arrivals, balancers, passed, balancing.simulate(setting.policy, times, work, speeds, seed=14, **options))


def changes(windows: Windows, troubled: int) -> list[Change]:
    """Return the changes of the troubled server that is down at times; inside, servers are numbered from 0."""
    return [Change(at, troubled - 1, speed) for begin, end in windows for at, speed in ((begin, 0.0), (end, 1.0))]


def _balancers(setting: Setting, arrivals: Floats, windows: Windows, notice: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return which balancer each request is sent to, and whether it is up: a dead one is asked until that is noticed."""
    turns = np.arange(arrivals.size)
    balancers, passed = turns % setting.balancers, np.ones(arrivals.size, dtype=np.bool_)
    for begin, end in windows if setting.balancer == "down" else ():
        noticed = end if setting.balancers == 1 else min(end, begin + notice)
        first, middle, last = np.searchsorted(arrivals, [begin, noticed, end])
        passed[first:middle] = balancers[first:middle] > 0
        if setting.balancers > 1:
            turned = balancers[middle:last] == 0
            balancers[middle:last][turned] = 1 + turns[middle:last][turned] // setting.balancers % (setting.balancers - 1)
    return balancers, passed


@lru_cache(maxsize=2_048)
def outcome(setting: Setting, load: float) -> Outcome:
    """Return what is shown of a run, after the warm-up."""
    done = run(setting, load)
    return summary(done.result, int(np.count_nonzero(done.passed[:WARM_UP])), 1 - float(np.mean(done.passed[WARM_UP:])))


def summary(result: BalancingResult, warm_up: int, turned_away: float = 0.0) -> Outcome:
    """Return what is shown of a result; ``turned_away`` is the share of requests that found no balancer."""
    lost, responses = result.lost[warm_up:], result.responses[warm_up:]
    answered = responses[~lost] if lost.any() else responses
    failed = turned_away + (1 - turned_away) * float(np.mean(lost))
    shares = result.requests_per_server / result.servers.size
    overloaded = tuple(result.overloaded.tolist())
    if not answered.size:
        answered = np.zeros(1)
    return Outcome(float(answered.mean()), float(np.percentile(answered, 99)), failed, shares, np.minimum(result.utilizations, 1.0), overloaded)


@lru_cache(maxsize=32)
def curve(setting: Setting) -> dict[float, Outcome]:
    """Return the outcomes at every load."""
    return {load: outcome(setting, load) for load in LOADS}


@lru_cache(maxsize=256)
def in_theory(setting: Setting) -> dict[str, dict[float, float]]:
    """Return mean response times by load for what has a closed form, as far as there is a steady state."""
    lines: dict[str, dict[float, float]] = {}
    if "down" in (setting.server, setting.balancer):
        return lines
    rates = setting.actual_rates
    alike = bool((rates == rates[0]).all()) and setting.service == "exponential"
    for load in LOADS:
        each = load * setting.rates.sum() / WORK / setting.servers  # requests per millisecond that come to a server under random splitting
        if setting.policy == "random" and each * WORK < rates.min():
            waits = np.asarray(theory.mg1_mean_wait(each, WORK / rates, SQUARED_CVS[setting.service]))
            lines.setdefault("random in theory", {})[load] = float(np.mean(waits + WORK / rates))
        if alike and setting.policy != "random":
            lines.setdefault("random in theory", {})[load] = float(theory.mm1_mean_response(each, 1 / WORK))
        if alike and setting.policy == "two_choices":
            lines.setdefault("two of very many", {})[load] = float(theory.choices_mean_response(each, 1 / WORK, 2))
        elif alike:
            lines.setdefault("one queue for all", {})[load] = WORK + float(theory.mmc_mean_wait(each * setting.servers, 1 / WORK, setting.servers))
    return lines
