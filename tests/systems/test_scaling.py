"""Jobs on worker processes: what they do, what is said of it, and that none outlives whoever started it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import urllib3

from labsupport.labs import ScalingLab
from labsupport.systems import scaling
from labsupport.systems.cluster import Cluster
from labsupport.systems.comparison import Comparison
from labsupport.systems.scaling import COLUMNS, compare, record, recorded, watch, work
from labsupport.systems.server import NotInstalledError, NotStartedError
from tests.support import ROOT, require
from tests.systems.conftest import processes_in, wait_until_clean

pytestmark = pytest.mark.real_system


def test_a_job_is_its_own_result() -> None:
    assert work(2_000) == sum(number * number for number in range(2_000)) % 1_000_000


@pytest.fixture
def without_dask(monkeypatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)


def test_workers_of_dask_are_measured_and_watched(monkeypatch, capsys, workplace) -> None:
    require(importlib.util.find_spec("bokeh"), "needs bokeh, which draws the dashboard")
    monkeypatch.setattr(scaling, "SIZE", 1_000)
    monkeypatch.setattr(scaling, "ROUNDS", 2)
    monkeypatch.setattr(scaling, "_busy", lambda: 3.0)
    pages = []

    def show(share: float) -> None:
        shares.append(share)
        if len(shares) == 1:
            pages.append(urllib3.request("GET", capsys.readouterr().out.split()[-1]).data.decode())

    shares: list[float] = []
    made = compare([1, 2], jobs=8, progress=show)
    check(made, shares)
    assert (made.notice, made.about["system"]) == ("", f"workers of Dask {importlib.metadata.version('distributed')}")
    assert "Dask's scheduler" in made.reconciliation
    assert "Dask" in pages[0]
    assert "bokeh" in pages[0].lower()  # pages with pictures, not the one that says what they need


def test_without_dask_python_s_own_processes_are_measured(monkeypatch, without_dask) -> None:
    monkeypatch.setattr(scaling, "SIZE", 1_000)
    monkeypatch.setattr(scaling, "ROUNDS", 2)
    monkeypatch.setattr(scaling, "_busy", lambda: 3.0)
    shares: list[float] = []
    made = compare([1, 2], jobs=8, progress=shares.append)
    check(made, shares)
    assert "pip install distributed bokeh. Python's own processes" in made.notice
    assert "one queue" in made.reconciliation


def check(made: Comparison, shares: list[float]) -> None:
    assert list(made.table.columns) == [*COLUMNS, "recorded"]
    assert not made.recorded
    assert shares == [0.5, 1.0]
    assert (made.table["throughput"] > 0).all()
    at = made.table.set_index(["source", "workers"])["throughput"]
    assert at["theory", 2] == pytest.approx(2 * at["theory", 1], abs=0.02)
    assert at["theory", 1] == at["measurement", 1]
    assert "One worker did" in made.reconciliation
    assert "But 3.0 processes of others" in made.reconciliation
    assert "times one worker" in str(made)


def test_what_is_measured_can_be_drawn_in_the_lab() -> None:
    shipped = recorded().table.query("source == 'measurement'")
    for measured, label in ((shipped, "recorded"), (shipped.assign(recorded=False), "measured")):
        lab = ScalingLab(measured=measured)
        assert label in [mark.label for mark in lab.chart().panels[0].marks]
        lab.close()


def test_the_recorded_run_is_labelled_and_says_what_it_shows() -> None:
    shipped = recorded()
    assert "recorded run" in str(shipped)
    at = shipped.table.set_index(["source", "workers"])["throughput"]
    processors = shipped.about["processors"]
    assert at["measurement", 2] > 1.5 * at["measurement", 1]
    assert at["measurement", 4] < 1.2 * processors * at["measurement", 1]


def test_where_nothing_is_to_be_measured_the_recorded_run_is_shown(monkeypatch) -> None:
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert compare().recorded


def test_where_no_process_can_be_started_the_recorded_run_says_why(monkeypatch) -> None:
    def end(_: int) -> None:
        raise NotStartedError("a process was ended")

    monkeypatch.setattr(scaling, "_on_a_cluster", end)
    assert "ended: a process was ended" in compare().notice


def test_a_recorded_run_can_be_made_again(monkeypatch, tmp_path: Path, without_dask) -> None:
    monkeypatch.setattr(scaling, "RECORDED_ROUNDS", 2)
    monkeypatch.setattr(scaling, "WORKERS", (1, 2))
    monkeypatch.setattr(scaling, "SIZE", 1_000)
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith(",".join(COLUMNS))
    assert '"command": "python -m labsupport record scaling"' in rest.read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("dask", [True, False], ids=["Dask", "pools"])
def test_no_worker_is_left_when_python_is_interrupted_or_killed(workplace, dask, number) -> None:
    program = textwrap.dedent(f"""
        import importlib.util
        from labsupport.systems.scaling import compare
        if not {dask}:
            importlib.util.find_spec = lambda _: None
        if __name__ == "__main__":
            compare([1, 2], jobs=10_000, progress=print)
    """)
    script = workplace / "workers.py"
    script.write_text(program, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "LABSUPPORT_SYSTEMS": ""}
    python = subprocess.Popen([sys.executable, script], cwd=workplace, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while len(processes_in(workplace)) < (6 if dask else 3):  # itself, its workers, and those that look after them
            assert python.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(python.pid, number)  # Jupyter signals the kernel's whole group
        python.wait(30)
    finally:
        python.kill()
        python.wait()
    script.unlink()
    wait_until_clean(workplace)


def test_a_watch_says_what_was_done_and_ends_when_it_is_interrupted(monkeypatch, capsys, workplace) -> None:
    monkeypatch.setattr(scaling, "SIZE", 1_000)
    monkeypatch.setattr(scaling, "time", SimpleNamespace(monotonic=iter([0.0, 1.0, 2.0, 99.0, 0.0]).__next__))
    monkeypatch.setattr(scaling, "Cluster", nullcontext)
    monkeypatch.setattr(scaling.Cluster, "find", lambda: Path("here"), raising=False)
    monkeypatch.setattr(scaling, "_shared", lambda *_: lambda _, jobs: [0.1] * jobs)
    assert watch(2, 5.0) == "2 workers did 16 jobs."

    def interrupted(cluster, client):
        raise KeyboardInterrupt

    monkeypatch.setattr(scaling, "_shared", interrupted)
    assert watch(2, 5.0) == "2 workers did 0 jobs."


def test_there_is_nothing_to_watch_where_nothing_is_measured_or_installed(monkeypatch) -> None:
    monkeypatch.setattr(scaling.Cluster, "find", lambda: None)
    assert watch().startswith("Dask is not installed here. To install it: ")
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert watch().startswith("Nothing is measured")


def test_a_stranger_on_the_port_is_no_cluster_of_ours(workplace) -> None:
    cluster = Cluster(1)
    with cluster as client:
        assert client.submit(work, 4).result() == 14
        cluster.process += 1
        with pytest.raises(ConnectionError, match="another process"):
            cluster.connect(5.0)
        assert "running on 127.0.0.1" in repr(cluster)


def test_a_missing_dask_is_named(monkeypatch, without_dask) -> None:
    with pytest.raises(NotInstalledError, match=r"Dask is not installed here. To install it: .* -m pip install distributed bokeh"), Cluster():
        pass


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"workers": [2, 3]}, ValueError, "must begin with 1 and be rising"),
        ({"workers": [1, 3, 2]}, ValueError, "must begin with 1 and be rising"),
        ({"workers": [1, 33]}, ValueError, "workers holds the number of workers 33"),
        ({"workers": []}, ValueError, "workers is empty"),
        ({"jobs": 3}, ValueError, "jobs is 3"),
        ({"jobs": "many"}, TypeError, "jobs is 'many'"),
    ],
)
def test_bad_input_is_named(arguments, kind, message) -> None:
    with pytest.raises(kind, match=message):
        compare(**arguments)
