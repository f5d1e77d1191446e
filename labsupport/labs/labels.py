"""Where the labels of a chart's marks stand: beside what they name, where it lies apart from everything else.

Both renderers take the places from here. A panel is thought of as small as the browser draws it at the least, in units of the
text's size; on a larger one the text takes relatively less room and moves nearer to its mark, so what fits here fits there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

WIDE, HIGH = 20.0, 10.0  # of the smallest panel, in text sizes
COLUMNS = 160  # in which the panel's curves are looked at
# The widths of letters, in text sizes: those of DejaVu Sans, rounded up, in which matplotlib writes, and which few others are wider than.
WIDTHS = {0.29: "'ijlIJ", 0.36: " ,.·’/:;\\|f-", 0.42: "()[]t!²r", 0.52: '"*_–°sz“”', 0.6: "?cLFkvxyκP"}
WIDTHS |= {0.7: "KAVBRXZC", 0.79: "UHNDGOQ&", 0.87: "w#+<=>^~×↓±≤≥M", 1.0: "%m½W@—…"}
WIDTH = {letter: width for width, letters in WIDTHS.items() for letter in letters}
USUAL, BOLDER = 0.64, 1.12  # the width of the others, and how much wider bold letters are
GAP, LINE = 0.35, 1.15  # between a curve and its label, and the height of a label, in text sizes
ENOUGH = 2.0  # farther apart than this is not clearer

Align = Literal["start", "middle", "end"]
ALIGNS: tuple[Align, ...] = ("start", "middle", "end")


@dataclass(frozen=True)
class Outline:
    """What a mark covers, in shares of its panel from the left and from the bottom.

    Attributes
    ----------
    label : str
    x, low, high : tuple of float
        At each ``x`` the mark reaches from ``low`` to ``high``; for a line they are the same.
    bold : bool
        Whether the label is.
    apart : bool
        Whether these are single points, with nothing between them.
    clear : bool
        Whether other labels may stand on it, as on a shaded band.
    names : tuple of str
        What stands above each single point.
    """

    label: str
    x: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    bold: bool = False
    apart: bool = False
    clear: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spot:
    """The place of a label: it begins, is centred or ends at ``x``, just above or just below ``y``, both in shares of the panel."""

    x: float
    y: float
    align: Align
    above: bool


@lru_cache(maxsize=64)
def spots(outlines: tuple[Outline, ...]) -> tuple[Spot | None, ...]:
    """Find a place for each label.

    Each in turn gets the place along its own mark that lies farthest from all other marks and labels; of places alike, the
    one farther right.

    Parameters
    ----------
    outlines : tuple of Outline
        The important ones first; those without a label only take up room.

    Returns
    -------
    tuple of Spot or None
        ``None`` where there is no label, or no room for it inside the panel: then it stands in the margin on the right.

    Examples
    --------
    Two lines meet on the right, so their labels stand where they are apart:

    >>> falling = Outline("falling", (0, 1), (1.0, 0.0), (1.0, 0.0))
    >>> level = Outline("level", (0, 1), (0.0, 0.0), (0.0, 0.0))
    >>> [round(spot.x, 1) for spot in spots((falling, level))]
    [0.8, 0.6]
    """
    margin = 0.0
    while True:
        places = _within(outlines, WIDE - margin)
        homeless = [_length(each) for each, place in zip(outlines, places, strict=True) if place is None and each.label]
        if max(homeless, default=0.0) <= margin or margin >= WIDE / 2:
            return places
        margin = min(max(homeless), WIDE / 2)  # what stands in the margin takes room from the panel


@lru_cache(maxsize=4_096)
def length(text: str, bold: bool = False) -> float:
    """Say how long a text is, in text sizes.

    Parameters
    ----------
    text : str
    bold : bool, default False

    Returns
    -------
    float

    Examples
    --------
    >>> length("milli") < length("mmmmm"), round(length("mean", bold=True), 2)
    (True, 3.27)
    """
    return (BOLDER if bold else 1.0) * sum(WIDTH.get(letter, USUAL) for letter in text)


def _length(outline: Outline) -> float:
    return length(outline.label, outline.bold)


def _within(outlines: Sequence[Outline], wide: float) -> tuple[Spot | None, ...]:
    covered = [_cover(each, wide) for each in outlines]
    taken: list[tuple[float, float, float, float]] = []
    places: list[Spot | None] = []
    for index, outline in enumerate(outlines):
        others = [covered[other] for other, each in enumerate(outlines) if other != index and not each.clear]
        found = _best(outline, covered[index], others, taken, wide) if outline.label else None
        if found is not None:
            taken.append(found[1])
        places.append(None if found is None else found[0])
    return tuple(places)


Cover = tuple[NDArray[np.float64], NDArray[np.float64]]


def _cover(outline: Outline, wide: float) -> Cover:
    """From where to where a mark reaches in each column, in text sizes; where it is not, from above everything to below everything."""
    x, low, high = np.array(outline.x), HIGH * np.array(outline.low), HIGH * np.array(outline.high)
    lows, highs = np.full(COLUMNS, np.inf), np.full(COLUMNS, -np.inf)
    if outline.apart:
        names = outline.names or ("",) * x.size
        for place, bottom, height, name in zip(x, low - 0.5, high + 0.5, names, strict=True):  # a point is as large as a letter
            half = max(1.0, length(name, outline.bold)) / 2 / wide
            top = height + (GAP + LINE if name else 0.0)
            columns = slice(*(min(max(int(end * COLUMNS), 0), COLUMNS) for end in (place - half, place + half + 1 / COLUMNS)))
            lows[columns] = np.minimum(lows[columns], bottom)
            highs[columns] = np.maximum(highs[columns], top)
        return lows, highs
    edges = np.linspace(0, 1, COLUMNS + 1)
    inside = (edges >= x[0]) & (edges <= x[-1])
    corners = np.clip((x * COLUMNS).astype(int), 0, COLUMNS - 1)
    for values, reach, farther in ((low, lows, np.minimum), (high, highs, np.maximum)):
        at = np.where(inside, np.interp(edges, x, values), reach[0])
        reach[:] = farther(at[:-1], at[1:])
        farther.at(reach, corners, values)
    return lows, highs


def _best(
    outline: Outline, own: Cover, others: list[Cover], taken: list[tuple[float, float, float, float]], wide: float
) -> tuple[Spot, tuple[float, float, float, float]] | None:
    """Find the clearest place for a label, and the box it takes: left, right, bottom, top, in shares and text sizes."""
    window = int(np.ceil(_length(outline) / wide * COLUMNS)) + 1
    if window > COLUMNS:
        return None
    marks = (own, *others)
    lows = sliding_window_view(np.stack([low for low, _ in marks]), window, axis=1).min(axis=2)  # of the marks where the label would be
    highs = sliding_window_view(np.stack([high for _, high in marks]), window, axis=1).max(axis=2)
    best, found = 0.0, None
    shift = {"start": 0, "middle": window // 2, "end": window - 1}
    everywhere = np.flatnonzero(np.isfinite(own[0]))
    anchors = np.unique([min(max(int(x * COLUMNS), 0), COLUMNS - 1) for x in outline.x]) if outline.apart else everywhere
    for above in (True, False):
        for align in ALIGNS:
            starts = anchors - shift[align]
            fits = (starts >= 0) & (starts + window <= COLUMNS)
            at, start = anchors[fits], starts[fits]
            edge = own[1][at] if above else own[0][at]
            bottom = edge + GAP if above else edge - GAP - LINE
            top = bottom + LINE
            clear = np.where((bottom < 0) | (top > HIGH), -1.0, np.inf)
            distance = np.maximum(bottom - highs[:, start], lows[:, start] - top)
            clear = np.minimum(clear, distance[1:].min(axis=0, initial=np.inf))  # its own mark may be near
            clear = np.where(distance.min(axis=0) < 0, -1.0, clear)
            for left, right, low_, high_ in taken:
                across = (start / COLUMNS < right) & ((start + window) / COLUMNS > left)
                clear = np.where(across & (bottom < high_) & (top > low_), -1.0, clear)
            score = np.where(clear < 0, 0.0, np.minimum(clear, ENOUGH) + 0.01 + 0.3 * at / COLUMNS)
            if score.size and score.max() > best:
                first = int(score.argmax())
                best = float(score[first])
                x = (at[first] + 0.5) / COLUMNS
                box = (start[first] / COLUMNS, (start[first] + window) / COLUMNS, float(bottom[first]), float(top[first]))
                found = Spot(round(float(x), 3), round(float(np.clip(edge[first] / HIGH, 0, 1)), 3), align, above), box
    return found
