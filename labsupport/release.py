"""The student version of the notebooks: solutions and hidden tests taken out, a student's own work left alone."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
RELEASED = ROOT / "released"  # in a handout, the student version of every notebook, made where the solutions are
RECORD = ".released.json"  # in the output: what was handed out, so that a student's changes can be told from ours
IGNORED = {".ipynb_checkpoints", "__pycache__"}


@dataclass(frozen=True)
class ReleasedFile:
    """What became of one file.

    Attributes
    ----------
    path : Path
        Where the student works on it.
    action : str
        ``"new"``, ``"updated"``, ``"unchanged"`` or ``"kept"`` (the student changed it, so it was left alone).
    beside : Path or None
        Where a newer version lies, if one could not take the place of the student's own.

    Examples
    --------
    >>> print(ReleasedFile(Path("student/a.ipynb"), "kept", Path("student/a.new.ipynb")))
    student/a.ipynb: kept as you changed it; a newer version lies beside it: a.new.ipynb
    """

    path: Path
    action: str
    beside: Path | None = None

    def __str__(self) -> str:
        told = {"kept": "kept as you changed it"}.get(self.action, self.action)
        return f"{self.path.as_posix()}: {told}" + (f"; a newer version lies beside it: {self.beside.name}" if self.beside else "")


@dataclass(frozen=True)
class Release:
    """What a release did, file by file; printed, one line each.

    Attributes
    ----------
    files : tuple of ReleasedFile
        In the order of their names.

    Examples
    --------
    >>> print(Release((ReleasedFile(Path("student/a.ipynb"), "new"),)))
    student/a.ipynb: new
    """

    files: tuple[ReleasedFile, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.files))


def release(output: Path = Path("student"), notebooks: Path | None = None) -> Release:
    """Bring the student version of every notebook into a folder, without touching what a student changed there.

    nbgrader itself makes the student version, unless it came ready in a handout. Where nothing has changed since the last release,
    nbgrader is not even imported.

    Parameters
    ----------
    output : Path, optional
        The student's folder. It is made if it is missing.
    notebooks : Path, optional
        The folder with one folder for each notebook and what belongs to it; a folder that was itself released into is taken as it
        is. By default ``notebooks/``, or ``released/`` in a handout.

    Returns
    -------
    Release

    Raises
    ------
    FileNotFoundError
        If there are no notebooks.
    ValueError
        If the output is a file, or lies among the notebooks.

    Examples
    --------
    >>> release(Path("student"), notebooks=Path("nowhere"))
    Traceback (most recent call last):
    ...
    FileNotFoundError: notebooks is nowhere, but must be a folder such as notebooks/ with 01-introduction/01-introduction.ipynb in it
    """
    output, notebooks = Path(output), default_notebooks() if notebooks is None else Path(notebooks)
    assignments = sorted({notebook.parent for notebook in notebooks.glob("*/*.ipynb")})
    if not assignments:
        raise FileNotFoundError(f"notebooks is {notebooks}, but must be a folder such as notebooks/ with 01-introduction/01-introduction.ipynb in it")
    if output.exists() and not output.is_dir():
        raise ValueError(f"output is {output}, a file, but must be a folder")
    if output.resolve().is_relative_to(notebooks.resolve()):
        raise ValueError(f"output is {output}, but must not lie among the notebooks in {notebooks}")
    record = _read_record(output)
    files = [file for assignment in assignments for file in _release_assignment(assignment, output, record)]
    _write(output / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
    return Release(tuple(files))


def default_notebooks() -> Path:
    """Return where the notebooks come from: ``notebooks/``, or ``released/`` in a handout."""
    return NOTEBOOKS if NOTEBOOKS.exists() or not RELEASED.exists() else RELEASED


def _release_assignment(assignment: Path, output: Path, record: dict[str, Any]) -> Iterator[ReleasedFile]:
    """Release one notebook and the files beside it; ``record`` is brought up to date."""
    known = record.setdefault(assignment.name, {"source": "", "files": {}})
    source = _digest_of_folder(assignment)
    if known["source"] == source and all((output / name).exists() for name in known["files"]):
        for name, versions in sorted(known["files"].items()):
            yield _unchanged(output / name, versions)
        return
    with tempfile.TemporaryDirectory(prefix="labsupport-release-") as workshop:
        made = _student_version(assignment, Path(workshop))
        before, known["files"] = known["files"], {}
        for path in _files(made):
            name = f"{assignment.name}/{path.relative_to(made).as_posix()}"
            versions = known["files"][name] = before.get(name, {"placed": "", "offered": "", "beside": ""})
            yield _hand_out(path.read_bytes(), output / name, versions)
    known["source"] = source


def _unchanged(path: Path, versions: dict[str, str]) -> ReleasedFile:
    if _digest(path.read_bytes()) == versions["offered"]:  # also where the student took over the one beside it
        versions.update(placed=versions["offered"], beside="")
        return ReleasedFile(path, "unchanged")
    beside = path.with_name(versions["beside"]) if versions["beside"] else None
    return ReleasedFile(path, "kept", beside if beside and beside.exists() else None)


def _hand_out(content: bytes, path: Path, versions: dict[str, str]) -> ReleasedFile:
    """Put one new version in its place, or beside what the student made of the last one."""
    newest, current = _digest(content), _digest(path.read_bytes()) if path.exists() else None
    if current in (None, newest, versions["placed"], versions["offered"]):
        action = "new" if current is None else "unchanged" if current == newest else "updated"
        if current != newest:
            _write(path, content)
        versions.update(placed=newest, offered=newest, beside="")
        return ReleasedFile(path, action)
    if versions["offered"] != newest:
        beside = _free_name(path, versions)
        _write(beside, content)
        versions.update(offered=newest, beside=beside.name)
    return _unchanged(path, versions)


def _free_name(path: Path, versions: dict[str, str]) -> Path:
    """Find a name beside ``path`` that holds nothing but, perhaps, an older offer that nobody touched."""
    number = 1
    while True:
        beside = path.with_name(f"{path.stem}.new{'' if number == 1 else f'-{number}'}{path.suffix}")
        if not beside.exists() or _digest(beside.read_bytes()) == versions["offered"]:
            return beside
        number += 1


def _student_version(assignment: Path, workshop: Path) -> Path:
    """Let nbgrader make the student version of one assignment, with no gradebook; if that is done already, take it."""
    if (assignment.parent / RECORD).exists():
        return assignment
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    shutil.copytree(assignment, workshop / "source" / assignment.name, ignore=shutil.ignore_patterns(*IGNORED))
    config = Config()
    config.CourseDirectory.root = str(workshop.resolve())
    config.CourseDirectory.assignment_id = assignment.name
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False
    GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
    return workshop / "release" / assignment.name


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not IGNORED & set(path.relative_to(folder).parts))


def _digest_of_folder(folder: Path) -> str:
    """Stand for everything that a student version is made from: the files, and the nbgrader that makes it."""
    parts = [(path.relative_to(folder).as_posix(), _digest(path.read_bytes())) for path in _files(folder)]
    return _digest(json.dumps([importlib.metadata.version("nbgrader"), parts]).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_record(output: Path) -> dict[str, Any]:
    """Read what was handed out before. A record that is lost or broken costs nothing: every file then counts as the student's own."""
    try:
        record = json.loads((output / RECORD).read_text(encoding="utf-8"))
        for known in record.values():
            if not isinstance(known["source"], str) or any(set(versions) != {"placed", "offered", "beside"} for versions in known["files"].values()):
                return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return dict(record)


def _write(path: Path, content: bytes) -> None:
    """Write all or nothing: an interrupted release leaves the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
