"""A trace replayed on Redis, request by request.

How the replay is made honest *and* quick: a request is one call of a three-line script inside Redis – get
the key, and after a miss set it – so every miss is decided before the next request, and Redis makes room
before each call just as it does before a client's own command. Requests are sent a hundred at a time, since
waiting for each answer would measure the network. The replay is then *slowed down* to a stated speed: Redis
notes the last use of a key in whole seconds, so a trace that is over in one second tells it nothing about
recency.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport import checks
from labsupport.systems.progress import Progress
from labsupport.systems.redis import Redis
from labsupport.systems.server import ServerError

if TYPE_CHECKING:
    import redis

POLICIES = {"lru": "allkeys-lru", "lfu": "allkeys-lfu", "random": "allkeys-random"}
BATCH = 100  # requests sent at once
SMALLEST_CAPACITY = 100  # below, the client's buffers, which count as memory used, would push out a good part of the keys
LARGEST_MEMORY = 1_000_000_000
GET_OR_SET = """
if redis.call('GET', KEYS[1]) then return 1 end
redis.call('SET', KEYS[1], string.rep('x', tonumber(ARGV[1])))
return 0
"""


class Run(NamedTuple):
    """One of the servers that replay the trace side by side."""

    policy: str
    samples: int = 5


@dataclass(frozen=True)
class RedisReplay:
    """What a Redis server did with a trace.

    Parameters
    ----------
    policy : str
        "lru", "lfu" or "random".
    samples : int
        Keys drawn to find one to evict.
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

    policy: str
    samples: int
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
) -> RedisReplay:
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
    RedisReplay

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


def check_replay(capacity: int, policies: Sequence[str], speeds: Sequence[float], value_size: int) -> None:
    """Raise unless a replay can be made with these arguments."""
    for name, values in (("policies", policies), ("seconds", speeds)):
        if not values:
            raise ValueError(f"{name} is empty, but must hold at least one")
    checks.integer("capacity", capacity, minimum=SMALLEST_CAPACITY)
    for policy in policies:
        checks.choice("policy", policy, POLICIES)
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
) -> list[RedisReplay]:
    """Replay the trace on one server for each run: batch by batch in turn, or one after the other if as fast as possible."""
    import redis

    if seconds == 0 and len(runs) > 1:  # side by side they would slow each other down
        return [replay for run in runs for replay in replay_together(trace, capacity, [run], seconds=0, value_size=value_size, progress=progress)]

    batches = [trace[start : start + BATCH].tolist() for start in range(0, trace.size, BATCH)]
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Redis(POLICIES[run.policy], samples=run.samples)) for run in runs]
        show = progress or stack.enter_context(Progress(f"Replaying {trace.size:,} requests on Redis"))
        try:
            scripts = [client.script_load(GET_OR_SET) for client in clients]
            bytes_per_key = [_limit_memory(client, script, capacity, value_size) for client, script in zip(clients, scripts, strict=True)]
            evicted = [client.info("stats")["evicted_keys"] for client in clients]
            answers: list[list[int]] = [[] for _ in runs]
            resident = [0] * len(runs)
            begin = time.monotonic()
            for number, batch in enumerate(batches, start=1):
                for index, client in enumerate(clients):
                    *hits, keys = _request(client, scripts[index], batch, value_size)
                    answers[index] += hits
                    resident[index] = max(resident[index], keys)
                show(number / len(batches))
                _sleep_until(begin + seconds * number / len(batches))
            elapsed = time.monotonic() - begin
            facts = [client.info() for client in clients]
        except redis.RedisError as error:
            raise ServerError(f"Redis stopped answering in the middle of the replay: {error}") from error
    return [
        RedisReplay(run.policy, run.samples, np.array(hits, dtype=bool), keys, fact["evicted_keys"] - before, elapsed, size, _version(fact))
        for run, hits, keys, fact, before, size in zip(runs, answers, resident, facts, evicted, bytes_per_key, strict=True)
    ]


def _request(client: redis.Redis, script: str, keys: Sequence[int], value_size: int) -> list[int]:
    """Ask for the keys in order; return 1 for each hit and 0 for each miss, then the number of keys in the cache."""
    pipeline = client.pipeline(transaction=False)
    for key in keys:
        pipeline.evalsha(script, 1, f"{key:010}", str(value_size))  # one length of key, so that all cost the same
    pipeline.dbsize()
    return pipeline.execute()


def _limit_memory(client: redis.Redis, script: str, capacity: int, value_size: int) -> float:
    """Find the memory limit at which the cache keeps ``capacity`` keys, and leave it empty; return bytes per key.

    The limit counts everything, buffers for the client included, so it is found by trying: fill the cache
    without a limit, take what that needs, fill it twice over, and correct by the keys that are too many.
    """
    _fill(client, script, BATCH, value_size)  # now Redis' buffers and statistics are there, and do not count as keys
    empty = _fill(client, script, 0, value_size)
    full = _fill(client, script, capacity, value_size)
    bytes_per_key = (full - empty) / capacity
    client.config_set("maxmemory", full)
    _fill(client, script, 2 * capacity, value_size)
    excess = _request(client, script, [0], value_size)[-1] - capacity
    client.config_set("maxmemory", full - round(excess * bytes_per_key))
    client.flushall()  # and no CONFIG RESETSTAT: it frees some 60 kB of statistics, and as many keys more would fit
    return bytes_per_key


def _fill(client: redis.Redis, script: str, keys: int, value_size: int) -> int:
    """Empty the cache and ask for that many different keys; return the memory used."""
    client.flushall()
    for start in range(0, keys, BATCH):
        _request(client, script, range(start, min(start + BATCH, keys)), value_size)
    return int(client.info("memory")["used_memory"])


def _sleep_until(due: float) -> None:
    remaining = due - time.monotonic()
    if remaining > 0:
        time.sleep(remaining)


def _version(facts: dict[str, Any]) -> str:
    if "valkey_version" in facts:
        return f"Valkey {facts['valkey_version']}"
    return f"Redis {facts['redis_version']}"
