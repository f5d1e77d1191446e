"""The request in parts of the exercise on percentages."""

from __future__ import annotations

from labsupport.exercises import fingerprint
from labsupport.exercises.percentages import journey


def test_a_journey_is_the_same_for_the_same_seed_and_has_parts_that_take_time() -> None:
    assert fingerprint(journey(1)) == fingerprint(journey(1)) != fingerprint(journey(2))
    for seed in range(50):
        made = journey(seed)
        assert 3 <= len(made) <= 7
        assert all(time > 0 and change >= -80 for time, change in made)
