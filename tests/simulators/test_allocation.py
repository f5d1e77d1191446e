"""Allocation against a plain program, and what must hold of each policy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators.allocation import POLICIES, allocate
from labsupport.simulators.anomalies import LEARNING, PER_DAY, WEEK, record

DAY, SEVEN, BEGINNING = 2, 4, 9


def plain(policy, demand, lead, headroom, per_server, now):
    """What a policy orders for one sample, as its definition says it."""
    day = demand[now - lead + 1 - DAY : now - lead + 1]
    before = demand[now - lead + 1 - SEVEN - DAY : now - lead + 1 - SEVEN]
    expected = {
        "fixed": max(demand[:BEGINNING]),
        "reactive": demand[now - lead],
        "predictive": demand[now - SEVEN] * sum(day) / sum(before),
    }
    expected["larger"] = max(expected["reactive"], expected["predictive"])
    return max(1, math.ceil(expected[policy] * (1 + headroom) / per_server - 1e-9))


@given(
    st.sampled_from(POLICIES),
    st.lists(st.integers(1, 50), min_size=BEGINNING + 1, max_size=30),
    st.integers(1, DAY),
    st.sampled_from([0.0, 0.25, 1.0]),
    st.sampled_from([1.0, 8.0]),
)
def test_each_policy_orders_what_its_definition_says(policy, demand, lead, headroom, per_server):
    found = allocate(policy, demand, lead, headroom, per_server, day=DAY, week=SEVEN, learning=BEGINNING)
    expected = [plain(policy, demand, lead, headroom, per_server, now) for now in range(BEGINNING, len(demand))]
    assert found.servers.tolist() == expected
    done = [min(load, per_server * count) for load, count in zip(demand[BEGINNING:], expected, strict=True)]
    assert found.turned_away == pytest.approx(1 - sum(done) / sum(demand[BEGINNING:]), abs=1e-12)
    assert found.utilization == pytest.approx(sum(done) / (per_server * sum(expected)))


@pytest.mark.parametrize("policy", ["reactive", "predictive", "larger"])
def test_nothing_later_than_the_order_is_known(policy):
    demand, lead = record(weeks=4, seed=1).values.copy(), 4
    before = allocate(policy, demand, lead, 0.1, 100.0)
    demand[LEARNING + 200 :] *= 3
    after = allocate(policy, demand, lead, 0.1, 100.0)
    np.testing.assert_array_equal(before.servers[: 200 + lead], after.servers[: 200 + lead])


def test_a_load_that_repeats_itself_is_foreseen():
    week = np.tile(100 + np.abs(np.arange(PER_DAY) - 48.0), 7)
    demand = np.tile(week, 4)
    assert allocate("predictive", demand, 8, 0.0, 1.0).turned_away == 0
    assert allocate("reactive", demand, 8, 0.0, 1.0).turned_away > 0.01


def test_growth_is_foreseen_and_a_steady_rise_costs_the_reactive_its_lead():
    weekly = np.tile(np.tile(np.linspace(100, 200, PER_DAY), 7), 4) * 1.1 ** (np.arange(4 * WEEK) / WEEK)
    found = allocate("predictive", weekly, 4, 0.0, 0.01)
    np.testing.assert_allclose(found.expected, found.demand, rtol=0.002)
    line = 1_000 + np.arange(4.0 * WEEK)
    short = allocate("reactive", line, 10, 0.0, 1.0)
    assert short.turned_away == pytest.approx(10 / short.demand.mean(), rel=1e-6)


def test_the_larger_of_both_turns_away_least_and_surprises_hurt_prediction():
    calm, wild = (record(weeks=8, seed=3, size=0.8, per_week=per_week).values for per_week in (0, 7))
    away = {
        (policy, name): allocate(policy, demand, 4, 0.2, 100.0).turned_away
        for policy in POLICIES
        for name, demand in (("calm", calm), ("wild", wild))
    }
    assert away["predictive", "calm"] < away["reactive", "calm"]
    assert away["predictive", "wild"] > away["reactive", "wild"] > away["larger", "wild"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: allocate("both", np.ones(2_000), 1, 0, 1), "policy is 'both'"),
        (lambda: allocate("fixed", np.zeros(2_000), 1, 0, 1), "demand holds the load 0.0"),
        (lambda: allocate("fixed", np.ones(1_344), 1, 0, 1), "must hold more than the 1,344 of the beginning"),
        (lambda: allocate("fixed", np.ones(2_000), 0, 0, 1), "lead is 0, but must be a whole number from 1 to 96"),
        (lambda: allocate("fixed", np.ones(2_000), 1, -1, 1), "headroom is -1"),
        (lambda: allocate("fixed", np.ones(2_000), 1, 0, 0), "per_server is 0"),
        (lambda: allocate("fixed", np.ones(2_000), 1, 0, 1, learning=700), "learning is 700, but must be a whole number of at least 769"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
