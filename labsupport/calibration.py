"""Calibration: how often the ranges held that somebody predicted in a course's notebooks, as a picture, a sentence and a table."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from labsupport.diary import COLUMNS as KINDS
from labsupport.diary import read_diary
from labsupport.labs.chart import Axis, Band, Chart, Line, Panel, Points

if TYPE_CHECKING:
    import pandas as pd

FARTHEST = 4.0  # half widths of a range, beyond which all is far off
NOTEBOOKS = "[0-9][0-9]-*/[0-9][0-9]-*.ipynb"
COLUMNS = {"about": "about", "question": "question", "low": "from", "high": "to", "confidence": "sure", "answer": "came out"}


@dataclass(frozen=True, repr=False)
class Calibration:
    """What was predicted in time, what came out, and how often that was in the range.

    Attributes
    ----------
    diary : pandas.DataFrame
        As `labsupport.diary.read_diary` returns it: one row for each prediction.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(calibrate(folder))
    No prediction has met its answer yet: put numbers in place of the dots, run the lab below, and save the notebook.
    """

    diary: pd.DataFrame

    @property
    def known(self) -> pd.DataFrame:
        """The predictions that have met their answers, without those that were made after the lab had run."""
        late = self.diary["in_time"].eq(False).fillna(False).astype(bool)
        return self.diary[self.diary["held"].notna() & ~late].reset_index(drop=True)

    def chance(self) -> tuple[int, int]:
        """Say how many ranges would hold, in 95 of 100 courses, of somebody who is just as sure as is right.

        Returns
        -------
        (int, int)
            From how many to how many: ranges hold independently, each with the confidence that was given for it.

        Examples
        --------
        >>> import pandas as pd
        >>> from labsupport.diary import COLUMNS
        >>> row = {"question": "01.1", "low": 1, "high": 2, "confidence": 0.8, "answer": 3, "held": False, "in_time": True}
        >>> Calibration(pd.DataFrame([row] * 20, columns=list(COLUMNS)).astype(COLUMNS)).chance()
        (12, 19)
        """
        shares = np.ones(1)
        for confidence in self.known["confidence"]:
            shares = np.convolve(shares, [1 - confidence, confidence])
        below = np.cumsum(shares)
        return int(np.searchsorted(below, 0.025)), int(np.searchsorted(below, 0.975))

    def describe(self) -> str:
        """Say in two sentences how many ranges held, and what that tells.

        Returns
        -------
        str
        """
        known = self.known
        if known.empty:
            return "No prediction has met its answer yet: put numbers in place of the dots, run the lab below, and save the notebook."
        count, held, promised = len(known), int(known["held"].sum()), 100 * known["confidence"].mean()
        low, high = self.chance()
        first = f"{held} of {count} ranges held, {100 * held / count:.0f} %, where {promised:.0f} % were promised on average"
        usual = f"{low} to {high} of {count}" if low < high else f"{low} of {count}"
        if held < low:
            second = f"Somebody well calibrated would have held {usual}: these ranges were too narrow"
        elif held > high:
            second = f"Somebody well calibrated would have held {usual}: these ranges were wider than they had to be"
        else:
            second = f"That is what somebody well calibrated may expect, {usual}"
        return f"{first}. {second}."

    def chart(self) -> Chart | None:
        """Show where each answer lay in the range, and how many have held so far; nothing if nothing is known.

        Returns
        -------
        Chart or None
        """
        known = self.known
        if known.empty:
            return None
        middle, half = (known["high"] + known["low"]) / 2, (known["high"] - known["low"]) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            off = ((known["answer"] - middle) / half).to_numpy(dtype=float)
        off = np.clip(np.nan_to_num(off, nan=0.0, posinf=FARTHEST, neginf=-FARTHEST), -FARTHEST, FARTHEST)  # nan: a range that is a point, and right
        held = known["held"].to_numpy(dtype=bool)
        places = np.arange(1, len(known) + 1)
        kinds = [("in your range", held, "main"), ("outside of it", ~held, "measurement")]
        points = [Points(label, places[chosen].tolist(), off[chosen].tolist(), role) for label, chosen, role in kinds if chosen.any()]  # type: ignore[arg-type]
        names = known["notebook"].str[:2]
        firsts = [(float(place), name) for place, name, new in zip(places, names, ~names.duplicated(), strict=True) if new]
        x = Axis("notebook", (0, len(known) + 1), names=firsts)
        y = Axis("answer", (-1.1 * FARTHEST, 1.1 * FARTHEST), unit="half widths from your middle")
        where = Panel("Where the answers lay", x, y, (Band("your range", -1, 1), *points))

        so_far = 100 * np.cumsum(held) / places
        promised = 100 * np.cumsum(known["confidence"].to_numpy()) / places
        lines = (Line("promised", places.tolist(), promised.tolist(), "reference"), Line("held so far", places.tolist(), so_far.tolist()))
        return Chart((where, Panel("How many held", x, Axis("of all ranges so far", (0, 105), unit="%"), lines)))

    def missed(self) -> pd.DataFrame:
        """Give the predictions that did not hold, and what they were about.

        Returns
        -------
        pandas.DataFrame
        """
        known = self.known
        return known.loc[~known["held"].astype(bool), list(COLUMNS)].rename(columns=COLUMNS).reset_index(drop=True)

    def __repr__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        """Return the picture with its text, and the table of what was missed, as a notebook shows them."""
        chart = self.chart()
        if chart is None:
            return f"<p>{escape(self.describe())}</p>"
        from labsupport.labs.figure import png

        picture = base64.b64encode(png(chart, self.describe())).decode("ascii")
        missed = self.missed()
        forms = {"sure": lambda share: f"{100 * share:.0f} %"} | dict.fromkeys(("from", "to", "came out"), lambda value: f"{value:,.4g}")
        table = f"<p>What did not hold:</p>{missed.to_html(index=False, formatters=forms)}" if len(missed) else ""
        return f'<div><img style="max-width: 100%" alt="{escape(self.describe())}" src="data:image/png;base64,{picture}">{table}</div>'


def calibrate(place: str | Path = "..") -> Calibration:
    """Read what was predicted in the notebooks of a course, and what came out.

    Parameters
    ----------
    place : str or Path, optional
        The folder that holds the notebooks' folders, such as ``01-introduction``; by default the one above. Files that cannot be read are
        left out.

    Returns
    -------
    Calibration

    Raises
    ------
    FileNotFoundError
        If there is no such folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(calibrate(folder).known)
    0
    """
    import pandas as pd

    place = Path(place)
    if not place.is_dir():
        raise FileNotFoundError(f"place is {place}, but must be the folder that holds the notebooks' folders")
    found = [pd.DataFrame(columns=list(KINDS)).astype(KINDS)]
    for path in sorted(place.glob(NOTEBOOKS)):
        try:
            found.append(read_diary(path))
        except (ValueError, OSError):  # what is no notebook has no predictions
            continue
    return Calibration(pd.concat(found, ignore_index=True))
