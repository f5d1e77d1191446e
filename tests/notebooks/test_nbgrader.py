"""From the source notebook to the exported grades: every step of nbgrader, as shipped, on the command line."""

from __future__ import annotations

import html
import json
import re
import shutil
import sqlite3
import zipfile
from pathlib import Path

import pytest

from labsupport.release import release
from tests.exercises import cells, wrong_balancer, wrong_key, wrong_lru, wrong_ring, wrong_trial, wrong_writes
from tests.exercises.cells import Wrong
from tests.notebooks import course as courses
from tests.notebooks.course import ASSIGNMENT, Course, fill_in
from tests.support import ROOT

SOURCE = ROOT / "notebooks" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
REFERENCE = cells.read(SOURCE)
SOLUTIONS = {cell: source for cell, source in REFERENCE.sources.items() if cell.endswith("-solution")}
ANSWER = "I would write orders through: ten minutes of orders are too many to lose."


def _named(mistakes: list[Wrong], name: str) -> Wrong:
    return next(mistake for mistake in mistakes if mistake.name == name)


# Each hands in a mistake in several exercises, since a submission takes half a minute.
SAMPLE = {
    "bob": [
        _named(wrong_lru.WRONG, "a wrapper of the simulator's replay"),
        _named(wrong_key.WRONG, "no pairs"),
        _named(wrong_trial.WRONG, "failure: nobody to spare"),
    ],
    "cleo": [
        _named(wrong_writes.WRONG, "the cache dies at the end of the log only"),
        _named(wrong_ring.WRONG, "one point for each node"),
        _named(wrong_balancer.WRONG, "round robin"),
    ],
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """One honest student by the exchange; wrong ones, and one who did nothing, as zip files; all graded."""
    folder = tmp_path_factory.mktemp("class")
    course = courses.make(folder)
    course.nbgrader("generate_assignment", ASSIGNMENT)
    course.nbgrader("release_assignment", ASSIGNMENT)

    desk = folder / "desk"
    desk.mkdir()
    there = ["--course", "performance-tuning", f"--Exchange.root={course.exchange}"]
    course.nbgrader("fetch_assignment", ASSIGNMENT, *there, cwd=desk)
    notebook = desk / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    assert "VALIDATION FAILED ON 20 CELL(S)" in course.nbgrader("validate", notebook, cwd=desk)
    fill_in(notebook, SOLUTIONS | {"reflection": ANSWER})
    assert "Success! Your notebook passes all the tests." in course.nbgrader("validate", notebook, cwd=desk)
    course.nbgrader("submit", ASSIGNMENT, *there, "--student", "ada", cwd=desk)
    course.nbgrader("collect", ASSIGNMENT)

    archive = course.root / "class" / "downloaded" / ASSIGNMENT / "archive"
    archive.mkdir(parents=True)
    released = course.root / "class" / "release" / ASSIGNMENT
    for student in (*SAMPLE, "eve"):
        work = folder / student / ASSIGNMENT
        shutil.copytree(released, work)
        if student in SAMPLE:
            changed = {mistake.cell: REFERENCE.with_solution(mistake).sources[mistake.cell] for mistake in SAMPLE[student]}
            fill_in(work / f"{ASSIGNMENT}.ipynb", SOLUTIONS | changed | {"reflection": ANSWER})
        with zipfile.ZipFile(archive / f"{student}.zip", "w") as packed:
            packed.write(work / f"{ASSIGNMENT}.ipynb", f"{ASSIGNMENT}/{ASSIGNMENT}.ipynb")
    course.nbgrader("zip_collect", ASSIGNMENT)

    course.nbgrader("autograde", ASSIGNMENT)
    course.nbgrader("generate_feedback", ASSIGNMENT)
    course.nbgrader("release_feedback", ASSIGNMENT, "--student", "ada")
    return course


def test_everybody_gets_exactly_what_they_earned(graded: Course) -> None:
    grades = {student: float(row["raw_score"]) for student, row in graded.grades().items()}
    lost = {student: sum(REFERENCE.points[cell] for mistake in mistakes for cell in mistake.loses) for student, mistakes in SAMPLE.items()}
    assert all(len({cell for mistake in mistakes for cell in mistake.loses}) >= 3 for mistakes in SAMPLE.values())
    assert grades == {"ada": 19, "eve": 0} | {student: 19 - points for student, points in lost.items()}
    assert {row["max_score"] for row in graded.grades().values()} == {"20.0"}


def test_the_reflection_waits_for_a_human_unless_it_is_untouched(graded: Course) -> None:
    query = """SELECT student.id, grade.needs_manual_grade FROM grade
        JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
        JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
        JOIN student ON submitted_assignment.student_id = student.id
        JOIN base_cell ON grade.cell_id = base_cell.id WHERE base_cell.name = 'reflection'"""
    with sqlite3.connect(graded.root / "class" / "gradebook.db") as gradebook:
        waiting = dict(gradebook.execute(query).fetchall())
    gradebook.close()
    assert waiting == {"ada": 1, "eve": 0} | dict.fromkeys(SAMPLE, 1)


def test_data_are_made_from_the_id_of_the_submission(graded: Course) -> None:
    made = {}
    for student in ("ada", "bob"):
        notebook = json.loads((graded.root / "class" / "autograded" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_text(encoding="utf-8"))
        outputs = {cell["id"]: json.dumps(cell.get("outputs")) for cell in notebook["cells"]}
        assert f"Your data are made for {student}." in outputs["setup"]
        made[student] = [outputs["writes-log"], outputs["key-log"]]
    assert all(one != other for one, other in zip(made["ada"], made["bob"], strict=True))


def test_feedback_says_what_to_look_at_and_shows_no_hidden_test(graded: Course) -> None:
    """Neither the lines of a hidden test nor a traceback that quotes them; our sentences and the scores are there."""
    public = "".join(REFERENCE.sources.values())
    hidden = re.findall(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", public, re.DOTALL)
    secrets = {line.strip() for block in hidden for line in block.splitlines() if len(line.strip()) > 20}
    secrets -= {line.strip() for line in re.sub(r"### BEGIN HIDDEN.*?### END HIDDEN TESTS", "", public, flags=re.DOTALL).splitlines()}
    assert len(secrets) > 20
    for student in ("ada", *SAMPLE, "eve"):
        page = (graded.root / "class" / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text(encoding="utf-8")
        text = html.unescape(re.sub(r"<[^>]+>", "", page))
        lines = {line.strip() for line in text.splitlines()}
        assert '"what get does with a key it does not have.",' in lines  # a line of a visible test: this is how a hidden one would look
        assert not secrets & lines
        assert "HIDDEN TESTS" not in text
        assert ("Look next: " in text) == (student != "ada")
        assert "NotYet" not in text or student != "ada"


@pytest.mark.parametrize("student", ["ada", "eve"])
def test_feedback_shows_each_lab_as_a_picture_with_its_sentence(graded: Course, student: str) -> None:
    """Feedback is a plain page that loads no widgets."""
    page = (graded.root / "class" / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text(encoding="utf-8")
    labs = [cell for cell in json.loads(SOURCE.read_text(encoding="utf-8"))["cells"] if re.search(r"Lab\(", "".join(cell["source"]))]
    images = [image for image in re.findall(r"<img [^>]*>", page) if 'src="data:image/png;base64,' in image]
    pictures = [found[1] for image in images if (found := re.search(r'alt="([^"]+)"', image))]
    own = [cell for cell in labs if "own=" in "".join(cell["source"])]  # these show what a student has written
    assert len(pictures) >= len(labs) - (len(own) if student == "eve" else 0)
    assert len(labs) >= 12
    assert all(len(sentence) > 80 for sentence in pictures)
    assert "application/vnd.jupyter.widget" not in page


def test_feedback_goes_back_through_the_exchange(graded: Course) -> None:
    assert len(list((graded.exchange / "performance-tuning" / "feedback").glob("*.html"))) == 1


def test_the_release_of_a_course_is_the_release_of_labsupport(graded: Course, tmp_path: Path) -> None:
    release(tmp_path)
    name = Path(ASSIGNMENT) / f"{ASSIGNMENT}.ipynb"
    assert (tmp_path / name).read_bytes() == (graded.root / "class" / "release" / name).read_bytes()
