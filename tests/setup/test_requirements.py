"""The pins: complete, what pyproject.toml asks for, and free of addresses."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from itertools import chain

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
FILES = {"requirements.txt": PROJECT["dependencies"], "tests/requirements.txt": [*PROJECT["dependencies"], *chain.from_iterable(EXTRAS.values())]}
MACHINES = [(version, system) for version in ("3.11", "3.12", "3.13", "3.14") for system in ("linux", "darwin", "win32")]


def lines(name):
    return [line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def pins(name, version, system):
    """What the file installs on one kind of machine: a name and a version each."""
    machine = {
        "python_version": version,
        "python_full_version": f"{version}.9",
        "sys_platform": system,
        "os_name": "nt" if system == "win32" else "posix",
    }
    pinned = [Requirement(line) for line in lines(name)]
    return [(canonicalize_name(pin.name), pin) for pin in pinned if pin.marker is None or pin.marker.evaluate(machine)]


@pytest.mark.parametrize("name", FILES)
def test_only_pins(name):
    for line in lines(name):
        (specifier,) = Requirement(line).specifier
        assert specifier.operator == "==", line
        assert "*" not in specifier.version, line
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--" not in text


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("version", "system"), MACHINES)
def test_each_machine_gets_each_package_once(name, version, system):
    names = [package for package, _ in pins(name, version, system)]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("version", "system"), MACHINES)
def test_pins_satisfy_the_project(name, version, system):
    pinned = {package: next(iter(one.specifier)).version for package, one in pins(name, version, system)}

    for text in FILES[name]:
        asked = Requirement(text)
        if asked.marker is None or asked.marker.evaluate({"sys_platform": system}):
            assert asked.specifier.contains(pinned[canonicalize_name(asked.name)]), text


@pytest.mark.parametrize(("version", "system"), MACHINES)
def test_students_get_the_versions_that_were_tested(version, system):
    tested = {package: str(one.specifier) for package, one in pins("tests/requirements.txt", version, system)}
    given = {package: str(one.specifier) for package, one in pins("requirements.txt", version, system)}

    assert given.items() <= tested.items()


def test_this_environment_is_complete():
    """The pins are installed without looking at what each package asks for, so that has to be done here."""
    checked = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout
