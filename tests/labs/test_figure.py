"""The matplotlib renderer: everything described is drawn, no text touches another, nothing is cut off."""

from __future__ import annotations

import itertools
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text
from PIL import Image, ImageColor

from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Panel
from labsupport.labs.figure import SMALL, STYLES, apart, draw, png
from labsupport.labs.marks import Columns, Line, Rule, Spans, Stairs
from tests.labs import golden
from tests.labs.marks import MarksLab
from tests.labs.squares import SquaresLab


def texts_of(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def assert_readable(figure: Figure) -> None:
    """No two texts overlap, and none leaves the page."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts_of(figure)]
    page = figure.bbox
    for words, box in boxes:
        assert box.x0 >= -1, f"{words!r} is cut off at the left"
        assert box.y0 >= -1, f"{words!r} is cut off at the bottom"
        assert box.x1 <= page.width + 1, f"{words!r} is cut off at the right"
        assert box.y1 <= page.height + 1, f"{words!r} is cut off at the top"
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        along = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 1 or along <= 1, f"{one!r} and {other!r} overlap"


def rounded(*numbers: float) -> tuple[float, ...]:
    return tuple(round(float(number), 6) for number in numbers)


def spans_of(axes: Axes) -> set[tuple[float, ...]]:
    """Return the row of each rectangle, and from where to where it reaches."""
    found = set()
    for box in axes.patches:
        if isinstance(box, Rectangle):
            found.add(rounded(box.get_y() + box.get_height() / 2, box.get_x(), box.get_x() + box.get_width()))
    return found


def assert_complete(lab: Lab[object]) -> None:
    """Every line, label and limit of the description is in the drawing."""
    figure = lab.figure()
    words = [text.get_text() for text in texts_of(figure)]
    for panel, axes in zip(lab.chart().panels, figure.axes, strict=True):
        assert axes.get_xlim() == pytest.approx(panel.x.limits)
        if panel.y is not None:
            assert axes.get_ylim() == pytest.approx(panel.y.limits)
        for mark in panel.marks:
            if isinstance(mark, Spans):
                labels = [mark.label, *filter(None, mark.fitting(*panel.x.limits))]
                assert spans_of(axes) >= {rounded(*span) for span in zip(mark.rows, mark.begins, mark.ends, strict=True)}
            else:
                labels = [*mark.categories, *mark.labels] if hasattr(mark, "categories") else getattr(mark, "names", ()) or [mark.label]
            assert set(labels) - {""} <= set(words)  # several marks may share one label: it is that of the first
            if isinstance(mark, Line):
                x, y = mark.corners if isinstance(mark, Stairs) else (mark.x, mark.y)
                assert (list(x), list(y)) in [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines]
    assert " ".join(words).replace("\n", " ").count(lab.describe()) == 1


@pytest.mark.parametrize("lab", [SquaresLab, MarksLab])
def test_everything_described_is_drawn(lab: type[SquaresLab]) -> None:
    assert_complete(lab())


@pytest.mark.parametrize("side", [1, 10, 99, 100])
def test_no_text_overlaps_or_is_cut_off(side: int) -> None:
    assert_readable(SquaresLab(side=side).figure())
    assert_readable(MarksLab(side=side).figure())


def test_labels_of_neighbouring_rules_are_apart_at_few_dots_per_inch_too() -> None:
    rules = (Rule("insertion sort wins up to 19", 19, role="reference"), Rule("100: 5,083", 100))
    axis = Axis("elements", (2, 10_000), scale="log")
    assert_readable(draw(Chart((Panel("Work", axis, Axis("work", (0, 1)), (Line("", [2, 3], [0, 1]), *rules)),)), "", SMALL))


@pytest.mark.parametrize(("role", "count", "plain"), [("other", 8, False), ("other", 100, True), ("main", 100, True)])
def test_many_narrow_columns_have_no_dashes_around_them(role: str, count: int, plain: bool) -> None:
    columns = Columns("workers", range(count), [place + 0.8 for place in range(count)], [1.0] * count, role)  # type: ignore[arg-type]
    figure = draw(Chart((Panel("Time", Axis("worker", (0, count)), Axis("time", (0, 2)), (columns,)),)), "")
    bars = [box for box in figure.axes[0].patches if isinstance(box, Rectangle)]
    assert len(bars) == count
    assert {bar.get_linestyle() in ("-", "solid") for bar in bars} == {plain}
    assert {bar.get_linewidth() for bar in bars} == {0.4 if role == "other" and plain else 1.0}


def test_both_renderers_use_one_palette() -> None:
    css = (Path(__file__).parents[2] / "labsupport" / "labs" / "browser" / "lab.css").read_text()
    light = css[: css.index("data-jp-theme-light")]
    assert {role: re.search(rf"--{role}: (#\w+);", light)[1] for role in STYLES} == {role: style[0] for role, style in STYLES.items()}
    for role in STYLES:  # what has no rule is black in the browser
        for look in (f"lab-{role}", f"lab-{role}-text", f"lab-{role}-point", f"lab-{role}-band", f"lab-{role}-column"):
            assert re.search(rf"\.{look} {{[^}}]*var\(--{role}\)", css), look


@pytest.mark.parametrize("name", ["gates", "cache", "load_testing", "monitoring"])
def test_a_picture_of_few_colours_keeps_those_of_the_roles(name: str) -> None:
    lab = golden.LABS[name]()
    words = lab.describe()
    with BytesIO() as file:
        draw(lab.chart(), words, SMALL).savefig(file, format="png")
        full = np.asarray(Image.open(file).convert("RGB")).astype(int)
    with BytesIO(png(lab.chart(), words)) as file:
        few = np.asarray(Image.open(file).convert("RGB")).astype(int)
    assert few.shape == full.shape
    seen = 0
    for colour in (ImageColor.getrgb(code) for code, _, _ in STYLES.values()):
        where = (full == colour).all(axis=-1)
        seen += where.any()
        assert (np.abs(few[where] - colour) <= 8).all()
    assert seen >= 3
    assert (few[full.min(axis=-1) == 255] >= 250).all()  # the ground stays white


@given(st.lists(st.floats(0, 100), max_size=8))
def test_labels_are_moved_apart_in_order_and_stay_inside(wishes: list[float]) -> None:
    places = apart(wishes, 10.0, 0.0, 100.0)
    assert all(-1e-9 <= place <= 100 for place in places)
    order = sorted(range(len(wishes)), key=lambda index: wishes[index])
    assert all(places[b] - places[a] >= 10 - 1e-9 for a, b in itertools.pairwise(order))


def test_the_cache_lab_looks_as_it_did(tmp_path: Path) -> None:
    # After a wanted change: python -m tests.labs.golden, and look at the picture before committing it.
    drawn = tmp_path / "cache-lab.png"
    golden.draw(drawn)
    assert compare_images(golden.PICTURE, drawn, tol=2.0) is None
