"""Occupancy theory: the different keys among records, by enumeration and at its ends."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest

from labsupport import theory


def test_different_keys_by_enumeration() -> None:
    shares = [0.5, 0.3, 0.2]
    expected = sum(len(set(drawn)) * prod(shares[key] for key in drawn) for drawn in product(range(3), repeat=4))
    assert theory.expected_distinct_keys(shares, 4) == pytest.approx(expected)
    assert theory.expected_distinct_keys([5, 3, 2], 4) == pytest.approx(expected)


def test_ends() -> None:
    assert theory.expected_distinct_keys([1, 2], 0) == 0
    assert theory.expected_distinct_keys([1, 2, 3], 1) == pytest.approx(1)
    assert theory.expected_distinct_keys([1, 1, 0], 1_000) == pytest.approx(2)


@pytest.mark.parametrize(("shares", "records", "message"), [([0.0], 1, "some key must have a share"), ([1.0], -1, "records is -1")])
def test_bad_input_is_named(shares: list[float], records: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        theory.expected_distinct_keys(shares, records)
