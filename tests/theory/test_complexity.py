"""Counts of sorting and looking up in closed form, against recurrences and every order of a few."""

from __future__ import annotations

import itertools

import pytest

from labsupport import theory


def recurrence(size, most):
    if size == 1:
        return 0
    small, large = size // 2, size - size // 2
    return recurrence(small, most) + recurrence(large, most) + (size - 1 if most else small)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 100, 1_023, 1_024, 1_025])
def test_merge_sort_follows_its_recurrence(size):
    assert theory.merge_sort_comparisons(size) == recurrence(size, most=True)
    assert theory.merge_sort_comparisons(size, "best") == recurrence(size, most=False)


@pytest.mark.parametrize("size", [1, 2, 5, 6])
def test_inversions_are_the_mean_over_all_orders(size):
    orders = list(itertools.permutations(range(size)))
    inversions = sum(order[i] > order[j] for order in orders for i, j in itertools.combinations(range(size), 2))
    assert theory.expected_inversions(size) == inversions / len(orders)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.merge_sort_comparisons(0), "size is 0"),
        (lambda: theory.fit_costs([1, 2], [1.0]), "steps"),
        (lambda: theory.fit_costs([1, 2], [1.0, 0.0]), "taken"),
        (lambda: theory.merge_sort_comparisons(4, "mean"), "case is 'mean'"),
        (lambda: theory.expected_inversions(0), "size is 0"),
        (lambda: theory.linear_probing_probes(1.0), "a full table"),
        (lambda: theory.linear_probing_probes(-0.1), "load is -0.1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_curve_finds_the_two_costs_again():
    assert theory.fit_costs([0, 10, 100], [3.0, 23.0, 203.0]) == pytest.approx((3, 2))
    assert theory.fit_costs([1, 1, 1], [4.0, 4.0, 4.0]) == pytest.approx((4, 0))
    fixed, each = theory.fit_costs([1, 10, 100], [0.5, 9.0, 100.0])  # the best line begins below nothing
    assert fixed == 0
    assert each == pytest.approx(0.9, abs=0.3)
