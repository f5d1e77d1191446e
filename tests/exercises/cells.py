"""Grade a notebook's cells in this process: hundreds of wrong solutions in a minute, with no kernel."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from tests.support import ROOT


@dataclass(frozen=True)
class Wrong:
    """A wrong solution: the reference with one text replaced by another, and the test cells that it must fail."""

    name: str
    cell: str
    old: str  # empty: the whole cell is replaced
    new: str
    loses: frozenset[str]

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def wrong(name: str, cell: str, change: tuple[str, str], *loses: str) -> Wrong:
    return Wrong(name, cell, *change, frozenset(loses))


@dataclass(frozen=True)
class Notebook:
    """The code of a notebook's cells by their ids, in order, and the points of its test cells by grade id."""

    sources: Mapping[str, str]
    points: Mapping[str, int]

    def with_solution(self, mistake: Wrong) -> Notebook:
        """Put the mistake into its cell, and leave out the other exercises."""
        source = self.sources[mistake.cell]
        assert mistake.old in source, f"{mistake.name}: the reference no longer reads {mistake.old!r}"
        changed = source.replace(mistake.old, mistake.new) if mistake.old else mistake.new
        assert changed != source
        return self.only(mistake.cell, changed)

    def only(self, cell: str, source: str) -> Notebook:
        """Keep one exercise, with this for its solution: up to the next solution, tests belong to it."""
        later = list(self.sources)[list(self.sources).index(cell) + 1 :]
        tests = list(takewhile(self.points.__contains__, later))
        kept = {"setup": self.sources["setup"], cell: source, **{test: self.sources[test] for test in tests}}
        return Notebook(kept, {test: self.points[test] for test in tests})

    def grade(self) -> dict[str, int]:
        """Run the cells and return the points earned in each test cell."""
        return {cell: self.points[cell] if passed else 0 for cell, passed, _ in self.run() if cell in self.points}

    def check(self, mistake: Wrong) -> None:
        """Hold what a mistake loses, and what is said about it, against what it must."""
        exercise = self.with_solution(mistake)
        outcomes = {cell: (passed, text) for cell, passed, text in exercise.run()}
        lost = {cell for cell in exercise.points if not outcomes[cell][0]}
        assert lost == mistake.loses, f"loses {sorted(lost)}, but must lose {sorted(mistake.loses)}"
        for cell in mistake.loses:
            sentence = outcomes[cell][1].rpartition("NotYet: ")[2]
            assert sentence.startswith(("almost: ", "still missing: ")), outcomes[cell][1]
            assert "Look next: " in sentence, sentence
            assert "\n" not in sentence, sentence

    def run(self) -> Iterator[tuple[str, bool, str]]:
        """Run one cell after the other; give its id, whether it passed, and what it printed or raised."""
        names: dict[str, Any] = {"__name__": "__main__"}
        for cell, source in self.sources.items():
            said = io.StringIO()
            try:
                with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                    exec(compile(source, cell, "exec"), names)  # noqa: S102 - the cells are the course's own
            except Exception as error:  # as a kernel would, go on with the next cell
                yield cell, False, f"{said.getvalue()}{type(error).__name__}: {error}"
            else:
                yield cell, True, said.getvalue()


def techniques() -> Notebook:
    """Read notebook 04 with its solutions."""
    return read(ROOT / "notebooks" / "04-techniques" / "04-techniques.ipynb")


def read(path: Path) -> Notebook:
    """Read what grading needs: the cell with id ``setup``, the solutions and the tests."""
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    graded = [cell for cell in cells if "nbgrader" in cell["metadata"] or cell["id"] == "setup"]
    points = {cell["id"]: cell["metadata"]["nbgrader"]["points"] for cell in graded if cell["metadata"].get("nbgrader", {}).get("grade")}
    return Notebook({cell["id"]: "".join(cell["source"]) for cell in graded}, points)
