"""The leaderboard of the capstone: what each design in a class costs, how fast it is, and whether it holds – without names.

Each notebook that nbgrader has run says, in the output of a locked cell, which design its author chose. The designs are read from there,
so that no student's code is run, and every one of them meets the same days, drawn from the lecturer's own seeds. A row bears a pseudonym
made from id and design: whoever knows both finds the row, and nobody else can tell whose it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.exercises import whole_system
from labsupport.exercises.whole_system import AVAILABILITY

if TYPE_CHECKING:
    import pandas as pd

CELL = "capstone-standing"
WORDS = "leaderboard: "
COLUMNS = ("pseudonym", "cost", "p99", "availability", "efficiency", "holds", "best")


def leaderboard(place: str | Path, seeds: Sequence[int] = (101, 102)) -> pd.DataFrame:
    """Let the same days come to every design of a class.

    Parameters
    ----------
    place : str or Path
        A folder with a folder for each student, such as nbgrader's ``class/autograded``; notebooks may lie at any depth in these.
    seeds : sequence of int, optional
        Which days of each kind; others than students know.

    Returns
    -------
    pandas.DataFrame
        A row for each design that could be read, those that hold first, then by efficiency: ``pseudonym``; ``cost`` in euros an hour; ``p99`` in
        seconds on the worst ordinary day; ``availability`` on the worst of all days; ``efficiency``, what the cheapest design known of that
        p99 costs over this cost; whether the design ``holds`` the promised availability; and whether it is among the ``best``: it
        holds, and no other that does is both cheaper and faster.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If a file is no notebook, or there are no seeds.

    Examples
    --------
    >>> import tempfile
    >>> from dataclasses import asdict
    >>> from labsupport.simulators.designs import Design
    >>> text = WORDS + json.dumps(asdict(Design(cache=10_000)))
    >>> cell = {"cell_type": "code", "id": CELL, "outputs": [{"output_type": "stream", "text": text}]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "ada", "10.ipynb")
    ...     path.parent.mkdir()
    ...     _ = path.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    ...     leaderboard(folder, seeds=[1])[["pseudonym", "holds", "best"]]
      pseudonym  holds   best
    0  b6a7cc3b  False  False
    """
    import pandas as pd

    place = Path(place)
    if not place.is_dir():
        raise FileNotFoundError(f"{place} is no folder, but must be one that holds a folder for each student")
    rows: list[dict[str, Any]] = []
    for student, choices in _designs(place):
        found = whole_system.judge(choices, seeds)
        rows.append({"pseudonym": whole_system.pseudonym(choices, student), **found, "holds": found["availability"] >= AVAILABILITY})
    for row in rows:
        beaten = any(other["holds"] and _beats(other, row) for other in rows)
        row["best"] = row["holds"] and not beaten
    rows.sort(key=lambda row: (not row["holds"], -row["efficiency"], row["pseudonym"]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _beats(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Say whether one design is better than another in cost or p99, and worse in neither."""
    pairs = [(one[name], other[name]) for name in ("cost", "p99")]
    return all(left <= right for left, right in pairs) and any(left < right for left, right in pairs)


def _designs(place: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Find the designs in notebooks, each with its student; what is none is passed over."""
    for path in sorted(place.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts or path.parent == place:
            continue
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            texts = [_text(output) for cell in cells if cell.get("id") == CELL for output in cell.get("outputs", [])]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ValueError(f"{path} is no notebook") from None
        for line in "".join(texts).splitlines():
            choices = _read(line)
            if choices is not None:
                yield path.relative_to(place).parts[0], choices
                break


def _text(output: dict[str, Any]) -> str:
    text = output.get("text", "")
    return "".join(text) if isinstance(text, list) else str(text)


def _read(line: str) -> dict[str, Any] | None:
    """Return the design that stands in a line, if it is one."""
    if not line.startswith(WORDS):
        return None
    try:
        choices: dict[str, Any] = json.loads(line.removeprefix(WORDS))
        whole_system.designed(choices)
    except (ValueError, TypeError):
        return None
    return choices


def written(table: pd.DataFrame) -> str:
    """Write a leaderboard as plain text.

    Parameters
    ----------
    table : pandas.DataFrame
        As `leaderboard` returns it.

    Returns
    -------
    str
        A line for each design; those among the best are marked with a star.
    """
    lines = ["   design    € an hour   p99, s   answered, %   cheapest known, %"]
    for row in table.to_dict("records"):
        mark = " *" if row["best"] else "  " if row["holds"] else " –"
        shares = f"{100 * row['availability']:13.2f} {100 * row['efficiency']:19.0f}"
        lines.append(f"{mark} {row['pseudonym']} {row['cost']:11.2f} {row['p99']:8.2f} {shares}")
    lines.append(f"* no other design that holds is cheaper and faster. – fewer than {100 * AVAILABILITY:g} % are answered on the worst day.")
    return "\n".join(lines)
