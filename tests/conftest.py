"""Settings for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from labsupport import predictions
from labsupport.warm import forget_outdated_kernels
from tests.jupyter import CHROMIUM, chromium
from tests.mutations import pytest_runtest_logreport, pytest_terminal_summary
from tests.support import require

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser", "pytest_runtest_logreport", "pytest_terminal_summary", "shots"]

settings.register_profile("course", deadline=None, derandomize=True)  # no clock in a test; the same examples every time
settings.load_profile("course")

os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")  # asked for by jupyter_core's own deprecation warning

forget_outdated_kernels()  # numba does not notice that a kernel called by another has changed


@pytest.fixture(autouse=True)
def nothing_predicted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins like a kernel, which knows no prediction of any other: which files share a process is chance."""
    monkeypatch.setattr(predictions, "_made", {})


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require(CHROMIUM, "Chromium is not installed: apt-get install chromium")
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go, to be looked at."""
    return tmp_path_factory.mktemp("screenshots")
