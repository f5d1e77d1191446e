"""The same aggregation on pandas, DuckDB and Spark, and what Spark moves between its partitions with and without a combiner."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.metadata
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks, workloads
from labsupport.simulators.shuffle import simulate
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.keeper import Keeper
from labsupport.systems.server import ServerError
from labsupport.systems.spark import Spark, stages_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PROGRAMS", "compare", "record", "recorded"]

PROGRAMS = {"pandas": "pandas", "duckdb": "DuckDB", "spark": "Spark"}
COMBINED, PLAIN = "Spark", "Spark, no combiner"
ROWS, KEYS, PARTITIONS, EXPONENT = 400_000, 2_000, 4, 1.0
MOST_ROWS, MOST_PARTITIONS = 5_000_000, 32
REPEATS = 5  # after one that is not counted, in which everything is loaded and compiled
COLUMNS = ["source", "program", "seconds", "low_s", "high_s", "records", "bytes"]
SEED = 505
ONE_FILE_A_TASK = {"spark.sql.files.openCostInBytes": "134217728"}  # by default Spark would read several small files in one

Totals = list[tuple[int, int, int]]  # key, how many rows, and their sum
Keys = NDArray[np.int64]  # of all rows, one partition after the other


def compare(
    rows: int = ROWS,
    keys: int = KEYS,
    partitions: int = PARTITIONS,
    programs: Sequence[str] = tuple(PROGRAMS),
    *,
    progress: Callable[[float], None] | None = None,
) -> Comparison:
    """Count and add up the rows of each key with each program, check that all agree, and look at what Spark shuffles.

    The rows lie in files, one for each partition, which all programs read. Spark does it twice: as it would by itself, adding up
    within each partition before anything moves (a combiner), and with all rows moved to where their key is added up. How many
    records move comes from Spark's own metrics; the simulation counts them on the same rows. Where nothing is to be measured
    (see `labsupport.systems.comparison.reason_not_to_measure`), or something that is wanted is not installed, the recorded run is shown.

    Parameters
    ----------
    rows : int, optional
        How many rows, from one for each partition to 5,000,000.
    keys : int, optional
        How many different keys there can be; some are frequent and most are rare (Zipf, exponent 1).
    partitions : int, optional
        In how many files the rows lie, and into how many parts Spark shuffles, at most 32.
    programs : sequence of {"pandas", "duckdb", "spark"}, optional
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source``, ``program``, ``seconds`` (median), ``low_s``, ``high_s`` (quartiles), ``records`` and
        ``bytes`` (shuffled, with Spark only) and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be.

    Examples
    --------
    >>> sorted(set(compare(1_000, 10, programs=["pandas", "duckdb"]).table["program"]))
    ['DuckDB', 'pandas']
    """
    partitions = checks.integer("partitions", partitions, 1, MOST_PARTITIONS)
    rows = checks.integer("rows", rows, partitions, MOST_ROWS)
    keys = checks.integer("keys", keys, 1, MOST_ROWS)
    wanted = [checks.choice("programs", name, PROGRAMS) for name in programs]
    if not wanted:
        raise ValueError("programs is empty, but must hold at least one")
    return comparison.measured_or_recorded(
        lambda show: _measured(rows, keys, partitions, wanted, show), recorded, "Adding up the same rows", progress, _missing(wanted)
    )


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
    return comparison.recorded("shuffle", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine; it takes half a minute.

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
    ServerError
        If a program is not installed, or does not start.

    Examples
    --------
    Too long for an example that runs; this is what it wrote:

    >>> recorded().about["command"]
    'python -m labsupport record shuffle'
    """
    reason = _missing(list(PROGRAMS))
    if reason:
        raise ServerError(reason)
    return _measured(ROWS, KEYS, PARTITIONS, list(PROGRAMS), lambda _: None).save("shuffle", directory)


def _missing(wanted: list[str]) -> str:
    """Say what is not here of what the wanted programs need, and how to get it; nothing if all is here."""
    packages = ["pyarrow", *(["duckdb"] if "duckdb" in wanted else [])]  # all read files of Parquet
    lacking = [name for name in packages if importlib.util.find_spec(name) is None]
    told = []
    if lacking:
        told.append(f"Not installed here: {', '.join(lacking)}. To install: {sys.executable} -m pip install {' '.join(lacking)}")
    if "spark" in wanted and Spark.find() is None:
        told.append(Spark.missing())
    return "\n".join(told)


def _measured(rows: int, keys: int, partitions: int, wanted: list[str], show: Callable[[float], None]) -> Comparison:
    """Measure each program on the same files, and put beside Spark what should move."""
    import pandas as pd

    found: list[tuple[str, str, float, float, float, float, float]] = []
    answers: dict[str, Totals] = {}
    about: dict[str, Any] = {"rows": rows, "keys": keys, "partitions": partitions}
    with _files(rows, keys, partitions) as (folder, drawn):
        for name in wanted:
            show(wanted.index(name) / (len(wanted) + 2))
            if name != "spark":
                work = {"pandas": _pandas, "duckdb": _duckdb}[name](folder)
                answers[PROGRAMS[name]], times = _time(work)
                found.append(("measurement", PROGRAMS[name], *times, np.nan, np.nan))
        if "spark" in wanted:
            begin = time.perf_counter()
            with Spark(cores=2, partitions=partitions, settings=ONE_FILE_A_TASK) as session:
                about["seconds_to_start_spark"] = round(time.perf_counter() - begin, 1)
                show((len(wanted)) / (len(wanted) + 2))
                for label, work in _spark(session, folder):
                    answers[label], stages = stages_of(session, label, work)
                    records, size = (sum(stage[f"shuffleWrite{what}"] for stage in stages) for what in ("Records", "Bytes"))
                    answers[label], times = _time(work)
                    found.append(("measurement", label, *times, records, size))
            moved = {label: int(simulate(drawn, partitions, combiner=label == COMBINED).sent.sum()) for label in (COMBINED, PLAIN)}
            found += [("simulation", label, np.nan, np.nan, np.nan, records, np.nan) for label, records in moved.items()]
    _check_equal(answers)
    table = pd.DataFrame(found, columns=COLUMNS).assign(recorded=False).round({"seconds": 4, "low_s": 4, "high_s": 4})
    system = ", ".join(f"{PROGRAMS[name]} {importlib.metadata.version({'spark': 'pyspark'}.get(name, name))}" for name in wanted)
    about = {"system": system, **describe_machine(), "date": dt.datetime.now(dt.UTC).date().isoformat(), **about}
    return Comparison(table, _reconcile(table, about), about, summary=_summary(table))


@contextlib.contextmanager
def _files(rows: int, keys: int, partitions: int) -> Iterator[tuple[Path, Keys]]:
    """Write the rows into one file for each partition; yield their folder, which is removed however Python ends, and the keys."""
    import pandas as pd

    drawn = workloads.zipf_trace(rows, keys, EXPONENT, SEED)
    values = np.arange(rows) % 97
    keeper = Keeper("labsupport-shuffle-")
    try:
        folder = keeper.directory / "rows"
        folder.mkdir()
        lies = np.arange(rows) * partitions // rows  # as in the simulation: in equal blocks, in the order given
        for number, part in pd.DataFrame({"key": drawn, "value": values}).groupby(lies):
            part.to_parquet(folder / f"part-{number:02}.parquet", index=False)
        yield folder, drawn
    finally:
        keeper.close()


def _pandas(folder: Path) -> Callable[[], Totals]:
    import pandas as pd

    def work() -> Totals:
        totals = pd.read_parquet(folder).groupby("key")["value"].agg(["size", "sum"])
        return list(zip(totals.index.tolist(), totals["size"].tolist(), totals["sum"].tolist(), strict=True))

    return work


def _duckdb(folder: Path) -> Callable[[], Totals]:
    import duckdb

    query = f"SELECT key, count(*), CAST(sum(value) AS BIGINT) FROM read_parquet('{folder}/*.parquet') GROUP BY key"  # noqa: S608 - our own folder

    def work() -> Totals:
        with duckdb.connect() as connection:
            return connection.execute(query).fetchall()

    return work


def _spark(session: Any, folder: Path) -> list[tuple[str, Callable[[], Totals]]]:
    from pyspark.sql import functions

    rows = session.read.parquet(folder.as_uri())

    def totals(of: Any) -> Totals:
        return [tuple(row) for row in of.groupBy("key").agg(functions.count("value"), functions.sum("value")).collect()]

    return [(COMBINED, lambda: totals(rows)), (PLAIN, lambda: totals(rows.repartition("key")))]


def _time(work: Callable[[], Totals]) -> tuple[Totals, tuple[float, float, float]]:
    """Return the answer, and the seconds that it takes: median and quartiles, after once for nothing."""
    answer, taken = work(), []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    low, median, high = statistics.quantiles(taken, n=4)
    return answer, (median, low, high)


def _check_equal(answers: dict[str, Totals]) -> None:
    """See that all programs say the same; if not, no time of theirs is worth anything."""
    sorted_answers = {name: sorted(answer) for name, answer in answers.items()}
    first = next(iter(sorted_answers))
    for name, answer in sorted_answers.items():
        if answer != sorted_answers[first]:
            raise ServerError(f"{name} and {first} do not agree on the same rows, so that nothing can be compared")


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put each program into one line, with the records that the simulation expects."""
    measured = table[table["source"] == "measurement"].set_index("program")
    shown = (measured[["seconds", "low_s", "high_s"]] * 1_000).round(1)
    shown.columns = ["median, ms", "quartiles from, ms", "to, ms"]
    simulated = table[table["source"] == "simulation"].set_index("program")["records"]
    if not simulated.empty:
        shown["records shuffled"] = measured["records"].astype("Int64")
        shown["simulated"] = simulated.astype("Int64")
        shown["kB shuffled"] = (measured["bytes"] / 1_000).round(1)
    return shown.reset_index()


def _reconcile(table: pd.DataFrame, about: dict[str, Any]) -> str:
    """Say, from the numbers, who was quickest, what the combiner saved, and why."""
    measured = table[table["source"] == "measurement"].set_index("program")
    seconds, records, size = (dict(measured[name].items()) for name in ("seconds", "records", "bytes"))
    quickest = min(seconds, key=lambda name: seconds[name])
    text = f"All gave the same totals. {quickest} was the quickest, with {1_000 * seconds[quickest]:.3g} ms."
    if COMBINED not in seconds:
        return text
    expected = table[table["source"] == "simulation"].set_index("program")["records"]
    agree = "exactly what" if all(records[name] == expected[name] for name in (COMBINED, PLAIN)) else "not what"
    kilobytes = [f"{size[name] / 1_000:,.0f}" for name in (PLAIN, COMBINED)]
    return (
        f"{text} Spark took {1_000 * seconds[COMBINED]:.3g} ms, and {about['seconds_to_start_spark']:g} s to start before that: on "
        f"{about['rows']:,} rows, which one machine holds with ease, its tasks, stages and plans cost more than the work.\n\n"
        f"With a combiner, {records[COMBINED]:,.0f} records were shuffled, without it {records[PLAIN]:,.0f}: that is {agree} the simulation "
        f"counts – a combiner sends each key once from each partition in which it occurs. Records fell {records[PLAIN] / records[COMBINED]:.3g} "
        f"times, but bytes {size[PLAIN] / size[COMBINED]:.3g} times, from {kilobytes[0]} to {kilobytes[1]} kB: "
        "a combined record holds a count and a sum beside its key, and Spark compresses what it writes. The simulation leaves out both, and "
        "on this one machine the shuffle goes through local files, not through a network: there, the bytes would cost more time than here."
    )
