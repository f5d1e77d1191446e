"""The exercise on a pool: the log that it makes."""

from __future__ import annotations

import pytest

from labsupport.exercises import fingerprint
from labsupport.exercises.garbage import buffer_log


def test_logs_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    assert fingerprint(buffer_log(50, 1)) == fingerprint(buffer_log(50, 1)) != fingerprint(buffer_log(50, 2))


@pytest.mark.parametrize("seed", range(5))
def test_requests_come_in_order_and_keep_their_buffer_for_a_while(seed: int) -> None:
    log = buffer_log(300, seed)
    assert log == sorted(log, key=lambda stay: stay[0])
    assert all(takes < gives for takes, gives in log)


def test_nothing_is_made_of_nonsense() -> None:
    with pytest.raises(ValueError, match="requests is 0"):
        buffer_log(0, 1)
