"""Shapes of load tests: they reach their peak, and arrivals come at their rates, in whatever unit of time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators.load_shapes import SHAPES, load_shape, shaped_arrivals


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_stay_below_their_peak_and_reach_it(shape) -> None:
    rates = load_shape(shape, 50.0, 60)
    assert rates.max() == 50
    assert rates.min() > 0
    arrivals = shaped_arrivals(rates, 10.0, seed=8)
    counts = np.histogram(arrivals, np.arange(61) * 10.0)[0]
    assert (np.abs(counts - 10 * rates) < 5 * np.sqrt(10 * rates)).all()


@given(shape=st.sampled_from(SHAPES), peak=st.floats(0.1, 100), periods=st.integers(6, 60), seed=st.integers(0, 99))
def test_arrivals_that_come_twice_as_slowly_are_the_same_arrivals(shape, peak, periods, seed) -> None:
    rates = load_shape(shape, peak, periods)
    arrivals = shaped_arrivals(rates, 2.0, seed=seed)
    assert (np.diff(arrivals) >= 0).all()
    assert ((arrivals >= 0) & (arrivals <= 2.0 * periods)).all()
    np.testing.assert_allclose(shaped_arrivals(rates / 4, 8.0, seed=seed), 4 * arrivals)


def test_bad_input_is_named() -> None:
    for call, words in (
        (lambda: load_shape("ramps", 1.0), "shape"),
        (lambda: shaped_arrivals([0.0], 1.0, seed=1), "rates"),
    ):
        with pytest.raises(ValueError, match=words):
            call()
