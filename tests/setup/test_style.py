"""One style and one strictness over the whole tree; the settings and the reason of every exception are in pyproject.toml."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support import ROOT


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache", "--output-format=concise", "."),
        ("ruff", "format", "--no-cache", "--check", "--output-format=concise", "."),
        ("mypy", "--strict"),
        ("codespell_lib", "."),
    ],
    ids=["ruff check", "ruff format", "mypy", "codespell"],
)
def test_tree_is_clean(command):
    checked = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr
