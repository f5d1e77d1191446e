"""Write costs at every size at once: held against the simulator that runs one size at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.simulators.caching import WRITE_POLICIES, simulate_writes, stack_distances, write_costs

every_write_policy = pytest.mark.parametrize("policy", WRITE_POLICIES)
requests = st.lists(st.tuples(st.integers(0, 7), st.booleans()), min_size=1, max_size=120)


def one_size_at_a_time(policy, trace, writes, size):
    result = simulate_writes(policy, trace, writes, size)
    return result.backend_reads, result.backend_writes, result.stale_reads, result.dirty.size


def at(costs, size):
    return tuple(int(counts[size]) for counts in (costs.backend_reads, costs.backend_writes, costs.stale_reads, costs.dirty))


@every_write_policy
@given(steps=requests, stretch=st.sampled_from([1, 300_000_001]))
def test_every_size_is_as_if_simulated_alone(policy, steps, stretch):
    trace, writes = zip(*((key * stretch, write) for key, write in steps), strict=True)
    costs = write_costs(policy, trace, writes)
    assert costs.largest == len(set(trace))
    for size in range(1, costs.largest + 1):
        assert at(costs, size) == one_size_at_a_time(policy, trace, writes, size)
    assert at(costs, -1) == one_size_at_a_time(policy, trace, writes, costs.largest + 5)
    assert (costs.reads, costs.writes) == (writes.count(False), writes.count(True))
    assert at(costs, 0) == (costs.reads, costs.writes, 0, 0)


@every_write_policy
def test_a_long_trace_agrees_too_and_takes_distances_that_are_at_hand(policy):
    trace, writes = workloads.zipf_trace(20_000, 500, 0.9, 81), workloads.write_flags(20_000, 0.3, 82)
    costs = write_costs(policy, trace, writes, stack_distances(trace))
    for size in (1, 7, 100, 450):
        assert at(costs, size) == one_size_at_a_time(policy, trace, writes, size)


@every_write_policy
def test_the_arguments_are_left_alone_and_the_result_is_frozen(policy):
    trace, writes = workloads.zipf_trace(500, 50, 1.0, 83), workloads.write_flags(500, 0.3, 84)
    before = trace.copy(), writes.copy()
    costs = write_costs(policy, trace, writes)
    assert np.array_equal(trace, before[0])
    assert np.array_equal(writes, before[1])
    for array in (costs.backend_reads, costs.backend_writes, costs.stale_reads, costs.dirty):
        assert not array.flags.writeable


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("write_thru", [1], [True]), ValueError, "Did you mean 'write_through'"),
        (("write_back", [], []), ValueError, "trace is empty"),
        (("write_back", [1, 2], [True]), ValueError, "writes holds 1 values"),
        (("write_back", [1, 2], [1, 0]), TypeError, "writes holds int64"),
        (("write_back", [1, 2], [True, False], np.array([-1])), ValueError, r"distances has shape \(1,\)"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        write_costs(*arguments)
