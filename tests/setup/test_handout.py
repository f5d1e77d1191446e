"""What students get: ready to run, and with no solution or hidden test anywhere in it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from labsupport import environment, handout
from labsupport.release import RECORD
from tests.setup.machines import checkout, free_port, leaks, make, secrets
from tests.setup.test_environment import Lab, contents
from tests.support import ROOT, require

NOTEBOOK = "released/04-techniques/04-techniques.ipynb"
MINE = "student/04-techniques/04-techniques.ipynb"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return handout.handout(tmp_path_factory.mktemp("handout") / "for students")


def test_it_holds_what_students_need_and_nothing_else(tree):
    needed = {*(name.split("/")[0] for name in handout.COPIED), "README.md", ".gitignore", "released"}

    assert {path.name for path in tree.iterdir()} == needed
    assert {path.name for path in (tree / "released").iterdir()} == {RECORD, *(path.name for path in (ROOT / "notebooks").iterdir())}
    assert not list(tree.rglob("__pycache__"))


def test_no_solution_and_no_hidden_test_is_in_it(tree, tmp_path):
    hidden = secrets(ROOT / "notebooks")

    assert len(hidden) >= 3
    assert leaks(tree, hidden) == []
    assert leaks(checkout(tmp_path / "course"), hidden), "the search finds nothing where the solutions are"
    assert not [path for path in tree.rglob("*.ipynb") if "### BEGIN" in path.read_text(encoding="utf-8")]


def test_git_would_publish_the_notebooks_but_not_the_environment(tree):
    require(shutil.which("git"), "git publishes a handout")
    shutil.copytree(tree, copy := tree.parent / "repository")
    subprocess.run(["git", "init", "-q"], cwd=copy, check=True)
    (copy / "student").mkdir()
    (copy / "student" / "mine.ipynb").touch()
    (copy / ".venv").mkdir()
    (copy / ".venv" / "state.txt").touch()

    listed = subprocess.run(["git", "ls-files", "-o", "--exclude-standard"], cwd=copy, capture_output=True, text=True, check=True).stdout.split("\n")

    assert {NOTEBOOK, f"released/{RECORD}", "labsupport/labs/browser/lab.js"} <= set(listed)
    assert not [name for name in listed if name.startswith((".venv", "student"))]


def test_its_readme_is_the_students_own(tree):
    text = (tree / "README.md").read_text(encoding="utf-8")

    assert re.findall(r"^## (.*)", text, flags=re.MULTILINE) == ["Students"]
    assert "make lab" in text
    assert "nbgrader" not in text
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert "://" in target or (tree / target).exists(), target


def test_made_again_it_is_new_but_keeps_the_repository(tmp_path):
    folder = handout.handout(tmp_path / "handout")
    before = (folder / NOTEBOOK).read_bytes()
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").touch()
    (folder / NOTEBOOK).write_text("what an instructor tried out", encoding="utf-8")
    (folder / "labsupport" / "renamed.py").touch()
    (folder / "student").mkdir()
    (folder / "student" / "solved.ipynb").touch()

    assert handout.main([str(folder)]) == 0

    assert (folder / NOTEBOOK).read_bytes() == before
    assert (folder / ".git" / "HEAD").exists()
    assert not (folder / "labsupport" / "renamed.py").exists()
    assert not (folder / "student").exists()
    assert not list(folder.rglob("*.new*"))


def test_one_of_an_earlier_kind_is_replaced_too(tmp_path):
    (tmp_path / "student").mkdir()
    (tmp_path / "student" / RECORD).touch()

    handout.handout(tmp_path)

    assert (tmp_path / NOTEBOOK).exists()
    assert not (tmp_path / "student").exists()


def test_a_new_one_over_the_old_one_overwrites_nobodys_work(tree, tmp_path):
    """As a student does it: unzip, work, unzip the next one over it, and run what ``make lab`` runs."""
    folder = shutil.copytree(tree, tmp_path / "my course")
    release = [sys.executable, "-m", "labsupport", "release", "--output", "student"]
    subprocess.run(release, cwd=folder, check=True)
    assert (folder / MINE).read_bytes() == (tree / NOTEBOOK).read_bytes()
    (folder / MINE).write_text("my work", encoding="utf-8")
    newer = (tree / NOTEBOOK).read_text(encoding="utf-8").replace("Load Balancing", "Balancing Load")
    shutil.copytree(tree, folder, dirs_exist_ok=True)
    (folder / NOTEBOOK).write_text(newer, encoding="utf-8")

    for _ in range(2):  # the second time changes nothing
        told = subprocess.run(release, cwd=folder, check=True, capture_output=True, text=True).stdout
        assert "04-techniques.ipynb: kept as you changed it; a newer version lies beside it: 04-techniques.new.ipynb" in told
        assert (folder / MINE).read_text(encoding="utf-8") == "my work"
        assert (folder / MINE).with_suffix(".new.ipynb").read_text(encoding="utf-8") == newer


@pytest.mark.parametrize("place", [ROOT, ROOT.parent, ROOT / "labsupport" / "handout", ROOT / "student"])
def test_it_never_lies_in_the_course_itself(place):
    with pytest.raises(ValueError, match=r"^DIR is .*, a part of the course, but must lie outside of it or in class/$"):
        handout.handout(place)


def test_it_replaces_nothing_else(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")

    assert handout.main([str(tmp_path)]) == 1
    assert handout.main([str(tmp_path / "thesis.txt")]) == 1

    assert "must be new, empty, or an earlier handout" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_another_copy_of_the_course_is_not_taken_for_a_handout(tmp_path):
    for name in ("released", "notebooks"):
        (tmp_path / name).mkdir()
    (tmp_path / "released" / RECORD).touch()

    with pytest.raises(ValueError, match="holds something else"):
        handout.handout(tmp_path)


def test_without_notebooks_nothing_is_written(tmp_path):
    with pytest.raises(FileNotFoundError, match="notebooks is"):
        handout.handout(tmp_path / "handout", tmp_path / "nowhere")

    assert not (tmp_path / "handout").exists()


def environment_of(folder):
    """An environment that counts as finished, and lends this one's packages; it warms nothing up."""
    python = folder / environment.PYTHON.relative_to(ROOT)
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\n[ "$2" = labsupport.warm ] || exec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    origin = f"made for {folder} with Python {sys.version_info[0]}.{sys.version_info[1]}"
    state = folder / environment.STATE.relative_to(ROOT)
    state.write_text(f"{origin}\n{environment._fingerprint(ROOT / 'requirements.txt')}\n", encoding="utf-8")


@pytest.mark.slow
def test_make_lab_opens_the_notebooks_that_are_there(tree, tmp_path):
    folder = shutil.copytree(tree, tmp_path / "my handout")
    environment_of(folder)
    before = (folder / NOTEBOOK).read_bytes()
    port = free_port()

    with Lab(folder, port, tmp_path) as lab:
        token = lab.wait_for(rf"http://localhost:{port}/lab\?token=(\w+)", 120).group(1)
        names = {entry["name"] for entry in contents(f"http://127.0.0.1:{port}/api/contents/04-techniques?token={token}")}
        printed = lab.output.read_text(encoding="utf-8")
        lab.end(2)

    assert "04-techniques.ipynb" in names
    assert "Bringing the notebooks into student/" in printed
    assert (folder / MINE).read_bytes() == (folder / NOTEBOOK).read_bytes() == before


@pytest.mark.parametrize(("target", "said"), [("test", "This is a student's handout"), ("handout", "notebooks is")])
def test_what_only_the_course_can_do_ends_in_a_sentence(tree, tmp_path, target, said):
    folder = shutil.copytree(tree, tmp_path / "handout")
    environment_of(folder)

    output, status = make(folder, target, home=tmp_path)

    assert status != 0
    assert said in output
    assert "Traceback" not in output
