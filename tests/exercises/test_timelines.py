"""The exercises on timelines: people and lists of their kind, a count of what shards do, and a court that sees who waits."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.exercises import NotYet, fingerprint, timelines
from labsupport.exercises.timelines import KINDS, court, gain, lists, loads, people, shared


@pytest.mark.parametrize("kind", KINDS)
def test_people_are_the_same_for_the_same_seed_and_others_for_another(kind: str) -> None:
    assert fingerprint(people(kind, 50, 1)) == fingerprint(people(kind, 50, 1)) != fingerprint(people(kind, 50, 2))


def test_people_are_of_their_kind() -> None:
    for kind, sign in zip(KINDS, (1, 0, -1), strict=True):
        made = np.array(people(kind, 3_000, 3))
        tie = np.corrcoef(np.log(made[:, 0] + 1), made[:, 1])[0, 1]
        assert np.sign(round(tie)) == sign or abs(tie) > 0.3 * abs(sign)
        assert sign == np.sign(tie) if sign else abs(tie) < 0.1


@pytest.mark.parametrize("count", [2, 3, 10_000])
def test_there_are_as_many_people_as_asked_for(count: int) -> None:
    made = people("busy", count, 1)
    assert len(made) == count
    assert all(0 <= followers < count and posts >= 0 for followers, posts in made)


@pytest.mark.parametrize("count", [1, 2, 500, 10_000])
def test_a_few_lists_are_read_by_nearly_everybody_and_written_seldom(count: int) -> None:
    made = lists(count, 4)
    assert fingerprint(made) == fingerprint(lists(count, 4)) != fingerprint(lists(count, 5))
    assert len(made) == count
    reads, writes = max(made)
    assert reads >= np.median([each for each, _ in made])
    if count >= 500:
        assert writes < 0.02 * reads


def test_each_copy_shares_the_reads_and_repeats_the_writes() -> None:
    assert loads([(6.0, 1.0), (2.0, 2.0)], [[0, 1, 2], [2]], 4) == [3.0, 3.0, 7.0, 0.0]
    assert shared([(8.0, 0.0)], [[0, 1]], 2) == "shared"
    with pytest.raises(NotYet, match=r"the busiest does 2\.00 times a fair part"):
        shared([(8.0, 0.0)], [[0]], 2)


@pytest.mark.parametrize(
    ("places", "words"),
    [([[0]], "each of 2 lists"), ({0: [0]}, "each of 2 lists"), ([[0], []], "list 1 lies on"), ([[1, 1], [0]], "list 0 lies on"), ([0, 1], "list 0")],
)
def test_places_that_are_none_are_explained(places: object, words: str) -> None:
    with pytest.raises(NotYet, match=words):
        loads([(1.0, 1.0), (1.0, 1.0)], places, 2)


def test_a_shard_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="shard is 2"):
        loads([(1.0, 1.0)], [[2]], 2)
    with pytest.raises(TypeError, match="shard is '0'"):
        loads([(1.0, 1.0)], [["0"]], 2)


def test_the_median_reader_of_a_quiet_day_gains_nothing_and_the_last_of_a_busy_one_a_lot() -> None:
    assert gain(3, 0.1, shards=4, cache=0, percentile=50) == pytest.approx(1)
    assert gain(3, 0.8, shards=4, cache=0, percentile=95) > 50
    # without a queue, who reads still waits behind whoever posts
    assert gain(3, 0.8, shards=4, cache=0, percentile=95, queued=False) < gain(3, 0.8, shards=4, cache=0, percentile=95) / 5
    # a cache that holds the list answers in a tenth of the time, whatever the load
    assert gain(3, 0.1, shards=4, cache=1_000, percentile=50) == pytest.approx(timelines.FETCH / timelines.HIT)


def test_the_court_hears_and_sends_away_who_says_little() -> None:
    assert court(1, 0.1, 4, 0, 50) == "refutes"
    assert court(1, 0.8, 4, 0, 95) == "supports"
    with pytest.raises(NotYet, match=r"at the 50th percentile timelines load 1\.98"):
        court(1, 0.5, 4, 100, 50)
