"""What keeps a service running, against what else does the same: libraries where there are any, and the published algorithms in plain Python.

Run as ``python -m benchmarks.operations``. A thing is a look of the autoscaler, a request, a task, a pod, a sample, a setting or a user. Both do
the same work, and the results are compared before they are timed; most peers do less of it, and all times are for one thing.
"""

from __future__ import annotations

from collections import deque
from functools import cache
from heapq import heapify, heappop, heappush, heapreplace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import SOME, Contest, hold
from labsupport.simulators import (
    anomalies,
    autoscaling,
    edge_region,
    edge_sites,
    fairness,
    garbage,
    gaussian_process,
    monitoring,
    packing,
    serverless,
)
from labsupport.workloads import exponential_services, poisson_arrivals

SEED = 1
COLD_START, KEEP_ALIVE, LIMIT = 2.0, 10.0, 40
YOUNG, OLD, LIVE, SURVIVAL, COPY_TIME, MARK_TIME = 100.0, 400.0, 200.0, 0.05, 1.0, 0.1
USERS, PODS, WINDOW, SITES, OPENED, PEOPLE, SETTINGS, TESTED = 50, 5_000, 24, 12, 5, 160, 500, 30
Floats = NDArray[np.float64]


def main() -> None:
    """Print one line for each contest."""
    hold(
        (
            Contest("autoscaling", "Python", autoscaled, autoscaled_in_python),
            Contest("serverless", "Python", functions, functions_in_python, few=SOME),
            Contest("dominant resource fairness", "Python", shared, shared_in_python, few=20_000, many=200_000),
            Contest("packing, first fit", "Python", packed, packed_in_python, few=PODS, many=PODS),
            Contest("garbage", "Python", collected, collected_in_python, few=SOME),
            Contest("increase of a counter", "Python", increased, increased_in_python, few=SOME),
            Contest("alert", "Python", alerted, alerted_in_python, few=SOME),
            Contest("anomalies, moving mean", "pandas", moving, moving_in_pandas, few=SOME, tolerance=1e-7),
            Contest("anomalies, fading mean", "pandas", fading, fading_in_pandas, few=SOME, tolerance=1e-7),
            Contest("tuning, Gaussian process", "sklearn", foreseen, foreseen_by_sklearn, few=SETTINGS, many=SETTINGS, tolerance=1e-6),
            Contest("edge, the best five sites", "SciPy", sited, sited_in_scipy, few=PEOPLE, many=PEOPLE),
        )
    )


@cache
def _demand(ticks: int) -> Floats:
    return 25 + 20 * np.sin(np.arange(ticks) / 40) + np.random.default_rng(SEED).exponential(3.0, ticks)


def autoscaled(ticks: int) -> Any:
    """Let the horizontal autoscaler follow a demand."""
    result = autoscaling.simulate(_demand(ticks), target=0.6)
    return result.replicas, result.ready


def autoscaled_in_python(ticks: int) -> Any:
    """Let the tests' controller do so, which keeps lists of recommendations and events as the documentation describes."""
    from tests.simulators.test_autoscaling import DOWN, UP, followed

    return followed(_demand(ticks).tolist(), 0.6, 1, 100, UP, DOWN, 30, 15)


@cache
def _calls(requests: int) -> tuple[Floats, Floats]:
    return poisson_arrivals(requests, 30.0, SEED), exponential_services(requests, 1.0, SEED + 1)


def functions(requests: int) -> Any:
    """Let functions answer requests."""
    return serverless.simulate(*_calls(requests), cold_start=COLD_START, keep_alive=KEEP_ALIVE, limit=LIMIT).finishes


def functions_in_python(requests: int) -> Any:
    """Keep those that work in a heap, and those that are idle in a queue: the last to become idle is used first, and the first expires first."""
    working, idle, finishes = list[float](), deque[float](), list[float]()
    for now, work in zip(*(column.tolist() for column in _calls(requests)), strict=True):
        while working and working[0] <= now:
            idle.append(heappop(working))
        while idle and idle[0] + KEEP_ALIVE < now:
            idle.popleft()
        if idle:
            idle.pop()
            finish = now + work
        elif len(working) < LIMIT:
            finish = now + COLD_START + work
        else:
            finishes.append(np.nan)
            continue
        heappush(working, finish)
        finishes.append(finish)
    return finishes


@cache
def _users(tasks: int) -> tuple[Floats, Floats]:
    demands = np.random.default_rng(SEED).uniform(0.5, 4.0, (USERS, 3))
    return demands.mean(axis=0) * tasks, demands


def shared(tasks: int) -> Any:
    """Grant whole tasks to users, of whom everyone needs something else most."""
    return fairness.share(*_users(tasks)).tasks


def shared_in_python(tasks: int) -> Any:
    """Keep all users in a heap by their dominant share, and drop whoever needs more than is left."""
    capacity, demands = (column.tolist() for column in _users(tasks))
    most = [max(need / all_of_it for need, all_of_it in zip(needs, capacity, strict=True)) for needs in demands]
    granted, free, heap = [0] * USERS, list(capacity), [(0.0, user) for user in range(USERS)]
    heapify(heap)
    while heap:
        user = heap[0][1]
        left = [there - need for there, need in zip(free, demands[user], strict=True)]
        if min(left) < 0:
            heappop(heap)
            continue
        free, granted[user] = left, granted[user] + 1
        heapreplace(heap, (granted[user] * most[user], user))
    return granted


@cache
def _pods(pods: int) -> Floats:
    return np.random.default_rng(SEED).uniform(1.0, [6.0, 12.0], (pods, 2))


def packed(pods: int) -> Any:
    """Put pods on the first node with room for both of their resources."""
    return packing.pack("first_fit", _pods(pods), [10.0, 20.0]).nodes


def packed_in_python(pods: int) -> Any:
    """Look at one node after the other."""
    free, nodes = list[list[float]](), list[int]()
    for cores, memory in _pods(pods).tolist():
        for node, left in enumerate(free):  # noqa: B007 - it is used after the loop
            if left[0] >= cores and left[1] >= memory:
                break
        else:
            node, left = len(free), [10.0, 20.0]
            free.append(left)
        left[0] -= cores
        left[1] -= memory
        nodes.append(node)
    return nodes


@cache
def _allocations(requests: int) -> tuple[Floats, Floats, Floats]:
    times = poisson_arrivals(requests, 0.2, SEED), exponential_services(requests, 2.0, SEED + 1)
    return *times, np.minimum(exponential_services(requests, 1.0, SEED + 2), YOUNG)


def collected(requests: int) -> Any:
    """Let requests allocate from a heap of two generations."""
    sizes = {"young": YOUNG, "old": OLD, "live": LIVE, "survival": SURVIVAL}
    return garbage.simulate(*_allocations(requests), **sizes, copy_time=COPY_TIME, mark_time=MARK_TIME).finishes


def collected_in_python(requests: int) -> Any:
    """Keep what is in either part as a sum."""
    free, fresh, old, finishes = 0.0, 0.0, LIVE, list[float]()
    for arrival, service, size in zip(*(column.tolist() for column in _allocations(requests)), strict=True):
        free = max(free, arrival)
        if fresh + size > YOUNG:
            if old + SURVIVAL * fresh > OLD:
                old = LIVE
                free += MARK_TIME * old
            old += SURVIVAL * fresh
            free += COPY_TIME * SURVIVAL * fresh
            fresh = 0.0
        fresh += size
        free += service
        finishes.append(free)
    return finishes


@cache
def _samples(samples: int) -> tuple[Floats, Floats]:
    generator = np.random.default_rng(SEED)
    values = np.cumsum(generator.poisson(20.0, samples)).astype(np.float64)
    values -= np.repeat(values[::1_000], 1_000)[:samples]  # a restart every thousand samples
    return 15.0 * np.arange(samples) + generator.uniform(0, 1, samples), values


def increased(samples: int) -> Any:
    """Tell by how much a counter grew in all."""
    times, values = _samples(samples)
    return monitoring.increase(times, values, times[0] - 5.0, times[-1] + 5.0)


def increased_in_python(samples: int) -> Any:
    """Walk from sample to sample, as Prometheus does, and stretch what was found to the ends."""
    times, values = (column.tolist() for column in _samples(samples))
    growth, last = values[-1] - values[0], values[0]
    for value in values:
        if value < last:
            growth += last
        last = value
    covered = times[-1] - times[0]
    distance, zero = covered / (len(times) - 1), covered * values[0] / growth
    ends = (min(gap, limit) for gap, limit in ((5.0, zero), (5.0, 5.0)))
    return growth * (covered + sum(gap if gap < 1.1 * distance else distance / 2 for gap in ends)) / covered


def alerted(samples: int) -> Any:
    """Tell when an alert fires that waits for two minutes."""
    return monitoring.alert(*_samples(samples), 10_000.0, 120.0).firing


def alerted_in_python(samples: int) -> Any:
    """Remember since when its condition has held."""
    since, firing = None, list[bool]()
    for time, value in zip(*(column.tolist() for column in _samples(samples)), strict=True):
        since = (time if since is None else since) if value > 10_000.0 else None
        firing.append(since is not None and time - since >= 120.0)
    return firing


@cache
def _traffic(samples: int) -> Floats:
    return np.random.default_rng(SEED).gamma(20.0, 50.0, samples)


def _expected(detector: str, samples: int) -> Any:
    found = anomalies.expect(detector, _traffic(samples), window=WINDOW)
    return found.expected[WINDOW:], found.spread[WINDOW:]


def moving(samples: int) -> Any:
    """Expect the mean of a window, and its spread."""
    return _expected("moving", samples)


def moving_in_pandas(samples: int) -> Any:
    """Let pandas roll."""
    import pandas as pd

    window = pd.Series(_traffic(samples)).rolling(WINDOW)
    return window.mean().shift()[WINDOW:], window.std(ddof=0).shift()[WINDOW:]


def fading(samples: int) -> Any:
    """Expect a mean in which what is older counts less, and its spread."""
    return _expected("ewma", samples)


def fading_in_pandas(samples: int) -> Any:
    """Let pandas weigh."""
    import pandas as pd

    fade = pd.Series(_traffic(samples)).ewm(span=WINDOW, adjust=False)
    return fade.mean().shift()[WINDOW:], np.sqrt(fade.var(bias=True).shift()[WINDOW:])


@cache
def _settings(count: int) -> tuple[Floats, Floats, Floats]:
    generator = np.random.default_rng(SEED)
    return generator.random((TESTED, 2)), generator.standard_normal(TESTED), generator.random((count, 2))


def foreseen(count: int) -> Any:
    """Tell what settings that were not tested may come to, and how sure that is."""
    return gaussian_process.posterior(*_settings(count))


def foreseen_by_sklearn(count: int) -> Any:
    """Let scikit-learn fit a process for each of the same lengths, and take the likeliest."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF

    known, values, asked = _settings(count)
    fits = [
        GaussianProcessRegressor(RBF(length, "fixed"), alpha=gaussian_process.NOISE**2, optimizer=None).fit(known, values)
        for length in gaussian_process.LENGTHS
    ]
    return max(fits, key=lambda fit: fit.log_marginal_likelihood_value_).predict(asked, return_std=True)


@cache
def _region(users: int) -> tuple[Floats, Floats]:
    area = edge_region.region(users, SITES, SEED)
    return edge_region.ways(area, 0.8), area.weights


def sited(users: int) -> Any:
    """Open the best sites, by trying all sets, and return how long the mean way is."""
    costs, weights = _region(users)
    return weights @ costs[:, [*edge_sites.choose("exact", costs, weights, OPENED), -1]].min(axis=1)


def sited_in_scipy(users: int) -> Any:
    """Let HiGHS solve it as a mixed-integer program: every user has one place, which must be open."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import eye_array, hstack, kron

    costs, weights = _region(users)
    user, site = eye_array(users), eye_array(SITES)
    everyone, all_sites = np.ones((users, 1)), np.ones((1, SITES + 1))
    of_sites = hstack((site, np.zeros((SITES, 1))))  # the last place is always open
    choices = np.concatenate((np.zeros(costs.size), np.ones(SITES)))  # who goes where, then what is open
    rules = (
        LinearConstraint(hstack((kron(user, all_sites), np.zeros((users, SITES)))), 1, 1),
        LinearConstraint(hstack((kron(user, of_sites), -kron(everyone, site))), ub=0),
        LinearConstraint(choices[None], ub=OPENED),
    )
    prices = np.concatenate(((weights[:, None] * costs).ravel(), np.zeros(SITES)))
    return milp(prices, constraints=rules, bounds=Bounds(0, 1), integrality=choices).fun


if __name__ == "__main__":
    main()
