"""Ganglia's gmond, which knows every host of a cluster.

Each host runs a gmond. It measures, tells all others over UDP, and so every one of them can be asked over TCP for the whole cluster:
it answers with one XML document and closes the connection. Whoever sends what gmond's own packets look like is a host of the cluster, too,
and that is how a simulated cluster gets into a real Ganglia here.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.checks import number
from labsupport.systems.ganglia_report import fetch_report, read_report
from labsupport.systems.installing import Packages
from labsupport.systems.server import Server

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Gmond", "GmondClient"]

MODULES = {"cpu_module": "modcpu.so", "load_module": "modload.so", "mem_module": "modmem.so"}
COLLECTED = ("cpu_user", "cpu_idle", "load_one", "mem_free")
PLACES = ("/usr/lib/*/ganglia", "/usr/lib64/ganglia", "/usr/lib/ganglia", "/usr/local/lib/ganglia", "/opt/homebrew/lib/ganglia")
PATIENCE = 10.0  # seconds that one report may take before the server counts as stuck
ARRIVAL = 1.0  # seconds after which a metric that was sent, but is not in the report, counts as lost
ATTEMPTS = 3
BURST = 20  # packets sent at once: what does not fit into the receiver's buffer is lost
LONGEST = 60  # seconds that a metric of ours may be silent before it counts as late, as gmetric has it


class GmondClient:
    """Asks a gmond for its report, and sends it metrics as a host of the cluster would.

    Parameters
    ----------
    port : int
        Where on 127.0.0.1 the report is to be had, over TCP.
    channel : int
        Where on 127.0.0.1 metrics are received, over UDP.

    Examples
    --------
    >>> GmondClient(40001, 40002)
    <GmondClient: 127.0.0.1:40001>
    """

    def __init__(self, port: int, channel: int) -> None:
        self._port, self._channel = port, channel
        self._addresses: dict[str, str] = {}

    def report(self, timeout: float = PATIENCE) -> str:
        """Return the report, in XML; raise ``OSError`` if there is none."""
        return fetch_report(self._port, timeout)

    def table(self) -> pd.DataFrame:
        """Return the report as `labsupport.systems.ganglia_report.read_report` reads it."""
        return read_report(self.report())

    def send(self, metric: str, values: Mapping[str, float | str], unit: str = "") -> None:
        """Send one metric of some hosts, as Ganglia's own program gmetric does, and return once gmond shows it.

        For each host these are two packets: what the metric is, and its value. UDP promises nothing: what is not in the report a second
        later is sent again.

        Parameters
        ----------
        metric : str
            Its name: letters, digits, and the characters ``_``, ``-`` and ``.``.
        values : mapping of str to float or str
            The value for each host, by the host's name. A host that gmond does not know yet is a new one.
        unit : str, optional
            Such as "ms".

        Raises
        ------
        TypeError, ValueError
            If a name or a value is none.
        OSError
            If gmond does not show it.
        """
        wanted = {checked_name("values", host): _value(host, value) for host, value in values.items()}
        metric = checked_name("metric", metric)
        unit = _plain("unit", unit)
        kind = "string" if any(isinstance(value, str) for value in wanted.values()) else "double"
        missing = {host: f"{value}" for host, value in wanted.items()}
        for _ in range(ATTEMPTS):
            self._send([packet for host, text in missing.items() for packet in self._packets(host, metric, kind, text, unit)])
            deadline = time.monotonic() + ARRIVAL
            while missing and time.monotonic() < deadline:
                found = self.table()
                here = found[found["metric"] == metric].set_index("host")["text"].to_dict()
                missing = {host: text for host, text in missing.items() if here.get(host) != text}
                time.sleep(0.005)
            if not missing:
                return
        raise ConnectionError(f"gmond does not show {metric} of {', '.join(sorted(missing)[:3])}")

    def _send(self, packets: list[bytes]) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for sent, packet in enumerate(packets, 1):
                sender.sendto(packet, ("127.0.0.1", self._channel))
                if sent % BURST == 0:
                    time.sleep(0.001)

    def _packets(self, host: str, metric: str, kind: str, text: str, unit: str) -> tuple[bytes, bytes]:
        """Return the two packets, in XDR: numbers of four bytes, and texts that say how long they are and are filled up to four bytes."""
        known = len(self._addresses) + 1  # gmond tells hosts apart by their addresses, so each has one of its own
        address = self._addresses.setdefault(host, f"10.{known >> 16}.{known >> 8 & 255}.{known & 255}")
        who = _text(f"{address}:{host}") + _text(metric) + struct.pack(">I", 1)  # 1: in the name of another host
        what = _text(kind) + _text(metric) + _text(unit) + struct.pack(">IIII", 3, LONGEST, 0, 0)  # 3: it may rise and fall
        return struct.pack(">I", 128) + who + what, struct.pack(">I", 133) + who + _text("%s") + _text(text)

    def __repr__(self) -> str:
        return f"<GmondClient: 127.0.0.1:{self._port}>"


class Gmond(Server[GmondClient]):
    """A gmond of our own, alone in its cluster, on free ports of 127.0.0.1.

    Parameters
    ----------
    cluster : str, optional
        The cluster's name.
    host : str, optional
        The name under which it reports what it measures on this machine.
    program : str or pathlib.Path, optional
        The program to start, instead of the one that is found.
    timeout : float, optional
        Seconds that it may take until it answers, at most 6.5.

    References
    ----------
    Ganglia documentation, gmond.conf(5).

    Examples
    --------
    >>> server = Gmond()
    >>> server
    <Gmond: not running>
    >>> def ask():
    ...     with server as client:
    ...         client.send("app_p99", {"node1": 12.5}, unit="ms")
    ...         return client.table()
    """

    name = "gmond"
    programs = ("gmond",)
    packages = Packages(
        debian="ganglia-monitor",
        elsewhere="gmond is packaged by Debian and Ubuntu only. On Windows use the Windows Subsystem for Linux, and there: "
        "sudo apt-get install ganglia-monitor",
    )
    port_taken = ("unable to create tcp_accept_channel",)

    def __init__(self, cluster: str = "lab", host: str = "gateway", program: str | Path | None = None, timeout: float = 6.0) -> None:
        super().__init__(program, timeout)
        self.cluster, self.host = checked_name("cluster", cluster), checked_name("host", host)

    def configuration(self) -> Mapping[str, str]:
        """Return its configuration: loopback only, alone, a few metrics every second, and its directory's name to know it by."""
        self._channel = free_channel()
        places = [folder for pattern in PLACES for folder in Path("/").glob(pattern[1:])]
        modules = {name: folder / file for name, file in MODULES.items() for folder in places if (folder / file).exists()}
        blocks = [
            _block("globals", daemonize="no", setuid="no", send_metadata_interval=5, override_hostname=self.host, override_ip="127.0.0.1"),
            _block("cluster", name=self.cluster, owner=self.directory.name),
            _block("udp_send_channel", host="127.0.0.1", port=self._channel),
            _block("udp_recv_channel", bind="127.0.0.1", port=self._channel),
            _block("tcp_accept_channel", bind="127.0.0.1", port=self.port),
            _block("modules", _block("module", name="core_metrics"), *(_block("module", name=name, path=path) for name, path in modules.items())),
            _block("collection_group", _block("metric", name="heartbeat"), collect_once="yes", time_threshold=20),
        ]
        if modules:
            blocks.append(_block("collection_group", *(_block("metric", name=name) for name in COLLECTED), collect_every=1, time_threshold=2))
        return {"gmond.conf": "".join(blocks)}

    def command(self, program: Path) -> list[str]:
        """Return the command line."""
        return [str(program), "-f", "-c", "gmond.conf"]

    def connect(self, timeout: float) -> GmondClient:
        """Return a client after the report has named our directory, and a host: what gmond sends to itself comes in by the channel."""
        client = GmondClient(self.port, self._channel)
        report = client.report(timeout)
        if f'OWNER="{self.directory.name}"' not in report:
            raise ConnectionError(f"another server answers on port {self.port}")
        if "<HOST " not in report:
            raise ConnectionError("it has heard of no host yet, not even of itself")
        return client

    def disconnect(self, client: GmondClient) -> None:
        """Do nothing: each report was a connection of its own."""


def free_channel() -> int:
    """Return a port of 127.0.0.1 on which nobody receives by UDP at this moment.

    Returns
    -------
    int

    Examples
    --------
    >>> free_channel() > 1023
    True
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def checked_name(name: str, value: str) -> str:
    """Return a name of a host, a metric or a cluster: such as makes no harm in a file's path."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,99}", value, re.ASCII):
        raise ValueError(f"{name} holds {value!r}, but a name is made of letters, digits, and the characters _, - and . (at most 100)")
    return value


def _plain(name: str, text: str) -> str:
    """Return a text that gmond may put into its XML as it is, which it does."""
    if not isinstance(text, str):
        raise TypeError(f"{name} is {text!r}, but must be text")
    if not text.isascii() or not text.isprintable() or set(text) & set('&<>"'):
        raise ValueError(f'{name} is {text!r}, but must be plain ASCII without the characters &, <, > and ", which gmond does not escape')
    return text


def _value(host: str, value: float | str) -> float | str:
    if isinstance(value, str):
        return _plain(f"the value of {host}", value)
    return number(f"the value of {host}", value)


def _text(text: str) -> bytes:
    data = text.encode("ascii")
    return struct.pack(">I", len(data)) + data + b"\0" * (-len(data) % 4)


def _block(title: str, /, *inner: str, **options: object) -> str:
    """Write a block of gmond.conf, one option a line: it knows no other way to end one."""
    words = {name: f"{value}" if isinstance(value, int) or value in {"yes", "no"} else f'"{value}"' for name, value in options.items()}
    lines = "".join(f"{name} = {word}\n" for name, word in words.items())
    return f"{title} {{\n{lines}{''.join(inner)}}}\n"
