"""The student's notebooks in a real JupyterLab and a real Chromium, opened as a student gets them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import psutil
import pytest

from labsupport.release import release
from tests.jupyter import CHROMIUM, end_kernels, jupyterlab, open_notebook, run_all
from tests.notebooks.course import fill_in
from tests.support import ROOT, require

pytestmark = pytest.mark.browser

NAME = "04-techniques/04-techniques.ipynb"
NAMES = [f"{path.parent.name}/{path.name}" for path in sorted((ROOT / "notebooks").glob("*/*.ipynb"))]
GIBIBYTE = 2**30  # which a small shared machine gives to a student


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("student")
    release(made / "untouched")
    release(made / "solved")
    for name in NAMES:
        cells = nbformat.read(ROOT / "notebooks" / name, as_version=4).cells
        fill_in(made / "solved" / name, {cell.id: cell.source for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")})
    return made


@pytest.fixture(scope="module")
def address(folder) -> Iterator[str]:
    require(CHROMIUM, "Chromium is not installed: apt-get install chromium")
    with jupyterlab(folder) as running:
        yield running


@pytest.fixture(scope="module")
def recorded(folder) -> Iterator[str]:
    """One whose notebooks show recorded runs, as on Binder: with Spark and PostgreSQL, ten of them would take too long."""
    require(CHROMIUM, "Chromium is not installed: apt-get install chromium")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABSUPPORT_SYSTEMS", "recorded")
        with jupyterlab(folder / "solved") as running:
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


def test_with_the_answers_typed_in_it_measures_and_runs_to_the_end_in_little_memory(browser, address, folder, shots) -> None:
    run_to_the_end(browser, address, folder, f"solved/{NAME}", shots)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name != NAME])
def test_with_the_answers_typed_in_each_runs_to_the_end_in_little_memory(browser, recorded, folder, shots, name) -> None:
    run_to_the_end(browser, recorded, folder / "solved", name, shots)


def run_to_the_end(browser, address: str, root: Path, name: str, shots: Path) -> None:
    """Run all cells, and find neither an error nor a warning, in the notebook or in the browser's console."""
    page = browser.new_page(viewport={"width": 1280, "height": 8000})  # tall, so that every cell is drawn
    errors = open_notebook(page, address, name)
    run_all(page, timeout=180_000)
    last = page.locator(".jp-CodeCell .jp-InputPrompt").last
    assert last.text_content().strip(":[] ").isdigit()
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    page.screenshot(path=shots / f"{Path(name).stem}.png")
    assert errors == []
    assert memory(address, root / name) < GIBIBYTE
    end_kernels(page, address)  # so that the next one has the machine to itself
    page.close()


def memory(address: str, notebook: Path) -> int:
    """Count the bytes that a server and the kernel of one notebook take, once it has run."""
    server = next(child for child in psutil.Process().children() if f"--port={urlsplit(address).port}" in child.cmdline())
    (kernel,) = (child for child in server.children() if Path(child.cwd()) == notebook.parent.resolve())
    return int(server.memory_info().rss + kernel.memory_info().rss)
