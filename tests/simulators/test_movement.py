"""Movement: which keys move when shards join and leave, exactly, and how many, by closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators.sharding import moved
from tests.simulators.shards import KEYS, every_strategy, names, options_of, restful_strategy


@restful_strategy
@given(shards=names, joining=st.integers(60, 70) | st.text("xyz", min_size=7, max_size=8))
def test_only_keys_of_the_shard_that_joins_or_leaves_move(strategy, shards, joining):
    keys = KEYS[:300]
    joined = moved(strategy, keys, shards, [joining, *shards])
    assert joined.moved.tolist() == (joined.after == 0).tolist()
    left = moved(strategy, keys, [*shards, joining], shards)
    assert left.moved.tolist() == (left.before == len(shards)).tolist()
    assert np.array_equal(joined.moved, left.moved)
    assert joined.needless_share == left.needless_share == 0


@restful_strategy
@given(weight=st.floats(1.2, 5))
def test_more_weight_only_draws_keys(strategy, weight):
    change = moved(strategy, KEYS[:500], 4, 4, changed={"weights": {2: weight}})
    assert change.count > 0
    assert (change.after[change.moved] == 2).all()


@given(before=st.integers(1, 30), after=st.integers(1, 30))
def test_jump_moves_only_to_new_shards_or_from_old_ones(before, after):
    change = moved("jump", KEYS[:500], before, after)
    assert change.needless_share == 0
    assert np.array_equal(change.moved, (change.after >= before) | (change.before >= after))


CHANGES = [(4, 5), (10, 11), (11, 10), (12, 8), (["a", "b", "c", "d"], ["a", "c", "d"]), (["a", "b", "c"], ["d", "b", "e", "a"])]


@pytest.mark.parametrize("strategy", ["range", "modulo", "rendezvous"])
@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_as_many_keys_move_as_theory_says(strategy, before, after):
    # 20,000 keys drawn with seed 71. Half-width: four and a half standard errors of a share.
    expected = theory.expected_moved_share(strategy, before, after)
    change = moved(strategy, KEYS, before, after, **options_of(strategy))
    assert change.share == pytest.approx(expected, abs=4.5 * math.sqrt(expected * (1 - expected) / KEYS.size) + 1e-9)
    assert change.count == sum(
        change.names_before[first] != change.names_after[second] for first, second in zip(change.before, change.after, strict=True)
    )


@pytest.mark.parametrize(("before", "after"), CHANGES[:4])
def test_jump_moves_as_many_keys_as_theory_says(before, after):
    expected = theory.expected_moved_share("jump", before, after)
    assert moved("jump", KEYS, before, after).share == pytest.approx(expected, abs=4.5 * math.sqrt(expected * (1 - expected) / KEYS.size))


@pytest.mark.parametrize("weights", [None, {"old": 3, "new": 2}])
def test_the_ring_moves_as_many_keys_as_theory_says_on_average(weights):
    # 200 rings with other names, 2,000 keys each. Half-width: four standard errors.
    shares = []
    for run in range(200):
        stay = [f"{run} {shard}" for shard in range(3)]
        renamed = None if weights is None else {f"{name}{run}": weight for name, weight in weights.items()}
        change = moved("consistent", KEYS[:2_000], [f"old{run}", *stay], [*stay, f"new{run}"], weights=renamed, virtual_nodes=20)
        shares.append(change.share)
    expected = theory.expected_moved_share("consistent", ["old", 1, 2, 3], [1, 2, 3, "new"], weights)
    assert np.mean(shares) == pytest.approx(expected, abs=4 * np.std(shares) / math.sqrt(200))


def test_a_range_can_be_split_and_a_directory_changed():
    split = moved("range", range(100), ["low", "high"], ["low", "middle", "high"], borders=[50], changed={"borders": [30, 50]})
    assert np.flatnonzero(split.moved).tolist() == list(range(30, 50))
    assert split.needless_share == 0
    listed = moved("directory", [1, 2, 3], 3, 3, directory={1: 0, 2: 1}, default=2, changed={"directory": {1: 0, 2: 0}})
    assert listed.moved.tolist() == [False, True, False]
    assert listed.needless.tolist() == [False, True, False]
    assert listed.share == listed.needless_share == pytest.approx(1 / 3)


@every_strategy
def test_nothing_changed_nothing_moved(strategy):
    change = moved(strategy, KEYS[:100], 3, [0, 1, 2], **options_of(strategy))
    assert change.count == 0
    for array in (change.before, change.after, change.moved, change.needless):
        assert not array.flags.writeable


# Bad input


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: moved("jump", [1], 3, [0, 2]), ValueError, "after is .0, 2., but with 'jump' shards must join at the end, and only the last can"),
        (lambda: moved("modulo", [1], 0, 2), ValueError, "before is 0"),
        (lambda: moved("modulo", [1], 2, 0), ValueError, "after is 0"),
        (lambda: moved("rendezvous", [1], 2, 3, weights={3: 1}), ValueError, "weights names 3, but must name shards only"),
        (lambda: moved("modulo", [1], 2, 2, changed={"space": 3}), TypeError, "space is given, but must not be for 'modulo'"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
