"""What an instructor publishes to students: the course, ready to run, without solutions, hidden tests and what tells of them."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from labsupport.machine import ROOT
from labsupport.release import IGNORED, NOTEBOOKS, RECORD, RELEASED, release

PLACE = ROOT / "class" / "handout"
# Named one by one, so that what is new in the course stays there until somebody has thought about it.
COPIED = ("LICENSE", "Makefile", "binder", "docs/load-balancer-lab.png", "labsupport", "pyproject.toml", "requirements.txt")


def handout(folder: Path = PLACE, notebooks: Path = NOTEBOOKS) -> Path:
    """Write the tree that students clone or unzip, over an earlier one if they like; ``make lab`` works in it.

    The notebooks are in ``released/``. From there, ``make lab`` brings them into ``student/``, which is no part of a handout, so
    that a new one overwrites nobody's work.

    What an earlier handout left in the folder is replaced, and a ``student/`` in which an instructor tried it out is removed, so that
    nothing of it is published. Anything else in it, such as ``.git``, is left alone.

    Parameters
    ----------
    folder : Path, optional
        Where to write it: a new or empty folder, or one with an earlier handout.
    notebooks : Path, optional
        The folder with one folder for each notebook and what belongs to it.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    FileNotFoundError
        If there are no notebooks.
    ValueError
        If the folder is a file, part of the course itself, or holds something other than a handout.

    Examples
    --------
    >>> handout(ROOT / "labsupport")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: DIR is ...labsupport, a part of the course, but must lie outside of it or in class/
    """
    folder = Path(folder)
    _check(folder)
    with tempfile.TemporaryDirectory(prefix="labsupport-handout-") as workshop:
        made = Path(workshop)
        release(made / RELEASED.name, notebooks)
        for name in COPIED:
            _copy(ROOT / name, made / name)
        (made / "README.md").write_text(_for_students((ROOT / "README.md").read_text(encoding="utf-8")), encoding="utf-8")
        _copy(ROOT / ".gitignore", made / ".gitignore")
        shutil.rmtree(folder / "student", ignore_errors=True)
        for path in made.iterdir():  # only now, when nothing can fail but the disk
            _copy(path, folder / path.name)
    return folder


def _check(folder: Path) -> None:
    place, course = folder.resolve(), ROOT.resolve()
    if place == course or course.is_relative_to(place) or (place.is_relative_to(course) and not place.is_relative_to(course / "class")):
        raise ValueError(f"DIR is {folder}, a part of the course, but must lie outside of it or in class/")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ValueError(f"DIR is {folder}, a file, but must be a folder")
    names = {path.name for path in folder.iterdir()} - {".git"}
    earlier = any((folder / name / RECORD).exists() for name in (RELEASED.name, "student"))
    if names and ("notebooks" in names or not earlier):
        raise ValueError(f"DIR is {folder}, which holds something else, but must be new, empty, or an earlier handout")


def _copy(source: Path, target: Path) -> None:
    """Put a file or a folder in the place of whatever is there."""
    if target.is_dir():
        shutil.rmtree(target)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*IGNORED))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _for_students(readme: str) -> str:
    """Keep the opening and the students' own section: the rest tells how the course is graded and built."""
    opening, *sections = re.split(r"^(?=## )", readme, flags=re.MULTILINE)
    return (opening + "".join(section for section in sections if section.startswith("## Students\n"))).rstrip() + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the handout into the folder that is named, or into ``class/handout``.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line; by default this process's own.

    Returns
    -------
    int
        The exit status: 0, 1 after one sentence about what went wrong, 2 if the command line is wrong.

    Examples
    --------
    >>> main(["here", "there"])
    Name one folder at most: python -m labsupport.handout [DIR]
    2
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    status = 0
    if len(given) > 1 or given[:1] in (["-h"], ["--help"]):
        said, status = "Name one folder at most: python -m labsupport.handout [DIR]", 2
    else:
        try:
            folder = handout(*map(Path, given))
            said = f"The handout is in {folder}: publish it to your students, as a zip file or as a repository of its own."
        except (OSError, ValueError) as error:
            said, status = str(error), 1
    sys.stdout.write(said + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
