"""The exercises on caching: the work that they make, and a referee who counts for himself."""

from __future__ import annotations

import random

import pytest

from labsupport.exercises import NotYet, fingerprint
from labsupport.exercises.caching import operations, tally, write_log
from tests.exercises.cells import techniques


@pytest.mark.parametrize("seed", range(5))
def test_the_reference_agrees_with_a_slow_and_obvious_cache(seed: int) -> None:
    """Not an ordered dict but a clock: every key remembers when it was used, and the smallest time goes."""
    names: dict[str, object] = {"__name__": "__main__"}
    exec(techniques().sources["lru-solution"], names)  # noqa: S102 - the reference
    work = operations(1_500, 40, seed, sizes=(3, 25, 1, 9))
    capacity, used, values, answers = 15, {}, {}, []
    for now, (name, *rest) in enumerate(work):
        if name == "get":
            if rest[0] in used:
                used[rest[0]] = now
            answers.append(values.get(rest[0]))
            continue
        if name == "put":
            used[rest[0]], values[rest[0]] = now, rest[1]
        else:
            capacity = rest[0]
        answers.append([])
        while len(used) > capacity:
            oldest = min(used, key=lambda key: used[key])
            answers[-1].append(oldest)
            del used[oldest], values[oldest]
    assert names["replay"](work, 15) == answers
    counted = tally(work, answers, 15)
    assert counted["hits"] == sum(answer is not None and not isinstance(answer, list) for answer in answers)
    assert counted["evictions"] == sum(len(answer) for answer in answers if isinstance(answer, list))
    assert counted["most"] == 25


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([[], [], 1], "3 operations need"),
        ([[], [], 1, 0], "needs|need a list"),
        ([[], [7], None], "it is not in the cache"),
        ([[], [], 5], "there is room for 1"),
        ([[], [1], 5], "None is stored there"),
        ([[], None, 5], "expected the list of evicted keys"),
    ],
)
def test_the_referee_refuses_impossible_decisions(answers: list[object], reason: str) -> None:
    work = [("put", 1, 5), ("put", 2, 6), ("get", 1)]
    if reason.startswith("3 "):
        answers = answers[:2]
    with pytest.raises(NotYet, match=reason):
        tally(work, answers, capacity=1)


def test_no_work_from_nonsense() -> None:
    with pytest.raises(TypeError, match="sizes is 5"):
        operations(10, 3, seed=1, sizes=5)
    with pytest.raises(ValueError, match="sizes holds 2 sizes"):
        operations(2, 3, seed=1, sizes=(1, 2))
    with pytest.raises(TypeError, match="work is a int"):
        tally(5, [], 1)
    with pytest.raises(ValueError, match="capacity is 0"):
        tally([("put", 1, 1)], [[]], 0)


def test_any_policy_may_stand_before_the_referee() -> None:
    chance = random.Random(3)  # noqa: S311 - a test, not a secret
    work, held, answers = operations(500, 20, seed=3), {}, []
    for name, key, *value in work:
        if name == "get":
            answers.append(held.get(key))
            continue
        held[key] = value[0]
        gone = [chance.choice(sorted(held))] if len(held) > 4 else []
        answers.append([held.pop(key) and key for key in gone])
    assert tally(work, answers, 4)["most"] == 4


def test_data_are_the_same_for_the_same_seed_and_other_for_another() -> None:
    assert operations(50, 9, seed=1) == operations(50, 9, seed=1) != operations(50, 9, seed=2)
    assert write_log(50, 9, seed=1) == write_log(50, 9, seed=1) != write_log(50, 9, seed=2)
    assert [operation for operation in operations(90, 9, seed=1, sizes=(4, 5)) if operation[0] == "resize"] == [("resize", 4), ("resize", 5)]
    assert {second for second, _ in write_log(500, 3, seed=4)} <= set(range(1, 501))
    assert fingerprint(operations(50, 9, seed=1)) == "3d890512f9f9"  # on every machine and every Python
