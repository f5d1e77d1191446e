"""Eviction policies: which key leaves when a full cache must take in another one. One file per policy.

Every policy has one kernel, ``run``, with the same arguments: the trace, one more than its largest key, the capacity, an array
in which it marks the hits, and an array for notes (see `notes`); it returns the number of evictions.
"""

from __future__ import annotations

from collections.abc import Callable

from labsupport.simulators.eviction import arc, clock, fifo, lfu, lru, opt, s3fifo, sieve, wtinylfu
from labsupport.simulators.eviction.rings import Array

KERNELS: dict[str, Callable[[Array, int, int, Array, Array], int]] = {
    "fifo": fifo.run,
    "lru": lru.run,
    "lfu": lfu.run,
    "clock": clock.run,
    "arc": arc.run,
    "sieve": sieve.run,
    "s3fifo": s3fifo.run,
    "wtinylfu": wtinylfu.run,
    "opt": opt.run,
}
