"""The image for Binder: accepted by repo2docker, built by postBuild, and without a solution in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.setup.machines import checkout, leaks, secrets, surroundings
from tests.support import ROOT

BINDER = ROOT / "binder"
COUNT = """
import importlib, pkgutil, sys
from pathlib import Path
import labsupport.simulators, labsupport.theory, labsupport.workloads
from numba.core.dispatcher import Dispatcher

exec(sys.argv[1])

modules = []
for package in (labsupport.simulators, labsupport.theory, labsupport.workloads):
    inside = pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + ".")
    modules += [package, *(importlib.import_module(found.name) for found in inside)]
kernels = {value for module in modules for value in vars(module).values() if isinstance(value, Dispatcher)}
def kept(kernel):
    return any(Path(kernel.stats.cache_path).glob(f"*.{kernel.py_func.__name__}-{kernel.py_func.__code__.co_firstlineno}.*.nbi"))

cold = {kernel.py_func.__qualname__ for kernel in kernels if not kept(kernel)}
compiled = {kernel.py_func.__qualname__ for kernel in kernels if kernel.stats.cache_misses}
print(" ".join(sorted(cold)), " ".join(sorted(compiled)), sep=chr(10))
"""
LABS = """
from labsupport import labs

for name in labs.__all__:
    lab = getattr(labs, name)()
    for control in lab.declarations():
        for word, _ in control.get("options", []):
            lab.set_state({control["name"]: word})
"""


def commands(name):
    return [line for line in (BINDER / name).read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def dockerfile():
    """What repo2docker would build; it reads the repository just as mybinder.org does."""
    told = subprocess.run(
        [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(ROOT)], capture_output=True, text=True, check=False, timeout=120
    )
    assert told.returncode == 0, told.stderr
    return told.stdout + told.stderr


def test_repo2docker_takes_the_python_of_runtime_txt(dockerfile):
    version = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")

    assert f"environment.py-{version}-".replace("-", "-2d").replace(".", "-2e") in dockerfile  # as repo2docker writes file names
    assert "Python version unspecified" not in dockerfile
    assert (3, 11) <= tuple(map(int, version.split("."))) <= (3, 14)


def test_repo2docker_installs_after_the_repository_is_there(dockerfile):
    lines = [line.strip() for line in dockerfile.splitlines()]
    copied = next(number for number, line in enumerate(lines) if line.startswith("COPY") and line.endswith(" src/ ${REPO_DIR}/"))
    installed = next(number for number, line in enumerate(lines) if 'pip install --no-cache-dir -r "binder/requirements.txt"' in line)

    assert copied < installed


@pytest.mark.parametrize("line", ["redis-server", "RUN ./binder/postBuild", 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"'])
def test_repo2docker_sees_every_file(dockerfile, line):
    assert line in dockerfile


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_scripts_are_sound(name):
    path = BINDER / name

    assert os.access(path, os.X_OK)
    subprocess.run(["bash", "-n", str(path)], check=True)


def test_start_hands_over_with_the_same_processor_as_post_build():
    code = "import os, sys; print(os.environ['NUMBA_CPU_NAME'], *sys.argv[1:])"
    told = subprocess.run([BINDER / "start", sys.executable, "-c", code, "a b", "c"], capture_output=True, text=True, check=True).stdout

    assert told == "generic a b c\n"
    assert any("NUMBA_CPU_NAME=generic" in line for line in commands("postBuild"))


@pytest.mark.slow
def test_requirements_can_be_installed_from_the_repository(tmp_path):
    tree = checkout(tmp_path / "jovyan")
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--no-index", "--no-build-isolation", "-r", "binder/requirements.txt"]

    told = subprocess.run(pip, cwd=tree, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stderr
    assert "labsupport" in told.stdout


class Image:
    """The course as ``binder/postBuild`` leaves it, and the variables of whoever runs something in it."""

    def __init__(self, folder):
        self.tree = checkout(folder / "jovyan")
        (self.tree / ".git").mkdir()
        (self.tree / ".git" / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
        self.hidden = secrets(self.tree / "notebooks")
        programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        self.variables = surroundings(folder / "home") | {"PATH": programs, "JUPYTER_PLATFORM_DIRS": "1"}

    def run(self, *command):
        """Run a command, which must succeed, and return what it printed."""
        done = subprocess.run(command, cwd=self.tree, env=self.variables, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    made = Image(tmp_path_factory.mktemp("binder"))
    assert not list(made.tree.rglob("*.nbi"))
    made.run("./binder/postBuild")
    return made


@pytest.mark.slow
def test_post_build_leaves_the_lab_and_no_solution(image):
    assert nbformat.read(image.tree / "student" / "04-techniques" / "04-techniques.ipynb", as_version=4).cells
    overrides = json.loads((Path(sys.prefix) / "share/jupyter/lab/settings/overrides.json").read_text(encoding="utf-8"))
    assert overrides["@jupyter-widgets/jupyterlab-manager:plugin"]["saveState"] is True
    assert not {".git", "notebooks", "tests"} & {path.name for path in image.tree.iterdir()}
    assert len(image.hidden) >= 3
    assert leaks(image.tree, image.hidden) == []


@pytest.mark.slow
def test_after_warming_up_nothing_is_left_to_compile(image):
    """PostBuild has warmed up once; what is started by ``binder/start`` then loads each kernel, for each choice in each lab."""

    def kernels_after(code):
        """Which kernels were never compiled, and which are compiled rather than loaded, when a fresh Python runs the code."""
        never, compiled = image.run("./binder/start", sys.executable, "-c", COUNT, code).splitlines()
        return never.split(), compiled.split()

    assert len(list(image.tree.rglob("*.nbi"))) > 10
    assert kernels_after("from labsupport.warm import warm; warm()") == ([], []), "call the first of these in labsupport/warm.py"
    assert kernels_after(LABS)[1] == []


@pytest.mark.slow
def test_post_build_stops_at_the_first_failure(tmp_path):
    """With ``set -e`` a broken release breaks the image; it must not ship one with the solutions still in it."""
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    fake.chmod(0o755)
    tree = tmp_path / "jovyan"
    (tree / "notebooks").mkdir(parents=True)

    built = subprocess.run([str(BINDER / "postBuild")], cwd=tree, env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}, check=False)

    assert built.returncode == 3
    assert (tree / "notebooks").exists()


@pytest.mark.parametrize("released", [True, False])
def test_post_build_needs_notebooks(tmp_path, released):
    """Of the course or of a handout, whichever it is built from: ``release`` knows."""
    fake = tmp_path / "bin" / "python"
    fake.parent.mkdir()
    fake.write_text(
        '#!/bin/sh\necho "$@"\n[ "$3" != release ] || [ ! -d released ] || { mkdir -p student && touch student/.released.json; }\n', encoding="utf-8"
    )
    fake.chmod(0o755)
    tree = tmp_path / "jovyan"
    (tree / ("released" if released else "elsewhere")).mkdir(parents=True)

    built = subprocess.run(
        [str(BINDER / "postBuild")],
        cwd=tree,
        env={"PATH": f"{fake.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (built.returncode == 0) is released
    assert "-m labsupport release" in built.stdout
    assert (tree / "student" / ".released.json").exists() is released
