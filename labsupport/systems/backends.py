"""Backends: small HTTP servers of given speeds, as the simulator has them, in a child process of ours.

Each serves its requests one after the other, first come first served. A request says in a header how much work it is; the work is
done by waiting, so that speeds can be chosen and do not depend on the machine. A server can be slowed, stopped – its port closes,
and what is there is lost – and brought back on the same port.

Both sides are in this file: :class:`Backends` is used by Python, :func:`main` is the child, which imports nothing else of the
course. They exchange lines of JSON. However Python ends, the system closes the pipe between them, and the child ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

WORK = "Work"  # the header that says how much work a request is, in seconds at speed 1
PATIENCE = 3.0  # seconds the child has to end after the pipe was closed


class Backends:
    """Servers of given speeds on free ports of 127.0.0.1, for the length of a ``with`` block.

    Parameters
    ----------
    speeds : sequence of float
        Work that each does per second, above 0.

    Attributes
    ----------
    ports : list of int
        Where they listen, inside the ``with`` block.

    Examples
    --------
    >>> with Backends([1.0, 3.0]) as backends:
    ...     len(backends.ports)
    2
    """

    ports: list[int]

    def __init__(self, speeds: Sequence[float]) -> None:
        self._speeds = [float(speed) for speed in speeds]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - our own file, run by the Python that runs us
            [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid()), json.dumps(self._speeds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
            start_new_session=True,  # Ctrl-C goes to Python's process group, and must not end them in the middle of an answer
        )
        self._orders = cast("IO[bytes]", self._process.stdin)
        answers = cast("IO[bytes]", self._process.stdout)
        try:
            self.ports = json.loads(answers.readline() or b"null")
            if self.ports is None:
                raise ChildProcessError("the process of the backends ended at once")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        finally:
            answers.close()
        return self

    def change(self, server: int, speed: float) -> None:
        """From now on, let a server work at another speed; 0 stops it, and what is there is lost.

        Parameters
        ----------
        server : int
            Which, counted from 0.
        speed : float
            Work per second.
        """
        with contextlib.suppress(BrokenPipeError):  # children that are gone are seen by their missing answers
            self._orders.write(json.dumps([server, speed]).encode() + b"\n")
            self._orders.flush()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._orders.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


# From here on: the child's side.


class _Server:
    """One server: a queue, the request in service, and the port it listens on."""

    def __init__(self, number: int, speed: float) -> None:
        self.number = number
        self.connections: set[_Connection] = set()
        self._speed, self._port = speed, 0
        self._queue: deque[tuple[float, _Connection]] = deque()  # how much work is left of each request, and who waits for it
        self._since = 0.0  # up to when the work of the request in service is counted
        self._timer: asyncio.TimerHandle | None = None
        self._listener: asyncio.Server | None = None

    async def open(self) -> int:
        self._listener = await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", self._port, backlog=1024)
        self._port = int(self._listener.sockets[0].getsockname()[1])
        return self._port

    def add(self, work: float, connection: _Connection) -> None:
        self._queue.append((work, connection))
        if len(self._queue) == 1:
            self._since = asyncio.get_running_loop().time()
            self._schedule()

    async def change(self, speed: float) -> None:
        now = asyncio.get_running_loop().time()
        if self._queue:
            work, connection = self._queue[0]
            self._queue[0] = (max(0.0, work - self._speed * (now - self._since)), connection)
            self._since = now
        self._speed = speed
        if speed == 0:
            self._close()
        elif self._listener is None:
            await self.open()
        self._schedule()

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._queue.clear()
        for connection in self.connections:
            connection.transport.abort()

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._queue and self._speed > 0:
            due = self._since + self._queue[0][0] / self._speed
            self._timer = asyncio.get_running_loop().call_at(due, self._finish, due)

    def _finish(self, due: float) -> None:
        _, connection = self._queue.popleft()
        self._since = due  # and not now, so that being woken late does not add up
        self._schedule()
        connection.reply()


class _Connection(asyncio.Protocol):
    """A connection to a server, for one request at a time."""

    transport: asyncio.Transport

    def __init__(self, server: _Server) -> None:
        self._server, self._unread, self._last = server, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if b"\r\n\r\n" in self._unread:
            head, _, self._unread = self._unread.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").lower().split("\r\n")[1:]
            headers = dict(line.split(": ", 1) for line in lines if ": " in line)
            self._last = headers.get("connection") == "close"
            self._server.add(float(headers.get(WORK.lower(), 0)), self)

    def reply(self) -> None:
        body = str(self._server.number)
        self.transport.write(f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        if self._last:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the name is asyncio's
        self._server.connections.discard(self)


async def _serve(parent: int, speeds: Sequence[float]) -> None:
    servers = [_Server(number, speed) for number, speed in enumerate(speeds)]
    ports = [await server.open() for server in servers]
    os.write(1, json.dumps(ports).encode() + b"\n")
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while os.getppid() == parent:  # looked at, too, since a process that Python has forked may hold the pipe open for longer
        with contextlib.suppress(TimeoutError):
            line = await asyncio.wait_for(orders.readline(), 0.2)
            if not line:
                break
            number, speed = json.loads(line)
            await servers[number].change(speed)
    os._exit(0)  # whatever is still being served, nobody waits for it


def new_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop that wakes up to the microsecond; the usual one on Linux rounds every wait up to a millisecond.

    Returns
    -------
    asyncio.AbstractEventLoop

    Examples
    --------
    >>> new_loop().close()
    """
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def main(parent: int, speeds: Sequence[float]) -> None:
    """Serve until the parent process closes the pipe, however it ends."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_serve(parent, speeds))


if __name__ == "__main__":
    arguments: list[Any] = sys.argv
    main(int(arguments[1]), json.loads(arguments[2]))
