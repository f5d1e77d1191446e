"""wrk, hey and Locust on a server of known service time, beside the simulation; and the recorded run."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.systems import load_tools
from labsupport.systems.load_tools import COLUMNS, SERVICE, compare, find, read_wrk, record, recorded
from tests.support import require

pytestmark = pytest.mark.real_system


@pytest.fixture(scope="module")
def measured():
    for name in load_tools.PACKAGES:
        require(find().get(name), f"needs {name}")
    shares: list[float] = []
    made = compare([1, 8], [100.0], seconds=1, progress=shares.append)
    assert shares == pytest.approx(np.arange(1, 8) / 7)
    return made


def test_every_tool_has_measured_and_none_found_more_than_the_server_can_do(measured) -> None:
    assert list(measured.table.columns) == [*COLUMNS, "recorded"]
    assert not measured.recorded
    tools = measured.table.query("source == 'measurement'")
    assert set(tools["program"]) == {"wrk", "hey", "Locust"}
    assert (tools["throughput"] > 0).all()
    closed = tools[tools["loop"] == "closed"]
    assert (closed["throughput"] < 1.1 / SERVICE).all()
    crowded, lone = closed[closed["load"] == 8], closed[closed["load"] == 1]
    assert crowded["p50_ms"].min() > 0.9 * 8 * 1_000 * SERVICE
    assert lone["p50_ms"].min() > 0.9 * 1_000 * SERVICE


def test_the_simulated_closed_loop_obeys_its_laws(measured) -> None:
    closed = measured.table[measured.table["loop"] == "closed"].set_index(["source", "load"])
    for load in (1.0, 8.0):
        for column in ("throughput", "p50_ms", "p99_ms"):
            assert closed.loc[("simulation", load), column] == pytest.approx(closed.loc[("theory", load), column])


def test_the_sentences_are_made_from_the_numbers(measured) -> None:
    assert "1 user already gets" in measured.reconciliation
    assert "at 100 requests a second" in measured.reconciliation
    assert "users, or requests/s" in str(measured)


def test_the_recorded_run_is_labelled_and_shows_both_loops() -> None:
    shipped = recorded()
    assert "recorded run" in str(shipped)
    tools = shipped.table.query("source == 'measurement'")
    assert set(tools["loop"]) == {"closed", "open"}
    busy = tools.query("loop == 'closed' and load == 8")["throughput"]
    assert busy.min() > 0.9 / SERVICE
    assert busy.max() < 1.05 / SERVICE


@pytest.mark.parametrize("said", ["", "Requests/sec: 12", "50% 1ms\n99% 2ms"])
def test_what_wrk_did_not_print_is_no_number(said: str) -> None:
    with pytest.raises(ValueError, match="wrk printed something else"):
        read_wrk(said)


def test_where_no_tool_is_here_the_recorded_run_says_how_to_get_one(monkeypatch) -> None:
    monkeypatch.setattr(load_tools, "find", dict)
    assert "To install one: " in compare().notice
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert "LABSUPPORT_SYSTEMS" in compare().notice


def test_a_tool_that_fails_is_told(monkeypatch, make_program) -> None:
    program = make_program("echo 'no such address' >&2; exit 3", "hey")
    monkeypatch.setattr(load_tools, "find", lambda: {"hey": str(program)})
    monkeypatch.setenv("PATH", str(program.parent))
    notice = compare([1], [], seconds=1).notice
    assert "hey ended with exit code 3: no such address" in notice


def test_a_recorded_run_can_be_made_again(monkeypatch, tmp_path, measured) -> None:
    monkeypatch.setattr(load_tools, "_measured", lambda *_: measured)
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith(",".join(COLUMNS))
    assert '"command": "python -m labsupport record load_tools"' in rest.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"users": [0]}, "users"), ({"rates": [200.0]}, "rates is 200"), ({"seconds": 0}, "seconds is 0")],
)
def test_bad_input_is_named(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        compare(**arguments)
