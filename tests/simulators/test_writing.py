"""Write policies: counted against a program that keeps two dictionaries, and on small stories told by hand."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.simulators.caching import WRITE_POLICIES, simulate, simulate_writes

every_write_policy = pytest.mark.parametrize("policy", WRITE_POLICIES)
READ, WRITE, EXTERNAL = range(3)
requests = st.lists(st.tuples(st.integers(0, 6), st.sampled_from([READ, READ, WRITE, WRITE, EXTERNAL])), min_size=1, max_size=80)


def obvious(policy, steps, capacity):
    """What a cache and a database hold, as two dictionaries of values; a value is the number of the request that wrote it."""
    database, cache, dirty = {}, OrderedDict(), set()
    hits, stale, counts = [], [], {"backend_reads": 0, "backend_writes": 0, "lost_updates": 0}

    def put(key, value):
        if key not in cache and len(cache) == capacity:
            victim, kept = cache.popitem(last=False)
            if victim in dirty:
                dirty.remove(victim)
                counts["backend_writes"] += 1
                counts["lost_updates"] += database.get(victim, -1) > kept
                database[victim] = kept
        cache[key] = value
        cache.move_to_end(key)

    for request, (key, kind) in enumerate(steps):
        hits.append(kind == READ and key in cache)
        stale.append(kind == READ and key in cache and cache[key] < database.get(key, -1))
        if kind == EXTERNAL:
            database[key] = request
        elif kind == READ:
            if key in cache:
                cache.move_to_end(key)
            else:
                counts["backend_reads"] += 1
                put(key, database.get(key, -1))
        elif policy == "write_back":
            put(key, request)
            dirty.add(key)
        else:
            counts["backend_writes"] += 1
            database[key] = request
            if policy == "write_through":
                put(key, request)
            if policy == "write_around":
                cache.pop(key, None)
    return hits, stale, sorted(dirty), counts


@every_write_policy
@given(steps=requests, capacity=st.integers(1, 7), stretch=st.sampled_from([1, 300_000_001]))
def test_agrees_with_the_obvious_program(policy, steps, capacity, stretch):
    steps = [(key * stretch, kind) for key, kind in steps]
    hits, stale, dirty, counts = obvious(policy, steps, capacity)
    keys, kinds = zip(*steps, strict=True)
    writes, external = [kind != READ for kind in kinds], [kind == EXTERNAL for kind in kinds]
    result = simulate_writes(policy, keys, writes, capacity, external_writes=external)
    assert result.hits.tolist() == hits
    assert result.stale.tolist() == stale
    assert result.stale_reads == sum(stale)
    assert result.dirty.tolist() == dirty
    assert {name: getattr(result, name) for name in counts} == counts
    assert result.reads == kinds.count(READ) == result.backend_reads + sum(hits)


@every_write_policy
def test_reads_alone_are_an_lru_cache(policy):
    trace = workloads.zipf_trace(5_000, 500, 0.9, 71)
    result = simulate_writes(policy, trace, np.zeros(5_000, dtype=bool), 50)
    expected = simulate("lru", trace, 50)
    assert np.array_equal(result.hits, expected.hits)
    assert result.hit_ratio == expected.hit_ratio
    assert result.backend_reads == 5_000 - expected.hits.sum()
    assert result.backend_writes == result.stale_reads == result.dirty.size == 0


def test_write_through_is_up_to_date_only_until_someone_writes_past_it():
    trace, writes = workloads.zipf_trace(20_000, 1_000, 1.0, 72), workloads.write_flags(20_000, 0.2, 73)
    past = writes & workloads.write_flags(20_000, 0.1, 74)
    assert simulate_writes("write_through", trace, writes, 100).stale_reads == 0
    assert simulate_writes("write_through", trace, writes, 100, external_writes=past).stale_reads > 100


def test_only_read_through_serves_its_own_writers_stale_values():
    trace, writes = workloads.zipf_trace(20_000, 1_000, 1.0, 72), workloads.write_flags(20_000, 0.2, 73)
    stale = {policy: simulate_writes(policy, trace, writes, 100).stale_reads for policy in WRITE_POLICIES}
    assert stale.pop("read_through") > 1_000
    assert set(stale.values()) == {0}


def test_write_back_saves_writes_and_risks_them():
    trace, writes = workloads.zipf_trace(20_000, 1_000, 1.0, 72), workloads.write_flags(20_000, 0.5, 75)
    through, back = (simulate_writes(policy, trace, writes, 100) for policy in ("write_through", "write_back"))
    assert np.array_equal(through.hits, back.hits)
    assert through.backend_writes == writes.sum()
    assert back.backend_writes + back.dirty.size < 0.7 * through.backend_writes
    assert 0 < back.dirty.size <= 100
    assert through.dirty.size == 0


def test_a_dirty_key_written_again_from_outside_loses_that_update():
    result = simulate_writes("write_back", [1, 1, 1, 2], [True, True, False, False], 1, external_writes=[False, True, False, False])
    assert (result.stale_reads, result.backend_writes, result.lost_updates, result.dirty.size) == (1, 1, 1, 0)


def test_no_reads_no_hit_ratio_to_speak_of():
    assert simulate_writes("write_back", [1, 2], [True, True], 2).hit_ratio == 0.0


@every_write_policy
def test_the_arguments_are_left_alone_and_the_result_is_frozen(policy):
    trace, writes = workloads.zipf_trace(500, 50, 1.0, 76), workloads.write_flags(500, 0.3, 77)
    before = trace.copy(), writes.copy()
    result = simulate_writes(policy, trace, writes, 10, external_writes=writes)
    assert np.array_equal(trace, before[0])
    assert np.array_equal(writes, before[1])
    for array in (result.hits, result.stale, result.dirty):
        assert not array.flags.writeable


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("write_thru", [1], [True], 1), ValueError, "Did you mean 'write_through'"),
        (("write_back", [], [], 1), ValueError, "trace is empty"),
        (("write_back", [1, 2], [True], 1), ValueError, "writes holds 1 values, but must hold one for each of the 2 requests"),
        (("write_back", [1, 2], [1, 0], 1), TypeError, "writes holds int64"),
        (("write_back", [1], [True], 0), ValueError, "capacity is 0"),
        (("write_back", [1], [False], 1, [True]), ValueError, "external_writes is True at index 0, but that request is a read"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        simulate_writes(*arguments)
