"""One query over three stores: its answer is that added up by hand, and what is missing is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsupport.systems import engine, fabric
from labsupport.systems.fabric import compare, record, recorded
from labsupport.systems.server import ServerError

pytestmark = pytest.mark.real_system


def test_three_stores_give_one_answer(monkeypatch, workplace, tmp_path: Path):
    """The run that would be recorded, made smaller: it has everything."""
    for name, value in {"ORDERS": 60_000, "CUSTOMERS": 500}.items():
        monkeypatch.setattr(fabric, name, value)
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith("source,what,rows")
    assert '"command": "python -m labsupport record fabric"' in rest.read_text(encoding="utf-8")
    monkeypatch.setattr("labsupport.systems.comparison.RECORDED", tmp_path)
    made = recorded()
    table = made.table.set_index("what")
    assert 0 < table["rows"]["one query"] < table["rows"]["orders (Parquet)"] < 60_000
    assert 0 < table["rows"]["customers (SQLite)"] < 500
    assert table["read_bytes"]["orders (Parquet)"] < table["stored_bytes"]["orders (Parquet)"]
    assert "those added up by hand" in made.reconciliation


def test_an_answer_that_is_wrong_is_not_shown(monkeypatch, workplace):
    monkeypatch.setattr(fabric, "QUERY", fabric.QUERY.replace("50 AND 56", "50 AND 57"))
    with pytest.raises(ServerError, match="but by hand it is"):
        fabric._measured(5_000, lambda _: None)


def test_the_recorded_run_is_labelled():
    assert "recorded run" in str(recorded())


def test_what_is_missing_is_told(monkeypatch):
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda _: None)
    assert "Not installed here: pyarrow, duckdb. To install: " in compare().notice
    with pytest.raises(ServerError, match="pip install pyarrow duckdb"):
        record()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="orders is 3, but must be a whole number from 1,000"):
        compare(3)
