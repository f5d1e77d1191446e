"""Stores: real caches that keep about a given number of keys, and are asked for keys as the simulator is.

How it is made honest *and* quick. In Redis, a request is one call of a three-line script – get the key, and after a miss set it –
so every miss is decided before the next request, and Redis makes room before each call just as it does before a client's own
command. Requests are sent a hundred at a time, since waiting for each answer would measure the network. Memcached has no scripts:
each request waits for its answer, and after a miss the value travels together with the next request.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from labsupport.systems.memcached import FEWEST_PAGES, PAGE, Memcached
from labsupport.systems.redis import Redis
from labsupport.systems.server import Server

if TYPE_CHECKING:
    import redis
    from pymemcache.client.base import Client

BATCH = 100  # requests asked for at once
POLICIES = {"redis": {"lru": "allkeys-lru", "lfu": "allkeys-lfu", "random": "allkeys-random"}, "memcached": {"lru": "segmented LRU"}}
GET_OR_SET = """
if redis.call('GET', KEYS[1]) then return 1 end
redis.call('SET', KEYS[1], string.rep('x', tonumber(ARGV[1])))
return 0
"""
ITEM_OVERHEAD = 48 + 8 + 11 + 2  # bytes of a Memcached item beside its value: header, version number, key with its end, line end


class Run(NamedTuple):
    """One of the servers that replay a trace side by side: its policy, keys drawn to find one to evict, and the program."""

    policy: str
    samples: int | None = 5
    program: str = "redis"


class Store(Protocol):
    """A running cache: what the replay needs of it."""

    bytes_per_key: float
    version: str

    def ask(self, keys: Sequence[int]) -> list[bool]:
        """Ask for the keys in order, and fetch what is missing; return which were there."""

    def resident(self) -> int:
        """Return how many keys are there now."""

    def evictions(self) -> int:
        """Return how many keys were evicted since the trace began."""


class RedisStore:
    """A Redis that keeps about ``capacity`` keys, empty at first, for the length of a ``with`` block."""

    def __init__(self, run: Run, capacity: int, value_size: int) -> None:
        self._server = Redis(POLICIES["redis"][run.policy], samples=run.samples or 5)
        self._capacity, self._value_size = capacity, value_size
        self._resident = 0

    def __enter__(self) -> Self:
        self._client: redis.Redis = self._server.__enter__()
        try:
            self._script = self._client.script_load(GET_OR_SET)
            self.bytes_per_key = self._limit_memory()
            facts: dict[str, Any] = self._client.info()
        except BaseException:
            self._server.__exit__(None, None, None)
            raise
        self._evicted_before = int(facts["evicted_keys"])
        self.version = f"Valkey {facts['valkey_version']}" if "valkey_version" in facts else f"Redis {facts['redis_version']}"
        return self

    def __exit__(self, *error: object) -> None:
        self._server.__exit__(None, None, None)

    def ask(self, keys: Sequence[int]) -> list[bool]:
        """Ask for the keys in order, and fetch what is missing; return which were there."""
        pipeline = self._client.pipeline(transaction=False)
        for key in keys:
            pipeline.evalsha(self._script, 1, f"{key:010}", str(self._value_size))  # one length of key, so that all cost the same
        pipeline.dbsize()
        *hits, self._resident = pipeline.execute()
        return [bool(hit) for hit in hits]

    def resident(self) -> int:
        """Return how many keys were there after the last request."""
        return self._resident

    def evictions(self) -> int:
        """Return how many keys were evicted since the trace began."""
        return int(self._client.info("stats")["evicted_keys"] - self._evicted_before)

    def _limit_memory(self) -> float:
        """Find the memory limit at which the cache keeps ``capacity`` keys, and leave it empty; return bytes per key.

        The limit counts everything, buffers for the client included, so it is found by trying: fill the cache
        without a limit, take what that needs, fill it twice over, and correct by the keys that are too many.
        """
        self._fill(BATCH)  # now Redis' buffers and statistics are there, and do not count as keys
        empty = self._fill(0)
        full = self._fill(self._capacity)
        bytes_per_key = (full - empty) / self._capacity
        self._client.config_set("maxmemory", full)
        self._fill(2 * self._capacity)
        self.ask([0])
        excess = self._resident - self._capacity
        self._client.config_set("maxmemory", full - round(excess * bytes_per_key))
        self._client.flushall()  # and no CONFIG RESETSTAT: it frees some 60 kB of statistics, and as many keys more would fit
        return bytes_per_key

    def _fill(self, keys: int) -> int:
        """Empty the cache and ask for that many different keys; return the memory used."""
        self._client.flushall()
        for start in range(0, keys, BATCH):
            self.ask(range(start, min(start + BATCH, keys)))
        return int(self._client.info("memory")["used_memory"])


class MemcachedStore:
    """A Memcached that keeps about ``capacity`` keys, empty at first, for the length of a ``with`` block.

    Memory comes in pages of 1 MB, at least two of them. So values are made of about the size that was asked for, but such that
    ``capacity`` items fill whole pages; the hit ratio does not depend on it, since all values are alike.
    """

    def __init__(self, run: Run, capacity: int, value_size: int) -> None:
        del run  # it has one policy, and draws nothing
        pages = max(FEWEST_PAGES, round(capacity * (value_size + ITEM_OVERHEAD) / PAGE))
        chunk = PAGE // math.ceil(capacity / pages) // 8 * 8
        self._server = Memcached(pages=pages, smallest=chunk - 48)
        self._value = b"x" * (chunk - ITEM_OVERHEAD)
        self.bytes_per_key = float(chunk)

    def __enter__(self) -> Self:
        self._client: Client = self._server.__enter__()
        try:
            self.version = f"Memcached {self._client.version().decode()}"
        except BaseException:
            self._server.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._server.__exit__(None, None, None)

    def ask(self, keys: Sequence[int]) -> list[bool]:
        """Ask for the keys in order, and fetch what is missing; return which were there."""
        return [self._ask(f"{key:010}") for key in keys]

    def _ask(self, key: str) -> bool:
        if self._client.get(key) is not None:
            return True
        self._client.set(key, self._value, noreply=True)
        return False

    def resident(self) -> int:
        """Return how many keys are there now."""
        return int(self._client.stats()[b"curr_items"])

    def evictions(self) -> int:
        """Return how many keys were evicted since the trace began."""
        return int(self._client.stats()[b"evictions"])


STORES: dict[str, Any] = {"redis": RedisStore, "memcached": MemcachedStore}
SERVERS: dict[str, type[Server[Any]]] = {"redis": Redis, "memcached": Memcached}


def failures() -> tuple[type[Exception], ...]:
    """Return the errors that say that a store has stopped answering."""
    import redis
    from pymemcache.exceptions import MemcacheError

    return (redis.RedisError, MemcacheError, OSError)


def start(run: Run, capacity: int, value_size: int) -> contextlib.AbstractContextManager[Store]:
    """Return a store for a run, to be entered."""
    store: contextlib.AbstractContextManager[Store] = STORES[run.program](run, capacity, value_size)
    return store
