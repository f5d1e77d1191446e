"""The course's own Python environment: made, filled with the pinned requirements, and put to work.

This file runs *before* anything is installed, on Linux, macOS and Windows alike, so it uses the standard
library only. ``make`` calls it; where there is no make, call it yourself::

    python -m labsupport.environment lab

An environment that was not finished – interrupted, disk full, folder moved, other Python – is made anew; a
finished one is left alone until the requirements change. Whatever goes wrong ends in one sentence.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from labsupport.machine import ROOT, Problem, check_python, check_space, checked_port, say

ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STATE = ENVIRONMENT / "state.txt"
NOTEBOOKS = ROOT / "notebooks"
RELEASED = ROOT / "released"
STUDENT = ROOT / "student"

REQUIREMENTS = {"lab": ROOT / "requirements.txt", "test": ROOT / "tests" / "requirements.txt"}
# What JupyterLab is told, by file below the environment.
SETTINGS = {
    "etc/jupyter/labconfig/page_config.json": {
        "disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}
    },  # they ask, and call home
    "share/jupyter/lab/settings/overrides.json": {"@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True}},  # or a reopened lab is an error
}
NO_SPACE = re.compile(r"No space left|Errno 28|not enough space|WinError 112|Disk quota exceeded", re.IGNORECASE)
NO_NETWORK = re.compile(
    r"Retrying \(Retry|ConnectionError|NameResolutionError|ProxyError|SSLError|timed out|Connection (refused|reset|aborted)", re.IGNORECASE
)


def run(*command: str | Path) -> None:
    """Run a command in the project's folder and stop where it fails; it says itself what is wrong.

    Parameters
    ----------
    *command : str or Path
        Program and arguments.

    Raises
    ------
    SystemExit
        With the command's own exit status, if it is not zero.

    Examples
    --------
    >>> run(sys.executable, "-c", "pass")
    """
    status = subprocess.run(command, cwd=ROOT, env=_surroundings(), check=False).returncode  # noqa: S603 - our own commands only
    if status:
        raise SystemExit(status)


def install(purpose: str) -> None:
    """Make the environment and fill it, unless that is done already.

    Parameters
    ----------
    purpose : {"lab", "test"}
        What the environment is for. One that is fit for tests is fit for the lab.

    Raises
    ------
    Problem
        If there is no room, no network, or a package cannot be installed.

    Examples
    --------
    >>> install("everything")
    Traceback (most recent call last):
    ...
    KeyError: 'everything'
    """
    if not REQUIREMENTS[purpose].exists():
        raise Problem(f"This is a student's handout: {REQUIREMENTS[purpose].relative_to(ROOT).as_posix()} is not in it, only what 'make lab' needs.")
    wanted = _fingerprint(REQUIREMENTS[purpose])
    origin = f"made for {ROOT} with Python {sys.version_info[0]}.{sys.version_info[1]}"
    state = STATE.read_text(encoding="utf-8").splitlines() if STATE.exists() else []
    if state[:1] != [origin]:
        check_space(purpose)
        say(f"Making the environment {ENVIRONMENT.name} …")
        _make_environment()
        state = [origin]
        STATE.write_text(origin + "\n", encoding="utf-8")
    if wanted in state:
        write_settings(ENVIRONMENT)  # an older environment may lack some
        say(f"The environment {ENVIRONMENT.name} is ready.")
        return
    check_space(purpose)
    say(f"Installing what is in {REQUIREMENTS[purpose].relative_to(ROOT)} (a minute or two, the first time) …")
    STATE.write_text("being filled\n", encoding="utf-8")  # stands until pip is through: only a finished environment is trusted
    words = _pip("install", "--no-deps", "-r", str(REQUIREMENTS[purpose]), "-e", str(ROOT))
    if words is None:
        done = [wanted] if purpose == "lab" else [_fingerprint(path) for path in REQUIREMENTS.values()]
        write_settings(ENVIRONMENT)
        STATE.write_text("\n".join([origin, *done, ""]), encoding="utf-8")
        return
    if NO_SPACE.search(words):
        raise Problem(f"There is no room: the disk filled up while installing into {ENVIRONMENT}.")
    if NO_NETWORK.search(words):
        STATE.write_text("\n".join([*state, ""]), encoding="utf-8")  # pip fetches everything before it changes anything
        raise Problem("There is no network: Python's package index cannot be reached. Connect and run this again; what was fetched so far is kept.")
    say(words)
    raise Problem("pip could not install the requirements; its own words are above.")


def write_settings(environment: Path) -> None:
    """Tell JupyterLab how the course wants it, and leave every other setting as it is.

    Parameters
    ----------
    environment : Path
        The environment that JupyterLab runs in, ``sys.prefix`` to itself.

    References
    ----------
    .. [1] JupyterLab documentation, "Advanced Usage: overrides.json", and jupyterlab_widgets' setting ``saveState``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_settings(Path(folder))
    ...     print((Path(folder) / "share/jupyter/lab/settings/overrides.json").read_text(encoding="utf-8"))
    {"@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": true}}
    """
    for name, wanted in SETTINGS.items():
        path = environment / name
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            before = {}
        settings = dict(before) if isinstance(before, dict) else {}
        for key, values in wanted.items():
            present = settings.get(key)
            settings[key] = {**(present if isinstance(present, dict) else {}), **values}
        if settings != before or not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings), encoding="utf-8")


def lab(port: str, browser: bool) -> None:
    """Bring the student's notebooks into their folder, leaving what a student changed, and open JupyterLab on them, until it is stopped.

    Parameters
    ----------
    port : str
        The port to serve on.
    browser : bool
        Whether to open a browser, too.

    Raises
    ------
    Problem
        If the port is taken, there are no notebooks, or the environment cannot be made.

    Examples
    --------
    >>> lab("-1", browser=False)
    Traceback (most recent call last):
    ...
    labsupport.machine.Problem: PORT is '-1', but must be a whole number from 1024 to 65535.
    """
    number = checked_port(port)
    if not NOTEBOOKS.exists() and not RELEASED.exists():
        raise Problem(f"There are no notebooks: {RELEASED.name}/ is missing, so get the handout again.")
    install("lab")
    say(f"Bringing the notebooks into {STUDENT.name}/ …")
    run(PYTHON, "-m", "labsupport", "release", "--output", STUDENT.name)
    say("Warming up the simulators …")
    run(PYTHON, "-m", "labsupport.warm")
    say(f"Opening JupyterLab on port {number}; its address follows, and Ctrl-C stops it …")
    options = [
        f"--ServerApp.root_dir={STUDENT}",
        f"--ServerApp.port={number}",
        "--ServerApp.port_retries=0",
        "--ServerApp.answer_yes=True",
        "--log-level=ERROR",
    ]
    if not browser:
        options.append("--no-browser")
    if os.name != "nt" and os.geteuid() == 0:
        options.append("--allow-root")
    _become(PYTHON, "-m", "jupyterlab", *options)


def clean() -> None:
    """Remove what set-up and tests made; a student's notebooks and an instructor's class are never touched.

    Examples
    --------
    >>> clean.__name__
    'clean'
    """
    for name in (".venv", "build", "labsupport.egg-info", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for folder in ("labsupport", "tests", "benchmarks"):
        for cache in (ROOT / folder).rglob("__pycache__"):
            shutil.rmtree(cache, ignore_errors=True)
    say("Removed the environment and all caches; student/ and class/ are as they were.")


def pins() -> None:
    """Compile the pinned requirements from pyproject.toml anew, with the newest versions that fit together.

    Raises
    ------
    SystemExit
        If they cannot be resolved.

    Examples
    --------
    >>> pins.__name__
    'pins'
    """
    install("test")
    compiling = [str(PYTHON), "-m", "uv", "pip", "compile", "-q", "--upgrade", "--universal", "--python-version", "3.11"]
    compiling += ["--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--custom-compile-command", "make pins", "pyproject.toml"]
    run(*compiling, "--all-extras", "-o", REQUIREMENTS["test"])
    run(*compiling, "-c", REQUIREMENTS["test"], "-o", REQUIREMENTS["lab"])  # a student gets the very versions that were tested


def main(arguments: list[str] | None = None) -> int:
    """Do what ``make`` or a person asks for.

    Parameters
    ----------
    arguments : list of str, optional
        The command line; by default this process's own.

    Returns
    -------
    int
        The exit status: 0, or 1 after one sentence about what went wrong.

    Examples
    --------
    >>> main(["lab", "--port", "80"])
    PORT is '80', but must be a whole number from 1024 to 65535.
    1
    """
    parser = argparse.ArgumentParser(prog="python -m labsupport.environment", description="Make the course's environment and put it to work.")
    parser.add_argument("command", choices=["lab", "test", "bench", "record", "handout", "pins", "clean"])
    parser.add_argument("--port", default="8888", help="where JupyterLab is served")
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    parser.add_argument("rest", nargs="*", help="after --, for the program that is started")
    given = parser.parse_args(arguments)
    try:
        check_python()
        if given.command == "lab":
            lab(given.port, not given.no_browser)
        elif given.command == "clean":
            clean()
        elif given.command == "pins":
            pins()
        else:
            tests = ["pytest", "--numprocesses=logical", "--maxprocesses=4", "--dist=loadfile"]
            starts = {"test": tests, "bench": ["benchmarks"], "record": ["labsupport", "record"], "handout": ["labsupport.handout"]}
            module = starts[given.command]
            install("lab" if given.command == "handout" else "test")
            run(PYTHON, "-m", *module, *given.rest)
    except Problem as problem:
        say(str(problem))
        return 1
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        say(f"There is no room: the disk of {ROOT} is full.")
        return 1
    except KeyboardInterrupt:
        say("\nStopped. Run it again to go on.")
        return 130
    return 0


def _fingerprint(path: Path) -> str:
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.relative_to(ROOT).as_posix()}"


def _surroundings() -> dict[str, str]:
    """Return this process's variables without those that would lead Python or pip out of the environment."""
    foreign = {"PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_REQUIRE_VIRTUALENV", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    return {name: value for name, value in os.environ.items() if name not in foreign} | {"PYTHONNOUSERSITE": "1"}


def _make_environment() -> None:
    """Make an empty environment, in place of one that is not ours or was never finished."""
    command = [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)]
    making = subprocess.run(command, env=_surroundings(), capture_output=True, text=True, check=False)  # noqa: S603 - this very Python
    if making.returncode:
        words = making.stdout + making.stderr
        if NO_SPACE.search(words) or shutil.disk_usage(ROOT).free < 20_000_000:  # venv does not always pass the reason on
            raise Problem(f"There is no room: the disk of {ROOT} is full.")
        say(words)
        raise Problem(f"This Python ({sys.executable}) could not make an environment; its own words are above.")


def _pip(*arguments: str) -> str | None:
    """Run pip, show the package it is at, and return its words if it failed."""
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    words: list[str] = []
    with subprocess.Popen(command, cwd=ROOT, env=_surroundings(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:  # noqa: S603 - as above
        for line in pip.stdout or ():
            words.append(line)
            if sys.stdout.isatty() and line.startswith(("Collecting", "Installing")):
                sys.stdout.write("\r  " + line.split(" (")[0].strip()[:70].ljust(72))
                sys.stdout.flush()
    if sys.stdout.isatty():
        sys.stdout.write("\r" + " " * 74 + "\r")
    return "".join(words[-40:]) if pip.returncode else None


def _become(*command: str | Path) -> None:
    """Put a program in this one's place, so that a signal to it stops the program."""
    if os.name != "nt":
        os.chdir(STUDENT)  # not where the instructor's nbgrader_config.py is
        os.execve(command[0], [str(part) for part in command], _surroundings())  # noqa: S606 - no shell is wanted
    server = subprocess.Popen(command, cwd=STUDENT, env=_surroundings())  # noqa: S603 - our own command; Windows cannot replace a process
    while server.poll() is None:
        try:
            server.wait()
        except KeyboardInterrupt:  # the server gets it, too, and ends in its own time
            continue


if __name__ == "__main__":
    sys.exit(main())
