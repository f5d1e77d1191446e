"""The exercise on scaling: its tables follow a law that has a peak, and the court hears who says something."""

from __future__ import annotations

import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.scaling import COUNTS, SETTINGS, court, scaling_table
from labsupport.exercises.trials import hear
from labsupport.simulators.scaling_fits import fit
from labsupport.theory import usl_peak

SYSTEM = {"nodes": 8, "shared": 0.02, "agree": 0.0002, "wait": 0}


def test_tables_are_what_a_law_says_give_or_take_a_little() -> None:
    assert scaling_table(3) == scaling_table(3) != scaling_table(4)
    for seed in range(10):
        counts, jobs, seconds = zip(*scaling_table(seed), strict=True)
        assert counts == COUNTS
        found = fit(counts, [done / time for done, time in zip(jobs, seconds, strict=True)])
        assert found.error < 0.1 * found.throughput(32)
        assert usl_peak(found.contention, found.coherency) > 5


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "supports"),
        ({"nodes": 128}, "refutes"),
        ({"shared": 0.5}, "refutes"),
        ({"nodes": 32, "agree": 0.02}, "refutes"),
        ({"nodes": 16, "wait": 1}, "refutes"),
    ],
)
def test_the_court_hears(change: dict[str, float], verdict: str) -> None:
    assert [hear("N times X", SYSTEM | change, seed) for seed in (1, 2, 3)] == [verdict] * 3


def test_a_witness_who_says_little_is_sent_away() -> None:
    with pytest.raises(NotYet, match="50 nodes process"):
        court(1, **(SYSTEM | {"nodes": 50}))
    with pytest.raises(ValueError, match="shared is 0"):
        hear("N times X", SYSTEM | {"shared": 0.0}, 1)
    assert list(SETTINGS) == list(SYSTEM)
