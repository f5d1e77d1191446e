"""From the key to the pixels: the cache lab beside other ways to put a moving plot into a notebook, in a real JupyterLab and Chromium.

Run as ``python -m benchmarks.labs``. Each contestant has a page, a kernel and a line of its own; they take turns key by key, so that a
slow moment of the machine hits all of them alike. The floor is a bare canvas that draws ready-made numbers: nothing that
goes through a kernel can be faster. The others simulate the same 100,000 requests for each key. Read the ratios.
"""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from benchmarks.harness import machine
from benchmarks.peers import SIZES
from labsupport.systems.line import Line
from tests.jupyter import CHROMIUM, chromium, jupyterlab, open_notebook, run_all, write_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

KEYS = 60  # pressed for each contestant
FIRST = 3  # pictures after the cell starts
HOLDS = 2
SLOW_KEYS = 6
ROUND_TRIP = 0.1  # seconds, of a student far away
RATE = 1_000_000 / 8  # bytes a second, each way
REPEAT = 1 / 30  # seconds between the key events of a held key


@dataclass
class Contestant:
    """One way to the picture: the cell that makes it, and where slider and picture are found."""

    name: str
    cell: str
    slider: str
    picture: str
    first: list[float] = field(default_factory=list)  # all in milliseconds
    keys: list[float] = field(default_factory=list)
    slow: list[float] = field(default_factory=list)
    released: list[float] = field(default_factory=list)
    received: list[int] = field(default_factory=list)  # bytes for each key

    def open(self, browser: Browser, line: Line) -> None:
        """Open the notebook over the line, and run it."""
        self.line = line
        self.page: Page = browser.new_page(viewport={"width": 1280, "height": 900})
        self.page.add_init_script(path=Path(__file__).with_name("probe.js"))
        open_notebook(self.page, f"http://127.0.0.1:{line.port}", f"{self.name}.ipynb")
        run_all(self.page)
        self.page.evaluate("(selector) => { probe.selector = selector; }", self.picture)
        self.page.wait_for_selector(self.picture)
        self.ready()

    def ready(self) -> None:
        """Give the slider the keyboard, at its left end."""
        self.page.wait_for_selector(self.slider)
        # JupyterLab takes the arrow keys from sliders that lack the attribute: a help for the peers
        self.page.eval_on_selector(self.slider, "(slider) => { slider.setAttribute('data-lm-suppress-shortcuts', 'true'); slider.focus(); }")
        self.page.keyboard.press("Home")
        self.rest(1.0)

    def rest(self, seconds: float) -> None:
        """Let the page be."""
        self.page.wait_for_timeout(1000 * seconds)

    def press(self, key: str, **settings: Any) -> float:
        """Press a key; return the milliseconds until another picture is on the screen."""
        self.page.evaluate("(settings) => { probe.arm(settings); }", settings)
        self.page.keyboard.press(key)
        return float(self.page.evaluate("Promise.race([probe.latency(), new Promise((_, no) => setTimeout(() => no('no picture'), 20000))])"))

    def start(self) -> None:
        """Run the last cell again, as a student does, in a kernel that has everything imported."""
        self.page.locator(".jp-CodeCell .cm-content").last.click()
        self.first.append(self.press("Control+Enter", fresh=True))
        self.rest(0.5)

    def step(self, key: str) -> None:
        """Press one key, and count what comes over the websocket."""
        before = self.page.evaluate("probe.received")
        self.keys.append(self.press(key))
        self.rest(0.1)
        self.received.append(self.page.evaluate("probe.received") - before)

    def step_slowly(self, key: str) -> None:
        """Press one key on the slow line."""
        self.line.round_trip, self.line.rate = ROUND_TRIP, RATE  # browsers' own throttling spares open websockets
        self.slow.append(self.press(key))
        self.rest(0.6)
        self.line.round_trip, self.line.rate = 0.0, math.inf
        self.rest(0.1)

    def hold(self) -> None:
        """Hold a key for one and a half seconds to the right, then to the left; the last state is the first one again."""
        before = self.page.evaluate("probe.arm({ reading: false })")
        count = round(1.5 / REPEAT)
        due = time.monotonic()
        for key in ("ArrowRight", "ArrowLeft"):
            for _ in range(count):
                self.page.keyboard.down(key)
                due += REPEAT
                self.rest(max(0.0, due - time.monotonic()))
            if key == "ArrowRight":
                self.page.keyboard.up(key)
                self.page.evaluate("probe.keyup = 0")
        self.page.keyboard.up("ArrowLeft")
        quiet = "!probe.shown.length || performance.now() - Math.max(probe.shown.at(-1), probe.keyup) > 1500"
        self.page.wait_for_function(quiet, timeout=60_000)
        late = self.page.evaluate("Math.max(0, probe.shown.at(-1) - probe.keyup)")
        self.released.append(late if self.page.evaluate("probe.arm()") == before else float("inf"))


def contestants() -> dict[str, Contestant]:
    """List them by name."""
    peers = "from benchmarks import peers\n"
    handle = ".jupyter-widgets .noUi-handle"
    listed = [
        Contestant("floor", f"{peers}peers.floor()", ".floor input", ".floor canvas"),
        Contestant("CacheLab", "from labsupport.labs import CacheLab\nCacheLab()", ".lab-controls input", ".lab-plot svg"),
        Contestant("interact", f"%matplotlib inline\n{peers}peers.inline()", handle, ".jp-RenderedImage img"),
        Contestant("ipympl", f"{peers}peers.ipympl()", handle, ".jupyter-matplotlib canvas"),
        Contestant("blitted", f"{peers}peers.blitted()", handle, "img.widget-image"),
    ]
    return {contestant.name: contestant for contestant in listed}


def take_turns(all_: dict[str, Contestant]) -> None:
    """Measure everything, each contestant in turn."""
    everybody = list(all_.values())
    for _ in range(1 + FIRST):
        for contestant in everybody:
            contestant.start()
    for contestant in everybody:
        contestant.first.pop(0)
        contestant.ready()
    for key in ["ArrowRight", "ArrowLeft"] * 4:
        for contestant in everybody:
            contestant.step(key)
    for contestant in everybody:  # until here it was warming up
        contestant.keys.clear()
        contestant.received.clear()
    new = len(SIZES) - 1  # to the right, every size is a new one
    for index, key in enumerate(["ArrowRight"] * new + ["ArrowLeft"] * (KEYS - new)):
        first = index % len(everybody)
        for contestant in everybody[first:] + everybody[:first]:
            contestant.step(key)
    for index in range(SLOW_KEYS):
        for contestant in everybody:
            contestant.step_slowly("ArrowLeft" if index % 2 else "ArrowRight")
    for contestant in everybody:
        contestant.page.keyboard.press("Home")
    for _ in range(HOLDS):
        for contestant in everybody:
            contestant.rest(0.5)
            contestant.hold()


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def report(all_: dict[str, Contestant]) -> None:
    """Print the table, and what the standards ask of the cache lab."""
    floor, lab, interact = all_["floor"], all_["CacheLab"], all_["interact"]
    median = statistics.median
    print(f"{'':10} key to pixels, ms   × floor        × interact     kB      slow line   first picture  after release")
    print(f"{'':10} median    p95       median  p95   median  p95    a frame ms, median  ms, median     ms, worst")
    for each in all_.values():
        middle, high = median(each.keys), p95(each.keys)
        print(
            f"{each.name:10} {middle:6.0f} {high:6.0f}      {middle / median(floor.keys):6.2f} {high / p95(floor.keys):5.2f}"
            f"  {middle / median(interact.keys):6.2f} {high / p95(interact.keys):5.2f}   {statistics.mean(each.received) / 1000:6.1f}"
            f"  {median(each.slow):9.0f}   {median(each.first):9.0f}      {max(each.released):9.0f}"
        )
    targets = [
        ("key to pixels / floor, median", median(lab.keys) / median(floor.keys), 1.25),
        ("key to pixels / floor, p95", p95(lab.keys) / p95(floor.keys), 1.25),
        ("key to pixels / interact, median", median(lab.keys) / median(interact.keys), 0.5),
        ("key to pixels / interact, p95", p95(lab.keys) / p95(interact.keys), 0.5),
        ("kB a frame", statistics.mean(lab.received) / 1000, 8),
        ("ms over the slow line, median", median(lab.slow), 250),
        ("ms to the first picture, median", median(lab.first), 1000),
        ("ms from release to the last state, worst", max(lab.released), 150),
    ]
    print(f"\n{'CacheLab':42} measured   at most")
    for name, measured, most in targets:
        print(f"{name:42} {measured:8.2f}  {most:8.2f}  {'met' if measured <= most else 'MISSED'}")


def main() -> None:
    """Open a page for each contestant, measure, print."""
    if CHROMIUM is None:
        print("Chromium is not installed: apt-get install chromium")
        return
    all_ = contestants()
    print(f"{KEYS} keys each, in turn; slow line: {1000 * ROUND_TRIP:.0f} ms round trip, {8 * RATE / 1e6:g} Mbit/s\n{machine()}\n")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        for contestant in all_.values():
            write_notebook(Path(name) / f"{contestant.name}.ipynb", contestant.cell)
        target = urlsplit(stack.enter_context(jupyterlab(Path(name)))).port
        browser = stack.enter_context(chromium())
        for contestant in all_.values():
            contestant.open(browser, stack.enter_context(Line(target or 0)))
        take_turns(all_)
    report(all_)


if __name__ == "__main__":
    main()
