"""CPython's garbage collector: what is measured, what is said of it, and what is shown where nothing is measured."""

from __future__ import annotations

import multiprocessing
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from labsupport.systems import garbage
from labsupport.systems.garbage import COLUMNS, FULL, LEFT_CYCLES, LEFT_PLAIN, NEW, POOLED, compare, record, recorded

pytestmark = pytest.mark.real_system


def test_the_comparison_holds_pauses_leftovers_and_buffers() -> None:
    shares: list[float] = []
    made = compare([2_000, 100_000], progress=shares.append)
    assert list(made.table.columns) == [*COLUMNS, "recorded"]
    assert not made.recorded
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    measured = made.table.query("source == 'measurement'").set_index(["what", "size"])
    assert measured.loc[(FULL, 100_000), "milliseconds"] > 3 * measured.loc[(FULL, 2_000), "milliseconds"]
    assert {NEW, POOLED} <= set(made.table["what"])
    assert "live objects" in made.reconciliation
    assert multiprocessing.active_children() == []


def test_counting_leaves_cycles_and_nothing_else() -> None:
    left = {what: count for what, _, count, _ in garbage._leftovers()}
    assert left[LEFT_CYCLES] > 9_000
    assert left[LEFT_PLAIN] < 100


def test_the_collector_tells_of_every_generation_that_it_has_looked_through(monkeypatch) -> None:
    monkeypatch.setattr(garbage, "PASSING", 20_000)
    rows = garbage._in_a_process(garbage._pauses, 1_000)
    assert rows[-1][0] == FULL
    assert any(what == "generation 0" and count > 1 for what, _, count, _ in rows)
    assert all(milliseconds > 0 for *_, milliseconds in rows)


def test_the_recorded_run_is_labelled_and_says_what_it_shows(monkeypatch) -> None:
    shipped = recorded()
    assert "recorded run" in str(shipped)
    full = shipped.table.query("source == 'measurement' and what == @FULL")["milliseconds"].tolist()
    assert full == sorted(full)
    cost = shipped.table.set_index(["what", "size"])["milliseconds"]
    assert cost[NEW, 1_000_000] > 10 * cost[POOLED, 1_000_000]
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert compare().recorded


def test_where_no_process_can_be_started_the_recorded_run_says_why(monkeypatch) -> None:
    def end(*_) -> None:
        raise BrokenProcessPool("a process was ended")

    monkeypatch.setattr(garbage, "_in_a_process", end)
    assert "ended: a process was ended" in compare().notice


def test_a_recorded_run_can_be_made_again(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(garbage, "LIVE", (1_000, 3_000))
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith(",".join(COLUMNS))
    assert '"command": "python -m labsupport record garbage"' in rest.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("live", "kind", "message"),
    [([999], ValueError, "live holds the number of objects 999"), ([2_000, 1_000], ValueError, "must be rising"), ([], ValueError, "live is empty")],
)
def test_bad_input_is_named(live, kind, message) -> None:
    with pytest.raises(kind, match=message):
        compare(live)
