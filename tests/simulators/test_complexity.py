"""Counted work: against programs that really compare and move, one by one, and against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators.complexity import SORTS, STRUCTURES, search, sort
from labsupport.workloads.orders import ORDERS

rows = st.lists(st.integers(-5, 20), min_size=1, max_size=40)


def bubble(items):
    comparisons = moves = 0
    for end in range(len(items) - 1, 0, -1):
        exchanged = False
        for place in range(end):
            comparisons += 1
            if items[place] > items[place + 1]:
                items[place], items[place + 1] = items[place + 1], items[place]
                moves, exchanged = moves + 2, True
        if not exchanged:
            break
    return comparisons, moves


def insertion(items):
    comparisons = moves = 0
    for index in range(1, len(items)):
        item, place = items[index], index
        while place > 0:
            comparisons += 1
            if items[place - 1] <= item:
                break
            items[place] = items[place - 1]
            place, moves = place - 1, moves + 1
        if place < index:
            items[place] = item
            moves += 1
    return comparisons, moves


@given(rows)
def test_bubble_and_insertion_sort_count_what_they_do(row):
    for name, program in (("bubble", bubble), ("insertion", insertion)):
        items = list(row)
        result = sort(name, row)
        assert (result.comparisons, result.moves) == program(items)
        assert result.values.tolist() == items


@given(rows)
def test_every_sort_sorts_and_merge_sort_stays_within_its_bounds(row):
    given_values = np.array(row)
    for name in SORTS:
        result = sort(name, given_values)
        assert result.values.tolist() == sorted(row)
        assert result.work == result.comparisons + (result.moves or 0)
        assert not result.values.flags.writeable
    assert given_values.tolist() == row
    comparisons = sort("merge", row).comparisons
    assert theory.merge_sort_comparisons(len(row), "best") <= comparisons <= theory.merge_sort_comparisons(len(row))


@pytest.mark.parametrize("size", [1, 2, 8, 100, 1_000])
def test_extremes_are_exact(size):
    rising = workloads.ordered_values("sorted", size, seed=0)
    falling = workloads.ordered_values("reversed", size, seed=0)
    pairs = size * (size - 1) // 2
    least = theory.merge_sort_comparisons(size, "best")  # met where all halves are equal
    assert least <= sort("merge", rising).comparisons <= (least if size in (1, 2, 8) else 1.05 * least)
    for name in ("bubble", "insertion", "builtin"):
        assert sort(name, rising).comparisons == size - 1
        assert not sort(name, rising).moves
    assert sort("builtin", falling).comparisons == size - 1  # one falling run, turned round
    assert (sort("bubble", falling).comparisons, sort("bubble", falling).moves) == (pairs, 2 * pairs)
    assert sort("insertion", falling).comparisons == pairs


def test_random_orders_have_the_inversions_that_theory_expects():
    # 200 orders of 200: a relative standard error of 0.3 %
    exchanges = [sort("bubble", workloads.ordered_values("random", 200, seed)).moves / 2 for seed in range(200)]
    assert np.mean(exchanges) == pytest.approx(theory.expected_inversions(200), rel=0.012)


def test_a_million_take_no_longer_than_their_logarithm():
    values = workloads.ordered_values("random", 1_000_000, seed=1)
    assert sort("insertion", values).comparisons == pytest.approx(theory.expected_inversions(1_000_000), rel=0.01)
    assert 18.5 < sort("merge", values).comparisons / 1e6 < 19


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.lists(st.integers(0, 40), min_size=1, max_size=40))
def test_both_structures_find_what_is_there(keys, queries):
    for structure in STRUCTURES:
        result = search(structure, keys, queries)
        assert result.found.tolist() == [query in keys for query in queries]
        assert (result.comparisons >= 1).all()
    scans = [keys.index(query) + 1 if query in keys else len(keys) for query in queries]
    assert search("list", keys, queries).comparisons.tolist() == scans


@pytest.mark.parametrize("found", [True, False])
@pytest.mark.parametrize("load", [0.4, 0.6])
def test_probes_are_knuths(load, found):
    size = round(load * 2**17)
    result = search("hash", np.arange(size), np.arange(size) + (0 if found else size))
    width = 0.02 if found else 0.04  # misses depend most on the few longest clusters
    assert result.comparisons.mean() == pytest.approx(theory.linear_probing_probes(load, found=found), rel=width)
    assert result.work(2.0) == result.comparisons.sum() + result.build + 4 * size
    if found:
        assert result.build == result.comparisons.sum()  # a key is put in where it is found later


@pytest.mark.parametrize("order", ORDERS)
def test_orders_are_what_they_say(order):
    values = workloads.ordered_values(order, 1_000, seed=3)
    assert np.array_equal(values, workloads.ordered_values(order, 1_000, seed=3))
    assert np.unique(values).size == (4 if order == "few_distinct" else 1_000)
    inversions = sort("bubble", values).moves / 2
    low, high = {"random": (0.4, 0.6), "sorted": (0, 0), "reversed": (1, 1), "nearly_sorted": (1e-5, 0.001), "few_distinct": (0.3, 0.45)}[order]
    assert low <= inversions / (1_000 * 999 / 2) <= high


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sort("merg", [1]), "Did you mean 'merge'"),
        (lambda: sort("merge", []), "values is empty"),
        (lambda: sort("merge", [1.5]), "values holds float64"),
        (lambda: search("tree", [1], [1]), "structure is 'tree'"),
        (lambda: search("hash", [-1], [1]), "keys holds the key -1"),
        (lambda: search("list", [1], []), "queries is empty"),
        (lambda: search("hash", [1], [1]).work(-1), "hash_cost is -1"),
        (lambda: workloads.ordered_values("chaos", 5, 0), "order is 'chaos'"),
        (lambda: workloads.ordered_values("random", 0, 0), "size is 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
