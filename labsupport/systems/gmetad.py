"""Ganglia's gmetad, which asks gmonds at intervals and keeps what they say in archives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.checks import integer
from labsupport.systems.ganglia_report import fetch_report, read_report
from labsupport.systems.gmond import PATIENCE, checked_name
from labsupport.systems.installing import Packages
from labsupport.systems.server import Server, free_port

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Gmetad", "GmetadClient"]


class GmetadClient:
    """Asks a gmetad for its report.

    Parameters
    ----------
    port : int
        Where on 127.0.0.1 the report is to be had, over TCP.

    Examples
    --------
    >>> GmetadClient(40001)
    <GmetadClient: 127.0.0.1:40001>
    """

    def __init__(self, port: int) -> None:
        self._port = port

    def report(self, timeout: float = PATIENCE) -> str:
        """Return the report of all clusters, in XML; raise ``OSError`` if there is none."""
        return fetch_report(self._port, timeout)

    def table(self) -> pd.DataFrame:
        """Return the report as `labsupport.systems.ganglia_report.read_report` reads it."""
        return read_report(self.report())

    def __repr__(self) -> str:
        return f"<GmetadClient: 127.0.0.1:{self._port}>"


class Gmetad(Server[GmetadClient]):
    """A gmetad of our own: it asks gmonds at intervals, and keeps each metric of each host in a round-robin archive.

    It has no setting that binds it to 127.0.0.1: its two ports are open on every address of this machine, but it answers to none but
    127.0.0.1.

    Parameters
    ----------
    sources : mapping of str to int, optional
        The port of 127.0.0.1 of a gmond, for each cluster by its name.
    every : int, optional
        Seconds between two questions to a gmond, from 1 to 60.
    program : str or pathlib.Path, optional
        The program to start, instead of the one that is found.
    timeout : float, optional
        Seconds that it may take until it answers, at most 6.5.

    References
    ----------
    Ganglia documentation, gmetad(1).

    Examples
    --------
    >>> Gmetad({"lab": 40001})
    <Gmetad: not running>
    """

    name = "gmetad"
    programs = ("gmetad",)
    packages = Packages(
        debian="gmetad",
        elsewhere="gmetad is packaged by Debian and Ubuntu only. On Windows use the Windows Subsystem for Linux, and there: "
        "sudo apt-get install gmetad",
    )
    port_taken = ("tcp_listen() on xml_port failed", "tcp_listen() on interactive_port failed")

    def __init__(self, sources: Mapping[str, int] | None = None, every: int = 1, program: str | Path | None = None, timeout: float = 6.0) -> None:
        super().__init__(program, timeout)
        self._sources = {checked_name("sources", name): integer("sources", port, 1, 65_535) for name, port in (sources or {}).items()}
        self._every = integer("every", every, 1, 60)

    def configuration(self) -> Mapping[str, str]:
        """Return its configuration: whom to ask, two free ports, archives in its directory, whose name it is known by."""
        sources = self._sources or {"none": 1}  # it does not start without one; nobody listens on port 1
        lines = [f'data_source "{name}" {self._every} 127.0.0.1:{port}' for name, port in sources.items()]
        lines += [
            f'gridname "{self.directory.name}"',
            "setuid off",
            f"xml_port {self.port}",
            f"interactive_port {free_port()}",
            f'rrd_rootdir "{self.directory}"',
            "trusted_hosts 127.0.0.1",
            "case_sensitive_hostnames 0",
        ]
        return {"gmetad.conf": "\n".join(lines) + "\n"}

    def command(self, program: Path) -> list[str]:
        """Return the command line; to stay in the foreground, it must tell a little of what it does."""
        return [str(program), "-c", "gmetad.conf", "-d", "1"]

    def connect(self, timeout: float) -> GmetadClient:
        """Return a client after the report has named our directory."""
        client = GmetadClient(self.port)
        if f'GRID NAME="{self.directory.name}"' not in client.report(timeout):
            raise ConnectionError(f"another server answers on port {self.port}")
        return client

    def disconnect(self, client: GmetadClient) -> None:
        """Do nothing: each report was a connection of its own."""

    def files(self) -> pd.DataFrame:
        """Return the archives that it has made so far, inside the ``with`` block.

        Returns
        -------
        pandas.DataFrame
            ``cluster``, ``host``, ``metric`` and ``bytes`` of each file of a host; the sums over a cluster are left out.
        """
        import pandas as pd

        found = [(*path.relative_to(self.directory).parts[:2], path.stem, path.stat().st_size) for path in sorted(self.directory.glob("*/*/*.rrd"))]
        return pd.DataFrame([row for row in found if row[1] != "__SummaryInfo__"], columns=["cluster", "host", "metric", "bytes"])
