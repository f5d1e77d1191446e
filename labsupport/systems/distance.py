"""The same query near and far: a database in this process, and the same one behind a socket with more and more delay."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport import checks
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.progress import Progress
from labsupport.systems.remote import Remote, ask

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DELAYS", "Remote", "compare", "record", "recorded"]

DELAYS = (0.0, 2.0, 10.0, 40.0)  # milliseconds there and back: next door, the same town, the same country, an ocean
WANTED = 20  # rows that a page needs
WAYS = {"one query for 20 rows": 1, "20 queries for one row each": WANTED}
REPEATS = 3  # the median counts, so that one pause of the machine does not
LONGEST = 200.0
COLUMNS = ["source", "place", "way", "delay_ms", "milliseconds"]


def compare(delays: Sequence[float] = DELAYS, *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Ask a database for twenty rows, at once and one by one: in this process, and over a socket that answers late.

    The server is ours and runs on this machine, with a delay instead of a distance. Theory says that a query over the socket takes as
    long as in this process, and one round trip more. Where nothing is to be measured (see
    `labsupport.systems.comparison.reason_not_to_measure`), the recorded run is shown.

    Parameters
    ----------
    delays : sequence of float, optional
        Milliseconds that the way there and back takes, from 0 to 200, rising.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source`` (measurement, theory), ``place``, ``way``, ``delay_ms``, ``milliseconds`` and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If a delay is none, or they do not rise.

    Examples
    --------
    >>> sorted(set(compare(delays=[0]).table["source"]))
    ['measurement', 'theory']
    """
    wanted = rising(delays)
    reason = comparison.reason_not_to_measure()
    if reason:
        return recorded(reason)
    try:
        with contextlib.ExitStack() as stack:
            return _measured(wanted, progress or stack.enter_context(Progress("Asking a database near and far")))
    except (OSError, sqlite3.Error) as error:
        return recorded(f"Nothing could be measured: {error}.")


def rising(delays: Sequence[float]) -> list[float]:
    """Return delays as a list, if they rise from 0 to 200 ms at most.

    Parameters
    ----------
    delays : sequence of float
        Milliseconds.

    Returns
    -------
    list of float

    Raises
    ------
    TypeError, ValueError
        If a delay is none, or they do not rise.

    Examples
    --------
    >>> rising([0, 5])
    [0.0, 5.0]
    """
    wanted: list[float] = checks.amounts("delays", delays, kind="delay").tolist()
    if max(wanted) > LONGEST or wanted != sorted(set(wanted)):
        raise ValueError(f"delays is {delays!r}, but must rise, from 0 to {LONGEST:g} ms at most")
    return wanted


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
    return comparison.recorded("distance", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine; it takes about five seconds.

    Parameters
    ----------
    directory : pathlib.Path, optional
        Where to write; by default the folder that :func:`recorded` reads.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    OSError
        If the server cannot run here.

    Examples
    --------
    Too long for an example that runs; this is what it wrote:

    >>> recorded().about["command"]
    'python -m labsupport record distance'
    """
    return _measured(list(DELAYS), lambda _: None).save("distance", directory)


def _measured(delays: list[float], show: Callable[[float], None]) -> Comparison:
    import pandas as pd

    rows: list[tuple[str, str, str, float, float]] = []
    steps, done = (1 + len(delays)) * len(WAYS), 0
    with Remote() as remote:
        for way, queries in WAYS.items():
            near = _time(partial(ask, remote.database), queries)
            rows.append(("measurement", "in this process", way, 0.0, near))
            for delay in delays:
                done += 1
                show(done / steps)
                far = _time(partial(remote.ask, delay=delay / 1_000), queries)
                rows.append(("measurement", "over a socket", way, delay, far))
                rows.append(("theory", "over a socket", way, delay, near + queries * delay))
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False)
    about = {
        "system": f"SQLite {sqlite3.sqlite_version}, in process and behind a TCP server of the course",
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    return Comparison(table, _reconcile(table), about, summary=_summary(table))


def _time(query: Callable[[list[int]], object], queries: int) -> float:
    """Return how many milliseconds it takes to get the rows with so many queries: the median of some."""
    parts = [list(range(first, WANTED * 100, 100 * queries)) for first in range(0, 100 * queries, 100)]
    query(parts[0])  # the first one finds everything cold
    taken = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        for part in parts:
            query(part)
        taken.append(1_000 * (time.perf_counter() - begin))
    return statistics.median(taken)


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put measurement and theory side by side, one row for each distance."""
    import pandas as pd

    shown = []
    for (place, delay), here in table.groupby(["place", "delay_ms"], sort=False):
        row: dict[str, object] = {"where": place if place == "in this process" else f"over a socket, round trip {delay:g} ms"}
        for way in WAYS:
            for source, words in (("measurement", "measured"), ("theory", "in theory")):
                found = here[(here["way"] == way) & (here["source"] == source)]["milliseconds"]
                row[f"{way}, {words}, ms"] = round(float(found.iloc[0]), 2) if len(found) else None
        shown.append(row)
    return pd.DataFrame(shown)


def _reconcile(table: pd.DataFrame) -> str:
    """Say what the socket costs where there is no distance, what distance costs, and what theory leaves out."""
    one, many = WAYS
    measured: Any = table[table["source"] == "measurement"].set_index(["place", "way", "delay_ms"])["milliseconds"]
    theory: Any = table[table["source"] == "theory"].set_index(["way", "delay_ms"])["milliseconds"]
    near, nearest, farthest = (
        measured["in this process", one, 0.0],
        table[table["place"] != "in this process"]["delay_ms"].min(),
        table["delay_ms"].max(),
    )
    door, far = measured["over a socket", one, nearest], measured["over a socket", many, farthest]
    gap = far - theory[many, farthest]
    return (
        f"In this process, one query for {WANTED} rows takes {near:.2f} ms; over the socket, with {nearest:g} ms of delay, {door:.2f} ms, "
        f"{door / near:.0f} times as long. With a round trip of {farthest:g} ms, {WANTED} queries take {far:.0f} ms, "
        f"{far / measured['over a socket', one, farthest]:.0f} times as long as one for all rows.\n\n"
        f"The model counts round trips only. It leaves out what each of them costs besides the distance – turning rows into text and back, two "
        f"system calls at either end, waking the other process, which a busy machine does late: {gap:.1f} ms for {WANTED} queries, "
        f"{100 * gap / far:.0f} % of them at the farthest, and nearly everything where it is near."
    )
