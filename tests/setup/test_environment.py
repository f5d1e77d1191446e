"""The environment: made once, trusted only when finished, and every way it can fail says one sentence."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from labsupport import environment
from labsupport.machine import Problem
from tests.setup.machines import checkout, free_port, make, surroundings, warmed
from tests.support import require

HERE = f"made for {environment.ROOT} with Python {sys.version_info[0]}.{sys.version_info[1]}"


class FakeMachine:
    """Counts what is made and installed, instead of doing it."""

    def __init__(self, folder, monkeypatch):
        self.calls = []
        self.words = None
        self.state = folder / "state.txt"
        monkeypatch.setattr(environment, "STATE", self.state)
        monkeypatch.setattr(environment, "ENVIRONMENT", folder)
        monkeypatch.setattr(environment, "_make_environment", lambda: self.calls.append("make"))
        monkeypatch.setattr(environment, "_pip", self.pip)

    def pip(self, *_):
        self.calls.append("pip")
        self.during = self.state.read_text(encoding="utf-8")
        return self.words


@pytest.fixture
def fake(tmp_path, monkeypatch):
    return FakeMachine(tmp_path, monkeypatch)


def test_second_time_does_nothing(fake):
    environment.install("lab")
    environment.install("lab")

    assert fake.calls == ["make", "pip"]


def test_an_environment_for_tests_serves_the_lab_but_not_the_other_way_round(fake):
    environment.install("test")
    environment.install("lab")
    assert fake.calls == ["make", "pip"]

    fake.state.unlink()
    environment.install("lab")
    environment.install("test")
    assert fake.calls[2:] == ["make", "pip", "pip"]


def test_changed_requirements_are_installed(fake, tmp_path, monkeypatch):
    environment.install("lab")
    monkeypatch.setattr(environment, "_fingerprint", lambda path: f"0123 {path.name}")
    environment.install("lab")

    assert fake.calls == ["make", "pip", "pip"]


@pytest.mark.parametrize("state", ["", "being filled\n", HERE.replace("Python 3", "Python 2"), HERE.replace(str(environment.ROOT), "/elsewhere")])
def test_unfinished_moved_or_foreign_environment_is_made_anew(fake, state):
    fake.state.write_text(state, encoding="utf-8")

    environment.install("lab")

    assert fake.calls == ["make", "pip"]


def test_interruption_leaves_no_trusted_environment(fake):
    environment.install("lab")
    environment.install("test")

    assert fake.during == "being filled\n"


@pytest.mark.parametrize(
    "words",
    [
        "WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by 'NewConnectionError(...)': /simple/anyio/",
        "ERROR: HTTPSConnectionPool(host='x', port=443): Read timed out.",
        "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed'",
    ],
)
def test_no_network_keeps_what_was_there(fake, words):
    environment.install("lab")
    before = fake.state.read_text(encoding="utf-8")
    fake.words = words

    with pytest.raises(Problem, match=r"^There is no network: "):
        environment.install("test")

    assert fake.state.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("words", ["ERROR: [Errno 28] No space left on device", "OSError: [WinError 112] There is not enough space on the disk"])
def test_full_disk_is_not_taken_for_no_network(fake, words):
    fake.words = "WARNING: Retrying (Retry(total=4))\n" + words

    with pytest.raises(Problem, match=r"^There is no room: "):
        environment.install("lab")

    assert fake.state.read_text(encoding="utf-8") == "being filled\n"


def test_other_failure_shows_the_words_of_pip(fake, capsys):
    fake.words = "ERROR: No matching distribution found for anyio==0"

    with pytest.raises(Problem, match=r"^pip could not install"):
        environment.install("lab")

    assert "No matching distribution found for anyio==0" in capsys.readouterr().out


def test_full_disk_anywhere_else(fake, monkeypatch, capsys):
    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(environment, "_make_environment", lambda: full("pyvenv.cfg"))

    assert environment.main(["test"]) == 1
    assert "There is no room" in capsys.readouterr().out


def settings(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


PAGE = "etc/jupyter/labconfig/page_config.json"
OVERRIDES = "share/jupyter/lab/settings/overrides.json"


def test_announcements_are_off_and_a_notebook_keeps_its_widgets(fake, tmp_path):
    environment.install("lab")

    assert settings(tmp_path, PAGE) == {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    assert settings(tmp_path, OVERRIDES) == {"@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True}}


def test_an_environment_from_before_a_setting_gets_it(fake, tmp_path):
    environment.install("lab")
    (tmp_path / OVERRIDES).unlink()
    environment.install("lab")

    assert (tmp_path / OVERRIDES).exists()
    assert fake.calls == ["make", "pip"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"theme": {"dark": true}}', {"theme": {"dark": True}}),
        ('{"@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": false, "other": 1}}', {}),
        ("[]", {}),
        ("{", {}),
        ('{"@jupyter-widgets/jupyterlab-manager:plugin": null}', {}),
    ],
)
def test_other_settings_stay(tmp_path, before, after):
    path = tmp_path / OVERRIDES
    path.parent.mkdir(parents=True)
    path.write_text(before, encoding="utf-8")

    environment.write_settings(tmp_path)

    found = settings(tmp_path, OVERRIDES)
    assert found.pop("@jupyter-widgets/jupyterlab-manager:plugin") == {"saveState": True} | ({"other": 1} if "other" in before else {})
    assert found == after


def test_a_handout_without_its_notebooks_says_so(fake, tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(environment, "RELEASED", tmp_path / "released")

    with pytest.raises(Problem, match=r"^There are no notebooks: released/ is missing, so get the handout again\.$"):
        environment.lab(str(free_port()), browser=False)

    assert fake.calls == []


def test_a_handout_has_no_tests(fake, tmp_path, monkeypatch):
    monkeypatch.setitem(environment.REQUIREMENTS, "test", environment.ROOT / "nowhere" / "requirements.txt")

    with pytest.raises(Problem, match=r"^This is a student's handout: nowhere/requirements\.txt is not in it, only what 'make lab' needs\.$"):
        environment.install("test")

    assert fake.calls == []


def test_clean_leaves_notebooks_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    for name in (".venv/bin", "student/04", "class/submitted", "labsupport/__pycache__", ".pytest_cache"):
        (tmp_path / name).mkdir(parents=True)

    environment.clean()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["class", "labsupport", "student"]
    assert list((tmp_path / "labsupport").iterdir()) == []


@pytest.mark.slow
def test_no_network(tmp_path):
    tree = checkout(tmp_path / "course")
    nowhere = {"PIP_INDEX_URL": "https://nowhere.invalid/simple", "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}

    output, status = make(tree, "lab", f"PORT={free_port()}", home=tmp_path, PIP_RETRIES="1", **nowhere)

    assert status != 0
    assert "There is no network: Python's package index cannot be reached." in output
    assert "Traceback" not in output


SPARE = 2_000  # kB that are left on the small disk once the course is on it


@pytest.mark.slow
@pytest.mark.parametrize("foreseen", [True, False], ids=["foreseen", "not foreseen"])
def test_disk_that_is_too_small(tmp_path, foreseen):
    require(hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("unshare"), "only root can mount a small disk")
    tree = tmp_path / "course"
    tree.mkdir()
    source = checkout(tmp_path / "source")
    if not foreseen:  # as if something else filled the disk while the environment is made
        machine = source / "labsupport" / "machine.py"
        machine.write_text(machine.read_text(encoding="utf-8").replace('"lab": 1_200', '"lab": 0'), encoding="utf-8")
    kilobytes = SPARE + sum(-(-path.stat().st_size // 4096) * 4 for path in source.rglob("*"))  # whole pages, as the disk of memory counts
    command = f"mount -t tmpfs -o size={kilobytes}k none {tree} && cp -r {source}/. {tree} && cd {tree} && make lab PORT={free_port()}"

    ended = subprocess.run(
        ["unshare", "--mount", "sh", "-c", command], env=surroundings(tmp_path), capture_output=True, text=True, check=False, timeout=120
    )

    assert ended.returncode != 0
    assert "There is no room: the disk of" in ended.stdout
    assert ("Making the environment" in ended.stdout) is not foreseen
    assert "Traceback" not in ended.stdout + ended.stderr


class Lab:
    """A ``make lab`` that is under way, and everything it has printed."""

    def __init__(self, tree, port, home):
        self.output = home / "output.txt"
        self.keyboard, terminal = os.openpty()  # only at a terminal does Jupyter stop at Ctrl-C
        with self.output.open("w", encoding="utf-8") as sink:
            self.process = subprocess.Popen(
                ["make", "lab", f"PORT={port}", "BROWSER=no"],
                cwd=tree,
                env=surroundings(home),
                stdin=terminal,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        os.close(terminal)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.end(signal.SIGKILL)
        os.close(self.keyboard)

    def wait_for(self, pattern, seconds):
        for _ in range(seconds * 10):
            found = re.search(pattern, self.output.read_text(encoding="utf-8"))
            if found:
                return found
            assert self.process.poll() is None, self.output.read_text(encoding="utf-8")
            time.sleep(0.1)
        raise AssertionError(f"no {pattern!r} within {seconds} s in: {self.output.read_text(encoding='utf-8')}")

    def end(self, number):
        os.killpg(self.process.pid, number)
        return self.process.wait(timeout=30)


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - the lab's own address
        return answer.read().decode()


def contents(url):
    return json.loads(fetch(url))["content"]


@pytest.mark.slow
def test_fresh_machine(tmp_path):
    """Get the course, start, lose the power while it installs, start again, work, stop, and start once more."""
    require(shutil.which("make") and shutil.which("git"), "make and git start a fresh machine")
    tree = warmed(checkout(tmp_path / "my course"))
    (kernel,) = tree.glob("labsupport/theory/__pycache__/loss._erlang_b-*.nbi")
    kernel.unlink()  # one is left to compile with nothing but what a student has, which lacks SciPy
    port = free_port()

    with Lab(tree, port, tmp_path) as lab:
        lab.wait_for("Installing what is in requirements.txt", 60)
        lab.end(signal.SIGKILL)

    with Lab(tree, port, tmp_path) as lab:
        lab.wait_for("Making the environment", 60)
        token = lab.wait_for(rf"http://localhost:{port}/lab\?token=(\w+)", 600).group(1)
        folders = {entry["name"] for entry in contents(f"http://127.0.0.1:{port}/api/contents?token={token}")}
        notebooks = {entry["name"] for entry in contents(f"http://127.0.0.1:{port}/api/contents/04-techniques?token={token}")}
        page = fetch(f"http://127.0.0.1:{port}/lab?token={token}")
        widgets = json.loads(fetch(f"http://127.0.0.1:{port}/lab/api/settings/@jupyter-widgets/jupyterlab-manager:plugin?token={token}"))
        lab.end(signal.SIGINT)
    assert kernel.exists()
    assert "04-techniques" in folders
    assert "04-techniques.ipynb" in notebooks
    assert "@jupyterlab/apputils-extension:announcements" in page  # listed as disabled
    assert widgets["schema"]["properties"]["saveState"]["default"] is True

    with Lab(tree, port, tmp_path) as lab:
        lab.wait_for(rf"http://localhost:{port}/lab\?token=", 60)
        again = lab.output.read_text(encoding="utf-8")
        lab.end(signal.SIGINT)
    assert "The environment .venv is ready." in again
    assert "Installing" not in again
