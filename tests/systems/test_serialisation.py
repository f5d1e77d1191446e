"""Into bytes and back: what comes back is what was sent, and what is missing is named."""

from __future__ import annotations

import importlib.util

import pytest

from labsupport.systems import serialisation
from labsupport.systems.serialisation import FORMATS, NO_ARROW, compare, record, recorded


@pytest.fixture
def no_arrow(monkeypatch):
    monkeypatch.delenv("LABSUPPORT_SYSTEMS", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)


@pytest.mark.parametrize("name", ["json", "pickle"])
def test_what_comes_back_is_what_was_sent(name):
    sent, to_bytes, from_bytes = serialisation._codec(name, serialisation._rows(7))
    data = to_bytes(sent)
    assert isinstance(data, bytes)
    assert from_bytes(data) == sent
    assert sent[5] == {"number": 5, "name": "customer 5", "amount": 3.52, "paid": True}


def test_a_comparison_holds_measurement_against_theory(no_arrow):
    shares: list[float] = []
    shown = compare([2, 20], progress=shares.append)
    assert (shown.notice, shown.recorded) == (NO_ARROW, False)
    table = shown.table.set_index(["source", "format", "rows"])
    for label in ("JSON", "pickle"):
        assert table.loc["measurement", label, 2]["bytes"] == table.loc["theory", label, 2]["bytes"]
        for column in ("to_bytes_ms", "from_bytes_ms"):
            assert table.loc["measurement", label, 2][column] > 0
            assert table.loc["theory", label, 2][column] == pytest.approx(table.loc["measurement", label, 20][column] / 10)
            assert table.loc["theory", label, 20][column] == pytest.approx(table.loc["measurement", label, 20][column])
    assert table.loc["measurement", "JSON", 20]["bytes"] > table.loc["measurement", "pickle", 20]["bytes"]
    assert shares == sorted(shares)
    assert "what its rate for 20 rows says" in shown.reconciliation
    assert list(shown.summary.columns[:3]) == ["format", "rows", "bytes"]


def test_arrow_alone_is_shown_recorded_where_it_is_missing(no_arrow):
    shown = compare([1], ["arrow"])
    assert shown.recorded
    assert shown.notice.startswith(NO_ARROW)
    with pytest.raises(OSError, match="pyarrow is not installed"):
        record()


@pytest.mark.parametrize(("arguments", "name"), [(([0],), "rows"), (([5, 2],), "rows"), (([1], []), "formats"), (([1], ["xml"]), "formats")])
def test_what_cannot_be_compared(arguments, name):
    with pytest.raises(ValueError, match=name):
        compare(*arguments)


def test_recorded_runs_are_labelled_and_can_be_made_again(monkeypatch, tmp_path):
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert "recorded run" in compare().notice
    assert set(recorded().table["format"]) == set(FORMATS.values())
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: True)
    monkeypatch.setattr(serialisation, "FORMATS", {"json": "JSON", "pickle": "pickle"})
    monkeypatch.setattr(serialisation, "ROWS", (1, 3))
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").count("\n") == 1 + 2 * 2 * 2
    assert '"command": "python -m labsupport record serialisation"' in rest.read_text(encoding="utf-8")
