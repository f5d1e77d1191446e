"""JupyterLab's Formgrader finds the course by its configuration, and makes the student version at a click."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.jupyter import CHROMIUM, chromium, jupyterlab
from tests.notebooks import course as courses
from tests.notebooks.course import ASSIGNMENT
from tests.support import require

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_an_instructor_sees_the_assignment_and_generates_it(tmp_path: Path) -> None:
    require(CHROMIUM, "Chromium is not installed")
    course = courses.make(tmp_path)
    with jupyterlab(course.root) as address, chromium() as browser:
        page = browser.new_page()
        page.goto(f"{address}/formgrader/manage_assignments")
        row = page.locator("tr", has_text=ASSIGNMENT)
        row.locator(".assign a").click()
        page.get_by_text("Successfully created").wait_for(timeout=60_000)
        page.locator("tr", has_text=ASSIGNMENT).locator(".preview a").wait_for()
    assert (course.root / "class" / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").exists()
