"""Hedging in theory: by integration of the tail, and at the ends."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory


@pytest.mark.parametrize("delay", [0.0, 0.3, 1.0, 4.0])
def test_the_mean_is_the_area_under_the_tail(delay):
    moments = np.linspace(0, 60, 600_001)
    tail = np.exp(-moments / 2) * np.exp(-np.maximum(moments - delay, 0) / 2)  # mean 2, both copies late
    assert theory.hedged_mean_response(2.0, delay) == pytest.approx(np.trapezoid(tail, moments), rel=1e-6)


def test_at_once_is_the_faster_of_two_and_never_is_one():
    assert theory.hedged_mean_response(3.0, [0, 1e9]).tolist() == [1.5, 3.0]


@pytest.mark.parametrize(("arguments", "words"), [((0, 1), "mean_service is 0"), ((1, -1), "delay is -1"), ((1, np.inf), "delay is inf")])
def test_bad_input_is_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        theory.hedged_mean_response(*arguments)
