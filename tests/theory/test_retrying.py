"""Attempts in theory: against the sum that they are, and at the ends."""

from __future__ import annotations

import pytest

from labsupport import theory


@pytest.mark.parametrize("failing", [0.0, 0.1, 0.5, 0.99, 1.0])
@pytest.mark.parametrize("attempts", [1, 2, 7])
def test_it_is_the_sum_of_the_chances_of_each_attempt(failing, attempts):
    assert theory.expected_attempts(failing, attempts) == pytest.approx(sum(failing**before for before in range(attempts)))


@pytest.mark.parametrize(
    ("arguments", "words"), [((1.1, 2), "failure_probability is 1.1"), ((-0.1, 2), "failure_probability is -0.1"), ((0.5, 0), "attempts is 0")]
)
def test_bad_input_is_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        theory.expected_attempts(*arguments)
