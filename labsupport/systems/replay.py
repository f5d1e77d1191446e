"""A trace replayed on real caches, request by request and side by side.

The replay is *slowed down* to a stated speed: Redis notes the last use of a key in whole seconds, so a trace that is over in one
second tells it nothing about recency. What a single request is, is said in `labsupport.systems.stores`.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport import checks
from labsupport.systems import stores
from labsupport.systems.progress import Progress
from labsupport.systems.server import ServerError
from labsupport.systems.stores import BATCH, POLICIES, SERVERS, Run

SMALLEST_CAPACITY = 100  # below, the client's buffers, which Redis counts as memory used, would push out a good part of the keys
LARGEST_MEMORY = 1_000_000_000


@dataclass(frozen=True)
class Replay:
    """What a real cache did with a trace.

    Parameters
    ----------
    program : str
        "redis" or "memcached".
    policy : str
        "lru", "lfu" or "random".
    samples : int or None
        Keys drawn to find one to evict; None where nothing is drawn.
    hits : ndarray of bool, shape (requests,)
        Whether each request found its key.
    resident : int
        The largest number of keys that were in the cache at once.
    evictions : int
        Keys evicted.
    seconds : float
        How long the replay took.
    bytes_per_key : float
        Memory that one key with its value took, everything counted.
    version : str
        The server's name and version.
    """

    program: str
    policy: str
    samples: int | None
    hits: NDArray[np.bool_]
    resident: int
    evictions: int
    seconds: float
    bytes_per_key: float
    version: str

    @property
    def hit_ratio(self) -> float:
        """Hits per request."""
        return float(self.hits.mean())

    @property
    def requests_per_second(self) -> float:
        """The speed of the replay."""
        return self.hits.size / self.seconds


def replay_redis(
    trace: ArrayLike,
    capacity: int,
    policy: str = "lru",
    *,
    seconds: float = 10.0,
    value_size: int = 1000,
    samples: int = 5,
    progress: Callable[[float], None] | None = None,
) -> Replay:
    """Replay a trace on a Redis server of our own, whose memory holds about ``capacity`` keys.

    Parameters
    ----------
    trace : array_like of int, shape (requests,)
        The keys that are asked for, in order.
    capacity : int
        About how many keys fit, at least 100. The exact number is measured: ``.resident`` of the result.
    policy : {"lru", "lfu", "random"}, optional
        What Redis evicts.
    seconds : float, optional
        How long the replay shall take, since Redis' clock for the last use ticks once a second; 0 for as fast as possible.
    value_size : int, optional
        Bytes of each value.
    samples : int, optional
        How many keys Redis draws to find one to evict, from 1 to 64.
    progress : callable, optional
        Called with the share that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Replay

    Raises
    ------
    ServerError
        If Redis is not installed, or does not start or answer; the message says what to do.

    References
    ----------
    Redis documentation, "Key eviction".

    Examples
    --------
    >>> replay_redis([1, 2, 1], capacity=5)
    Traceback (most recent call last):
    ...
    ValueError: capacity is 5, but must be a whole number of at least 100
    """
    requests = checks.keys("trace", trace)
    check_replay(capacity, [policy], [seconds], value_size)
    runs = [Run(policy, samples)]
    return replay_together(requests, capacity, runs, seconds=seconds, value_size=value_size, progress=progress)[0]


def replay_memcached(
    trace: ArrayLike,
    capacity: int,
    *,
    seconds: float = 10.0,
    value_size: int = 1000,
    progress: Callable[[float], None] | None = None,
) -> Replay:
    """Replay a trace on a Memcached server of our own, whose memory holds about ``capacity`` keys.

    Parameters
    ----------
    trace : array_like of int, shape (requests,)
        The keys that are asked for, in order.
    capacity : int
        About how many keys fit, at least 100. The exact number is measured: ``.resident`` of the result.
    seconds : float, optional
        How long the replay shall take; 0 for as fast as possible.
    value_size : int, optional
        About how many bytes each value has: as many as let ``capacity`` items fill whole pages of 1 MB, at least two.
    progress : callable, optional
        Called with the share that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Replay

    Raises
    ------
    ServerError
        If Memcached is not installed, or does not start or answer; the message says what to do.

    References
    ----------
    Memcached documentation, "Modern LRU".

    Examples
    --------
    >>> replay_memcached([1, 2, 1], capacity=5)
    Traceback (most recent call last):
    ...
    ValueError: capacity is 5, but must be a whole number of at least 100
    """
    requests = checks.keys("trace", trace)
    check_replay(capacity, ["lru"], [seconds], value_size)
    runs = [Run("lru", None, "memcached")]
    return replay_together(requests, capacity, runs, seconds=seconds, value_size=value_size, progress=progress)[0]


def check_replay(capacity: int, policies: Sequence[str], speeds: Sequence[float], value_size: int) -> None:
    """Raise unless a replay can be made with these arguments."""
    for name, values in (("policies", policies), ("seconds", speeds)):
        if not values:
            raise ValueError(f"{name} is empty, but must hold at least one")
    checks.integer("capacity", capacity, minimum=SMALLEST_CAPACITY)
    for policy in policies:
        checks.choice("policy", policy, POLICIES["redis"])
    for seconds in speeds:
        checks.number("seconds", seconds, minimum=0, maximum=3600)
    checks.integer("value_size", value_size, minimum=1)
    if capacity * value_size > LARGEST_MEMORY:
        raise ValueError(f"capacity × value_size is {capacity * value_size:,} bytes, but must be at most {LARGEST_MEMORY:,}")


def replay_together(
    trace: NDArray[np.int64],
    capacity: int,
    runs: Sequence[Run],
    *,
    seconds: float,
    value_size: int = 1000,
    progress: Callable[[float], None] | None = None,
) -> list[Replay]:
    """Replay the trace on one server for each run: batch by batch in turn, or one after the other if as fast as possible."""
    if seconds == 0 and len(runs) > 1:  # side by side they would slow each other down
        return [replay for run in runs for replay in replay_together(trace, capacity, [run], seconds=0, value_size=value_size, progress=progress)]

    batches = [trace[start : start + BATCH].tolist() for start in range(0, trace.size, BATCH)]
    names = " and ".join(dict.fromkeys(SERVERS[run.program].name for run in runs))
    with contextlib.ExitStack() as stack:
        try:
            caches = [stack.enter_context(stores.start(run, capacity, value_size)) for run in runs]
            show = progress or stack.enter_context(Progress(f"Replaying {trace.size:,} requests on {names}"))
            answers: list[list[bool]] = [[] for _ in runs]
            resident = [0] * len(runs)
            begin = time.monotonic()
            for number, batch in enumerate(batches, start=1):
                for index, cache in enumerate(caches):
                    answers[index] += cache.ask(batch)
                    resident[index] = max(resident[index], cache.resident())
                show(number / len(batches))
                _sleep_until(begin + seconds * number / len(batches))
            elapsed = time.monotonic() - begin
            evictions = [cache.evictions() for cache in caches]
        except stores.failures() as error:
            raise ServerError(f"{names} stopped answering in the middle of the replay: {error}") from error
    return [
        Replay(run.program, run.policy, run.samples, np.array(hits, dtype=bool), keys, evicted, elapsed, cache.bytes_per_key, cache.version)
        for run, hits, keys, evicted, cache in zip(runs, answers, resident, evictions, caches, strict=True)
    ]


def _sleep_until(due: float) -> None:
    remaining = due - time.monotonic()
    if remaining > 0:
        time.sleep(remaining)
