"""Order statistics of exponential answers: against integration, and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_means_are_the_areas_under_the_tails(count):
    time = np.linspace(0, 60, 600_001)
    tail = theory.exponential_tail(time, 2.0)
    assert theory.slowest_mean_response(count, 2.0) == pytest.approx(np.trapezoid(theory.fanout_tail_probability(count, tail), time), rel=1e-6)
    assert theory.fastest_mean_response(count, 2.0) == pytest.approx(np.trapezoid(tail**count, time), rel=1e-4)


def test_arrays_broadcast_and_numbers_stay_numbers():
    assert theory.slowest_mean_response([[1], [2]], [1.0, 2.0]).tolist() == [[1.0, 2.0], [1.5, 3.0]]
    assert isinstance(theory.slowest_mean_response(3, 1.0), float)
    assert isinstance(theory.fastest_mean_response(3, 1.0), float)


@pytest.mark.parametrize(("function", "name"), [(theory.slowest_mean_response, "fanout"), (theory.fastest_mean_response, "copies")])
def test_bad_input_is_named(function, name):
    with pytest.raises(ValueError, match=f"{name} is 0"):
        function(0, 1.0)
    with pytest.raises(TypeError, match=rf"{name} is 1\.5"):
        function(1.5, 1.0)
    with pytest.raises(ValueError, match="mean_service is 0"):
        function(2, 0)


def test_a_fan_out_beyond_reason_is_refused():
    with pytest.raises(ValueError, match="fanout is 20000000"):
        theory.slowest_mean_response(20_000_000, 1.0)
