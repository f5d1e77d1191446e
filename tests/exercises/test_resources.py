"""The exercises on resources: the data that they make, and what their referees and courts say."""

from __future__ import annotations

import pytest

from labsupport.exercises import NotYet, autoscaling, fingerprint, input_output, scheduling
from labsupport.exercises.autoscaling import KINDS, day, follows, simulated
from labsupport.exercises.fairness import cluster
from labsupport.exercises.garbage import buffer_log
from labsupport.exercises.input_output import requests
from labsupport.exercises.scheduling import job, longest_way, replayed, under_the_bound
from labsupport.exercises.trials import hear

CHAIN = [{"release": 1, "length": 4, "after": []}, {"release": 0, "length": 2, "after": [0]}, {"release": 0, "length": 3, "after": []}]
SETTINGS = {"target": 0.6, "minimum": 2, "maximum": 200, "window": 300}


def test_data_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    for make in (
        lambda seed: buffer_log(50, seed),
        lambda seed: job(seed, chain=5),
        lambda seed: requests(20, seed),
        lambda seed: cluster(4, seed)["users"],
        *(lambda seed, kind=kind: day(kind, seed) for kind in KINDS),
    ):
        assert fingerprint(make(1)) == fingerprint(make(1)) != fingerprint(make(2))


@pytest.mark.parametrize("seed", range(5))
def test_data_are_what_the_exercises_say(seed: int) -> None:
    log = buffer_log(300, seed)
    assert log == sorted(log, key=lambda stay: stay[0])
    assert all(takes < gives for takes, gives in log)
    tasks = job(seed, tasks=40, chain=9)
    assert all(all(earlier < number for earlier in task["after"]) for number, task in enumerate(tasks))
    assert [task["after"] for task in tasks[-9:]] == [[], *([number] for number in range(31, 39))]
    assert all(5 <= takes <= 90 for _, both in requests(50, seed) for takes in both)
    made = cluster(6, seed, weighted=False)
    assert {user["weight"] for user in made["users"]} == {1}
    assert all(0 < max(user["needs"].values()) <= 16 for user in made["users"])


def test_days_are_of_their_kind() -> None:
    crowd, opening, restless = (day(kind, 3) for kind in KINDS[1:])
    assert max(crowd) > 1.5 * max(day("calm", 3))
    assert max(opening[:450]) < 4
    assert min(opening[600:1_100]) > 10
    assert sum(abs(one - other) > 3 for one, other in zip(restless, restless[4:], strict=False)) > 500


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ([[0, 1], [0, 5], [1, 0]], ""),
        ([[0, 1], [0, 5], [0, 7]], ""),
        ([[0, 0], [0, 5], [1, 0]], "begins at 0 s, but is not there before 1 s"),
        ([[0, 1], [1, 4], [1, 0]], "task 0, which it needs, ends at 5 s"),
        ([[0, 1], [0, 5], [0, 4]], "worker 0 does task 0 until 5 s and begins task 2 at 4 s"),
        ([[0, 1], [2, 5], [1, 0]], "goes to worker 2"),
        ([[0, 1], [0, float("nan")], [1, 0]], "goes to worker 0 at nan s"),
        ([[0, 1], [0, True], [1, 0]], "must have [worker, start]"),
        ([[0, 1], [0, 5]], "an item [worker, start] for each of the 3 tasks"),
        ({}, "the schedule must be a list"),
    ],
)
def test_a_schedule_is_replayed_and_what_is_wrong_is_named(plan, words) -> None:
    if words:
        with pytest.raises(NotYet) as error:
            replayed(CHAIN, 2, plan)
        assert words in str(error.value)
        assert "Look next: " in str(error.value)
    else:
        assert replayed(CHAIN, 2, plan) in (7.0, 10.0)


def test_the_bound_is_one_that_whoever_is_free_stays_under_and_whoever_waits_does_not() -> None:
    assert longest_way(CHAIN) == 7.0
    assert under_the_bound(lambda *_: [[0, 1], [0, 5], [1, 0]], [(CHAIN, 2)]) == "under the bound"
    with pytest.raises(NotYet, match=r"takes 52 s, but may take 8\.5 s"):
        under_the_bound(lambda *_: [[0, 1], [0, 50], [1, 0]], [(CHAIN, 2)])
    with pytest.raises(NotYet, match="may take 7 s"):
        under_the_bound(lambda *_: [[0, 1], [0, 6], [1, 0]], [(CHAIN, 2)], times=1.0)
    assert replayed([], 1, []) == longest_way([]) == 0.0


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


@pytest.mark.parametrize(
    ("claim", "settings", "verdict"),
    [
        ("never idle", {"requests": 64, "work": 5.0, "wait": 20.0, "blocking": 0.0}, "supports"),
        ("never idle", {"requests": 64, "work": 5.0, "wait": 20.0, "blocking": 0.5}, "refutes"),
        ("never idle", {"requests": 3, "work": 1.0, "wait": 20.0, "blocking": 0.0}, "refutes"),
        ("dynamic balancing", {"workers": 10, "load": 0.9, "age": 0.0}, "supports"),
        ("dynamic balancing", {"workers": 10, "load": 0.6, "age": 30.0}, "refutes"),
    ],
)
def test_the_court_hears_witnesses(claim, settings, verdict) -> None:
    assert hear(claim, settings, 1) == hear(claim, settings, 1) == verdict


def test_the_court_sends_away_who_says_too_little() -> None:
    with pytest.raises(NotYet, match="the processor does nothing for"):
        input_output.court(1, 11, 5.0, 50.0, 0.0)
    with pytest.raises(NotYet, match="times as long as if dealt out in turn"):
        scheduling.court(1, 10, 0.9, 1.0)


@pytest.mark.parametrize("blocking", [0.0, 1.0])
def test_an_event_loop_with_one_request_works_for_work_over_work_and_wait(monkeypatch, blocking: float) -> None:
    """Idle for 4 in 5, to within a fiftieth: 6,000 rounds, and the relative standard error of their mean is 1.3 %."""
    monkeypatch.setattr(input_output, "IDLE", 0.78)
    assert input_output.court(3, 1, 10.0, 40.0, blocking) == "refutes"
    monkeypatch.setattr(input_output, "BUSY", 0.82)
    assert input_output.court(3, 1, 10.0, 40.0, blocking) == "supports"


def test_nothing_is_made_of_nonsense() -> None:
    for make, name in ((buffer_log, "requests"), (cluster, "users")):
        with pytest.raises(ValueError, match=f"{name} is 0"):
            make(0, 1)
    with pytest.raises(ValueError, match="kind is 'wet'"):
        day("wet", 1)
    with pytest.raises(ValueError, match="chain is 5"):
        job(1, tasks=4, chain=5)
