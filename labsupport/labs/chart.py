"""What a lab draws, said once: a chart is a description, and two renderers draw it.

``lab.js`` draws it in the browser, ``figure.py`` with matplotlib. Both take lines, labels, limits and ticks
from here, so they cannot disagree. A mark's *role* decides how it looks: colour, dash and width always
change together, so that nothing is said by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from labsupport import checks

Role = Literal["main", "own", "other", "theory", "reference", "measurement", "prediction", "kept"]
Direction = Literal["x", "y"]


def _short(value: float) -> float:
    """Four significant digits: finer than a pixel, and a third of the bytes."""
    return float(f"{value:.4g}")


def _numbers(name: str, values: Sequence[float]) -> tuple[float, ...]:
    result = tuple(float(value) for value in values)
    for value in result:
        if not math.isfinite(value):
            raise ValueError(f"{name} holds {value}, but a chart takes finite numbers only")
    return result


@dataclass(frozen=True)
class Axis:
    """One axis: what it measures, in which unit, on which scale, from where to where.

    Attributes
    ----------
    label : str
        What is measured.
    limits : tuple of float
        The two ends, the smaller first; above zero on a logarithmic scale.
    unit : str, default ""
        The unit, put behind the label in brackets.
    scale : {"linear", "log"}

    Examples
    --------
    >>> Axis("cache size", (1, 1000), unit="objects", scale="log").ticks
    ((1.0, '1'), (10.0, '10'), (100.0, '100'), (1000.0, '1,000'))
    >>> Axis("miss ratio", (0, 1)).title
    'miss ratio'
    """

    label: str
    limits: tuple[float, float]
    unit: str = ""
    scale: Literal["linear", "log"] = "linear"

    def __post_init__(self) -> None:
        low, high = _numbers("limits", self.limits)
        if not low < high:
            raise ValueError(f"limits are {self.limits}, but the first must be smaller than the second")
        checks.choice("scale", self.scale, ("linear", "log"))
        if self.scale == "log" and low <= 0:
            raise ValueError(f"limits are {self.limits}, but a logarithmic axis needs limits above 0")

    @property
    def title(self) -> str:
        """The label with its unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Positions and words of the tick marks, at most eight."""
        low, high = self.limits
        if self.scale == "log":
            decades = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
            places = [10.0**decade for decade in decades]
        else:
            rough = (high - low) / 5
            magnitude = 10.0 ** math.floor(math.log10(rough))
            step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough * (1 - 1e-9))
            places = [round(index * step, 12) for index in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
        return tuple((place, f"{place:,.12g}") for place in places)


@dataclass(frozen=True)
class Line:
    """A line through points, with its label at the right-hand end.

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
        object.__setattr__(self, "x", _numbers("x", self.x))
        object.__setattr__(self, "y", _numbers("y", self.y))
        if len(self.x) != len(self.y) or not self.x:
            raise ValueError(f"x has {len(self.x)} numbers and y has {len(self.y)}, but both must have the same number, at least one")


@dataclass(frozen=True)
class Points(Line):
    """Single points, such as measurements, with one label beside the last."""

    role: Role = "measurement"


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
        _numbers("at", (self.at,))


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
        _numbers("low and high", (self.low, self.high))


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
        parts = tuple((name, _numbers(name, lengths)) for name, lengths in self.parts)
        if any(len(lengths) != count for _, lengths in parts) or len(self.labels) != count:
            raise ValueError(f"there are {count} categories, so every part and the labels must have {count} entries")
        object.__setattr__(self, "parts", parts)


Mark = Line | Points | Rule | Band | Bars


@dataclass(frozen=True)
class Panel:
    """One set of axes with its marks. With ``Bars``, the ``y`` axis is the list of categories and is not given.

    Attributes
    ----------
    title : str
    x : Axis
    y : Axis or None
    marks : tuple of Mark
    """

    title: str
    x: Axis
    y: Axis | None
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Chart:
    """Panels side by side, or one below the other where there is little room.

    Attributes
    ----------
    panels : tuple of Panel

    Examples
    --------
    >>> panel = Panel("Hits", Axis("size", (1, 10)), Axis("hit ratio", (0, 1)), (Line("LRU", [1, 10], [0, 0.54321]),))
    >>> Chart((panel,)).message()["panels"][0]["marks"]
    [{'kind': 'Line', 'label': 'LRU', 'role': 'main', 'x': [1.0, 10.0], 'y': [0.0, 0.5432]}]
    """

    panels: tuple[Panel, ...]

    def beside(self, kept: Chart) -> Chart:
        """Lay the simulated lines and points of another chart over this one, to compare two settings on shared axes.

        Parameters
        ----------
        kept : Chart
            An earlier chart of the same lab. A panel with another axis than now adds nothing: the two cannot be compared.

        Returns
        -------
        Chart
        """
        panels = []
        for now, before in zip(self.panels, kept.panels, strict=True):
            shared = (now.x, now.y) == (before.x, before.y)
            lines = [
                replace(mark, label=f"{mark.label}, kept", role="kept") for mark in before.marks if isinstance(mark, Line) and mark.role == "main"
            ]
            rules = [replace(mark, label="kept", role="kept") for mark in before.marks if isinstance(mark, Rule) and mark.role == "main"]
            panels.append(replace(now, marks=(*lines, *rules, *now.marks)) if shared else now)
        return Chart(tuple(panels))

    def message(self) -> dict[str, Any]:
        """Put the chart into plain lists and numbers, rounded for the wire.

        Returns
        -------
        dict
            What ``lab.js`` draws.
        """
        return {"panels": [_panel_message(panel) for panel in self.panels]}


def _axis_message(axis: Axis | None) -> dict[str, Any] | None:
    if axis is None:
        return None
    ticks = [[_short(place), text] for place, text in axis.ticks]
    return {"title": axis.title, "scale": axis.scale, "limits": [_short(limit) for limit in axis.limits], "ticks": ticks}


def _panel_message(panel: Panel) -> dict[str, Any]:
    return {
        "title": panel.title,
        "x": _axis_message(panel.x),
        "y": _axis_message(panel.y),
        "marks": [_mark_message(mark) for mark in panel.marks],
    }


def _mark_message(mark: Mark) -> dict[str, Any]:
    kind = type(mark).__name__
    if isinstance(mark, Bars):
        parts = [[name, [_short(length) for length in lengths]] for name, lengths in mark.parts]
        return {"kind": kind, "categories": list(mark.categories), "parts": parts, "labels": list(mark.labels), "selected": mark.selected}
    message: dict[str, Any] = {"kind": kind, "label": mark.label, "role": mark.role}
    if isinstance(mark, Line):
        return message | {"x": [_short(value) for value in mark.x], "y": [_short(value) for value in mark.y]}
    if isinstance(mark, Rule):
        return message | {"at": _short(mark.at), "axis": mark.axis}
    return message | {"low": _short(mark.low), "high": _short(mark.high)}
