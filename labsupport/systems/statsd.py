"""Metrics in Datadog's dialect of StatsD, sent over UDP by Datadog's own client and received by a small server of ours.

Datadog itself is a service in somebody else's data centre, which needs an account and cannot run here. What an application sends to
its agent can be looked at all the same: lines of text, one packet after the other, to a port on which perhaps nobody listens.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import importlib.util
import random
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from labsupport import checks
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Listener", "Metric", "compare", "parse", "record", "recorded"]

KINDS = {"c": "counter", "g": "gauge", "h": "histogram", "d": "distribution", "ms": "timing", "s": "set"}
SAMPLE_RATES = (1.0, 0.5, 0.1, 0.01)
HITS = 10_000
COLUMNS = ["source", "sample_rate", "packets", "hits"]
NO_DATADOG = "Datadog's client is not installed here. To install it: python -m pip install datadog"
PATIENCE = 0.2  # seconds without a packet after which no more are waited for


@dataclass(frozen=True)
class Metric:
    """One line that came.

    Parameters
    ----------
    name : str
        The metric's name.
    kind : str
        "counter", "gauge", "histogram", "distribution", "timing" or "set".
    values : tuple of float
        What was measured; several values of one metric may share a line. Empty for a set, whose members may be any text.
    sample_rate : float
        The share of the events that is sent at all, above 0 and at most 1.
    tags : tuple of str
        Such as "region:eu".

    Examples
    --------
    >>> Metric("hits", "counter", (1.0,), 0.1, ()).estimate
    10.0
    """

    name: str
    kind: str
    values: tuple[float, ...]
    sample_rate: float
    tags: tuple[str, ...]

    @property
    def estimate(self) -> float:
        """What a counter's line stands for: its value over the sample rate."""
        return sum(self.values) / self.sample_rate


def parse(line: str) -> Metric:
    """Read one line of the DogStatsD format.

    Parameters
    ----------
    line : str
        Such as ``"hits:1|c|@0.1|#region:eu"``.

    Returns
    -------
    Metric

    Raises
    ------
    ValueError
        If the line is no metric; events (``_e{``) and service checks (``_sc``) are none.

    References
    ----------
    Datadog documentation, "DogStatsD datagram format".

    Examples
    --------
    >>> parse("hits:1|c|@0.1|#region:eu,shop")
    Metric(name='hits', kind='counter', values=(1.0,), sample_rate=0.1, tags=('region:eu', 'shop'))
    >>> parse("wait:0.5:0.7|d")
    Metric(name='wait', kind='distribution', values=(0.5, 0.7), sample_rate=1.0, tags=())
    """
    head, *rest = line.strip().split("|")
    name, _, values = head.partition(":")
    if not name or not values or not rest or rest[0] not in KINDS or name.startswith("_"):
        raise ValueError(f"line is {line!r}, but must be NAME:VALUE|KIND with a kind of {', '.join(KINDS)}")
    rate, tags = 1.0, tuple[str, ...]()
    for part in rest[1:]:
        if part.startswith("@"):
            rate = checks.number("sample rate", float(part[1:]), above=0, maximum=1)
        elif part.startswith("#"):
            tags = tuple(part[1:].split(","))
    kind = KINDS[rest[0]]
    numbers = () if kind == "set" else tuple(float(value) for value in values.split(":"))
    return Metric(name, kind, numbers, rate, tags)


class Listener:
    """Listens on a free UDP port of 127.0.0.1 and keeps every line that comes, for the length of a ``with`` block.

    Attributes
    ----------
    port : int
        Where it listens, inside the block.
    packets : list of str
        What came, a text for each packet, each of one or more lines.

    Examples
    --------
    >>> with Listener() as listener:
    ...     with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    ...         _ = sender.sendto(b"hits:1|c", ("127.0.0.1", listener.port))
    ...     listener.wait(1)
    ...     listener.packets
    ['hits:1|c']
    """

    def __enter__(self) -> Self:
        self.packets: list[str] = []
        self._came, self._over = threading.Condition(), False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._over = True
        self._thread.join()
        self._socket.close()

    def metrics(self) -> list[Metric]:
        """Return every metric that came, in the order in which they came."""
        return [parse(line) for packet in self.packets for line in packet.splitlines()]

    def wait(self, packets: int) -> None:
        """Wait until so many packets have come, or none any more: UDP promises nothing."""
        with self._came:
            while len(self.packets) < packets and self._came.wait(PATIENCE):
                pass

    def _listen(self) -> None:
        while not self._over:
            try:
                packet = self._socket.recv(65536)
            except TimeoutError:
                continue
            with self._came:
                self.packets.append(packet.decode(errors="replace"))
                self._came.notify_all()


def compare(hits: int = HITS, seed: int = 7) -> Comparison:
    """Count the same hits at several sample rates, by Datadog's own client over UDP, and estimate them from what came.

    Parameters
    ----------
    hits : int, optional
        How often something happens, from 1 to 100,000.
    seed : int, optional
        Which of the hits are sent.

    Returns
    -------
    Comparison
        Its table has the columns ``source`` (measurement, theory), ``sample_rate``, ``packets``, ``hits`` (as estimated) and
        ``recorded``. Theory is what is to be expected. Where Datadog's client is missing, or nothing is to be measured, the recorded
        run is shown.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> sorted(set(recorded().table["source"]))
    ['measurement', 'theory']
    """
    hits = checks.integer("hits", hits, 1, 100_000)
    seed = checks.integer("seed", seed, 0)
    reason = comparison.reason_not_to_measure() or ("" if importlib.util.find_spec("datadog") else NO_DATADOG)
    return recorded(reason) if reason else _measured(hits, seed)


def recorded(notice: str = "") -> Comparison:
    """Return the comparison that is shipped with the course, labelled as recorded.

    Parameters
    ----------
    notice : str, optional
        What to say before the words that label it as recorded.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> recorded().recorded
    True
    """
    return comparison.recorded("statsd", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine.

    Parameters
    ----------
    directory : pathlib.Path, optional
        Where to write; by default the folder that :func:`recorded` reads.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Examples
    --------
    Too long for an example that runs; this is what it wrote:

    >>> recorded().about["command"]
    'python -m labsupport record statsd'
    """
    return _measured(HITS, 7).save("statsd", directory)


def _measured(hits: int, seed: int) -> Comparison:
    import pandas as pd

    rows, line = list[tuple[str, float, float, float]](), ""
    for rate in SAMPLE_RATES:
        packets = _send(hits, rate, seed)
        line = line or packets[0].strip()
        rows += [
            ("measurement", rate, len(packets), sum(parse(packet).estimate for packet in packets)),
            ("theory", rate, hits * rate, hits),
        ]
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False)
    about = {
        "system": f"datadog {importlib.metadata.version('datadog')}, its client alone, and a UDP server of ours",
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "line": line,
    }
    return Comparison(table, _reconcile(table, hits, line), about, summary=_summary(table))


def _send(hits: int, rate: float, seed: int) -> list[str]:
    """Let Datadog's client count so many hits at a sample rate; return the packets that came."""
    from datadog.dogstatsd.base import DogStatsd

    before = random.getstate()
    random.seed(seed)  # the client draws from Python's own generator
    try:
        with Listener() as listener:
            client = DogStatsd("127.0.0.1", listener.port, disable_telemetry=True, disable_buffering=True, origin_detection_enabled=False)
            for number in range(hits):
                client.increment("shop.hits", sample_rate=rate, tags=["region:eu"])
                if number % 100 == 99:
                    time.sleep(0.001)  # let the receiver come after: what does not fit into its buffer is lost
            listener.wait(hits)
            client.close_socket()
            return list(listener.packets)
    finally:
        random.setstate(before)


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    measured, theory = (table[table["source"] == source].reset_index(drop=True) for source in ("measurement", "theory"))
    counts = {"packets": measured["packets"], "hits, as estimated": measured["hits"].round(), "hits, in truth": theory["hits"]}
    return measured[["sample_rate"]].assign(**{name: column.astype(int) for name, column in counts.items()})


def _reconcile(table: pd.DataFrame, hits: int, line: str) -> str:
    """Say what sampling saves, what it costs, and what cannot be shown here."""
    measured = table[table["source"] == "measurement"].set_index("sample_rate")
    least = min(measured.index)
    off = abs(measured.loc[least, "hits"] / hits - 1)
    return (
        f"The first packet that came reads {line!r}. At a sample rate of {least:g} the client sent {measured.loc[least, 'packets']:,.0f} packets "
        f"instead of {hits:,}, and the estimate is {off:.1%} off; chance alone makes that about {((1 - least) / (least * hits)) ** 0.5:.1%}."
        "\n\nWhat is left out: Datadog's own service, which stores and draws the metrics, needs an account and cannot run here. And UDP promises "
        "nothing: if nobody listens, or the receiver is too slow, packets are lost and the application never knows."
    )
