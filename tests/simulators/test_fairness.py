"""Fairness: the published examples, and what dominant resource fairness promises."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators.fairness import share

users = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)).filter(any), min_size=1, max_size=5)
weights = st.lists(st.sampled_from([0.5, 1.0, 3.0]), min_size=5, max_size=5)
CAPACITY = [40.0, 60.0, 100.0]


def test_the_papers_example():
    # Ghodsi et al. 2011, section 4.1: 3 tasks of A and 2 of B, each with a dominant share of 2/3
    for divisible in (False, True):
        result = share([9, 18], [[1, 4], [3, 1]], divisible=divisible)
        assert result.tasks == pytest.approx([3, 2])
        assert result.dominant == pytest.approx([2 / 3, 2 / 3])
        assert result.used == pytest.approx([1, 14 / 18])
        assert result.saturated.all()


def test_weights_are_dues():
    result = share([9, 18], [[1, 4], [3, 1]], weights=[2, 1], divisible=True)
    # tasks a and b with 4a/18 = 2 · 3b/9 and a resource used up: 3b + a = 9 or 4a + b = 18
    assert result.dominant[0] == pytest.approx(2 * result.dominant[1])
    assert result.tasks == pytest.approx([54 / 13, 18 / 13])
    assert share([10], [[1], [1]], weights=[3, 2]).tasks.tolist() == [6, 4]


def test_one_resource_alone_is_shared_as_schedulers_for_one_do():
    result = share([90, 180], [[1, 4], [3, 1]], only=0)
    assert np.bincount(result.order[:40]).tolist() == [30, 10]  # until memory is short, one CPU each in turn
    assert result.dominant[0] > 1.5 * result.dominant[1]


@given(demands=users, entitled=weights)
def test_divisible_shares_are_what_the_paper_proves(demands, entitled):
    entitled = entitled[: len(demands)]
    result = share(CAPACITY, demands, weights=entitled, divisible=True)
    assert (result.used <= 1 + 1e-9).all()
    assert result.saturated.all()  # Pareto: nobody can have more unless somebody has less
    due = np.array(entitled) / sum(entitled)
    assert (result.dominant >= due - 1e-9).all()  # sharing incentive: no worse than with a part of everything
    for one in range(len(demands)):
        assert not any(result.envies(one, other) for other in range(len(demands)))


@given(demands=users, lie=st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)).filter(any))
def test_who_asks_for_what_it_does_not_need_runs_no_more(demands, lie):
    honest, lying = share(CAPACITY, demands, divisible=True), share(CAPACITY, [lie, *demands[1:]], divisible=True)
    got = lying.tasks[0] * np.array(lie, dtype=float)
    need = np.array(demands[0], dtype=float)
    assert np.min(got[need > 0] / need[need > 0]) <= honest.tasks[0] * (1 + 1e-6)


@given(demands=users, entitled=weights)
def test_whole_tasks_are_granted_to_whoever_has_least(demands, entitled):
    entitled = np.array(entitled[: len(demands)])
    result = share(CAPACITY, demands, weights=entitled)
    shares = np.array(demands) / CAPACITY
    tasks, free, out = np.zeros(len(demands)), np.ones(3), set()
    for user in result.order:  # one after the other, by the rule in words
        while True:
            least = min((u for u in range(len(demands)) if u not in out), key=lambda u: (round(tasks[u] * shares[u].max() / entitled[u], 9), u))
            if (shares[least] <= free + 1e-9).all():
                break
            out.add(least)
        assert user == least
        tasks[user] += 1
        free -= shares[user]
    assert (free >= -1e-9).all()
    assert result.saturated.all()
    assert (tasks == result.tasks).all()
    parts = share(CAPACITY, demands, weights=entitled, divisible=True)
    assert result.used.max() <= 1 + 1e-9
    assert (share(10 * np.array(CAPACITY), 10 * np.array(demands), weights=entitled).tasks == result.tasks).all()
    assert (parts.tasks[: len(demands) == 1] + 1e-9 >= result.tasks[: len(demands) == 1]).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"capacity": [0, 1]}, "capacity holds the amount 0.0"),
        ({"demands": [[1]]}, "demands has shape (1, 1)"),
        ({"demands": [[1, -1]]}, "demands holds the amount -1.0"),
        ({"demands": [[1, 1], [0, 0]]}, "demands holds only zeros for user 1"),
        ({"weights": [1, 2]}, "weights holds 2 numbers"),
        ({"weights": [0]}, "weights holds the weight 0.0"),
        ({"only": 2}, "only is 2"),
        ({"only": 0, "divisible": True}, "only is 0, but with divisible tasks"),
    ],
)
def test_bad_input_is_named(arguments, words):
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        share(**{"capacity": [4, 4], "demands": [[1, 1]]} | arguments)
