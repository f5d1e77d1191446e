"""Memcached, as a real cache of limited memory."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.checks import integer, number
from labsupport.systems.installing import Packages
from labsupport.systems.server import Server

if TYPE_CHECKING:
    from pymemcache.client.base import Client

PAGE = 1 << 20  # bytes: memory is handed out in pages of this size, and a page is cut into chunks of one size
FEWEST_PAGES = 2  # it refuses to start with less memory than two of its largest items
PATIENCE = 10.0  # seconds that one request may take before the server counts as stuck


class Memcached(Server["Client"]):
    """A Memcached server of our own on a free port of 127.0.0.1.

    Parameters
    ----------
    pages : int, optional
        Memory for items, in pages of 1 MB, at least 2.
    growth : float, optional
        How many times larger the chunks of each slab class are than those of the one before (Memcached's own default is 1.25).
    smallest : int, optional
        Bytes for key, value and flags in the smallest chunk (Memcached's own default is 48). Chunks are what memory is handed out
        in, so where all items have one size, this can be made to fit it.
    program : str or pathlib.Path, optional
        The program to start, instead of the one that is found.
    timeout : float, optional
        Seconds that it may take until it answers, at most 6.5.

    References
    ----------
    Memcached documentation, "Modern LRU"; "Slab allocation".

    Examples
    --------
    >>> server = Memcached(pages=4)
    >>> server
    <Memcached: not running>
    >>> def fill():
    ...     with server as client:  # a client of the package pymemcache
    ...         client.set("answer", b"42")
    """

    name = "Memcached"
    programs = ("memcached",)
    packages = Packages(
        debian="memcached",
        brew="memcached",
        elsewhere="Memcached does not run on Windows itself: use the Windows Subsystem for Linux, and there: sudo apt-get install memcached",
    )
    stop_signal = signal.SIGKILL  # it has nothing to put in order, and if asked takes a second to do so

    def __init__(self, pages: int = 64, growth: float = 1.25, smallest: int = 48, program: str | Path | None = None, timeout: float = 6.0) -> None:
        super().__init__(program, timeout)
        self.pages = integer("pages", pages, minimum=FEWEST_PAGES)
        self.growth = number("growth", growth, above=1)
        self.smallest = integer("smallest", smallest, minimum=1, maximum=PAGE // 4)

    @classmethod
    def version(cls, program: Path) -> str:
        """Return the name and number of the version, such as "Memcached 1.6.18"."""
        answer = subprocess.run([program, "-V"], capture_output=True, text=True, timeout=5, check=False)  # noqa: S603 - found by find()
        return (answer.stdout or answer.stderr).strip().split("\n")[0].replace("memcached", cls.name)

    def configuration(self) -> Mapping[str, str]:
        """Return no file: Memcached takes its settings from the command line."""
        return {}

    def command(self, program: Path) -> list[str]:
        """Return the command line: loopback only, no UDP, one thread."""
        port = ["-l", "127.0.0.1", "-p", str(self.port), "-U", "0", "-t", "1"]
        return [str(program), *port, "-m", str(self.pages), "-f", f"{self.growth:g}", "-n", str(self.smallest)]

    def connect(self, timeout: float) -> Client:
        """Return a client after the server has told its process id – which another one on the same port would tell otherwise."""
        probe = self._make_client(timeout)
        try:
            answering = int(probe.stats()[b"pid"])
        except Exception as error:  # the client has no single error for a server that is not there, not ready, or no Memcached
            raise ConnectionError(str(error)) from error
        finally:
            probe.close()
        if answering != self.process:
            raise ConnectionError(f"another process ({answering}) answers on port {self.port}")
        return self._make_client(PATIENCE)

    def _make_client(self, timeout: float) -> Client:
        from pymemcache.client.base import Client

        return Client(("127.0.0.1", self.port), connect_timeout=timeout, timeout=timeout, no_delay=True)

    def disconnect(self, client: Client) -> None:
        """Close the client."""
        client.close()
