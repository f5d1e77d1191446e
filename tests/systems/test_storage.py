"""Files in six layouts: all agree, the model's bytes are near the engine's own, and what is missing is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsupport.systems import engine, storage
from labsupport.systems.engine import Engine
from labsupport.systems.server import ServerError
from labsupport.systems.storage import LAYOUTS, compare, record, recorded

pytestmark = pytest.mark.real_system


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(storage, "REPEATS", 2)


def test_all_agree_and_the_model_reads_about_what_duckdb_reads(monkeypatch, workplace, tmp_path: Path):
    """The run that would be recorded, made smaller: it has everything."""
    monkeypatch.setattr(storage, "ROWS", 60_000)
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith("source,layout,stored_bytes")
    assert '"command": "python -m labsupport record storage"' in rest.read_text(encoding="utf-8")
    monkeypatch.setattr("labsupport.systems.comparison.RECORDED", tmp_path)
    made = recorded()
    measured, model = (made.table.query(f"source == '{source}'").set_index("layout") for source in ("measurement", "simulation"))
    for layout in ("csv", "parquet", "shuffled"):
        label = LAYOUTS[layout]
        assert measured["read_bytes"][label] == pytest.approx(model["read_bytes"][label], rel=0.25, abs=20_000)
        assert measured["stored_bytes"][label] == pytest.approx(model["stored_bytes"][label], rel=0.15)
    for layout in ("parquet", "shuffled", "folders"):
        assert measured["groups"][LAYOUTS[layout]] == model["groups"][LAYOUTS[layout]]
    assert measured["files"][LAYOUTS["folders"]] == 7
    assert measured["read_bytes"][LAYOUTS["orc"]] > model["read_bytes"][LAYOUTS["orc"]]
    assert "All gave the same sum" in made.reconciliation
    assert "row groups" in str(made)


def test_a_small_run_is_measured_here(workplace):
    shares: list[float] = []
    made = compare(1_000, progress=shares.append)
    assert not made.recorded
    assert len(shares) == len(LAYOUTS)
    assert set(made.table["source"]) == {"measurement", "simulation"}


def test_the_recorded_run_is_labelled_and_says_what_it_shows():
    shipped = recorded()
    assert "recorded run" in str(shipped)
    read = shipped.table.query("source == 'measurement'").set_index("layout")["read_bytes"]
    assert read[LAYOUTS["parquet"]] < read[LAYOUTS["shuffled"]] < read[LAYOUTS["csv"]] / 5


def test_layouts_that_do_not_agree_are_not_compared(monkeypatch, workplace):
    monkeypatch.setattr(storage, "_orc", lambda _: lambda: engine.Profile((0, 0), 1, 1, 1, 1))
    with pytest.raises(ServerError, match="do not agree"):
        storage._measured(1_000, lambda _: None)


def test_what_is_missing_is_told(monkeypatch):
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda _: None)
    made = compare()
    assert made.recorded
    assert "Not installed here: pyarrow, duckdb. To install: " in made.notice
    with pytest.raises(ServerError, match="pip install pyarrow duckdb"):
        record()
    with pytest.raises(ServerError, match="pip install duckdb"):
        Engine()


def test_a_profile_without_bytes_is_told(monkeypatch):
    with Engine() as duck:
        monkeypatch.setattr(engine.json, "loads", lambda _: {"operator": []})
        with pytest.raises(ServerError, match="does not tell how many bytes"):
            duck.profile("SELECT 1")


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="rows is 999, but must be a whole number from 1,000"):
        compare(999)
