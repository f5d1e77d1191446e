"""Expiry: popular keys that are kept for a limited time, and what happens at the moment it runs out.

A loaded value is fresh for ``ttl``. A request that finds no fresh value has to wait for a load. Without protection every such
request starts a load of its own, so that all requests of one load time hit the backend together: a *stampede* (also called
dogpile or thundering herd). Four things help, alone or together:

- *Coalescing*: they share the load that is already under way.
- *Early refresh* (XFetch): shortly before the end, a request by chance acts as if it had come. How much earlier is drawn from
  an exponential distribution, by each request anew; so the more requests there are, the sooner one of them volunteers – while all
  others still find a fresh value.
- *Stale while revalidate*: for some time after the end the old value is given out, while a single load goes on behind it.
- *Jitter*: every load shortens its ttl by chance, so that keys loaded together do not expire together.

References
----------
Nishtala et al., "Scaling Memcache at Facebook", USENIX NSDI 2013, section 3.2.1 (leases).
Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", PVLDB 8(8), 2015 (XFetch).
Nottingham, "HTTP Cache-Control Extensions for Stale Content", RFC 5861, 2010 (stale-while-revalidate).
Jung, Berger, Balakrishnan, "Modeling TTL-based Internet Caches", IEEE INFOCOM 2003.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import number, read_only


@dataclass(frozen=True)
class ExpiryResult:
    """What became of the requests for keys that expire.

    Attributes
    ----------
    waits : ndarray of float64, shape (requests,)
        How long each request waited for a load; 0 for a value from the cache. Read-only.
    hits : ndarray of bool, shape (requests,)
        Whether each request found a fresh value, and was content with it. Read-only.
    stale : ndarray of bool, shape (requests,)
        Whether each request was given an old value. Read-only.
    load_starts : ndarray of float64, shape (loads,)
        When each load began, in order. Read-only.
    load_time : float
        How long each of them took.
    largest_stampede : int
        Greatest number of loads under way at the same time.
    """

    waits: NDArray[np.float64]
    hits: NDArray[np.bool_]
    stale: NDArray[np.bool_]
    load_starts: NDArray[np.float64]
    load_time: float
    largest_stampede: int

    @property
    def backend_reads(self) -> int:
        """Number of loads."""
        return self.load_starts.size

    @property
    def hit_ratio(self) -> float:
        """Share of requests that found a fresh value."""
        return int(np.count_nonzero(self.hits)) / self.hits.size


@kernel
def _expire(
    arrivals: NDArray[np.float64],
    keys: NDArray[np.int64],
    key_count: int,
    ttl: float,
    load_time: float,
    coalescing: bool,
    early: float,
    stale_time: float,
    jitter: float,
    chance: NDArray[np.float64],
    waits: NDArray[np.float64],
    hits: NDArray[np.bool_],
    stale: NDArray[np.bool_],
    starts: NDArray[np.float64],
) -> tuple[int, int]:
    # All loads take equally long, so they end in the order in which they began: those under way are starts[oldest:loads].
    key_of = np.empty(arrivals.size, dtype=np.int64)
    fresh_until = np.full(key_count, -1.0)
    under_way = np.zeros(key_count, dtype=np.int64)
    last_start = np.zeros(key_count)  # with coalescing, a key has at most one load under way: this one
    oldest = 0
    loads = 0
    largest = 0
    for request in range(arrivals.size):
        now = arrivals[request]
        while oldest < loads and starts[oldest] + load_time <= now:
            loaded = key_of[oldest]
            lifetime = ttl if jitter == 0.0 else ttl * (1.0 - jitter * chance[oldest, 1])
            fresh_until[loaded] = starts[oldest] + load_time + lifetime
            under_way[loaded] -= 1
            oldest += 1
        key = keys[request]
        if now < fresh_until[key]:
            ahead = 0.0 if early == 0.0 else -load_time * early * np.log(1.0 - chance[request, 0])
            if now + ahead < fresh_until[key] or (coalescing and under_way[key] > 0):
                hits[request] = True
                continue
            waits[request] = load_time
        elif fresh_until[key] >= 0.0 and now < fresh_until[key] + stale_time:
            stale[request] = True
            if under_way[key] > 0:
                continue
        elif coalescing and under_way[key] > 0:
            waits[request] = last_start[key] + load_time - now
            continue
        else:
            waits[request] = load_time
        starts[loads] = last_start[key] = now
        key_of[loads] = key
        under_way[key] += 1
        loads += 1
        largest = max(largest, loads - oldest)
    return loads, largest


def simulate_expiry(
    arrivals: Any,
    ttl: float,
    load_time: float,
    coalescing: bool,
    *,
    keys: Any = None,
    early: float = 0.0,
    stale_time: float = 0.0,
    jitter: float = 0.0,
    seed: int = 0,
) -> ExpiryResult:
    """Ask again and again for keys whose values expire; nothing is in the cache at first, and nothing leaves it for lack of room.

    A load begins when a request finds neither a fresh value nor, with coalescing, a load of its key under way. It ends
    ``load_time`` later; the value is then fresh for ``ttl``, up to but not including the last moment. A request at the very moment
    a load ends finds its value. Where several loads end one after the other, each makes the value fresh anew. A load that takes
    no time is over before the next request, even one at the same moment.

    Parameters
    ----------
    arrivals : array_like of float, shape (requests,)
        Times of the requests: at least 0, never falling.
    ttl : float
        How long a value is fresh after it was loaded ("time to live"), at least 0, in the unit of the arrivals.
    load_time : float
        How long a load takes, at least 0, in the same unit.
    coalescing : bool
        Whether requests wait for a load that is under way instead of starting one of their own.
    keys : array_like of int, shape (requests,), optional
        The key that each request asks for, from 0 to 2³¹ − 1; all ask for the same if it is left out.
    early : float, default 0.0
        How eagerly a request refreshes a value that is still fresh: it does if the value expires within −``early`` × ``load_time``
        × ln u, with u drawn evenly between 0 and 1 for each request. It waits for the new value itself. XFetch's β; usually 1.
    stale_time : float, default 0.0
        For how long after it has expired a value is given out while it is loaded anew, at least 0, in the same unit.
    jitter : float, default 0.0
        By which share of itself a ttl is shortened at most, from 0 to 1; evenly drawn for each load.
    seed : int, default 0
        Where the random numbers start: two for each request, if ``early`` or ``jitter`` needs any.

    Returns
    -------
    ExpiryResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Nishtala et al., "Scaling Memcache at Facebook", USENIX NSDI 2013.
    Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", PVLDB 8(8), 2015.
    Nottingham, "HTTP Cache-Control Extensions for Stale Content", RFC 5861, 2010.

    Examples
    --------
    >>> arrivals = [0, 1, 2, 3, 13, 14]
    >>> alone = simulate_expiry(arrivals, ttl=10, load_time=2.5, coalescing=False)
    >>> alone.backend_reads, alone.largest_stampede, alone.waits
    (3, 3, array([2.5, 2.5, 2.5, 0. , 0. , 0. ]))
    >>> together = simulate_expiry(arrivals, ttl=10, load_time=2.5, coalescing=True)
    >>> together.backend_reads, together.largest_stampede, together.waits
    (2, 1, array([2.5, 1.5, 0.5, 0. , 2.5, 1.5]))
    >>> simulate_expiry(arrivals, ttl=10, load_time=2.5, coalescing=True, stale_time=5).waits
    array([2.5, 1.5, 0.5, 0. , 0. , 0. ])
    """
    times = checks.times("arrivals", arrivals)
    ttl = checks.number("ttl", ttl, minimum=0)
    load_time = checks.number("load_time", load_time, minimum=0)
    if not isinstance(coalescing, (bool, np.bool_)):
        raise TypeError(f"coalescing is {coalescing!r} ({type(coalescing).__name__}), but must be True or False")
    early = checks.number("early", early, minimum=0)
    stale_time = checks.number("stale_time", stale_time, minimum=0)
    jitter = checks.number("jitter", jitter, minimum=0, maximum=1)
    seed = checks.integer("seed", seed, minimum=0)
    asked = number(np.zeros(times.size, dtype=np.int64) if keys is None else checks.keys("keys", keys))
    if asked.numbers.size != times.size:
        raise ValueError(f"keys holds {asked.numbers.size:,} keys, but must hold one for each of the {times.size:,} requests")
    chance = np.random.default_rng(seed).random((times.size, 2)) if early or jitter else np.empty((0, 2))
    waits, starts = np.zeros(times.size), np.empty(times.size)
    hits, stale = np.zeros(times.size, dtype=np.bool_), np.zeros(times.size, dtype=np.bool_)
    arguments = (ttl, load_time, bool(coalescing), early, stale_time, jitter, chance)
    loads, largest = _expire(read_only(times), asked.numbers, asked.count, *arguments, waits, hits, stale, starts)
    starts = starts[:loads].copy()
    for array in (waits, hits, stale, starts):
        array.flags.writeable = False
    return ExpiryResult(waits, hits, stale, starts, load_time, int(largest))
