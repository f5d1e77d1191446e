"""Count the wrong solutions that lose exactly the points they must, and say so at the end of the suite.

The hooks are taken up by tests/conftest.py: where tests run in several processes, the one that hears of all results loads only that.
"""

from __future__ import annotations

from collections import Counter

import pytest

EXERCISE = "wrong solution of"

_caught: Counter[str] = Counter()
_tried: Counter[str] = Counter()


@pytest.hookimpl
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    exercise = dict(report.user_properties).get(EXERCISE)
    if report.when == "call" and exercise:
        _tried[str(exercise)] += 1
        _caught[str(exercise)] += report.passed


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _tried:
        each = ", ".join(f"{exercise} {_caught[exercise]}/{_tried[exercise]}" for exercise in sorted(_tried))
        terminalreporter.write_line(f"mutation score: {_caught.total()} of {_tried.total()} wrong solutions lose exactly what they must ({each})")
