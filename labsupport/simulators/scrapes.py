"""Scrapes: what a monitoring server knows of a service that counts – its histogram, read off every so often.

A service keeps one counter for each bucket of its latencies and adds to them as requests finish. The server comes by at an interval, a
little early or late, and reads them all; sometimes it does not get through. When the service restarts, its counters begin again at 0.
Between two visits nothing is lost but the order: a counter tells at the next one what it has counted since.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

MOST_SCRAPES = 1_000_000


@dataclass(frozen=True)
class ScrapingResult:
    """What was read, and when.

    Attributes
    ----------
    bounds : ndarray of float64, shape (buckets,)
        Upper bounds of the buckets, rising, the last one infinite. Read-only.
    times : ndarray of float64, shape (scrapes,)
        When the counters were read; of scrapes that failed there is none. Read-only.
    counts : ndarray of int64, shape (scrapes, buckets)
        How many requests at most as long as each bound had been counted since the service last started. Read-only.
    missed : ndarray of float64, shape (missed,)
        When a scrape failed. Read-only.
    """

    bounds: NDArray[np.float64]
    times: NDArray[np.float64]
    counts: NDArray[np.int64]
    missed: NDArray[np.float64]

    @property
    def total(self) -> NDArray[np.int64]:
        """The counter of all requests: the last bucket, which has no upper bound."""
        return self.counts[:, -1]


def scrape(
    finishes: Any,
    durations: Any,
    bounds: Any,
    interval: float,
    until: float,
    *,
    offset: float = 0.0,
    jitter: float = 0.0,
    lost: float = 0.0,
    restarts: Any = (),
    seed: int = 0,
) -> ScrapingResult:
    """Read a service's histogram at an interval.

    Parameters
    ----------
    finishes : array_like of float, shape (requests,)
        When each request finished and was counted, never falling. Not written to.
    durations : array_like of float, shape (requests,)
        How long each took, at least 0.
    bounds : array_like of float, shape (buckets,)
        Upper bounds of the buckets, rising, the last one infinite; a duration equal to a bound is counted below it.
    interval : float
        Time from one scrape to the next, above 0.
    until : float
        When the last scrape may be, at least ``offset``.
    offset : float, optional
        When the first one is due.
    jitter : float, optional
        How late each one may be at most, evenly drawn, from 0 to the interval.
    lost : float, optional
        Probability that a scrape fails, from 0 to 1. With the same seed, those that fail at a lower one fail at a higher one, too.
    restarts : array_like of float, shape (restarts,), optional
        When the service started again, never falling; what finishes at that moment is counted anew.
    seed : int, optional
        Where the random numbers start, at least 0.

    Returns
    -------
    ScrapingResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> result = scrape([1, 2, 12, 13], [0.2, 3, 0.1, 0.5], [1, float("inf")], interval=5, until=20, restarts=[11])
    >>> result.times, result.counts.tolist()
    (array([ 0.,  5., 10., 15., 20.]), [[0, 0], [1, 2], [1, 2], [2, 2], [2, 2]])
    """
    moments = checks.times("finishes", finishes)
    lengths = checks.amounts("durations", durations, kind="duration", length=moments.size)
    ends = np.array(bounds, dtype=np.float64)
    if ends.ndim != 1 or ends.size == 0 or ends[-1] != np.inf or not np.all(ends[1:] > ends[:-1]):
        raise ValueError(f"bounds are {bounds!r}, but must be a row of rising numbers, the last one infinite")
    interval = checks.number("interval", interval, above=0)
    offset = checks.number("offset", offset, minimum=0)
    until = checks.number("until", until, minimum=offset)
    if (until - offset) / interval >= MOST_SCRAPES:
        raise ValueError(f"until is {until:g} and interval {interval:g}, but there must be at most {MOST_SCRAPES:,} scrapes")
    jitter = checks.number("jitter", jitter, 0, interval)
    lost = checks.number("lost", lost, 0, 1)
    began = np.append(0.0, checks.times("restarts", restarts) if np.size(restarts) else np.empty(0))
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))

    due = offset + interval * np.arange(int((until - offset) / interval + 1e-9) + 1)
    late, luck = generator.random((2, due.size))
    due = np.minimum(due + jitter * late, until)
    failed = luck < lost
    times, missed = due[~failed], due[failed]

    # Each request is counted into one cell – the first scrape that sees it, and its bucket – and the sums over both are what is read.
    seen, bucket = np.searchsorted(times, moments, "left"), np.searchsorted(ends, lengths, "left")
    cells = np.bincount(seen * ends.size + bucket, minlength=(times.size + 1) * ends.size)
    counts = cells.reshape(-1, ends.size)[: times.size].cumsum(axis=0).cumsum(axis=1)
    if began.size > 1:
        first = np.searchsorted(moments, began[np.searchsorted(began, times, "right") - 1], "left")  # request since the last start
        before = np.array([np.bincount(bucket[:request], minlength=ends.size).cumsum() for request in np.unique(first)])
        counts = counts - before[np.searchsorted(np.unique(first), first)]
    for array in (ends, times, counts, missed):
        array.flags.writeable = False
    return ScrapingResult(ends, times, counts, missed)
