"""The contract that every sharding strategy keeps: against obvious programs, other libraries, and closed forms."""

from __future__ import annotations

import bisect
import json
import math
import subprocess
import sys
from collections import Counter

import jump
import numpy as np
import pytest
import uhashring
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators import hashing, scattering
from labsupport.simulators.placement import consistent, modulo, rendezvous
from labsupport.simulators.placement import jump as jumping
from labsupport.simulators.sharding import OPTIONS, STRATEGIES, assign, distribute, ring
from tests.simulators.shards import HASHING, KEYS, every_strategy, hashing_strategy, names, numbers, options_of, restful_strategy, texts, xxh64
from tests.support import ROOT

# Against the obvious program


def obvious_ring(shards, virtual_nodes, weights):
    return sorted(
        (xxh64(name, replica), index)
        for index, (name, weight) in enumerate(zip(shards, weights, strict=True))
        for replica in range(1, max(1, round(virtual_nodes * weight)) + 1)
    )


def obvious(strategy, key, shards, points):
    value = xxh64(key)
    if strategy == "modulo":
        return value % len(shards)
    if strategy == "consistent":
        return points[bisect.bisect_left(points, (value, -1)) % len(points)][1]
    if strategy == "rendezvous":
        bids = [xxhash.xxh64_intdigest(value.to_bytes(8, "little"), seed=xxh64(name)) for name in shards]
        return bids.index(max(bids))
    return jump.hash(value, len(shards))


@hashing_strategy
@given(keys=numbers | texts, shards=names)
def test_agrees_with_the_obvious_program(strategy, keys, shards):
    points = obvious_ring(shards, 7, [1] * len(shards))
    options = {"virtual_nodes": 7} if strategy == "consistent" else {}
    assert assign(strategy, keys, shards, **options).tolist() == [obvious(strategy, key, shards, points) for key in keys]


@given(keys=numbers, borders=st.lists(st.integers(0, 2**31 - 1), max_size=6, unique=True).map(sorted))
def test_range_counts_the_borders_passed(keys, borders):
    assert assign("range", keys, len(borders) + 1, borders=borders).tolist() == [sum(border <= key for border in borders) for key in keys]


@given(keys=texts, borders=st.lists(st.text(max_size=4), max_size=6, unique=True).map(sorted))
def test_range_divides_texts_in_their_order(keys, borders):
    assert assign("range", keys, len(borders) + 1, borders=borders).tolist() == [sum(border <= key for border in borders) for key in keys]


@given(space=st.integers(1, 200), shards=st.integers(1, 20))
def test_range_divides_the_space_equally(space, shards):
    places = assign("range", range(space), shards, space=space)
    assert places.tolist() == [key * shards // space for key in range(space)]
    counts = np.bincount(places, minlength=shards)
    assert counts.max() - counts.min() <= 1


@given(keys=numbers | texts, data=st.data())
def test_directory_looks_up(keys, data):
    entries = data.draw(st.dictionaries(st.sampled_from(keys), st.sampled_from("abc")))
    expected = ["abc".index(entries.get(key, "b")) for key in keys]
    assert assign("directory", keys, ["a", "b", "c"], directory=entries, default="b").tolist() == expected


# Against other libraries


def test_jump_agrees_with_another_implementation_hash_by_hash():
    hashes = np.random.default_rng(72).integers(2**64, size=3_000, dtype=np.uint64)
    for count in (1, 2, 3, 10, 1_000, 100_000):
        places = np.empty(hashes.size, dtype=np.int64)
        jumping.jump(hashes, count, places)
        assert places.tolist() == [jump.hash(int(value), count) for value in hashes]


def test_jump_agrees_with_published_values():
    # Known answers of Guava's Hashing.consistentHash, and of the implementations in Go and ClickHouse.
    guava = [(10_863_919_174_838_991, 11, 6), (2_016_238_256_797_177_309, 11, 3), (1_673_758_223_894_951_030, 11, 5)]
    guava += [(2, 100_001, 80_343), (2_201, 100_001, 22_152), (2_202, 100_001, 15_018)]
    others = [(1, 1, 0), (42, 57, 43), (0xDEAD10CC, 1, 0), (0xDEAD10CC, 666, 361), (256, 1024, 520)]
    for value, count, shard in guava + others:
        places = np.empty(1, dtype=np.int64)
        jumping.jump(np.array([value], dtype=np.uint64), count, places)
        assert places[0] == shard == jump.hash(value, count)


@pytest.mark.parametrize("weights", [[1, 1, 1, 1], [1, 2, 3, 5]])
def test_ring_agrees_with_uhashring_key_by_key(weights):
    shards = ["node-a", "node-b", "node-c", "node-d"]

    def same_hash(key):
        """Ours, for what uhashring asks for: "node-a-0" for the first point of "node-a", and keys as they are."""
        name, _, replica = key.rpartition("-")
        return xxh64(name, int(replica) + 1) if name in shards else xxh64(key)

    theirs = uhashring.HashRing(dict(zip(shards, weights, strict=True)), hash_fn=same_hash, vnodes=40)
    keys = [f"user:{number}" for number in range(5_000)]
    places = assign("consistent", keys, shards, virtual_nodes=40, weights=weights)
    assert [shards[place] for place in places] == [theirs.get_node(key) for key in keys]


def test_plain_python_gives_the_same_shards():
    program = """
import sys
sys.modules["numba"] = None  # importing it fails, as if it were not installed
import json
from labsupport import kernels, theory, workloads
from labsupport.simulators.sharding import assign, scatter
assert not kernels.COMPILED
keys = workloads.uniform_trace(300, 2**31, seed=71)
texts = [f"user {key} " * (1 + key % 4) for key in keys.tolist()]
answers = {s: [assign(s, keys, 7).tolist(), assign(s, texts, ["a", "b", 3]).tolist()] for s in ("modulo", "consistent", "rendezvous", "jump")}
answers["weights"] = assign("rendezvous", keys, 3, weights=[1, 2, 4]).tolist()
answers["scatter"] = scatter("modulo", [[1, 2, 3], [4]], 3).touched.tolist()
answers["theory"] = [round(theory.expected_maximum_load(50, 7), 9), round(theory.consistent_hashing_balance(5, 10), 9)]
print(json.dumps(answers))
"""
    compiled = program.replace('sys.modules["numba"] = None', "").replace("assert not", "assert")
    plain, fast = (
        json.loads(subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout)
        for code in (program, compiled)
    )
    assert plain == fast


# What every strategy promises


@every_strategy
def test_every_key_has_a_shard_and_always_the_same(strategy):
    before = KEYS.copy()
    places = assign(strategy, KEYS, 9, **options_of(strategy))
    assert places.dtype == np.int64
    assert places.shape == KEYS.shape
    assert places.min() >= 0
    assert places.max() < 9
    assert np.array_equal(places[::-1], assign(strategy, KEYS[::-1], 9, **options_of(strategy)))
    assert np.array_equal(KEYS, before)
    assert not assign(strategy, KEYS, 1, **options_of(strategy)).any()


@every_strategy
def test_any_whole_number_type_stride_and_writability_will_do(strategy):
    keys = KEYS[:500]
    expected = assign(strategy, keys, 5, **options_of(strategy))
    frozen = keys.copy()
    frozen.flags.writeable = False
    for same in (keys.tolist(), tuple(keys.tolist()), keys.astype(np.uint32), keys.astype(">i8"), frozen, np.repeat(keys, 2)[::2]):
        assert np.array_equal(assign(strategy, same, 5, **options_of(strategy)), expected)


@hashing_strategy
def test_any_row_of_texts_will_do(strategy):
    keys = [f"käse {number}" for number in range(200)]
    expected = assign(strategy, keys, 5)
    for same in (tuple(keys), np.array(keys), np.array(keys, dtype=object), np.array(keys, dtype=np.dtypes.StringDType())):
        assert np.array_equal(assign(strategy, same, 5), expected)


def test_a_kernel_is_compiled_for_one_kind_of_array_only():
    # A second kind would be compiled while the student waits, though the cache was warmed.
    frozen = KEYS[:100].copy()
    frozen.flags.writeable = False
    for strategy in HASHING:
        for same in (KEYS[:100], frozen, KEYS[:200:2], KEYS[:100].tolist(), ["a", "b"], np.array(["a", "b"])):
            assign(strategy, same, 3)
            assign(strategy, same, ["x", 7])
    for weights in ([1, 2, 3], (2.0, 1.5, 7), {0: 3}):
        assign("rendezvous", frozen, 3, weights=weights)
    kernels = [hashing._hash_words, hashing._hash_texts, modulo._remainders, consistent._look_up, consistent._mark_points]
    kernels += [rendezvous._win, rendezvous._win_by_weight, rendezvous._hash_names, scattering._count_shards]
    assert {kernel.py_func.__name__: len(kernel.signatures) for kernel in kernels if len(kernel.signatures) > 1} == {}


@restful_strategy
@given(shards=names, data=st.data())
def test_the_order_of_the_names_does_not_matter(strategy, shards, data):
    shuffled = data.draw(st.permutations(shards))
    keys = KEYS[:200]
    assert [shards[place] for place in assign(strategy, keys, shards)] == [shuffled[place] for place in assign(strategy, keys, shuffled)]


@pytest.mark.parametrize("strategy", ["modulo", "rendezvous", "jump"])
@pytest.mark.parametrize(("keys", "shards"), [(500, 10), (2_000, 4), (100, 100)])
def test_the_fullest_shard_is_as_full_as_balls_in_bins(strategy, keys, shards):
    # Seed 73; 400 sets of keys. Half-width: four standard errors, about 1.5 % of the result.
    loads = [distribute(strategy, np.arange(keys) + 73_000_000 + keys * run, shards).loads.max() for run in range(400)]
    assert np.mean(loads) == pytest.approx(theory.expected_maximum_load(keys, shards), abs=4 * np.std(loads) / math.sqrt(400))


@pytest.mark.parametrize(("shards", "virtual_nodes"), [(4, 1), (10, 1), (10, 20), (5, 100), (30, 100)])
def test_the_largest_share_of_a_ring_is_as_large_as_theory_says(shards, virtual_nodes):
    # 400 rings with shards of other names. Half-width: four standard errors.
    rings = [ring([f"{run} {shard}" for shard in range(shards)], virtual_nodes) for run in range(400)]
    largest = [one.shares.max() * shards for one in rings]
    assert np.mean(largest) == pytest.approx(theory.consistent_hashing_balance(shards, virtual_nodes), abs=4 * np.std(largest) / math.sqrt(400))


def test_the_ring_can_be_drawn():
    drawn = ring(["a", "b", "c"], virtual_nodes=50, weights={"c": 2})
    assert (np.diff(drawn.positions.astype(float)) > 0).all()
    assert np.bincount(drawn.owners).tolist() == [50, 50, 100]
    assert drawn.shares.sum() == pytest.approx(1)
    # 20,000 keys: standard error of a share below 0.0036.
    found = np.bincount(assign("consistent", KEYS, ["a", "b", "c"], virtual_nodes=50, weights={"c": 2})) / KEYS.size
    assert found == pytest.approx(drawn.shares, abs=0.015)
    assert ring(1, 1).shares.tolist() == [1]
    for array in (drawn.positions, drawn.owners):
        assert not array.flags.writeable


def test_a_key_at_a_point_belongs_to_it_and_behind_the_last_point_comes_the_first():
    drawn = ring(["a", "b", "c"], virtual_nodes=3)
    points = drawn.positions.tolist()
    hashes = [*points, *(point - 1 for point in points), *(point + 1 for point in points), 0, 2**64 - 1]
    expected = [int(drawn.owners[bisect.bisect_left(points, value) % len(points)]) for value in hashes]
    places = np.empty(len(hashes), dtype=np.int64)
    positions, owners, first_points, shift = drawn.pieces
    consistent._look_up(np.array(hashes, dtype=np.uint64), positions, owners, first_points, shift, places)
    assert places.tolist() == expected


def test_weights_are_shares():
    # 20,000 keys: standard error of a share at most 0.0036. On the ring, the share itself has a standard deviation of about 0.011.
    for strategy, options, half_width in (("rendezvous", {}, 0.015), ("consistent", {"virtual_nodes": 2_000}, 0.03)):
        places = assign(strategy, KEYS, ["a", "b", "c"], weights=[1, 2.5, 6.5], **options)
        assert np.bincount(places) / KEYS.size == pytest.approx([0.1, 0.25, 0.65], abs=half_width)


def test_equal_weights_are_no_weights():
    assert np.array_equal(assign("consistent", KEYS, 6, weights=[1] * 6), assign("consistent", KEYS, 6))
    assert np.array_equal(assign("rendezvous", KEYS, 6, weights=[3] * 6), assign("rendezvous", KEYS, 6))


# Loads


@every_strategy
@given(keys=st.lists(st.integers(0, 9) | st.just(2**31 - 1), min_size=1, max_size=60), shards=st.integers(1, 9))
def test_loads_are_counted(strategy, keys, shards):
    result = distribute(strategy, keys, shards, **options_of(strategy))
    assert result.loads.tolist() == [result.shards.tolist().count(shard) for shard in range(shards)]
    assert result.balance == pytest.approx(max(result.loads) * shards / len(keys))
    assert result.balance >= result.best_balance - 1e-12
    assert result.hot_shard == result.loads.tolist().index(max(result.loads))
    assert result.hot_shard_share >= result.hot_key_share
    assert (result.hot_key, result.hot_key_requests) == Counter(keys).most_common(1)[0]


def test_one_hot_key_makes_one_hot_shard_whatever_the_strategy():
    keys = ["star"] * 600 + [f"user {number}" for number in range(400)]
    for strategy in HASHING:
        result = distribute(strategy, keys, ["a", "b", "c", "d", "e"])
        assert (result.hot_key, result.hot_key_share) == ("star", 0.6)
        assert result.hot_shard == result.names[result.shards[0]]
        assert result.best_balance == 3
        assert 3 < result.balance < 3.6
        assert not result.shards.flags.writeable
        assert not result.loads.flags.writeable


def test_new_times_all_go_to_the_last_range_and_hashes_spread_them():
    times = workloads.time_ordered_keys(5_000, rate=1.0, seed=74, start=1_700_000_000)
    old, new = times[:4_000], times[4_000:]
    borders = np.quantile(old, [0.25, 0.5, 0.75]).astype(int)
    assert distribute("range", old, 4, borders=borders).balance == pytest.approx(1, abs=0.01)
    assert distribute("range", new, 4, borders=borders).balance == 4
    assert distribute("modulo", new, 4).balance < 1.2


# Bad input


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: assign("modulus", [1], 2), ValueError, "strategy is 'modulus', but must be one of .* Did you mean 'modulo'"),
        (lambda: assign("modulo", [], 2), ValueError, "keys is empty, but must hold at least one key"),
        (lambda: assign("modulo", [-1], 2), ValueError, "keys holds the key -1, but each must be a whole number from 0"),
        (lambda: assign("modulo", [2**31], 2), ValueError, "keys holds the key 2147483648"),
        (lambda: assign("modulo", [1.5], 2), ValueError, "keys holds float64 such as 1.5"),
        (lambda: assign("modulo", [[1, 2]], 2), ValueError, r"keys has shape \(1, 2\)"),
        (lambda: assign("modulo", "abc", 2), TypeError, "keys is 'abc', one text, but must be a sequence"),
        (lambda: assign("modulo", ["a", 1], 2), TypeError, r"keys holds 1 \(int\) at index 1, but keys must be all texts or all whole numbers"),
        (lambda: assign("modulo", np.array([True, False]), 2), TypeError, "keys holds bool"),
        (lambda: assign("modulo", [1], 0), ValueError, "shards is 0, but must be a whole number from 1 to 100,000"),
        (lambda: assign("modulo", [1], 2.0), TypeError, r"shards is 2.0 \(float\)"),
        (lambda: assign("modulo", [1], "two"), TypeError, r"shards is 'two' \(str\)"),
        (lambda: assign("modulo", [1], {"a": 2}), TypeError, "shards is {'a': 2}, a mapping, but must be a number of shards or a sequence"),
        (lambda: assign("directory", [1], 2, directory={1: [0]}), ValueError, r"directory sends the key 1 to \[0\], but must send it to one of"),
        (lambda: assign("directory", [1], 2, default=[0]), ValueError, r"default is \[0\], but must be one of the shards 0, 1"),
        (lambda: assign("modulo", [1], []), ValueError, "shards holds 0 names, but must hold from 1 to 100,000"),
        (lambda: assign("modulo", [1], ["a", "b", "a"]), ValueError, "shards holds the name 'a' twice"),
        (lambda: assign("modulo", [1], ["a", 1.5]), TypeError, r"shards\[1\] is 1.5 \(float\)"),
        (lambda: assign("modulo", [1], [-3]), ValueError, r"shards\[0\] is -3"),
        (lambda: assign("jump", [1], 2, weights=[1, 2]), TypeError, "weights is given, but must not be for 'jump': it belongs to 'consistent' and"),
        (lambda: assign("jump", [1], 2, wheels=4), TypeError, "wheels is given, but must not be for 'jump': it is no option"),
        (lambda: assign("consistent", [1], 2, virtual_nodes=0), ValueError, "virtual_nodes is 0, but must be a whole number from 1"),
        (lambda: assign("consistent", [1], 100_000, virtual_nodes=10_000), ValueError, "virtual_nodes and weights ask for 1,000,000,000 points"),
        (lambda: assign("consistent", [1], 2, weights=[1]), ValueError, r"weights is \[1\], but must hold one number for each of the 2 shards"),
        (lambda: assign("rendezvous", [1], 2, weights=[1, 0]), ValueError, "weight of 1 is 0, but must be a finite number above 0"),
        (lambda: assign("rendezvous", [1], 2, weights=[1, math.nan]), ValueError, "weight of 1 is nan"),
        (lambda: assign("rendezvous", [1], 2, weights={"x": 1}), ValueError, "weights names 'x', but must name shards only"),
        (lambda: assign("rendezvous", [1], 2, weights="heavy"), ValueError, "weights is 'heavy'"),
        (lambda: assign("range", [9], 2, space=5), ValueError, "space is 5, but must be a whole number from 10"),
        (lambda: assign("range", [9], 2, borders=[1, 2]), ValueError, "borders holds 2 keys, but must hold 1: the lowest key of each of the 2"),
        (lambda: assign("range", [9], 3, borders=[5, 5]), ValueError, "borders goes from .*5.* to .*5.* at index 1, but must rise"),
        (lambda: assign("range", [9], 2, borders=["m"]), TypeError, "borders holds 'm', but must hold keys of the same kind"),
        (lambda: assign("range", ["a"], 2), ValueError, "borders is missing, but must be given where keys are texts"),
        (lambda: assign("range", [9], 2, borders=[1], space=10), TypeError, "space is given, but must not be together with borders"),
        (lambda: assign("directory", [1], 2, directory=[0]), TypeError, r"directory is \[0\] \(list\), but must be a mapping"),
        (lambda: assign("directory", [1], 2, directory={1: 5}), ValueError, "directory sends the key 1 to 5, but must send it to one of the shards"),
        (lambda: assign("directory", [1], 2, default=7), ValueError, "default is 7, but must be one of the shards 0, 1"),
        (lambda: assign("directory", [1, 2], 2, directory={1: 0}), ValueError, "directory has no entry for the key .*2.*, but must have one for"),
        (lambda: assign("directory", ["a"], 2, directory={1: 0}, default=1), TypeError, "directory holds 1, but must hold keys of the same kind"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_every_option_is_known_by_its_strategy():
    assert set(OPTIONS) == set(STRATEGIES)
