"""The same experiments on real systems, each started here for the length of a ``with`` block and always ended.

A notebook never needs one: where a system is missing, its comparison says how to get it and shows a recorded run.

>>> for system in available():
...     print(system.name, "for", system.topic)
Redis for caching
Memcached for caching
HAProxy for balancing
nginx for balancing
Prometheus for scraping
gmond for ganglia
gmetad for ganglia
InfluxDB for influxdb
PostgreSQL for request_path
Dask for scaling
Spark for shuffle
"""

from __future__ import annotations

import importlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labsupport.systems.server import Server

__all__ = ["Availability", "available", "engines", "look_for", "servers"]

Place = tuple[str, str, str]  # the topic, the module here, and the class in it
_SERVERS: tuple[Place, ...] = (  # started by the doctor: each answers within a moment
    ("caching", "redis", "Redis"),
    ("caching", "memcached", "Memcached"),
    ("balancing", "haproxy", "HAProxy"),
    ("balancing", "nginx", "Nginx"),
    ("scraping", "prometheus", "Prometheus"),
    ("ganglia", "gmond", "Gmond"),
    ("ganglia", "gmetad", "Gmetad"),
    ("influxdb", "influxd", "InfluxDB"),
)
_ENGINES: tuple[Place, ...] = (  # several processes each, or seconds to start: only looked for
    ("request_path", "postgresql", "PostgreSQL"),
    ("scaling", "cluster", "Cluster"),
    ("shuffle", "spark", "Spark"),
)


@dataclass(frozen=True)
class Availability:
    """Whether a real system can be used on this machine.

    Parameters
    ----------
    name : str
        The system's name.
    topic : str
        The module of ``labsupport.systems`` that uses it.
    program : pathlib.Path or None
        Where the program is, or None if it is not here.
    version : str
        Its version; empty if it is not here.
    install : str
        The one command that installs it on this machine.

    Examples
    --------
    >>> print(Availability("Redis", "caching", None, "", "brew install redis"))
    Redis (for caching) is missing. To install it: brew install redis
    """

    name: str
    topic: str
    program: Path | None
    version: str
    install: str

    @property
    def is_here(self) -> bool:
        """True if the program was found."""
        return self.program is not None

    def __str__(self) -> str:
        if self.is_here:
            return f"{self.name} (for {self.topic}) is here: {self.version}, {self.program}"
        return f"{self.name} (for {self.topic}) is missing. To install it: {self.install}"


def servers() -> Iterator[tuple[str, type[Server[Any]]]]:
    """Yield the topic and the class of every real server of one process that answers within a moment.

    Yields
    ------
    (str, type)

    Examples
    --------
    >>> [server.name for topic, server in servers() if topic == "caching"]
    ['Redis', 'Memcached']
    """
    yield from map(_load, _SERVERS)


def engines() -> Iterator[tuple[str, type[Server[Any]]]]:
    """Yield the topic and the class of every real system of several processes, or that takes seconds to start.

    Yields
    ------
    (str, type)

    Examples
    --------
    >>> [engine.name for topic, engine in engines()]
    ['PostgreSQL', 'Dask', 'Spark']
    """
    yield from map(_load, _ENGINES)


def available() -> tuple[Availability, ...]:
    """Return which real systems are on this machine, in which version, and how to install those that are not.

    Nothing is started and nothing installed.

    Returns
    -------
    tuple of Availability
        The servers first, then the engines.

    Examples
    --------
    >>> sorted({system.topic for system in available()})
    ['balancing', 'caching', 'ganglia', 'influxdb', 'request_path', 'scaling', 'scraping', 'shuffle']
    """
    return tuple(look_for(topic, server) for topic, server in (*servers(), *engines()))


def look_for(topic: str, server: type[Server[Any]]) -> Availability:
    """Look for one real system.

    Parameters
    ----------
    topic : str
        The module of ``labsupport.systems`` that uses it.
    server : type
        Its class, as :func:`servers` and :func:`engines` yield it.

    Returns
    -------
    Availability

    Examples
    --------
    >>> from labsupport.systems.redis import Redis
    >>> look_for("caching", Redis).name
    'Redis'
    """
    from labsupport.systems.installing import install_command

    program, version = server.find(), ""
    if program is not None:
        try:
            version = server.version(program)
        except (OSError, subprocess.SubprocessError):  # it is there, but does not run: the doctor says why
            version = "version unknown"
    return Availability(server.name, topic, program, version, server.install() or install_command(server.packages))


def _load(place: Place) -> tuple[str, type[Server[Any]]]:
    topic, module, name = place
    return topic, getattr(importlib.import_module(f"labsupport.systems.{module}"), name)
