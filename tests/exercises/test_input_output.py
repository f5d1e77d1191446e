"""The exercise on a bounded fetch: the requests that it makes, and the court on asynchronous input and output."""

from __future__ import annotations

import pytest

from labsupport.exercises import NotYet, fingerprint, input_output
from labsupport.exercises.input_output import requests
from labsupport.exercises.trials import hear


def test_requests_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    assert fingerprint(requests(20, 1)) == fingerprint(requests(20, 1)) != fingerprint(requests(20, 2))
    assert all(5 <= takes <= 90 for _, both in requests(500, 3) for takes in both)
    assert requests(0, 1) == []


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        ({"requests": 64, "work": 5.0, "wait": 20.0, "blocking": 0.0}, "supports"),
        ({"requests": 64, "work": 5.0, "wait": 20.0, "blocking": 0.5}, "refutes"),
        ({"requests": 3, "work": 1.0, "wait": 20.0, "blocking": 0.0}, "refutes"),
    ],
)
def test_the_court_hears_witnesses(settings, verdict) -> None:
    assert hear("never idle", settings, 1) == hear("never idle", settings, 1) == verdict


def test_the_court_sends_away_who_says_too_little() -> None:
    with pytest.raises(NotYet, match="the processor does nothing for"):
        input_output.court(1, 11, 5.0, 50.0, 0.0)


@pytest.mark.parametrize("blocking", [0.0, 1.0])
def test_an_event_loop_with_one_request_works_for_work_over_work_and_wait(monkeypatch, blocking: float) -> None:
    """Idle for 4 in 5, to within a fiftieth: 6,000 rounds, and the relative standard error of their mean is 1.3 %."""
    monkeypatch.setattr(input_output, "IDLE", 0.78)
    assert input_output.court(3, 1, 10.0, 40.0, blocking) == "refutes"
    monkeypatch.setattr(input_output, "BUSY", 0.82)
    assert input_output.court(3, 1, 10.0, 40.0, blocking) == "supports"
