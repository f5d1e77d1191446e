"""PostgreSQL, with a table of orders, asked by its own program ``psql``."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from labsupport.checks import integer
from labsupport.systems.installing import Packages, install_command
from labsupport.systems.server import NotInstalledError, Server
from labsupport.systems.sqlite import MOST_ROWS, ORDERS_EACH, QUERY

PATIENCE = 60.0  # seconds that one statement may take before the server counts as stuck
USER = "lab"
_END = "-- that was all --"
_SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "shared_buffers": "64MB",
    "fsync": "off",  # nothing here is worth saving from a power cut
    "jit": "off",
    "max_parallel_workers_per_gather": "0",  # one worker for a query, as in the model
}


class Psql:
    """A client that runs each statement by ``psql``.

    Parameters
    ----------
    program : pathlib.Path
        Where ``psql`` is.
    port : int
        The server's port of 127.0.0.1.
    """

    def __init__(self, program: Path, port: int) -> None:
        self._program = program
        where = ["-h", "127.0.0.1", "-p", str(port), "-U", USER, "-d", "postgres"]
        self._command = [str(program), *where, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]

    def at(self, port: int) -> Psql:
        """Return a client of the same server that goes by another port, such as that of a `labsupport.systems.line.Line`."""
        return Psql(self._program, port)

    def run(self, statement: str, timeout: float = PATIENCE) -> str:
        """Run a statement and return what it printed; raise ``OSError`` if it failed."""
        try:
            done = subprocess.run([*self._command, "-c", statement], capture_output=True, text=True, timeout=timeout, check=False)  # noqa: S603 - ours
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"psql gave no answer within {timeout:g} s") from error
        if done.returncode:
            raise ConnectionError(done.stderr.strip())
        return done.stdout.strip()

    def session(self) -> Session:
        """Return a connection that stays open, to be used in a ``with`` block."""
        return Session(self._command)

    def create_orders(self, rows: int) -> None:
        """Make the table of orders, as `labsupport.systems.sqlite.SQLite` does."""
        rows = integer("rows", rows, ORDERS_EACH, MOST_ROWS)
        fill = (
            f"SELECT number, (number::bigint * 7919) % {rows // ORDERS_EACH}, number % 1000, "  # noqa: S608 - numbers, checked
            f"'order ' || number || ', paid, sent, and received' FROM generate_series(0, {rows - 1}) AS numbers(number)"
        )
        self.run("CREATE TABLE orders (number, customer, amount, note) AS " + fill)
        self.run("VACUUM ANALYZE orders")

    def create_index(self) -> None:
        """Make an index on the customer."""
        self.run("CREATE INDEX by_customer ON orders (customer)")
        self.run("ANALYZE orders")

    def drop_orders(self) -> None:
        """Remove the table of orders."""
        self.run("DROP TABLE orders")

    def explain(self, customer: int) -> tuple[str, float]:
        """Run the query; return how it found the rows, in the server's own words, and how long it took in milliseconds."""
        told: list[dict[str, Any]] = json.loads(self.run("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + QUERY.format(customer=int(customer))))
        node = told[0]["Plan"]["Plans"][0]  # what is below the sum
        return str(node["Node Type"]), float(told[0]["Planning Time"]) + float(told[0]["Execution Time"])


class Session:
    """A connection that stays open, so that a statement costs one way there and back, and not several.

    Parameters
    ----------
    command : sequence of str
        How ``psql`` is called.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command

    def __enter__(self) -> Self:
        quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self._psql = subprocess.Popen([*self._command, "-f", "-"], text=True, start_new_session=True, **quiet)  # type: ignore[call-overload] # noqa: S603 - ours
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._psql.terminate()  # it may wait for an answer that does not come
        self._psql.communicate()

    def run(self, statement: str) -> str:
        """Run a statement and return what it printed; raise ``OSError`` if it failed."""
        self._psql.stdin.write(f"{statement};\n\\echo {_END}\n")
        self._psql.stdin.flush()
        lines = []
        while (line := self._psql.stdout.readline()) != f"{_END}\n":
            if not line:
                raise ConnectionError(self._psql.stderr.read().strip())
            lines.append(line)
        return "".join(lines).strip()


class PostgreSQL(Server[Psql]):
    """A PostgreSQL server of our own on a free port of 127.0.0.1, with an empty database.

    Parameters
    ----------
    program : str or pathlib.Path, optional
        The program to start, instead of the one that is found; ``initdb`` and ``psql`` are taken from beside it, if they are there.
    timeout : float, optional
        Seconds that it may take until it answers, at most 6.5.

    References
    ----------
    PostgreSQL documentation, "Using EXPLAIN"; "initdb".

    Examples
    --------
    >>> PostgreSQL()
    <PostgreSQL: not running>
    """

    name = "PostgreSQL"
    programs = ("postgres",)
    packages = Packages(
        debian="postgresql",
        brew="postgresql",
        conda="postgresql",
        elsewhere="PostgreSQL's own pages have an installer for Windows, but this course starts it on Linux and macOS only",
    )
    stop_signal = signal.SIGINT  # fast shutdown: it asks nobody to finish

    @classmethod
    def find(cls) -> Path | None:
        """Return where the program is: Debian keeps it off the search path, one folder for each version."""
        found = super().find()
        if found is not None:
            return found
        kept = [path for name in cls.programs for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}")]
        return max(kept, key=lambda path: float(path.parts[-3]), default=None)

    @classmethod
    def version(cls, program: Path) -> str:
        """Return the name and number of the version, such as "PostgreSQL 15.18"."""
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=5, check=False)  # noqa: S603 - found by find()
        found = re.search(r"[0-9][0-9.]*", answer.stdout)
        return f"{cls.name} {found[0]}" if found else cls.name

    def settings(self) -> Mapping[str, str]:
        """Return the settings: loopback only, no disk to wait for, one worker for a query."""
        return {"port": str(self.port), "unix_socket_directories": f"'{self.directory}'", **_SETTINGS}

    def configuration(self) -> Mapping[str, str]:
        """Return the file of settings."""
        return {"settings.conf": "".join(f"{name} = {value}\n" for name, value in self.settings().items())}

    def command(self, program: Path) -> list[str]:
        """Return a command line that makes the data directory and then becomes the server."""
        data = self.directory / "data"
        self._psql = self._companion("psql", program)
        serve = [program, "-D", data, "-c", f"config_file={self.directory / 'settings.conf'}"]
        words = [" ".join(shlex.quote(str(word)) for word in command) for command in (*self.prepare(program, data), serve)]
        return ["/bin/sh", "-c", " && ".join([*words[:-1], f"exec {words[-1]}"])]

    def prepare(self, program: Path, data: Path) -> list[list[Any]]:
        """Return the commands that make the data directory: an empty database."""
        return [[self._companion("initdb", program), "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]]

    def _companion(self, name: str, program: Path) -> Path:
        """Find another program of PostgreSQL's: beside the server, beside the one that is installed, or on the search path."""
        folders = [str(place.resolve().parent) for place in (program, self.find()) if place is not None]
        found = shutil.which(name, path=os.pathsep.join(folders)) or shutil.which(name)
        if found is None:
            raise NotInstalledError(f"{program} is here, but {name} is not, which it needs. To install it: {install_command(self.packages)}")
        return Path(found)

    def connect(self, timeout: float) -> Psql:
        """Return a client after the server has told its data directory – which another one on the same port would tell otherwise."""
        client = Psql(self._psql, self.port)
        answering = client.run("SHOW data_directory", timeout)
        if Path(answering).resolve() != (self.directory / "data").resolve():
            raise ConnectionError(f"another server answers on port {self.port}")
        return client

    def disconnect(self, client: Psql) -> None:
        """Do nothing: each statement had a connection of its own."""


class Primary(PostgreSQL):
    """A PostgreSQL server whose writes can wait for a replica; see `PostgreSQL`."""

    def settings(self) -> Mapping[str, str]:
        """Return the settings: whichever replica comes is waited for, if a session asks for that."""
        return {**super().settings(), "synchronous_standby_names": "'*'", "synchronous_commit": "local"}


class Standby(PostgreSQL):
    """A replica of another PostgreSQL server: it begins as a copy, and repeats what is written there.

    Parameters
    ----------
    primary : int
        The other one's port of 127.0.0.1.
    source : int, optional
        The port from which it hears what is written; by default the same.
    timeout : float, optional
        Seconds that it may take until it answers, at most 6.5.

    References
    ----------
    PostgreSQL documentation, "Log-Shipping Standby Servers".

    Examples
    --------
    >>> Standby(5432)
    <Standby: not running>
    """

    def __init__(self, primary: int, source: int | None = None, timeout: float = 6.5) -> None:
        super().__init__(timeout=timeout)
        self._primary, self._source = primary, primary if source is None else source

    def settings(self) -> Mapping[str, str]:
        """Return the settings: where to hear what is written."""
        return {**super().settings(), "primary_conninfo": f"'host=127.0.0.1 port={self._source} user={USER}'"}

    def prepare(self, program: Path, data: Path) -> list[list[Any]]:
        """Return the commands that make the data directory: a copy of the other one's, marked as a replica."""
        copy = [self._companion("pg_basebackup", program), "-h", "127.0.0.1", "-p", self._primary, "-U", USER, "-D", data, "-c", "fast", "--no-sync"]
        return [copy, ["touch", data / "standby.signal"]]
