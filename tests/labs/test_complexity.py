"""The complexity lab: its crossovers, its words, and its stories step by step."""

from __future__ import annotations

import pytest

from labsupport.labs.complexity import ORDERS, SORTS, ComplexityLab
from labsupport.labs.complexity_runs import HANDFUL, sorted_step_by_step
from labsupport.simulators import complexity


def test_insertion_sort_wins_small_and_where_little_is_to_do():
    assert 10 < ComplexityLab().answer() < 40
    for order in ("sorted", "nearly_sorted"):
        assert ComplexityLab(order=order, algorithm="bubble" if order == "sorted" else "insertion").answer() == 10_000
    assert "it wins at no size" in ComplexityLab(algorithm="merge", order="sorted").describe()


def test_a_table_that_is_built_for_one_look_up_never_pays():
    assert "so the list wins" in ComplexityLab(lookups=1, size=10_000).describe()
    assert "so the hash table wins" in ComplexityLab(lookups=10_000, size=1_000).describe()
    assert "so the list wins" in ComplexityLab(lookups=10_000, size=8).describe()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("algorithm", SORTS)
def test_the_steps_are_the_comparisons_that_are_counted(algorithm, order):
    steps = sorted_step_by_step(algorithm, order)
    assert [int(item) for item in steps[-1].contents] == sorted(HANDFUL[order]) or algorithm == "builtin"
    if algorithm != "builtin":  # Python finds runs before it inserts, which six numbers in a story need not
        assert len(steps) == complexity.sort(algorithm, HANDFUL[order]).comparisons


def test_the_table_holds_every_count():
    table = ComplexityLab(order="reversed").table()
    row = table[(table["name"] == "insertion") & (table["size"] == 1_000) & (table["quantity"] == "comparisons")]
    assert row["value"].tolist() == [499_500]
    assert set(table["source"]) == {"simulation", "theory"}
