"""Own caches: a trace run through a cache that somebody wrote in plain Python.

The cache decides what leaves it and says so; the hits are counted from what it said, not by asking it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport import checks
from labsupport.simulators.caching import LARGEST_CAPACITY, CacheResult


def drive(cache: Any, trace: Any, capacity: int) -> CacheResult:
    """Run a trace through an object with ``get`` and ``put``, storing every missing key, as `simulate` does.

    Parameters
    ----------
    cache : object
        An empty cache. ``get(key)`` returns a key's value, or ``None`` if it is missing; ``put(key, value)`` stores a value and
        returns the list of the keys evicted for it.
    trace : array_like of int, shape (requests,)
        Keys from 0 to 2³¹ − 1, one per request.
    capacity : int
        How many keys the cache may hold, at least 1.

    Returns
    -------
    CacheResult
        With ``"own"`` for its policy.

    Raises
    ------
    TypeError
        If the cache lacks a method.
    ValueError
        If an argument is wrong, or the cache says something that cannot be: it finds a key that it evicted, misses one that it
        holds, evicts one that it does not hold, or holds more than its capacity. The message names the request.

    Examples
    --------
    >>> class Forgetful:
    ...     def __init__(self):
    ...         self.held = {}
    ...     def get(self, key):
    ...         return self.held.get(key)
    ...     def put(self, key, value):
    ...         evicted = list(self.held)
    ...         self.held = {key: value}
    ...         return evicted
    >>> drive(Forgetful(), [1, 1, 2, 1], capacity=1).hits
    array([False,  True, False, False])
    """
    for method in ("get", "put"):
        if not callable(getattr(cache, method, None)):
            raise TypeError(f"cache is {cache!r}, but must have the methods get and put")
    keys = checks.keys("trace", trace)
    capacity = checks.integer("capacity", capacity, minimum=1, maximum=LARGEST_CAPACITY)
    hits = np.zeros(keys.size, dtype=np.bool_)
    held: set[int] = set()
    evictions = 0
    for request, key in enumerate(keys.tolist()):
        found = cache.get(key) is not None
        if found != (key in held):
            contrary = "found, but it was evicted or never stored" if found else "missed, but it was stored and not evicted"
            raise ValueError(f"cache: at request {request}, key {key} is {contrary}")
        hits[request] = found
        if found:
            continue
        evicted = cache.put(key, request + 1)
        held.add(key)
        if type(evicted) is not list:
            raise ValueError(f"cache: at request {request}, put returned {evicted!r}, but must return the list of evicted keys")
        for gone in evicted:
            if gone not in held:
                raise ValueError(f"cache: at request {request}, put evicted {gone!r}, which the cache does not hold")
            held.remove(gone)
        evictions += len(evicted)
        if len(held) > capacity:
            raise ValueError(f"cache: after request {request} it holds {len(held)} keys, but may hold {capacity}")
    hits.flags.writeable = False
    return CacheResult("own", capacity, hits, evictions)
