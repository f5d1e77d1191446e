"""libCacheSim, asked request by request."""

from __future__ import annotations

import numpy as np

try:
    import libcachesim
except ImportError:  # it is built for Linux only; tests that need it say so
    libcachesim = None

NEVER = 2**63 - 1


def next_uses(trace):
    """When each key is asked for next. Without it, libCacheSim's Belady silently does something else."""
    result, upcoming = [NEVER] * len(trace), {}
    for request in range(len(trace) - 1, -1, -1):
        result[request] = upcoming.get(trace[request], NEVER)
        upcoming[trace[request]] = request
    return result


def libcachesim_hits(policy, trace, capacity):
    caches = {
        "fifo": libcachesim.FIFO,
        "lru": libcachesim.LRU,
        "lfu": libcachesim.LFU,
        "clock": lambda size, **other: libcachesim.Clock(size, init_freq=0, n_bit_counter=1, **other),
        "arc": libcachesim.ARC,
        "sieve": libcachesim.Sieve,
        "s3fifo": lambda size, **other: libcachesim.S3FIFO(size, small_size_ratio=0.1, ghost_size_ratio=0.9, move_to_main_threshold=2, **other),
        "wtinylfu": libcachesim.WTinyLFU,
        "opt": libcachesim.Belady,
    }
    cache = caches[policy](capacity, hashpower=14)
    keys = trace.tolist()
    request = libcachesim.Request()
    request.obj_size = 1
    hits = np.zeros(len(keys), dtype=bool)
    for number, (key, upcoming) in enumerate(zip(keys, next_uses(keys), strict=True)):
        request.obj_id, request.clock_time, request.next_access_vtime = key, number, upcoming
        hits[number] = cache.get(request)
    return hits
