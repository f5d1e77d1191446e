"""What a lab draws, said once: a chart is a description, and two renderers draw it.

``browser/chart.js`` draws it in the browser, ``figure.py`` with matplotlib. Both take lines, labels, limits and ticks
from here, so they cannot disagree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from labsupport import checks
from labsupport.labs.labels import Outline, Spot, spots
from labsupport.labs.marks import Area, Band, Bars, Columns, Line, Mark, Points, Role, Rule, Spans, Stairs, finite

__all__ = ["Area", "Axis", "Band", "Bars", "Chart", "Columns", "Line", "Mark", "Panel", "Points", "Role", "Rule", "Spans", "Stairs"]


def _short(value: float) -> float:
    """Four significant digits: finer than a pixel, and a third of the bytes."""
    return float(f"{value:.4g}")


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
    names : sequence of (float, str), default ()
        Places with their names, for an axis that has names instead of numbers, such as servers.

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
    names: Sequence[tuple[float, str]] = ()

    def __post_init__(self) -> None:
        low, high = finite("limits", self.limits)
        finite("names", [place for place, _ in self.names])
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
        """Positions and words of the tick marks, at most eight unless they have names."""
        if self.names:
            return tuple(self.names)
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

    def shares(self, values: Sequence[float]) -> tuple[float, ...]:
        """Say how far along the axis numbers lie: 0 at its beginning, 1 at its end.

        Parameters
        ----------
        values : sequence of float
            On a logarithmic axis, what is not above 0 lies far below its beginning.

        Returns
        -------
        tuple of float

        Examples
        --------
        >>> Axis("size", (1, 100), scale="log").shares([1, 10])
        (0.0, 0.5)
        """
        if self.scale == "linear":
            low, high = self.limits
            return tuple((value - low) / (high - low) for value in values)
        low, high = (math.log10(limit) for limit in self.limits)
        return tuple((math.log10(max(value, 1e-300)) - low) / (high - low) for value in values)


def above(value: float, factors: Sequence[float] = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)) -> float:
    """Return the next round number, so that an axis need not change with every move.

    Parameters
    ----------
    value : float
        Above 0.
    factors : sequence of float
        What is round, in powers of ten, up to 10.

    Returns
    -------
    float

    Examples
    --------
    >>> above(13), above(13, (1, 2, 5, 10)), above(700)
    (15.0, 20.0, 800.0)
    """
    magnitude = 10.0 ** math.floor(math.log10(value))
    return float(next(factor * magnitude for factor in factors if factor * magnitude >= value))


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

    @property
    def spots(self) -> tuple[Spot | None, ...]:
        """Where the label of each mark stands inside the panel; ``None`` for those in its margins."""
        if self.y is None:
            return (None,) * len(self.marks)
        order = sorted(range(len(self.marks)), key=lambda index: (PRIORITY.index(type(self.marks[index])), not _bold(self.marks[index])))
        found = dict(zip(order, spots(tuple(self._outline(self.marks[index], self.y) for index in order)), strict=True))
        return tuple(found[index] for index in range(len(self.marks)))

    def _outline(self, mark: Mark, y: Axis) -> Outline:
        """Say what a mark covers; upright rules and spans, which have their labels on top or beside them, are no hindrance."""
        ends = (0.0, 1.0)
        if isinstance(mark, (Bars, Spans)) or (isinstance(mark, Rule) and mark.axis == "x"):
            return Outline("", ends, (2.0, 2.0), (2.0, 2.0), clear=True)
        if isinstance(mark, Rule):
            at = y.shares((mark.at, mark.at))
            return Outline(mark.label, ends, at, at, _bold(mark))
        if isinstance(mark, Band):
            return Outline(mark.label, ends, y.shares((mark.low,) * 2), y.shares((mark.high,) * 2), clear=True)
        if isinstance(mark, Area):
            return Outline(mark.label, self.x.shares(mark.x), y.shares(mark.low), y.shares(mark.high), _bold(mark), clear=True)
        if isinstance(mark, Columns):
            sides = [side for pair in zip(mark.left, mark.right, strict=True) for side in pair]
            heights = y.shares([height for height in mark.heights for _ in range(2)])
            return Outline(mark.label, self.x.shares(sides), (0.0,) * len(heights), heights, _bold(mark))
        names = tuple(mark.names) if isinstance(mark, Points) else ()
        label = "" if names else mark.label
        at = y.shares(mark.corners[1] if isinstance(mark, Stairs) else mark.y)
        return Outline(
            label,
            self.x.shares(mark.corners[0] if isinstance(mark, Stairs) else mark.x),
            at,
            at,
            _bold(mark),
            apart=isinstance(mark, Points),
            names=names,
        )


# who chooses the place of its label first
PRIORITY = [Line, Stairs, Points, Columns, Spans, Area, Rule, Band, Bars]


def _bold(mark: Mark) -> bool:
    return not isinstance(mark, Bars) and mark.role in ("main", "own")


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
    [{'kind': 'Line', 'label': 'LRU', 'x': [1.0, 10.0], 'y': [0.0, 0.5432], 'role': 'main', 'spot': [0.997, 0.543, 'end', 1]}]
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
            What ``browser/chart.js`` draws.
        """
        return {"panels": [_panel_message(panel) for panel in self.panels]}


def _axis_message(axis: Axis | None) -> dict[str, Any] | None:
    if axis is None:
        return None
    ticks = [[_short(place), text] for place, text in axis.ticks]
    return {"title": axis.title, "scale": axis.scale, "limits": [_short(limit) for limit in axis.limits], "ticks": ticks}


def _panel_message(panel: Panel) -> dict[str, Any]:
    spots = [None if spot is None else [spot.x, spot.y, spot.align, int(spot.above)] for spot in panel.spots]
    return {
        "title": panel.title,
        "x": _axis_message(panel.x),
        "y": _axis_message(panel.y),
        "marks": [_mark_message(mark, panel.x) | {"spot": spot} for mark, spot in zip(panel.marks, spots, strict=True)],
    }


def _mark_message(mark: Mark, x: Axis) -> dict[str, Any]:
    """Put a mark's fields into a dict, its numbers shortened, and without names for which there is no room."""
    message: dict[str, Any] = {"kind": type(mark).__name__}
    for field in fields(mark):
        value = getattr(mark, field.name)
        if isinstance(mark, Spans) and field.name == "names":
            value = mark.fitting(*x.limits)
        if field.name == "parts":
            value = [[name, [_short(length) for length in lengths]] for name, lengths in value]
        elif isinstance(value, float):
            value = _short(value)
        elif isinstance(value, (list, tuple)):
            value = [_short(each) if isinstance(each, float) else each for each in value]
        message[field.name] = value
    return message
