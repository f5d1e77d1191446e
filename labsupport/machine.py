"""What the course needs of a machine before anything is installed: a Python that fits, room on the disk, a free port.

Standard library only, since this is asked first. Each answer is silence, or one sentence that says what to do.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

MEGABYTES = {"lab": 1_200, "test": 1_800}  # measured on Linux: what the environment takes, and half of it again for what pip fetches
OLDEST, NEWEST = (3, 11), (3, 14)  # the pins in requirements.txt are compiled for these and those between


class Problem(Exception):  # noqa: N818 - it is told to a person, as one sentence
    """What went wrong and what to do about it, in one sentence."""


def say(text: str) -> None:
    """Print a line at once, also into a pipe.

    Parameters
    ----------
    text : str
        What to print.

    Examples
    --------
    >>> say("Nothing to do.")
    Nothing to do.
    """
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def check_python(version: tuple[int, int] | None = None) -> None:
    """Raise unless this Python can make the environment.

    Parameters
    ----------
    version : (int, int), optional
        Major and minor version to look at instead of this Python's own.

    Raises
    ------
    Problem
        If the version does not fit the pinned requirements, or a part of Python is missing.

    Examples
    --------
    >>> check_python((3, 11))
    >>> check_python((3, 9))
    Traceback (most recent call last):
    ...
    labsupport.machine.Problem: This is Python 3.9, but the course needs Python 3.11 to 3.14: install one from python.org or your package manager.
    """
    found = version or sys.version_info[:2]
    if not OLDEST <= found <= NEWEST:
        allowed = " to ".join(f"{major}.{minor}" for major, minor in (OLDEST, NEWEST))
        raise Problem(
            f"This is Python {found[0]}.{found[1]}, but the course needs Python {allowed}: install one from python.org or your package manager."
        )
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Problem(
            f"This Python ({sys.executable}) cannot make environments, because its venv module is missing: "
            "on Debian and Ubuntu, run 'sudo apt install python3-venv' and try again."
        )


def check_space(purpose: str) -> None:
    """Raise unless the disk has room for the environment.

    Parameters
    ----------
    purpose : {"lab", "test"}
        What the environment is for.

    Raises
    ------
    Problem
        If it has not.

    Examples
    --------
    >>> check_space("lab")
    """
    free = shutil.disk_usage(ROOT).free // 1_000_000
    if free < MEGABYTES[purpose]:
        raise Problem(f"There is no room: the disk of {ROOT} has {free:,} MB free, but {MEGABYTES[purpose]:,} MB are needed.")


def port_is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of this machine.

    Parameters
    ----------
    port : int
        A TCP port.

    Returns
    -------
    bool

    Examples
    --------
    >>> taken = socket.create_server(("127.0.0.1", 0))
    >>> port_is_free(taken.getsockname()[1])
    False
    >>> taken.close()
    """
    with socket.socket() as probe:
        if os.name != "nt":  # elsewhere it would let two programs share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def checked_port(text: str) -> int:
    """Return the port that was asked for, if JupyterLab can have it.

    Parameters
    ----------
    text : str
        What came from the command line.

    Returns
    -------
    int

    Raises
    ------
    Problem
        If it is no port, or taken; then a free one is named.

    Examples
    --------
    >>> checked_port("eighty")
    Traceback (most recent call last):
    ...
    labsupport.machine.Problem: PORT is 'eighty', but must be a whole number from 1024 to 65535.
    """
    if not text.isdecimal() or not 1024 <= int(text) <= 65_535:
        raise Problem(f"PORT is {text!r}, but must be a whole number from 1024 to 65535.")
    port = int(text)
    if not port_is_free(port):
        other = next((near for near in range(port + 1, min(port + 100, 65_536)) if port_is_free(near)), None)
        advice = f"add PORT={other} (or --port {other}) to use a free one" if other else "add PORT=… to use another"
        raise Problem(f"Port {port} is taken, perhaps by a lab that is already open: {advice}.")
    return port
