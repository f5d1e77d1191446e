"""Monitoring runs: forty minutes of a service with an incident, and what a server that scrapes it sees, computed once and kept."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labsupport.simulators import queueing, scrapes
from labsupport.simulators.monitoring import EXTRAPOLATED
from labsupport.simulators.scrapes import ScrapingResult
from labsupport.workloads import lognormal_services, poisson_arrivals

LENGTH = 2_400.0  # seconds that are shown
EVALUATION = 15.0  # seconds from one evaluation of the rule to the next
POINT = 30.0  # seconds that one point of the truth stands for
BEGINS = 930.0  # when the incident begins
SLOWER = 4.0  # how many times longer requests take in an incident, and in a hiccup
HICCUP = 8.0  # seconds that a hiccup lasts
QUIET = ((60.0, 840.0), (1_680.0, 2_340.0))  # when hiccups may come: before and after any incident
MOST_HICCUPS = 12
RATE, WORK, SERVERS = 30.0, 0.1, 15  # requests a second, seconds of work for each, and at how many they are worked at once
Q = 0.99
PHASE = 0.4  # of the interval: when in it the service is scraped
FRESH = 10.0  # seconds back over which the gauge's own p99 is taken
STALE = 300.0  # seconds after which a sample of a gauge is no longer shown

INFINITE = float("inf")
BUCKETS: dict[str, tuple[float, ...]] = {
    "few": (0.1, 1.0, 10.0, INFINITE),
    "short": (0.05, 0.1, 0.25, 0.5, 1.0, INFINITE),
    "prometheus": (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, INFINITE),
    "powers": (*(2.0**power for power in range(-8, 5)), INFINITE),
    "many": (*(0.01 * 1.1**power for power in range(80)), INFINITE),
}

Floats = NDArray[np.float64]


class Requests(NamedTuple):
    """Requests in the order in which they finish: when, and how long each took."""

    finishes: Floats
    responses: Floats


class Setting(NamedTuple):
    """All that decides what the dashboard shows."""

    length: float
    hiccups: int
    metric: str
    buckets: str
    interval: float
    window: float
    lost: float


def evaluations() -> Floats:
    """Return when the rule is evaluated."""
    return np.arange(EVALUATION, LENGTH + 1, EVALUATION)


@lru_cache(maxsize=1)
def _drawn() -> tuple[Floats, Floats, Floats]:
    """Draw when requests come, what work they are, and when hiccups begin: of fewer of them, the first."""
    count = round(RATE * LENGTH)
    places = np.random.default_rng(71).permutation(MOST_HICCUPS)
    share = (places + 0.5) / MOST_HICCUPS
    (start, end), (again, _) = QUIET
    span = sum(to - since for since, to in QUIET) - HICCUP
    begins = start + share * span
    begins = np.where(begins > end - HICCUP, begins - end + again, begins)
    return poisson_arrivals(count, RATE, seed=72), lognormal_services(count, WORK, seed=73, squared_cv=1.0), begins


@lru_cache(maxsize=64)
def requests(length: float, hiccups: int) -> Requests:
    """Serve the requests of forty minutes, with an incident of some length and some hiccups."""
    arrivals, work, begins = _drawn()
    slow = (arrivals >= BEGINS) & (arrivals < BEGINS + length)
    for begin in begins[:hiccups]:
        slow |= (arrivals >= begin) & (arrivals < begin + HICCUP)
    finishes = queueing.simulate(arrivals, np.where(slow, SLOWER * work, work), SERVERS).finishes
    order = np.argsort(finishes, kind="stable")
    return Requests(finishes[order], (finishes - arrivals)[order])


@lru_cache(maxsize=64)
def truth(length: float, hiccups: int) -> Floats:
    """Return the exact p99 of what finished in each half minute."""
    ends = np.arange(POINT, LENGTH + 1, POINT)
    return _exact(requests(length, hiccups), ends - POINT, ends)


def incident(length: float, hiccups: int) -> float:
    """Return the exact p99 of what finished while the incident lasted."""
    return float(_exact(requests(length, hiccups), np.array([BEGINS]), np.array([BEGINS + length]))[0])


def _exact(served: Requests, starts: Floats, ends: Floats) -> Floats:
    """Return the p99 of what finished in each of some ranges of time, the least that 99 % do not exceed; NaN where nothing did."""
    borders = np.searchsorted(served.finishes, (starts, ends), "right")
    found = np.full(ends.size, np.nan)
    for place, (start, end) in enumerate(borders.T.tolist()):
        if end > start:
            rank = math.ceil(Q * (end - start)) - 1
            found[place] = np.partition(served.responses[start:end], rank)[rank]
    return found


@lru_cache(maxsize=256)
def scraped(length: float, hiccups: int, buckets: str, interval: float, lost: float) -> ScrapingResult:
    """Scrape the service's histogram."""
    served = requests(length, hiccups)
    return scrapes.scrape(*served, BUCKETS[buckets], interval, LENGTH, offset=PHASE * interval, lost=lost, seed=76)


@lru_cache(maxsize=1024)
def shown(setting: Setting) -> Floats:
    """Return what the dashboard shows at each evaluation, in seconds; NaN where it shows nothing."""
    seen = scraped(setting.length, setting.hiccups, setting.buckets, setting.interval, setting.lost)
    ends = evaluations()
    if setting.metric == "gauge":
        gauge = _exact(requests(setting.length, setting.hiccups), seen.times - FRESH, seen.times)
        last = np.searchsorted(seen.times, ends, "right") - 1
        fresh = (last >= 0) & (ends - seen.times[last] <= STALE)
        return np.where(fresh, gauge[last], np.nan)
    return quantiles(Q, seen.bounds, rates(seen.times, seen.counts, ends, setting.window))


def rates(times: Floats, counts: NDArray[np.int64], ends: Floats, window: float) -> Floats:
    """Return what `labsupport.simulators.monitoring.rate` returns, for all buckets and all evaluations at once.

    Parameters
    ----------
    times : ndarray of float64, shape (scrapes,)
    counts : ndarray of int64, shape (scrapes, buckets)
    ends : ndarray of float64, shape (evaluations,)
    window : float

    Returns
    -------
    ndarray of float64, shape (evaluations, buckets)
        NaN where a window holds fewer than two scrapes.
    """
    starts = ends - window
    first, last = np.searchsorted(times, starts, "left"), np.searchsorted(times, ends, "right") - 1
    known = last > first
    found = np.full((ends.size, counts.shape[1]), np.nan)
    first, last, starts, ends = first[known], last[known], starts[known], ends[known]
    before_restart = np.zeros_like(counts)  # what was counted before all restarts so far
    before_restart[1:] = np.where(counts[1:] < counts[:-1], counts[:-1], 0).cumsum(axis=0)
    growth = (counts + before_restart)[last] - (counts + before_restart)[first]
    covered = (times[last] - times[first])[:, None]
    distance = covered / (last - first)[:, None]
    before, after = (times[first] - starts)[:, None], (ends - times[last])[:, None]
    to_zero = np.divide(covered * counts[first], growth, out=np.full(growth.shape, np.inf), where=growth > 0)
    reach = covered
    for gap in (np.minimum(before, to_zero), after):
        reach = reach + np.where(gap < EXTRAPOLATED * distance, gap, distance / 2)
    found[known] = growth * reach / covered / window
    return found


def quantiles(q: float, bounds: Floats, counts: Floats) -> Floats:
    """Return what `labsupport.simulators.monitoring.histogram_quantile` returns, for many histograms at once.

    Parameters
    ----------
    q : float
    bounds : ndarray of float64, shape (buckets,)
        The first above 0, the last infinite.
    counts : ndarray of float64, shape (histograms, buckets)
        Those of a histogram may be NaN: then it has no quantile. They are made never to fall, as rates stretched by bucket may.

    Returns
    -------
    ndarray of float64, shape (histograms,)
    """
    below = np.maximum.accumulate(counts, axis=1)
    rank = q * below[:, -1]
    bucket = np.minimum((below[:, :-1] < rank[:, None]).sum(axis=1), bounds.size - 2)
    rows = np.arange(bucket.size)
    padded, edges = np.concatenate((np.zeros((rows.size, 1)), below), axis=1), np.concatenate(([0.0], bounds))
    start, end = edges[bucket], edges[bucket + 1]
    before, inside = padded[rows, bucket], padded[rows, bucket + 1] - padded[rows, bucket]
    share = np.divide(rank - before, inside, out=np.full(rows.size, np.nan), where=inside > 0)
    beyond = rank > padded[rows, bounds.size - 1]
    return np.where(below[:, -1] > 0, np.where(beyond, bounds[-2], start + (end - start) * share), np.nan)
