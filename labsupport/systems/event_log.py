"""A report that Spark makes here in five ways, what its event log says of each, and the same tasks replayed by the model."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport import checks
from labsupport.simulators import event_log, event_log_replay
from labsupport.simulators.event_log import EventLog
from labsupport.systems import comparison, spark_report
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.server import ServerError
from labsupport.systems.spark import Spark
from labsupport.systems.spark_report import HOT
from labsupport.workloads.spark_logs import CORES, RUNS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare", "record", "recorded"]

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
    return comparison.measured_or_recorded(
        lambda show: _measured(wanted, show)[0], recorded, "Making the report", progress, "" if Spark.find() else Spark.missing()
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


def _measured(wanted: Sequence[str], show: Callable[[float], None]) -> tuple[Comparison, dict[str, list[dict[str, Any]]]]:
    """Make the report in each way; return what it took, and the log of each."""
    import pandas as pd

    server = spark_report.server()
    logs = dict[str, list[dict[str, Any]]]()
    agreed = dict[str, bool]()
    with server as session:
        spark_report.warm(session)
        answers = []
        for number, run in enumerate(wanted):
            show((number + 0.5) / (len(wanted) + 0.5))
            answer, stages = spark_report.make(session, run)
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
