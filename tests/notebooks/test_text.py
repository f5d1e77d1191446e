"""What the notebooks say of the labs and of Jupyter is what the reader finds on the screen."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from labsupport import labs
from labsupport.labs.browser import script
from tests.support import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
FRONT_END = script()
TRY = re.compile(r"(?:simulate-task|[a-z]+-try)$")  # cells that tell the reader what to press and to move


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def cells(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    notebook = json.loads(Path(request.param).read_text(encoding="utf-8"))
    return [cell | {"source": "".join(cell["source"])} for cell in notebook["cells"]]


def test_whatever_is_to_be_pressed_or_moved_is_on_the_screen(cells: list[dict[str, Any]]) -> None:
    """In these cells, every word in italics names a control, a choice, a preset or a button of the lab."""
    names = {name for cell in cells for name in re.findall(r"\b[A-Z]\w*Lab\b", cell["source"]) if cell["cell_type"] == "code"}
    shown = set(re.findall(r'"([A-Z][a-z ]+)"', FRONT_END))
    for name in names:
        lab = getattr(labs, name)()
        for control in lab.declarations():
            shown |= {control["label"], *(words for _, words in control.get("options", []))}
        shown |= set(lab.presets()) | {"Reset"}
        lab.close()
    told = [cell for cell in cells if cell["cell_type"] == "markdown" and TRY.match(cell["id"])]
    assert len(told) >= 3
    for cell in told:
        named = set(re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", cell["source"]))
        assert named
        assert named <= shown, f"{cell['id']}: {named - shown}"


def test_a_prediction_is_asked_for_by_the_number_it_is_kept_under(cells: list[dict[str, Any]]) -> None:
    for number, cell in enumerate(cells):
        for question in re.findall(r'predict\("([\d.]+)"', cell["source"]):
            assert f"Question {question}" in cells[number - 1]["source"]
            assert any(f'prediction="{question}"' in later["source"] for later in cells[number + 1 :])


def test_nothing_below_a_covered_lab_tells_the_answer_before_a_table_does(cells: list[dict[str, Any]]) -> None:
    """Between a lab that waits for a prediction and the next code, there are only questions to go on with."""
    code = [number for number, cell in enumerate(cells) if cell["cell_type"] == "code"]
    covered = [number for number in code if "prediction=" in cells[number]["source"]]
    assert covered
    for number in covered:
        following = cells[number + 1 : min(later for later in code if later > number)]
        assert all(cell["metadata"]["slideshow"]["slide_type"] != "notes" for cell in following)
        assert all(cell["source"].rstrip().endswith("?") for cell in following)


def test_running_everything_is_explained_where_it_is_asked_for(cells: list[dict[str, Any]]) -> None:
    """It stops at the first test that does not hold yet: a reader must know how to go on."""
    for cell in (next(cell for cell in cells if cell["id"] == name) for name in ("how-to", "closing-submit")):
        assert "stops at the first test that does not hold yet" in cell["source"]
        assert "*Run → Run Selected Cell and All Below*" in cell["source"]
