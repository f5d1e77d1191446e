"""Every notebook runs from top to bottom: no error, no warning, little memory, and with no real system at hand."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest
from packaging.requirements import Requirement

from tests.support import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
MEGABYTES = 400
# What pyproject.toml's group "systems" brings is installed here, and not where most students are; pandas alone would load 40 MB of pyarrow.
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL = [Requirement(text).name.replace("-", "_") for text in PROJECT["optional-dependencies"]["systems"]]
HIDING = f"import sys\n\nsys.modules.update(dict.fromkeys({OPTIONAL}))\n"
MEMORY = "import resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def warmed() -> None:
    """Compile the kernels first, as every set-up does: a kernel that compiles needs more memory than one that loads."""
    subprocess.run([sys.executable, "-m", "labsupport.warm"], cwd=ROOT, check=True, timeout=300)


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def executed(warmed: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("executed")
    notebook = nbformat.read(request.param, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(MEMORY, id="memory"))
    nbformat.write(notebook, folder / "notebook.ipynb")
    (folder / "sitecustomize.py").write_text(HIDING, encoding="utf-8")
    kept = {name: os.environ[name] for name in ("LANG", "NUMBA_CACHE_DIR") if name in os.environ}
    # Only Python is on the path: no Redis, no other server; and those in /usr/sbin, which are found without a path, are not to be used.
    environment = kept | {
        "PATH": str(Path(sys.executable).parent),
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        "HOME": str(folder),
        "JUPYTER_PLATFORM_DIRS": "1",
        "LABSUPPORT_SYSTEMS": "recorded",
    }
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--inplace", "notebook.ipynb"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return nbformat.read(folder / "notebook.ipynb", as_version=4)


def test_no_cell_fails_or_warns(executed: Any) -> None:
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", f"{cell.id}: {output.evalue}"
            assert output.get("name") != "stderr", f"{cell.id}: {output.text}"


def test_every_test_cell_says_correct(executed: Any) -> None:
    for cell in executed.cells:
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
            assert "correct: " in cell.outputs[0].text


def test_what_was_recorded_is_labelled_as_recorded(executed: Any) -> None:
    shown = [cell for cell in executed.cells if cell.cell_type == "code" and "labsupport.systems" in cell.source]
    assert shown
    for cell in shown:
        assert "recorded" in str(cell.outputs).lower()


def test_the_kernel_stays_small(executed: Any) -> None:
    assert int(executed.cells[-1].outputs[0].text) < MEGABYTES
