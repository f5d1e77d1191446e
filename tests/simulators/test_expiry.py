"""Expiry and stampedes: against the theory of renewals under Poisson arrivals, and on small stories told by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators.caching import simulate_expiry

moments = st.lists(st.integers(0, 60), min_size=1, max_size=50).map(sorted)  # whole numbers, so that ties happen often


def obvious(arrivals, ttl, load_time, coalescing):
    """Ask at every arrival which loads have begun and ended so far."""
    starts, waits = [], []
    for now in arrivals:
        ended = [start + load_time for start in starts if start + load_time <= now]
        under_way = [start + load_time for start in starts if start + load_time > now]
        if ended and now < max(ended) + ttl:
            waits.append(0)
        elif coalescing and under_way:
            waits.append(min(under_way) - now)
        else:
            starts.append(now)
            waits.append(load_time)
    return waits, starts


@given(arrivals=moments, ttl=st.integers(0, 20), load_time=st.integers(0, 12), coalescing=st.booleans())
def test_agrees_with_the_obvious_program(arrivals, ttl, load_time, coalescing):
    waits, starts = obvious(arrivals, ttl, load_time, coalescing)
    result = simulate_expiry(arrivals, ttl, load_time, coalescing)
    assert result.waits.tolist() == waits
    assert result.backend_reads == len(starts)
    together = [sum(start <= now < start + load_time for start in starts[: index + 1]) for index, now in enumerate(starts)]
    assert result.largest_stampede == max([*together, 1])
    if load_time > 0:
        assert result.hits.tolist() == [wait == 0 for wait in waits]
        assert result.hit_ratio == waits.count(0) / len(waits)
    if coalescing:
        assert result.largest_stampede == 1


@pytest.mark.parametrize(("rate", "ttl"), [(0.5, 1.0), (1.0, 10.0), (20.0, 3.0)])
def test_without_load_time_the_hit_ratio_is_that_of_a_renewal(rate, ttl):
    # One miss, then a ttl in which rate × ttl requests come. 400,000 requests, seed 81: standard error below 0.001.
    arrivals = workloads.poisson_arrivals(400_000, rate, 81)
    for coalescing in (False, True):
        assert simulate_expiry(arrivals, ttl, 0.0, coalescing).hit_ratio == pytest.approx(theory.ttl_hit_ratio(rate, ttl), abs=0.004)


@pytest.mark.parametrize(("rate", "ttl", "load_time"), [(2.0, 5.0, 1.0), (30.0, 10.0, 0.5), (1.0, 0.5, 4.0)])
def test_with_coalescing_one_load_serves_a_whole_cycle(rate, ttl, load_time):
    # A cycle: a load, a ttl, and the time to the next request: 1 + rate × (load_time + ttl) requests and one backend read.
    arrivals = workloads.poisson_arrivals(400_000, rate, 82)
    result = simulate_expiry(arrivals, ttl, load_time, True)
    assert result.backend_reads / 400_000 == pytest.approx(1 / (1 + rate * (load_time + ttl)), rel=0.02)
    assert result.hit_ratio == pytest.approx(theory.ttl_hit_ratio(rate, ttl, load_time), abs=0.004)
    # The first waits the whole load, the others of the load time half of it on average.
    assert result.waits.mean() == pytest.approx(load_time * (1 + rate * load_time / 2) / (1 + rate * (load_time + ttl)), rel=0.02)


@pytest.mark.parametrize(("rate", "ttl", "load_time"), [(2.0, 5.0, 1.0), (30.0, 10.0, 0.5)])
def test_without_coalescing_a_stampede_has_one_plus_rate_times_load_time_on_average(rate, ttl, load_time):
    # ttl ≥ load_time, so that one stampede ends before the next begins; a stampede begins where the wait follows a hit.
    arrivals = workloads.poisson_arrivals(400_000, rate, 83)
    result = simulate_expiry(arrivals, ttl, load_time, False)
    stampedes = 1 + np.count_nonzero(~result.hits[1:] & result.hits[:-1])
    later = np.count_nonzero((~result.hits[1:] & ~result.hits[:-1]) & (np.diff(arrivals) >= ttl + load_time))  # nobody came while it was fresh
    assert result.backend_reads / (stampedes + later) == pytest.approx(theory.stampede_size(rate, load_time), rel=0.02)
    assert result.largest_stampede > theory.stampede_size(rate, load_time)
    assert result.waits.max() == load_time


@given(arrivals=moments, ttl=st.integers(0, 20), load_time=st.integers(0, 12), coalescing=st.booleans())
def test_the_unit_of_time_does_not_matter(arrivals, ttl, load_time, coalescing):
    one = simulate_expiry(arrivals, ttl, load_time, coalescing)
    other = simulate_expiry(np.array(arrivals) * 8.0, ttl * 8, load_time * 8, coalescing)
    assert np.array_equal(one.waits * 8, other.waits)
    assert one.backend_reads == other.backend_reads


def test_edges():
    assert simulate_expiry([0, 2, 12], 10, 2, False).hits.tolist() == [False, True, False]  # ready at 2, no longer fresh at 12
    assert simulate_expiry([1, 1, 1], 5, 0, False).hits.tolist() == [False, True, True]
    assert simulate_expiry([1, 1, 1], 0, 0, False).backend_reads == 3
    assert simulate_expiry([1, 1, 1], 0, 2, True).backend_reads == 1


def test_the_arguments_are_left_alone_and_the_result_is_frozen():
    arrivals = workloads.poisson_arrivals(100, 1.0, 84)
    before = arrivals.copy()
    result = simulate_expiry(arrivals, 1, 1, True)
    assert np.array_equal(arrivals, before)
    assert not result.waits.flags.writeable
    assert not result.hits.flags.writeable


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([], 1, 1, True), ValueError, "arrivals is empty"),
        (([2, 1], 1, 1, True), ValueError, r"arrivals falls from 2\.0 to 1\.0 at index 1"),
        (([-1], 1, 1, True), ValueError, "arrivals holds the time -1"),
        (([float("nan")], 1, 1, True), ValueError, "arrivals holds the time nan"),
        (([float("inf")], 1, 1, True), ValueError, "arrivals holds the time inf"),
        (([1], -1, 1, True), ValueError, "ttl is -1"),
        (([1], 1, float("nan"), True), ValueError, "load_time is nan"),
        (([1], 1, 1, "yes"), TypeError, "coalescing is 'yes'"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        simulate_expiry(*arguments)
