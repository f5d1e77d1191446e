"""The courts of merge sort and of the hash table: what they count, and which witnesses are sent away."""

from __future__ import annotations

import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.trials import SETTINGS, hear
from labsupport.labs import ComplexityLab

WILD = {"items": 500, "moved": 1.0, "far": 500}
OFTEN = {"size": 1_000, "lookups": 1_000, "misses": 0, "hashing": 10}


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


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        (OFTEN, "supports"),
        ({**OFTEN, "lookups": 1}, "refutes"),
        ({**OFTEN, "lookups": 5}, "refutes"),
        ({**OFTEN, "misses": 100}, "supports"),
        ({**OFTEN, "lookups": 20, "hashing": 50}, "refutes"),
        ({**OFTEN, "size": 100, "lookups": 10_000}, "supports"),
    ],
)
def test_the_court_hears_who_wins(settings: dict[str, float], verdict: str) -> None:
    assert [hear("hash table", settings, seed) for seed in (1, 2, 3)] == [verdict] * 3


@pytest.mark.parametrize("change", [{"lookups": 25}, {"size": 100, "lookups": 10_000, "hashing": 50}])
def test_a_witness_must_show_a_winner(change: dict[str, float]) -> None:
    with pytest.raises(NotYet, match=r"says little – the list takes [\d,]+ comparisons in all and the hash table [\d,]+;"):
        hear("hash table", {**OFTEN, **change}, 1)


@pytest.mark.parametrize(
    ("change", "name"), [({"size": 99}, "size"), ({"lookups": 0}, "lookups"), ({"misses": 101}, "misses"), ({"hashing": 51}, "hashing")]
)
def test_what_the_court_does_not_take_is_named(change: dict[str, float], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        hear("hash table", {**OFTEN, **change}, 1)


@pytest.mark.parametrize("side", [0, 1])
def test_a_witness_of_the_court_can_be_seen_in_the_lab(side: int) -> None:
    witness = {name: ends[side] for name, ends in SETTINGS["hash table"].items()}
    assert ComplexityLab(beside="lookups", **witness).state.items() >= witness.items()
