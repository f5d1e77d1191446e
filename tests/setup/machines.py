"""A fresh checkout, and the commands of a person who has just got it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import nbformat

from tests.support import ROOT

KERNELS = {".nbi", ".nbc"}  # numba's index of what it compiled, and the code
BINARY = KERNELS | {".png", ".pyc"}


def ignored_names():
    """The patterns of .gitignore that can match at the top level."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    return [line.strip("/").split("/")[-1] for line in lines if line and not line.startswith("#")]


def checkout(folder):
    """Copy what git would have, as it is in this tree now."""
    return Path(shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", *ignored_names())))


def warmed(tree):
    """Give a copy the kernels of this tree, compiled once for the whole suite; numba knows a source again by what is in it.

    That all of them can be compiled is for `test_binder` to prove.
    """
    subprocess.run([sys.executable, "-m", "labsupport.warm"], cwd=ROOT, check=True, timeout=300)
    for path in (ROOT / "labsupport").rglob("__pycache__/*"):
        if path.suffix in KERNELS or path.name == "kernels.txt":
            copy = tree / path.relative_to(ROOT)
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(path, copy)
    return tree


def surroundings(home, **more):
    """A person's variables: a home of their own, no virtual environment; only pip's cache is shared."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name in {"PATH", "LANG", "TMPDIR", "CI", "SSL_CERT_FILE"}}
    kept["PATH"] = os.pathsep.join(part for part in kept["PATH"].split(os.pathsep) if Path(part) != Path(sys.executable).parent)
    cache = subprocess.run([sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
    return kept | {"HOME": str(home), "PIP_CACHE_DIR": cache, "PYTHON": sys.executable} | more


def make(folder, *words, home, timeout=120, **more):
    """Run make with these words, and return what it printed and its exit status."""
    ended = subprocess.run(
        [shutil.which("make"), *words], cwd=folder, env=surroundings(home, **more), capture_output=True, text=True, timeout=timeout, check=False
    )
    return ended.stdout + ended.stderr, ended.returncode


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def secrets(folder):
    """Every long line that stands in a solution or a hidden test, and nowhere else in the notebooks."""
    lines = {True: set(), False: set()}
    for path in folder.glob("*/*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            inside = False
            for line in map(str.strip, cell.source.splitlines()):
                if line.startswith("### "):
                    inside = line in {"### BEGIN SOLUTION", "### BEGIN HIDDEN TESTS"}
                elif len(line) >= 30 and not line.startswith(("import ", "from ")):  # the package may need the same module
                    lines[inside].add(line)
    return lines[True] - lines[False]


def leaks(tree, hidden):
    """Every file below a folder with one of these lines in it, as it stands or as a notebook writes it."""
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in tree.rglob("*") if path.is_file() and path.suffix not in BINARY}
    return [(path, line) for path, text in texts.items() for line in hidden if line in text or json.dumps(line)[1:-1] in text]
