"""What every comparison with a real system does where nothing is to be measured, and what is recorded of it."""

from __future__ import annotations

import importlib

import pytest

from labsupport.__main__ import TOPICS
from labsupport.systems import comparison
from labsupport.systems.server import ServerError

pytestmark = pytest.mark.real_system
SETTINGS = {
    "Nothing is measured, since LABSUPPORT_SYSTEMS is set to recorded.": ("LABSUPPORT_SYSTEMS", "recorded"),
    "Nothing is measured while a notebook is being graded.": ("NBGRADER_EXECUTION", "autograde"),
}


@pytest.mark.parametrize("words", SETTINGS)
@pytest.mark.parametrize("topic", TOPICS)
def test_where_nothing_is_to_be_measured_the_recorded_run_is_shown_and_says_so(monkeypatch, topic, words):
    monkeypatch.setenv(*SETTINGS[words])
    made = importlib.import_module(f"labsupport.systems.{topic}").compare()
    assert made.recorded
    assert made.notice.startswith(f"{words}\nThis is a recorded run, not measured here and now: ")
    assert made.about["command"] == f"python -m labsupport record {topic}"


@pytest.mark.parametrize("error", [OSError, ServerError])
def test_what_fails_is_told_with_the_recorded_run(error):
    def fail(show):
        raise error("the disk is full")

    made = comparison.measured_or_recorded(fail, lambda reason: comparison.recorded("storage", reason), "Reading")
    assert made.notice.startswith("the disk is full\nThis is a recorded run")


def test_what_is_measured_is_returned_and_tells_how_far_it_is():
    shares, shipped = [], comparison.recorded("storage")

    def measure(show):
        show(0.5)
        return shipped

    assert comparison.measured_or_recorded(measure, pytest.fail, "Reading", shares.append) is shipped
    assert shares == [0.5]
