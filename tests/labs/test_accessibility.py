"""Every lab in the browser, in both themes and sizes of type: nothing that axe-core objects to, no words on top of each other or beyond their box."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from labsupport import labs
from labsupport.labs.base import Lab
from labsupport.labs.controls import Slider
from labsupport.labs.page import _main
from tests.labs.test_browser import OVERLAPS, SPILLS

if TYPE_CHECKING:
    from playwright.sync_api import Page

THEMES = ("light", "dark")
HALL = {"width": 1920, "height": 1080}


@pytest.mark.browser
@pytest.mark.parametrize("name", labs.__all__)
def test_every_lab_is_accessible_in_both_themes_and_in_the_hall(open_file, shots: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    lab = getattr(labs, name)()
    main = _main(lab)
    if isinstance(main, Slider):  # one picture is enough, and the others take time
        monkeypatch.setattr(main, "stops", [getattr(lab, str(main.name))])
    opened = open_file(lab)
    for theme in THEMES:
        opened.emulate_media(color_scheme=theme)
        opened.wait_for_timeout(50)
        opened.screenshot(path=shots / f"{name}-{theme}.png")
        assert_room(opened, lab)
        violations = Axe().run(opened, context=".lab").response["violations"]
        assert [(found["id"], [node["html"][:120] for node in found["nodes"]]) for found in violations] == []
    opened.set_viewport_size(HALL)
    opened.get_by_role("button", name="Larger type").click()
    opened.wait_for_timeout(50)
    opened.screenshot(path=shots / f"{name}-hall.png", full_page=True)
    assert_room(opened, lab)


def assert_room(opened: Page, lab: Lab[object]) -> None:
    """No words lie on others or reach beyond their box, at no step of the story."""
    assert opened.evaluate(OVERLAPS) == []
    scrub = opened.get_by_label("Go to step")
    for step in range(len(lab._steps.get("steps", [""]))):
        if lab._steps:
            scrub.evaluate("(range, step) => { range.value = step; range.dispatchEvent(new Event('input')); }", step)
        assert opened.evaluate(SPILLS) == []
