"""How many are present over time: against counting, and against Little's law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.simulators.occupancy import occupancy
from labsupport.simulators.queueing import simulate

stays = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 20)), min_size=1, max_size=25)


@given(stays)
def test_it_counts(each):
    enters, lengths = (np.array(column) / 4 for column in zip(*each, strict=True))
    leaves = enters + lengths
    present = occupancy(enters, leaves)
    times = np.arange(0, 60) / 4 + 1 / 8
    for moments in (times, times - 1 / 8):
        expected = [np.sum((enters <= time) & (leaves > time)) for time in moments]
        assert present.at(moments).tolist() == expected
    assert (np.diff(present.moments) > 0).all()
    assert present.counts[-1] == 0
    if lengths.any():
        span = leaves.max() - enters.min()
        assert present.mean() == pytest.approx(lengths.sum() / span)
        assert present.shares().sum() == pytest.approx(1)
        assert present.mean(0, 100) == pytest.approx(lengths.sum() / 100)
        middle = enters.min() + span / 2
        halves = present.mean(enters.min(), middle) + present.mean(middle, leaves.max())
        assert halves / 2 == pytest.approx(present.mean())


def test_before_and_after_nobody_is_there():
    present = occupancy([5], [7])
    assert present.at([0, 5, 6.9, 7]).tolist() == [0, 1, 1, 0]
    assert present.shares(0, 10) == pytest.approx([0.8, 0.2])
    assert present.shares(0, 4) == pytest.approx([1, 0])
    assert present.shares(8, 9) == pytest.approx([1, 0])


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="start is 3 and end is 3, but some time must pass"):
        occupancy([3], [3]).mean()
    with pytest.raises(ValueError, match="leaves holds 1 numbers"):
        occupancy([1, 2], [3])
    with pytest.raises(ValueError, match="enters holds the time nan"):
        occupancy([np.nan], [3])


def test_poisson_arrivals_see_time_averages_and_regular_ones_do_not():
    """PASTA: warm-up 10,000 of 1,000,000 customers at ρ = 0.5, seeds 1 and 2; the half-width is below 0.3 %."""
    services = workloads.exponential_services(1_000_000, 1.0, 2)
    seen = {}
    for name, arrivals in {
        "Poisson": workloads.poisson_arrivals(1_000_000, 0.5, 1),
        "regular": workloads.deterministic_arrivals(1_000_000, 0.5),
    }.items():
        result = simulate(arrivals, services)
        idle = occupancy(arrivals, arrivals + result.responses).shares(arrivals[10_000], arrivals[-1])[0]
        seen[name] = np.mean(result.found[10_000:] == 0), idle
    assert seen["Poisson"] == pytest.approx((0.5, 0.5), rel=0.005)
    assert seen["regular"][1] == pytest.approx(0.5, rel=0.005)
    assert seen["regular"][0] > 0.75
