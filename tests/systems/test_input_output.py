"""Questions to a slow server: all are answered, connections stay bounded, and no server outlives whoever started it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from labsupport.systems import input_output
from labsupport.systems.input_output import ASYNCIO, BATCH, COLUMNS, ONE_BY_ONE, THREADS, compare, record, recorded
from tests.support import ROOT
from tests.systems.conftest import wait_until_clean

pytestmark = pytest.mark.real_system


def test_every_way_gets_all_answers_with_no_more_connections_than_allowed() -> None:
    shares: list[float] = []
    made = compare(12, 10.0, [3], progress=shares.append)
    assert list(made.table.columns) == [*COLUMNS, "recorded"]
    assert not made.recorded
    assert shares[-1] == 1.0
    at = made.table.set_index(["source", "way"])
    assert {way: at.loc[("measurement", way), "most_open"] for way in (ONE_BY_ONE, THREADS, ASYNCIO, BATCH)} == {
        ONE_BY_ONE: 1,
        THREADS: 3,
        ASYNCIO: 3,
        BATCH: 1,
    }
    for way, least in ((ONE_BY_ONE, 120), (THREADS, 40), (ASYNCIO, 40), (BATCH, 10)):
        assert at.loc[("theory", way), "milliseconds"] == least
        assert at.loc[("simulation", way), "milliseconds"] == pytest.approx(least)
        assert at.loc[("measurement", way), "milliseconds"] >= least
    assert "12 questions" in made.reconciliation
    assert multiprocessing.active_children() == []


def test_more_connections_than_questions_are_not_opened() -> None:
    made = compare(2, 100.0, [5])
    assert made.table.query("way == 'asyncio' and source == 'measurement'")["most_open"].tolist() == [2]


def test_a_wrong_answer_is_not_taken_for_a_measurement(monkeypatch) -> None:
    monkeypatch.setattr(input_output, "_ask_in_turn", lambda _, numbers: [0 for _ in numbers])
    assert "not every question was answered" in compare(2, 1.0, [1]).notice


def test_the_recorded_run_is_labelled_and_says_what_it_shows(monkeypatch) -> None:
    shipped = recorded()
    assert "recorded run" in str(shipped)
    at = shipped.table.query("source == 'measurement'").set_index(["way", "connections"])["milliseconds"]
    assert at[ASYNCIO, 16] < at[ASYNCIO, 4] < at[ONE_BY_ONE, 1]
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert compare().recorded


def test_a_recorded_run_can_be_made_again(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(input_output, "QUESTIONS", 4)
    monkeypatch.setattr(input_output, "DELAY", 1.0)
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith(",".join(COLUMNS))
    assert '"command": "python -m labsupport record input_output"' in rest.read_text(encoding="utf-8")


def test_no_server_is_left_when_python_is_killed(workplace) -> None:
    program = textwrap.dedent("""
        from labsupport.systems.input_output import compare
        if __name__ == "__main__":
            compare(2000, 100.0, [1])
    """)
    script = workplace / "questions.py"
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
        ({"questions": 0}, ValueError, "questions is 0"),
        ({"delay": 0}, ValueError, "delay is 0"),
        ({"connections": [4, 2]}, ValueError, "must be rising"),
        ({"connections": [65]}, ValueError, "connections holds the number of connections 65"),
    ],
)
def test_bad_input_is_named(arguments, kind, message) -> None:
    with pytest.raises(kind, match=message):
        compare(**arguments)
