"""Geohashes: as published, and there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators.geohashes import decode, edges, encode


@pytest.mark.parametrize(
    ("latitude", "longitude", "text"),
    [
        (57.64911, 10.40744, "u4pruydqqvj"),  # Wikipedia, "Geohash"
        (42.6, -5.6, "ezs42"),  # the same, worked out bit by bit
        (-25.382708, -49.265506, "6gkzwgjzn820"),  # geohash.org, tips
        (37.8324, 112.5584, "ww8p1r4t8"),
        (0.0, 0.0, "s0000"),
        (-90.0, -180.0, "000"),
        (90.0, 180.0, "zzzz"),
    ],
)
def test_geohashes_are_as_published(latitude, longitude, text):
    assert encode(latitude, longitude, len(text)) == text
    cell = decode(text)
    assert cell.south <= latitude <= cell.north
    assert cell.west <= longitude <= cell.east
    assert edges(len(text))[2:] == pytest.approx((cell.north - cell.south, cell.east - cell.west))


@given(st.floats(-90, 90), st.floats(-180, 180), st.integers(1, 12))
def test_a_geohash_is_a_cell_within_a_cell(latitude, longitude, length):
    text = encode(latitude, longitude, length)
    cell, around = decode(text), decode(text[: max(length - 1, 1)])
    assert cell.south <= latitude <= cell.north
    assert cell.west <= longitude <= cell.east
    assert around.south <= cell.south < cell.north <= around.north
    assert around.west <= cell.west < cell.east <= around.east
    assert encode(*cell.middle, length) == text


def test_what_is_no_geohash_is_named():
    with pytest.raises(ValueError, match="text is 'abc', but must have 1 to 12 of the characters"):
        decode("abc")  # there is no a
    with pytest.raises(TypeError, match="text is 5 "):
        decode(5)
