"""The student's notebook in a real JupyterLab and a real Chromium, opened as a student gets it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import psutil
import pytest

from labsupport.release import release
from tests.jupyter import CHROMIUM, jupyterlab, open_notebook, run_all
from tests.notebooks.course import fill_in
from tests.support import ROOT, require

pytestmark = pytest.mark.browser

NAME = "04-techniques/04-techniques.ipynb"
GIBIBYTE = 2**30  # which a small shared machine gives to a student


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("student")
    release(made / "untouched")
    release(made / "solved")
    cells = nbformat.read(ROOT / "notebooks" / NAME, as_version=4).cells
    fill_in(made / "solved" / NAME, {cell.id: cell.source for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")})
    return made


@pytest.fixture(scope="module")
def address(folder) -> Iterator[str]:
    require(CHROMIUM, "Chromium is not installed: apt-get install chromium")
    with jupyterlab(folder) as running:
        yield running


def test_a_student_reveals_a_lab_and_moves_its_slider_by_keyboard(browser, address, shots) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    errors = open_notebook(page, address, f"untouched/{NAME}")
    run_all(page)  # stops at the first exercise, as it must
    lab = page.locator(".lab").first
    lab.scroll_into_view_if_needed()
    lab.locator(".lab-reveal").press("Enter")
    caption = lab.locator("figcaption")
    page.wait_for_function("() => document.querySelector('.lab figcaption').textContent.startsWith('With hash modulo shards')")
    words, picture = caption.text_content(), hashlib.sha256(lab.locator(".lab-plot").screenshot()).digest()
    lab.get_by_label("shards", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(words) => document.querySelector('.lab figcaption').textContent !== words", arg=words)
    page.wait_for_timeout(200)
    page.screenshot(path=shots / "untouched.png")
    assert hashlib.sha256(lab.locator(".lab-plot").screenshot()).digest() != picture
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert errors == []
    page.close()


def test_with_the_answers_typed_in_it_runs_to_the_end_in_little_memory(browser, address, folder, shots) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 8000})  # tall, so that every cell is drawn
    errors = open_notebook(page, address, f"solved/{NAME}")
    run_all(page, timeout=180_000)
    last = page.locator(".jp-CodeCell .jp-InputPrompt").last
    assert last.text_content().strip(":[] ").isdigit()
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    page.screenshot(path=shots / "solved.png")
    assert errors == []
    assert memory(address, folder / "solved" / NAME) < GIBIBYTE
    page.close()


def memory(address: str, notebook: Path) -> int:
    """Count the bytes that a server and the kernel of one notebook take, once it has run."""
    server = next(child for child in psutil.Process().children() if f"--port={urlsplit(address).port}" in child.cmdline())
    (kernel,) = (child for child in server.children() if Path(child.cwd()) == notebook.parent.resolve())
    return int(server.memory_info().rss + kernel.memory_info().rss)
