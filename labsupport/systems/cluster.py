"""A cluster of Dask: a scheduler and worker processes on this machine, with the dashboard that shows what they do.

Its scheduler has work of its own, and so is a program of its own (:func:`main`): in the notebook's kernel it would wait for whatever
the kernel does.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.checks import integer
from labsupport.systems import links
from labsupport.systems.installing import Packages
from labsupport.systems.server import Server, free_port

if TYPE_CHECKING:
    from distributed import Client

MOST_WORKERS = 32
ANSWER = 3.0  # seconds that a scheduler whose port is open may take to answer
START = "import sys; sys.path[:] = sys.argv[4:]; from labsupport.systems.cluster import main; main(*map(int, sys.argv[1:4]))"


class Cluster(Server["Client"]):
    """A scheduler of Dask with worker processes of one thread each, on free ports of 127.0.0.1.

    The workers are processes of the user who starts them, since they run the user's own functions from the user's own files.

    Parameters
    ----------
    workers : int, optional
        How many worker processes, at most 32.
    program : str or pathlib.Path, optional
        The Python to start, instead of this one.
    timeout : float, optional
        Seconds that the scheduler may take until it answers, at most 6.5; the workers may take longer.

    References
    ----------
    Dask documentation, "Deploy Dask Clusters: Python API"; "Dashboard Diagnostics".

    Examples
    --------
    >>> cluster = Cluster(workers=2)
    >>> cluster
    <Cluster: not running>
    >>> def add():
    ...     with cluster as client:  # a client of the package distributed
    ...         return client.submit(sum, [1, 2]).result()
    """

    name = "Dask"
    programs = ("python3", "python")
    packages = Packages(pip="distributed bokeh", elsewhere="python -m pip install distributed bokeh")
    as_servant = False

    def __init__(self, workers: int = 2, program: str | Path | None = None, timeout: float = 6.5) -> None:
        super().__init__(program, timeout)
        self.workers = integer("workers", workers, 1, MOST_WORKERS)

    @classmethod
    def find(cls) -> Path | None:
        """Return this Python if Dask's distributed engine is installed in it, otherwise None."""
        return None if importlib.util.find_spec("distributed") is None or sys.platform == "win32" else Path(sys.executable)

    @classmethod
    def version(cls, program: Path) -> str:  # noqa: ARG003 - it is this Python's package
        """Return the name and number of the version, such as "Dask 2026.8.0"."""
        return f"{cls.name} {importlib.metadata.version('distributed')}"

    @classmethod
    def missing(cls) -> str:
        """Return the sentence for a Python without it, with the command that installs it."""
        return f"{cls.name} is not installed here. To install it: {sys.executable} -m pip install {cls.packages.pip}"

    @property
    def dashboard(self) -> str:
        """The address of the dashboard, inside the ``with`` block; empty if its pages cannot be drawn, since bokeh is not installed."""
        return "" if importlib.util.find_spec("bokeh") is None else f"{links.base(self._dashboard_port)}/status"

    def configuration(self) -> Mapping[str, str]:
        """Return no file: the cluster takes its settings from the command line."""
        return {}

    def command(self, program: Path) -> list[str]:
        """Return the command line that runs :func:`main` in a Python that can import what this one can."""
        self._dashboard_port = free_port()
        return [str(program), "-c", START, *map(str, (self.workers, self.port, self._dashboard_port)), *map(os.path.abspath, sys.path)]

    def connect(self, timeout: float) -> Client:
        """Return a client after the scheduler has told its process id – which another one on the same port would tell otherwise."""
        socket.create_connection(("127.0.0.1", self.port), timeout).close()  # a client that finds nobody leaves a thread behind
        from distributed import Client

        client = Client(f"tcp://127.0.0.1:{self.port}", timeout=ANSWER, set_as_default=False)
        answering = client.run_on_scheduler(os.getpid)
        if answering != self.process:
            client.close()
            raise ConnectionError(f"another process ({answering}) answers on port {self.port}")
        return client

    def disconnect(self, client: Client) -> None:
        """Close the client, in haste: what it waits for may have been ended by the same Ctrl-C."""
        with contextlib.suppress(OSError):
            client.close(timeout=1)


def main(workers: int, port: int, dashboard: int) -> None:
    """Run a scheduler and its workers until a signal ends them.

    Parameters
    ----------
    workers : int
        How many worker processes.
    port, dashboard : int
        Where on 127.0.0.1 the scheduler and its dashboard listen.
    """
    import dask
    from distributed import LocalCluster

    dask.config.set({"temporary-directory": "."})  # the server's private directory: for the scheduler, and below for the workers
    LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        scheduler_port=port,
        dashboard_address=f"127.0.0.1:{dashboard}",
        local_directory=".",
        silence_logs=logging.ERROR,  # that a worker is slow to start says nothing to anybody
    )
    signal.pause()
