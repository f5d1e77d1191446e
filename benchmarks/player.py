"""How smoothly 500 things move: the canvas player in headless Chromium, on a page without a kernel.

Run as ``python -m benchmarks.player``. Every thing is seen all the time, standing or flying between twenty stations; the
pictures are counted that the browser shows in a second, and the time that the player's own work takes of each.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.harness import machine
from labsupport.labs.scene import Scene, Station
from tests.jupyter import CHROMIUM, chromium
from tests.labs.flow import FlowLab

THINGS, STATIONS, STAYS = 500, 20, 10
SECONDS = 5

COUNT = """
(seconds) => new Promise((done) => {
  const ask = window.requestAnimationFrame.bind(window);
  let [pictures, spent] = [0, 0];
  window.requestAnimationFrame = (draw) => ask((now) => {
    const start = performance.now();
    draw(now);
    spent += performance.now() - start;
    pictures += 1;
  });
  setTimeout(() => done([pictures / seconds, spent / pictures]), 1000 * seconds);
})
"""


def crowd() -> Scene:
    """Send every thing from station to station without end."""
    rng = np.random.default_rng(1)
    stays = rng.exponential(0.3, (THINGS, STAYS))
    leave = np.cumsum(stays + 1, axis=1)  # each flight takes 1
    places = [(0.1 + 0.8 * (index % 5) / 4, 0.1 + 0.8 * (index // 5) / 3) for index in range(STATIONS)]
    stations = [Station(f"station {index + 1}", x, y, layout="heap" if index % 2 else "queue") for index, (x, y) in enumerate(places)]
    thing = np.repeat(np.arange(THINGS), STAYS)
    there = rng.integers(0, STATIONS, THINGS * STAYS)
    kinds = ("a", "b", "c", "d", "e", "f")
    leave = leave.ravel()
    return Scene(f"{THINGS} things", stations, thing, there, leave - stays.ravel(), leave, kind=thing % 6, kinds=kinds, seconds=20)


class CrowdLab(FlowLab):
    """A lab in which much moves."""

    def scene(self) -> Scene:
        """Show the crowd."""
        return crowd()


def main() -> None:
    """Open the page, play, count, print."""
    if CHROMIUM is None:
        print("Chromium is not installed: apt-get install chromium")
        return
    print(f"{THINGS} things, {SECONDS} s of playing\n{machine()}\n")
    print(f"{'screen':12} frames/s   ms of work a frame   at least 55 frames/s")
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        path = Path(folder) / "crowd.html"
        CrowdLab().to_html(path)
        for dots in (1, 2):
            context = browser.new_context(viewport={"width": 1280, "height": 800}, device_scale_factor=dots)
            page = context.new_page()
            page.goto(path.as_uri())
            page.locator(".lab-scene").get_by_role("button", name="Play").click()
            page.wait_for_timeout(1000)
            frames, work = page.evaluate(COUNT, SECONDS)
            print(f"{f'{dots} × density':12} {frames:8.1f}   {work:18.2f}   {'met' if frames >= 55 else 'MISSED'}")
            context.close()


if __name__ == "__main__":
    main()
