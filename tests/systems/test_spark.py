"""Spark in local mode: one session for what it does, one that is killed, and Javas that are none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from labsupport.simulators import event_log
from labsupport.systems import spark as spark_module
from labsupport.systems.server import NotInstalledError, NotStartedError
from labsupport.systems.spark import Spark, ask, stages_of
from labsupport.systems.spark_log_files import log_lines
from tests.support import ROOT, require
from tests.systems.conftest import wait_until_clean

pytestmark = pytest.mark.real_system

HOLD = """
import time
from labsupport.systems.spark import Spark
server = Spark(cores=1)
with server as session:
    print(server.process, flush=True)
    time.sleep(600)
"""

PACKED = """
from labsupport.simulators import event_log
from labsupport.systems.spark import Spark
from labsupport.systems.spark_log_files import log_lines
server = Spark(settings={"spark.eventLog.compress": "true", "spark.eventLog.rolling.enabled": "true"})
with server as session:
    session.range(1_000, numPartitions=3).groupBy().sum().collect()
    session.stop()
    [folder] = (server.directory / "events").glob("eventlog_v2_*")
    names = sorted(file.name for file in folder.iterdir() if file.name.startswith("events_"))
    log = event_log.read(log_lines(folder))
    print(names[0].rpartition(".")[2], log.tasks.stage.size)
"""


@pytest.fixture(scope="module")
def running():
    require(Spark.find(), "needs Spark: python -m pip install pyspark, and Java")
    before = signal.getsignal(signal.SIGINT)
    server = Spark(partitions=3, settings={"spark.app.name": "of the tests"})
    with server as session:
        assert signal.getsignal(signal.SIGINT) is before
        assert "PYSPARK_GATEWAY_PORT" not in os.environ
        yield server, session
    assert not server.directory.exists()
    assert not psutil.pid_exists(server.process)


def test_nothing_is_left_when_python_is_killed(workplace):
    require(Spark.find(), "needs Spark: python -m pip install pyspark, and Java")
    with subprocess.Popen([sys.executable, "-c", HOLD], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as holder:
        process = int(holder.stdout.readline())
        holder.kill()
    wait_until_clean(workplace)
    assert not psutil.pid_exists(process)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sleep 60", "Spark did not answer within 0.5 s"),
        ("echo it is broken >&2; exit 3", "Spark ended at once, with exit code"),
    ],
)
def test_a_java_that_is_none_is_told(make_program, text, message):
    folder = make_program(":").parent / "bin"
    folder.mkdir()
    program = make_program(text, "bin/java")
    with pytest.raises(NotStartedError, match=message), Spark(program=program, timeout=0.5 if "sleep" in text else 20):
        pass


def test_a_java_that_does_not_run_has_no_version(make_program):
    with pytest.raises(OSError, match="does not run: no runtime"):
        Spark.version(make_program("echo no runtime >&2; exit 1"))


def test_what_is_missing_is_told_with_one_command(monkeypatch, tmp_path):
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setattr(Spark, "find_java", classmethod(lambda _: None))
    assert "Java, which it runs on, is not installed" in Spark.missing()
    with pytest.raises(NotInstalledError, match="Java, which it runs on"), Spark():
        pass
    monkeypatch.setattr(spark_module, "_package", lambda: None)
    assert "the package pyspark and Java" in Spark.missing()
    assert "pip install pyspark && " in Spark.install()
    with pytest.raises(NotStartedError, match="the package pyspark"):
        Spark().command(tmp_path)


def test_java_is_where_java_home_says(monkeypatch, make_program):
    folder = make_program(":").parent
    (folder / "bin").mkdir()
    program = make_program(":", "bin/java")
    monkeypatch.setenv("JAVA_HOME", str(folder))
    assert Spark.find_java() == program


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"cores": 0}, "cores is 0"), ({"partitions": 0}, "partitions is 0"), ({"memory": 300}, "memory is 300"), ({"timeout": 61}, "timeout is 61")],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Spark(**arguments)


def test_it_computes_and_its_pages_say_how(running):
    _, session = running
    rows = session.range(300, numPartitions=2).selectExpr("id % 10 as key")
    counted, stages = stages_of(session, "count", lambda: rows.groupBy("key").count().collect())
    assert sorted(map(tuple, counted)) == [(key, 30) for key in range(10)]
    assert [stage["numTasks"] for stage in stages] == [2, 3]
    assert sum(stage["shuffleWriteRecords"] for stage in stages) == 20  # ten keys from each of two tasks
    tasks = ask(session, f"stages/{stages[0]['stageId']}/0/taskList")
    assert [task["status"] for task in tasks] == ["SUCCESS"] * 2


def test_its_settings_are_ours_and_those_that_were_given(running):
    server, session = running
    settings = dict(session.sparkContext.getConf().getAll())
    assert settings["spark.app.name"] == "of the tests"
    assert settings["spark.driver.bindAddress"] == "127.0.0.1"
    assert settings["spark.master"] == "local[2]"
    assert Path(settings["spark.local.dir"]) == server.directory
    addresses = {each.laddr.ip.removeprefix("::ffff:") for each in psutil.Process(server.process).net_connections() if each.status == "LISTEN"}
    assert addresses == {"127.0.0.1"}


def test_its_log_of_events_can_be_read(running):
    server, session = running
    session.range(10).count()
    kinds = {event["Event"] for event in server.events()}
    assert {"SparkListenerApplicationStart", "SparkListenerTaskEnd"} <= kinds


def test_a_second_one_in_the_same_python_is_refused(running, workplace):
    with pytest.raises(NotStartedError, match="one at a time"), Spark():
        pass


def test_work_that_its_pages_do_not_show_is_told(running, monkeypatch):
    monkeypatch.setattr(spark_module, "PATIENCE", 0.3)
    with pytest.raises(spark_module.ServerError, match="'nothing', but its own pages do not show it"):
        stages_of(running[1], "nothing", lambda: None)


def test_a_log_as_spark_packs_it_by_default_can_be_read(workplace):
    require(Spark.find(), "needs Spark: python -m pip install pyspark, and Java")
    done = subprocess.run([sys.executable, "-c", PACKED], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["zstd", "4"], done.stderr  # three tasks, and one that adds up


def test_plain_and_packed_logs_say_the_same(running, tmp_path):
    import pyarrow as pa

    server, session = running
    session.range(10, numPartitions=2).count()
    [plain] = (server.directory / "events").glob("local-*")
    lines = list(log_lines(plain))[:-1]  # the last one may be half written
    folder = tmp_path / "eventlog_v2_local-1"
    folder.mkdir()
    (folder / "appstatus_local-1").touch()
    for number, part in ((10, lines[2:]), (9, lines[:2])):
        with pa.CompressedOutputStream(str(folder / f"events_{number}_local-1.zstd"), "zstd") as packed:
            packed.write("".join(f"{line}\n" for line in part).encode())
    assert list(log_lines(folder)) == lines
    assert event_log.read(log_lines(folder)).tasks.durations.tolist() == event_log.read(lines).tasks.durations.tolist()


def test_logs_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "events_1_local-1.lz4").touch()
    with pytest.raises(ValueError, match=r"path is events_1_local-1\.lz4, but only plain files and those packed with zstd"):
        list(log_lines(tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty, a folder without files such as events_1_"):
        list(log_lines(tmp_path / "empty"))
    with pytest.raises(FileNotFoundError):
        list(log_lines(tmp_path / "nowhere"))
