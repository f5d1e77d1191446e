"""Which edge sites to open: the best of all sets, and greedy choices that are never far from it."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators.edge import serve
from labsupport.simulators.edge_region import region, ways
from labsupport.simulators.edge_sites import choose


@st.composite
def choices(draw):
    users, sites = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    numbers = st.integers(0, 50)
    costs = draw(st.lists(st.lists(numbers, min_size=sites + 1, max_size=sites + 1), min_size=users, max_size=users))
    weights = draw(st.lists(st.integers(1, 9), min_size=users, max_size=users))
    return costs, weights, draw(st.integers(0, sites))


def total(costs, weights, opened):
    return sum(weight * min(row[site] for site in (*opened, -1)) for row, weight in zip(costs, weights, strict=True))


@given(choices())
def test_the_exact_choice_is_the_best_of_all_sets(case):
    costs, weights, count = case
    sets = list(combinations(range(len(costs[0]) - 1), count))
    found = choose("exact", costs, weights, count)
    assert total(costs, weights, found) == min(total(costs, weights, opened) for opened in sets)
    assert len(set(found)) == count


@given(choices())
def test_greedy_choices_save_most_at_each_step_and_no_less_than_the_bound(case):
    costs, weights, count = case
    found = choose("greedy", costs, weights, count)
    assert len(set(found)) == count
    for step in range(count):
        rest = set(range(len(costs[0]) - 1)) - set(found[:step])
        assert total(costs, weights, found[: step + 1]) == min(total(costs, weights, [*found[:step], site]) for site in rest)
    none, best = total(costs, weights, []), total(costs, weights, choose("exact", costs, weights, count))
    assert none - total(costs, weights, found) >= (1 - math.exp(-1)) * (none - best) - 1e-9


def test_the_largest_are_those_with_the_most_users_around_them():
    costs = [[1, 5, 9], [1, 5, 9], [5, 1, 9]]
    assert choose("largest", costs, [1, 1, 1], 1) == [0]
    assert choose("largest", costs, [1, 1, 3], 2) == [1, 0]


@pytest.mark.parametrize("far", [0.0, 8_000.0])
def test_the_greedy_choice_is_hardly_worse_on_a_map(far):
    for seed in range(5):
        area = region(40, 10, seed, far=far)
        costs = ways(area, 0.8)
        for count in range(11):
            greedy, best = (serve(area, choose(strategy, costs, area.weights, count), 100).mean_way for strategy in ("greedy", "exact"))
            assert best <= greedy + 1e-9
            assert greedy < 1.1 * best


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: choose("best", [[1, 2]], [1], 1), "strategy is 'best'"),
        (lambda: choose("greedy", [[1, 2]], [1], 2), "count is 2, but must be a whole number from 0 to 1"),
        (lambda: choose("greedy", [[1, math.nan]], [1], 1), "costs must be finite"),
        (lambda: choose("exact", np.ones((1, 17)), [1], 3), "costs has 16 sites, but all sets of at most 15 are tried"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
