"""The exercise on schedules: the jobs that it makes, the referee who replays them, and the court on dynamic balancing."""

from __future__ import annotations

import pytest

from labsupport.exercises import NotYet, fingerprint, scheduling
from labsupport.exercises.scheduling import job, longest_way, replayed, under_the_bound
from labsupport.exercises.trials import hear

CHAIN = [{"release": 1, "length": 4, "after": []}, {"release": 0, "length": 2, "after": [0]}, {"release": 0, "length": 3, "after": []}]


def test_jobs_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    assert fingerprint(job(1, chain=5)) == fingerprint(job(1, chain=5)) != fingerprint(job(2, chain=5))


@pytest.mark.parametrize("seed", range(5))
def test_tasks_wait_for_earlier_ones_and_the_last_are_a_chain(seed: int) -> None:
    tasks = job(seed, tasks=40, chain=9)
    assert all(all(earlier < number for earlier in task["after"]) for number, task in enumerate(tasks))
    assert [task["after"] for task in tasks[-9:]] == [[], *([number] for number in range(31, 39))]


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
    ("settings", "verdict"),
    [({"workers": 10, "load": 0.9, "age": 0.0}, "supports"), ({"workers": 10, "load": 0.6, "age": 30.0}, "refutes")],
)
def test_the_court_hears_witnesses(settings, verdict) -> None:
    assert hear("dynamic balancing", settings, 1) == hear("dynamic balancing", settings, 1) == verdict


def test_the_court_sends_away_who_says_too_little() -> None:
    with pytest.raises(NotYet, match="times as long as if dealt out in turn"):
        scheduling.court(1, 10, 0.9, 1.0)


def test_nothing_is_made_of_nonsense() -> None:
    with pytest.raises(ValueError, match="chain is 5"):
        job(1, tasks=4, chain=5)
