"""Renewals: the share of time and the number of outages, and their order."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.simulators.renewals import outages


def test_outages_follow_one_another_and_last_as_long_as_they_should():
    # 100,000 time units hold about 10,000 cycles; six standard errors of a mean of exponential times are 6 %.
    intervals = outages(8.0, 2.0, 100_000.0, np.random.default_rng(1))
    assert (np.diff(intervals.ravel()) > 0).all()
    assert intervals[-1, 0] < 100_000
    assert len(intervals) == pytest.approx(10_000, rel=0.06)
    assert (intervals[:, 1] - intervals[:, 0]).mean() == pytest.approx(2.0, rel=0.06)
    assert (intervals[1:, 0] - intervals[:-1, 1]).mean() == pytest.approx(8.0, rel=0.06)


def test_a_short_time_may_see_none():
    assert outages(1e9, 1.0, 1.0, np.random.default_rng(1)).shape == (0, 2)
