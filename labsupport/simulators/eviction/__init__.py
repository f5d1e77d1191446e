"""Eviction policies: which key leaves when a full cache must take in another one. One file per policy.

Every policy is one kernel with the same arguments: the trace, one more than its largest key, the capacity, an array in which
it marks the hits, and an array for notes (see `notes`); it returns the number of evictions.
"""

from __future__ import annotations

from collections.abc import Callable

from labsupport.simulators.eviction.arc import arc
from labsupport.simulators.eviction.clock import clock
from labsupport.simulators.eviction.fifo import fifo
from labsupport.simulators.eviction.lfu import lfu
from labsupport.simulators.eviction.lru import lru
from labsupport.simulators.eviction.opt import opt
from labsupport.simulators.eviction.rings import Array
from labsupport.simulators.eviction.s3fifo import s3fifo
from labsupport.simulators.eviction.sieve import sieve
from labsupport.simulators.eviction.wtinylfu import wtinylfu

KERNELS: dict[str, Callable[[Array, int, int, Array, Array], int]] = {
    "fifo": fifo,
    "lru": lru,
    "lfu": lfu,
    "clock": clock,
    "arc": arc,
    "sieve": sieve,
    "s3fifo": s3fifo,
    "wtinylfu": wtinylfu,
    "opt": opt,
}
