"""The vertical-partitioning lab: how much a query must read, by which columns are stored together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Bars, Chart, Line, Panel, Rule
from labsupport.labs.controls import Choice, Slider, stops
from labsupport.simulators.partitioning import Query, ReadResult, read

ROWS = 100_000
MEGABYTE = 1e6
LEAST = 0.001  # megabytes on the axis
KEY_WIDTH = 8  # repeated in every group, so that the parts of a row find each other; in a column store the position tells

WIDTHS = {"id": 8, "name": 24, "email": 32, "city": 16, "born": 4, "last_login": 8}  # and the purchases, as wide as the control says
GROUPS = [["id", "name", "email", "city", "born", "last_login"], ["purchases"]]
LAYOUTS = {"rows": "row store", "groups": "column groups", "columns": "column store"}
ARTICLES = {"rows": "a ", "groups": "", "columns": "a "}
QUERIES = {"login": "name and e-mail", "report": "year of birth", "history": "purchases", "profile": "everything"}
COLUMNS = {"login": ["name", "email"], "report": ["born"], "history": ["purchases"], "profile": [*WIDTHS, "purchases"]}
PLACES = {"anywhere": "anywhere in the table", "neighbours": "next to each other"}

STORY: dict[str, dict[str, Any]] = {
    "One user logs in": {"storage": "columns", "query": "login", "users": 1},
    "A newsletter to all": {"storage": "rows", "query": "login", "users": ROWS},
    "A newsletter to one in a hundred": {"storage": "groups", "query": "login", "users": 1_000},
    "A report": {"storage": "columns", "query": "report", "users": ROWS},
    "One whole profile": {"storage": "columns", "query": "profile", "users": 1},
}


@dataclass(frozen=True)
class Setting:
    """What a curve depends on: query, place of its rows, page size and width of the purchases."""

    query: str
    place: str
    page_size: int
    purchases: int

    @property
    def widths(self) -> dict[str, int]:
        """Bytes of each column."""
        return WIDTHS | {"purchases": self.purchases}

    def read(self, layout: str, users: int) -> ReadResult:
        """Let the query read the columns of some users."""
        rows = range(users) if self.place == "neighbours" or users == ROWS else _somewhere(users)
        options: dict[str, Any] = {"groups": GROUPS, "key_width": KEY_WIDTH} if layout == "groups" else {}
        return read(layout, self.widths, ROWS, [Query(COLUMNS[self.query], rows)], page_size=self.page_size, **options)

    def expected(self, layout: str, users: int) -> float:
        """Return the bytes read in theory: Yao's formula for each group that the query touches."""
        groups = {"rows": [[*self.widths]], "columns": [[column] for column in self.widths], "groups": GROUPS}[layout]
        pages = 0.0
        for group in groups:
            if set(group) & set(COLUMNS[self.query]):
                width = sum(self.widths[column] for column in group) + (KEY_WIDTH if layout == "groups" else 0)
                on_page = self.page_size // width
                pages += float(theory.expected_pages(ROWS, on_page, users)) if on_page else users * -(-width // self.page_size)
        return pages * self.page_size


@lru_cache(maxsize=1)
def _shuffled() -> NDArray[np.int64]:
    return np.random.default_rng(4).permutation(ROWS)


@lru_cache(maxsize=64)
def _somewhere(users: int) -> NDArray[np.int64]:
    """Return the rows of so many users, picked at random; the more users, the more rows besides the ones before."""
    return np.sort(_shuffled()[:users])


@lru_cache(maxsize=64)
def _curves(setting: Setting) -> dict[str, dict[int, float]]:
    """Return the megabytes read for growing numbers of users, by layout."""
    places = stops(1, ROWS, per_decade=3)
    return {layout: {users: float(setting.read(layout, users).bytes[0]) / MEGABYTE for users in places} for layout in LAYOUTS}


@lru_cache(maxsize=64)
def _theory(setting: Setting, layout: str) -> Line:
    places = stops(1, ROWS, per_decade=5)
    return Line("expected (theory)", places, [setting.expected(layout, users) / MEGABYTE for users in places], "theory")


class PartitioningLab(Lab[dict[str, ReadResult]]):
    """Choose which columns of a table of 100,000 users are stored together, and see how much a query reads.

    A user has an id, a name, an e-mail address, a city, a year of birth, a last login and a list of purchases, in this order. The row
    store keeps all of it together, the column store each for itself, and column groups keep the purchases apart from the rest.

    Parameters
    ----------
    storage : str, default "rows"
        What is stored together: rows, groups or columns.
    query : str, default "login"
        What is asked for: login (name and e-mail), report (year of birth), history (purchases) or profile (everything).
    users : int, default 1,000
        Of how many users, from 1 to 100,000.
    place : str, default "anywhere"
        Where their rows are: anywhere or neighbours.
    page_size : int, default 8
        Kilobytes (of 1,024 bytes) that are read at once: 4 to 64.
    purchases : int, default 800
        Bytes of a user's purchases, from 50 to 12,800.
    prediction : str, optional
        See `Lab`. The question is how many megabytes the query reads.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = PartitioningLab(query="login", users=100_000)
    >>> round(lab.answer(), 1)
    91.0
    >>> lab.storage = "columns"
    >>> round(lab.answer(), 1)
    5.6
    """

    title = "Vertical partitioning"
    question = "How much must a query read to show a few columns, and which columns should be stored together?"

    storage = Choice("stored as", LAYOUTS, default="rows")
    users = Slider("rows asked for", stops(1, ROWS, per_decade=10), default=1_000, unit="users")
    query = Choice("columns asked for", QUERIES, default="login")
    place = Choice("these rows are", PLACES, default="anywhere")
    page_size = Slider("page", [4, 8, 16, 32, 64], default=8, unit="KiB")
    purchases = Slider("purchases", [50 * 2**step for step in range(9)], default=800, unit="bytes a user")

    @property
    def _setting(self) -> Setting:
        return Setting(self.query, self.place, 1024 * self.page_size, self.purchases)

    def presets(self) -> dict[str, dict[str, Any]]:
        """Tell of a table and who asks it."""
        return STORY

    def simulate(self) -> dict[str, ReadResult]:
        """Run the query against every layout."""
        return {layout: self._setting.read(layout, self.users) for layout in LAYOUTS}

    def answer(self) -> float:
        """Give the megabytes that the query reads."""
        return self._megabytes(self.storage)

    def _megabytes(self, layout: str) -> float:
        return float(self.result[layout].bytes[0]) / MEGABYTE

    def chart(self) -> Chart:
        """Show what is read for any number of rows, and what each layout costs."""
        return Chart((self._reads(), self._costs()))

    def _reads(self) -> Panel:
        marks = self._guess_band()
        curves = _curves(self._setting)
        asked = sum(self._setting.widths[column] for column in COLUMNS[self.query]) / MEGABYTE
        marks.append(Line("asked for", [max(1, LEAST / asked), ROWS], [max(LEAST, asked), asked * ROWS], "reference"))
        for layout in sorted(LAYOUTS, key=lambda each: each == self.storage):  # the chosen one on top
            curve = curves[layout] | {self.users: self._megabytes(layout)}
            users = sorted(curve)
            marks.append(Line(LAYOUTS[layout], users, [curve[each] for each in users], "main" if layout == self.storage else "other"))
        if self.place == "anywhere":
            marks.append(_theory(self._setting, self.storage))
        marks.append(Rule(f"{self.users:,} row{'s' if self.users > 1 else ''}: {self._amount(self.storage)}", self.users))
        x = Axis("rows asked for", (1, ROWS), scale="log")
        return Panel("What the query reads", x, Axis("read", (LEAST, 10_000), unit="MB", scale="log"), tuple(marks))

    def _costs(self) -> Panel:
        pages = [int(self.result[layout].pages[0]) for layout in LAYOUTS]
        labels = [
            f"{count:,} page{'s' if count > 1 else ''}, {self._amount(layout)}; a new user writes {self.result[layout].pages_per_insert}"
            for layout, count in zip(LAYOUTS, pages, strict=True)
        ]
        bars = Bars(list(LAYOUTS.values()), [("pages", pages)], labels, selected=list(LAYOUTS).index(self.storage))
        room = next(step * 10**power for power in range(9) for step in (1, 2, 5) if step * 10**power >= max(pages))
        return Panel("Pages read", Axis("pages read by the query", (0, max(room, 5))), None, (bars,))

    def _amount(self, layout: str) -> str:
        return _in_words(float(self.result[layout].bytes[0]))

    def describe(self) -> str:
        """Say what the query reads, what the other layouts would read, and what writing costs."""
        whose = "1 user" if self.users == 1 else f"{self.users:,} users"
        place = "" if self.users in (1, ROWS) else f" {PLACES[self.place]}"
        needed = _in_words(float(self.result[self.storage].needed[0]))
        order = sorted(LAYOUTS, key=lambda layout: layout != self.storage)  # the chosen one first
        reads = [f"{self._amount(layout)} with {ARTICLES[layout]}{LAYOUTS[layout]}" for layout in order]
        first = f"Showing {QUERIES[self.query]} of {whose}{place}, {needed} in all, takes reading {', '.join(reads)}"
        best = min(LAYOUTS, key=lambda layout: (self.result[layout].pages[0], self.result[layout].pages_per_insert))
        writes = [f"{result.pages_per_insert} with {ARTICLES[layout]}{LAYOUTS[layout]}" for layout, result in self.result.items()]
        second = f"{ARTICLES[best]}{LAYOUTS[best]}".capitalize() + f" {'read' if best == 'groups' else 'reads'} least here"
        second += f", but a page must be written for every group to add a user: {', '.join(writes)}"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give the curves as numbers.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory), ``layout``, ``rows`` asked for and ``megabytes`` read.
        """
        lines = [mark for mark in self._reads().marks if isinstance(mark, Line)]
        rows = [
            ("theory" if line.role in ("theory", "reference") else "simulation", line.label, int(x), y)
            for line in lines
            for x, y in zip(line.x, line.y, strict=True)
        ]
        return pd.DataFrame(rows, columns=["source", "layout", "rows", "megabytes"])


def _in_words(amount: float) -> str:
    """Return bytes in the unit that makes them a number of three digits at most."""
    unit, name = next(((unit, name) for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")) if amount >= unit), (1.0, "bytes"))
    return f"{amount / unit:.3g} {name}"
