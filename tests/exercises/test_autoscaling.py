"""The exercise on an autoscaler's settings: the days that it makes, and the referee who simulates them."""

from __future__ import annotations

import pytest

from labsupport.exercises import NotYet, autoscaling, fingerprint
from labsupport.exercises.autoscaling import KINDS, day, follows, simulated

SETTINGS = {"target": 0.6, "minimum": 2, "maximum": 200, "window": 300}


@pytest.mark.parametrize("kind", KINDS)
def test_days_are_the_same_for_the_same_seed_and_others_for_another(kind: str) -> None:
    assert fingerprint(day(kind, 1)) == fingerprint(day(kind, 1)) != fingerprint(day(kind, 2))


def test_days_are_of_their_kind() -> None:
    crowd, opening, restless = (day(kind, 3) for kind in KINDS[1:])
    assert max(crowd) > 1.5 * max(day("calm", 3))
    assert max(opening[:450]) < 4
    assert min(opening[600:1_100]) > 10
    assert sum(abs(one - other) > 3 for one, other in zip(restless, restless[4:], strict=False)) > 500


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target": 0.95}, "of the work is turned away, but at most 0.2 %"),
        ({"window": 0, "target": 0.5}, "turn back"),
        ({"minimum": 100}, "nearly as many as without an autoscaler"),
        ({"target": 0.4, "window": 3_600}, "times what is needed"),
    ],
)
def test_whoever_does_not_follow_the_day_hears_why(changes, words) -> None:
    kind = "restless" if words == "turn back" else "calm" if "minimum" in changes else "crowd"
    with pytest.raises(NotYet, match=words):
        follows(lambda *_: SETTINGS | changes, [(kind, 1, 2, 60.0)], ["lost", "turns", "cost"])


@pytest.mark.parametrize(
    "settings", [None, {}, SETTINGS | {"seed": 1}, SETTINGS | {"target": 60}, SETTINGS | {"minimum": 2.5}, SETTINGS | {"maximum": 1}]
)
def test_settings_that_are_none_are_refused(settings) -> None:
    with pytest.raises((TypeError, ValueError)):
        simulated(day("calm", 1), settings, 60.0)


def test_the_referee_has_settings_of_its_own_for_every_kind_of_day() -> None:
    for kind in KINDS:
        for startup in (60.0, 300.0):
            assert autoscaling._cheapest(day(kind, 5), startup) < 700


def test_nothing_is_made_of_nonsense() -> None:
    with pytest.raises(ValueError, match="kind is 'wet'"):
        day("wet", 1)
