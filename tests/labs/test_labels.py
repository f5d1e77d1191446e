"""Labels beside curves: inside the panel, clear of one another and of every curve, or else in the margin."""

from __future__ import annotations

import itertools
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.ft2font import FT2Font

from labsupport.labs.labels import GAP, HIGH, LINE, WIDE, Outline, Spot, length, spots
from tests.labs.marks import MarksLab

HEIGHTS = st.lists(st.floats(0, 1), min_size=2, max_size=6)


def outline(label: str, heights: list[float], bold: bool = False) -> Outline:
    x = tuple(np.linspace(0, 1, len(heights)).tolist())
    return Outline(label, x, tuple(heights), tuple(heights), bold)


def box(each: Outline, spot: Spot, wide: float) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a label, in text sizes."""
    long = length(each.label, each.bold)
    left = spot.x * wide - {"start": 0, "middle": long / 2, "end": long}[spot.align]
    bottom = spot.y * HIGH + (GAP if spot.above else -GAP - LINE)
    return left, left + long, bottom, bottom + LINE


@given(st.lists(st.tuples(st.text("abefilmw", min_size=1, max_size=12), HEIGHTS, st.booleans()), min_size=1, max_size=6))
def test_labels_touch_neither_each_other_nor_a_curve(lines: list[tuple[str, list[float], bool]]) -> None:
    outlines = tuple(outline(*line) for line in lines)
    places = spots(outlines)
    outside = [length(each.label, each.bold) for each, spot in zip(outlines, places, strict=True) if spot is None]
    wide = WIDE - max(outside, default=0)
    boxes = [box(each, spot, wide) for each, spot in zip(outlines, places, strict=True) if spot is not None]
    slack = 0.2  # text sizes: places are rounded to a column and curves looked at between columns
    for left, right, bottom, top in boxes:
        assert left >= -slack
        assert right <= wide + slack
        assert bottom >= -slack
        assert top <= HIGH + slack
        for each in outlines:
            x = np.linspace((left + slack) / wide, (right - slack) / wide, 50)
            heights = HIGH * np.interp(x, each.x, each.high)
            assert not np.any((heights > bottom + slack) & (heights < top - slack))
    for a, b in itertools.combinations(boxes, 2):
        across = min(a[1], b[1]) - max(a[0], b[0])
        along = min(a[3], b[3]) - max(a[2], b[2])
        assert across <= slack or along <= slack


def test_a_label_stands_where_its_curve_lies_apart() -> None:
    meeting = spots((outline("upper", [1.0, 0.9, 0.0]), outline("lower", [0.9, 0.1, 0.0])))
    assert all(spot is not None and 0.2 < spot.x < 0.9 for spot in meeting)


def test_what_finds_no_room_goes_to_the_margin() -> None:
    assert spots((outline("a label that is longer than the panel is wide", [0.5, 0.5]),)) == (None,)


def test_a_mark_without_a_label_only_takes_up_room() -> None:
    assert spots((outline("", [0.5, 0.5]),)) == (None,)


def test_every_mark_has_one_place_for_its_label() -> None:
    curves, columns, _ = MarksLab().chart().panels
    places = dict(zip([mark.label for mark in curves.marks], curves.spots, strict=True))
    assert places["random"] is not None  # the highest curve has room above it
    assert places["load 0.7"] is None  # an upright rule has its label on top
    assert columns.spots[1] is None  # these points have names of their own


@pytest.mark.parametrize(("weight", "bold"), [("", False), ("-Bold", True)])
def test_a_text_is_nearly_as_long_as_matplotlib_draws_it(weight: str, bold: bool) -> None:
    """Never much shorter, so that no label touches another, and not much longer, so that it finds its place."""
    font = FT2Font(Path(mpl.get_data_path()) / "fonts" / "ttf" / f"DejaVuSans{weight}.ttf")
    font.set_size(1_000, 72)
    for text in ("mean", "mmmmm", "WWW", "illicit", "comparisons and moves", "99th percentile, recorded", "12 × 0.5 µs ≤ 80 %", "κ = 0.001"):
        drawn = sum(font.load_char(ord(letter)).linearHoriAdvance for letter in text) / 65_536 / 1_000
        assert 0.98 * drawn <= length(text, bold) <= 1.15 * drawn, text
