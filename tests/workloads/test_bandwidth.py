"""Bandwidth that changes: it stays at its levels as long as it should."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import workloads

LEVELS = [500.0, 1_500.0, 3_000.0, 6_000.0]


def test_the_trace_stays_at_its_levels_as_long_as_it_should():
    trace = workloads.markov_bandwidth(200_000, LEVELS, 10, seed=3)
    assert set(trace) == set(LEVELS)
    assert 1 / np.mean(np.diff(trace) != 0) == pytest.approx(10, rel=0.02)
    assert trace.mean() == pytest.approx(np.mean(LEVELS), rel=0.02)
    assert workloads.markov_bandwidth(5, [7.0], 1, seed=0).tolist() == [7.0] * 5
    assert workloads.markov_bandwidth(50, LEVELS, 2, 1).tolist() == workloads.markov_bandwidth(50, LEVELS, 2, 1).tolist()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"mean_stay is 0\.5"):
        workloads.markov_bandwidth(5, LEVELS, 0.5, 0)
