"""Sorting and looking up on this machine: what is sorted is sorted, the curves fit what they are made of, and what is said is what came."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from labsupport.systems import complexity
from labsupport.systems.complexity import ARRANGEMENTS, COLUMNS, compare, record, recorded


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(complexity, "LEAST", 1e-6)
    monkeypatch.setattr(complexity, "REPEATS", 3)


@pytest.mark.parametrize("what", complexity._SORTS)
@pytest.mark.parametrize("count", [0, 1, 2, 3, 50])
def test_each_way_to_sort_sorts(what, count):
    chance = np.random.default_rng(count)
    items = chance.integers(0, 20, count).tolist()
    assert complexity._SORTS[what][0](list(items)) == sorted(items)


@pytest.mark.parametrize("count", [1, 2, 40])
def test_each_way_to_look_up_finds_everything(count):
    for what, work, _ in complexity._lookups(count):
        assert work() == complexity.ASKED, what


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_the_comparison_holds_measurement_and_theory(arrangement):
    shares: list[float] = []
    made = compare([1, 5, 20], arrangement, progress=shares.append)
    assert list(made.table.columns) == [*COLUMNS, "recorded"]
    assert shares == [0, 1 / 3, 2 / 3]
    measured = made.table.query("source == 'measurement'")
    assert len(measured) == len(made.table) / 2 == 8 * 3
    assert (measured["low_us"] <= measured["high_us"]).all()
    assert (made.table["median_us"] >= 0).all()
    assert "Half of the times lie within" in str(made)


def test_what_crosses_where_is_said():
    table = pd.DataFrame({"plain": [1.0, 5.0], "clever": [2.0, 2.0]}, index=[1, 10])
    assert complexity._crossing(table, "plain", "clever", "") == "Plain was quicker than clever at 1 item, and at no other size."
    assert complexity._crossing(table * [0, 1], "plain", "clever", "") == "Plain was quicker than clever at every size."
    assert complexity._crossing(table * [9, 1], "plain", "clever", "") == "Plain was quicker than clever at none of the sizes."


def test_the_recorded_run_is_labelled_and_its_curves_fit():
    shipped = recorded()
    assert "recorded run" in str(shipped)
    wide = shipped.table.pivot_table(index=["what", "items"], columns="source", values="median_us")
    assert (wide["measurement"] / wide["theory"]).between(0.4, 2.5).all()


def test_a_recorded_run_can_be_made_again(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(complexity, "SIZES", (1, 8))
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith(",".join(COLUMNS))
    assert '"command": "python -m labsupport record complexity"' in rest.read_text(encoding="utf-8")


def test_where_nothing_is_to_be_measured_the_recorded_run_is_shown(monkeypatch):
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert compare().recorded


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sizes": [1]}, "two sizes at least"),
        ({"sizes": [5, 1]}, "must rise"),
        ({"sizes": [1, 5_001]}, "5001"),
        ({"arrangement": "shuffled"}, "arrangement is 'shuffled'"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        compare(**arguments)
