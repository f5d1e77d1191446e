"""The same experiments on real systems, each started here for the length of a ``with`` block and always ended.

A notebook never needs one: where a system is missing, its comparison says how to get it and shows a recorded run.

>>> for system in available():
...     print(system.name, "for", system.topic)
Redis for caching
Memcached for caching
HAProxy for balancing
nginx for balancing
Prometheus for scraping
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

__all__ = ["Availability", "available", "servers"]

_SERVERS = (  # the topic, the module here, and the class in it
    ("caching", "redis", "Redis"),
    ("caching", "memcached", "Memcached"),
    ("balancing", "haproxy", "HAProxy"),
    ("balancing", "nginx", "Nginx"),
    ("scraping", "prometheus", "Prometheus"),
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
    """Yield the topic and the class of every real server that the course knows.

    Yields
    ------
    (str, type)

    Examples
    --------
    >>> [server.name for topic, server in servers() if topic == "caching"]
    ['Redis', 'Memcached']
    """
    for topic, module, name in _SERVERS:
        yield topic, getattr(importlib.import_module(f"labsupport.systems.{module}"), name)


def available() -> tuple[Availability, ...]:
    """Return which real systems are on this machine, in which version, and how to install those that are not.

    Nothing is started and nothing installed.

    Returns
    -------
    tuple of Availability

    Examples
    --------
    >>> sorted({system.topic for system in available()})
    ['balancing', 'caching', 'scraping']
    """
    from labsupport.systems.installing import install_command

    found = []
    for topic, server in servers():
        program, version = server.find(), ""
        if program is not None:
            try:
                version = server.version(program)
            except (OSError, subprocess.SubprocessError):  # it is there, but does not run: the doctor says why
                version = "version unknown"
        found.append(Availability(server.name, topic, program, version, install_command(server.packages)))
    return tuple(found)
