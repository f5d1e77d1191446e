"""Theory of sharding and partitioning: against enumeration, against other ways to the same number, and in its limits."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory
from labsupport.theory.sharding import STRATEGIES

shard_lists = st.lists(st.integers(0, 12), min_size=1, max_size=9, unique=True)
few_shards = st.lists(st.integers(0, 5), min_size=1, max_size=5, unique=True)


# Balls into bins


@pytest.mark.parametrize(("balls", "bins"), [(1, 1), (7, 1), (1, 5), (2, 2), (3, 2), (5, 3), (6, 5), (8, 3), (4, 7)])
def test_fullest_bin_by_counting_every_outcome(balls, bins):
    fullest = [max(outcome.count(place) for place in range(bins)) for outcome in itertools.product(range(bins), repeat=balls)]
    assert theory.expected_maximum_load(balls, bins) == pytest.approx(float(Fraction(sum(fullest), bins**balls)), abs=1e-9)


def fullest_exactly(balls, bins):
    """The sum over m of the chance that some bin has more than m balls, in fractions: ways to fill bins with at most m, one by one."""
    expectation = Fraction(0)
    for largest in range(balls):
        ways = [Fraction(1)] + [Fraction(0)] * balls  # exponential generating function
        for _ in range(bins):
            ways = [sum(ways[total - one] / math.factorial(one) for one in range(min(largest, total) + 1)) for total in range(balls + 1)]
        expectation += 1 - ways[balls] * math.factorial(balls) / Fraction(bins) ** balls
    return float(expectation)


@pytest.mark.parametrize(("balls", "bins"), [(12, 4), (25, 3), (10, 12), (30, 6)])
def test_fullest_bin_in_fractions(balls, bins):
    assert theory.expected_maximum_load(balls, bins) == pytest.approx(fullest_exactly(balls, bins), abs=1e-9)


@pytest.mark.parametrize("balls", [2, 10, 1_000, 100_000, 1_000_000])
def test_fullest_of_two_bins_has_a_closed_form(balls):
    # n/2 + n C(n, n/2) / 2ⁿ⁺¹ for an even number of balls, by the mean distance of a random walk.
    middle = math.exp(math.lgamma(balls + 1) - 2 * math.lgamma(balls / 2 + 1) - balls * math.log(2))
    assert theory.expected_maximum_load(balls, 2) == pytest.approx(balls / 2 + balls * middle / 2, rel=1e-8)


@pytest.mark.parametrize(("balls", "bins"), [(10_000, 10), (1_000, 1_000), (5_000, 300), (100_000, 100)])
def test_fullest_bin_as_drawn(balls, bins):
    # Seed 91; 2,000 draws. Half-width: four standard errors, below 0.3 % of the result – for 1,000 balls in 1,000 bins 1.1 %.
    drawn = np.random.default_rng(91).multinomial(balls, np.full(bins, 1 / bins), size=2_000).max(axis=1)
    assert theory.expected_maximum_load(balls, bins) == pytest.approx(drawn.mean(), abs=4 * drawn.std() / math.sqrt(2_000))


def test_fullest_of_a_million_bins_is_quick_and_plausible():
    # Raab and Steger: with n balls in n bins it grows as log n / log log n; for a million, 8 and 9 are by far the likeliest.
    assert 8 < theory.expected_maximum_load(1_000_000, 1_000_000) < 9
    assert theory.expected_maximum_load(1, 1_000_000) == pytest.approx(1)
    assert theory.expected_maximum_load(2, 1_000_000) == pytest.approx(1 + 1e-6)


# The ring


@pytest.mark.parametrize("shards", [1, 2, 10, 1_000, 100_000])
def test_with_one_point_each_the_largest_share_is_harmonic(shards):
    harmonic = sum(1 / rank for rank in range(1, shards + 1))
    assert theory.consistent_hashing_balance(shards, 1) == pytest.approx(harmonic, rel=1e-6)


def test_two_shards_share_a_ring_as_two_gamma_variables_do():
    # E max(G, H) = v + E|G − H| / 2, and E|G − H| = 2 v C(2v, v) / 4ᵛ for gamma variables of whole shape v.
    for points in (1, 2, 7, 40, 150):
        distance = 2 * points * math.comb(2 * points, points) / 4**points
        assert theory.consistent_hashing_balance(2, points) == pytest.approx(1 + distance / 2 / points, rel=1e-7)


@pytest.mark.parametrize(("shards", "points"), [(10, 3), (10, 100), (100, 20), (5, 100_000)])
def test_ring_balance_as_drawn(shards, points):
    # Seed 92; 4,000 rings. Half-width: four standard errors, below 1.5 % of the result.
    parts = np.random.default_rng(92).standard_gamma(points, size=(4_000, shards))
    drawn = parts.max(axis=1) * shards / parts.sum(axis=1)
    assert theory.consistent_hashing_balance(shards, points) == pytest.approx(drawn.mean(), abs=4 * drawn.std() / math.sqrt(4_000))


@given(shards=st.integers(2, 300), points=st.integers(1, 300))
def test_more_points_are_more_even_and_more_shards_less(shards, points):
    balance = theory.consistent_hashing_balance(shards, points)
    assert 1 < theory.consistent_hashing_balance(shards, points + 1) < balance < theory.consistent_hashing_balance(shards + 1, points)


# Moving


@given(before=shard_lists, after=shard_lists)
def test_modulo_by_counting_all_remainders(before, after):
    period = math.lcm(len(before), len(after))
    moves = sum(before[value % len(before)] != after[value % len(after)] for value in range(period))
    assert theory.expected_moved_share("modulo", before, after) == pytest.approx(moves / period)


@given(before=shard_lists, after=shard_lists)
def test_range_by_counting_a_space_that_both_divide(before, after):
    space = math.lcm(len(before), len(after))
    moves = sum(before[key * len(before) // space] != after[key * len(after) // space] for key in range(space))
    assert theory.expected_moved_share("range", before, after) == pytest.approx(moves / space)


@given(before=few_shards, after=few_shards)
def test_rendezvous_by_counting_all_orders_of_bids(before, after):
    orders = list(itertools.permutations({*before, *after}))
    moves = sum(next(name for name in order if name in before) != next(name for name in order if name in after) for order in orders)
    for strategy in ("rendezvous", "consistent"):
        assert theory.expected_moved_share(strategy, before, after) == pytest.approx(moves / len(orders))


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(count=st.integers(1, 200))
def test_one_shard_more(strategy, count):
    moved = theory.expected_moved_share(strategy, count, count + 1)
    assert moved == pytest.approx({"range": 1 / 2, "modulo": count / (count + 1)}.get(strategy, 1 / (count + 1)))
    assert moved >= 1 / (count + 1) - 1e-12  # no strategy can do with less and stay balanced
    assert theory.expected_moved_share(strategy, count + 1, count) == pytest.approx(moved)
    assert theory.expected_moved_share(strategy, count, count) == pytest.approx(0)


def test_weights_count():
    assert theory.expected_moved_share("rendezvous", ["a", "b"], ["a", "b", "c"], weights={"c": 2}) == pytest.approx(0.5)
    assert theory.expected_moved_share("consistent", ["a", "b"], ["b"], weights={"a": 3}) == pytest.approx(0.75)


# Queries and pages


@pytest.mark.parametrize(("keys", "shards"), [(0, 3), (1, 1), (4, 1), (3, 4), (5, 3)])
def test_shards_touched_by_counting_every_outcome(keys, shards):
    outcomes = [len(set(outcome)) for outcome in itertools.product(range(shards), repeat=keys)]
    assert theory.expected_shards_touched(keys, shards) == pytest.approx(sum(outcomes) / len(outcomes))


@given(rows=st.integers(1, 8), rows_per_page=st.integers(1, 9), data=st.data())
def test_pages_by_counting_every_choice(rows, rows_per_page, data):
    selected = data.draw(st.integers(0, rows))
    choices = [len({row // rows_per_page for row in choice}) for choice in itertools.combinations(range(rows), selected)]
    assert theory.expected_pages(rows, rows_per_page, selected) == pytest.approx(sum(choices) / len(choices))


def test_arrays_broadcast():
    assert theory.expected_shards_touched([1, 2], [[1], [10]]).shape == (2, 2)
    assert theory.expected_pages(100, [10, 20], [[0], [1], [100]]) == pytest.approx(np.array([[0, 0], [1, 1], [10, 5]]))
    assert isinstance(theory.expected_pages(100, 10, 1), float)


# Bad input


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: theory.expected_maximum_load(0, 5), ValueError, "balls is 0, but must be a whole number from 1 to 1,000,000"),
        (lambda: theory.expected_maximum_load(5, 2_000_000), ValueError, "bins is 2000000"),
        (lambda: theory.expected_maximum_load(5.0, 2), TypeError, r"balls is 5.0 \(float\)"),
        (lambda: theory.consistent_hashing_balance(0, 5), ValueError, "shards is 0"),
        (lambda: theory.consistent_hashing_balance(5, 0), ValueError, "virtual_nodes is 0, but must be a whole number from 1 to 100,000"),
        (lambda: theory.expected_moved_share("directory", 1, 2), ValueError, "strategy is 'directory', but must be one of"),
        (lambda: theory.expected_moved_share("modulo", 0, 2), ValueError, "before is 0"),
        (lambda: theory.expected_moved_share("modulo", 2, []), ValueError, r"after is \[\], but must hold at least one name, each of them once"),
        (lambda: theory.expected_moved_share("modulo", 2, ["a", "a"]), ValueError, "after is .*, but must hold at least one name"),
        (lambda: theory.expected_moved_share("jump", 3, [0, 2]), ValueError, "after is .0, 2., but with 'jump' shards must join at the end"),
        (lambda: theory.expected_moved_share("jump", 3, 4, weights={1: 2}), TypeError, "weights is given, but must not be for 'jump'"),
        (lambda: theory.expected_moved_share("consistent", 3, 4, weights={1: 0}), ValueError, "weight of 1 is 0, but must be a finite number above"),
        (lambda: theory.expected_shards_touched(-1, 4), ValueError, "keys is -1"),
        (lambda: theory.expected_shards_touched(1, 0), ValueError, "shards is 0"),
        (lambda: theory.expected_pages(0, 1, 0), ValueError, "rows is 0"),
        (lambda: theory.expected_pages(10, 0, 0), ValueError, "rows_per_page is 0"),
        (lambda: theory.expected_pages(10, 1, 11), ValueError, "selected is 11, but must be at most rows, which is 10"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
