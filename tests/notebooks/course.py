"""A whole course in a temporary folder, driven by nbgrader's own command line."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import ROOT

ASSIGNMENT = "04-techniques"


@dataclass(frozen=True)
class Course:
    """The instructor's folder, and the settings that keep it apart from everything else on this machine."""

    root: Path
    home: Path
    exchange: Path

    def environment(self) -> dict[str, str]:
        """No Redis on the path: a notebook must not need it."""
        kept = {name: os.environ[name] for name in ("LANG", "NUMBA_CACHE_DIR") if name in os.environ}
        return kept | {
            "PATH": str(Path(sys.executable).parent),
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.home),
            "USER": "instructor",
            "NBGRADER_EXCHANGE": str(self.exchange),
            "JUPYTER_PLATFORM_DIRS": "1",
            "LABSUPPORT_SYSTEMS": "recorded",  # HAProxy and nginx are found without a path, too
        }

    def nbgrader(self, *arguments: object, cwd: Path | None = None) -> str:
        """Run one nbgrader command; a failure shows everything that it said."""
        command = [sys.executable, "-m", "nbgrader", *map(str, arguments)]
        done = subprocess.run(command, cwd=cwd or self.root, env=self.environment(), capture_output=True, text=True, check=False, timeout=900)
        assert done.returncode == 0, f"nbgrader {' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def grades(self) -> dict[str, dict[str, Any]]:
        """Export the grades, and give each student's row."""
        self.nbgrader("export")
        with (self.root / "class" / "grades.csv").open(encoding="utf-8", newline="") as rows:
            return {row["student_id"]: row for row in csv.DictReader(rows)}


def make(folder: Path) -> Course:
    root, home, exchange = folder / "course", folder / "home", folder / "exchange"
    for made in (root, home, exchange):
        made.mkdir(parents=True)
    exchange.chmod(0o777)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    return Course(root, home, exchange)


def fill_in(path: Path, solutions: Mapping[str, str]) -> None:
    """Type solutions into a student's notebook."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["id"] in solutions:
            cell["source"] = solutions[cell["id"]]
    path.write_text(json.dumps(notebook), encoding="utf-8")
