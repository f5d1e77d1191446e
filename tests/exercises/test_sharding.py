"""The exercises on sharding: the logs that they make, and a referee who counts for himself."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from labsupport.exercises import NotYet, fingerprint
from labsupport.exercises.sharding import COLUMNS, QUERIES, access_log, moved, position, shard_of, side_by_side, strays, torn, uneven
from tests.exercises.cells import techniques


def test_a_log_is_the_same_for_the_same_seed_and_other_for_another() -> None:
    assert access_log(10, seed=1) == access_log(10, seed=1) != access_log(10, seed=2)
    assert fingerprint(access_log(10, seed=1)) == "c3d5d56727fe"  # on every machine and every Python


@pytest.mark.parametrize("seed", range(5))
def test_a_log_names_what_its_queries_name(seed: int) -> None:
    log = access_log(30, seed)
    assert all(one <= other for (one, _), (other, _) in pairwise(log))
    assert {day for day, _ in log} == set(range(1, 31))
    assert {tuple(named) for _, named in log} <= set(QUERIES.values())
    orders = [named["order"] for _, named in log if tuple(named) == COLUMNS]
    assert len(set(orders)) == len(orders)
    homes = Counter((named["customer"], named["country"]) for _, named in log if {"customer", "country"} <= set(named))
    assert len({customer for customer, _ in homes}) == len(homes)  # a customer lives in one country
    assert all(named["date"] <= day for day, named in log if "date" in named)


def test_shops_differ_in_the_key_that_suits_them() -> None:
    """Else one guess would do for the whole class."""
    names: dict[str, object] = {}
    notebook = techniques()
    for cell in ("setup", "key-solution"):
        exec(notebook.sources[cell], names)  # noqa: S102 - the course's own cells
    best = Counter(tuple(names["choose_key"](access_log(20, seed), list(COLUMNS), 4)) for seed in range(40))
    assert len(best) >= 5
    assert best.most_common(1)[0][1] <= 16


def test_positions_are_spread_evenly_and_stay() -> None:
    places = [position(f"key {number}") for number in range(8_000)]
    counts = Counter(place >> 29 for place in places)
    assert position("key 1") == 578528754
    assert all(abs(counts[eighth] - 1_000) < 4 * 30 for eighth in range(8))  # four standard deviations
    assert Counter(shard_of([number], 8) for number in range(8_000)).keys() == set(range(8))
    assert shard_of([1, "PT"], 1_000) != shard_of(["PT", 1], 1_000)


@pytest.mark.parametrize("values", ["PT", [], 17, None])
def test_a_shard_is_asked_for_by_values(values: object) -> None:
    with pytest.raises(TypeError, match=r"values is .*, but must be a list"):
        shard_of(values, 4)
    with pytest.raises(TypeError, match="text is 3 "):
        position(3)


def test_the_referee_counts_shares() -> None:
    placed = [["a", "b"]] * 40 + [["b", "a"]] * 60
    assert uneven({"a": 2, "b": 3}, 2, placed) == []
    assert uneven({"a": 1, "b": 1}, 2, placed) == []  # 40 of 50 is just a fifth less
    assert uneven({"a": 1, "b": 2}, 2, placed[1:]) == []
    assert uneven({"a": 1, "b": 1}, 2, placed[1:] + placed[-1:]) == ["a", "b"]
    assert uneven({"a": 4, "b": 6, "c": 1}, 2, placed) == ["c"]  # who is there and holds nothing


@pytest.mark.parametrize(
    "placed", [None, {}, [[]], [["a"]], [["a", "a"]], [["a", "c"]], [["a", "b", "b"]], [["a", 3]], ["ab"], [[("a",), "b"]], [["a", "b"], None]]
)
def test_the_referee_refuses_impossible_owners(placed: object) -> None:
    with pytest.raises(NotYet, match="Look next: what owners returns"):
        uneven({"a": 1, "b": 1}, 2, placed)


def test_the_referee_counts_what_moves() -> None:
    before, after = [["a", "b"], ["b", "a"], ["c", "a"]], [["a", "c"], ["c", "b"], ["c", "b"]]
    assert moved(before, after) == {"c": 1}
    assert moved(before, before) == {}
    assert strays(before, [["a", "c"], ["a", "c"], ["c", "a"]], "b", 2) == 0
    assert strays(before, [["a", "c"], ["c", "a"], ["c", "a"]], "b", 2) == 1
    for short in (before[:2], [["a"]] * 3):
        with pytest.raises(NotYet):
            strays(short, after, "b", 2)
    with pytest.raises(NotYet, match="one answer for each key"):
        moved(before, after[:2])


def test_keys_side_by_side_are_told_apart_by_no_ring_of_a_sensible_size() -> None:
    keys = side_by_side(20, "user")
    places = [position(key) for key in keys]
    gaps = [abs(one - other) for one, other in zip(places[::2], places[1::2], strict=True)]
    assert len(set(keys)) == len(keys) == 40
    assert gaps == sorted(gaps)
    assert sum(gaps) * 100_000 / 2**32 < 0.01  # with 100,000 points, fewer than one ring in a hundred separates any pair
    assert not set(keys) & set(side_by_side(20, "order"))


def test_the_referee_counts_torn_pairs() -> None:
    assert torn([["a", "b"], ["a", "b"], ["a", "b"], ["b", "a"]]) == 1
    for placed in (None, [], [["a"]], [["a"], [3]]):
        with pytest.raises(NotYet):
            torn(placed)


def test_the_referee_is_asked_in_earnest() -> None:
    with pytest.raises(TypeError, match="weights is"):
        uneven({}, 1, [["a"]])
    with pytest.raises(ValueError, match="copies is 0"):
        uneven({"a": 1}, 0, [["a"]])
    with pytest.raises(ValueError, match="copies is 1"):
        strays([["a"]], [["a"]], "b", 1)
    with pytest.raises(ValueError, match="pairs is 0"):
        side_by_side(0, "user")
    with pytest.raises(TypeError, match="beginning is 3"):
        side_by_side(1, 3)


def test_the_reference_ring_agrees_with_a_slow_and_obvious_one() -> None:
    """Not a search but a walk: of all points, the nearest clockwise; then the nearest of the other nodes."""
    names: dict[str, object] = {}
    notebook = techniques()
    for cell in ("setup", "ring-solution"):
        exec(notebook.sources[cell], names)  # noqa: S102 - the course's own cells
    weights = {"n1": 1, "n11": 2, "rome": 1}
    ways = {node: [position(f"{node} #{spot}") for spot in range(400 * weight)] for node, weight in weights.items()}
    keys = [f"user {number}" for number in range(100)]
    distances = [{node: min((place - position(key)) % 2**32 for place in places) for node, places in ways.items()} for key in keys]
    expected = [sorted(away, key=away.get)[:2] for away in distances]
    for order in (list(weights.items()), list(weights.items())[::-1]):
        assert names["place"]([("add", *node) for node in order], keys, 2) == expected
