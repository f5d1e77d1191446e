"""The capstone: what a shop promises, a referee that lets days come to a design, and designs that must fail and pass just what they do."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from labsupport.exercises import NotYet, whole_system
from labsupport.exercises.whole_system import LEVELS, ROOM, designed, judge, keeps, play, promises, pseudonym, standing
from labsupport.simulators.designs import FRONT, Design, front_cost
from tests.simulators import front

GOOD = asdict(Design(4, "modulo", 2, 9_000, "lru", "least_connections", 6, 12, 0.55))
SHOPS = [promises(shop) for shop in range(len(LEVELS))]
HIDDEN = (9_002, 9_005)


def verdict(changes: dict[str, object], shop: int, ask: str, efficiency: float = 0.95) -> str:
    try:
        return keeps(lambda _: GOOD | changes, [SHOPS[shop]], HIDDEN, ask, efficiency=efficiency)
    except NotYet as sentence:
        return str(sentence)


def test_promises_are_those_of_the_seed_and_within_reach_of_the_front() -> None:
    assert [each["p99"] for each in SHOPS] == list(LEVELS)
    assert promises(4) == SHOPS[1]
    for each in SHOPS:
        assert each["budget"] == pytest.approx(ROOM * front_cost(each["p99"]), abs=0.05)
        assert each["budget"] > front_cost(each["p99"])


def test_the_front_falls_and_ends_where_it_is_known() -> None:
    times, costs = zip(*FRONT, strict=True)
    assert list(times) == sorted(times)
    assert list(costs) == sorted(costs, reverse=True)
    assert (front_cost(0.1), front_cost(5.0)) == (costs[0], costs[-1])
    assert front_cost(0.75) == 3.15
    with pytest.raises(ValueError, match="p99 is 0"):
        front_cost(0)


def test_each_point_of_the_front_is_what_a_design_comes_to() -> None:
    found = [front.value(design) for design in front.DESIGNS]
    assert [round(p99, 3) for p99, _ in found] == pytest.approx([p99 for p99, _ in FRONT], abs=0.0011)
    assert [round(cost, 2) for _, cost in found] == pytest.approx([cost for _, cost in FRONT], abs=0.011)
    assert front.hull(FRONT) == list(FRONT)


def test_the_search_finds_what_it_says() -> None:
    near = list(front.neighbours(front.START))
    assert front.START not in near
    assert len(set(near)) == len(near) == 26
    known = dict(zip("abcde", [(1.0, 5.0), (2.0, 5.0), (2.0, 3.0), None, (3.0, 2.999)], strict=True))
    assert front.unbeaten(known) == ["a", "c", "e"]
    assert front.thinned({name: known[name] for name in "ace"}) == {"a": (1.0, 5.0), "c": (2.0, 3.0)}
    assert front.hull([(0, 4), (1, 3), (2, 1), (3, 0)]) == [(0, 4), (2, 1), (3, 0)]


def test_the_front_is_within_reach_on_the_days_it_was_found_on() -> None:
    for choices in (GOOD, GOOD | {"shards": 3, "cache": 6_000, "minimum": 5, "target": 0.6}):
        assert 0.95 < judge(choices, (911, 912, 913))["efficiency"] < 1.01


def test_a_good_design_keeps_the_promises_of_the_fast_shop() -> None:
    assert [verdict({}, 0, ask) for ask in ("ordinary", "breakdown", "cost")] == ["kept"] * 3
    assert "3.50 € may be spent" in verdict({}, 2, "ordinary")


@pytest.mark.parametrize(
    ("changes", "ask", "words"),
    [
        ({"balancer": "random"}, "ordinary", "they wait 1."),
        ({"strategy": "range"}, "ordinary", "where the slowest hundredth spends its time"),
        ({"minimum": 20, "maximum": 20}, "ordinary", "3.90 € may be spent. Look next: what is paid for and idle"),
        ({"replicas": 1, "shards": 12}, "breakdown", "are answered in time on a day of node_loss, but 99.7 % must be"),
        ({"shards": 3, "cache": 4_500, "target": 0.7}, "breakdown", "on a day of flash_crowd"),
        ({"shards": 3, "cache": 3_000, "minimum": 5, "target": 0.6}, "breakdown", "on a day of node_loss"),
        ({"minimum": 9}, "cost", "150 % is asked for. Look next: which part could be smaller"),
        ({"replicas": 1}, "cost", "they wait"),
    ],
)
def test_whoever_breaks_a_promise_hears_which(changes: dict[str, object], ask: str, words: str) -> None:
    said = verdict(changes, 0, ask, efficiency=1.5)
    assert said.startswith("almost: where 99 of 100 shall wait 0.74 s at most, ")
    assert words in said


def test_the_days_to_practise_on_are_not_enough() -> None:
    """A design that holds on the public day of every kind, at the least cost, breaks on days that it was not made for."""
    lean = GOOD | {"shards": 3, "cache": 3_000, "minimum": 5, "target": 0.6}
    assert judge(lean)["availability"] > whole_system.AVAILABILITY
    assert judge(lean, HIDDEN)["availability"] < whole_system.AVAILABILITY


def test_the_judge_is_the_simulator() -> None:
    days = [play(GOOD, kind, seed) for kind in whole_system.KINDS for seed in (1, 2)]
    found = judge(GOOD, (1, 2))
    assert found["cost"] == pytest.approx(sum(day.cost_per_hour for day in days) / 8)
    assert found["p99"] == max(day.p99 for day in (*days[:2], *days[4:6]))
    assert found["availability"] == min(day.availability for day in days)
    assert found["efficiency"] == pytest.approx(front_cost(found["p99"]) / found["cost"])


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        (None, "the design is None, but must be a dict with the keys shards, "),
        ({}, "must be a dict with the keys"),
        (GOOD | {"seed": 1}, "must be a dict with the keys"),
        ({name: value for name, value in GOOD.items() if name != "cache"}, "must be a dict with the keys"),
        (GOOD | {"target": 60}, "target is 60"),
        (GOOD | {"minimum": 13}, "maximum is 12, but must be a whole number from 13"),
        (GOOD | {"cache": 9_000.0}, "cache is 9000.0"),
        (GOOD | {"balancer": "least_work_left"}, "balancer is 'least_work_left'"),
        (Design(), "an object of type Design came"),
    ],
)
def test_what_is_no_design_is_refused(choices: object, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        designed(choices)


def test_nothing_is_judged_without_days() -> None:
    with pytest.raises(ValueError, match="seeds is empty"):
        judge(GOOD, ())
    with pytest.raises(ValueError, match="kind is 'calm', but must be one of"):
        play(GOOD, "calm")
    with pytest.raises(ValueError, match="ask is 'speed'"):
        keeps(lambda _: GOOD, SHOPS, [1], "speed")


def test_a_pseudonym_takes_both_the_student_and_the_design() -> None:
    names = {pseudonym(choices, student) for choices in (GOOD, GOOD | {"cache": 1}) for student in ("ada", "ben")}
    assert len(names) == 4
    assert pseudonym(GOOD, " ADA") == pseudonym(GOOD, "ada")


def test_what_the_leaderboard_reads_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    standing(GOOD)
    first, second = capsys.readouterr().out.splitlines()
    assert pseudonym(GOOD) in first
    assert json.loads(second.removeprefix("leaderboard: ")) == GOOD
