"""The exercises on scatter–gather: the logs, messages and times that they make."""

from __future__ import annotations

import pytest

from labsupport.exercises import fingerprint
from labsupport.exercises.gathering import latency_log, messages, part_times


def test_data_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    for make in (lambda seed: latency_log(100, seed), lambda seed: messages(9, seed), lambda seed: part_times(20, 5, seed)):
        assert fingerprint(make(1)) == fingerprint(make(1)) != fingerprint(make(2))


@pytest.mark.parametrize("seed", range(3))
def test_copies_are_slow_together_more_often_than_by_chance(seed: int) -> None:
    log = latency_log(20_000, seed)
    slow = [(one > 200, two > 200) for one, two in log]
    first, second, both = (
        sum(flags) / len(log) for flags in ([one for one, _ in slow], [two for _, two in slow], [one and two for one, two in slow])
    )
    assert 0.005 < first < 0.04
    assert both > 1.5 * first * second
    assert min(min(pair) for pair in log) >= 40


def test_messages_hold_everything_a_search_can_meet() -> None:
    told = [message for seed in range(20) for message in messages(6, seed)]
    assert any(found is None for _, _, found in told)
    assert any(found == [] for _, _, found in told)
    for seed in range(20):
        own = messages(6, seed)
        assert len({(time, part) for time, part, _ in own}) == len(own)
        assert {part for _, part, _ in own} <= set(range(6))
    assert any(len({part for _, part, _ in messages(6, seed)}) < 6 for seed in range(20))


def test_parts_answer_late_or_never() -> None:
    times = [time for query in part_times(200, 10, seed=1) for time in query]
    assert 5 <= sum(time is None for time in times) <= 50
    assert min(time for time in times if time is not None) >= 10


def test_nothing_is_made_of_nonsense() -> None:
    for make, name in ((latency_log, "answers"), (messages, "parts")):
        with pytest.raises(ValueError, match=f"{name} is 0"):
            make(0, 1)
    with pytest.raises(ValueError, match="parts is 0"):
        part_times(1, 0, 1)
    with pytest.raises(ValueError, match="seed is -1"):
        latency_log(1, -1)
