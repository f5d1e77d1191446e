"""Scheduling in theory: bounds at their ends, and what they refuse."""

from __future__ import annotations

import re

import numpy as np
import pytest

from labsupport import theory


def test_one_worker_is_always_best():
    assert theory.list_scheduling_bound(1) == theory.longest_first_bound(1) == 1
    assert theory.makespan_lower_bound([3, 4], 1) == 7


def test_each_part_of_the_bound_counts():
    assert theory.makespan_lower_bound([1, 1, 1, 1], 2) == 2
    assert theory.makespan_lower_bound([5, 1], 2) == 5
    assert theory.makespan_lower_bound([2, 2, 2], 2) == 4
    assert theory.makespan_lower_bound([2, 2, 2], 2, releases=[0, 3, 3]) == 5
    assert theory.makespan_lower_bound([2, 2, 2, 2], 2, releases=[3, 3, 3, 3]) == 7


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: theory.makespan_lower_bound([], 1), "lengths holds 0 numbers"),
        (lambda: theory.makespan_lower_bound([1], 1, releases=[1, 2]), "lengths holds 1 numbers and releases 2"),
        (lambda: theory.makespan_lower_bound([np.nan], 1), "lengths is nan"),
        (lambda: theory.makespan_lower_bound([1], 0), "workers is 0"),
        (lambda: theory.list_scheduling_bound(0), "workers is 0"),
        (lambda: theory.longest_first_bound(1.5), "workers is 1.5"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        call()
