"""InfluxDB held against numpy on the same values: how fast points are written, and which rule its percentiles follow."""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from labsupport import checks
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.influxd import InfluxDB, line

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare", "record", "recorded"]

BATCH = 5_000  # lines in one request, as InfluxDB's documentation advises
ALONE = 200  # points that are written one by one
LEAST_POINTS, MOST_POINTS = 1_000, 500_000
HOUR, WINDOW = 3_600, 600  # seconds over which the points are spread, and of which one row is made
BEGIN = 1_700_000_400  # seconds since 1970, a multiple of the window
PERCENTILES = (50, 95, 99)
FEW = 60  # points of which percentiles are asked, too, to see what they do with few
COLUMNS = ["source", "quantity", "points", "value"]


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
    return comparison.measured_or_recorded(lambda show: _measured(points, show), recorded, "Writing to InfluxDB and asking it", progress)


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
