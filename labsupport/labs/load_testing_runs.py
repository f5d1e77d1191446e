"""Load-test runs: a minute of one server, tested by a tool that waits for its answers and visited by users who do not, computed once and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labsupport.simulators import load_shapes, load_testing
from labsupport.simulators.load_testing import LoadTestResult
from labsupport.simulators.numbering import read_only
from labsupport.workloads import exponential_services, poisson_arrivals

WORK = 0.001  # seconds of work for a request, on average: at most 1,000 a second
SECONDS = 60  # how long a test lasts
BEGINS = 20.0  # when the server stops
LONG, BRIEF = 20, 10  # seconds of each test that shows the knee: before users lines come and go slowly, a tool has only its connections
PEAKS = [*range(10, 90, 10), 90, 95, 100, 110, 120, 130]  # percent of what the server can do
SHARES = np.union1d(np.geomspace(0.5, 0.001, 50), 0.01)[::-1]  # of the requests that take longer
CONSTANT = 20_000  # requests of a server that takes equally long for each
SEED = 7

Floats = NDArray[np.float64]


class Setting(NamedTuple):
    """All that decides what a test finds: its shape, how much it asks for at most, in percent, the stall, in seconds, and the connections."""

    shape: str
    peak: float
    stall: float
    connections: int


def rates(shape: str, peak: float, seconds: int = SECONDS) -> Floats:
    """Return how many requests a test asks for in each second."""
    return load_shapes.load_shape(shape, peak / 100 / WORK, seconds)


def stalls(stall: float) -> list[tuple[float, float]]:
    """Return when the server does nothing."""
    return [(BEGINS, BEGINS + stall)] if stall else []


@lru_cache(maxsize=1)
def _work() -> Floats:
    most = 1.3 * SECONDS / WORK
    return read_only(exponential_services(int(most + 10 * most**0.5), WORK, seed=SEED))


def _tool(setting: Setting, seconds: int) -> LoadTestResult:
    asked, count = rates(setting.shape, setting.peak, seconds), setting.connections
    # The connections open one after the other, as fast as the plan asks for requests.
    planned = np.concatenate(([0.0], np.cumsum(asked)))
    begins = np.interp(np.arange(count), planned, np.arange(planned.size))
    work = _work()[: int(asked.sum()) + count]
    return load_testing.closed_loop(count, work, interval=count / asked, period=1.0, stalls=stalls(setting.stall), begins=begins, until=seconds)


class Log(NamedTuple):
    """What became of every request of a minute, and the response time that all but each of `SHARES` do not exceed, in ms."""

    requests: LoadTestResult
    percentiles: Floats


@lru_cache(maxsize=32)
def users(shape: str, peak: float, stall: float) -> Log:
    """Let users come for a minute, as many as the plan says, each without a thought of the others."""
    arrivals = load_shapes.shaped_arrivals(rates(shape, peak), 1.0, seed=SEED + 1)
    return _log(load_testing.open_loop(arrivals, _work()[: arrivals.size], stalls=stalls(stall)))


@lru_cache(maxsize=32)
def tool(setting: Setting) -> Log:
    """Test for a minute by the same plan, with connections each of which waits for its answer."""
    return _log(_tool(setting, SECONDS))


def _log(result: LoadTestResult) -> Log:
    return Log(result, 1_000 * np.percentile(result.responses, 100 * (1 - SHARES)))  # numpy's default method


@lru_cache(maxsize=1)
def knee_of_users() -> Floats:
    """Return the 99th percentile of what users meet at each of `PEAKS`, in ms: always the same users, only closer together."""
    found = []
    for peak in PEAKS:
        count = round(peak / 100 * LONG / WORK)
        served = load_testing.open_loop(poisson_arrivals(count, peak / 100 / WORK, seed=SEED + 2), _work()[:count])
        found.append(1_000 * np.percentile(served.responses, 99))
    return np.array(found)


@lru_cache(maxsize=16)
def knee_of_tool(connections: int) -> Floats:
    """Return the 99th percentile of a tool's log at each of `PEAKS`, in ms."""
    return np.array([1_000 * np.percentile(_tool(Setting("soak", peak, 0.0, connections), BRIEF).responses, 99) for peak in PEAKS])


@lru_cache(maxsize=4)
def knee_of_constant_work(work: float) -> tuple[list[float], list[float]]:
    """Return loads below 100 percent, and at each the 99th percentile in ms of users of a server whose every request takes so many seconds."""
    loads, found = [float(peak) for peak in PEAKS if peak < 100], []
    for load in loads:
        arrivals = poisson_arrivals(CONSTANT, load / 100 / work, seed=SEED + 3)
        found.append(1_000 * float(np.percentile(load_testing.open_loop(arrivals, np.full(CONSTANT, work)).responses, 99)))
    return loads, found


def second_by_second(result: LoadTestResult) -> NDArray[np.int64]:
    """Count how many requests were sent in every second of the test."""
    return np.bincount(result.sent.astype(np.int64), minlength=SECONDS)[:SECONDS]
