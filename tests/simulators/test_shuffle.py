"""The shuffle: against a map-reduce that carries every record, against occupancy theory, and its barriers by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators.hashing import hash_keys
from labsupport.simulators.shuffle import simulate


@given(st.lists(st.integers(0, 9), min_size=1, max_size=50), st.integers(1, 6), st.booleans(), st.booleans())
def test_every_record_is_carried_where_its_key_belongs(keys, partitions, combiner, co_partitioned):
    given_keys = np.array(keys)
    result = simulate(given_keys, partitions, combiner=combiner, co_partitioned=co_partitioned)
    home = {key: int(hash_keys([key])[0]) % partitions for key in keys}
    blocks = [Counter() for _ in range(partitions)]
    for place, key in enumerate(keys):
        blocks[home[key] if co_partitioned else place * partitions // len(keys)][key] += 1
    sent = np.zeros((partitions, partitions), dtype=int)
    for source, block in enumerate(blocks):
        for key, count in block.items():
            sent[source, home[key]] += 1 if combiner else count
    assert np.array_equal(result.sent, sent)
    assert given_keys.tolist() == keys
    assert result.moved == sum(sent[i, j] for i in range(partitions) for j in range(partitions) if i != j)
    assert result.moved == 0 or not co_partitioned
    assert not result.sent.flags.writeable
    assert not result.times.flags.writeable


@pytest.mark.parametrize("exponent", [0.0, 1.0])
def test_a_combiner_leaves_the_different_keys(exponent):
    # 10 partitions of 10,000: a relative standard error below 0.5 %
    trace = workloads.zipf_trace(100_000, 5_000, exponent, seed=7)
    expected = 10 * theory.expected_distinct_keys(workloads.zipf_popularity(5_000, exponent), 10_000)
    assert simulate(trace, 10, combiner=True).sent.sum() == pytest.approx(expected, rel=0.015)


def test_stages_wait_for_their_slowest_worker_and_a_copy_overtakes_it():
    keys, speeds = np.arange(4_000), [1, 1, 1, 0.1]
    options = {"record_time": 1.0, "record_size": 10.0, "bandwidth": 2.0}
    slow, copied = (simulate(keys, 4, speeds=speeds, speculation=factor, **options) for factor in (None, 1.5))
    assert slow.stage_times[0] == 10_000
    assert slow.stragglers[[0, 2]].tolist() == [3, 3]
    assert copied.times[0].tolist() == [1_000, 1_000, 1_000, 2_500]  # waited for 1,500 and done again in 1,000
    assert copied.speculated[0].tolist() == [False, False, False, True]
    away = slow.sent - np.diag(np.diag(slow.sent))
    assert slow.times[1].tolist() == [max(away[:, each].sum(), away[each].sum()) * 5 for each in range(4)]
    assert slow.moved_bytes == 10 * slow.moved
    assert copied.total == copied.stage_times.sum() < slow.total


def test_a_hot_key_makes_its_reducer_the_straggler_and_no_copy_helps():
    keys = np.where(np.arange(10_000) % 2 == 0, 3, np.arange(10_000))
    home = int(hash_keys([3])[0]) % 8
    skewed, copied, combined = simulate(keys, 8), simulate(keys, 8, speculation=1.5), simulate(keys, 8, combiner=True)
    assert skewed.stragglers[2] == home
    assert copied.stage_times[2] == skewed.stage_times[2]
    assert combined.stage_times[2] < skewed.stage_times[2] / 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: simulate([], 2), "keys is empty"),
        (lambda: simulate([-1], 2), "keys holds the key -1"),
        (lambda: simulate([1], 0), "partitions is 0"),
        (lambda: simulate([1], 2, speeds=[1]), "one for each of the 2 workers"),
        (lambda: simulate([1], 1, speeds=[0]), "speeds holds the speed 0"),
        (lambda: simulate([1], 1, speculation=0.5), "speculation is 0.5"),
        (lambda: simulate([1], 1, bandwidth=0), "bandwidth is 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
