"""Garbage: against a second program that keeps a list of objects, and against theory."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators import queueing
from labsupport.simulators.garbage import simulate


class Heap:
    """Two parts as lists of [size, what becomes of it]: kept is garbage once it is old, leaked is not."""

    def __init__(self, young, old, live, survival, leak, copy, mark, base):
        self.young, self.room, self.survival, self.leak = young, old, survival, leak
        self.copy, self.mark, self.base = copy, mark, base
        self.fresh, self.old = [], [(live, "alive")]

    def allocate(self, size):
        """Return the pauses that this takes; None if there is no room."""
        pauses = []
        if sum(self.fresh) + size > self.young:
            moved = [(self.survival * sum(self.fresh), "kept"), (self.leak * sum(self.fresh), "leaked")]
            need = sum(size for size, _ in moved)
            if sum(size for size, _ in self.old) + need > self.room:
                self.old = [(size, fate) for size, fate in self.old if fate != "kept"]
                pauses.append(self.base + self.mark * sum(size for size, _ in self.old))
                if sum(size for size, _ in self.old) + need > self.room:
                    return None
            self.old += moved
            pauses.append(self.base + self.copy * need)
            self.fresh = []
        self.fresh.append(size)
        return pauses


@given(
    requests=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 8)), min_size=1, max_size=60),
    live=st.sampled_from([0.0, 10.0]),
    survival=st.sampled_from([0.0, 0.25, 0.5]),
    leak=st.sampled_from([0.0, 0.125]),
)
def test_agrees_with_a_list_of_objects(requests, live, survival, leak):
    gaps, services, sizes = np.array(requests, dtype=float).T
    arrivals = np.cumsum(gaps)
    costs = {"copy_time": 2.0, "mark_time": 0.5, "pause": 0.25}
    result = simulate(arrivals, services, sizes, young=8, old=16, live=live, survival=survival, leak=leak, **costs)
    heap = Heap(8, 16, live, survival, leak, *costs.values())
    free, lengths = 0.0, []
    for request, (arrival, service, size) in enumerate(zip(arrivals, services, sizes, strict=True)):
        pauses = heap.allocate(size)
        if pauses is None:
            assert result.exhausted
            assert np.isnan(result.finishes[request:]).all()
            return
        lengths += pauses
        free = max(free, arrival) + sum(pauses) + service
        assert result.finishes[request] == pytest.approx(free)
    assert result.pause_lengths == pytest.approx(lengths)
    assert not result.exhausted


@given(
    requests=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 8)), min_size=1, max_size=60),
    survival=st.sampled_from([0.0, 0.25, 0.5]),
    leak=st.sampled_from([0.0, 0.125]),
    pause=st.sampled_from([0.0, 0.25]),
)
def test_neither_the_unit_of_time_nor_that_of_memory_matters(requests, survival, leak, pause):
    gaps, services, sizes = np.array(requests, dtype=float).T
    arrivals, shares = np.cumsum(gaps), {"survival": survival, "leak": leak}
    result = simulate(arrivals, services, sizes, young=8, old=16, live=4, copy_time=2.0, mark_time=0.5, pause=pause, **shares)
    slow = simulate(4 * arrivals, 4 * services, sizes, young=8, old=16, live=4, copy_time=8.0, mark_time=2.0, pause=4 * pause, **shares)
    large = simulate(arrivals, services, 4 * sizes, young=32, old=64, live=16, copy_time=0.5, mark_time=0.125, pause=pause, **shares)
    for other, unit, memory in ((slow, 4, 1), (large, 1, 4)):
        np.testing.assert_array_equal(other.finishes, unit * result.finishes)
        np.testing.assert_array_equal(other.pause_starts, unit * result.pause_starts)
        np.testing.assert_array_equal(other.pause_lengths, unit * result.pause_lengths)
        np.testing.assert_array_equal(other.heap_after, memory * result.heap_after)
        assert other.exhausted == result.exhausted
    done = ~np.isnan(result.finishes)
    assert (result.finishes[done] >= result.arrivals[done] + services[done]).all()
    assert (np.diff(result.finishes[done]) >= services[done][1:]).all()  # one server


def steady(size, **options):
    arrivals = workloads.poisson_arrivals(60_000, 0.2, seed=1)
    return simulate(arrivals, workloads.exponential_services(60_000, 2.0, seed=2), np.full(60_000, size), **options)


@pytest.mark.parametrize("survival", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("old", [1_200.0, 4_000.0])
def test_pauses_take_the_share_that_theory_expects(survival, old):
    options = {"young": 100.0, "old": old, "live": 1_000.0, "survival": survival, "copy_time": 0.5, "mark_time": 0.1}
    result = steady(1.0, pause=1.0, **options)
    expected = theory.collection_share(0.2, 100.0, old, 1_000.0, survival, copy_time=0.5, mark_time=0.1, pause=1.0)
    assert result.paused_share == pytest.approx(expected, rel=0.1)  # the last cycle of the old part is not whole
    assert np.sum(~result.major) == 599


def test_without_allocation_it_is_a_queue():
    arrivals, services = workloads.poisson_arrivals(1_000, 0.4, seed=3), workloads.exponential_services(1_000, 2.0, seed=4)
    result = simulate(arrivals, services, np.zeros(1_000), young=1, old=1)
    assert result.finishes == pytest.approx(queueing.simulate(arrivals, services).finishes)
    assert result.paused_share == 0


def test_a_leak_fills_any_heap_after_the_time_that_theory_says():
    for old in (300.0, 600.0):
        result = steady(1.0, young=10.0, old=old, live=100.0, survival=0.05, leak=0.05)
        assert result.exhausted
        assert result.span == pytest.approx(theory.leak_lifetime(0.2, 0.05, old - 100), rel=0.1)
        floors = result.heap_after[result.major]
        assert (np.diff(floors) > 0).all()


def test_what_is_left_after_a_major_collection_is_what_lives_on():
    result = steady(1.0, young=10.0, old=200.0, live=100.0, survival=0.1)
    assert (result.heap_after[result.major] == 100).all()
    assert result.heap_after.max() <= 200
    assert not result.heap_after.flags.writeable


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"arrivals": [1, 0]}, "arrivals falls from 1.0 to 0.0"),
        ({"services": [1]}, "services holds 1 numbers"),
        ({"sizes": [1, 9]}, "sizes holds 9, but the young part has no more than 8"),
        ({"young": 0}, "young is 0"),
        ({"live": 20}, "live is 20, but must be below the 16 of the old part"),
        ({"survival": 1.1}, "survival is 1.1"),
        ({"survival": 0.9, "leak": 0.2}, "leak is 0.2"),
        ({"copy_time": -1}, "copy_time is -1"),
        ({"mark_time": np.nan}, "mark_time is nan"),
        ({"pause": -1}, "pause is -1"),
    ],
)
def test_bad_input_is_named(arguments, words):
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        simulate(**{"arrivals": [0, 1], "services": [1, 1], "sizes": [1, 1], "young": 8, "old": 16} | arguments)


def test_theory_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="live is 5, but must be below old, which is 5"):
        theory.collection_share(1, 1, 5, 5, 0.1, copy_time=1, mark_time=1)
    with pytest.raises(ValueError, match="survival × young is 8"):
        theory.collection_share(1, 10, 5, 1, 0.8, copy_time=1, mark_time=1)
    with pytest.raises(ValueError, match="leak is 0"):
        theory.leak_lifetime(1, 0, 1)
