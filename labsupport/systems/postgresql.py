"""PostgreSQL, with a table of orders, asked by its own program ``psql``."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labsupport.checks import integer
from labsupport.systems.installing import Packages, install_command
from labsupport.systems.server import NotInstalledError, Server
from labsupport.systems.sqlite import MOST_ROWS, ORDERS_EACH, QUERY

PATIENCE = 60.0  # seconds that one statement may take before the server counts as stuck
USER = "lab"
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
        self._command = [
            str(program),
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
            "-U",
            USER,
            "-d",
            "postgres",
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
        ]

    def run(self, statement: str, timeout: float = PATIENCE) -> str:
        """Run a statement and return what it printed; raise ``OSError`` if it failed."""
        try:
            done = subprocess.run([*self._command, "-c", statement], capture_output=True, text=True, timeout=timeout, check=False)  # noqa: S603 - ours
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"psql gave no answer within {timeout:g} s") from error
        if done.returncode:
            raise ConnectionError(done.stderr.strip())
        return done.stdout.strip()

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

    def configuration(self) -> Mapping[str, str]:
        """Return the settings: loopback only, no disk to wait for, one worker for a query."""
        own = {"port": str(self.port), "unix_socket_directories": f"'{self.directory}'"}
        return {"settings.conf": "".join(f"{name} = {value}\n" for name, value in (own | _SETTINGS).items())}

    def command(self, program: Path) -> list[str]:
        """Return a command line that makes an empty database and then becomes the server."""
        data = self.directory / "data"
        self._psql = self._companion("psql", program)
        make = [self._companion("initdb", program), "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        serve = [program, "-D", data, "-c", f"config_file={self.directory / 'settings.conf'}"]
        words = [" ".join(shlex.quote(str(word)) for word in command) for command in (make, serve)]
        return ["/bin/sh", "-c", f"{words[0]} && exec {words[1]}"]

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
