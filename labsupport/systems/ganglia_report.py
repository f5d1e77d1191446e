"""The report of a cluster, as gmond and gmetad give it: one XML document, whose end is the end of the connection."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["fetch_report", "read_report"]

COLUMNS = ["cluster", "host", "metric", "value", "text", "unit", "type", "age", "longest"]


def read_report(text: str) -> pd.DataFrame:
    """Read the XML with which gmond and gmetad answer.

    Parameters
    ----------
    text : str
        The report.

    Returns
    -------
    pandas.DataFrame
        One row for each metric of each host, in the report's order: ``cluster``, ``host``, ``metric``, ``value`` (a number; NaN where it
        is text), ``text`` (the value as it stands there), ``unit``, ``type``, ``age`` (seconds since it came; Ganglia's TN), and
        ``longest`` (seconds within which another one is expected; Ganglia's TMAX).

    Raises
    ------
    TypeError, ValueError
        If it is no text, or no report.

    References
    ----------
    M. L. Massie, B. N. Chun, D. E. Culler: The Ganglia distributed monitoring system: design, implementation, and experience. Parallel
    Computing 30(7), 2004.

    Examples
    --------
    >>> metric = '<METRIC NAME="load_one" VAL="4.50" TYPE="float" UNITS=" " TN="3" TMAX="70"/>'
    >>> report = f'<GANGLIA_XML><CLUSTER NAME="lab"><HOST NAME="node1">{metric}</HOST></CLUSTER></GANGLIA_XML>'
    >>> read_report(report)[["host", "metric", "value", "age"]].to_dict("records")
    [{'host': 'node1', 'metric': 'load_one', 'value': 4.5, 'age': 3}]
    """
    import pandas as pd

    if not isinstance(text, str):
        raise TypeError(f"text is {text!r}, but must be the text of a report")
    try:
        root = ET.fromstring(text)  # noqa: S314 - what a program of our own has said
    except ET.ParseError as error:
        raise ValueError(f"text is no XML: {error}") from None
    if root.tag != "GANGLIA_XML":
        raise ValueError(f"text has the outermost element {root.tag}, but a report has GANGLIA_XML")
    rows = [
        [
            cluster.get("NAME"),
            host.get("NAME"),
            metric.get("NAME"),
            metric.get("VAL") if metric.get("TYPE") != "string" else None,
            metric.get("VAL"),
            metric.get("UNITS", "").strip(),
            metric.get("TYPE"),
            int(metric.get("TN", 0)),
            int(metric.get("TMAX", 0)),
        ]
        for cluster in root.iter("CLUSTER")
        for host in cluster.iter("HOST")
        for metric in host.iter("METRIC")
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(value=pd.to_numeric(table["value"], errors="coerce").astype(float))


def fetch_report(port: int, timeout: float) -> str:
    """Return all that a port of 127.0.0.1 says until it closes the connection; raise ``OSError`` if nobody answers."""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        pieces = iter(lambda: connection.recv(65_536), b"")
        return b"".join(pieces).decode("latin-1")
