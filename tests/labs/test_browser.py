"""Labs in a real JupyterLab and a real Chromium: by keyboard, in both themes, on narrow and wide screens."""

from __future__ import annotations

import hashlib
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.jupyter import CHROMIUM, end_kernels, jupyterlab, open_notebook, run_all, write_notebook
from tests.support import require

pytestmark = pytest.mark.browser

SQUARES = "from tests.labs.squares import SquaresLab\nlab = SquaresLab()\nlab"
FLOW = SQUARES.replace("squares", "flow").replace("SquaresLab", "FlowLab")
CACHE = "from labsupport.labs import CacheLab\nlab = CacheLab(prediction='04.3')\nlab"
PREDICT = "from labsupport import predict\npredict('04.3', low=0.2, high=0.35, confidence=0.8)"

OVERLAPS = """
() => {
  const texts = [...document.querySelectorAll('.lab-plot text')].map((text) => [text.textContent, text.getBoundingClientRect()]);
  const frame = document.querySelector('.lab-plot').getBoundingClientRect();
  const least = 0.3 * parseFloat(document.querySelector('.lab-plot > svg').getAttribute('font-size')); // between lines, boxes meet and letters do not
  const wrong = [];
  texts.forEach(([words, box], index) => {
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) {
      wrong.push(`${words} is cut off`);
    }
    for (const [other, b] of texts.slice(index + 1)) {
      const across = Math.min(box.right, b.right) - Math.max(box.left, b.left);
      const along = Math.min(box.bottom, b.bottom) - Math.max(box.top, b.top);
      if (across > 1 && along > least) wrong.push(`${words} and ${other} overlap`);
    }
  });
  return wrong;
}
"""

SPILLS = """
() => [...document.querySelectorAll('.lab-tape li, .lab-cell, .lab-outcome, .lab button, .lab label, .lab output, .lab h3, .lab h4')]
  .filter((place) => place.scrollWidth > place.clientWidth + 1 && getComputedStyle(place).display !== 'inline')
  .map((place) => `${place.textContent} takes ${place.scrollWidth} of ${place.clientWidth}`)
"""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory) -> Iterator[Callable[[str], str]]:
    """The address of a JupyterLab in the theme asked for, started when first asked."""
    require(CHROMIUM, "Chromium is not installed: apt-get install chromium")
    with ExitStack() as running:

        @cache
        def address(theme: str) -> str:
            folder = tmp_path_factory.mktemp(theme)
            write_notebook(folder / "squares.ipynb", SQUARES)
            write_notebook(folder / "cache.ipynb", PREDICT, CACHE)
            write_notebook(folder / "flow.ipynb", FLOW)
            return running.enter_context(jupyterlab(folder, dark=theme == "dark"))

        yield address


@pytest.fixture
def open_page(browser, addresses):
    """Open a notebook, run it, and look at the end that the console had nothing to complain about."""
    opened = []

    def open_(name: str, width: int = 1280, height: int = 900, theme: str = "light"):
        page = browser.new_page(viewport={"width": width, "height": height})
        errors = open_notebook(page, addresses(theme), name)
        opened.append((page, errors))
        run_all(page)
        page.wait_for_selector(".lab")
        return page

    yield open_
    for page, errors in opened:
        page.close()
        assert errors == []


def pixels(page) -> str:
    return hashlib.sha256(page.locator(".lab-plot").screenshot()).hexdigest()


def control(page, label: str):
    return page.locator(".lab").get_by_label(label, exact=True)


def wait_for_sentence(page, beginning: str) -> None:
    page.wait_for_function("(words) => document.querySelector('.lab figcaption')?.textContent.startsWith(words)", arg=beginning, timeout=10_000)


def test_a_slider_moved_by_keyboard_changes_picture_and_sentence(open_page, shots) -> None:
    page = open_page("squares.ipynb")
    wait_for_sentence(page, "A side of 10 gives 100.")
    before = pixels(page)
    slider = control(page, "side")
    slider.focus()
    page.keyboard.press("ArrowRight")
    wait_for_sentence(page, "A side of 11 gives 121.")
    page.screenshot(path=shots / "squares.png")
    assert pixels(page) != before
    assert slider.get_attribute("aria-valuetext") == "11 cm"
    page.keyboard.press("End")
    wait_for_sentence(page, "A side of 100 gives 10,000.")
    page.wait_for_function("() => document.querySelector('.lab-live').textContent.startsWith('A side of 100')")
    assert page.locator(".lab-plot > svg").get_attribute("aria-label").startswith("A side of 100")


def test_the_browser_draws_what_is_described(open_page) -> None:
    from tests.labs.squares import SquaresLab

    page = open_page("squares.ipynb")
    wait_for_sentence(page, "A side of 10")
    texts = page.locator(".lab-plot text").all_text_contents()
    for panel in SquaresLab().chart().panels:
        words = [panel.title, panel.x.title, *(text for _, text in panel.x.ticks)]
        if panel.y is not None:
            words += [panel.y.title, *(text for _, text in panel.y.ticks)]
        for mark in panel.marks:
            words += [*mark.categories, *mark.labels] if hasattr(mark, "categories") else [mark.label]
        for word in words:
            assert word in texts


def test_what_is_refused_is_said_in_the_lab_and_undone(open_page) -> None:
    page = open_page("squares.ipynb")
    wait_for_sentence(page, "A side of 10")
    slider = control(page, "side")
    slider.evaluate("(range) => { range.value = 65; range.dispatchEvent(new Event('input')); }")  # the 66th stop
    page.wait_for_function("() => document.querySelector('.lab-error').textContent === 'there is no square of 66'")
    page.wait_for_function("() => document.querySelector('.lab output').textContent === '10 cm'")
    assert slider.input_value() == "9"
    slider.focus()
    page.keyboard.press("ArrowRight")
    wait_for_sentence(page, "A side of 11")
    assert page.locator(".lab-error").text_content() == ""


def test_a_held_key_leaves_its_last_state_on_the_screen(open_page) -> None:
    page = open_page("squares.ipynb")
    wait_for_sentence(page, "A side of 10")
    control(page, "side").focus()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        page.keyboard.down("ArrowRight")  # down again without up is what a held key sends
    page.keyboard.up("ArrowRight")
    page.wait_for_function("() => document.querySelector('.lab output').textContent === '100 cm'")
    wait_for_sentence(page, "A side of 100")
    page.wait_for_timeout(1000)
    assert page.locator(".lab figcaption").text_content().startswith("A side of 100")


def test_presets_comparison_state_code_and_table(open_page) -> None:
    page = open_page("squares.ipynb")
    lab = page.locator(".lab")
    lab.get_by_role("button", name="Small").press("Enter")
    wait_for_sentence(page, "A side of 2 gives 4.")
    code = control(page, "State code")
    assert code.input_value() == "side=2"
    lab.get_by_role("button", name="Compare").press("Enter")
    code.fill("side=50 power=one")
    code.press("Enter")
    wait_for_sentence(page, "A side of 50 gives 50.")
    assert "two of it, kept" in page.locator(".lab-plot text").all_text_contents()
    code.fill("side=5000")
    code.press("Enter")
    page.wait_for_function("() => document.querySelector('.lab-error').textContent.startsWith('side is 5000')")
    page.wait_for_function("() => document.querySelector('.lab-code input').value === 'side=50 power=one'")
    lab.get_by_role("button", name="Table").press("Enter")
    page.wait_for_selector(".lab-table td")
    assert lab.locator(".lab-table th").all_text_contents() == ["side", "area"]
    with page.expect_download() as download:
        lab.get_by_role("link", name="Download as CSV").click()
    assert download.value.suggested_filename == "Squares.csv"
    assert download.value.path().read_text().splitlines()[:3] == ['"side","area"', "1,1", "2,2"]
    lab.get_by_role("button", name="Reset").press("Enter")
    wait_for_sentence(page, "A side of 10 gives 100.")


def test_steps_are_played_by_keyboard_without_the_kernel(open_page) -> None:
    page = open_page("squares.ipynb")
    sentence = page.locator(".lab-step-sentence")
    page.locator(".lab").get_by_role("button", name="Step", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert sentence.text_content() == "B for A."
    assert page.locator(".lab-out").text_content() == "out: A"
    page.locator(".lab").get_by_role("button", name="Step back").press("Enter")
    assert sentence.text_content() == "A is there."
    play = page.locator(".lab").get_by_role("button", name="Play")
    play.press("Enter")
    page.wait_for_function("() => document.querySelector('.lab-step-sentence').textContent === 'B for A.'")
    page.wait_for_function("() => [...document.querySelectorAll('.lab button')].some((button) => button.textContent === 'Play')")
    control(page, "Go to step").focus()
    page.keyboard.press("Home")
    assert sentence.text_content() == "A comes in."


@pytest.mark.parametrize(("theme", "width", "height"), [("light", 1280, 800), ("dark", 1920, 1080), ("dark", 1280, 800), ("light", 700, 900)])
def test_the_cache_lab_is_readable_and_accessible(open_page, shots, theme: str, width: int, height: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page("cache.ipynb", width, height, theme)
    assert page.locator(".lab-plot").is_hidden()  # until the student has seen the question
    assert page.locator(".lab-cover").inner_text().startswith("You said 0.2 to 0.35")
    assert page.locator(".lab-controls").get_attribute("inert") is not None  # nor may the question be changed
    page.locator(".lab-reveal").press("Enter")
    wait_for_sentence(page, "LRU with room for 100 of 1,000 objects")
    assert page.evaluate("() => document.activeElement.closest('.lab-controls') !== null")
    assert "You said 0.2 to 0.35" in page.locator(".lab-verdict").text_content()
    size = control(page, "cache size")
    size.focus()
    for key in ("ArrowRight", "Home", "End"):
        page.keyboard.press(key)
        page.wait_for_timeout(400)
        assert page.evaluate(OVERLAPS) == []
    control(page, "workload").select_option("loop")
    page.wait_for_function("() => document.querySelector('.lab-resting label')?.textContent === 'Zipf exponent'")
    assert page.evaluate(OVERLAPS) == []
    control(page, "workload").select_option("zipf")
    for name in ("Step", "Step", "Step", "Step", "Step", "Step"):
        page.locator(".lab").get_by_role("button", name=name, exact=True).click()
    page.locator(".lab").screenshot(path=shots / f"cache-{theme}-{width}.png")
    page.locator(".lab").get_by_role("button", name="Compare").click()
    page.locator(".lab").get_by_role("button", name="Table").click()
    page.locator(".lab").get_by_role("button", name="A loop just too long").click()
    wait_for_sentence(page, "LRU with room for 500 of 501 objects")
    page.wait_for_selector(".lab-table td")
    assert page.evaluate(OVERLAPS) == []
    page.locator(".lab").screenshot(path=shots / f"compare-{theme}-{width}.png")
    violations = Axe().run(page, context=".lab").response["violations"]
    assert [(found["id"], [node["html"][:120] for node in found["nodes"]]) for found in violations] == []


def test_a_click_on_a_station_moves_its_control_and_the_simulation_answers(open_page, shots) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page("flow.ipynb")
    wait_for_sentence(page, "Server 2 is up.")
    canvas = page.locator(".lab-scene canvas").first
    where = page.evaluate(
        """() => {
          const canvas = document.querySelector('.lab-scene canvas');
          for (let y = 0; y < canvas.clientHeight; y += 4) {
            const box = canvas.getBoundingClientRect();
            const x = canvas.clientWidth - 5;
            canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + x, clientY: box.top + y, bubbles: true }));
            if (canvas.style.cursor === 'pointer') return [x, y + 8];
          }
        }"""
    )
    canvas.click(position={"x": where[0], "y": where[1]})
    wait_for_sentence(page, "Server 2 is slow.")
    assert control(page, "server 2").input_value() == "slow"
    canvas.click(position={"x": where[0], "y": where[1]})
    wait_for_sentence(page, "Server 2 is down.")
    assert "server 2" in page.locator(".lab-scene dt").all_text_contents()
    page.locator(".lab-scene").get_by_label("Go to time").press("End")
    page.wait_for_function("() => /[1-9][0-9]* lost/.test(document.querySelector('.lab-numbers').textContent)")
    control(page, "server 2").select_option("up")  # the control does the same
    wait_for_sentence(page, "Server 2 is up.")
    page.locator(".lab-scene").get_by_role("button", name="Percentiles").click()
    page.locator(".lab").screenshot(path=shots / "flow.png")
    violations = Axe().run(page, context=".lab").response["violations"]
    assert [(found["id"], [node["html"][:120] for node in found["nodes"]]) for found in violations] == []


def test_a_lab_whose_kernel_has_gone_says_so(open_page, addresses) -> None:
    page = open_page("squares.ipynb")
    wait_for_sentence(page, "A side of 10")
    with urllib.request.urlopen(f"{addresses('light')}/api/sessions", timeout=5) as answer:  # noqa: S310 - our own loopback address
        [session] = [session for session in json.load(answer) if session["path"] == "squares.ipynb"]
    [token] = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "_xsrf"]
    gone = page.request.delete(f"{addresses('light')}/api/sessions/{session['id']}", headers={"X-XSRFToken": token})
    assert gone.ok
    control(page, "side").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.lab-silent').textContent.includes('run this cell again')", timeout=20_000)
    page.close()


def test_a_notebook_that_is_opened_again_shows_its_lab_as_it_was_saved(browser, open_page, addresses) -> None:
    page = open_page("squares.ipynb")
    control(page, "side").focus()
    page.keyboard.press("End")
    wait_for_sentence(page, "A side of 100 gives 10,000.")
    texts = page.locator(".lab-plot text").all_text_contents()
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url) as saved:
        page.click('.jp-ToolbarButtonComponent[data-command="docmanager:save"]')
    assert saved.value.ok
    end_kernels(page, addresses("light"))
    again = browser.new_page(viewport={"width": 1280, "height": 900})
    errors = open_notebook(again, addresses("light"), "squares.ipynb")  # with a kernel that knows nothing
    wait_for_sentence(again, "A side of 100 gives 10,000.")
    assert again.locator(".lab-plot text").all_text_contents() == texts
    control(again, "side").focus()
    again.keyboard.press("Home")
    again.wait_for_function("() => document.querySelector('.lab-silent').textContent.includes('run this cell again')", timeout=20_000)
    assert errors == []
    again.close()


def test_every_choice_draws_without_overlap(open_page) -> None:
    page = open_page("cache.ipynb")
    page.locator(".lab-reveal").click()
    wait_for_sentence(page, "LRU with room for 100")
    for label in ("eviction", "workload", "writes"):
        select = control(page, label)
        first = select.input_value()
        for option in select.locator("option").all():
            before = page.locator(".lab figcaption").text_content()
            value = option.get_attribute("value")
            select.select_option(value)
            if value != first:
                page.wait_for_function("(words) => document.querySelector('.lab figcaption').textContent !== words", arg=before)
            assert page.evaluate(OVERLAPS) == []
            assert page.locator(".lab-error").text_content() == ""
        before = page.locator(".lab figcaption").text_content()
        select.select_option(first)
        page.wait_for_function("(words) => document.querySelector('.lab figcaption').textContent !== words", arg=before)
