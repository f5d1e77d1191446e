"""The nearest on this machine: every index finds it, what is said follows from the numbers, and what is missing is named."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from labsupport import kernels
from labsupport.systems import geospatial
from labsupport.systems.geospatial import COLUMNS, WAYS, compare, record, recorded


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(geospatial, "LEAST", 1e-6)
    monkeypatch.setattr(geospatial, "REPEATS", 3)
    monkeypatch.setattr(geospatial, "QUERIES", 20)


def test_every_index_finds_the_nearest_and_looks_at_few() -> None:
    shares: list[float] = []
    made = compare([50, 2_000], progress=shares.append)
    assert list(made.table.columns) == [*COLUMNS, "recorded"]
    assert shares == sorted(shares)
    measured = made.table.query("source == 'measurement'")
    assert (measured["right"] == 1).all()
    assert (measured["low_us"] <= measured["high_us"]).all()
    large = measured[measured["points"] == 2_000].set_index("index")["candidates"]
    assert large[WAYS["scan"]] == 2_000
    assert (large.drop(WAYS["scan"]) < 100).all()
    assert "times as quick as a full scan" in str(made)


def test_theory_counts_points_at_the_scans_pace() -> None:
    table = compare([50]).table.set_index(["source", "index"])
    scan = table.loc[("measurement", WAYS["scan"]), "median_us"] / 50
    for way in {way for _, way in table.index}:
        expected = scan * table.loc[("theory", way), "candidates"]
        assert table.loc[("theory", way), "median_us"] == pytest.approx(expected, rel=0.01, abs=0.01)


def test_without_h3_it_is_left_out_and_named(monkeypatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    made = compare([10, 30])
    assert WAYS["h3"] not in set(made.table["index"])
    assert "pip install h3" in made.notice
    with pytest.raises(OSError, match="pip install h3"):
        record()


def test_the_recorded_run_is_labelled_and_holds_a_million_points() -> None:
    shipped = recorded()
    assert "recorded run" in str(shipped)
    large = shipped.table.query("points == 1_000_000 and source == 'measurement'").set_index("index")
    assert set(large.index) == set(WAYS.values())
    assert (large["right"] == 1).all()
    assert (large["median_us"].drop(WAYS["scan"]) < large["median_us"][WAYS["scan"]] / 10).all()


def test_a_recorded_run_can_be_made_again(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(geospatial, "POINTS", (10, 40))
    rows, rest = record(tmp_path)
    assert list(pd.read_csv(rows).columns) == COLUMNS
    assert '"command": "python -m labsupport record geospatial"' in rest.read_text(encoding="utf-8")


@pytest.mark.parametrize("reason", ["recorded", "numba"])
def test_where_nothing_is_to_be_measured_the_recorded_run_is_shown(monkeypatch, reason) -> None:
    if reason == "numba":
        monkeypatch.setattr(kernels, "COMPILED", False)
    else:
        monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert compare().recorded


@pytest.mark.parametrize(("points", "message"), [([5], "5"), ([100, 50], "must rise"), ([10, 6_000_000], "6000000")])
def test_bad_input_is_named(points, message) -> None:
    with pytest.raises(ValueError, match=message):
        compare(points)
