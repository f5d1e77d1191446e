"""Rules: how HAProxy and nginx choose a server, down to their ties, their hashes and their rings.

Each is a balancer for `labsupport.simulators.balancing.drive`. A textbook says "the server with the fewest connections"; which one
of several that have as few is left to whoever writes the program, and while there is little to do, nearly every choice is a tie.
Read from the programs' documentation and source, and confirmed by running both.

References
----------
HAProxy 2.6: Configuration Manual (balance, hash-type), src/lb_fwlc.c, src/lb_chash.c. nginx 1.22: documentation of
ngx_http_upstream_module, src/http/modules/ngx_http_upstream_least_conn_module.c, …_hash_module.c, …_random_module.c.
"""

from __future__ import annotations

import bisect
import itertools
import random
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from labsupport import checks
from labsupport.simulators.dispatch.driving import Balancer

POINTS = {"haproxy": 16, "nginx": 160}  # of each server on the ring, at weight 1
CIRCLE = 1 << 32
IDS = 4096  # numbers that HAProxy's ring keeps free for each server: 256 weights of 16 points


class Ring(NamedTuple):
    """The points of a hash ring, in rising order, and whose each of them is."""

    points: list[int]
    owners: list[int]

    def next(self, position: int) -> int:
        """Return the owner of the first point at or after a position."""
        return self.owners[bisect.bisect_left(self.points, position) % len(self.points)]

    def nearest(self, position: int) -> int:
        """Return the owner of the nearest point, before or after; of two as near, the one before."""
        after = bisect.bisect_left(self.points, position) % len(self.points)
        before = after - 1
        to_after, to_before = (self.points[after] - position) % CIRCLE, (position - self.points[before]) % CIRCLE
        return self.owners[before if to_before <= to_after else after]

    def shares(self, servers: int, *, nearest: bool) -> list[float]:
        """Return the part of the circle that belongs to each server."""
        parts = [0.0] * servers
        for place, owner in enumerate(self.owners):
            behind = (self.points[place] - self.points[place - 1]) % CIRCLE
            if nearest:
                ahead = (self.points[(place + 1) % len(self.points)] - self.points[place]) % CIRCLE
                parts[owner] += (behind + ahead) / 2 / CIRCLE
            else:
                parts[owner] += behind / CIRCLE
        return parts


def _ring(points: Iterator[tuple[int, int]]) -> Ring:
    owners: dict[int, int] = {}
    for point, owner in points:
        owners.setdefault(point, owner)
    ordered = sorted(owners)
    return Ring(ordered, [owners[point] for point in ordered])


def haproxy_ring(servers: int) -> Ring:
    """Return HAProxy's ring: it depends on the numbers of the servers only.

    Parameters
    ----------
    servers : int
        How many there are.

    Returns
    -------
    Ring

    Examples
    --------
    >>> len(haproxy_ring(6).points)
    96
    """
    points = range(POINTS["haproxy"])
    return _ring((_avalanche((server + 1) * IDS + point), server) for server in range(servers) for point in points)


def nginx_ring(ports: Sequence[int]) -> Ring:
    """Return nginx's ring: it depends on the addresses of the servers, here the ports of 127.0.0.1.

    Parameters
    ----------
    ports : sequence of int
        One for each server.

    Returns
    -------
    Ring

    Examples
    --------
    >>> len(nginx_ring([8001, 8002]).points)
    320
    """

    def points() -> Iterator[tuple[int, int]]:
        for server, port in enumerate(ports):
            base, point = zlib.crc32(f"127.0.0.1\0{port}".encode()), 0
            for _ in range(POINTS["nginx"]):
                point = zlib.crc32(point.to_bytes(4, "little"), base)
                yield point, server

    return _ring(points())


def haproxy_hash(path: str) -> int:
    """Return HAProxy's hash of a path: sdbm, then stirred.

    Parameters
    ----------
    path : str
        What is asked for, such as "/1".

    Returns
    -------
    int
        From 0 to 2³² − 1.

    Examples
    --------
    >>> haproxy_hash("/1") != haproxy_hash("/2")
    True
    """
    value = 0
    for byte in path.encode():
        value = (byte + (value << 6) + (value << 16) - value) % CIRCLE
    return _avalanche(value)


def nginx_hash(path: str) -> int:
    """Return nginx's hash of a path: CRC-32.

    Parameters
    ----------
    path : str
        What is asked for, such as "/1".

    Returns
    -------
    int
        From 0 to 2³² − 1.

    Examples
    --------
    >>> hex(nginx_hash("/1"))
    '0x21b2aa8'
    """
    return zlib.crc32(path.encode())


def _avalanche(value: int) -> int:
    """Stir 32 bits so that each depends on all (Bob Jenkins' integer hash), and spread the result by a large prime factor."""
    value = (value + 0x7ED55D16 + (value << 12)) % CIRCLE
    value = (value ^ 0xC761C23C) ^ (value >> 19)
    value = (value + 0x165667B1 + (value << 5)) % CIRCLE
    value = ((value + 0xD3A2646C) ^ (value << 9)) % CIRCLE
    value = (value + 0xFD7046C5 + (value << 3)) % CIRCLE
    value = (value ^ 0xB55A4F09) ^ (value >> 16)
    return value * 3221225473 % CIRCLE


def placed(program: str, keys: Sequence[int], ports: Sequence[int]) -> list[int]:
    """Return the server that a program's consistent hashing gives to the path of each key.

    Parameters
    ----------
    program : {"haproxy", "nginx"}
        Whose hash and ring.
    keys : sequence of int
        The keys; the path is a slash and the key.
    ports : sequence of int
        Where the servers listen.

    Returns
    -------
    list of int

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> placed("haproxy", [1, 2, 3], ports=[8001, 8002, 8003])
    [2, 1, 0]
    """
    if checks.choice("program", program, POINTS) == "haproxy":
        ring = haproxy_ring(len(ports))
        return [ring.nearest(haproxy_hash(f"/{key}")) for key in keys]
    ring = nginx_ring(ports)
    return [ring.next(nginx_hash(f"/{key}")) for key in keys]


def ring_shares(program: str, ports: Sequence[int]) -> list[float]:
    """Return the part of all possible keys that a program's consistent hashing gives to each server.

    Parameters
    ----------
    program : {"haproxy", "nginx"}
        Whose ring.
    ports : sequence of int
        Where the servers listen.

    Returns
    -------
    list of float

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> round(sum(ring_shares("haproxy", [8001, 8002, 8003])), 6)
    1.0
    """
    if checks.choice("program", program, POINTS) == "haproxy":
        return haproxy_ring(len(ports)).shares(len(ports), nearest=True)
    return nginx_ring(ports).shares(len(ports), nearest=False)


class InTurn:
    """Servers in an order that is known beforehand, whatever happens."""

    def __init__(self, servers: Sequence[int]) -> None:
        self._servers = itertools.cycle(servers)

    def choose(self) -> int:
        """Return the next one."""
        return next(self._servers)

    def replied(self, server: int, elapsed: float) -> None:
        """Take no note of replies."""


class _Counting:
    """One that counts the connections of each server."""

    def __init__(self, servers: int) -> None:
        self.connections = [0] * servers

    def replied(self, server: int, elapsed: float) -> None:  # noqa: ARG002 - how long it took is no matter here
        """Count one less."""
        self.connections[server] -= 1


class HAProxyLeastConnections(_Counting):
    """HAProxy's: of servers with equally few connections, the one that has had that number for longest.

    The servers stand in a tree, ordered by their connections; whenever that number changes, in either direction, a server is
    taken out and put in again behind all those with the same number.
    """

    def __init__(self, servers: int) -> None:
        super().__init__(servers)
        self._turn = itertools.count()
        self._since = [next(self._turn) for _ in range(servers)]

    def choose(self) -> int:
        """Return the first one in the tree."""
        best = min(range(len(self.connections)), key=lambda server: (self.connections[server], self._since[server]))
        self._move(best, 1)
        return best

    def replied(self, server: int, elapsed: float) -> None:  # noqa: ARG002 - how long it took is no matter here
        """Count one less, and go behind those with as few."""
        self._move(server, -1)

    def _move(self, server: int, step: int) -> None:
        self.connections[server] += step
        self._since[server] = next(self._turn)


class NginxLeastConnections(_Counting):
    """nginx's: among servers with equally few connections, a smooth weighted round robin.

    Each of them gains one credit, the one with most – of several, the first – is chosen and pays as many as were gained.
    """

    def __init__(self, servers: int) -> None:
        super().__init__(servers)
        self._credits = [0] * servers

    def choose(self) -> int:
        """Return the one with most credit among those with fewest connections."""
        fewest = min(self.connections)
        tied = [server for server, connections in enumerate(self.connections) if connections == fewest]
        if len(tied) > 1:
            for server in tied:
                self._credits[server] += 1
        best = max(tied, key=lambda server: self._credits[server])
        if len(tied) > 1:
            self._credits[best] -= len(tied)
        self.connections[best] += 1
        return best


class HAProxyTwoChoices(_Counting):
    """HAProxy's random(2): two points of its ring at random, maybe of one server; the second, unless it has more connections."""

    def __init__(self, servers: int, seed: int) -> None:
        super().__init__(servers)
        self._ring, self._random = haproxy_ring(servers), random.Random(seed)  # noqa: S311 - a simulation, no secret

    def choose(self) -> int:
        """Draw twice, and compare."""
        first, second = (self._ring.nearest(self._random.randrange(CIRCLE)) for _ in range(2))
        best = first if self.connections[second] > self.connections[first] else second
        self.connections[best] += 1
        return best


class NginxTwoChoices(_Counting):
    """nginx's random two: two different servers, all alike; the second, unless it has more connections."""

    def __init__(self, servers: int, seed: int) -> None:
        super().__init__(servers)
        self._random = random.Random(seed)  # noqa: S311 - a simulation, no secret

    def choose(self) -> int:
        """Draw two, and compare."""
        servers = range(len(self.connections))
        first, second = self._random.sample(servers, 2) if len(servers) > 1 else (0, 0)
        best = first if self.connections[second] > self.connections[first] else second
        self.connections[best] += 1
        return best


def rule(program: str, policy: str, keys: Sequence[int], ports: Sequence[int], seed: int) -> Balancer:
    """Return a balancer that chooses as a program does.

    Parameters
    ----------
    program : {"haproxy", "nginx"}
        Whose rule.
    policy : {"round_robin", "least_connections", "two_choices", "consistent_hash"}
        Which policy.
    keys : sequence of int
        What each request is about, for consistent hashing.
    ports : sequence of int
        Where the servers listen.
    seed : int
        Where the random numbers start.

    Returns
    -------
    Balancer

    Examples
    --------
    >>> balancer = rule("haproxy", "least_connections", [], ports=[8001, 8002, 8003], seed=0)
    >>> [balancer.choose() for _ in range(4)]
    [0, 1, 2, 0]
    """
    servers = len(ports)
    if policy == "round_robin":
        return InTurn(range(servers))
    if policy == "consistent_hash":
        return InTurn(placed(program, keys, ports))
    if policy == "least_connections":
        return HAProxyLeastConnections(servers) if program == "haproxy" else NginxLeastConnections(servers)
    return HAProxyTwoChoices(servers, seed) if program == "haproxy" else NginxTwoChoices(servers, seed)
