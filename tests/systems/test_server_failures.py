"""A server that cannot be started says why, and soon: a program that is missing, ends or never answers, and a directory that is of no use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from labsupport.systems.memcached import Memcached
from labsupport.systems.redis import Redis
from labsupport.systems.server import NotInstalledError, NotStartedError
from tests.support import ROOT, require
from tests.systems.holders import KINDS, each_kind

pytestmark = [pytest.mark.real_system, pytest.mark.usefixtures("every_server")]


@each_kind
def test_a_missing_program(workplace, monkeypatch, kind):
    monkeypatch.setattr(kind, "programs", ("no-such-server",))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(NotInstalledError, match=rf"{kind.name} is not installed here .*To install it: .*{kind.packages.debian}"), kind():
        pass


def test_a_program_that_cannot_be_run(workplace, make_program):
    program = make_program("exit 0")
    program.chmod(0o644)
    with pytest.raises(NotInstalledError, match="is not a program that can be run"), Redis(program=program):
        pass


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("echo 'cannot read my mind' >&2; exit 3", r"(?s)Redis ended at once, with exit code 3\..*cannot read my mind"),
        ("exit 0", r"(?s)Redis ended at once, with exit code 0\..*\(none\)"),
        ("kill -SEGV $$", r"ended at once, by SIGSEGV"),
    ],
)
def test_a_program_that_exits_at_once(workplace, make_program, text, message):
    with pytest.raises(NotStartedError, match=message), Redis(program=make_program(text)):
        pass


@each_kind
def test_any_program_that_exits_at_once(workplace, make_program, kind):
    with (
        pytest.raises(NotStartedError, match=rf"(?s){kind.name} ended at once, with exit code 3\..*my mind"),
        kind(program=make_program("echo 'cannot read my mind' >&2; exit 3")),
    ):
        pass


@each_kind
def test_a_program_that_never_answers(workplace, make_program, kind):
    program = make_program('[ "$1" = -v ] || { echo thinking; sleep 600; }')  # nginx is asked for its version first
    with pytest.raises(NotStartedError, match=rf"(?s){kind.name} did not answer within 1\.5 s\..*thinking"), kind(program=program, timeout=1.5):
        pass


def test_a_program_that_ignores_the_signal_to_end(workplace, make_program, monkeypatch):
    program = make_program("trap '' TERM; echo stubborn; sleep 600; sleep 600")
    with pytest.raises(NotStartedError, match="stubborn"), Redis(program=program, timeout=2.5):
        pass


def test_every_failure_is_told_within_ten_seconds():
    with pytest.raises(ValueError, match=r"timeout is 60, but must be a finite number above 0 and at most 6\.5"):
        Redis(timeout=60)


def test_a_full_temporary_directory(workplace):
    code = """
import os, tempfile
from labsupport.systems import servers
from labsupport.systems.server import ServerError
try:
    with open("/full/filler", "wb") as file:
        while True:
            file.write(bytes(4096)); file.flush()
except OSError:
    tempfile.tempdir = "/full"
for _, kind in servers():
    try:
        with kind():
            print(kind.name, "needs no room")
    except ServerError as error:
        print(error)
    print(os.listdir("/full"))
"""
    require(shutil.which("bwrap"), "needs bubblewrap, for a small file system")
    command = ["bwrap", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--perms", "0755", "--size", "65536", "--tmpfs", "/full"]
    done = subprocess.run([*command, sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    for kind in {*KINDS} - {Memcached}:
        assert f"{kind.name} cannot be started, since the temporary directory /full is full (No space left on device)" in done.stdout
    assert done.stdout.count("['filler']") == len(KINDS)
    assert done.stdout.count("needs no room") == ("Memcached needs no room" in done.stdout)  # it has no file to write


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another user")
def test_a_temporary_directory_that_the_unprivileged_user_may_not_enter(workplace):
    workplace.chmod(0o700)
    with pytest.raises(NotStartedError, match=r"runs as nobody, who may not enter; set TMPDIR .*labsupport-test"), Redis():
        pass
