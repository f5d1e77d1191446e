"""A query with and without an index, on real databases: what they say of themselves, and what becomes of them afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from labsupport.systems import request_path
from labsupport.systems.postgresql import PostgreSQL, Psql
from labsupport.systems.request_path import COLUMNS, WAYS, SQLite, compare, record, recorded
from labsupport.systems.server import NotInstalledError, NotStartedError
from tests.support import ROOT, require
from tests.systems.conftest import wait_until_clean

pytestmark = pytest.mark.real_system

SIZES = [1_000, 20_000]


@contextmanager
def postgresql() -> Iterator[Psql]:
    """Start a server, again if the machine was too busy to make a database in time."""
    require(PostgreSQL.find(), PostgreSQL.missing())
    with ExitStack() as stack:
        for patience in (2, 1, 0):
            try:
                client = stack.enter_context(PostgreSQL(timeout=6.5))
                break
            except NotStartedError as error:
                if "did not answer" not in str(error) or not patience:
                    raise
        yield client


def answer(rows: int, customer: int) -> tuple[int, int]:
    """Count and add up by hand."""
    amounts = [number % 1_000 for number in range(rows) if number * 7_919 % (rows // 10) == customer]
    return len(amounts), sum(amounts)


def test_sqlite_tells_its_plan_and_gives_the_same_answer_either_way(workplace) -> None:
    with SQLite(2_000) as orders:
        plans = [orders.plan(7)]
        answers = [orders.ask(customer)[0] for customer in (0, 7, 199)]
        orders.create_index()
        plans.append(orders.plan(7))
        assert [orders.ask(customer)[0] for customer in (0, 7, 199)] == answers == [answer(2_000, customer) for customer in (0, 7, 199)]
        assert plans == ["SCAN orders", "SEARCH orders USING INDEX by_customer (customer=?)"]
        assert orders.ask(200)[0] == (0, None)
    with pytest.raises(RuntimeError, match="inside its with block"):
        orders.ask(7)


def test_sqlite_leaves_nothing_behind_when_it_fails(workplace, monkeypatch) -> None:
    monkeypatch.setattr("labsupport.systems.sqlite._FILL", "INSERT INTO nowhere VALUES ({rows}, {customers})")
    with pytest.raises(Exception, match="nowhere"), SQLite(1_000):
        pass


def test_postgresql_tells_its_plan_and_ends_with_its_block(workplace) -> None:
    with postgresql() as client:
        client.create_orders(20_000)
        plan, milliseconds = client.explain(7)
        assert (plan, milliseconds > 0) == ("Seq Scan", True)
        client.create_index()
        assert client.explain(7)[0] in ("Bitmap Heap Scan", "Index Scan")
        assert client.run("SELECT count(*), sum(amount) FROM orders WHERE customer = 7") == "|".join(map(str, answer(20_000, 7)))
        with pytest.raises(ConnectionError, match="nowhere"):
            client.run("SELECT * FROM nowhere")
        client.drop_orders()


def test_nothing_is_left_of_postgresql_when_python_is_killed(workplace) -> None:
    require(PostgreSQL.find(), PostgreSQL.missing())
    program = textwrap.dedent("""
        import time
        from tests.systems.test_request_path import postgresql
        with postgresql():
            print("up", flush=True)
            time.sleep(60)
    """)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment) as python:
        assert python.stdout.readline() == "up\n"
        python.send_signal(signal.SIGKILL)
    wait_until_clean(workplace)


def test_a_postgresql_that_cannot_run_says_so(workplace, make_program, monkeypatch) -> None:
    make_program("exit 0", "initdb")
    with pytest.raises(NotStartedError, match="PostgreSQL ended at once, with exit code 3"), PostgreSQL(make_program("exit 3", "postgres")):
        pass
    monkeypatch.setenv("PATH", "")  # no psql beside it, nor on the path, nor of another server
    monkeypatch.setattr(PostgreSQL, "find", classmethod(lambda _: None))
    with pytest.raises(NotInstalledError, match="psql is not"), PostgreSQL(make_program("exit 3", "postgres")):
        pass


def test_the_comparison_holds_every_way_and_the_model(workplace) -> None:
    made = compare(SIZES)
    assert list(made.table.columns) == [*COLUMNS, "recorded"]
    assert not made.recorded
    measured = made.table[made.table["source"] == "measurement"]
    assert [(row.rows, row.way) for row in measured.itertuples()].count((1_000, "index")) == 1
    assert set(measured["way"]) == set(WAYS)
    assert (measured["milliseconds"] > 0).all()
    modelled = made.table[made.table["source"] == "simulation"].set_index(["rows", "way"])["milliseconds"]
    at = measured.set_index(["rows", "way"])["milliseconds"]
    for way in WAYS[:2]:  # fitted there
        assert modelled[20_000, way] == pytest.approx(at[20_000, way], abs=1e-4)
    assert modelled[1_000, "no index"] == pytest.approx(modelled[20_000, "no index"] / 20, abs=1e-4)
    assert "SCAN orders" in made.reconciliation
    assert "no index (ms)" in str(made)


def test_the_recorded_run_shows_what_an_index_is_worth() -> None:
    shipped = recorded()
    assert "recorded run" in str(shipped)
    times = shipped.table[shipped.table["source"] == "measurement"].set_index(["program", "rows", "way"])["milliseconds"]
    programs = {program for program, _, way in times.index if way == "index"}
    assert {program.split()[0] for program in programs} == {"SQLite", "PostgreSQL"}
    for program in programs:
        assert times[program, 1_000_000, "no index"] > 50 * times[program, 1_000_000, "index"]
        assert times[program, 1_000_000, "no index"] > 20 * times[program, 10_000, "no index"]


def test_where_nothing_is_to_be_measured_the_recorded_run_is_shown(monkeypatch) -> None:
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert compare().recorded
    assert "no index (ms)" in compare()._repr_html_()


def test_without_postgresql_the_other_is_measured(monkeypatch, workplace) -> None:
    monkeypatch.setattr(PostgreSQL, "find", classmethod(lambda _: None))
    made = compare([1_000], ["sqlite", "postgresql"])
    assert "PostgreSQL is not installed here" in made.notice
    assert not made.recorded
    assert compare([1_000], ["postgresql"]).recorded


def test_a_recorded_run_can_be_made_again(monkeypatch, workplace, tmp_path: Path) -> None:
    monkeypatch.setattr(request_path, "ROWS", (1_000, 2_000))
    monkeypatch.setattr(request_path, "PROGRAMS", ("sqlite",))
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith(",".join(COLUMNS))
    assert '"command": "python -m labsupport record request_path"' in rest.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"rows": [5]}, ValueError, "rows holds the size 5, but each must be a whole number from 10"),
        ({"rows": [2_000, 1_000]}, ValueError, "must be rising"),
        ({"rows": []}, ValueError, "rows is empty"),
        ({"programs": ["mysql"]}, ValueError, "program is 'mysql'"),
        ({"programs": []}, ValueError, "programs is empty"),
    ],
)
def test_bad_input_is_named(arguments, kind, message) -> None:
    with pytest.raises(kind, match=message):
        compare(**arguments)
    with pytest.raises(TypeError, match="rows is 1000"):
        SQLite(1_000.0)
