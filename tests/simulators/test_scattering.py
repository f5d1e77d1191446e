"""Scattering: how many shards a query asks, against sets of shards and a closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators.sharding import assign, scatter
from tests.simulators.shards import HASHING, every_strategy, hashing_strategy


@every_strategy
@given(queries=st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=12), min_size=1, max_size=6), shards=st.integers(1, 9))
def test_a_query_asks_the_shards_of_its_keys_once(strategy, queries, shards):
    options = {"range": {"space": 100}, "directory": {"default": 0, "directory": {1: shards - 1}}}.get(strategy, {})
    result = scatter(strategy, queries, shards, **options)
    assert result.touched.tolist() == [len(set(assign(strategy, query, shards, **options).tolist())) for query in queries]
    assert result.mean == pytest.approx(sum(result.touched) / len(queries))
    assert result.cross_shard_share == sum(result.touched > 1) / len(queries)
    assert not result.touched.flags.writeable


@given(low=st.integers(0, 99), length=st.integers(1, 100), shards=st.integers(1, 9))
def test_a_range_of_keys_asks_the_ranges_it_meets_and_otherwise_everybody(low, length, shards):
    query = range(low, min(low + length, 100))
    queries = [[low], query, [99]]
    expected = len(set(assign("range", list(query), shards, space=100).tolist()))
    assert scatter("range", queries, shards, space=100).touched.tolist() == [1, expected, 1]
    for strategy in HASHING:
        assert scatter(strategy, queries, shards).touched.tolist() == [1, shards, 1]
    assert scatter("directory", [query, [3]], shards, directory={3: 0}).touched.tolist() == [shards, 1]


def test_queries_for_texts():
    assert scatter("range", [["ada", "zoe"], ["ada", "ben"]], 2, borders=["m"]).touched.tolist() == [2, 1]


@hashing_strategy
def test_queries_for_random_keys_ask_as_many_shards_as_theory_says(strategy):
    # Seed 75; 4,000 queries for 8 keys. Half-width: four standard errors; on a ring of 5,000 points each, 0.01 more for its balance.
    queries = np.random.default_rng(75).integers(2**31, size=(4_000, 8))
    options = {"virtual_nodes": 5_000} if strategy == "consistent" else {}
    result = scatter(strategy, list(queries), 10, **options)
    half_width = 4 * np.std(result.touched) / math.sqrt(4_000) + (0.01 if options else 0)
    assert result.mean == pytest.approx(theory.expected_shards_touched(8, 10), abs=half_width)


# Bad input


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: scatter("modulo", [], 2), ValueError, r"queries is \[\], but must hold at least one query"),
        (lambda: scatter("modulo", [[1], []], 2), ValueError, r"queries\[1\] is empty"),
        (lambda: scatter("modulo", [range(0, 9, 2)], 2), ValueError, r"queries\[0\] is range\(0, 9, 2\), but a range must hold at least one key and"),
        (lambda: scatter("modulo", [range(-1, 9)], 2), ValueError, r"queries\[0\] holds the key -1"),
        (lambda: scatter("modulo", [[1], ["a"]], 2), TypeError, "queries holds both texts and whole numbers"),
        (lambda: scatter("range", [[1]], 2), TypeError, "space is missing, but must be given for 'range'"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
