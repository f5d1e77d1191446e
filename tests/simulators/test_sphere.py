"""The earth as a sphere: distances that are known, and borders that nothing beyond them is nearer than."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators.sphere import EARTH, distance, to_meridian, to_parallel


def test_distances_are_as_known():
    assert distance(0.0, 0.0, 0.0, 90.0) == pytest.approx(EARTH * np.pi / 2)
    assert distance(48.1, 11.5, 48.1, 11.5) == 0
    assert distance(51.5, 0.0, -51.5, 180.0) == pytest.approx(EARTH * np.pi)


@given(st.floats(-80, 80), st.floats(-80, 80), st.floats(0, 60), st.floats(0, 30))
def test_nothing_beyond_a_border_is_nearer_than_the_border(latitude, other, over, further):
    there = distance(latitude, 0.0, other, over + further)
    assert there >= to_meridian(latitude, over) - 1e-6
    assert there >= to_parallel(abs(other - latitude)) - 1e-6
