"""A lab's page, opened from the disk in the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from labsupport.labs.base import Lab


@pytest.fixture
def open_file(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open a lab's page from the disk, with no network; look at the end that the console had nothing to complain about."""
    contexts = []

    def open_(lab: Lab[Any], **settings: Any) -> Page:
        lab.to_html(tmp_path / "lab.html")
        context = browser.new_context(offline=True, **{"viewport": {"width": 1280, "height": 800}} | settings)
        opened, errors = context.new_page(), list[str]()
        opened.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("request", lambda request: None if request.url.startswith(("file:", "blob:", "data:")) else errors.append(request.url))
        contexts.append((context, errors))
        opened.goto((tmp_path / "lab.html").as_uri())
        opened.wait_for_selector(".lab header")
        return opened

    yield open_
    for context, errors in contexts:
        context.close()
        assert errors == []
