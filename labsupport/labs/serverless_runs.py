"""Serverless runs: requests at many rates, answered by functions and by servers that are always on, computed once and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labsupport import workloads
from labsupport.simulators import queueing, serverless
from labsupport.simulators.serverless import ServerlessResult

REQUESTS = 4_000  # behind each point of a curve, after some that are not counted
WARM_UP = 2_000  # longer than the longest cold start at the highest rate
WORK = 0.1  # seconds of each request on average, exponential
TOGETHER = 4  # requests that a server works on at once, each in one of its places
MEMORY = 1.0  # gigabytes of a function
BY_GB_SECOND, BY_REQUEST = 1.66667e-5, 2e-7  # dollars: what AWS Lambda lists for x86 in us-east-1, 2025
BY_SERVER_HOUR = 0.045  # dollars: what AWS Fargate lists there for 1 vCPU and 1 GB, 2025
HOURS = 730.0  # of a month
RATES = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 2_000.0, 3_000.0, 5_000.0]  # requests a minute
MOST = 1_000  # instances at a time: the limit of AWS Lambda in a region, unless one asks for more; in a second: so many that it hardly matters
TURNS = 4  # in which a break-even is found
PERCENT = 0.01  # of those turned away, from which on there is no 99th percentile
SHARE, LENGTH = 1 / 20, 15.0  # of the time in which bursts come, and how long one lasts, in times from request to request

Floats = NDArray[np.float64]


class Setting(NamedTuple):
    """All that decides how functions fare.

    That is: seconds of a cold start and of keeping alive, instances provisioned, how requests come, and how many instances there may be
    at a time and may start in a second.
    """

    cold_start: float
    keep_alive: float
    provisioned: int
    pattern: str
    limit: int = MOST
    growth: int = MOST


class Fared(NamedTuple):
    """How requests fared at a rate: their 99th percentile in seconds, dollars a month, and the shares that started cold or were turned away."""

    p99: float
    cost: float
    cold: float = 0.0
    turned_away: float = 0.0


@lru_cache(maxsize=4)
def _shape(pattern: str) -> tuple[Floats, Floats]:
    """Return arrivals at one a second, and the work of each."""
    total = REQUESTS + WARM_UP
    if pattern == "bursts":
        arrivals = workloads.bursty_arrivals(total, 1.0, seed=1, peak=10.0, share=SHARE, duration=LENGTH)
    elif pattern == "regular":
        arrivals = workloads.deterministic_arrivals(total, 1.0)
    else:
        arrivals = workloads.poisson_arrivals(total, 1.0, seed=1)
    return arrivals, workloads.exponential_services(total, WORK, seed=2)


@lru_cache(maxsize=4)  # what is drawn needs only how they fared
def run(setting: Setting, rate: float) -> ServerlessResult:
    """Let functions answer so many requests a minute."""
    arrivals, work = _shape(setting.pattern)
    times = {"cold_start": setting.cold_start, "keep_alive": setting.keep_alive, "growth": float(setting.growth)}
    return serverless.simulate(60 * arrivals / rate, work, **times, limit=setting.limit, provisioned=setting.provisioned)


@lru_cache(maxsize=4096)
def functions(setting: Setting, rate: float) -> Fared:
    """Return how requests fare with functions, and what a month of that costs; who is turned away costs nothing, and waits for ever."""
    result = run(setting, rate)
    counted = slice(WARM_UP, None)
    responses, cold = result.finishes[counted] - result.arrivals[counted], float(result.cold[counted].mean())
    turned_away = float(np.isnan(responses).mean())
    billed = WORK * (1 - turned_away) + setting.cold_start * cold  # seconds a request
    kept = setting.provisioned * MEMORY * BY_GB_SECOND / 4  # provisioned memory costs about a quarter of working memory, used or not
    month = 3_600 * HOURS * (rate / 60 * (billed * MEMORY * BY_GB_SECOND + BY_REQUEST * (1 - turned_away)) + kept)
    waits = np.inf if turned_away >= PERCENT else float(np.percentile(np.nan_to_num(responses, nan=np.inf), 99))
    return Fared(waits, month, cold, turned_away)


@lru_cache(maxsize=4096)
def servers(count: int, pattern: str, rate: float) -> Fared:
    """Return how requests fare with servers that are always on; from 98 % on nobody can say, since the line grows for ever."""
    month = count * BY_SERVER_HOUR * HOURS
    if rate / 60 * WORK >= 0.98 * count * TOGETHER:
        return Fared(float("inf"), month)
    arrivals, work = _shape(pattern)
    responses = queueing.simulate(60 * arrivals / rate, work, count * TOGETHER).responses[WARM_UP:]
    return Fared(float(np.percentile(responses, 99)), month)


def break_even(setting: Setting, count: int) -> float:
    """Return the rate, in requests a minute, at which functions cost what the servers do; 0 if what is kept ready costs as much alone.

    That is the price of answering all of them: who is turned away at a limit costs nothing, but that is no saving. How many start cold
    depends on the rate, and the rate on what they cost: a few turns settle both.
    """
    ready = setting.provisioned * MEMORY * BY_GB_SECOND / 4
    left = count * BY_SERVER_HOUR / 3_600 - ready  # dollars a second that may go into requests
    if left <= 0:
        return 0.0
    cold, setting = 0.0, setting._replace(limit=MOST, growth=MOST)
    for _ in range(TURNS):
        rate = 60 * left / ((WORK + setting.cold_start * cold) * MEMORY * BY_GB_SECOND + BY_REQUEST)
        cold = functions(setting, rate).cold
    return rate
