"""The contract that every eviction policy keeps, and what sets each of them apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators import eviction
from labsupport.simulators.caching import POLICIES, miss_ratio_curve, optimal_distances, replay, simulate, stack_distances
from labsupport.simulators.numbering import number
from tests.simulators.peers import libcachesim, libcachesim_hits
from tests.simulators.references import REFERENCES
from tests.support import require

every_policy = pytest.mark.parametrize("policy", POLICIES)
traces = st.lists(st.integers(0, 12), min_size=1, max_size=120)
far_traces = st.lists(st.integers(0, 12).map(lambda key: key * 178_000_001), min_size=1, max_size=60)  # up to 2,136,000,012
capacities = st.integers(1, 14)


# What every policy promises


@every_policy
@given(trace=traces, capacity=capacities)
def test_agrees_with_the_obvious_program(policy, trace, capacity):
    expected_hits, expected_evicted = zip(*REFERENCES[policy](trace, capacity), strict=True)
    story = replay(policy, trace, capacity)
    assert story.hits.tolist() == list(expected_hits)
    assert story.evicted.tolist() == list(expected_evicted)


@every_policy
@pytest.mark.parametrize("capacity", [1, 2, 3, 10, 19, 60])
def test_agrees_with_the_obvious_program_on_a_long_trace(policy, capacity):
    trace = workloads.mixture_trace([workloads.zipf_trace(2_000, 200, 0.9, 11), workloads.loop_trace(600, 40)], [0.75, 0.25], 12)
    expected_hits, expected_evicted = zip(*REFERENCES[policy](trace.tolist(), capacity), strict=True)
    story = replay(policy, trace, capacity)
    assert np.array_equal(story.hits, expected_hits)
    assert np.array_equal(story.evicted, expected_evicted)


@every_policy
@given(trace=traces | far_traces, capacity=capacities)
def test_replay_is_the_same_run_as_simulate(policy, trace, capacity):
    result, story = simulate(policy, trace, capacity), replay(policy, trace, capacity)
    assert np.array_equal(result.hits, story.hits)
    assert result.evictions == np.count_nonzero(story.evicted >= 0)
    assert story.keys.tolist() == trace
    inside = set()
    for request, key in enumerate(trace):
        assert (key in inside) == story.hits[request]
        if story.evicted[request] >= 0:
            assert not story.hits[request]
            inside.remove(story.evicted[request])
        inside.add(key)
        assert set(story.contents(request)) == inside
        assert len(story.contents(request)) == len(inside) <= capacity
        assert story.reasons[request]
    assert result.evictions == np.count_nonzero(~result.hits) - len(inside)


@every_policy
@given(trace=traces, capacity=capacities)
def test_nothing_leaves_while_there_is_room_and_no_policy_beats_the_optimum(policy, trace, capacity):
    result = simulate(policy, trace, capacity)
    assert np.count_nonzero(result.hits) <= np.count_nonzero(simulate("opt", trace, capacity).hits)
    assert result.hit_ratio == np.count_nonzero(result.hits) / len(trace)
    first_requests = [key not in trace[:request] for request, key in enumerate(trace)]
    assert not result.hits[first_requests].any()
    if capacity >= len(set(trace)):
        assert result.hits.tolist() == [not first for first in first_requests]
        assert result.evictions == 0


@every_policy
def test_one_key_and_one_place(policy):
    assert simulate(policy, [5, 5, 5], 1).hits.tolist() == [False, True, True]
    assert simulate(policy, [5, 5, 6, 6, 5], 1).hits.tolist() == [False, True, False, True, False]
    assert simulate(policy, [5], 1).evictions == 0


@every_policy
def test_same_trace_same_result_and_the_trace_is_left_alone(policy):
    trace = workloads.zipf_trace(3_000, 300, 1.0, 21)
    before = trace.copy()
    first, second = simulate(policy, trace, 30), simulate(policy, trace, 30)
    assert np.array_equal(first.hits, second.hits)
    assert first.evictions == second.evictions
    assert np.array_equal(trace, before)
    assert trace.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        first.hits[0] = True


@every_policy
def test_any_whole_number_type_stride_and_writability_will_do(policy):
    trace = workloads.zipf_trace(500, 50, 1.0, 22)
    expected = simulate(policy, trace, 7).hits
    frozen = trace.copy()
    frozen.flags.writeable = False
    strided = np.repeat(trace, 2)[::2]
    for same in (trace.tolist(), trace.astype(np.uint8), trace.astype(np.int32), trace.astype(">i4"), frozen, strided):
        assert np.array_equal(simulate(policy, same, 7).hits, expected)


@every_policy
def test_a_kernel_is_compiled_for_one_kind_of_trace_only(policy):
    # A second kind would be compiled while the student waits, though the cache was warmed.
    trace = workloads.zipf_trace(200, 20, 1.0, 23)
    frozen = trace.copy()
    frozen.flags.writeable = False
    for same in (trace, frozen, trace[::2], trace.astype(np.int32), trace * 10_000_000, trace.tolist()):
        simulate(policy, same, 5)
    replay(policy, frozen, 5)
    assert len(eviction.KERNELS[policy].signatures) == 1


@every_policy
def test_the_largest_keys_need_no_more_memory_than_small_ones(policy):
    largest = 2**31 - 1
    assert simulate(policy, [largest, 0, largest], 2).hits.tolist() == [False, False, True]
    assert simulate(policy, [largest, 0, largest], largest + 1).hits.tolist() == [False, False, True]
    assert replay(policy, [largest, 0, 7], 1).evicted.tolist() == [-1, largest, 0]
    assert number(np.array([largest, 0, largest])).count == 2


@given(trace=far_traces)
def test_numbering_keeps_keys_apart_and_takes_linear_memory(trace):
    numbered = number(np.array(trace))
    assert numbered.count <= max(4 * len(trace), 1024)
    assert numbered.keys(numbered.numbers).tolist() == trace


# Against libCacheSim


PEER_TRACES = {
    "uniform": workloads.zipf_trace(12_000, 2_500, 0.0, 31),
    "zipf 0.6": workloads.zipf_trace(12_000, 4_000, 0.6, 32),
    "zipf 1.0": workloads.zipf_trace(12_000, 4_000, 1.0, 33),
    "zipf 1.4": workloads.zipf_trace(12_000, 4_000, 1.4, 34),
    "scan": workloads.scan_trace(3_000, 3_000),
    "loop": workloads.loop_trace(6_000, 120),
    "shifting": workloads.shifting_trace(12_000, 3_000, 1.0, 5, 35),
    "mixture": workloads.mixture_trace([workloads.zipf_trace(9_000, 2_000, 0.9, 36), workloads.scan_trace(3_000, 3_000)], [0.8, 0.2], 37),
}


@pytest.mark.parametrize("capacity", [1, 2, 3, 10, 20, 119, 1_000])
@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy != "wtinylfu"])
def test_agrees_with_libcachesim_request_by_request(policy, capacity):
    require(libcachesim, "libcachesim is not installed: pip install libcachesim (Linux only)")
    if policy == "s3fifo" and capacity < 20:
        # Below 10 libCacheSim ends the program, and from 10 to 19 its small queue of one place takes nothing at all. There,
        # the obvious program above is what ours is held against.
        capacity *= 20
    for name, trace in PEER_TRACES.items():
        ours, theirs = simulate(policy, trace, capacity).hits, libcachesim_hits(policy, trace, capacity)
        assert np.array_equal(ours, theirs), f"{name}: {np.count_nonzero(ours)} hits, libCacheSim {np.count_nonzero(theirs)}"


@pytest.mark.parametrize("name", ["zipf 0.6", "zipf 1.0", "zipf 1.4", "shifting", "mixture"])
@pytest.mark.parametrize("capacity", [200, 1_000])
def test_wtinylfu_is_close_to_libcachesims(name, capacity):
    # Theirs counts in another kind of sketch, and counts only some requests: the hit ratios agree to within 0.03.
    require(libcachesim, "libcachesim is not installed: pip install libcachesim (Linux only)")
    trace = PEER_TRACES[name]
    theirs = libcachesim_hits("wtinylfu", trace, capacity).mean()
    assert simulate("wtinylfu", trace, capacity).hit_ratio == pytest.approx(theirs, abs=0.03)


# What sets the policies apart


def test_lru_never_gets_worse_with_size_but_fifo_can():
    trace = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5]  # Belady, Nelson, Shedler 1969: nine page faults with three frames, ten with four
    assert [12 - np.count_nonzero(simulate("fifo", trace, size).hits) for size in (3, 4)] == [9, 10]
    for policy in ("lru", "opt"):
        hits = [np.count_nonzero(simulate(policy, trace, size).hits) for size in range(1, 6)]
        assert hits == sorted(hits)


@given(trace=traces)
def test_lru_holds_in_a_smaller_cache_only_what_a_larger_one_holds(trace):
    for smaller, larger in itertools.pairwise([simulate("lru", trace, size).hits for size in range(1, 14)]):
        assert not (smaller & ~larger).any()


def test_lfu_breaks_ties_by_least_recent_use_and_forgets_the_evicted():
    assert replay("lfu", [1, 2, 3, 1, 2, 4], 3).evicted.tolist() == [-1, -1, -1, -1, -1, 3]
    assert replay("lfu", [1, 2, 3], 2).evicted[2] == 1
    assert replay("lfu", [1, 1, 1, 2, 2, 2, 2, 3, 1, 3], 2).evicted.tolist() == [-1] * 7 + [1, 3, 1]


def test_sieve_leaves_survivors_where_they_are_and_clock_sends_them_back():
    trace = [1, 2, 3, 1, 4, 5, 6]
    assert replay("sieve", trace, 3).evicted.tolist() == [-1, -1, -1, -1, 2, 3, 4]
    assert replay("clock", trace, 3).evicted.tolist() == [-1, -1, -1, -1, 2, 3, 1]


@pytest.mark.parametrize("policy", ["lfu", "arc", "sieve", "s3fifo", "wtinylfu"])
def test_popular_keys_survive_a_scan(policy):
    popular, scan = workloads.zipf_trace(20_000, 500, 1.0, 41), workloads.scan_trace(10_000, 10_000)
    trace = workloads.mixture_trace([popular, scan], [0.6, 0.4], 42)
    assert simulate(policy, trace, 100).hit_ratio > simulate("lru", trace, 100).hit_ratio + 0.03


def test_wtinylfu_keeps_out_what_is_rarely_asked_for_and_lets_new_fame_in():
    loop = np.tile(np.arange(60), 40)
    scanned = np.concatenate((loop, np.arange(1_000, 1_500), loop[:60]))
    assert simulate("wtinylfu", scanned, 100).hits[-60:].sum() >= 59
    assert simulate("lru", scanned, 100).hits[-60:].sum() == 0
    shifted = np.concatenate((loop, loop + 1_000))
    assert simulate("wtinylfu", shifted, 61).hits[-600:].mean() > 0.9


def test_a_loop_one_key_too_large_defeats_lru_and_fifo_completely():
    trace = workloads.loop_trace(1_000, 11)
    assert simulate("lru", trace, 10).hit_ratio == simulate("fifo", trace, 10).hit_ratio == 0
    assert simulate("opt", trace, 10).hit_ratio == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("exponent", [0.0, 0.7, 1.0, 1.3])
@pytest.mark.parametrize("capacity", [20, 200, 2_000])
def test_lru_is_where_che_says_once_warm(exponent, capacity):
    # Seed 51; the first half of 800,000 requests warms up. Standard error of a share of 400,000 requests: below 0.0008; Che's
    # own error is of the order of 0.001 at these sizes.
    trace = workloads.zipf_trace(800_000, 10_000, exponent, 51)
    measured = simulate("lru", trace, capacity).hits[400_000:].mean()
    assert measured == pytest.approx(theory.che_hit_ratio(workloads.zipf_popularity(10_000, exponent), capacity), abs=0.004)


# Curves


@given(trace=traces | far_traces)
def test_stack_distances_are_the_place_in_an_lru_list(trace):
    stack, expected = [], []
    for key in trace:
        expected.append(stack.index(key) + 1 if key in stack else -1)
        stack = [key, *(other for other in stack if other != key)]
    assert stack_distances(trace).tolist() == expected


@given(trace=st.lists(st.integers(0, 12), min_size=1, max_size=80), largest=st.integers(1, 9))
def test_optimal_distances_are_the_smallest_cache_in_which_the_optimum_hits(trace, largest):
    distances = optimal_distances(trace, largest)
    for capacity in range(1, largest + 1):
        hits = simulate("opt", trace, capacity).hits
        assert np.count_nonzero((distances > 0) & (distances <= capacity)) == np.count_nonzero(hits)
    assert distances.max() <= largest


def test_optimal_distances_of_a_long_trace_give_the_optimums_hits():
    trace = workloads.zipf_trace(20_000, 500, 0.8, seed=3)
    distances = optimal_distances(trace, 300)
    for capacity in (1, 7, 100, 300):
        assert np.count_nonzero((distances > 0) & (distances <= capacity)) == np.count_nonzero(simulate("opt", trace, capacity).hits)


def test_optimal_distances_refuse_a_size_of_nothing():
    with pytest.raises(ValueError, match="largest is 0"):
        optimal_distances([1, 2], 0)


def test_stack_distances_of_a_long_trace_give_lrus_hits():
    trace = workloads.shifting_trace(70_000, 5_000, 0.9, 3, 61)  # five levels of groups
    distances = stack_distances(trace)
    for capacity in (1, 2, 15, 16, 17, 255, 1_000, 4_999):
        assert np.array_equal(simulate("lru", trace, capacity).hits, (distances > 0) & (distances <= capacity))


@given(trace=traces)
def test_lru_curve_is_exact_at_every_size(trace):
    curve = miss_ratio_curve("lru", trace)
    assert curve.capacities.tolist() == list(range(1, len(set(trace)) + 1))
    for capacity, miss_ratio in zip(curve.capacities, curve.miss_ratios, strict=True):
        assert miss_ratio == pytest.approx(1 - simulate("lru", trace, int(capacity)).hit_ratio)


@every_policy
def test_curve_on_given_and_chosen_sizes(policy):
    trace = workloads.zipf_trace(4_000, 400, 0.9, 62)
    given_sizes = miss_ratio_curve(policy, trace, [50, 5, 10_000])
    assert given_sizes.capacities.tolist() == [50, 5, 10_000]
    for capacity, miss_ratio in zip(given_sizes.capacities, given_sizes.miss_ratios, strict=True):
        assert miss_ratio == pytest.approx(1 - simulate(policy, trace, int(capacity)).hit_ratio)
    chosen = miss_ratio_curve(policy, trace)
    assert chosen.capacities[0] == 1
    assert chosen.capacities[-1] == np.unique(trace).size
    assert chosen.miss_ratios[-1] == pytest.approx(np.unique(trace).size / trace.size)
    for array in (chosen.capacities, chosen.miss_ratios):
        assert not array.flags.writeable


# Words


def test_reasons_can_be_checked_by_looking_back():
    assert replay("fifo", [4, 5, 4, 6], 2).reasons[3] == "first in, first out: came in at request 0"
    assert replay("lru", [4, 5, 4, 6], 2).reasons[3] == "least recently used: last asked for at request 1"
    assert replay("lfu", [4, 4, 5, 6], 2).reasons[3] == "least frequently used: asked for once, last asked for at request 2"
    assert "not set" in replay("clock", [4, 5, 4, 6], 2).reasons[3]
    assert "unvisited" in replay("sieve", [4, 5, 4, 6], 2).reasons[3]
    assert "seen only once: last asked for at request 1" in replay("arc", [4, 5, 4, 6], 2).reasons[3]
    assert "at least twice" in replay("arc", [4, 5, 4, 5, 6], 2).reasons[4]
    assert replay("s3fifo", [4, 5, 6], 2).reasons[2] == "reached the front of the small queue with no hit"
    remembered = replay("s3fifo", [4, 5, 6, 4], 2)
    assert remembered.reasons[3].endswith("; 4 is remembered from an earlier stay, so it joins the proven keys at once")
    assert "pushed out of the window" in replay("wtinylfu", [4, 5, 6], 2).reasons[2]
    assert replay("opt", [4, 5, 6, 5, 4], 2).reasons[2] == "asked for again only at request 4, later than all others"
    assert replay("opt", [4, 5, 6], 2).reasons[2] == "never asked for again"
    assert replay("lru", [4, 4], 2).reasons == ("there was room", "in the cache: now the most recently used")


def test_contents_stand_in_the_order_of_leaving_where_that_is_known():
    assert replay("fifo", [4, 5, 4], 2).contents(2) == (4, 5)
    assert replay("lru", [4, 5, 4], 2).contents(2) == (5, 4)
    assert replay("lfu", [4, 4, 5], 2).contents(2) == (5, 4)
    assert replay("opt", [4, 5, 6, 4, 5], 3).contents(2) == (6, 5, 4)


@pytest.mark.parametrize("policy", ["fifo", "lru", "lfu", "opt"])
@given(trace=traces, capacity=capacities)
def test_the_first_in_line_is_the_next_to_leave(policy, trace, capacity):
    story = replay(policy, trace, capacity)
    for request in range(1, len(trace)):
        if story.evicted[request] >= 0:
            assert story.contents(request - 1)[0] == story.evicted[request]


# Bad input


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_cache_must_hold_something(capacity):
    for call in (simulate, replay):
        with pytest.raises(ValueError, match=rf"capacity is {capacity}, but must be a whole number from 1"):
            call("lru", [1, 2], capacity)


@pytest.mark.parametrize(
    ("trace", "error", "message"),
    [
        ([], ValueError, "trace is empty"),
        ([1, -2], ValueError, "trace holds the key -2"),
        ([1, 2**31], ValueError, "trace holds the key 2147483648"),
        ([1.0, 2.0], ValueError, "trace holds float64"),
        ([True, False], TypeError, "trace holds bool"),
        ([[1, 2]], ValueError, "one-dimensional"),
        (["a"], TypeError, "whole number"),
    ],
)
def test_a_trace_must_be_a_row_of_keys(trace, error, message):
    for call in (
        lambda: simulate("lru", trace, 2),
        lambda: replay("lru", trace, 2),
        lambda: miss_ratio_curve("lru", trace),
        lambda: stack_distances(trace),
    ):
        with pytest.raises(error, match=message):
            call()


def test_an_unknown_policy_is_named_with_the_nearest_known_one():
    with pytest.raises(ValueError, match=r"policy is 'seive', but must be one of 'fifo', .* Did you mean 'sieve'\?"):
        simulate("seive", [1], 1)
    with pytest.raises(TypeError, match="policy is 3"):
        simulate(3, [1], 1)


def test_other_bad_arguments():
    with pytest.raises(TypeError, match=r"capacity is 2\.0"):
        simulate("lru", [1], 2.0)
    with pytest.raises(ValueError, match="capacities holds the capacity 0"):
        miss_ratio_curve("lru", [1], [0])
    with pytest.raises(ValueError, match="at most 10,000 can be told one by one"):
        replay("lru", np.zeros(10_001, dtype=np.int64), 2)
    with pytest.raises(ValueError, match="request is 2"):
        replay("lru", [1, 2], 2).contents(2)
