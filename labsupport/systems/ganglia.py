"""Ganglia beside its own arithmetic: how large the report of a cluster is, how long reading it takes, and what an archive needs of a disk."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport import checks
from labsupport.simulators.archives import GANGLIA
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.gmetad import Gmetad
from labsupport.systems.gmond import Gmond, GmondClient
from labsupport.systems.server import NotStartedError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HOSTS", "METRICS", "compare", "record", "recorded"]

HOSTS = (1, 10, 100, 1_000)
MOST_HOSTS = 5_000
METRICS = {"cpu_busy": "%", "mem_used": "%", "app_p99": "ms"}  # what each simulated host sends, and in which unit
READINGS = 5  # the least counts, so that a pause of the machine does not
ARCHIVED = 2  # hosts whose metrics are kept
NUMBER = 8  # bytes of a number in an archive
FIRST_FILES = 8.0  # seconds that gmetad may take to make its archives
USUAL = 30  # metrics that a gmond measures if nobody tells it otherwise, in round numbers
QUANTITIES = ("report", "reading", "archive")
COLUMNS = ["source", "quantity", "hosts", "value"]


def compare(hosts: Sequence[int] = HOSTS, *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Let a gmond hear of clusters of several sizes, read its report, and let a gmetad make archives of what it says.

    The hosts are simulated: each sends three metrics in the packets that a real one would send. Where gmond or gmetad is missing, or
    nothing is to be measured (see `labsupport.systems.comparison.reason_not_to_measure`), the recorded run is shown.

    Parameters
    ----------
    hosts : sequence of int, optional
        How many hosts there are, rising, from 1 to 5,000.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source`` (measurement, theory), ``quantity``, ``hosts``, ``value`` and ``recorded``. Quantities are
        the ``report`` in bytes, the time that ``reading`` it takes in milliseconds, both for all hosts, and the ``archive`` of one metric
        of one host in bytes. Theory adds up hosts as large as the first, and the rows of an archive's rings.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    M. L. Massie, B. N. Chun, D. E. Culler: The Ganglia distributed monitoring system: design, implementation, and experience. Parallel
    Computing 30(7), 2004. RRDtool documentation, rrdcreate.

    Examples
    --------
    >>> sorted(set(recorded().table["quantity"]))
    ['archive', 'reading', 'report']
    """
    sizes = checks.integers("hosts", hosts, 1, MOST_HOSTS, kind="number of hosts").tolist()
    if not sizes or sizes != sorted(set(sizes)):
        raise ValueError(f"hosts is {hosts!r}, but must hold at least one number, and rise")
    return comparison.measured_or_recorded(lambda show: _measured(sizes, show), recorded, "Reading Ganglia's reports", progress)


def recorded(notice: str = "") -> Comparison:
    """Return the comparison that is shipped with the course, labelled as recorded.

    Parameters
    ----------
    notice : str, optional
        What to say before the words that label it as recorded.

    Returns
    -------
    Comparison
        Its ``about["report"]`` is what a gmond has said of its own host and one other, in XML.

    Examples
    --------
    >>> from labsupport.systems.ganglia_report import read_report
    >>> sorted(set(read_report(recorded().about["report"])["host"]))
    ['gateway', 'node0']
    """
    return comparison.recorded("ganglia", notice, summarise=_summary)


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
    'python -m labsupport record ganglia'
    """
    return _measured(HOSTS, lambda _: None).save("ganglia", directory)


def _measured(sizes: Sequence[int], progress: Callable[[float], None]) -> Comparison:
    import pandas as pd

    rows: list[tuple[str, str, int, float]] = []
    server, first = Gmond(), ""
    version = server.version(server.find() or Path("gmond"))
    with server as client:
        _send(client, range(1))
        first = client.report()
        one = len(first[first.index('<HOST NAME="node0"') :].partition("</HOST>\n")[0] + "</HOST>\n")
        for number, hosts in enumerate(sizes):
            _send(client, range(1 if not number else sizes[number - 1], hosts))
            size, milliseconds = _read(client)
            rows += [
                ("measurement", "report", hosts, size),
                ("theory", "report", hosts, len(first) + (hosts - 1) * one),
                ("measurement", "reading", hosts, round(milliseconds, 3)),
            ]
            progress((number + 1) / (len(sizes) + 1))
    rows += [
        ("measurement", "archive", 1, _archive()),
        ("theory", "archive", 1, sum(ring.rows for ring in GANGLIA) * NUMBER),
    ]
    progress(1)
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False)
    about = {
        "system": f"{version} and gmetad, and simulated hosts of ours",
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "report": first,
    }
    return Comparison(table, _reconcile(table), about, summary=_summary(table))


def _send(client: GmondClient, hosts: range) -> None:
    """Let hosts send their metrics; the numbers mean nothing, but have as many digits as such numbers have."""
    for place, (metric, unit) in enumerate(METRICS.items()):
        client.send(metric, {f"node{host}": round((37.3 * host + 11 * place) % 89 + 10.5, 1) for host in hosts}, unit)


def _read(client: GmondClient) -> tuple[int, float]:
    """Read a report several times; return its bytes, and the least milliseconds that one reading took."""
    taken = []
    for _ in range(READINGS):
        begin = time.perf_counter()
        report = client.report()
        taken.append(time.perf_counter() - begin)
    return len(report), 1_000 * min(taken)


def _archive() -> int:
    """Let a gmetad ask a gmond until it has made the archives of two hosts; return how large one is."""
    gmond = Gmond()
    with gmond as client:
        _send(client, range(ARCHIVED))
        gmetad, deadline = Gmetad({"lab": gmond.port}), time.monotonic() + FIRST_FILES
        with gmetad:
            while (files := gmetad.files())["host"].str.startswith("node").sum() < ARCHIVED * len(METRICS):
                if time.monotonic() > deadline:
                    raise NotStartedError(f"gmetad had made {len(files)} archives after {FIRST_FILES:g} s, but more were to be made")
                time.sleep(0.05)
            time.sleep(0.2)  # the last file may be written at this moment
            return int(gmetad.files()["bytes"].max())


def _at(table: pd.DataFrame, source: str, quantity: str) -> dict[int, float]:
    chosen = table[(table["source"] == source) & (table["quantity"] == quantity)]
    return dict(zip(chosen["hosts"].astype(int), chosen["value"].astype(float), strict=True))


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    sizes, theory, times = _at(table, "measurement", "report"), _at(table, "theory", "report"), _at(table, "measurement", "reading")
    rows = [(hosts, round(size / 1_000, 1), round(theory[hosts] / 1_000, 1), round(times[hosts], 1)) for hosts, size in sizes.items()]
    return pd.DataFrame(rows, columns=["hosts", "report, kB", "report by theory, kB", "to read it, ms"])


def _reconcile(table: pd.DataFrame) -> str:
    """Say, from the numbers, what grows with the cluster, how well that is foretold, and what is left out."""
    sizes, theory, times = _at(table, "measurement", "report"), _at(table, "theory", "report"), _at(table, "measurement", "reading")
    most = max(sizes)
    gap = max(abs(sizes[hosts] / theory[hosts] - 1) for hosts in sizes)
    file, rows = _at(table, "measurement", "archive")[1], _at(table, "theory", "archive")[1]
    return (
        f"Of {most:,} hosts with {len(METRICS)} metrics each, gmond says everything in one report of {sizes[most] / 1_000:,.0f} kB, "
        f"which takes {times[most]:.1f} ms to read. The report grows with the hosts: theory adds up hosts as large as the first and is at most "
        f"{gap:.1%} off, since longer names and numbers need more letters. Who asks every few seconds, reads it all again each time: gmond "
        "cannot be asked for what has changed.\n\n"
        f"An archive of one metric of one host has {file:,.0f} bytes from its first second on, and will never have more: {rows / NUMBER:,.0f} "
        f"rows of {NUMBER} bytes and a header of {file - rows:,.0f} bytes, which theory leaves out. With {USUAL} metrics a host that makes "
        f"{1_000 * USUAL * file / 1e9:,.0f} GB for 1,000 hosts, and {1_000 * USUAL:,} files that are written to again and again. That is "
        "what RRDtool's daemon rrdcached is for: it gathers what is new before it writes.\n\n"
        "What is left out: here the hosts are simulated, in one process that sends to one gmond. Where gmonds talk by multicast, as they do "
        "unless they are told otherwise, each hears all others and keeps what they say, so that the network carries each packet to every host."
    )
