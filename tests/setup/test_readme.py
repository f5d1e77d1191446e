"""What README.md tells people to type works, and everything it points to is there."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from tests.setup.machines import checkout, surroundings, warmed
from tests.support import ROOT

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
NOTEBOOK = "notebooks/04-techniques/04-techniques.ipynb"
NAMES = {"OWNER", "HANDOUT", "STUDENT", "TOPIC", "NN"}

# Commands that another test runs, and where.
TESTED_ELSEWHERE = {
    "make lab": "test_environment.py: test_fresh_machine",
    "make test": ".ci/run",
    'make test ARGS="-k caching"': "test_machine.py: test_make_hands_arguments_on",
    "make test ARGS=\"-m 'not slow'\"": "test_machine.py: test_make_hands_arguments_on",
    "make bench": "test_machine.py: test_make_hands_arguments_on",
    "make record": "test_machine.py: test_make_hands_arguments_on",
    "py -m labsupport.environment lab": "test_windows_line_is_what_make_runs",
    ".venv/bin/python -m labsupport doctor": "test_doctor",
    "source .venv/bin/activate": "test_instructor's surroundings are the activated ones",
    "jupyter lab": "test_environment.py: test_fresh_machine starts the same server",
    "make handout": "test_handout.py, and test_machine.py: test_make_hands_arguments_on",
}


def blocks(name):
    """Each fenced block of commands: its language and its lines, less their comments."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(r"^```(sh|bat)\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    return [(language, [re.sub(r"\s+#.*", "", line) for line in body.splitlines() if line.strip()]) for language, body in found]


def instructors_commands():
    return [line for _, lines in blocks("README.md") for line in lines if line.startswith("nbgrader ")]


def test_every_command_is_tested():
    commands = {line for name in DOCUMENTS for _, lines in blocks(name) for line in lines}

    assert commands - set(TESTED_ELSEWHERE) - set(instructors_commands()) == set()
    assert set(TESTED_ELSEWHERE) - commands == set()


def test_the_lecturers_prediction_is_the_one_that_the_lab_asks_for():
    predicted = set(re.findall(r'predict\("([\d.]+)"', (ROOT / "README.md").read_text(encoding="utf-8")))
    asked = {number for cell in nbformat.read(ROOT / NOTEBOOK, as_version=4).cells for number in re.findall(r'prediction="([\d.]+)"', cell.source)}

    assert predicted
    assert predicted <= asked


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_and_pictures_are_there(name):
    for target in re.findall(r"\]\(([^)]+)\)", (ROOT / name).read_text(encoding="utf-8")):
        if "://" not in target:
            assert (ROOT / target).exists(), target


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_that_are_named_are_there(name):
    """Anything in `backquotes` that looks like a path of this repository is one, unless it is made later or stands for many."""
    made_later = (".venv/", "student/", "class/")
    text = re.sub(r"^```.*?^```", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    homes = [ROOT, ROOT / "labsupport"]
    for words in re.findall(r"`([^`\n]+)`", text):
        if re.fullmatch(r"[\w./-]+(\.\w+|/)", words) and not words.startswith(made_later) and not any(placeholder in words for placeholder in NAMES):
            assert any((home / words).exists() for home in homes), words


def test_windows_line_is_what_make_runs():
    told = subprocess.run(["make", "-n", "lab", "PYTHON=" + sys.executable], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (windows,) = [line for language, lines in blocks("README.md") if language == "bat" for line in lines if line.startswith("py ")]

    asked = shlex.split(next(line for line in told.splitlines() if " -m labsupport" in line))
    assert asked[1:4] == windows.split()[1:]
    assert asked[4:] == ["--port", "8888"]  # what it is without --port, too


def test_doctor():
    told = subprocess.run([sys.executable, "-m", "labsupport", "doctor"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "Redis" in told


def test_lecturers_file(tmp_path, monkeypatch):
    (program,) = re.findall(r"^```py\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    exec(program, {})  # noqa: S102 - it is the README's own

    (made,) = tmp_path.iterdir()
    assert made.name in program
    assert 50_000 < made.stat().st_size < 1_000_000


@pytest.mark.slow
def test_instructor(tmp_path):
    """Every nbgrader line of the README, in its order, for a class of one who hands in the reference solution."""
    course = warmed(checkout(tmp_path / "course"))
    activated = surroundings(tmp_path) | {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYTHONPATH": str(course),  # the copy has no environment of its own
    }
    commands = instructors_commands()
    assert commands[0].startswith("nbgrader generate_assignment")
    assert commands[1].startswith("nbgrader zip_collect")
    for command in commands:
        if command.startswith("nbgrader zip_collect"):
            assert (course / "class" / "release" / "04-techniques" / "04-techniques.ipynb").exists()
            hand_in(course, "ada")
        done = subprocess.run(shlex.split(command), cwd=course, env=activated, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr

    with (course / "class" / "grades.csv").open(encoding="utf-8") as file:
        (row,) = [row for row in csv.DictReader(file) if row["student_id"] == "ada"]
    cells = [cell.metadata.get("nbgrader", {}) for cell in nbformat.read(ROOT / NOTEBOOK, as_version=4).cells]
    by_machine = sum(cell["points"] for cell in cells if cell.get("grade") and not cell["solution"])
    assert float(row["raw_score"]) == by_machine > 0
    assert (course / "class" / "feedback" / "ada" / "04-techniques" / "04-techniques.html").exists()


def hand_in(course, student):
    """What a learning platform downloads: one zip file, with the notebook in it."""
    archive = course / "class" / "downloaded" / "04-techniques" / "archive"
    archive.mkdir(parents=True)
    with zipfile.ZipFile(archive / f"{student}.zip", "w") as file:
        file.write(course / NOTEBOOK, "04-techniques.ipynb")


def test_licences_are_there():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")

    assert "BSD 3-Clause License" in text
    assert "Redistributions in binary form must reproduce" in text
    assert "https://creativecommons.org/licenses/by/4.0/" in text
