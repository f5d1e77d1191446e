"""Automatic tuning: a server with two knobs, tests that are noisy, and programs that look for the best setting with few of them.

The server has some memory, and two knobs: how many workers it runs, and how much of the memory is a cache. A larger cache answers more at once,
with falling returns. More workers do more at a time, but get into each other's way as the Universal Scalability Law has it, and each needs memory,
too; beyond what there is, everything is slowed by swapping. So the best setting of one knob depends on the other. Requests come at random and take
exponential times: an M/M/c queue. A test measures the 95th percentile of some requests, and a short one says little.

References
----------
J. Bergstra and Y. Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 13, 2012.
K. Jamieson and A. Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016: successive halving.
D. R. Jones, M. Schonlau and W. J. Welch, "Efficient Global Optimization of Expensive Black-Box Functions", Journal of Global Optimization 13, 1998.
D. Van Aken et al., "Automatic Database Management System Tuning Through Large-scale Machine Learning", SIGMOD 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport import checks, theory
from labsupport.simulators.disciplines import first_come_first_served
from labsupport.simulators.gaussian_process import expected_improvement, posterior
from labsupport.simulators.numbering import read_only

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

METHODS = ("one_by_one", "random", "halving", "bayesian")
MEMORY, PER_WORKER = 16.0, 0.5  # GB: of the server, and of each worker
WORKERS = np.arange(1, 33)
CACHES = np.arange(0, 33) / 2  # GB
HIT, MISS, HALF = 2.0, 38.0, 1.0  # ms of work, ms more after a miss, and GB that spare about 43 % of the misses
CONTENTION, COHERENCY, SWAPPING = 0.01, 0.0005, 0.3  # for each worker more, each pair, and each GB beyond the memory
SHIPPED = 1.0  # GB that the cache has if nobody says otherwise
GIVE_UP = 2_000.0  # ms: a longer 95th percentile counts as this one
RANK = 0.95
FIRST = 4  # settings that the Bayesian search tries before it has anything to go by


def service_time(workers: ArrayLike, cache: ArrayLike) -> Floats:
    """Return how long a worker is busy with a request, on average.

    Parameters
    ----------
    workers : array_like of int
        How many run, at least 1.
    cache : array_like of float
        GB of memory for the cache, at least 0; broadcast against the workers.

    Returns
    -------
    ndarray of float64
        Milliseconds.

    Examples
    --------
    >>> service_time(1, [0, 1, 8]).round(1)
    array([40. , 23.8,  8.6])
    >>> service_time([8, 32], 8).round(1)
    array([ 9.4, 52.5])
    """
    count, size = np.asarray(workers, dtype=np.float64), np.asarray(cache, dtype=np.float64)
    alone = HIT + MISS * (1 + size / HALF) ** -0.8
    crowd = 1 + CONTENTION * (count - 1) + COHERENCY * count * (count - 1)
    swapped = np.maximum(size + PER_WORKER * count - MEMORY, 0)
    return np.asarray(alone * crowd * (1 + SWAPPING * swapped))


def percentile(workers: ArrayLike, cache: ArrayLike, rate: ArrayLike) -> Floats:
    """Return what a test without end would measure: theory, not known to anybody who tunes.

    Parameters
    ----------
    workers : array_like of int
        How many run, at least 1.
    cache : array_like of float
        GB, at least 0.
    rate : array_like of float
        Requests a second, at least 0; all three are broadcast.

    Returns
    -------
    ndarray of float64
        95th percentiles of the response time in milliseconds, at most 2,000.

    Examples
    --------
    >>> percentile(8, 10.5, [0, 600, 900, 1_000]).round(1)
    array([  24.3,   24.8,   43.6, 2000. ])
    """
    count, rates, busy = np.broadcast_arrays(np.asarray(workers), np.asarray(rate, dtype=np.float64), service_time(workers, cache))
    found = np.full(busy.shape, GIVE_UP)
    stable = rates * busy < 999 * count
    found[stable] = np.minimum(theory.mmc_response_percentile(rates[stable] / 1_000, 1 / busy[stable], count[stable], RANK), GIVE_UP)
    return found


def capacity(workers: int, cache: float, limit: float) -> float:
    """Return how many requests a second one server can do without breaking a promise: that 95 of 100 are answered within a limit.

    Parameters
    ----------
    workers : int
        From 1 to 32.
    cache : float
        GB, from 0 to 16.
    limit : float
        Milliseconds, above 0.

    Returns
    -------
    float
        The highest rate at which theory gives a 95th percentile within the limit, found by bisection; 0 if there is none.

    Raises
    ------
    ValueError, TypeError
        If a number is outside its range.

    Examples
    --------
    >>> [round(capacity(*setting, limit=100.0)) for setting in ((4, 1.0), (8, 10.5))]
    [120, 955]
    """
    workers, cache = checks.integer("workers", workers, 1, int(WORKERS[-1])), checks.number("cache", cache, 0, MEMORY)
    limit, busy = checks.number("limit", limit, above=0), float(service_time(workers, cache))
    low, high = 0.0, 1_000 * workers / busy
    for _ in range(50):
        middle = (low + high) / 2
        kept = theory.mmc_response_tail(middle / 1_000, 1 / busy, workers, limit) <= 1 - RANK
        low, high = (middle, high) if kept else (low, middle)
    return low


@lru_cache(maxsize=32)
def truth(rate: float) -> Floats:
    """Return what a test without end would measure for each setting: theory, not known to anybody who tunes.

    Parameters
    ----------
    rate : float
        Requests a second, above 0.

    Returns
    -------
    ndarray of float, shape (32, 33)
        95th percentiles in milliseconds, at most 2,000: a row for each number of workers from 1, a column for each half a GB of cache from 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> truth(800.0).shape, round(float(truth(800.0).min()), 1)
    ((32, 33), 24.6)
    """
    rate = checks.number("rate", rate, above=0)
    return read_only(percentile(WORKERS[:, None], CACHES[None], rate))


def measure(workers: int, cache: float, rate: float, requests: int, seed: int = 0) -> float:
    """Run a load test on one setting, and return what it measures.

    Parameters
    ----------
    workers : int
        From 1 to 32.
    cache : float
        GB, from 0 to 16.
    rate : float
        Requests a second.
    requests : int
        How many are sent to the idle server, at least 20.
    seed : int, default 0
        Same seed, same requests.

    Returns
    -------
    float
        The 95th percentile of their response times, in milliseconds, by numpy's default method; at most 2,000.

    Raises
    ------
    ValueError, TypeError
        If a number is outside its range.

    Examples
    --------
    >>> [round(measure(7, 12.5, 600.0, 1_000, seed), 1) for seed in range(3)]
    [23.8, 20.8, 24.6]
    """
    workers, cache = checks.integer("workers", workers, 1, int(WORKERS[-1])), checks.number("cache", cache, 0, MEMORY)
    rate, requests = checks.number("rate", rate, above=0), checks.integer("requests", requests, minimum=20)
    return _measured(workers, float(service_time(workers, cache)), rate, requests, checks.integer("seed", seed, minimum=0))


def _measured(workers: int, busy: float, rate: float, requests: int, seed: int) -> float:
    """Measure: the queue itself, and numpy's default percentile without numpy.quantile. A race asks more than a hundred times."""
    chances = np.random.default_rng(seed).standard_exponential((2, requests))
    arrivals, work = np.cumsum(chances[0]) * (1_000 / rate), chances[1] * busy
    starts, finishes = np.empty(requests), np.empty(requests)
    first_come_first_served.run(read_only(arrivals), read_only(work), workers, starts, finishes)  # as the kernel is compiled for queueing
    rank = RANK * (requests - 1)
    places = (int(rank), math.ceil(rank))
    below, above = np.partition(finishes - arrivals, places)[list(places)].tolist()
    return min(float(below + (rank - int(rank)) * (above - below)), GIVE_UP)


@dataclass(frozen=True, eq=False)
class TuningResult:
    """What a program tried, and what it took for the best.

    Attributes
    ----------
    method : str
    workers, caches : ndarray, shape (tests,)
        The settings in the order in which they were tested.
    requests : ndarray of int, shape (tests,)
        How many requests each test sent.
    measured : ndarray of float, shape (tests,)
        The 95th percentile of each, in milliseconds.
    best : ndarray of int, shape (tests,)
        After each test, the index of the one whose setting would be taken now.
    """

    method: str
    workers: Integers
    caches: Floats
    requests: Integers
    measured: Floats
    best: Integers

    @property
    def setting(self) -> tuple[int, float]:
        """The workers and the cache that it settles on."""
        return int(self.workers[self.best[-1]]), float(self.caches[self.best[-1]])

    def quality(self, rate: float) -> Floats:
        """Return, after each test, what the setting that would be taken now is really worth: its 95th percentile by theory, in milliseconds.

        Parameters
        ----------
        rate : float
            Requests a second.

        Returns
        -------
        ndarray of float, shape (tests,)
        """
        taken = self.best
        return truth(rate)[self.workers[taken] - 1, np.round(2 * self.caches[taken]).astype(np.int64)]


def tune(method: str, rate: float, budget: int, requests: int, seed: int = 0) -> TuningResult:
    """Look for the setting with the lowest 95th percentile.

    - ``one_by_one``: the workers first, evenly spread, with the cache as it is shipped, 1 GB; then the cache, with the best number of workers.
    - ``random``: settings drawn at random, each tested once.
    - ``halving``: successive halving. Twice as many settings as the budget has tests, drawn at random, get an eighth of a test each; the better half
      gets a quarter of a test, the better half of these half a test, and the better half of these a whole one. All rounds cost the same.
    - ``bayesian``: four settings at random; then a Gaussian process, fitted to the logarithms of what was measured, says what is to be
      expected of a quarter of all settings, evenly spread, and how sure that is, and the one with the highest expected improvement is tested next.

    Parameters
    ----------
    method : {"one_by_one", "random", "halving", "bayesian"}
    rate : float
        Requests a second.
    budget : int
        How many whole tests may be run, 4 to 100; short ones count as the part of one that they are.
    requests : int
        How many a whole test sends, at least 160.
    seed : int, default 0
        Same seed, same settings and same requests.

    Returns
    -------
    TuningResult

    Raises
    ------
    ValueError, TypeError
        If the method is unknown, or a number is outside its range.

    Examples
    --------
    >>> result = tune("random", 600.0, budget=8, requests=500)
    >>> result.setting, result.measured.size
    ((9, 9.5), 8)
    """
    method = checks.choice("method", method, METHODS)
    rate, budget = checks.number("rate", rate, above=0), checks.integer("budget", budget, 4, 100)
    requests = checks.integer("requests", requests, minimum=160)
    bench = _Bench(rate, checks.integer("seed", seed, minimum=0))
    {"one_by_one": _one_by_one, "random": _random, "halving": _halving, "bayesian": _bayesian}[method](bench, budget, requests)
    tested = np.array(bench.tested, dtype=np.int64)
    columns = (WORKERS[tested // CACHES.size], CACHES[tested % CACHES.size], np.array(bench.requests), np.array(bench.measured), np.array(bench.best))
    return TuningResult(method, *(read_only(column) for column in columns))


BUSY = read_only(service_time(WORKERS[:, None], CACHES[None]))  # ms, of every setting


class _Bench:
    """Where settings, counted from 0 along the rows of `truth`, are tested, each test with requests of its own."""

    def __init__(self, rate: float, seed: int) -> None:
        self.rate, self.seed = rate, seed
        self.generator = np.random.default_rng(seed)
        self.tested, self.requests, self.measured, self.best = list[int](), list[int](), list[float](), list[int]()

    def try_out(self, setting: int, requests: int) -> float:
        row, column = divmod(setting, CACHES.size)
        found = _measured(row + 1, float(BUSY[row, column]), self.rate, requests, 1_000 * self.seed + len(self.tested))
        if not self.best or (-requests, found) < (-self.requests[self.best[-1]], self.measured[self.best[-1]]):
            self.best.append(len(self.tested))  # who has been tested longer is known better, and so is the best of those
        else:
            self.best.append(self.best[-1])
        self.tested.append(setting)
        self.requests.append(requests)
        self.measured.append(found)
        return found

    def drawn(self, count: int) -> list[int]:
        return [int(setting) for setting in self.generator.choice(WORKERS.size * CACHES.size, count, replace=False)]


def _one_by_one(bench: _Bench, budget: int, requests: int) -> None:
    usual, half = int(2 * SHIPPED), budget // 2
    rows = np.round(np.linspace(0, WORKERS.size - 1, half)).astype(int)
    found = [bench.try_out(int(row) * CACHES.size + usual, requests) for row in rows]
    row = int(rows[int(np.argmin(found))])
    for column in np.round(np.linspace(0, CACHES.size - 1, budget - half)).astype(int):
        bench.try_out(row * CACHES.size + int(column), requests)


def _random(bench: _Bench, budget: int, requests: int) -> None:
    for setting in bench.drawn(budget):
        bench.try_out(setting, requests)


def _halving(bench: _Bench, budget: int, requests: int) -> None:
    left = bench.drawn(2 * budget)
    for part in (8, 4, 2, 1):
        found = [bench.try_out(setting, requests // part) for setting in left]
        left = [left[index] for index in np.argsort(found, kind="stable")[: max(len(left) // 2, 1)]]


PLACES = np.stack(np.meshgrid(np.linspace(0, 1, WORKERS.size), np.linspace(0, 1, CACHES.size), indexing="ij"), axis=-1).reshape(-1, 2)
STEP = 4  # the process is asked about every fourth of them: a quarter, evenly staggered


def _bayesian(bench: _Bench, budget: int, requests: int) -> None:
    for setting in bench.drawn(min(FIRST, budget)):
        bench.try_out(setting, requests)
    while len(bench.tested) < budget:
        values = np.log(bench.measured)
        spread = float(values.std()) or 1.0
        mean, deviation = posterior(PLACES[bench.tested], (values - values.mean()) / spread, PLACES[::STEP])
        gain = expected_improvement(mean, deviation, float((values.min() - values.mean()) / spread))
        gain[[setting // STEP for setting in bench.tested if setting % STEP == 0]] = -1.0
        bench.try_out(int(np.argmax(gain)) * STEP, requests)
