"""A database that is far away: SQLite behind a TCP server of ours on this machine, which answers as late as it is told to.

Both sides are in this file: :class:`Remote` is used by Python, :func:`main` is the child, which imports nothing else of the course.
The child makes the database in a private directory, so that the same file can be asked in this process, too, and removes it when the
pipe between them closes – which the system does however Python ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import socket
import socketserver
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

ROWS = 10_000
PATIENCE = 3.0  # seconds the child has to end after the pipe was closed
LONGEST = 10.0  # seconds to wait for an answer


def ask(database: sqlite3.Connection, numbers: Sequence[int]) -> list[list[Any]]:
    """Ask a database for some rows, by their numbers.

    Parameters
    ----------
    database : sqlite3.Connection
    numbers : sequence of int
        From 0.

    Returns
    -------
    list of list
        Number, name and price of each, in the order of the numbers in the database.

    Examples
    --------
    >>> with Remote() as remote:
    ...     ask(remote.database, [7]), remote.ask([7])
    ([[7, 'thing 7', 4.93]], [[7, 'thing 7', 4.93]])
    """
    places = ",".join("?" * len(numbers))
    return [list(row) for row in database.execute(f"SELECT number, name, price FROM things WHERE number IN ({places})", list(numbers))]  # noqa: S608 - only question marks


class Remote:
    """A table of 10,000 things, near and far: as a file that this process reads, and behind a socket.

    Attributes
    ----------
    port : int
        The port of 127.0.0.1 that the server listens on, inside the ``with`` block.
    database : sqlite3.Connection
        The same table, embedded in this process, inside the ``with`` block.

    Raises
    ------
    ChildProcessError
        If the server does not come to answer.
    """

    port: int
    database: sqlite3.Connection

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - our own file, run by the Python that runs us
            [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid()), tempfile.gettempdir()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
            start_new_session=True,  # Ctrl-C goes to Python's process group, and must not end it in the middle of an answer
        )
        self._stack = contextlib.ExitStack()
        self._stack.callback(self._end)
        try:
            answers = cast("IO[bytes]", self._process.stdout)
            with answers:
                said = json.loads(answers.readline() or b"null")
            if said is None:
                raise ChildProcessError("the process of the remote database ended at once; is there room in the temporary directory?")
            self.port = said["port"]
            self.database = self._stack.enter_context(contextlib.closing(sqlite3.connect(f"file:{said['file']}?mode=ro", uri=True)))
            self._socket = self._stack.enter_context(socket.create_connection(("127.0.0.1", self.port), LONGEST))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._replies = self._stack.enter_context(self._socket.makefile("rb"))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._stack.close()

    def ask(self, numbers: Sequence[int], delay: float = 0.0) -> list[list[Any]]:
        """Ask the server for some rows, over the socket.

        Parameters
        ----------
        numbers : sequence of int
            As for :func:`ask`.
        delay : float, optional
            Seconds that the way there and back takes, besides what it really takes.

        Returns
        -------
        list of list
            As :func:`ask` returns them.

        Raises
        ------
        ConnectionError
            If the server has hung up.
        """
        self._socket.sendall(json.dumps({"numbers": list(numbers), "delay": delay}).encode() + b"\n")
        reply = self._replies.readline()
        if not reply:
            raise ConnectionError("the remote database has hung up")
        rows: list[list[Any]] = json.loads(reply)
        return rows

    def _end(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            cast("IO[bytes]", self._process.stdin).close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


# From here on: the child's side.


class _Connection(socketserver.StreamRequestHandler):
    """One client, whose queries are answered one after the other."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        # read-only, since a client that comes while the directory is being removed would otherwise make the file again
        file = cast("_Server", self.server).file
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            for line in self.rfile:
                query = json.loads(line)
                due = time.monotonic() + query["delay"]
                reply = json.dumps(ask(database, query["numbers"])).encode() + b"\n"
                time.sleep(max(0.0, due - time.monotonic()))
                self.wfile.write(reply)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    file = ""


def _fill(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE things (number INTEGER PRIMARY KEY, name TEXT, price REAL)")
        database.executemany("INSERT INTO things VALUES (?, ?, ?)", ((n, f"thing {n}", round(n * 0.7043 % 99, 2)) for n in range(ROWS)))


def main(parent: int, place: str) -> None:
    """Serve until the parent process closes the pipe, however it ends."""
    directory = Path(tempfile.mkdtemp(prefix="labsupport-remote-", dir=place))
    try:
        _fill(directory / "things.db")
        with _Server(("127.0.0.1", 0), _Connection) as server:
            server.file = str(directory / "things.db")
            threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
            os.write(1, json.dumps({"port": server.server_address[1], "file": server.file}).encode() + b"\n")
            while os.getppid() == parent:  # looked at, too, since a process that Python has forked may hold the pipe open for longer
                if select.select([0], [], [], 0.2)[0] and not os.read(0, 4096):
                    break
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os._exit(0)  # whatever is still being answered, nobody waits for it


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
