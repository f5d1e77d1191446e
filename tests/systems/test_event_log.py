"""A report that Spark makes in five ways: what its log, its pages and the model say of it, and what is shown where Spark is not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from labsupport.simulators import event_log as simulator
from labsupport.simulators.event_log_replay import replay
from labsupport.systems import event_log, spark_report
from labsupport.systems.event_log import compare, record, recorded
from labsupport.systems.server import ServerError
from labsupport.systems.spark import Spark, ask
from labsupport.systems.spark_pages import open_pages
from labsupport.systems.spark_report import WAYS
from labsupport.workloads import spark_logs
from labsupport.workloads.spark_logs import RUNS, STAGES, events
from tests.support import require

pytestmark = pytest.mark.real_system
SMALL = {"ORDERS": 300, "RECEIPT": 64, "READ": 0.0, "CHECK": 0.002, "PAGE": 0.001, "PAGES": 30}


@pytest.fixture
def small(monkeypatch):
    require(Spark.find(), "needs Spark: python -m pip install pyspark, and Java")
    for name, value in SMALL.items():
        monkeypatch.setattr(spark_report, name, value)


def test_the_report_is_recorded_and_replayed(small, monkeypatch, workplace, tmp_path: Path):
    """The run that would be recorded, made smaller: it has everything."""
    runs = {run: RUNS[run] for run in ("plain", "split")}
    monkeypatch.setattr(event_log, "RUNS", runs)
    written = record(tmp_path)
    assert {path.name for path in written} == {"event_log.csv", "event_log.json", *(f"event_log_{run}.json" for run in runs)}
    monkeypatch.setattr("labsupport.systems.comparison.RECORDED", tmp_path)
    monkeypatch.setattr(spark_logs, "FOLDER", tmp_path)
    made = recorded()
    assert made.about["rest_agrees_with_log"]
    assert made.about["command"] == "python -m labsupport record event_log"
    whole = made.table.query("stage == 'whole job'").set_index(["source", "run"])["seconds"]
    for run in runs:
        log = simulator.read(events(run))
        assert sorted(stage.name for stage in log.stages) == sorted(STAGES)
        assert whole["simulation", run] > 0
        assert replay(log, 4).length == pytest.approx(whole["simulation", run], abs=1e-3)
        assert log.tasks.good.all()


def test_its_pages_stay_until_they_are_stopped_and_agree_with_its_log(small, workplace, request):
    pages = open_pages("plain")
    request.addfinalizer(pages.stop)
    assert pages.link in pages._repr_html_()
    assert sorted(pages.stages["stage"]) == sorted(STAGES)
    check_the_rest_interface(event_log._compact(pages._server.events(), "plain"))
    assert compare(["plain"]).recorded  # a second Spark in the same Python
    pages.stop()
    pages.stop()
    assert pages.link == ""


def check_the_rest_interface(lines):
    """What Spark's own REST interface says of each task of a run is what we read in its log: how long it took, and so which was the slowest."""
    from pyspark.sql import SparkSession

    log = simulator.read(lines)
    for stage in log.stages:
        own = log.tasks.stage == stage.number
        read = sorted(zip(np.round(1_000 * log.tasks.durations[own]).tolist(), log.tasks.index[own].tolist(), strict=True))
        answer = ask(SparkSession.active(), f"stages/{stage.number}/0/taskList?length=1000")
        told = sorted((task["duration"], task["index"]) for task in answer)
        assert told == read  # the last is the straggler


def test_the_recorded_runs_say_what_the_lab_shows():
    shipped = recorded()
    assert "recorded run" in str(shipped)
    assert set(WAYS) == set(RUNS) == set(shipped.table["run"])
    assert str(shipped.summary["run"].iloc[0]) == "as it was"
    for run in RUNS:
        assert len((spark_logs.FOLDER / f"event_log_{run}.json").read_bytes()) < 60_000
        whole = shipped.table.query("run == @run and stage == 'whole job'").set_index("source")["seconds"]
        assert simulator.read(events(run)).length == pytest.approx(whole["measurement"], abs=1e-3)
    plain = shipped.table.query("run == 'plain'").set_index("stage")
    assert plain.loc["customers", "longest_s"] > 5 * plain.loc["customers", "median_s"]
    assert plain.loc["customers", "spilled_MB"] > 10


@pytest.mark.parametrize(("setting", "value"), [("LABSUPPORT_SYSTEMS", "recorded"), ("NBGRADER_EXECUTION", "autograde")])
def test_where_nothing_is_to_be_measured_the_recorded_run_is_shown(monkeypatch, setting, value):
    monkeypatch.setenv(setting, value)
    assert compare().recorded
    pages = open_pages("plain")
    assert pages.link == ""
    assert "recorded run" in pages._repr_html_()
    assert sorted(pages.stages["stage"]) == sorted(STAGES)
    pages.stop()


def test_what_is_missing_is_told(monkeypatch):
    monkeypatch.setattr(Spark, "find", classmethod(lambda _: None))
    assert "Spark cannot run here" in compare().notice
    assert "Spark cannot run here" in open_pages().notice
    with pytest.raises(ServerError, match="Spark"):
        record(Path("nowhere"))


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="runs is 'fast', but must be one of 'plain', 'partitions'"):
        compare(["fast"])
    with pytest.raises(ValueError, match="runs is empty"):
        compare([])
    with pytest.raises(ValueError, match="run is 'fast'"):
        open_pages("fast")
    with pytest.raises(ValueError, match="run is 'fast'"):
        events("fast")


def test_no_event_says_where_it_was_written():
    text = json.dumps([events(run) for run in RUNS])
    assert "/" not in text
    assert ".py" not in text
