"""Simulation, theory and measurement side by side: a tidy table, and why the three differ."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.systems.progress import Progress
from labsupport.systems.server import ServerError

if TYPE_CHECKING:
    import pandas as pd

RECORDED = Path(__file__).parent / "recorded"


@dataclass(frozen=True)
class Comparison:
    """What a model says and what a real system does.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each result; the columns ``source`` ("simulation", "theory" or "measurement") and
        ``recorded`` (True if it was not measured now, on this machine) are always there.
    reconciliation : str
        What the model leaves out, how large the gap is, and why.
    about : mapping
        Where the measurement comes from: machine, versions, date, command, settings.
    notice : str
        What the reader must know first, such as that this is a recorded run; empty if nothing.
    summary : pandas.DataFrame, optional
        What is shown instead of the table, where that is too long to be read.

    Examples
    --------
    >>> comparison = recorded("caching")
    >>> sorted(set(comparison.table["source"]))
    ['measurement', 'simulation', 'theory']
    >>> bool(comparison.table["recorded"].all())
    True
    """

    table: pd.DataFrame
    reconciliation: str
    about: Mapping[str, Any] = field(default_factory=dict)
    notice: str = ""
    summary: pd.DataFrame | None = None

    @property
    def recorded(self) -> bool:
        """True if the measurement was not made now, but shipped with the course."""
        return bool(self.table["recorded"].any())

    def __str__(self) -> str:
        parts = [self.notice, self._filled().to_string(index=False), self.reconciliation]
        return "\n\n".join(part for part in parts if part)

    def _repr_html_(self) -> str:
        """Return the notice, the table and the paragraphs of the reconciliation, as a notebook shows them."""
        notice = f"<p><strong>{escape(self.notice)}</strong></p>".replace("\n", "<br>") if self.notice else ""
        paragraphs = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in self.reconciliation.split("\n\n"))
        import pandas as pd

        with pd.option_context("display.max_colwidth", None):  # else a sentence in the table is cut off
            table = self._filled().to_html(index=False)
        return f"<div>{notice}{table}{paragraphs}</div>"

    def _filled(self) -> pd.DataFrame:
        """Return what is shown, with nothing where there is no value."""
        shown = self.table if self.summary is None else self.summary
        return shown.astype(object).where(shown.notna(), "")

    def save(self, topic: str, directory: Path = RECORDED) -> list[Path]:
        """Write the table as ``topic.csv`` and the rest, with the command that makes them again, as ``topic.json``; return both paths."""
        directory.mkdir(parents=True, exist_ok=True)
        rows, rest = directory / f"{topic}.csv", directory / f"{topic}.json"
        self.table.drop(columns="recorded").to_csv(rows, index=False)
        about = {**self.about, "command": f"python -m labsupport record {topic}", "reconciliation": self.reconciliation}
        rest.write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return [rows, rest]


def reason_not_to_measure() -> str:
    """Return why nothing is to be measured now, although it might be possible; empty if nothing speaks against it.

    While nbgrader grades, nobody looks, and every second is paid once for each student. And whoever sets the environment variable
    ``LABSUPPORT_SYSTEMS`` to ``recorded`` wants the recorded runs, for instance in a lecture.

    Returns
    -------
    str

    Examples
    --------
    >>> reason_not_to_measure()
    ''
    """
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        return "Nothing is measured while a notebook is being graded."
    if os.environ.get("LABSUPPORT_SYSTEMS") == "recorded":
        return "Nothing is measured, since LABSUPPORT_SYSTEMS is set to recorded."
    return ""


def measured_or_recorded(
    measure: Callable[[Callable[[float], None]], Comparison],
    recorded: Callable[[str], Comparison],
    words: str,
    progress: Callable[[float], None] | None = None,
    missing: str = "",
) -> Comparison:
    """Measure, and say meanwhile how far it is; where that is not to be, or does not succeed, return the recorded run, which says why.

    Parameters
    ----------
    measure : callable
        Takes what is to be called with the share of the work that is done, and returns what it has measured.
    recorded : callable
        Takes the reason why nothing was measured, and returns the recorded run.
    words : str
        What is being done, such as "Making the report".
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.
    missing : str, optional
        What is not installed here; empty if nothing lacks.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> from labsupport.systems import storage
    >>> measured_or_recorded(lambda show: storage.compare(), storage.recorded, "Reading", missing="There is no disk.").notice.split(chr(10))[0]
    'There is no disk.'
    """
    reason = reason_not_to_measure() or missing
    if reason:
        return recorded(reason)
    try:
        with Progress(words) as line:
            return measure(progress or line)
    except (OSError, ServerError) as error:
        return recorded(str(error))


def recorded(
    topic: str,
    notice: str = "",
    types: Mapping[str, str] | None = None,
    summarise: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
) -> Comparison:
    """Return the run that is shipped with the course, labelled as recorded.

    Parameters
    ----------
    topic : str
        The topic's name, such as "caching".
    notice : str, optional
        What to say before the words that label it as recorded.
    types : mapping of str to str, optional
        The type of each column whose type the file does not tell.
    summarise : callable, optional
        Makes of the table what is shown instead of it.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> "recorded run" in recorded("caching").notice
    True
    """
    import pandas as pd

    about = json.loads((RECORDED / f"{topic}.json").read_text(encoding="utf-8"))
    reconciliation = about.pop("reconciliation")
    table = pd.read_csv(RECORDED / f"{topic}.csv", dtype=dict(types or {})).assign(recorded=True)
    label = (
        f"This is a recorded run, not measured here and now: {about['system']} on {about['machine']}, {about['date']}, made by `{about['command']}`."
    )
    return Comparison(table, reconciliation, about, f"{notice}\n{label}".strip(), summarise(table) if summarise else None)


def describe_machine() -> dict[str, Any]:
    """Return the words that label a measurement with where it was made: ``machine`` and ``versions``.

    Returns
    -------
    dict

    Examples
    --------
    >>> sorted(describe_machine())
    ['machine', 'versions']
    """
    import numpy as np

    from labsupport import __version__

    return {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs{_processor()}",
        "versions": {"labsupport": __version__, "python": platform.python_version(), "numpy": np.__version__},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f" ({models[0]})" if models else ""
