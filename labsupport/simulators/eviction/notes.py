"""What a kernel notes about a request when somebody wants to look on: see `labsupport.simulators.caching.replay`.

A kernel is given ``record``, an ``int64`` array with one row per request, or with no row at all if nobody looks on.
Column `EVICTED` holds the key that had to leave (−1 where none did), column `WHY` from which part of the cache, and
column `REMEMBERED` whether the policy still remembered the key asked for, though it had evicted it before.
"""

from __future__ import annotations

EVICTED, WHY, REMEMBERED = 0, 1, 2
COLUMNS = 3

FROM_ONLY_QUEUE = 0
FROM_NEWCOMERS = 1  # ARC's T1, S3-FIFO's small queue, W-TinyLFU's window
FROM_PROVEN = 2  # ARC's T2, S3-FIFO's main queue, W-TinyLFU's main part
