"""What tests of real systems need: that these are installed, and a temporary directory in which nothing may be left."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from labsupport.systems import servers
from tests.support import require


def processes_in(directory: Path) -> list[psutil.Process]:
    """Return the processes that work inside a directory, as every server of the course does in its own."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(directory):
                found.append(process)
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


def wait_until_clean(directory: Path) -> None:
    """Wait until no process and no file is left, and say what is if that takes too long."""
    deadline = time.monotonic() + 15
    while processes_in(directory) or any(directory.iterdir()):
        assert time.monotonic() < deadline, f"left behind: {processes_in(directory)}, {list(directory.iterdir())}"
        time.sleep(0.05)


@pytest.fixture
def every_server():
    """All servers of the course, installed."""
    for _, kind in servers():
        require(kind.find(), f"needs {kind.name}")


@pytest.fixture
def workplace(monkeypatch, tmp_path_factory):
    """The temporary directory of the test; afterwards, no process and no file may be in it."""
    tmp_path_factory.getbasetemp()  # made now, so that pytest's own files lie elsewhere
    directory = Path(tempfile.mkdtemp(prefix="labsupport-test-")).resolve()
    directory.chmod(0o755)  # a server that gives up root's rights must be able to enter
    monkeypatch.setenv("TMPDIR", str(directory))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield directory
    wait_until_clean(directory)
    directory.rmdir()


@pytest.fixture
def make_program(workplace):
    """Make small programs that everybody may run."""
    directory = Path(tempfile.mkdtemp(prefix="labsupport-programs-", dir=workplace.parent))
    directory.chmod(0o755)

    def make(text: str, name: str = "program") -> Path:
        program = directory / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
        return program

    yield make
    shutil.rmtree(directory)
