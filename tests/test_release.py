"""The student version: nothing of the solution in it, and a student's own work never touched."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labsupport.release import RECORD, release
from tests.support import ROOT

TASK = """def half(number):
    ### BEGIN SOLUTION
    return number / 2
    ### END SOLUTION
"""
TEST = """assert half(6) == 3
### BEGIN HIDDEN TESTS
assert half(7) == 3.5
### END HIDDEN TESTS
"""


def _cell(cell: str, source: str, **nbgrader: object) -> dict[str, object]:
    defaults = {"grade": False, "grade_id": cell, "locked": False, "schema_version": 3, "solution": False, "task": False}
    metadata = {"nbgrader": defaults | nbgrader}
    return {"cell_type": "code", "execution_count": None, "id": cell, "metadata": metadata, "outputs": [], "source": source}


def _write(notebooks: Path, task: str = TASK) -> None:
    (notebooks / "01-halves").mkdir(parents=True, exist_ok=True)
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    cells = [_cell("half", task, solution=True), _cell("test-half", TEST, grade=True, locked=True, points=1)]
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (notebooks / "01-halves" / "01-halves.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    (notebooks / "01-halves" / "numbers.csv").write_text("6,7\n", encoding="utf-8")


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    _write(tmp_path / "notebooks")
    return tmp_path / "notebooks"


@pytest.fixture
def student(tmp_path: Path) -> Path:
    return tmp_path / "student"


def _actions(student: Path, notebooks: Path) -> list[str]:
    return [file.action for file in release(student, notebooks).files]


def test_a_release_is_made_once_and_again_only_if_something_changed(notebooks: Path, student: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _actions(student, notebooks) == ["new", "new"]
    written = {path: path.stat().st_mtime_ns for path in student.rglob("*.*") if path.name != RECORD}
    with monkeypatch.context() as patch:
        patch.setattr("labsupport.release._student_version", lambda *_: pytest.fail("nbgrader was asked again"))
        assert _actions(student, notebooks) == ["unchanged", "unchanged"]
    _write(notebooks, TASK.replace("half(number)", "half(number=2)"))
    assert _actions(student, notebooks) == ["updated", "unchanged"]
    assert [path for path, time in written.items() if path.stat().st_mtime_ns != time] == [student / "01-halves" / "01-halves.ipynb"]
    assert "number=2" in (student / "01-halves" / "01-halves.ipynb").read_text(encoding="utf-8")


def test_the_solution_and_the_hidden_test_stay_here(notebooks: Path, student: Path) -> None:
    release(student, notebooks)
    text = "".join(path.read_text(encoding="utf-8") for path in student.rglob("*") if path.is_file())
    for secret in ("number / 2", "half(7)", "SOLUTION", "HIDDEN"):
        assert secret not in text
    assert "assert half(6) == 3" in text


def test_what_was_released_already_is_taken_as_it_is(notebooks: Path, student: Path, tmp_path: Path) -> None:
    """As in a handout, where there are no solutions to take out."""
    handed_out = tmp_path / "released"
    release(handed_out, notebooks)
    assert [file.action for file in release(student, handed_out).files] == [file.action for file in release(tmp_path / "other", notebooks).files]
    for path in handed_out.rglob("*.ipynb"):
        assert (student / path.relative_to(handed_out)).read_bytes() == path.read_bytes()


def test_a_students_work_is_kept_and_the_newer_version_lies_beside_it(notebooks: Path, student: Path) -> None:
    release(student, notebooks)
    theirs = student / "01-halves" / "01-halves.ipynb"
    theirs.write_text(theirs.read_text(encoding="utf-8").replace("# YOUR CODE HERE", "return 3"), encoding="utf-8")
    work = theirs.read_bytes()
    assert _actions(student, notebooks) == ["kept", "unchanged"]
    assert not list(student.rglob("*.new*"))  # nothing is newer

    _write(notebooks, TASK.replace("half(number)", "half(number=2)"))
    kept = release(student, notebooks).files[0]
    beside = theirs.with_name("01-halves.new.ipynb")
    assert str(kept) == f"{theirs.as_posix()}: kept as you changed it; a newer version lies beside it: 01-halves.new.ipynb"
    assert (theirs.read_bytes(), kept.beside) == (work, beside)
    assert "number=2" in beside.read_text(encoding="utf-8")
    assert str(release(student, notebooks).files[0]) == str(kept)  # said again, not made again

    _write(notebooks, TASK.replace("half(number)", "half(number=4)"))  # nobody touched the one beside: it makes way
    assert release(student, notebooks).files[0].beside == beside
    assert "number=4" in beside.read_text(encoding="utf-8")

    beside.write_text("my notes", encoding="utf-8")
    _write(notebooks, TASK.replace("half(number)", "half(number=6)"))
    assert release(student, notebooks).files[0].beside == theirs.with_name("01-halves.new-2.ipynb")
    assert (theirs.read_bytes(), beside.read_text(encoding="utf-8")) == (work, "my notes")

    shutil.move(theirs.with_name("01-halves.new-2.ipynb"), theirs)  # the student takes the newer one over
    assert _actions(student, notebooks) == ["unchanged", "unchanged"]


@pytest.mark.parametrize("record", [None, "", "{", "[]", "[1]", '{"01-halves": {}}', '{"01-halves": {"source": "", "files": {"a": {}}}}'])
def test_without_its_record_every_changed_file_counts_as_the_students_own(record: str | None, notebooks: Path, student: Path) -> None:
    release(student, notebooks)
    theirs = student / "01-halves" / "numbers.csv"
    theirs.write_text("mine", encoding="utf-8")
    if record is None:
        (student / RECORD).unlink()
    else:
        (student / RECORD).write_text(record, encoding="utf-8")
    assert _actions(student, notebooks) == ["unchanged", "kept"]
    assert theirs.read_text(encoding="utf-8") == "mine"
    assert theirs.with_name("numbers.new.csv").read_text(encoding="utf-8") == "6,7\n"


def test_what_was_deleted_comes_back(notebooks: Path, student: Path) -> None:
    release(student, notebooks)
    (student / "01-halves" / "numbers.csv").unlink()
    assert _actions(student, notebooks) == ["unchanged", "new"]


def test_an_interrupted_release_loses_nothing(notebooks: Path, student: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release(student, notebooks)
    before = (student / "01-halves" / "01-halves.ipynb").read_bytes()
    _write(notebooks, TASK.replace("half(number)", "half(number=2)"))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            release(student, notebooks)
    assert (student / "01-halves" / "01-halves.ipynb").read_bytes() == before
    assert _actions(student, notebooks) == ["updated", "unchanged"]


def test_it_says_what_is_wrong_with_its_arguments(notebooks: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"notebooks is .*empty"):
        release(tmp_path / "student", tmp_path / "empty")
    with pytest.raises(ValueError, match=r"output is .*must not lie among the notebooks"):
        release(notebooks / "student", notebooks)
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="a file, but must be a folder"):
        release(tmp_path / "file", notebooks)


def test_a_second_release_does_not_import_nbgrader(notebooks: Path, student: Path) -> None:
    release(student, notebooks)
    program = "import sys; from labsupport.release import release; release(*sys.argv[1:]); print('nbgrader' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, student, notebooks], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
