"""A lab in a file of its own: opened from the disk, offline, without a kernel."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from labsupport.labs import CacheLab
from labsupport.labs.browser import script
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.marks import Spans
from labsupport.labs.page import LARGEST, page
from tests.labs.flow import FlowLab
from tests.labs.marks import MarksLab
from tests.labs.squares import SquaresLab

LIVE = """
() => {
  window.spoken = [];
  const watcher = new MutationObserver((changes) => {
    const said = changes.filter(({ target }) => target.parentElement?.closest('[aria-live]') ?? target.closest?.('[aria-live]'));
    if (said.length) spoken.push(performance.now());
  });
  watcher.observe(document.body, { subtree: true, childList: true, characterData: true });
}
"""


def stored(text: str) -> dict[str, Any]:
    [data] = re.findall(r'openPage\("([^"]+)"', text)
    return dict(json.loads(gzip.decompress(base64.b64decode(data))))


def test_a_page_holds_what_the_lab_answers_at_every_stop_of_its_main_control() -> None:
    lab = SquaresLab(side=10)
    held = stored(page(lab))
    assert held["main"] == "side"
    assert [value for value, _ in held["answers"]] == [side for side in range(1, 101) if side != 66]  # which the lab refuses
    assert held["traits"]["_controls"][0]["stops"] == [value for value, _ in held["answers"]]
    for value, answer in held["answers"][::20]:
        assert answer["_words"]["sentence"] == SquaresLab(side=value).describe()
        assert answer["_frame"] == json.loads(json.dumps(SquaresLab(side=value)._frame))
        assert "_steps" not in answer  # the story does not depend on the side
    assert held["traits"]["_steps"]["title"] == "A box for one thing"


def test_the_lab_is_put_back_and_its_front_end_saw_nothing() -> None:
    lab = SquaresLab(side=10)
    result, seen = lab.result, []
    lab.observe(seen.append, names=["_frame", "_words", "_scene", "_error", "_turn"])
    page(lab)
    assert lab.state == {"side": 10, "power": "two"}
    assert lab.result is result
    assert seen == []


def test_a_value_between_the_stops_is_kept() -> None:
    class Coarse(SquaresLab):
        side = Slider("side", [1, 10, 100], default=10)

    assert [value for value, _ in stored(page(Coarse(side=7)))["answers"]] == [1, 7, 10, 100]


def test_a_lab_may_name_another_main_control() -> None:
    class Powers(SquaresLab):
        main = "power"

    held = stored(page(Powers()))
    assert [value for value, _ in held["answers"]] == ["one", "two"]


def test_a_lab_without_a_control_to_move_says_so() -> None:
    class Fixed(SquaresLab):
        main = "sides"

    with pytest.raises(ValueError, match="main is 'sides', but must be a control that can be moved: one of side, power"):
        page(Fixed())


def test_what_would_be_too_large_gets_fewer_stops_or_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Heavy(SquaresLab):
        side = Slider("side", list(range(1, 13)), default=10)
        rows = 1_000

        def table(self) -> pd.DataFrame:
            return pd.DataFrame({"noise": np.random.default_rng(self.side).random(self.rows)})

    lab = Heavy(side=10)
    lab.rows = 1
    most = len(page(lab).encode()) + 70_000  # with room for some of twelve tables of 19,000, however long the front end is
    monkeypatch.setattr("labsupport.labs.page.LARGEST", most)
    lab.rows = 1_000
    text = page(lab)
    assert len(text.encode()) < most
    held = [value for value, _ in stored(text)["answers"]]
    assert 10 in held
    assert 2 < len(held) < 12
    lab.rows = 6_000
    with pytest.raises(ValueError, match="the table or the scene is too large"):
        page(lab)


def test_a_table_with_gaps_is_still_json() -> None:
    class Gaps(SquaresLab):
        def table(self) -> pd.DataFrame:
            return pd.DataFrame({"side": np.array([1, 2]), "theory": [0.5, np.nan]})

    assert stored(page(Gaps()))["traits"]["_table"]["data"] == [[1, 0.5], [2, None]]


def test_the_cache_lab_fits() -> None:
    class ByPolicy(CacheLab):
        main = "policy"
        policy = Choice("eviction", {"fifo": "FIFO", "lru": "LRU"}, default="lru")

    text = page(ByPolicy())
    assert len(text.encode()) < LARGEST
    assert not re.findall(r"(?:src|href)=\"(?!data:)", text)
    assert set(re.findall(r"https?://[\w./]+", text)) == {"http://www.w3.org/2000/svg"}  # a name, not an address


@pytest.mark.browser
def test_the_page_works_from_the_disk(open_file) -> None:
    opened = open_file(SquaresLab(prediction="00.7"))
    assert opened.locator(".lab-result").is_hidden()
    opened.get_by_role("button", name="Reveal").press("Enter")
    side = opened.get_by_label("side", exact=True)
    side.focus()
    opened.keyboard.press("ArrowRight")
    assert opened.locator("figcaption").text_content() == SquaresLab(side=11).describe()
    opened.keyboard.press("End")
    assert opened.locator("figcaption").text_content() == SquaresLab(side=100).describe()
    opened.wait_for_function("() => [...document.querySelectorAll('.lab-plot text')].some((text) => text.textContent === '100 cm')")
    assert opened.get_by_label("power").is_disabled()
    opened.get_by_role("button", name="Table").press("Enter")
    assert opened.locator(".lab-table td").nth(1).text_content() == "1"
    for name in ("Compare", "Reset"):
        assert opened.get_by_role("button", name=name).count() == 0
    assert opened.get_by_label("State code").is_hidden()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1920, "dark"), (700, "dark")])
def test_every_kind_of_mark_is_drawn_and_readable(open_file, shots: Path, width: int, theme: str) -> None:
    from tests.labs.test_browser import OVERLAPS

    opened = open_file(MarksLab(), viewport={"width": width, "height": 800}, color_scheme=theme)
    for key in ("Home", "End"):
        opened.get_by_label("side", exact=True).press(key)
        opened.wait_for_timeout(100)
        assert opened.evaluate(OVERLAPS) == []
    opened.screenshot(path=shots / f"marks-{theme}-{width}.png")
    words = opened.locator(".lab-plot text").all_text_contents()
    for panel in MarksLab().chart().panels:
        for mark in panel.marks:
            names = mark.fitting(*panel.x.limits) if isinstance(mark, Spans) else getattr(mark, "names", ())
            assert ({name for name in names if name} or {mark.label}) <= set(words)


@pytest.mark.browser
def test_things_move_by_keyboard_alone(open_file) -> None:
    opened = open_file(FlowLab())
    numbers, canvas = opened.locator(".lab-numbers"), opened.locator(".lab-scene canvas").first
    player = opened.locator(".lab-scene")
    assert canvas.get_attribute("aria-label").startswith("60 requests, round robin: 60 requests, 5 stations")
    step = player.get_by_role("button", name="Step", exact=True)
    step.press("Enter")
    assert "request 2 comes to" in numbers.text_content()
    first = canvas.screenshot()
    player.get_by_role("button", name="Play").press("Enter")
    opened.wait_for_function("() => parseFloat(document.querySelector('.lab-numbers').textContent) > 4")
    player.get_by_role("button", name="Pause").press("Enter")
    assert canvas.screenshot() != first
    scrub = player.get_by_label("Go to time")
    scrub.focus()
    opened.keyboard.press("End")
    assert "finished" in numbers.text_content()
    assert "99th percentile" in numbers.text_content()
    player.get_by_role("button", name="Percentiles").press("Enter")
    assert player.locator("canvas").nth(1).is_visible()
    player.get_by_label("Speed").select_option("4")
    player.get_by_role("button", name="Step back").press("Enter")
    assert opened.locator(".lab-scene dt").all_text_contents() == ["balancer", *(f"server {index}" for index in (1, 2, 3, 4))]


@pytest.mark.browser
def test_the_scene_follows_the_theme(open_file) -> None:
    opened = open_file(FlowLab())

    def brightness() -> float:
        return float(plt.imread(io.BytesIO(opened.locator(".lab-scene canvas").first.screenshot()))[..., :3].mean())

    assert brightness() > 0.8
    opened.emulate_media(color_scheme="dark")
    opened.wait_for_timeout(300)
    assert brightness() < 0.3


@pytest.mark.browser
def test_who_asked_for_less_motion_sees_no_flight(open_file) -> None:
    opened = open_file(FlowLab(), reduced_motion="reduce")
    opened.get_by_label("Go to time").evaluate("(range) => { range.value = 9000; range.dispatchEvent(new Event('input')); }")
    before = opened.locator(".lab-scene canvas").first.screenshot()
    drawn = opened.evaluate(
        """() => new Promise((done) => {
          const pen = document.querySelector('.lab-scene canvas').getContext('2d');
          const clear = pen.fillRect.bind(pen);
          let pictures = 0, frames = 0;
          pen.fillRect = (...box) => { pictures += 1; clear(...box); };
          [...document.querySelectorAll('.lab-scene button')].find((button) => button.textContent === 'Play').click();
          const count = () => { frames += 1; if (pictures === 3) done([pictures, frames]); else requestAnimationFrame(count); };
          requestAnimationFrame(count);
        })"""
    )
    assert drawn[1] > 3 * drawn[0]  # most frames of the screen draw nothing
    assert opened.locator(".lab-scene canvas").first.screenshot() != before


@pytest.mark.browser
def test_the_lab_speaks_at_most_once_a_second(open_file) -> None:
    opened = open_file(FlowLab())
    opened.evaluate(LIVE)
    opened.locator(".lab-scene").get_by_role("button", name="Play").press("Enter")
    opened.get_by_label("side", exact=True).focus()
    for _ in range(60):
        opened.keyboard.press("ArrowRight")
        opened.wait_for_timeout(40)
    opened.wait_for_timeout(1100)
    spoken = opened.evaluate("spoken")
    assert spoken
    assert min(np.diff(spoken), default=1000) >= 990


@pytest.mark.browser
def test_larger_type_is_remembered_and_stays_readable(open_file) -> None:
    from tests.labs.test_browser import OVERLAPS

    opened = open_file(FlowLab(), viewport={"width": 1920, "height": 1080}, color_scheme="dark")
    opened.get_by_role("button", name="Larger type").press("Enter")
    assert opened.locator(".lab").evaluate("(lab) => parseFloat(getComputedStyle(lab).fontSize)") >= 24
    opened.reload()
    opened.wait_for_selector(".lab-large .lab-plot text")
    for size in ({"width": 1920, "height": 1080}, {"width": 1280, "height": 800}):
        opened.set_viewport_size(size)
        opened.wait_for_timeout(200)
        assert opened.evaluate(OVERLAPS) == []
        assert opened.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    opened.get_by_role("button", name="Larger type").press("Enter")
    assert opened.locator(".lab-large").count() == 0


@pytest.mark.browser
def test_closing_leaves_no_observer_behind(open_file) -> None:
    opened = open_file(FlowLab())
    left = opened.evaluate(
        """async ([text, stored]) => {
          const source = new Blob([text + "\\nexport { Answers, render };"], { type: "text/javascript" });
          const { Answers, render } = await import(URL.createObjectURL(source));
          const model = new Answers(stored);
          const el = document.createElement("div");
          document.body.append(el);
          const end = render({ model, el });
          const before = model.handlers.length;
          [...el.querySelectorAll("button")].find((button) => button.textContent === "Play").click();
          end();
          return [before, model.handlers.length];
        }""",
        [script(), stored(page(FlowLab()))],
    )
    assert left[0] > 10
    assert left[1] == 0
