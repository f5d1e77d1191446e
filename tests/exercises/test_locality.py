"""The exercises on moving data: what they make."""

from __future__ import annotations

import pytest

from labsupport.exercises import fingerprint
from labsupport.exercises.locality import digest, key_rows, table, text_parts, timings


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: text_parts(6, seed),
        lambda seed: timings(6, seed),
        lambda seed: key_rows(4, 6, seed),
        lambda seed: list(table(9, 4, seed).items()),
    ],
)
def test_data_are_the_same_for_the_same_seed_and_other_for_another(make):
    assert fingerprint(make(7)) == fingerprint(make(7)) != fingerprint(make(8))


def test_texts_have_what_the_exercise_names():
    parts = [part for seed in range(20) for part in text_parts(6, seed)]
    lines = [line for part in parts for line in part]
    assert [] in parts
    assert "" in lines
    assert any("  " in line for line in lines)
    assert any(line != line.lower() for line in lines)


def test_partitions_of_times_differ_in_size():
    assert {0, 1, 30} <= {len(part) for seed in range(9) for part in timings(8, seed)}


def test_every_key_is_somewhere_and_some_are_equally_frequent():
    cases = [key_rows(4, 6, seed) for seed in range(30)]
    assert all({key for rows in nodes for key in rows} == {f"key {n}" for n in range(6)} for nodes in cases)
    most = [sorted((rows.get("key 0", 0) for rows in nodes), reverse=True) for nodes in cases]
    assert 3 < sum(first == second for first, second, *_ in most) < 27


def test_tickets_are_all_different_and_a_table_may_be_empty():
    assert len(table(500, 3, 1)) == 500
    assert table(0, 3, 1) == {}


def test_different_keys_may_have_one_digest():
    assert len({digest(f"key {n}", 50) for n in range(50)}) < 50
    assert {digest(f"key {n}", 1) for n in range(50)} == {0}


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: text_parts(0, 1), "parts"),
        (lambda: timings(0, 1), "parts"),
        (lambda: key_rows(0, 1, 1), "nodes"),
        (lambda: key_rows(1, 0, 1), "keys"),
        (lambda: table(-1, 1, 1), "rows"),
        (lambda: table(1, 0, 1), "keys"),
        (lambda: table(1, 1, -1), "seed"),
        (lambda: digest("key", 0), "values"),
    ],
)
def test_no_data_from_nonsense(call, name):
    with pytest.raises(ValueError, match=name):
        call()
