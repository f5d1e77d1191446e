"""The exercises of notebook 01: the log, the offers and the shop that they make, and a court that simulates."""

from __future__ import annotations

from itertools import permutations

import pytest

from labsupport.exercises import NotYet, fingerprint
from labsupport.exercises.request_path import KEYS, STAGES, bought, hear, service_log, shop, tuning, watched
from labsupport.simulators.request_path import Configuration

SYSTEM = {"rows": 1_000_000, "requests": 30, "exponent": 0.9, "capacity": 500}
TIMES = {"parse": 10.0, "price": 30.0}
OFFERS = [("price", 3.0, 50.0), ("price", 2.0, 10.0), ("parse", 5.0, 20.0)]


def by_price(configurations, price, look, goal):
    """The way of the reference, in one line."""
    order = sorted(range(len(configurations)), key=lambda number: price(configurations[number]))
    return next((number for number in order if look(configurations[number]) <= goal), None)


@pytest.mark.parametrize("seed", range(6))
def test_a_log_is_of_workers_who_do_one_thing_at_a_time(seed: int) -> None:
    log = service_log(120, seed)
    assert log == sorted(log, key=lambda line: (line[3], line[0], STAGES.index(line[1])))
    last: dict[tuple[str, int], float] = {}
    visits: dict[tuple[int, str], int] = {}
    for request, stage, worker, begin, end in log:
        assert begin >= last.get((stage, worker), 0.0) - 0.11  # times are rounded
        assert end > begin
        last[stage, worker] = end
        visits[request, stage] = visits.get((request, stage), 0) + 1
    stages = {stage for _, stage, *_ in log}
    assert len({request for request, *_ in log}) >= 119  # hardly any skips all stages
    assert max(visits.values()) == 2  # work that failed
    assert len(visits) < 120 * len(stages)  # stages that were skipped


def test_data_are_the_same_for_the_same_seed_and_other_for_another() -> None:
    assert service_log(50, 1) == service_log(50, 1) != service_log(50, 2)
    assert shop(1) == shop(1) != shop(2)
    assert fingerprint(service_log(50, 1)) == "99de8cf1d3e6"  # on every machine and every Python
    assert fingerprint(list(shop(1).configurations)) == "02752f28d104"


def test_what_was_bought_is_counted() -> None:
    assert [bought(TIMES, OFFERS, 100, chosen) for chosen in ([], [0], [1, 2], (2, 0))] == [40, 20, 17, 12]


@pytest.mark.parametrize(
    ("chosen", "reason"), [([3], "list of numbers of offers, from 0 to 2"), (0, "list of"), ([0.0], "list of"), ([0, 1], "faster twice")]
)
def test_what_cannot_be_bought_is_said(chosen: object, reason: str) -> None:
    with pytest.raises(NotYet, match=reason):
        bought(TIMES, OFFERS, 100, chosen)
    with pytest.raises(NotYet, match="this costs 70, but only 60"):
        bought(TIMES, OFFERS, 60, [0, 2])


def test_a_shop_can_be_looked_at_and_its_looks_are_counted() -> None:
    place = shop(5)
    assert len({tuple(each.items()) for each in place.configurations}) == len(place.configurations) == 72
    fast = [each for each in place.configurations if place.look(each) <= 150]
    assert 0 < len(fast) < 72
    cheapest = min(place.price(each) for each in fast)
    assert watched(by_price, place, 150.0, frugal=True) == cheapest == watched(by_price, place, 150.0)
    assert watched(by_price, place, 10.0, frugal=True) is None
    assert cheapest == pytest.approx(Configuration(**min(fast, key=place.price)).cost_per_million(place.requests), abs=1e-6)
    with pytest.raises(NotYet, match="you looked 72 times, but 22 looks are enough"):
        watched(lambda them, price, look, goal: (list(map(look, them)), by_price(them, price, place.look, goal))[1], place, 150.0, frugal=True)


@pytest.mark.parametrize(("answer", "reason"), [(72, "there are configurations 0 to 71"), (True, "configurations 0"), ({}, "configurations 0")])
def test_a_choice_that_is_none_is_said(answer: object, reason: str) -> None:
    with pytest.raises(NotYet, match=reason):
        watched(lambda *_: answer, shop(5), 150.0)
    slow = max(range(72), key=lambda number: shop(5).look(shop(5).configurations[number]))
    with pytest.raises(NotYet, match="but the goal is 150"):
        watched(lambda *_: slow, shop(5), 150.0)


def test_what_a_student_does_to_the_configurations_stays_with_the_student() -> None:
    place = shop(5)
    before = fingerprint(list(place.configurations))
    watched(lambda them, *_: [each.clear() for each in them] and None, place, 150.0)
    assert fingerprint(list(place.configurations)) == before


@pytest.mark.parametrize("seed", [1, 2, 9300])
def test_the_court_hears_every_order(seed: int) -> None:
    said = {}
    for order in permutations(("index", "cache", "replica")):
        try:
            said[order] = hear({**SYSTEM, "order": list(order)}, seed)
        except NotYet as error:
            said[order] = str(error).partition("the cache earned ")[2][:1]
    assert [said[order] for order in permutations(("index", "cache", "replica"))] == [
        *("refutes", "refutes", "supports", "supports", "refutes", "4"),  # 44 of 100 ms or so: neither
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"rows": 200_000}, "another system.*untuned"), ({"capacity": 50}, "another system.*ms tuned"), ({"requests": 60}, "another system.*untuned")],
)
def test_the_court_hears_of_the_lectures_system_only(changes: dict[str, int], reason: str) -> None:
    with pytest.raises(NotYet, match=reason):
        hear({**SYSTEM, "order": ["cache", "index", "replica"], **changes}, 1)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({**SYSTEM, "order": ["cache"]}, "order is"),
        ({**SYSTEM, "order": "cache index replica"}, "order is"),
        ({**SYSTEM}, "must be a dict with the keys rows, requests, exponent, capacity, order"),
        ({**SYSTEM, "workers": 8, "order": ["cache", "index", "replica"]}, "must be a dict"),
        ({**SYSTEM, "rows": 1, "order": ["cache", "index", "replica"]}, "rows is 1"),
        ({**SYSTEM, "capacity": KEYS + 1, "order": ["cache", "index", "replica"]}, "capacity is 10001"),
        ({**SYSTEM, "exponent": float("nan"), "order": ["cache", "index", "replica"]}, "exponent is nan"),
    ],
)
def test_a_setting_that_is_none_is_named(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        hear(settings, 1)


def test_the_order_of_what_has_been_done_does_not_matter() -> None:
    time = tuning(SYSTEM, 3)
    assert time(["cache", "index"]) == time(["index", "cache"]) < min(time(["index"]), time(["cache"])) < time([])
    with pytest.raises(ValueError, match="Did you mean 'index'"):
        time(["indexes"])
