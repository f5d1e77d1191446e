"""Imports point downwards only, cost nothing before they are needed, and a topic has one name in every wing."""

from __future__ import annotations

import ast
import subprocess
import sys
from fnmatch import fnmatch

import pytest

from tests.setup.machines import ignored_names
from tests.support import ROOT

PACKAGE = ROOT / "labsupport"
HEAVY = {"IPython", "anywidget", "ipywidgets", "jupyterlab", "matplotlib", "nbgrader", "numba", "numpy", "pandas", "pymemcache", "redis"}

# From the ground up. A part may import those below it, and its own; never one above, and none beside it.
LAYERS = (
    {"machine"},  # runs before anything is installed
    {"checks", "kernels", "environment"},
    {"theory", "workloads", "predictions"},
    {"simulators"},
    {"labs", "exercises", "systems", "grading"},
    {"release", "doctor", "warm", "diary", "leaderboard", "overview"},
    {"handout", "calibration"},
    {"__main__"},
)
HEIGHTS = {part: height for height, layer in enumerate(LAYERS) for part in layer}
WINGS = ("simulators", "labs", "exercises", "systems")
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def part_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(source, path):
    """Every part of labsupport that the source names in an import, relative ones and those inside functions included."""
    package = ["labsupport", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            package_name, _, rest = name.partition(".")
            if package_name == "labsupport" and rest:
                yield rest.split(".")[0]


def upward(source, path):
    own = part_of(path)
    return [part for part in imported_parts(source, path) if part in HEIGHTS and part != own and HEIGHTS[part] >= HEIGHTS[own]]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_downwards(path):
    assert part_of(path) in HEIGHTS, f"say in LAYERS where {part_of(path)} stands"
    assert upward(path.read_text(encoding="utf-8"), path) == []


@pytest.mark.parametrize(
    "source",
    [
        "import labsupport.labs",
        "from labsupport import labs",
        "from labsupport.labs.caching import CacheLab",
        "from ..labs import caching",
        "from .. import labs",
        "def late():\n    from labsupport import labs",
    ],
)
def test_upward_import_is_caught(source):
    assert upward(source, PACKAGE / "simulators" / "caching.py") == ["labs"]


def test_neighbour_import_is_caught_and_own_part_is_not():
    path = PACKAGE / "labs" / "caching.py"

    assert upward("from labsupport.systems import redis", path) == ["systems"]
    assert upward("from labsupport.labs import base\nfrom labsupport.simulators import caching\nimport numpy", path) == []


def modules_after(statement):
    code = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    output = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name.split(".")[0] for name in output.split()}


@pytest.mark.parametrize("statement", ["import labsupport", "import labsupport.environment", "import labsupport.machine"])
def test_nothing_heavy_is_imported(statement):
    assert modules_after(statement) & HEAVY == set()


def test_simulating_draws_nothing():
    assert modules_after("import labsupport.simulators.caching") & {"matplotlib", "ipywidgets", "anywidget", "jupyterlab", "nbgrader"} == set()


@pytest.mark.parametrize("module", ["environment", "machine"])
def test_first_steps_need_the_standard_library_only(module):
    code = f"import labsupport.{module}; print(labsupport.{module}.__name__)"
    output = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert output.strip() == f"labsupport.{module}"


def topics():
    """The names that stand in more than one wing, so are a subject of the course and not a tool of one wing."""
    names = [path.stem for wing in WINGS for path in (PACKAGE / wing).glob("*.py") if path.stem != "__init__"]
    return sorted({name for name in names if names.count(name) > 1})


def test_caching_is_a_topic():
    assert "caching" in topics()


@pytest.mark.parametrize("topic", topics())
def test_a_topic_has_one_name_in_every_wing(topic):
    assert (PACKAGE / "simulators" / f"{topic}.py").exists()
    assert (PACKAGE / "labs" / f"{topic}.py").exists()
    for wing in WINGS:
        if (PACKAGE / wing / f"{topic}.py").exists():
            assert (ROOT / "tests" / wing / f"test_{topic}.py").exists(), f"tests/{wing}/test_{topic}.py is missing"


def test_top_level_holds_what_the_design_names():
    allowed = {
        *("README.md", "requirements.txt", "pyproject.toml", "Makefile", "nbgrader_config.py", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"),
        *("notebooks", "labsupport", "tests", "benchmarks", "docs", "binder", ".ci", ".gitignore", ".git"),
    }
    found = {path.name for path in ROOT.iterdir()}

    assert {name for name in found - allowed if not any(fnmatch(name, pattern) for pattern in ignored_names())} == set()
