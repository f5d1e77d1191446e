"""Recording: a real workload from this machine, the files that a Python program opens while it runs."""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

# Runs in the child. It imports nothing before the program does, since a module that is already there is not opened again.
_RECORDER = """
import sys
def _start(log):
    def hook(event, details):
        if event == "open" and isinstance(details[0], (str, bytes)) and not details[2] & 3 and not log.closed:  # 1: write, 2: both
            path = details[0] if isinstance(details[0], str) else details[0].decode(errors="surrogateescape")
            log.write(ascii(path) + "\\n")
            log.flush()
    sys.addaudithook(hook)
_start(open(sys.argv.pop(1), "w", encoding="ascii"))
kind, program = sys.argv[1:3]
sys.argv[:3] = [program if kind == "file" else kind]
if kind == "-c":
    _code = compile(program, "<string>", "exec")
    del sys, kind, program, _start
    exec(_code)
else:
    import runpy
    if kind == "-m":
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = __import__("os").path.dirname(program)
        runpy.run_path(program, run_name="__main__")
"""


@dataclass(frozen=True)
class OpenedFiles:
    """The files a program opened for reading, in the order in which it opened them.

    Attributes
    ----------
    paths : tuple of str
        One path per opening; a file opened twice is there twice.
    trace : ndarray of int64, shape (openings,)
        The same as keys: 0 for the first file, 1 for the next new one, and so on. Read-only.
    """

    paths: tuple[str, ...]
    trace: NDArray[np.int64]


def opened_files(arguments: Sequence[str], timeout: float = 60.0) -> OpenedFiles:
    """Record which files are opened for reading while ``python ARGUMENTS`` runs on this machine.

    The program runs in a child process of the same Python, with an audit hook that notes every opening, and must come
    to its own end. What it prints is thrown away; it gets no keyboard input.

    Parameters
    ----------
    arguments : sequence of str
        What to write after ``python``: ``["-c", "import json"]``, ``["-m", "pydoc", "json"]`` or ``["program.py", "argument"]``.
    timeout : float
        Longest time allowed, in seconds, above 0.

    Returns
    -------
    OpenedFiles
        The paths and the trace of keys.

    Raises
    ------
    TypeError, ValueError
        If the arguments are not of the forms above, or no such program is found.
    RuntimeError
        If the program ends with an error, or opens no file.
    TimeoutError
        If it runs longer than ``timeout``.

    References
    ----------
    PEP 578, "Python Runtime Audit Hooks"; Python documentation, "Audit events table": event ``open``.

    Examples
    --------
    >>> files = opened_files(["-c", "import json.tool"])
    >>> any("json" in path for path in files.paths)
    True
    >>> int(files.trace[0])
    0
    """
    command = _program(arguments)
    timeout = checks.number("timeout", timeout, above=0)
    shown = " ".join(["python", *arguments])
    # Windows cannot remove a file that a grandchild still holds open.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        log, complaints = Path(folder, "opened"), Path(folder, "stderr")
        with complaints.open("wb") as stderr:
            try:
                ended = subprocess.run(  # noqa: S603 - the student's own program, by the student's own wish
                    [sys.executable, "-c", _RECORDER, str(log), *command],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,  # a file and no pipe: a grandchild that keeps it open must not keep us waiting
                    timeout=timeout,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise TimeoutError(f"`{shown}` ran longer than {timeout:g} s, so it was stopped: choose a program that ends by itself") from None
        if ended.returncode != 0:
            lines = complaints.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            last = lines[-1] if lines else "it gave no message"
            if command[0] == "-m" and last.startswith(("ImportError: No module named", "ModuleNotFoundError")) and command[1].split(".")[0] in last:
                raise ValueError(f"arguments name the module {command[1]!r}, but it was not found: {last}")
            raise RuntimeError(f"`{shown}` ended with exit code {ended.returncode}: {last}")
        paths = tuple(ast.literal_eval(line) for line in log.read_text(encoding="ascii").splitlines())
    if not paths:
        raise RuntimeError(f"`{shown}` opened no file, so there is nothing to cache: choose a program that imports something")
    numbers: dict[str, int] = {}
    trace = np.array([numbers.setdefault(path, len(numbers)) for path in paths], dtype=np.int64)
    trace.flags.writeable = False
    return OpenedFiles(paths, trace)


def _program(arguments: Sequence[str]) -> list[str]:
    """Return the kind of program, its name, and its own arguments."""
    forms = '["-c", CODE], ["-m", MODULE, …] or ["program.py", …]'
    if isinstance(arguments, str):
        raise TypeError(f"arguments is the text {arguments!r}, but must be a list of texts: {forms}")
    words = list(arguments)
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"arguments holds {word!r} ({type(word).__name__}), but must hold texts only: {forms}")
    if words[:1] in (["-c"], ["-m"]):
        if len(words) < 2:
            raise ValueError(f"arguments is {words!r}, but {words[0]} must be followed by a program: {forms}")
        return words
    if not words or words[0].startswith("-"):
        raise ValueError(f"arguments is {words!r}, but must be one of {forms}")
    if not Path(words[0]).is_file():
        raise ValueError(f"arguments name the program {words[0]!r}, but there is no such file in {Path.cwd()}")
    return ["file", str(Path(words[0]).resolve()), *words[1:]]
