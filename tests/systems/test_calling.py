"""A function called in three ways: what is said of it, and that no process outlives its block."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from labsupport.systems import calling
from labsupport.systems.calling import COLUMNS, WAYS, compare, record, recorded

pytestmark = pytest.mark.real_system


def test_every_way_is_measured_and_nobody_is_left() -> None:
    shares: list[float] = []
    made = compare(20, progress=shares.append)
    assert list(made.table.columns) == [*COLUMNS, "recorded"]
    assert not made.recorded, made.notice
    assert tuple(made.table["way"]) == WAYS
    here, rpc, queue = made.table["microseconds"]
    assert 0 < here < min(rpc, queue)
    assert shares == [0.5, 1.0]
    assert multiprocessing.active_children() == []
    assert "times as long" in str(made)


def test_a_wrong_answer_is_no_measurement(monkeypatch) -> None:
    monkeypatch.setattr(calling, "add_one", lambda number: number)
    assert "0 was asked, and 0 came" in compare(5).notice


def test_the_recorded_run_shows_what_leaving_the_process_costs() -> None:
    shipped = recorded()
    assert "recorded run" in str(shipped)
    here, rpc, queue = shipped.table["microseconds"]
    assert min(rpc, queue) > 50 * here


def test_a_recorded_run_can_be_made_again(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(calling, "CALLS", 2)
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith(",".join(COLUMNS))
    assert '"command": "python -m labsupport record calling"' in rest.read_text(encoding="utf-8")


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="calls is 0"):
        compare(0)
    with pytest.raises(TypeError, match="calls is 'often'"):
        compare("often")
