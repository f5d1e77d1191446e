"""The data of the exercise on skipped row groups are what its text says."""

from __future__ import annotations

import pytest

from labsupport.exercises.storage import COLUMNS, groups_of, questions_of, table_of


def test_some_columns_have_no_statistics_in_some_groups() -> None:
    groups = groups_of(200, seed=5)
    assert groups == groups_of(200, seed=5) != groups_of(200, seed=6)
    lacking = [name for group in groups for name in COLUMNS if name not in group["least"]]
    assert 20 < len(lacking) < 100
    assert set(lacking) == set(COLUMNS)
    for group in groups:
        assert set(group["least"]) == set(group["greatest"])
        assert all(group["least"][name] <= group["greatest"][name] for name in group["least"])
        assert all(type(size) is int and size > 0 for size in group["bytes"].values())


def test_tables_and_questions_are_plain_and_repeat() -> None:
    table = table_of(300, seed=2)
    assert {len(values) for values in table.values()} == {300}
    assert table["day"] == sorted(table["day"])
    assert table == table_of(300, seed=2)
    questions = questions_of(seed=2, questions=50)
    assert {len(question["where"]) for question in questions} == {1, 2}
    assert all(low <= high for question in questions for low, high in question["where"].values())
    assert min(question["often"] for question in questions) >= 1


def test_bad_input_is_named() -> None:
    for call, name in ((lambda: groups_of(0, 1), "groups"), (lambda: table_of(0, 1), "rows"), (lambda: questions_of(1, 0), "questions")):
        with pytest.raises(ValueError, match=f"{name} is 0"):
            call()
