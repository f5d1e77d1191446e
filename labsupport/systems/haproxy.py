"""HAProxy, as a real load balancer that asks its servers all the time whether they are up."""

from __future__ import annotations

import csv
import re
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from labsupport.systems.installing import Packages
from labsupport.systems.proxy import PATIENCE, Proxy, ProxyClient

CHECK = 0.1  # seconds between two checks of a server
FALL = 2  # failed checks until a server counts as down


class HAProxy(Proxy):
    """An HAProxy of our own on a free port of 127.0.0.1, in front of servers on this machine.

    Each server is connected to ten times a second; after two failures it counts as down, after two successes as up.

    Parameters
    ----------
    policy : {"round_robin", "least_connections", "two_choices", "consistent_hash"}, optional
        Who gets a request: ``balance`` roundrobin, leastconn, random(2), or uri with ``hash-type consistent``.
    backends : sequence of int, optional
        The ports of 127.0.0.1 on which the servers behind it listen.
    program : str or pathlib.Path, optional
        The program to start, instead of the one that is found.
    timeout : float, optional
        Seconds that it may take until it answers, at most 6.5.

    References
    ----------
    HAProxy documentation, "Configuration Manual", balance and hash-type.

    Examples
    --------
    >>> server = HAProxy("least_connections", backends=[8001, 8002])
    >>> server
    <HAProxy: not running>
    >>> def ask():
    ...     with server as client:
    ...         return client.get("/")
    """

    name = "HAProxy"
    programs = ("haproxy",)
    packages = Packages(
        debian="haproxy",
        brew="haproxy",
        elsewhere="HAProxy does not run on Windows itself: use the Windows Subsystem for Linux, and there: sudo apt-get install haproxy",
    )
    words: ClassVar[Mapping[str, str]] = {
        "round_robin": "roundrobin",
        "least_connections": "leastconn",
        "two_choices": "random(2)",
        "consistent_hash": "uri, consistent",
    }

    @classmethod
    def version(cls, program: Path) -> str:
        """Return the name and number of the version, such as "HAProxy 2.6.12"."""
        answer = subprocess.run([program, "-v"], capture_output=True, text=True, timeout=5, check=False)  # noqa: S603 - found by find()
        line = (answer.stdout or answer.stderr).strip().split("\n")[0]
        words = re.match(r"HA-?Proxy version (\d+(?:\.\d+)*)", line)
        return f"HAProxy {words[1]}" if words else line

    def configuration(self) -> Mapping[str, str]:
        """Return the configuration: one thread, loopback only, a port that is not shared with another process, servers checked."""
        balance = ["balance uri", "hash-type consistent"] if self.policy == "consistent_hash" else [f"balance {self.words[self.policy]}"]
        lines = [
            "global",
            "    maxconn 4000",
            "    nbthread 1",
            "    noreuseport",
            "    stats socket unix@haproxy.sock mode 600 level user",
            "defaults",
            "    mode http",
            "    timeout connect 2s",
            "    timeout client 60s",
            "    timeout server 60s",
            "    timeout check 1s",
            "    retries 3",
            "    option redispatch 1",
            "frontend front",
            f"    bind 127.0.0.1:{self.port}",
            "    default_backend back",
            "backend back",
            *(f"    {line}" for line in balance),
            f"    default-server check inter {round(1000 * CHECK)}ms fall {FALL} rise {FALL}",
            *(f"    server s{number} 127.0.0.1:{port}" for number, port in enumerate(self.backends)),
        ]
        return {"haproxy.cfg": "\n".join(lines) + "\n"}

    def command(self, program: Path) -> list[str]:
        """Return the command line."""
        return [str(program), "-db", "-f", "haproxy.cfg"]

    def connect(self, timeout: float) -> ProxyClient:
        """Return a client after HAProxy has answered on its socket, which it does when its ports are open."""
        self._ask("show info", timeout)
        return ProxyClient(self)

    def requests_per_server(self) -> list[int]:
        """Return how many requests it says it sent to each server."""
        return [int(row["stot"]) for row in self.statistics()]

    def statistics(self) -> list[dict[str, str]]:
        """Return what HAProxy says of each server, such as ``stot``, requests in total, and ``status``.

        Returns
        -------
        list of dict
        """
        rows = csv.DictReader(self._ask("show stat", PATIENCE).lstrip("# ").splitlines())
        return [row for row in rows if row["pxname"] == "back" and row["svname"] != "BACKEND"]

    def _ask(self, command: str, timeout: float) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(str(self.directory / "haproxy.sock"))
            connection.sendall(f"{command}\n".encode())
            pieces = []
            while piece := connection.recv(65536):
                pieces.append(piece)
        return b"".join(pieces).decode()
