"""The leaderboard: read from notebooks that were run, without running them, and without names."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from labsupport.__main__ import main
from labsupport.exercises.whole_system import AVAILABILITY, judge, pseudonym
from labsupport.leaderboard import CELL, COLUMNS, WORDS, leaderboard, written
from labsupport.simulators.designs import Design

FAST = asdict(Design(4, "modulo", 2, 9_000, "lru", "least_connections", 6, 12, 0.55))
DEAR = FAST | {"minimum": 30, "maximum": 30}
FRAIL = FAST | {"replicas": 1}


def hand_in(place: Path, student: str, text: str | list[str], cell: str = CELL) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": text}
    source = 'raise SystemExit("nobody runs this")'
    folder = place / student / "10-best-practices-trends"
    folder.mkdir(parents=True)
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "source": ""}, {"cell_type": "code", "id": cell, "source": source, "outputs": [output]}]
    (folder / "10-best-practices-trends.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of four, and three who handed in nothing that can be read."""
    folder = tmp_path_factory.mktemp("autograded")
    hand_in(folder, "Ada", [f"On the leaderboard your design is called {pseudonym(FAST, 'ada')}.\n", f"{WORDS}{json.dumps(FAST)}\n"])
    hand_in(folder, "ben", f"{WORDS}{json.dumps(DEAR)}\n")
    hand_in(folder, "cleo", f"{WORDS}{json.dumps(FRAIL)}\n")
    hand_in(folder, "dan", f"{WORDS}{json.dumps(FAST)}\n")
    hand_in(folder, "eve", f"{WORDS}{json.dumps(FAST | {'target': 60})}\n{WORDS}no design\n")
    hand_in(folder, "finn", "still missing: …")
    hand_in(folder, "gus", f"{WORDS}{json.dumps(FAST)}\n", cell="another")
    checkpoints = folder / "ada" / ".ipynb_checkpoints"
    checkpoints.mkdir(parents=True)
    (checkpoints / "10.ipynb").write_text("half a file", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def table(place: Path) -> pd.DataFrame:
    return leaderboard(place, seeds=[3])


def test_every_design_has_a_row_and_no_name(table: pd.DataFrame) -> None:
    assert list(table.columns) == list(COLUMNS)
    expected = {pseudonym(FAST, "ada"), pseudonym(DEAR, "ben"), pseudonym(FRAIL, "cleo"), pseudonym(FAST, "dan")}
    assert set(table["pseudonym"]) == expected
    assert not any(name in table.to_csv() for name in ("ada", "ben", "cleo", "dan"))


def test_the_numbers_are_the_judges(table: pd.DataFrame) -> None:
    rows = table.set_index("pseudonym")
    for choices, student in ((FAST, "ada"), (DEAR, "ben"), (FRAIL, "cleo")):
        row, found = rows.loc[pseudonym(choices, student)], judge(choices, [3])
        assert {name: row[name] for name in found} == found
        assert row["holds"] == (found["availability"] >= AVAILABILITY)


def test_those_that_hold_come_first_then_by_efficiency(table: pd.DataFrame) -> None:
    assert table["holds"].tolist() == [True, True, True, False]
    assert table["efficiency"][:3].is_monotonic_decreasing
    assert table["pseudonym"].tolist()[2:] == [pseudonym(DEAR, "ben"), pseudonym(FRAIL, "cleo")]


def test_the_best_are_those_that_nobody_beats(table: pd.DataFrame) -> None:
    rows = table.set_index("pseudonym")["best"]
    assert rows[pseudonym(FAST, "ada")]
    assert rows[pseudonym(FAST, "dan")]  # the same design beats nobody
    assert not rows[pseudonym(FRAIL, "cleo")]


def test_it_is_written_for_eyes(table: pd.DataFrame) -> None:
    lines = written(table).splitlines()
    assert len(lines) == 6
    assert lines[1].startswith(" * ")
    assert lines[4].startswith(" – ")
    assert f"{table['cost'][0]:.2f}" in lines[1]


def test_the_command(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leaderboard", str(place), "--seeds", "3", "--output", str(tmp_path / "board.csv")]) == 0
    assert capsys.readouterr().out == written(leaderboard(place, seeds=[3])) + "\n"
    assert len(pd.read_csv(tmp_path / "board.csv")) == 4


def test_what_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leaderboard", str(tmp_path / "nowhere")]) == 1
    assert "is no folder, but must be one that holds a folder for each student" in capsys.readouterr().out
    assert main(["leaderboard", str(tmp_path)]) == 0
    assert "There is no design in the notebooks below" in capsys.readouterr().out
    broken = tmp_path / "ada" / "10.ipynb"
    broken.parent.mkdir()
    broken.write_text("{}", encoding="utf-8")
    assert main(["leaderboard", str(tmp_path)]) == 1
    assert "10.ipynb is no notebook" in capsys.readouterr().out
