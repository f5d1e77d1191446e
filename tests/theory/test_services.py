"""Tails of services: against what the workloads draw, and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory, workloads

DRAWN = 40_000


@pytest.mark.parametrize(
    ("drawn", "tail"),
    [
        (workloads.exponential_services(DRAWN, 10.0, seed=1), lambda time: theory.exponential_tail(time, 10.0)),
        (workloads.lognormal_services(DRAWN, 10.0, seed=2, squared_cv=2.0), lambda time: theory.lognormal_tail(time, 10.0, 2.0)),
        (workloads.pareto_services(DRAWN, 10.0, seed=3, shape=2.2), lambda time: theory.pareto_tail(time, 10.0, 2.2)),
    ],
)
def test_tails_are_those_of_what_is_drawn(drawn, tail):
    # Kolmogorov and Smirnov: the greatest distance exceeds 1.95 / √n once in a thousand samples.
    ordered = np.sort(drawn)
    assert np.abs(1 - tail(ordered) - np.arange(1, DRAWN + 1) / DRAWN).max() < 1.95 / np.sqrt(DRAWN)
    assert tail(0) == 1


@pytest.mark.parametrize("tail", [theory.exponential_tail, theory.lognormal_tail, theory.pareto_tail])
def test_bad_input_is_named(tail):
    with pytest.raises(ValueError, match="time is -1"):
        tail(-1, 1)
    with pytest.raises(ValueError, match="mean is 0"):
        tail(1, 0)
    with pytest.raises(TypeError, match="time is 'a'"):
        tail("a", 1)


def test_bad_shapes_are_named():
    with pytest.raises(ValueError, match="squared_cv is 0"):
        theory.lognormal_tail(1, 1, 0)
    with pytest.raises(ValueError, match="shape is 1"):
        theory.pareto_tail(1, 1, 1)
