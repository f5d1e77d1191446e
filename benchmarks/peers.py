"""The cache lab's picture made in other ways, and the floor below all of them. Runs inside the notebooks that `benchmarks.labs` opens.

Every peer runs the very simulations of the cache lab; they differ in how the picture reaches the screen. Each is written as
somebody who knows the tool well would write it.
"""

from __future__ import annotations

import io
import json
from typing import Any

import anywidget
import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import traitlets
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from labsupport.labs import CacheLab
from labsupport.labs.chart import Bars, Chart, Line, Rule
from labsupport.labs.figure import STYLES

SIZES = CacheLab.size.stops
WIDTH, HEIGHT = 10.0, 3.6  # inches of 100 pixels, about what the lab's picture takes on a laptop


class Numbers:
    """The cache lab's numbers without its widget: a closed lab sends nothing and draws nothing."""

    def __init__(self) -> None:
        self.lab = CacheLab()
        self.bytes = len(json.dumps(self.lab._frame, separators=(",", ":")))
        self.lab.close()

    def chart(self, index: int) -> Chart:
        """Simulate with one of the sizes."""
        self.lab.size = SIZES[index]
        self.lab._result = self.lab.simulate()
        return self.lab.chart()


class Picture:
    """The chart on a figure, and the few artists in it that move with the size."""

    def __init__(self, figure: Figure, chart: Chart) -> None:
        (self.curves, self.work) = figure.subplots(1, 2, gridspec_kw={"left": 0.06, "right": 0.98, "bottom": 0.16, "top": 0.85, "wspace": 0.45})
        for axes, panel in zip((self.curves, self.work), chart.panels, strict=True):
            axes.set_title(panel.title, loc="left", pad=20)
            axes.set(xlabel=panel.x.title, xscale=panel.x.scale, xlim=panel.x.limits)
        for line, mark in enumerate(chart.panels[0].marks):
            if isinstance(mark, Line):
                colour, dash, width = STYLES[mark.role]
                self.curves.plot(mark.x, mark.y, dash, color=colour, lw=width)
                self.curves.annotate(mark.label, (mark.x[-1], mark.y[-1]), (5, 14 * (2 - line)), textcoords="offset points")
        self.curves.set(ylim=(0, 1), ylabel="miss ratio")
        self.rule = self.curves.axvline(1, color=STYLES["main"][0])
        self.size = self.curves.text(0, 1.02, "", transform=self.curves.transAxes)
        bars = self._bars(chart)
        places = np.arange(len(bars.categories))
        self.parts = [self.work.barh(places, 0, 0.4, color=STYLES["main"][0], hatch=hatch, fill=not hatch) for hatch in ("", "////")]
        self.work.set_yticks(places, bars.categories)
        self.work.set_ylim(len(places) - 0.4, -0.8)
        self.labels = [self.work.text(1, place - 0.3, "") for place in places]
        self.moving: list[Artist] = [self.rule, self.size, *self.parts[0], *self.parts[1], *self.labels]
        self.update(chart)

    @staticmethod
    def _bars(chart: Chart) -> Bars:
        return next(mark for mark in chart.panels[1].marks if isinstance(mark, Bars))

    def update(self, chart: Chart) -> None:
        """Move what the size moves."""
        rule = next(mark for mark in chart.panels[0].marks if isinstance(mark, Rule))
        self.rule.set_xdata([rule.at, rule.at])
        self.size.set_text(rule.label)
        bars = self._bars(chart)
        start = np.zeros(len(bars.categories))
        for drawn, (_, lengths) in zip(self.parts, bars.parts, strict=True):
            for bar, left, length in zip(drawn, start, lengths, strict=True):
                bar.set(x=left, width=length)
            start += lengths
        for text, words in zip(self.labels, bars.labels, strict=True):
            text.set_text(words)


class Floor(anywidget.AnyWidget):
    """The least there can be: a slider, a trait, ready-made numbers of the lab's size, and a canvas that draws them."""

    _esm = """
    function render({ model, el }) {
      const canvas = Object.assign(document.createElement("canvas"), { width: 1000, height: 360 });
      const range = Object.assign(document.createElement("input"), { type: "range", min: 0, max: model.get("last"), value: 0 });
      range.setAttribute("data-lm-suppress-shortcuts", "true");
      range.addEventListener("input", () => { model.set("index", range.valueAsNumber); model.save_changes(); });
      const pen = canvas.getContext("2d");
      const draw = () => {
        const view = model.get("numbers");
        const numbers = new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
        pen.clearRect(0, 0, canvas.width, canvas.height);
        pen.beginPath();
        numbers.forEach((number, place) => pen.lineTo((place / numbers.length) * canvas.width, number * canvas.height));
        pen.stroke();
      };
      model.on("change:numbers", draw);
      el.classList.add("floor");
      el.append(range, canvas);
      draw();
    }
    export default { render };
    """
    index = traitlets.Int(0).tag(sync=True)
    last = traitlets.Int(len(SIZES) - 1).tag(sync=True)
    numbers = traitlets.Bytes().tag(sync=True)

    def __init__(self, count: int) -> None:
        drawn = np.random.default_rng(1).random((len(SIZES), count // 4), dtype=np.float32)
        self.ready = [row.tobytes() for row in drawn]
        super().__init__(numbers=self.ready[0])
        self.observe(self._moved, "index")

    def _moved(self, change: Any) -> None:
        self.numbers = self.ready[change["new"]]


def floor() -> Floor:
    """Draw as many bytes of ready-made numbers as the lab sends."""
    return Floor(Numbers().bytes)


def _slider() -> ipywidgets.IntSlider:
    return ipywidgets.IntSlider(0, 0, len(SIZES) - 1)


def inline() -> None:
    """Make a new figure each time, with `interact` and inline plots."""
    numbers = Numbers()

    def plot(index: int) -> None:
        Picture(plt.figure(figsize=(WIDTH, HEIGHT), dpi=100), numbers.chart(index))
        plt.show()

    ipywidgets.interact(plot, index=_slider())


def ipympl() -> ipywidgets.Widget:
    """Move the artists of one figure, on ipympl's live canvas."""
    plt.switch_backend("module://ipympl.backend_nbagg")
    numbers, slider = Numbers(), _slider()
    with plt.ioff():
        figure = plt.figure(figsize=(WIDTH, HEIGHT), dpi=100)
    picture = Picture(figure, numbers.chart(0))

    def moved(change: Any) -> None:
        picture.update(numbers.chart(change["new"]))
        figure.canvas.draw_idle()

    slider.observe(moved, "value")
    return ipywidgets.VBox([slider, figure.canvas])


def blitted() -> ipywidgets.Widget:
    """Draw the moving artists over a copy of the still ones, and send an image."""
    numbers, slider, image = Numbers(), _slider(), ipywidgets.Image()
    figure = Figure((WIDTH, HEIGHT), dpi=100)
    canvas = FigureCanvasAgg(figure)
    picture = Picture(figure, numbers.chart(0))
    for artist in picture.moving:
        artist.set_animated(True)
    canvas.draw()
    still = canvas.copy_from_bbox(figure.bbox)

    def show(index: int) -> None:
        picture.update(numbers.chart(index))
        canvas.restore_region(still)
        for artist in picture.moving:
            figure.draw_artist(artist)
        with io.BytesIO() as file:
            Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]).save(file, "png", compress_level=1)
            image.value = file.getvalue()

    show(0)
    slider.observe(lambda change: show(change["new"]), "value")
    return ipywidgets.VBox([slider, image])
