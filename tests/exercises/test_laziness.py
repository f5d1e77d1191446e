"""The exercises on laziness and memoisation: streams that are watched, and the data that they make."""

from __future__ import annotations

import itertools

import pytest

from labsupport.exercises import NotYet, fingerprint
from labsupport.exercises.laziness import pipeline_steps, roads, watched


@pytest.mark.parametrize("make", [lambda seed: pipeline_steps(4, seed), lambda seed: roads(9, seed)])
def test_data_are_the_same_for_the_same_seed_and_other_for_another(make):
    assert fingerprint(make(7)) == fingerprint(make(7)) != fingerprint(make(8))


def test_a_watched_stream_counts_what_is_read_and_nothing_else():
    reads = [0]
    stream = watched(itertools.count(), reads, most=5)
    assert reads == [0]
    assert list(itertools.islice(stream, 5)) == [0, 1, 2, 3, 4]
    assert reads == [5]
    with pytest.raises(NotYet, match="has read 5 items of a stream, and goes on"):
        next(stream)


def test_some_steps_let_everything_pass():
    shares = [step["passes"] for seed in range(30) for step in pipeline_steps(6, seed)]
    assert 0 < min(shares) < 0.1
    assert 0.02 < shares.count(1.0) / len(shares) < 0.3


def test_roads_lead_forward_only_and_some_detours_are_faster():
    towns = [f"town {n}" for n in range(40)]
    made = roads(40, 3)
    assert list(made) == towns
    assert all(towns.index(there) > towns.index(here) for here, ahead in made.items() for there, _ in ahead)
    assert all(made[town] for town in towns[:-1])


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: pipeline_steps(0, 1), "steps"),
        (lambda: pipeline_steps(21, 1), "steps"),
        (lambda: roads(0, 1), "towns"),
        (lambda: roads(1, -1), "seed"),
    ],
)
def test_no_data_from_nonsense(call, name):
    with pytest.raises(ValueError, match=name):
        call()
