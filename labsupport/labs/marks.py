"""What a chart is made of: lines, points, areas, columns, spans, rules, bands and bars.

A mark's *role* decides how it looks: colour, dash and width always change together, so that nothing is said by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from labsupport.labs.labels import WIDE, length

Role = Literal["main", "own", "other", "theory", "reference", "measurement", "prediction", "kept"]
Direction = Literal["x", "y"]


def finite(name: str, values: Sequence[float]) -> tuple[float, ...]:
    """Return the numbers as a tuple of floats; anything infinite or undefined is refused with a ``ValueError``."""
    result = tuple(float(value) for value in values)
    for value in result:
        if not math.isfinite(value):
            raise ValueError(f"{name} holds {value}, but a chart takes finite numbers only")
    return result


@dataclass(frozen=True)
class Line:
    """A line through points, with its label beside it, where it lies apart from the others.

    Attributes
    ----------
    label : str
    x, y : sequence of float, shape (points,)
    role : Role
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    role: Role = "main"

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", finite("x", self.x))
        object.__setattr__(self, "y", finite("y", self.y))
        if len(self.x) != len(self.y) or not self.x:
            raise ValueError(f"x has {len(self.x)} numbers and y has {len(self.y)}, but both must have the same number, at least one")


@dataclass(frozen=True)
class Stairs(Line):
    """A line that keeps each height until the next ``x``, such as the number of waiting requests, or a distribution function."""

    @property
    def corners(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The ``x`` and ``y`` of an ordinary line with the same look.

        Examples
        --------
        >>> Stairs("waiting", [0, 2, 3], [1, 0, 4]).corners
        ((0.0, 2.0, 2.0, 3.0, 3.0), (1.0, 1.0, 0.0, 0.0, 4.0))
        """
        x = [value for value in self.x for _ in range(2)][1:]
        y = [value for value in self.y for _ in range(2)][:-1]
        return tuple(x), tuple(y)


@dataclass(frozen=True)
class Points(Line):
    """Single points, such as measurements, with one label beside one of them, or a name beside each.

    Attributes
    ----------
    role : str, default "measurement"
        As for `Line`.
    names : sequence of str, default ()
        A name for each point; the label is then not drawn.
    """

    role: Role = "measurement"
    names: Sequence[str] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.names and len(self.names) != len(self.x):
            raise ValueError(f"names are {len(self.names)}, but there are {len(self.x)} points, and each must have one or none")
        object.__setattr__(self, "names", tuple(self.names))


@dataclass(frozen=True)
class Area:
    """A shaded area between two curves, such as from the median to the 99th percentile.

    Attributes
    ----------
    label : str
    x, low, high : sequence of float, shape (points,)
    role : Role
    """

    label: str
    x: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    role: Role = "main"

    def __post_init__(self) -> None:
        for name in ("x", "low", "high"):
            object.__setattr__(self, name, finite(name, getattr(self, name)))
        if not len(self.x) == len(self.low) == len(self.high) or not self.x:
            raise ValueError(
                f"x, low and high have {len(self.x)}, {len(self.low)} and {len(self.high)} numbers, but must have the same, at least one"
            )


@dataclass(frozen=True)
class Columns:
    """Upright bars from 0 or the bottom of the panel, such as a histogram or a number for each server.

    Attributes
    ----------
    label : str
    left, right : sequence of float, shape (columns,)
        Where each begins and ends; those of a histogram touch.
    heights : sequence of float, shape (columns,)
    role : Role

    Examples
    --------
    >>> Columns("per server", [0.6, 1.6], [1.4, 2.4], [30, 50]).heights
    (30.0, 50.0)
    """

    label: str
    left: Sequence[float]
    right: Sequence[float]
    heights: Sequence[float]
    role: Role = "main"

    def __post_init__(self) -> None:
        for name in ("left", "right", "heights"):
            object.__setattr__(self, name, finite(name, getattr(self, name)))
        if not len(self.left) == len(self.right) == len(self.heights) or not self.left:
            counts = f"{len(self.left)}, {len(self.right)} and {len(self.heights)}"
            raise ValueError(f"left, right and heights have {counts} numbers, but must have the same, at least one")


@dataclass(frozen=True)
class Spans:
    """Level bars on a timeline, such as when each task ran, and on which core; each may have a name within it.

    Attributes
    ----------
    label : str
    rows : sequence of float, shape (spans,)
        The height at which each lies; those one apart do not touch.
    begins, ends : sequence of float, shape (spans,)
        From where to where it reaches, along ``x``.
    role : Role
    names : sequence of str, default ()
        A name for each span, or "" for none; one that does not fit into its span is not drawn.

    Examples
    --------
    >>> Spans("tasks", [1, 2], [0.0, 0.5], [2.5, 1.0], names=("map", "")).ends
    (2.5, 1.0)
    """

    label: str
    rows: Sequence[float]
    begins: Sequence[float]
    ends: Sequence[float]
    role: Role = "main"
    names: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in ("rows", "begins", "ends"):
            object.__setattr__(self, name, finite(name, getattr(self, name)))
        if not len(self.rows) == len(self.begins) == len(self.ends) or not self.rows:
            counts = f"{len(self.rows)}, {len(self.begins)} and {len(self.ends)}"
            raise ValueError(f"rows, begins and ends have {counts} numbers, but must have the same, at least one")
        if self.names and len(self.names) != len(self.rows):
            raise ValueError(f"names are {len(self.names)}, but there are {len(self.rows)} spans, and each must have one, if only an empty one")
        object.__setattr__(self, "names", tuple(self.names))

    def fitting(self, low: float, high: float) -> tuple[str, ...]:
        """Return the name of each span, and nothing for those whose name is longer than their span.

        Parameters
        ----------
        low, high : float
            Where the panel begins and ends.

        Returns
        -------
        tuple of str

        Examples
        --------
        >>> Spans("tasks", [1, 2], [0, 0], [50, 5], names=("reduce", "reduce")).fitting(0, 100)
        ('reduce', '')
        """
        room = [WIDE * (end - begin) / (high - low) for begin, end in zip(self.begins, self.ends, strict=True)]
        return tuple(name if length(name, bold=True) < wide else "" for name, wide in zip(self.names, room, strict=False))


@dataclass(frozen=True)
class Rule:
    """A straight line across the panel: upright at an ``x`` with its label on top, or level at a ``y``.

    Attributes
    ----------
    label : str
    at : float
    axis : {"x", "y"}
    role : Role
    """

    label: str
    at: float
    axis: Direction = "x"
    role: Role = "main"

    def __post_init__(self) -> None:
        finite("at", (self.at,))


@dataclass(frozen=True)
class Band:
    """A level band between two values of ``y``, such as a predicted range.

    Attributes
    ----------
    label : str
    low, high : float
    role : Role
    """

    label: str
    low: float
    high: float
    role: Role = "prediction"

    def __post_init__(self) -> None:
        finite("low and high", (self.low, self.high))


@dataclass(frozen=True)
class Bars:
    """Level bars, one below the other, each made of parts laid end to end.

    Attributes
    ----------
    categories : sequence of str
        A name for each bar, from the top.
    parts : sequence of tuple
        A name and the lengths, one for each bar; the first part is drawn solid, the second hatched.
    labels : sequence of str
        What stands at the end of each bar.
    selected : int
        The bar that the controls have chosen; drawn strong, the others faint.
    """

    categories: Sequence[str]
    parts: Sequence[tuple[str, Sequence[float]]]
    labels: Sequence[str]
    selected: int = 0

    def __post_init__(self) -> None:
        count = len(self.categories)
        parts = tuple((name, finite(name, lengths)) for name, lengths in self.parts)
        if any(len(lengths) != count for _, lengths in parts) or len(self.labels) != count:
            raise ValueError(f"there are {count} categories, so every part and the labels must have {count} entries")
        object.__setattr__(self, "parts", parts)


Mark = Line | Stairs | Points | Area | Columns | Spans | Rule | Band | Bars
