"""The exercise on batches: jobs and bursts."""

from __future__ import annotations

from itertools import pairwise

import pytest

from labsupport.exercises import fingerprint
from labsupport.exercises.batching import bursts, job


@pytest.mark.parametrize("make", [job, lambda seed: bursts(20, seed)])
def test_data_are_the_same_for_the_same_seed_and_other_for_another(make):
    assert fingerprint(make(7)) == fingerprint(make(7)) != fingerprint(make(8))


def test_most_jobs_can_be_done_within_the_limit_but_not_one_by_one():
    jobs = [job(seed) for seed in range(200)]

    def can(work, sizes):
        return any(
            (takes := work["fixed"] + size * work["each"]) <= size / work["rate"] and takes + (size - 1) / work["rate"] <= work["limit"]
            for size in sizes
        )

    assert 100 < sum(can(work, range(1, 200)) for work in jobs) < 200
    assert sum(can(work, [1]) for work in jobs) < 40
    assert all(work["each"] > 0 for work in jobs)


def test_some_items_come_at_once_and_others_after_a_pause():
    arrivals = bursts(300, 1)
    gaps = [after - before for before, after in pairwise(arrivals)]
    assert min(gaps) == 0
    assert gaps.count(0) > 30
    assert max(gaps) > 40


@pytest.mark.parametrize(("call", "name"), [(lambda: job(-1), "seed"), (lambda: bursts(0, 1), "items")])
def test_no_data_from_nonsense(call, name):
    with pytest.raises(ValueError, match=name):
        call()
