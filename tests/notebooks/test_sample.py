"""A sample of each notebook through nbgrader itself: a submission with several mistakes in the reference, which loses just those points.

Notebook 04 goes all the way in `test_nbgrader`, command by command. Of the others only what grading needs is kept – the set-up, the
solutions, the tests and the reflection – and one process grades them all, since starting nbgrader takes longer than grading does.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exercises import cells
from tests.exercises.cells import Notebook, Wrong
from tests.exercises.test_every_notebook import COURSE
from tests.notebooks import course as courses

pytestmark = pytest.mark.slow

MOST_MISTAKES = 3  # of one submission, each in another exercise

GRADE = """
import json, shutil, sys
from pathlib import Path
from nbgrader.apps.api import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader
from tests.notebooks.course import fill_in

api = NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py", path=".").load_config())
scores = {}
for name, students in json.load(sys.stdin).items():
    done = api.generate_assignment(name)
    assert done["success"], done
    for student, answers in students.items():
        work = Path("class/submitted") / student / name
        shutil.copytree(Path("class/release") / name, work)
        fill_in(work / f"{name}.ipynb", answers)
        done = api.autograde(name, student)
        assert done["success"], done
        with api.gradebook as gradebook:
            scores.setdefault(name, {})[student] = gradebook.find_submission(name, student).score
Path("scores.json").write_text(json.dumps(scores))
"""


def reference(name: str) -> Notebook:
    return cells.read(courses.ROOT / "notebooks" / name / f"{name}.ipynb")


def mistakes(name: str) -> list[Wrong]:
    return [exercise.WRONG[-1] for exercise in COURSE[name]][:MOST_MISTAKES]


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """The scores that nbgrader gave, for each notebook."""
    course = courses.make(tmp_path_factory.mktemp("sample"))
    submissions: dict[str, dict[str, dict[str, str]]] = {}
    for name in COURSE:
        path: Path = course.root / "notebooks" / name / f"{name}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] == "setup" or "nbgrader" in cell["metadata"]]
        path.write_text(json.dumps(notebook), encoding="utf-8")
        solutions = {cell: source for cell, source in reference(name).sources.items() if cell.endswith("-solution")}
        changed = {mistake.cell: reference(name).with_solution(mistake).sources[mistake.cell] for mistake in mistakes(name)}
        submissions[name] = {"bob": solutions | changed}
    told = {"input": json.dumps(submissions), "capture_output": True, "text": True, "timeout": 900}
    done = subprocess.run([sys.executable, "-c", GRADE], cwd=course.root, env=course.environment(), check=False, **told)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    given: dict[str, dict[str, float]] = json.loads((course.root / "scores.json").read_text())
    return given


@pytest.mark.parametrize("name", COURSE)
def test_mistakes_lose_exactly_what_they_must(scores: dict[str, dict[str, float]], name: str) -> None:
    lost = sum(reference(name).points[cell] for mistake in mistakes(name) for cell in mistake.loses)
    assert lost > 0
    assert scores[name] == {"bob": 19 - lost}
