"""InfluxDB, a database for measurements over time: written line by line over HTTP, asked in InfluxQL, and held against numpy on the same values."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from labsupport import checks
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.installing import Packages
from labsupport.systems.progress import Progress
from labsupport.systems.server import Server, ServerError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["InfluxClient", "InfluxDB", "compare", "line", "record", "recorded"]

DATABASE = "lab"
PATIENCE = 10.0  # seconds that one request may take before the server counts as stuck
BATCH = 5_000  # lines in one request, as InfluxDB's documentation advises
ALONE = 200  # points that are written one by one
LEAST_POINTS, MOST_POINTS = 1_000, 500_000
HOUR, WINDOW = 3_600, 600  # seconds over which the points are spread, and of which one row is made
BEGIN = 1_700_000_400  # seconds since 1970, a multiple of the window
PERCENTILES = (50, 95, 99)
FEW = 60  # points of which percentiles are asked, too, to see what they do with few
COLUMNS = ["source", "quantity", "points", "value"]


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


def compare(points: int = 20_000, *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Write response times into an InfluxDB, one by one and in batches, and ask for means and percentiles in InfluxQL.

    Where InfluxDB is missing, or nothing is to be measured (see `labsupport.systems.comparison.reason_not_to_measure`), the recorded run
    is shown.

    Parameters
    ----------
    points : int, optional
        How many, from 1,000 to 500,000, spread over an hour. The first 200 are written one by one.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source``, ``quantity``, ``points`` (of how many it is), ``value`` and ``recorded``. Quantities are the
        ``mean`` and percentiles in milliseconds, the mean of each ten minutes, and how many points a second were ``written one by one``
        and ``written in batches``. The measurement is InfluxDB's, theory is numpy's on the same values (percentiles by its default,
        "linear"), and the simulation is InfluxDB's own rule for percentiles, computed by us.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    InfluxDB 1.6 documentation, "InfluxQL functions", PERCENTILE(). R. J. Hyndman, Y. Fan: Sample quantiles in statistical packages. The
    American Statistician 50(4), 1996.

    Examples
    --------
    >>> sorted(set(recorded().table["source"]))
    ['measurement', 'simulation', 'theory']
    """
    points = checks.integer("points", points, LEAST_POINTS, MOST_POINTS)
    reason = comparison.reason_not_to_measure()
    if reason:
        return recorded(reason)
    try:
        with Progress("Writing to InfluxDB and asking it") as shown:
            return _measured(points, progress or shown)
    except (OSError, ServerError) as error:
        return recorded(str(error))


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
    return comparison.recorded("influxdb", notice, summarise=_summary)


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
    'python -m labsupport record influxdb'
    """
    return _measured(100_000, lambda _: None).save("influxdb", directory)


def _measured(points: int, progress: Callable[[float], None]) -> Comparison:
    import pandas as pd

    generator = np.random.default_rng(7)
    moments = BEGIN * 10**9 + np.arange(points) * (HOUR * 10**9 // points)
    values = generator.lognormal(3, 0.8, points).round(3)  # milliseconds
    hosts = generator.integers(0, 3, points)
    lines = [
        line("request", {"ms": value}, {"host": f"node{host}"}, moment)
        for moment, value, host in zip(moments.tolist(), values.tolist(), hosts.tolist(), strict=True)
    ]
    rows: list[tuple[str, str, int, float]] = []
    server = InfluxDB()
    with server as client:
        version = server.version(server.find() or Path("influxd"))
        begin = time.perf_counter()
        for single in lines[:ALONE]:
            client.write(single)
        rows.append(("measurement", "written one by one", ALONE, round(ALONE / (time.perf_counter() - begin))))
        begin = time.perf_counter()
        for start in range(ALONE, points, BATCH):
            client.write(lines[start : start + BATCH])
            progress(0.9 * start / points)
        rows.append(("measurement", "written in batches", points - ALONE, round((points - ALONE) / (time.perf_counter() - begin))))
        for size in (points, FEW):
            chosen = values[:size]
            until = f"time <= {moments[size - 1]}"
            rows += [
                ("measurement", "mean", size, float(client.query(f"SELECT mean(ms) FROM request WHERE {until}")["mean"].iloc[0])),  # noqa: S608 - ours
                ("theory", "mean", size, float(chosen.mean())),
            ]
            for q in PERCENTILES:
                asked = client.query(f"SELECT percentile(ms, {q}) AS p FROM request WHERE {until}")  # noqa: S608 - ours
                rows += [
                    ("measurement", f"p{q}", size, float(asked["p"].iloc[0])),
                    ("simulation", f"p{q}", size, float(np.sort(chosen)[math.floor(size * q / 100 + 0.5) - 1])),
                    ("theory", f"p{q}", size, float(np.percentile(chosen, q))),
                ]
        limits = f"time >= {BEGIN}s AND time < {BEGIN + HOUR}s"
        means = client.query(f"SELECT mean(ms) FROM request WHERE {limits} GROUP BY time({WINDOW}s)")["mean"]  # noqa: S608 - ours
        window = (moments - BEGIN * 10**9) // (WINDOW * 10**9)
        for number, theirs in enumerate(means):
            chosen, name = values[window == number], f"mean from minute {number * WINDOW // 60}"
            rows += [("measurement", name, len(chosen), float(theirs)), ("theory", name, len(chosen), float(chosen.mean()))]
    progress(1)
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False)
    about = {"system": version, **describe_machine(), "date": dt.datetime.now(dt.UTC).date().isoformat(), "line": lines[0]}
    return Comparison(table, _reconcile(table), about, summary=_summary(table))


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put measurement, simulation and theory of the mean and the percentiles beside each other."""
    chosen = table[table["quantity"].isin(["mean", *(f"p{q}" for q in PERCENTILES)])]
    names = {"measurement": "InfluxDB, ms", "simulation": "its rule, ms", "theory": "numpy, ms"}
    wide = chosen.pivot_table(index=["points", "quantity"], columns="source", values="value", sort=False)
    return wide.rename(columns=names)[list(names.values())].round(2).reset_index().rename_axis(columns=None)


def _reconcile(table: pd.DataFrame) -> str:
    """Say, from the numbers, what batches are worth, how percentiles differ, and what is left out."""
    at = table.set_index(["source", "quantity", "points"])["value"]
    speeds = table.set_index("quantity")["value"]
    alone, together = speeds["written one by one"], speeds["written in batches"]
    points = int(table.loc[table["quantity"] == "mean", "points"].max())
    theirs, linear = at["measurement", "p99", FEW], at["theory", "p99", FEW]
    many, exact = at["measurement", "p99", points], at["theory", "p99", points]
    means = table[table["quantity"].str.startswith("mean")].pivot_table(index=["quantity", "points"], columns="source", values="value")
    gap = float((means["measurement"] / means["theory"] - 1).abs().max())
    return (
        f"One by one, {alone:,.0f} points a second were written; in batches of up to {BATCH:,}, {together:,.0f}: {together / alone:,.0f} times as "
        "many, since each request is a connection, an entry in the log and an answer, however many lines it holds.\n\n"
        f"Means are those of numpy{'' if gap < 1e-9 else f' within {gap:.1g}'}. Percentiles are not: InfluxQL takes a value that really came, "
        f"numpy by default goes between two of them. Of {points:,} points the 99th percentiles are {many:,.2f} and {exact:,.2f} ms, and it does not "
        f"matter; of {FEW} they are {theirs:,.2f} and {linear:,.2f} ms. Whoever compares percentiles of two tools, compares two rules first.\n\n"
        "What is left out: the points of an hour lie in memory, on one machine. Months of them lie in compressed files, and each new combination "
        "of tags is one more series that the index holds."
    )


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
