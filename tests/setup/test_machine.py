"""What is missing on a machine is said in one sentence, before any work is done."""

from __future__ import annotations

import ast
import shutil
import socket
import sys
from types import SimpleNamespace

import pytest

from labsupport import environment, machine
from labsupport.machine import Problem
from tests.setup.machines import checkout, free_port, make


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return checkout(tmp_path_factory.mktemp("machine") / "a course with spaces")


def sentences(output):
    """What was printed, less make's own last line."""
    return [line for line in output.splitlines() if not line.startswith("make:")]


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)])
def test_python_that_fits(version):
    machine.check_python(version)


@pytest.mark.parametrize("version", [(3, 6), (3, 10), (3, 15), (4, 0)])
def test_python_that_does_not_fit(version):
    with pytest.raises(Problem, match=rf"^This is Python {version[0]}\.{version[1]}, but the course needs Python 3\.11 to 3\.14: .*\.$"):
        machine.check_python(version)


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_missing_venv_module(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(Problem, match=r"venv module is missing: on Debian and Ubuntu, run 'sudo apt install python3-venv'"):
        machine.check_python()


@pytest.mark.parametrize("purpose", ["lab", "test"])
def test_no_room(monkeypatch, purpose):
    needed = machine.MEGABYTES[purpose] * 1_000_000

    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=needed))
    machine.check_space(purpose)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=needed - 1_000_000))
    with pytest.raises(Problem, match=r"^There is no room: .* are needed\.$"):
        machine.check_space(purpose)


@pytest.mark.parametrize("text", ["", "0", "80", "1023", "65536", "-1", "8888.0", "8e3", "http", " 8888 "])
def test_port_that_is_none(text):
    with pytest.raises(Problem, match=r"^PORT is '.*', but must be a whole number from 1024 to 65535\.$"):
        machine.checked_port(text)


def test_free_port_is_taken_as_it_is():
    port = free_port()

    assert machine.checked_port(str(port)) == port


def test_taken_port_names_a_free_one():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Problem, match=rf"^Port {port} is taken, .*add PORT=(\d+)") as caught:
            machine.checked_port(str(port))

    offered = int(str(caught.value).split("PORT=")[1].split()[0])
    assert machine.port_is_free(offered)


@pytest.mark.parametrize("target", ["lab", "test", "bench", "clean"])
def test_make_without_any_python(tree, tmp_path, target):
    empty = tmp_path / "empty"
    empty.mkdir()

    output, status = make(tree, target, home=tmp_path, PATH=str(empty), PYTHON="")

    assert status != 0
    assert sentences(output) == [
        "No Python 3.11 to 3.14 was found: install one (python.org, or your package manager), or say where it is with PYTHON=/path/to/python."
    ]


def test_make_with_a_python_that_is_too_old(tree, tmp_path):
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")  # how an old one answers make's question
    old.chmod(0o755)

    output, status = make(tree, "lab", f"PYTHON={old}", home=tmp_path)

    assert status != 0
    assert len(sentences(output)) == 1
    assert f"No Python 3.11 to 3.14 was found as {old}" in output


def test_make_finds_the_newest_python_that_fits(tree, tmp_path):
    for name, answer in (("python3.14", 1), ("python3.13", 0), ("python3.11", 0)):
        fake = tmp_path / name
        fake.write_text(f'#!/bin/sh\ncase "$1" in -c) exit {answer};; esac\necho {name} "$@"\n', encoding="utf-8")
        fake.chmod(0o755)

    output, status = make(tree, "lab", "PORT=9999", "BROWSER=no", home=tmp_path, PATH=str(tmp_path), PYTHON="")

    assert (output, status) == ("python3.13 -m labsupport.environment lab --port 9999 --no-browser\n", 0)


def test_make_lab_on_a_taken_port(tree, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        output, status = make(tree, "lab", f"PORT={other.getsockname()[1]}", home=tmp_path)

    assert status != 0
    assert len(sentences(output)) == 1
    assert "is taken" in output
    assert not (tree / ".venv").exists()


def test_make_without_a_target_helps(tree, tmp_path):
    output, status = make(tree, home=tmp_path)

    assert status == 0
    for target in ("lab", "test", "bench", "record", "handout", "pins", "clean"):
        assert f"make {target} " in output


def test_old_python_can_at_least_read_the_first_files():
    """Python 3.7 must get as far as the sentence, so nothing newer may stand in what it reads first."""
    for module in (environment, machine):
        source = (machine.ROOT / "labsupport" / f"{module.__name__.rpartition('.')[2]}.py").read_text(encoding="utf-8")
        ast.parse(source, feature_version=(3, 7))


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["test"], ["test", "--"]),
        (["test", "ARGS=-k caching"], ["test", "--", "-k", "caching"]),
        (["test", "ARGS=-m 'not slow'"], ["test", "--", "-m", "not slow"]),
        (["bench"], ["bench", "--"]),
        (["record"], ["record", "--"]),
        (["handout"], ["handout", "--"]),
        (["handout", "ARGS=../for-students"], ["handout", "--", "../for-students"]),
        (["pins"], ["pins"]),
        (["clean"], ["clean"]),
        (["lab"], ["lab", "--port", "8888"]),
    ],
)
def test_make_hands_arguments_on(tree, tmp_path, words, command):
    fake = tmp_path / "python"
    fake.write_text('#!/bin/sh\n[ "$1" = -c ] || for word in "$@"; do echo "$word"; done\n', encoding="utf-8")
    fake.chmod(0o755)

    output, status = make(tree, *words, f"PYTHON={fake}", home=tmp_path)

    assert (output.splitlines(), status) == (["-m", "labsupport.environment", *command], 0)


@pytest.mark.parametrize(
    ("command", "purpose", "started"),
    [
        (["test", "--", "-k", "caching"], "test", ["-m", "pytest", "--numprocesses=logical", "--maxprocesses=4", "--dist=loadfile", "-k", "caching"]),
        (["bench"], "test", ["-m", "benchmarks"]),
        (["record"], "test", ["-m", "labsupport", "record"]),
        (["handout", "--", "../for-students"], "lab", ["-m", "labsupport.handout", "../for-students"]),
    ],
)
def test_environment_starts_what_was_asked_for(monkeypatch, command, purpose, started):
    calls = []
    monkeypatch.setattr(environment, "install", calls.append)
    monkeypatch.setattr(environment, "run", lambda *words: calls.append(list(words[1:])))

    assert environment.main(command) == 0
    assert calls == [purpose, started]
