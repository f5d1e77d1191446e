"""Calibration: counts, words and picture of what was predicted, from notebook files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labsupport.calibration import calibrate
from labsupport.labs.chart import Line, Points
from tests.labs.test_figure import assert_readable
from tests.test_diary import answered, predicted, write


def course(folder: Path, held: int, missed: int, notebooks: int = 2) -> Path:
    for number in range(1, notebooks + 1):
        cells = []
        for question in range(held + missed):
            name = f"{number:02}.{question + 1}"
            cells += [predicted(name, 1, 3), answered(name, 2.5 if question < held else 9.0)]
        write(folder / f"{number:02}-topic" / f"{number:02}-topic.ipynb", *cells)
    return folder


def test_counts_words_and_chart_agree(tmp_path: Path) -> None:
    found = calibrate(course(tmp_path, held=2, missed=1))
    assert len(found.known) == 6
    assert found.describe().startswith("4 of 6 ranges held, 67 %, where 80 % were promised on average.")
    chart = found.chart()
    assert chart is not None
    points = {mark.label: mark for mark in chart.panels[0].marks if isinstance(mark, Points)}
    assert points["in your range"].y == (0.5,) * 4
    assert points["outside of it"].y == (4.0,) * 2  # far off: where the axis ends
    lines = {mark.label: mark for mark in chart.panels[1].marks if isinstance(mark, Line)}
    assert lines["held so far"].y == pytest.approx([100, 100, 200 / 3, 75, 80, 400 / 6])
    assert lines["promised"].y == pytest.approx([80] * 6)
    assert found.missed()["question"].tolist() == ["01.3", "02.3"]
    html = found._repr_html_()
    assert f'alt="{found.describe()}"' in html
    assert re.search(r"<td>01\.3</td>\s*<td>1</td>\s*<td>3</td>\s*<td>80 %</td>\s*<td>9</td>", html)


@pytest.mark.parametrize(("held", "missed", "words"), [(3, 0, "may expect"), (1, 2, "too narrow"), (2, 0, "may expect")])
def test_the_verdict_leaves_room_for_chance(held: int, missed: int, words: str, tmp_path: Path) -> None:
    found = calibrate(course(tmp_path, held, missed, notebooks=4))
    assert words in found.describe()
    low, high = found.chance()
    assert 0 <= low <= high <= len(found.known)


def test_ranges_that_always_hold_are_wider_than_promised(tmp_path: Path) -> None:
    assert "wider than they had to be" in calibrate(course(tmp_path, held=6, missed=0, notebooks=5)).describe()


def test_the_picture_of_ten_notebooks_can_be_read(tmp_path: Path) -> None:
    from labsupport.labs.figure import draw

    found = calibrate(course(tmp_path, held=2, missed=1, notebooks=10))
    chart = found.chart()
    assert chart is not None
    assert_readable(draw(chart, found.describe()))


def test_late_and_open_predictions_do_not_count(tmp_path: Path) -> None:
    cells = [
        predicted("01.1", 1, 3, count=5),
        answered("01.1", 2.0, count=2),
        predicted("01.2", 1, 3),
        predicted("01.3", 2, 2),
        answered("01.3", 2.0),
    ]
    write(tmp_path / "01-topic" / "01-topic.ipynb", *cells)
    found = calibrate(tmp_path)
    assert found.known["question"].tolist() == ["01.3"]
    assert found.chart() is not None  # a range that is a point, and right
    assert "<table" not in found._repr_html_()


def test_without_an_answer_only_a_sentence_is_shown(tmp_path: Path) -> None:
    (tmp_path / "02-other").mkdir()
    (tmp_path / "02-other" / "02-other.ipynb").write_text("no notebook", encoding="utf-8")
    found = calibrate(tmp_path)
    assert found.chart() is None
    assert str(found) in found._repr_html_()
    with pytest.raises(FileNotFoundError, match="must be the folder"):
        calibrate(tmp_path / "none")
