"""The court of merge sort: what it counts, and which witnesses are sent away."""

from __future__ import annotations

import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.trials import hear

WILD = {"items": 500, "moved": 1.0, "far": 500}


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        (WILD, "supports"),
        ({**WILD, "moved": 0.0}, "refutes"),
        ({**WILD, "moved": 0.05, "far": 1}, "refutes"),
        ({**WILD, "items": 2}, "refutes"),
        ({**WILD, "items": 5_000, "moved": 0.05}, "supports"),
    ],
)
def test_the_court_hears(settings: dict[str, float], verdict: str) -> None:
    assert [hear("merge sort", settings, seed) for seed in (1, 2, 3)] == [verdict] * 3


def test_a_witness_must_have_something_to_say() -> None:
    with pytest.raises(NotYet, match=r"says little – bubble sort does 1\.\d+ times the work"):
        hear("merge sort", {**WILD, "items": 14}, 1)


@pytest.mark.parametrize(
    ("settings", "name"),
    [({**WILD, "items": 1}, "items"), ({**WILD, "moved": 1.1}, "moved"), ({**WILD, "far": 0}, "far"), ({"items": 5}, "settings")],
)
def test_settings_out_of_range_are_named(settings: dict[str, float], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        hear("merge sort", settings, 1)
