"""nginx, as a real load balancer that learns of a dead server by failing to reach it."""

from __future__ import annotations

import re
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from labsupport.systems.installing import Packages
from labsupport.systems.proxy import Proxy, ProxyClient

FAIL_TIMEOUT = 1  # seconds that a server is left alone after it could not be reached
OWN_LOG = (1, 19, 5)  # the first version that can be told before it starts where to report errors


class Nginx(Proxy):
    """An nginx of our own on a free port of 127.0.0.1, in front of servers on this machine.

    A server that cannot be reached is left alone for a second, and the request goes to the next one.

    Parameters
    ----------
    policy : {"round_robin", "least_connections", "two_choices", "consistent_hash"}, optional
        Who gets a request: nginx's default, ``least_conn``, ``random two least_conn``, or ``hash $request_uri consistent``.
    backends : sequence of int, optional
        The ports of 127.0.0.1 on which the servers behind it listen.
    program : str or pathlib.Path, optional
        The program to start, instead of the one that is found.
    timeout : float, optional
        Seconds that it may take until it answers, at most 6.5.

    References
    ----------
    nginx documentation, "Module ngx_http_upstream_module".

    Examples
    --------
    >>> server = Nginx("consistent_hash", backends=[8001, 8002])
    >>> server
    <Nginx: not running>
    >>> def ask():
    ...     with server as client:
    ...         return client.get("/")
    """

    name = "nginx"
    programs = ("nginx",)
    packages = Packages(
        debian="nginx-light",
        brew="nginx",
        conda="nginx",
        elsewhere="use the Windows Subsystem for Linux, and there: sudo apt-get install nginx-light",
    )
    words: ClassVar[Mapping[str, str]] = {
        "round_robin": "round robin",
        "least_connections": "least_conn",
        "two_choices": "random two least_conn",
        "consistent_hash": "hash consistent",
    }

    @classmethod
    def version(cls, program: Path) -> str:
        """Return the name and number of the version, such as "nginx 1.22.1"."""
        answer = subprocess.run([program, "-v"], capture_output=True, text=True, timeout=5, check=False)  # noqa: S603 - found by find()
        line = (answer.stderr or answer.stdout).strip().split("\n")[0]
        words = re.search(r"nginx/(\d+(?:\.\d+)*)", line)
        return f"nginx {words[1]}" if words else line

    def configuration(self) -> Mapping[str, str]:
        """Return the configuration: one process, loopback only, everything it writes in its directory, a path only we know."""
        self._secret = secrets.token_hex(16)
        policy = {
            "round_robin": "",
            "least_connections": "least_conn;",
            "two_choices": "random two least_conn;",
            "consistent_hash": "hash $request_uri consistent;",
        }[self.policy]
        servers = [f"server 127.0.0.1:{port} max_fails=1 fail_timeout={FAIL_TIMEOUT}s;" for port in self.backends]
        temporary = [f"{kind}_temp_path temporary;" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")]
        lines = [
            "daemon off; master_process off; pid nginx.pid; error_log stderr;",
            "events { worker_connections 2048; }",
            "http {",
            "log_format servers '$upstream_addr'; access_log access.log servers;",
            *temporary,
            "upstream back {",
            policy,
            *servers,
            "keepalive 64;",
            "}",
            "server {",
            f"listen 127.0.0.1:{self.port};",
            f"location = /{self._secret} {{ access_log off; return 204; }}",
            'location / { proxy_pass http://back; proxy_http_version 1.1; proxy_set_header Connection ""; }',
            "}",
            "}",
        ]
        return {"nginx.conf": "\n".join(lines) + "\n"}

    def command(self, program: Path) -> list[str]:
        """Return the command line."""
        version = tuple(int(part) for part in re.findall(r"\d+", self.version(program)))
        early = ["-e", "stderr"] if version >= OWN_LOG or not version else []
        return [str(program), *early, "-p", f"{self.directory}/", "-c", "nginx.conf"]

    def connect(self, timeout: float) -> ProxyClient:
        """Return a client after nginx has answered on the path that only this one knows."""
        client = ProxyClient(self)
        reply = client.get(f"/{self._secret}", timeout=timeout)
        if reply.status != 204:
            raise ConnectionError(f"another program answers on port {self.port}")
        return client

    def requests_per_server(self) -> list[int]:
        """Return how many requests it says it sent to each server, those included that were passed on to another then."""
        log = (self.directory / "access.log").read_text()
        asked = [int(port) for port in re.findall(r":(\d+)", log)]
        return [asked.count(port) for port in self.backends]
