"""The index, the formula sheet and the glossary: they hold what the notebooks hold, and lead to it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest

from labsupport import overview
from tests.notebooks.test_hygiene import FRAMES
from tests.support import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
CHAPTERS = [overview.read(notebook) for notebook in NOTEBOOKS]
NUMBER, FRAMES_IN_ALL, POINTS_IN_ALL = 10, 43, 200


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, str]:
    for notebook in NOTEBOOKS:
        (tmp_path / notebook.stem).mkdir()
        (tmp_path / notebook.stem / notebook.name).write_text("my work", encoding="utf-8")
    written = overview.write(tmp_path, ROOT / "notebooks")
    assert [path.name for path in written] == ["index.ipynb", "formulas.ipynb", "glossary.ipynb"]
    texts = {}
    for path in written:
        page = nbformat.read(path, 4)
        nbformat.validate(page)
        texts[path.stem] = page.cells[0].source
        for link in re.findall(r"\]\(([^)]+\.ipynb)\)", texts[path.stem]):
            assert (tmp_path / link).exists(), link
    return texts


def test_the_index_names_every_notebook_and_every_frame(pages: dict[str, str]) -> None:
    frames = [frame for notebook in NOTEBOOKS for frame in FRAMES[notebook.stem]]
    assert (len(NOTEBOOKS), len(frames)) == (NUMBER, FRAMES_IN_ALL)
    assert f"{NUMBER} notebooks, {FRAMES_IN_ALL} frames of the lecture, {POINTS_IN_ALL} points" in pages["index"]
    graded = [cell["metadata"]["nbgrader"] for path in NOTEBOOKS for cell in nbformat.read(path, 4).cells if "nbgrader" in cell["metadata"]]
    assert sum(each["points"] for each in graded if each["grade"]) == POINTS_IN_ALL
    for frame in frames:
        assert re.search(rf"^\d\. {re.escape(frame)}$", pages["index"], re.MULTILINE)
    for chapter in CHAPTERS:
        assert chapter.link in pages["index"]
        assert chapter.labs
        assert set(chapter.labs) <= set(re.findall(r"\w+Lab", pages["index"]))


def test_every_idea_returns_somewhere(pages: dict[str, str]) -> None:
    for idea in overview.THREADS:
        [places] = re.findall(rf"^\| {re.escape(idea)} \| ([\d →]+) \|$", pages["index"], re.MULTILINE)
        assert len(places.split(" → ")) >= 2


def test_every_formula_and_every_word_is_there_once(pages: dict[str, str]) -> None:
    for chapter in CHAPTERS:
        assert len(chapter.formulas) >= 5
        assert len(chapter.words) >= 10
        for formula, symbols in chapter.formulas:
            assert f"| {formula} | {symbols} |" in pages["formulas"]
        for word, meaning in chapter.words:
            assert pages["glossary"].count(f"| {word} | {meaning} | [{chapter.number}]") == 1
    words = re.findall(r"^\| (.+?) \| .* \|$", pages["glossary"], re.MULTILINE)[2:]
    plain = [re.sub(r"[*$\\\\`“”]", "", word).strip().lower() for word in words]
    assert plain == sorted(plain)


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ("# ", "no title"),
        ("**Time:**", "no line with Time, Builds on and Points"),
        ("| formula |", "no table of formulas"),
        ("| word |", "no table of words"),
    ],
)
def test_a_notebook_that_lacks_something_is_named(tmp_path: Path, lost: str, said: str) -> None:
    notebook = json.loads(NOTEBOOKS[0].read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        lines = "".join(cell["source"]).splitlines(keepends=True)
        cell["source"] = [line.replace(lost, "", 1) if line.startswith(lost) else line for line in lines]
    (tmp_path / "01-a").mkdir()
    (tmp_path / "01-a" / "01-a.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    with pytest.raises(ValueError, match=f"notebook is 01-a.ipynb, but it has {said}"):
        overview.write(tmp_path, tmp_path)
