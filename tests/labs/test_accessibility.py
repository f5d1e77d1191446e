"""Every lab in the browser, in both themes: nothing that axe-core objects to, and no words on top of each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsupport import labs
from labsupport.labs.controls import Slider
from labsupport.labs.page import _main
from tests.labs.test_browser import OVERLAPS

THEMES = ("light", "dark")


@pytest.mark.browser
@pytest.mark.parametrize("name", labs.__all__)
def test_every_lab_is_accessible_in_both_themes(open_file, shots: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
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
        assert opened.evaluate(OVERLAPS) == []
        violations = Axe().run(opened, context=".lab").response["violations"]
        assert [(found["id"], [node["html"][:120] for node in found["nodes"]]) for found in violations] == []
