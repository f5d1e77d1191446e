"""Expiry: one popular key that is kept for a limited time, and what happens at the moment it runs out.

A loaded value is fresh for ``ttl``. A request that finds no fresh value has to wait for a load. Without coalescing every such
request starts a load of its own, so that all requests of one load time hit the backend together: a *stampede* (also called
dogpile or thundering herd). With coalescing they share the load that is already under way.

References
----------
Nishtala et al., "Scaling Memcache at Facebook", USENIX NSDI 2013, section 3.2.1 (leases).
Jung, Berger, Balakrishnan, "Modeling TTL-based Internet Caches", IEEE INFOCOM 2003.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only


@dataclass(frozen=True)
class ExpiryResult:
    """What became of the requests for a key that expires.

    Attributes
    ----------
    waits : ndarray of float64, shape (requests,)
        How long each request waited for a load; 0 for a fresh value. Read-only.
    hits : ndarray of bool, shape (requests,)
        Whether each request found a fresh value. Read-only.
    backend_reads : int
        Number of loads.
    largest_stampede : int
        Greatest number of loads under way at the same time.
    """

    waits: NDArray[np.float64]
    hits: NDArray[np.bool_]
    backend_reads: int
    largest_stampede: int

    @property
    def hit_ratio(self) -> float:
        """Share of requests that found a fresh value."""
        return int(np.count_nonzero(self.hits)) / self.hits.size


@kernel
def _expire(
    arrivals: NDArray[np.float64], ttl: float, load_time: float, coalescing: bool, waits: NDArray[np.float64], hits: NDArray[np.bool_]
) -> tuple[int, int]:
    # All loads take equally long, so they end in the order in which they began: those under way are starts[oldest:loads].
    starts = np.empty(arrivals.size, dtype=np.float64)
    oldest = 0
    loads = 0
    largest = 0
    fresh_until = -1.0
    for request in range(arrivals.size):
        now = arrivals[request]
        while oldest < loads and starts[oldest] + load_time <= now:
            fresh_until = starts[oldest] + load_time + ttl
            oldest += 1
        if now < fresh_until:
            hits[request] = True
        elif coalescing and oldest < loads:
            waits[request] = starts[oldest] + load_time - now
        else:
            starts[loads] = now
            loads += 1
            largest = max(largest, loads - oldest)
            waits[request] = load_time
    return loads, largest


def simulate_expiry(arrivals: Any, ttl: float, load_time: float, coalescing: bool) -> ExpiryResult:
    """Ask again and again for one key whose value expires; nothing is in the cache at first.

    A load begins when a request finds neither a fresh value nor, with coalescing, a load under way. It ends ``load_time``
    later; the value is then fresh for ``ttl``, up to but not including the last moment. A request at the very moment a load
    ends finds its value. Where several loads end one after the other, each makes the value fresh anew. A load that takes no
    time is over before the next request, even one at the same moment.

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

    Examples
    --------
    >>> arrivals = [0, 1, 2, 3, 13, 14]
    >>> alone = simulate_expiry(arrivals, ttl=10, load_time=2.5, coalescing=False)
    >>> alone.backend_reads, alone.largest_stampede, alone.waits
    (3, 3, array([2.5, 2.5, 2.5, 0. , 0. , 0. ]))
    >>> together = simulate_expiry(arrivals, ttl=10, load_time=2.5, coalescing=True)
    >>> together.backend_reads, together.largest_stampede, together.waits
    (2, 1, array([2.5, 1.5, 0.5, 0. , 2.5, 1.5]))
    """
    times = checks.times("arrivals", arrivals)
    ttl = checks.number("ttl", ttl, minimum=0)
    load_time = checks.number("load_time", load_time, minimum=0)
    if not isinstance(coalescing, (bool, np.bool_)):
        raise TypeError(f"coalescing is {coalescing!r} ({type(coalescing).__name__}), but must be True or False")
    waits = np.zeros(times.size)
    hits = np.zeros(times.size, dtype=np.bool_)
    loads, largest = _expire(read_only(times), ttl, load_time, bool(coalescing), waits, hits)
    for array in (waits, hits):
        array.flags.writeable = False
    return ExpiryResult(waits, hits, int(loads), int(largest))
