"""A report that Spark makes here in five ways, what its event log says of each, and the same tasks replayed by the model."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport import checks
from labsupport.simulators import event_log, event_log_replay
from labsupport.simulators.event_log import EventLog
from labsupport.systems import comparison, links
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.progress import Progress
from labsupport.systems.server import ServerError
from labsupport.systems.spark import Spark, stages_of
from labsupport.workloads.spark_logs import CORES, RUNS

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import SparkSession

__all__ = ["Pages", "compare", "open_pages", "record", "recorded"]

ORDERS, CUSTOMERS, HOT = 24_000, 400, 0.55  # orders, those who order, and the share of the orders that customer 0 makes
FILES = 3  # of orders, so that a core is left for the catalogue, whichever of the two Spark submits first
REGIONS = 4
RECEIPT = 4_096  # bytes that come with each order
READ, CHECK, PAGE = 0.0008, 0.00035, 0.0185  # seconds: to read an order, to check one, and to read one page of the catalogue
PAGES = 700
WORKER_MEMORY = "104m"  # of a Python worker; what a task gathers beyond that it spills to disk


@dataclasses.dataclass(frozen=True)
class Run:
    """What is different in one way of making the report."""

    partitions: int = 8
    salts: int = 1
    combined: bool = False
    files: int = 1


WAYS: Mapping[str, Run] = {
    "plain": Run(),
    "partitions": Run(partitions=32),
    "salted": Run(salts=8),
    "combined": Run(combined=True),
    "split": Run(combined=True, files=8),
}
COLUMNS = ["source", "run", "stage", "tasks", "seconds", "longest_s", "median_s", "read_MB", "spilled_MB"]
WHOLE = "whole job"
_KEPT: dict[str, Any] = {  # of each event, what is shipped
    "Task Info": ("Index", "Launch Time", "Finish Time", "Failed", "Killed"),
    "Task Metrics": ("Executor Run Time", "Executor CPU Time", "JVM GC Time", "Memory Bytes Spilled", "Disk Bytes Spilled"),
    "Shuffle Read Metrics": ("Remote Bytes Read", "Local Bytes Read", "Total Records Read"),
    "Shuffle Write Metrics": ("Shuffle Bytes Written", "Shuffle Records Written"),
    "Stage Info": ("Stage ID", "Stage Name", "Number of Tasks", "Parent IDs", "Submission Time", "Completion Time"),
}


def compare(runs: Sequence[str] = ("plain", "split"), *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Make the report with Spark, read its event log, and let the model replay the same tasks.

    Orders are read from 3 files, gathered by customer, checked one by one, and added up by region; a catalogue is read meanwhile, and at
    the end the two are joined. Reading and checking wait for disks and services most of the time, so that two processors are enough for
    four tasks at a time. Where nothing is to be measured (see
    `labsupport.systems.comparison.reason_not_to_measure`), or Spark is not installed, the recorded runs are shown.

    Parameters
    ----------
    runs : sequence of str, optional
        Which of `RUNS`, at least one; each takes about ten seconds.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source``, ``run``, ``stage`` (or "whole job"), ``tasks``, ``seconds`` (from submission to completion),
        ``longest_s`` and ``median_s`` (of its tasks), ``read_MB`` (through the shuffle), ``spilled_MB`` and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be.

    Examples
    --------
    >>> made = recorded().table  # what is shown where Spark is not
    >>> sorted(set(made["source"]))
    ['measurement', 'simulation']
    """
    wanted = [checks.choice("runs", run, RUNS) for run in runs]
    if not wanted:
        raise ValueError("runs is empty, but must hold at least one")
    reason = comparison.reason_not_to_measure() or ("" if Spark.find() else Spark.missing())
    if reason:
        return recorded(reason)
    try:
        with Progress("Making the report") as line:
            return _measured(wanted, progress or line)[0]
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
    return comparison.recorded("event_log", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded runs again, on this machine; it takes a minute.

    Parameters
    ----------
    directory : pathlib.Path, optional
        Where to write; by default the folder from which recorded runs are read.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    ServerError
        If Spark is not installed, or does not start.

    Examples
    --------
    Too long for an example that runs; this is what it wrote:

    >>> recorded().about["command"]
    'python -m labsupport record event_log'
    """
    made, logs = _measured(list(RUNS), lambda _: None)
    written = made.save("event_log", directory)
    for run, lines in logs.items():
        path = directory / f"event_log_{run}.json"
        path.write_text("[\n" + ",\n".join(json.dumps(line, separators=(",", ":")) for line in lines) + "\n]\n", encoding="utf-8")
        written.append(path)
    return written


class Pages:
    """Spark's own pages, beside the notebook: a link to them, and ``stop()``, which ends Spark.

    Attributes
    ----------
    link : str
        Where they are; empty if Spark is not here, or has ended.
    stages : pandas.DataFrame
        What the REST interface behind the pages says of each stage.
    notice : str
        What the reader must know, such as that Spark is not installed.
    """

    def __init__(self, stages: pd.DataFrame, link: str = "", notice: str = "", server: Spark | None = None) -> None:
        self.stages, self.link, self.notice, self._server = stages, link, notice, server

    def stop(self) -> None:
        """End Spark; its pages go with it."""
        server, self._server, self.link = self._server, None, ""
        if server is not None:
            server.__exit__(None, None, None)

    def _repr_html_(self) -> str:
        """Return the link and the table, as a notebook shows them."""
        link = f"<p>{links.anchor('Open Spark’s own pages', self.link)}: Stages, then Event Timeline.</p>"
        notice = f"<p><strong>{escape(self.notice)}</strong></p>".replace("\n", "<br>") if self.notice else ""
        return f"<div>{notice}{link if self.link else ''}{self.stages.to_html(index=False)}</div>"


def open_pages(run: str = "plain") -> Pages:
    """Make the report with a Spark that keeps running, so that its own pages can be looked at until ``stop()``.

    Parameters
    ----------
    run : str, optional
        One of `RUNS`.

    Returns
    -------
    Pages
        Where Spark is not here, without a link, and with what the recorded run says.

    Examples
    --------
    >>> open_pages.__name__  # needs a Spark that runs
    'open_pages'
    """
    run = checks.choice("run", run, RUNS)
    reason = comparison.reason_not_to_measure() or ("" if Spark.find() else Spark.missing())
    if not reason:
        server = _server()
        try:
            with Progress("Making the report"):
                session = server.__enter__()
                base = links.base(server.port)
                if base.startswith("/"):  # Spark must know below which path its own links are
                    session.sparkContext._jvm.System.setProperty("spark.ui.proxyBase", base)  # type: ignore[union-attr]
                _warm(session)
                _, stages = _run(session, run)
        except (OSError, ServerError) as error:
            reason = str(error)
            server.__exit__(None, None, None)
        else:
            return Pages(_rest(stages), f"{base}/jobs/", "", server)
    shown = recorded()
    table = shown.table.query("source == 'measurement' and run == @run and stage != @WHOLE")
    return Pages(table.drop(columns=["source", "run", "recorded"]).reset_index(drop=True), "", f"{reason}\n{shown.notice}")


def _server() -> Spark:
    return Spark(cores=CORES, partitions=8, settings={"spark.python.worker.memory": WORKER_MEMORY})


def _measured(wanted: Sequence[str], show: Callable[[float], None]) -> tuple[Comparison, dict[str, list[dict[str, Any]]]]:
    """Make the report in each way; return what it took, and the log of each."""
    import pandas as pd

    server = _server()
    logs = dict[str, list[dict[str, Any]]]()
    agreed = dict[str, bool]()
    with server as session:
        _warm(session)
        answers = []
        for number, run in enumerate(wanted):
            show((number + 0.5) / (len(wanted) + 0.5))
            answer, stages = _run(session, run)
            answers.append(answer)
            logs[run] = _compact(server.events(), run)
            said = {int(stage["stageId"]): int(stage["numCompleteTasks"]) for stage in stages}
            ends = [int(event["Stage ID"]) for event in logs[run] if event["Event"].endswith("TaskEnd")]
            agreed[run] = said == {number: ends.count(number) for number in said}
        version = server.version(server.find() or Path("java"))
    if any(answer != answers[0] for answer in answers):
        raise ServerError("two ways of making the report do not agree, so that nothing can be compared")
    table = pd.DataFrame([row for run, log in logs.items() for row in _rows(run, event_log.read(log))], columns=COLUMNS).assign(recorded=False)
    about = {
        "system": f"{version}, {CORES} tasks at a time",
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "runs": {run: RUNS[run] for run in wanted},
        "rest_agrees_with_log": all(agreed.values()),
    }
    return Comparison(table, _reconcile(table), about, summary=_summary(table)), logs


def _rows(run: str, log: EventLog) -> Iterator[tuple[Any, ...]]:
    """Tell each stage, the whole, and the whole as the model replays it."""
    tasks, nothing = log.tasks, (np.nan,) * 4
    for stage in log.stages:
        own = tasks.stage == stage.number
        took = tasks.durations[own]
        sizes = [round(float(amounts[own].sum()) / 1e6, 2) for amounts in (tasks.bytes_read, tasks.spilled)]
        seconds = [round(float(value), 3) for value in (stage.completed - stage.submitted, took.max(), np.median(took))]
        yield ("measurement", run, stage.name, int(own.sum()), *seconds, *sizes)
    yield ("measurement", run, WHOLE, tasks.stage.size, round(log.length, 3), *nothing)
    yield ("simulation", run, WHOLE, tasks.stage.size, round(event_log_replay.replay(log, CORES).length, 3), *nothing)


def _run(session: SparkSession, run: str) -> tuple[list[Any], list[dict[str, Any]]]:
    return stages_of(session, f"report {run}", lambda: _report(session, WAYS[run], ORDERS // FILES, PAGES))


def _warm(session: SparkSession) -> None:
    """Let Spark load what it needs, and start its Pythons, before anything is measured."""
    session.sparkContext.setJobGroup("warm up", "warm up")
    _report(session, Run(), orders_in=40, pages=8)


@contextlib.contextmanager
def _stage(session: SparkSession, name: str) -> Iterator[None]:
    """Give the stage that ends in this block a name; else Spark would name it after a line of this file."""
    from pyspark.traceback_utils import SCCallSiteSync

    context: Any = session.sparkContext
    SCCallSiteSync._spark_stack_depth += 1
    context._jsc.setCallSite(name)
    try:
        yield
    finally:
        SCCallSiteSync._spark_stack_depth -= 1
        context._jsc.setCallSite(None)


def _report(session: SparkSession, way: Run, orders_in: int, pages: int) -> list[Any]:
    """Make the report: revenue and catalogue for each region, from so many orders in each file and so many pages."""
    customers, hot, regions, receipt = CUSTOMERS, HOT, REGIONS, RECEIPT
    read, check, page, files, salts, combined = READ, CHECK, PAGE, way.files, way.salts, way.combined
    context = session.sparkContext

    # Functions that Spark sends to its workers stand in here, so that they carry all they need with them.
    def orders(number: int) -> Iterator[tuple[tuple[int, int], tuple[int, bytes]]]:
        import random
        import time

        chance = random.Random(number)  # noqa: S311 - orders, no secrets
        time.sleep(read * orders_in)
        for order in range(orders_in):
            customer = 0 if chance.random() < hot else chance.randrange(1, customers)
            yield (customer, order % salts if customer == 0 else 0), (chance.randrange(100), chance.randbytes(receipt))

    def checked(parts: Iterator[tuple[tuple[int, int], Any]]) -> Iterator[tuple[int, int]]:
        import time

        for (customer, _), group in parts:
            if combined:
                count, amount = group
            else:
                amounts = [each[0] for each in group]
                count, amount = len(amounts), sum(amounts)
                time.sleep(check * count)
            yield customer % regions, amount

    def one(order: tuple[int, bytes]) -> tuple[int, int]:
        return 1, order[0]

    def more(total: tuple[int, int], order: tuple[int, bytes]) -> tuple[int, int]:
        return total[0] + 1, total[1] + order[0]

    def both(total: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
        return total[0] + other[0], total[1] + other[1]

    def catalogue(number: int) -> Iterator[tuple[int, int]]:
        import time

        own = range(number, pages, files)
        time.sleep(page * len(own))
        for sheet in own:
            yield sheet % regions, 0

    def placed(key: tuple[int, int]) -> int:
        return key[0] + key[1]

    def added(one: int, other: int) -> int:
        return one + other

    with _stage(session, "orders"):
        read_orders = context.parallelize(range(FILES), FILES).flatMap(orders)
        if combined:
            gathered: Any = read_orders.combineByKey(one, more, both, way.partitions, placed)
        else:
            gathered = read_orders.groupByKey(way.partitions, placed)
    with _stage(session, "customers"):
        revenue = gathered.mapPartitions(checked).reduceByKey(added, REGIONS)
    with _stage(session, "catalogue"):
        sheets = context.parallelize(range(files), files).flatMap(catalogue).reduceByKey(added, REGIONS)
    with _stage(session, "report"):
        return sorted(revenue.union(sheets).groupByKey(REGIONS).mapValues(sum).collect())


def _compact(events: Sequence[Mapping[str, Any]], run: str) -> list[dict[str, Any]]:
    """Keep the ends of the tasks and stages of one run, and of these what somebody reads."""
    group = f"report {run}"
    jobs = [line for line in events if line["Event"] == "SparkListenerJobStart" and line["Properties"].get("spark.jobGroup.id") == group]
    own = {int(number) for job in jobs for number in job["Stage IDs"]}
    kept = []
    for line in events:
        if line["Event"] == "SparkListenerTaskEnd" and int(line["Stage ID"]) in own:
            metrics = line["Task Metrics"]
            inner = {name: _some(metrics[name], name) for name in ("Shuffle Read Metrics", "Shuffle Write Metrics")}
            names = {name: line[name] for name in ("Event", "Stage ID", "Task End Reason")}
            kept.append({**names, "Task Info": _some(line["Task Info"], "Task Info"), "Task Metrics": _some(metrics, "Task Metrics") | inner})
        elif line["Event"] == "SparkListenerStageCompleted" and int(line["Stage Info"]["Stage ID"]) in own:
            kept.append({"Event": line["Event"], "Stage Info": _some(line["Stage Info"], "Stage Info")})
    return kept


def _some(fields: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {name: fields[name] for name in _KEPT[kind] if name in fields}


def _rest(stages: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a table of what the REST interface says of each stage."""
    import pandas as pd

    return pd.DataFrame(
        {
            "stage": [stage["name"] for stage in stages],
            "tasks": [stage["numTasks"] for stage in stages],
            "tasks' run time, s": [round(stage["executorRunTime"] / 1_000, 2) for stage in stages],
            "of it CPU, s": [round(stage["executorCpuTime"] / 1e9, 2) for stage in stages],
            "shuffle read, MB": [round(stage["shuffleReadBytes"] / 1e6, 2) for stage in stages],
            "shuffle written, MB": [round(stage["shuffleWriteBytes"] / 1e6, 2) for stage in stages],
            "spilled to disk, MB": [round(stage["diskBytesSpilled"] / 1e6, 2) for stage in stages],
        }
    )


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put each run into one line."""
    import pandas as pd

    rows = []
    for run, part in table.groupby("run", sort=False):
        whole = part[part["stage"] == WHOLE].set_index("source")["seconds"]
        stages = part[part["stage"] != WHOLE].set_index("stage")
        customers = stages.loc["customers"]
        longest = stages["seconds"].max()
        name = next(name for name, seconds in stages["seconds"].items() if seconds == longest)
        rows.append(
            {
                "run": RUNS[str(run)],
                "measured, s": round(whole["measurement"], 1),
                "replayed, s": round(whole["simulation"], 1),
                "longest stage": f"{name}: {longest:.1f} s",
                "customers, longest task / median": round(customers["longest_s"] / customers["median_s"], 1),
                "they read, MB": round(customers["read_MB"], 1),
                "and spilled, MB": round(customers["spilled_MB"], 1),
            }
        )
    return pd.DataFrame(rows)


def _reconcile(table: pd.DataFrame) -> str:
    """Say, from the numbers, how near the replay comes, what it leaves out, and what tuning did."""
    whole = dict(table[table["stage"] == WHOLE].set_index(["source", "run"])["seconds"].items())
    runs = list(dict.fromkeys(table["run"]))
    gaps = [abs(whole["simulation", run] / whole["measurement", run] - 1) for run in runs]
    stages = table[(table["stage"] != WHOLE) & (table["run"] == runs[0])].set_index("stage")
    customers = stages.loc["customers"]
    skew = customers["longest_s"] / customers["median_s"]
    text = (
        f"The model gets the length of each task and nothing else, and tells when the job is done to within {100 * max(gaps):.2g} %. What it leaves "
        "out is the time between tasks: Spark plans, sends each task to a core, hears of its end, and submits the next stage a moment after the one "
        "before is complete. A core that becomes free in that moment goes to another stage whose tasks are waiting already, so that Spark may even "
        "be done before the model is.\n\n"
        f"“{RUNS[runs[0]]}”, the longest task of the stage “customers” took {skew:.1f} times the median, since one customer makes "
        f"{100 * HOT:.0f} of 100 orders, and {customers['spilled_MB']:.0f} MB did not fit into memory."
    )
    if len(runs) > 1:
        best = min(runs, key=lambda run: whole["measurement", run])
        text += f" Tuned (“{RUNS[best]}”), the job took {whole['measurement', best]:.1f} s instead of {whole['measurement', runs[0]]:.1f}."
    return text
