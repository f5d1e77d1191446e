"""A real replica: what is read and written near and far, and what becomes of both servers afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from labsupport.systems import replication
from labsupport.systems.line import Line
from labsupport.systems.postgresql import PostgreSQL
from labsupport.systems.replication import ALONE, BEHIND, BOTH, FAR, NEAR, _replicated, compare, record, recorded
from labsupport.systems.server import NotStartedError
from tests.support import ROOT, require
from tests.systems.conftest import wait_until_clean

pytestmark = pytest.mark.real_system

DELAY = 60.0  # milliseconds: far above what a busy machine adds to a statement


def test_a_replica_costs_ways_or_is_behind(workplace, monkeypatch) -> None:
    require(PostgreSQL.find(), PostgreSQL.missing())
    monkeypatch.delenv("LABSUPPORT_SYSTEMS", raising=False)
    monkeypatch.setattr(replication, "REPEATS", 3)
    shares: list[float] = []
    for patience in (2, 1, 0):  # a machine may be too busy to start two databases in time
        made = compare([0, DELAY], progress=shares.append)
        if not made.recorded or not patience:
            break
    assert not made.recorded, made.notice
    assert shares[-1] == 1
    measured = made.table[made.table["source"] == "measurement"].set_index(["what", "delay_ms"])["milliseconds"]
    assert measured[FAR, DELAY] >= DELAY
    assert measured[BOTH, DELAY] >= DELAY
    assert measured[ALONE, DELAY] < DELAY
    assert measured[NEAR, DELAY] < DELAY
    assert measured[BOTH + BEHIND, DELAY] == 0  # whoever waited for the replica reads its own write there
    assert measured[ALONE + BEHIND, DELAY] > 0
    theory = made.table[made.table["source"] == "theory"].set_index(["what", "delay_ms"])["milliseconds"]
    assert theory[FAR, DELAY] == pytest.approx(measured[NEAR, DELAY] + DELAY, abs=0.002)
    assert theory[ALONE + BEHIND, DELAY] == DELAY / 2
    assert "and then the replica is not behind" in made.reconciliation
    assert len(made.summary) == 12


def test_a_statement_that_fails_and_a_server_that_goes(workplace) -> None:
    require(PostgreSQL.find(), PostgreSQL.missing())
    with PostgreSQL(timeout=6.5) as client:
        with client.session() as session, pytest.raises(ConnectionError, match="nowhere"):
            session.run("SELECT * FROM nowhere")
        with client.session() as session:
            assert session.run("SELECT 1 + 1") == "2"
            assert session.run("SELECT 'two lines'; SELECT 3") == "two lines\n3"
            with pytest.raises(ConnectionError, match="terminat"):
                session.run("SELECT pg_terminate_backend(pg_backend_pid())")


def test_nothing_is_left_of_either_when_python_is_killed(workplace) -> None:
    require(PostgreSQL.find(), PostgreSQL.missing())
    program = textwrap.dedent("""
        import time
        from labsupport.systems.replication import _replicated
        from labsupport.systems.server import NotStartedError
        for patience in (2, 1, 0):
            try:
                with _replicated():
                    print("up", flush=True)
                    time.sleep(60)
            except NotStartedError:
                if not patience:
                    raise
    """)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment) as python:
        assert python.stdout.readline() == "up\n"
        python.send_signal(signal.SIGKILL)
    wait_until_clean(workplace)


def test_a_replica_that_does_not_come(workplace, monkeypatch) -> None:
    require(PostgreSQL.find(), PostgreSQL.missing())
    monkeypatch.setattr(replication, "PATIENCE", 0.3)
    monkeypatch.setattr(replication, "Line", lambda _: Line(9))  # where nobody answers
    with pytest.raises(NotStartedError, match=r"the replica has not found its primary within 0.3 s|did not answer"), _replicated():
        pass


@pytest.mark.parametrize("trouble", [NotStartedError("no replica"), OSError("no room")])
def test_where_nothing_can_be_measured_it_says_why(monkeypatch, trouble: Exception) -> None:
    def fail() -> None:
        raise trouble

    monkeypatch.delenv("LABSUPPORT_SYSTEMS", raising=False)
    monkeypatch.setattr(replication, "_replicated", fail)
    monkeypatch.setattr(PostgreSQL, "find", classmethod(lambda _: ROOT))
    shown = compare()
    assert shown.recorded
    assert str(trouble) in shown.notice


def test_without_postgresql_the_recorded_run_is_shown(monkeypatch) -> None:
    monkeypatch.delenv("LABSUPPORT_SYSTEMS", raising=False)
    monkeypatch.setattr(PostgreSQL, "find", classmethod(lambda _: None))
    shown = compare()
    assert shown.recorded
    assert "PostgreSQL is not installed here" in shown.notice


@pytest.mark.parametrize("delays", [[-1], [300], [5, 2], [1, 1], []])
def test_delays_that_are_none(delays) -> None:
    with pytest.raises(ValueError, match="delays"):
        compare(delays)


def test_the_recorded_run_says_what_a_replica_costs(monkeypatch, tmp_path) -> None:
    shipped = recorded()
    measured = shipped.table[shipped.table["source"] == "measurement"].set_index(["what", "delay_ms"])["milliseconds"]
    theory = shipped.table[shipped.table["source"] == "theory"].set_index(["what", "delay_ms"])["milliseconds"]
    for what in (FAR, BOTH):
        assert measured[what, 80.0] == pytest.approx(theory[what, 80.0], rel=0.1)
    assert measured[ALONE + BEHIND, 80.0] == pytest.approx(40, rel=0.2)
    monkeypatch.setattr(replication, "_measured", lambda *_: shipped)
    assert [path.name for path in record(tmp_path)] == ["replication.csv", "replication.json"]
