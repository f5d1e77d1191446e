"""InfluxDB, a database for measurements over time: written line by line over HTTP, and asked in InfluxQL."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from labsupport import checks
from labsupport.systems.installing import Packages
from labsupport.systems.server import Server

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["InfluxClient", "InfluxDB", "line"]

DATABASE = "lab"
PATIENCE = 10.0  # seconds that one request may take before the server counts as stuck


def line(measurement: str, fields: Mapping[str, float | str | bool], tags: Mapping[str, str] | None = None, time: int | None = None) -> str:
    r"""Write one point in InfluxDB's line protocol.

    Parameters
    ----------
    measurement : str
        What was measured.
    fields : mapping of str to float, int, bool or str
        The values; at least one. They are not indexed.
    tags : mapping of str to str, optional
        Where and of what it was measured. Tags are indexed: each combination of them is a series of its own.
    time : int, optional
        Nanoseconds since 1970; by default InfluxDB takes the time at which the line comes.

    Returns
    -------
    str

    Raises
    ------
    TypeError, ValueError
        If something cannot be written, such as a value that is no finite number.

    References
    ----------
    InfluxDB 1.6 documentation, "Line Protocol reference".

    Examples
    --------
    >>> line("request", {"seconds": 0.12, "rows": 3, "cached": False}, {"host": "node 1"}, 1_700_000_000_000_000_000)
    'request,host=node\\ 1 seconds=0.12,rows=3i,cached=false 1700000000000000000'
    """
    if not fields:
        raise ValueError("fields is empty, but must hold at least one value")
    named = "".join(f",{_escaped('tags', name)}={_escaped('tags', value)}" for name, value in sorted((tags or {}).items()))
    values = ",".join(f"{_escaped('fields', name)}={_value(name, value)}" for name, value in fields.items())
    when = "" if time is None else f" {checks.integer('time', time)}"
    return f"{_escaped('measurement', measurement, equals=False)}{named} {values}{when}"


class InfluxClient:
    """Writes to an InfluxDB and asks it, over HTTP.

    Parameters
    ----------
    address : str
        Such as "http://127.0.0.1:40001".

    Examples
    --------
    >>> InfluxClient("http://127.0.0.1:40001")
    <InfluxClient: http://127.0.0.1:40001>
    """

    def __init__(self, address: str) -> None:
        self.address = address

    def write(self, lines: str | Iterable[str]) -> None:
        """Write points, all in one request.

        Parameters
        ----------
        lines : str or iterable of str
            In line protocol, as `line` writes it; times in nanoseconds.

        Raises
        ------
        ValueError
            If InfluxDB does not take them, with what it says. Those before may have been written.
        OSError
            If the server does not answer.
        """
        text = lines if isinstance(lines, str) else "\n".join(lines)
        self._ask(f"write?db={DATABASE}&precision=ns", text.encode(), PATIENCE)

    def query(self, statement: str, timeout: float = PATIENCE) -> pd.DataFrame:
        """Ask in InfluxQL.

        Parameters
        ----------
        statement : str
            One statement, such as ``SELECT mean(seconds) FROM request GROUP BY host``.
        timeout : float, optional
            Seconds that the answer may take.

        Returns
        -------
        pandas.DataFrame
            What came, one row after the other, with a column for each tag that was grouped by. A column ``time`` holds times in UTC; where a
            statement sums up everything, InfluxDB says 1970.

        Raises
        ------
        ValueError
            If InfluxDB does not understand it, with what it says.
        OSError
            If the server does not answer.
        """
        import pandas as pd

        asked = urllib.parse.urlencode({"db": DATABASE, "q": statement, "epoch": "ns"}).encode()
        result = json.loads(self._ask("query", asked, timeout))["results"][0]
        if "error" in result:
            raise ValueError(result["error"])
        series = result.get("series", [])
        tables = [pd.DataFrame(each.get("values", []), columns=each["columns"]).assign(**each.get("tags", {})) for each in series]
        table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
        return table.assign(time=pd.to_datetime(table["time"], unit="ns", utc=True)) if "time" in table else table

    def _ask(self, path: str, body: bytes, timeout: float) -> str:
        try:
            with urllib.request.urlopen(f"{self.address}/{path}", body, timeout) as answer:  # noqa: S310 - our own server, over http
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode(errors="replace")
            if error.code == 400:
                raise ValueError(json.loads(said)["error"]) from None
            raise

    def __repr__(self) -> str:
        return f"<InfluxClient: {self.address}>"


class InfluxDB(Server[InfluxClient]):
    """An InfluxDB 1 server of our own, on a free port of 127.0.0.1, with an empty database.

    Parameters
    ----------
    program : str or pathlib.Path, optional
        The program to start, instead of the one that is found.
    timeout : float, optional
        Seconds that it may take until it answers, at most 6.5.

    References
    ----------
    InfluxDB 1.6 documentation, "Configuration"; "API reference".

    Examples
    --------
    >>> server = InfluxDB()
    >>> server
    <InfluxDB: not running>
    >>> def mean():
    ...     with server as client:
    ...         client.write(line("request", {"seconds": seconds}, time=number) for number, seconds in enumerate([0.1, 0.3]))
    ...         return client.query("SELECT mean(seconds) FROM request")
    """

    name = "InfluxDB"
    programs = ("influxd",)
    packages = Packages(
        debian="influxdb",
        brew="influxdb@1",
        elsewhere="see https://docs.influxdata.com/influxdb/v1/, or use the Windows Subsystem for Linux, and there: sudo apt-get install influxdb",
    )

    @classmethod
    def version(cls, program: Path) -> str:
        """Return the name and number of the version, such as "InfluxDB 1.6.7"."""
        answer = subprocess.run([program, "version"], capture_output=True, text=True, timeout=5, check=False)  # noqa: S603 - found by find()
        found = re.search(r"v(\d+(?:\.\d+)*)", answer.stdout)
        return f"{cls.name} {found[1]}" if found else cls.name

    def configuration(self) -> Mapping[str, str]:
        """Return the configuration: loopback only, everything in its directory, nothing told to anybody."""
        return {
            "influxd.conf": f"""\
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "{self.directory}/meta"
[data]
  dir = "{self.directory}/data"
  wal-dir = "{self.directory}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{self.port}"
  log-enabled = false
[monitor]
  store-enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "error"
  suppress-logo = true
"""
        }

    def command(self, program: Path) -> list[str]:
        """Return the command line."""
        return [str(program), "-config", "influxd.conf"]

    def connect(self, timeout: float) -> InfluxClient:
        """Return a client after the server has told its process id – which another one on the same port would tell otherwise."""
        client = InfluxClient(f"http://127.0.0.1:{self.port}")
        try:
            told = client.query("SHOW DIAGNOSTICS FOR 'system'", timeout)
            if int(told["PID"].iloc[0]) != self.process:
                raise ConnectionError(f"another server answers on port {self.port}")
            client.query(f"CREATE DATABASE {DATABASE}", timeout)
        except (KeyError, ValueError) as error:
            raise ConnectionError(f"what answers on port {self.port} is no InfluxDB of ours: {error}") from None
        return client

    def disconnect(self, client: InfluxClient) -> None:
        """Do nothing: each request was a connection of its own."""


def _escaped(name: str, word: str, *, equals: bool = True) -> str:
    if not isinstance(word, str):
        raise TypeError(f"{name} holds {word!r}, but must hold text here")
    if not word or "\n" in word or word.endswith("\\"):
        raise ValueError(f"{name} holds {word!r}, but a word in line protocol is not empty, on one line, and does not end in a backslash")
    return re.sub(r"([, =])" if equals else r"([, ])", r"\\\1", word)


def _value(name: str, value: float | str | bool) -> str:
    """Return a field's value: numbers with a point, whole numbers with an i, texts in quotes."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    if isinstance(value, str):
        if "\n" in value:
            raise ValueError(f"fields holds {value!r} for {name}, but a text must be on one line")
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, (int, np.integer)):
        return f"{checks.integer(name, value, -(2**63), 2**63 - 1)}i"
    return repr(checks.number(name, value))
