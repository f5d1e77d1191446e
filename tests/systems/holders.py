"""Servers of every kind, and another Python that holds one of them."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from labsupport.systems import servers
from tests.support import ROOT

KINDS = [kind for _, kind in servers()]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)

HOLD = """
import sys, time
from labsupport.systems import servers
server = next(kind for _, kind in servers() if kind.name == {name!r})()
with server as client:
    {before}
    print(server.process, server.port, flush=True)
    time.sleep(600)
"""


def refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def answers(client) -> bool:
    """Ask the server behind a client for something only it can know."""
    if hasattr(client, "report"):
        return "<GANGLIA_XML " in client.report()
    if hasattr(client, "write"):
        return client.query("SHOW DATABASES")["name"].tolist()[-1] == "lab"
    if hasattr(client, "query"):
        return client.query("vector(42)")[0]["value"] == 42
    if hasattr(client, "ping"):
        return client.ping()
    if hasattr(client, "version"):
        return client.version().startswith(b"1.")
    return client.get("/").status in {502, 503}  # the load balancer says that nobody is behind it


def start_python(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def start_holder(before: str = "pass", name: str = "Redis") -> tuple[subprocess.Popen[str], int, int]:
    """Start another Python that holds a server; return it with the server's process id and port."""
    holder = start_python(HOLD.format(before=before, name=name))
    process, port = holder.stdout.readline().split()
    return holder, int(process), int(port)
