"""Jobs on worker processes: what they do, what is said of it, and that none outlives whoever started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from labsupport.labs import ScalingLab
from labsupport.systems import scaling
from labsupport.systems.scaling import COLUMNS, compare, record, recorded, work
from tests.support import ROOT
from tests.systems.conftest import wait_until_clean

pytestmark = pytest.mark.real_system


def test_a_job_is_its_own_result() -> None:
    assert work(2_000) == sum(number * number for number in range(2_000)) % 1_000_000


def test_the_comparison_holds_every_source(monkeypatch) -> None:
    monkeypatch.setattr(scaling, "SIZE", 1_000)
    monkeypatch.setattr(scaling, "_busy", lambda: 3.0)
    shares: list[float] = []
    made = compare([1, 2], jobs=8, progress=shares.append)
    assert list(made.table.columns) == [*COLUMNS, "recorded"]
    assert not made.recorded
    assert shares == [0.5, 1.0]
    assert (made.table["throughput"] > 0).all()
    at = made.table.set_index(["source", "workers"])["throughput"]
    assert at["theory", 2] == pytest.approx(2 * at["theory", 1], abs=0.02)
    assert at["theory", 1] == at["measurement", 1]
    assert "One process did" in made.reconciliation
    assert "But 3.0 processes of others" in made.reconciliation
    assert "times one worker" in str(made)


def test_what_is_measured_can_be_drawn_in_the_lab() -> None:
    measured = recorded().table.query("source == 'measurement'")
    lab = ScalingLab(measured=measured)
    assert "measured" in str(lab.chart().panels[0].marks)
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
    def end() -> None:
        raise BrokenProcessPool("a process was ended")

    monkeypatch.setattr(scaling, "_run", lambda *_: end())
    assert "ended: a process was ended" in compare().notice


def test_a_recorded_run_can_be_made_again(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(scaling, "WORKERS", (1, 2))
    monkeypatch.setattr(scaling, "SIZE", 1_000)
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith(",".join(COLUMNS))
    assert '"command": "python -m labsupport record scaling"' in rest.read_text(encoding="utf-8")


def test_no_worker_is_left_when_python_is_killed(workplace) -> None:
    program = textwrap.dedent("""
        from labsupport.systems.scaling import compare
        if __name__ == "__main__":
            compare([1, 2], jobs=100_000)
    """)
    script = workplace / "workers.py"
    script.write_text(program, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, script], cwd=workplace, env=environment) as python:
        with pytest.raises(subprocess.TimeoutExpired):
            python.wait(1.5)
        python.send_signal(signal.SIGKILL)
    script.unlink()
    wait_until_clean(workplace)


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
