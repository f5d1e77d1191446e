"""Days of a shop: each is of its kind, the same for the same seed, and refuses what is no day."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.workloads import Day, Loss, shop_day
from labsupport.workloads.days import DATABASE_WORK, FRESH, KEYS, KINDS, RATE, SERVER_WORK, SQUARED_CV


@pytest.mark.parametrize("kind", KINDS)
def test_a_day_is_the_same_for_the_same_seed_and_another_for_another(kind: str) -> None:
    one, same, other = (shop_day(kind, seed, requests=1_000) for seed in (1, 1, 2))
    for name in ("arrivals", "keys", "server_works", "database_works", "fresh"):
        assert getattr(one, name).tolist() == getattr(same, name).tolist() != getattr(other, name).tolist()
    assert one.losses == same.losses
    assert one.warm_up == 100


@pytest.mark.parametrize("kind", KINDS)
def test_what_all_days_share(kind: str) -> None:
    day = shop_day(kind, 4)
    assert day.server_works.mean() == pytest.approx(SERVER_WORK, rel=0.02)
    assert day.database_works.mean() == pytest.approx(DATABASE_WORK, rel=0.02)
    assert day.server_works.var() / SERVER_WORK**2 == pytest.approx(SQUARED_CV, rel=0.1)
    assert day.keys.max() < KEYS
    if kind != "hot_key":
        assert day.fresh.mean() == pytest.approx(FRESH, abs=0.01)
    if kind != "flash_crowd":
        assert day.arrivals.size / day.arrivals[-1] == pytest.approx(RATE, rel=0.03)


def rates(day: Day, begin: float, end: float) -> float:
    """Requests a second between two shares of the day."""
    borders = np.searchsorted(day.arrivals, np.array([begin, end]) * 1_500)
    return float(np.diff(borders)[0] / ((end - begin) * 1_500))


def test_days_are_of_their_kind() -> None:
    calm, diurnal, crowd, hot, loss = (shop_day(kind, 7) for kind in KINDS)
    assert rates(calm, 0.2, 0.3) == pytest.approx(RATE, rel=0.1)
    assert rates(diurnal, 0.2, 0.3) == pytest.approx(1.6 * RATE, rel=0.1)
    assert rates(diurnal, 0.7, 0.8) == pytest.approx(0.4 * RATE, rel=0.1)
    morning, evening = (np.bincount(half, minlength=KEYS).argmax() for half in np.array_split(diurnal.keys, 2))
    assert morning == 0 != evening
    usual, strange = (np.histogram(day.arrivals, np.arange(0, 1_400, 10))[0] for day in (diurnal, crowd))
    assert 1.6 < (strange / usual).max() < 4
    share = np.bincount(hot.keys).max() / hot.keys.size
    assert 0.15 * 0.4 < share < 0.25 * 0.4 + 0.1
    asked = hot.keys == np.bincount(hot.keys[25_000:45_000]).argmax()
    assert asked.sum() > 2_000
    assert [each.part for each in loss.losses] == ["database", "server", "cache"]
    assert all(earlier.until < later.time for earlier, later in zip(loss.losses, loss.losses[1:], strict=False))
    assert not calm.losses


def test_what_is_given_is_kept_and_never_written_to() -> None:
    given = np.array([1.0, 2.0])
    day = Day(given, [1, 2], [0, 1], [1, 0], [True, False], [Loss(5, "cache", 0, 1), Loss(2, "server", 0.5, 1)])
    assert given.flags.writeable
    assert not day.arrivals.flags.writeable
    assert [loss.time for loss in day.losses] == [2, 5]


GOOD = {"arrivals": [1, 2], "keys": [1, 2], "server_works": [1, 1], "database_works": [1, 1], "fresh": [False, True]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"arrivals": [2, 1]}, "arrivals falls from 2.0 to 1.0"),
        ({"keys": [1]}, "keys holds 1 keys, but must hold one for each of the 2 requests"),
        ({"keys": [1, -1]}, "keys holds the key -1"),
        ({"server_works": [1, np.nan]}, "server_works holds the work nan"),
        ({"database_works": [1]}, "database_works holds 1 numbers"),
        ({"fresh": [1, 0]}, "fresh holds int64"),
        ({"losses": ["server"]}, "losses holds 'server'"),
        ({"warm_up": 2}, "warm_up is 2, but must be a whole number from 0 to 1"),
    ],
)
def test_what_is_no_day_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        Day(**(GOOD | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((-1, "cache", 0, 1), "time is -1"),
        ((1, "balancer", 0, 1), "part is 'balancer'"),
        ((1, "cache", 1.0, 1), "place is 1, but must be"),
        ((1, "cache", 0, 0), "duration is 0"),
    ],
)
def test_what_is_no_loss_is_refused(values: tuple[float, str, float, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Loss(*values)


def test_a_kind_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match="kind is 'flash', but must be one of"):
        shop_day("flash", 1)
    with pytest.raises(ValueError, match="requests is 10"):
        shop_day("calm", 1, requests=10)
