"""The second renderer: draws a chart with matplotlib, for handouts, printed pages and pages without a kernel.

Labels stand beside what they name, where `labels` found a place for them. Those without one share the margin on the right,
pushed apart until none touches another; those of upright rules stand in a strip on top.
"""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import NullLocator
from PIL import Image

from labsupport.labs.chart import Area, Axis, Band, Bars, Chart, Columns, Line, Mark, Panel, Points, Rule, Spans, Stairs
from labsupport.labs.labels import GAP, Spot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# colour, dash, width in points: the light half of the palette in browser/lab.css
STYLES: dict[str, tuple[str, str | tuple[int, tuple[int, ...]], float]] = {
    "main": ("#0b5cad", "-", 2.4),
    "own": ("#7a4f00", (0, (9, 2)), 3.0),
    "other": ("#2f6b3a", (0, (6, 2, 1, 2, 1, 2)), 1.8),
    "theory": ("#b04300", "--", 2.0),
    "reference": ("#555555", ":", 2.0),
    "measurement": ("#a3195b", "-", 1.6),
    "prediction": ("#6b3fa0", "-", 1.2),
    "kept": ("#00695c", "-.", 2.0),
}

# inches
PANEL_WIDTH, PANEL_HEIGHT = 5.6, 3.9
MOST_COLUMNS = 2  # panels side by side, so that a figure can be read when it is as wide as a sheet of paper
LEFT, TOP, BOTTOM = 0.4, 0.75, 0.62
TEXT = 9.5  # points
SMALL = 80  # dots per inch of a picture for a notebook
HALO = withStroke(linewidth=2.5, foreground="white")  # around letters that may stand on something
COLOURS = 128  # of a picture
NARROW = 0.015  # of a panel's width
HALF_SPAN = 0.38  # of a row, from the middle of a span to its edge


def draw(chart: Chart, caption: str, dpi: int = 100) -> Figure:
    """Draw a chart and its caption.

    Parameters
    ----------
    chart : Chart
        What to draw.
    caption : str
        The sentence under it.
    dpi : int, default 100
        Dots per inch at which labels are kept apart; with few of them, letters need more room.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> axis = Axis("size", (0, 10))
    >>> figure = draw(Chart((Panel("Squares", axis, Axis("area", (0, 100)), (Line("area", [0, 10], [0, 100]),)),)), "It grows.")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['area']
    """
    columns = min(len(chart.panels), MOST_COLUMNS)
    rows = -(-len(chart.panels) // columns)
    lines = textwrap.wrap(caption, 62 * columns, break_on_hyphens=False)
    below = 0.2 * len(lines) + 0.1
    width, height = PANEL_WIDTH * columns, PANEL_HEIGHT * rows + below
    figure = Figure(figsize=(width, height), dpi=dpi)
    FigureCanvasAgg(figure)
    for index, panel in enumerate(chart.panels):
        left, right = _margins(figure, panel)
        row, column = divmod(index, columns)
        place = (
            (column * PANEL_WIDTH + left) / width,
            (below + (rows - 1 - row) * PANEL_HEIGHT + BOTTOM) / height,
            (PANEL_WIDTH - left - right) / width,
            (PANEL_HEIGHT - TOP - BOTTOM) / height,
        )
        _draw_panel(figure.add_axes(place), panel)
    figure.text(0.15 / width, (below - 0.05) / height, "\n".join(lines), va="top", fontsize=TEXT + 0.5)
    return figure


def png(chart: Chart, caption: str) -> bytes:
    """Draw a chart as a PNG picture.

    Parameters
    ----------
    chart : Chart
    caption : str

    Returns
    -------
    bytes
    """
    with io.BytesIO() as full, io.BytesIO() as small:
        draw(chart, caption, SMALL).savefig(full, format="png")
        # A few colours are enough for lines and letters, and the picture goes over the student's line and into the notebook. An octree keeps
        # a colour of its own for each role, even for a handful of points; the median cut would mix theirs with whatever is nearest.
        few = Image.open(full).convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(small, format="png", optimize=True)
        return small.getvalue()


def _inches(figure: Figure, text: str) -> float:
    probe = figure.text(0, 0, text, fontsize=TEXT)
    extent = probe.get_window_extent().width / figure.dpi
    probe.remove()
    return float(extent)


def _margins(figure: Figure, panel: Panel) -> tuple[float, float]:
    bars = next((mark for mark in panel.marks if isinstance(mark, Bars)), None)
    if bars is not None:
        return max(_inches(figure, word) for word in bars.categories) + 0.2, 0.25
    labels = [mark.label for mark, _ in _homeless(panel)]
    ticks = panel.y.ticks if panel.y is not None else ()
    left = max((_inches(figure, text) for _, text in ticks), default=0.0) + LEFT
    return left, max((_inches(figure, label) for label in labels), default=0.0) + 0.25


def _homeless(panel: Panel) -> list[tuple[Line | Area | Columns | Spans | Band | Rule, float]]:
    """List the marks with a label in the right-hand margin, each with the height, in units of y, where it would like to stand."""
    found: list[tuple[Line | Area | Columns | Spans | Band | Rule, float]] = []
    for mark, spot in zip(panel.marks, panel.spots, strict=True):
        if isinstance(mark, Bars) or spot is not None or (isinstance(mark, Points) and mark.names):
            continue
        if isinstance(mark, Line):
            found.append((mark, mark.y[-1]))
        elif isinstance(mark, Columns):
            found.append((mark, mark.heights[-1]))
        elif isinstance(mark, Spans):
            found.append((mark, mark.rows[-1]))
        elif isinstance(mark, Area):
            found.append((mark, (mark.low[-1] + mark.high[-1]) / 2))
        elif isinstance(mark, Band):
            found.append((mark, (mark.low + mark.high) / 2))
        elif mark.axis == "y":
            found.append((mark, mark.at))
    return [(mark, height) for mark, height in found if mark.label]


def _scale(axes: Axes, axis: Axis, direction: str) -> None:
    getattr(axes, f"set_{direction}scale")(axis.scale)
    getattr(axes, f"set_{direction}lim")(*axis.limits)
    getattr(axes, f"set_{direction}ticks")([place for place, _ in axis.ticks], [text for _, text in axis.ticks], fontsize=TEXT - 0.5)
    getattr(axes, f"{direction}axis").set_minor_locator(NullLocator())
    getattr(axes, f"set_{direction}label")(axis.title, fontsize=TEXT)


def _draw_panel(axes: Axes, panel: Panel) -> None:
    axes.set_title(panel.title, loc="left", fontsize=TEXT + 1.5, fontweight="bold", pad=24)
    axes.spines[["top", "right"]].set_visible(False)
    _scale(axes, panel.x, "x")
    if panel.y is not None:
        _scale(axes, panel.y, "y")
        axes.grid(color="#e4e4e4", linewidth=0.8)
        axes.set_axisbelow(True)
    for mark in panel.marks:
        _draw_mark(axes, mark)
    _label_top(axes, [mark for mark in panel.marks if isinstance(mark, Rule) and mark.axis == "x"])
    for mark, spot in zip(panel.marks, panel.spots, strict=True):
        if spot is not None and not isinstance(mark, Bars):
            _label_inside(axes, mark, spot)
    _label_right(axes, panel)


def _draw_mark(axes: Axes, mark: Mark) -> None:
    if isinstance(mark, Bars):
        _draw_bars(axes, mark)
        return
    colour, dash, width = STYLES[mark.role]
    if isinstance(mark, Points):
        axes.plot(mark.x, mark.y, linestyle="", marker="D", color=colour, markersize=7, markeredgecolor="white")
        for x, y, name in zip(mark.x, mark.y, mark.names, strict=False):
            axes.annotate(name, (x, y), (0, 6), textcoords="offset points", ha="center", fontsize=TEXT, color=colour)
    elif isinstance(mark, Stairs):
        axes.plot(*mark.corners, linestyle=dash, color=colour, linewidth=width)
    elif isinstance(mark, Line):
        axes.plot(mark.x, mark.y, linestyle=dash, color=colour, linewidth=width)
    elif isinstance(mark, Area):
        axes.fill_between(mark.x, mark.low, mark.high, facecolor=colour, alpha=0.18, edgecolor=colour)
    elif isinstance(mark, Columns):
        widths = [right - left for left, right in zip(mark.left, mark.right, strict=True)]
        bottom = axes.get_ylim()[0]
        heights = [height - bottom for height in mark.heights]
        low, high = axes.get_xlim()
        narrow = mark.role not in ("main", "own") and max(widths) / (high - low) < NARROW  # dashes around them would be all that one sees
        edge = {"linestyle": "-", "linewidth": 0.4} if narrow else {"linestyle": dash}
        axes.bar(mark.left, heights, widths, bottom, align="edge", facecolor=to_rgba(colour, 0.45), edgecolor=colour, **edge)
    elif isinstance(mark, Spans):
        lengths = [end - begin for begin, end in zip(mark.begins, mark.ends, strict=True)]
        axes.barh(mark.rows, lengths, 2 * HALF_SPAN, mark.begins, facecolor=to_rgba(colour, 0.45), edgecolor=colour, linestyle=dash)
        for row, begin, length, name in zip(mark.rows, mark.begins, lengths, mark.fitting(*axes.get_xlim()), strict=False):
            if name:
                axes.text(begin + length / 2, row, name, ha="center", va="center", fontsize=TEXT, path_effects=[HALO])
    elif isinstance(mark, Band):
        axes.axhspan(mark.low, mark.high, facecolor=colour, alpha=0.15, hatch="//", edgecolor=colour)
    elif mark.axis == "y":
        axes.axhline(mark.at, linestyle=dash, color=colour, linewidth=width)
    else:
        axes.axvline(mark.at, linestyle=dash, color=colour, linewidth=1.2)


def _draw_bars(axes: Axes, bars: Bars) -> None:
    rows = list(range(len(bars.categories)))
    ends = [0.0] * len(rows)
    for index, (_, lengths) in enumerate(bars.parts):
        for row in rows:
            axes.barh(
                row,
                lengths[row],
                left=ends[row],
                height=0.5,
                color=STYLES["main"][0] if index == 0 else "white",
                edgecolor=STYLES["main"][0],
                hatch="" if index == 0 else "////",
                alpha=1.0 if row == bars.selected else 0.35,
            )
            ends[row] += lengths[row]
    for row in rows:
        weight = "bold" if row == bars.selected else "normal"
        axes.text(axes.get_xlim()[0], row - 0.36, bars.labels[row], va="center", fontsize=TEXT, fontweight=weight)
    axes.set_yticks(rows, list(bars.categories), fontsize=TEXT)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _label_top(axes: Axes, rules: list[Rule]) -> None:
    """Put each rule's words above it, kept inside the panel and apart from each other."""
    renderer = axes.figure.canvas.get_renderer()  # type: ignore[attr-defined]  # of FigureCanvasAgg, set in draw
    frame = axes.get_window_extent(renderer)
    rules = sorted(rules, key=lambda rule: rule.at)
    texts = [axes.text(0, 0, rule.label, fontsize=TEXT, color=STYLES[rule.role][0], ha="left", va="bottom") for rule in rules]
    rooms = [text.get_window_extent(renderer).width + TEXT for text in texts]
    centres = [axes.transData.transform((rule.at, axes.get_ylim()[0]))[0] for rule in rules]
    wishes = [centre - room / 2 for centre, room in zip(centres, rooms, strict=True)]
    for text, start in zip(texts, in_row(wishes, rooms, frame.x0, frame.x1 + TEXT), strict=True):
        text.set_transform(axes.transAxes)
        text.set_position(((start - frame.x0) / frame.width, 1.03))


def _label_inside(axes: Axes, mark: Line | Area | Columns | Spans | Band | Rule, spot: Spot) -> None:
    axes.annotate(
        mark.label,
        (spot.x, spot.y),
        (0, (GAP if spot.above else -GAP) * TEXT),
        xycoords="axes fraction",
        textcoords="offset points",
        ha={"start": "left", "middle": "center", "end": "right"}[spot.align],
        va="bottom" if spot.above else "top",
        fontsize=TEXT,
        fontweight="bold" if mark.role in ("main", "own") else "normal",
        color=STYLES[mark.role][0],
        path_effects=[HALO],
    )


def _label_right(axes: Axes, panel: Panel) -> None:
    labelled = _homeless(panel)
    wishes = [axes.transData.transform((panel.x.limits[1], height))[1] for _, height in labelled]
    frame = axes.get_window_extent()
    line = TEXT * 1.35 * axes.figure.dpi / 72
    for (mark, _), place in zip(labelled, apart(wishes, line, frame.y0, frame.y1), strict=True):
        height = (place - frame.y0) / frame.height
        axes.text(1.02, height, mark.label, transform=axes.transAxes, va="center", fontsize=TEXT, color=STYLES[mark.role][0])


def apart(wishes: list[float], line: float, low: float, high: float) -> list[float]:
    """Move labels as little as needed until each has a line of its own.

    Parameters
    ----------
    wishes : list of float
        Where each label would like to stand.
    line : float
        The room one label needs.
    low, high : float
        The room there is; exceeded upwards only if the labels do not fit.

    Returns
    -------
    list of float
        Where each stands, in the order given.

    Examples
    --------
    >>> apart([5.0, 5.0, 50.0], line=10.0, low=0.0, high=100.0)
    [5.0, 15.0, 50.0]
    >>> apart([99.0, 100.0], line=10.0, low=0.0, high=100.0)
    [90.0, 100.0]
    """
    order = sorted(range(len(wishes)), key=lambda index: wishes[index])
    places = [0.0] * len(wishes)
    floor = low
    for index in order:
        places[index] = max(wishes[index], floor)
        floor = places[index] + line
    ceiling = high
    for index in reversed(order):
        places[index] = min(places[index], ceiling)
        ceiling = places[index] - line
    return places


def in_row(wishes: list[float], rooms: list[float], low: float, high: float) -> list[float]:
    """Put labels in a row, in their order, as near to where they wish to start as the others and the ends allow.

    Parameters
    ----------
    wishes, rooms : list of float
        Where each would like to start, and how long it is.
    low, high : float
        The ends of the row; if the labels do not fit, the first ones reach out beyond ``low``.

    Returns
    -------
    list of float
        Where each starts.

    Examples
    --------
    >>> in_row([5.0, 8.0], [10.0, 10.0], 0.0, 100.0)
    [5.0, 15.0]
    >>> in_row([95.0, 99.0], [10.0, 10.0], 0.0, 100.0)
    [80.0, 90.0]
    """
    starts: list[float] = []
    for wish, before in zip(wishes, [0.0, *rooms], strict=False):
        starts.append(max(wish, starts[-1] + before) if starts else max(wish, low))
    end = high
    for index in reversed(range(len(starts))):
        starts[index] = end = min(starts[index], end - rooms[index])
    return starts
