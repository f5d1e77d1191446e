"""Packing: against the best of all packings, and a slow second program."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators.packing import POLICIES, fewest_nodes, pack

pods_of_two = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 18)), min_size=1, max_size=7)


def fewest(pods, capacity):
    """The fewest nodes of all packings: each pod is tried on every node that is in use, and on one more."""

    def place(index, nodes, best):
        if len(nodes) >= best:
            return best
        if index == len(pods):
            return len(nodes)
        for number, free in enumerate(nodes):
            left = free - pods[index]
            if (left >= 0).all():
                best = place(index + 1, [*nodes[:number], left, *nodes[number + 1 :]], best)
        return place(index + 1, [*nodes, capacity - pods[index]], best)

    return place(0, [], len(pods) + 1)


def slowly(policy, pods, capacity):
    """The same with a list of what is free, and the rule said in words."""
    free, nodes = [], [0] * len(pods)
    shares = pods / capacity
    order = sorted(range(len(pods)), key=lambda pod: -max(shares[pod])) if "decreasing" in policy else range(len(pods))
    for pod in order:
        room = [node for node in range(len(free)) if (free[node] - shares[pod] >= -1e-9).all()]
        if policy == "next_fit":
            room = [node for node in room if node == len(free) - 1]
        if not room:
            free.append(np.ones(len(capacity)))
            room = [len(free) - 1]
        fullness = {node: round(float(free[node].sum()), 6) for node in room}
        rule = policy.removesuffix("_decreasing")
        chosen = min(room, key=fullness.get) if rule == "best_fit" else max(room, key=fullness.get) if rule == "worst_fit" else room[0]
        free[chosen] = free[chosen] - shares[pod]
        nodes[pod] = chosen
    return nodes


@given(pods=pods_of_two)
def test_no_rule_beats_the_best_and_the_bound_holds(pods):
    pods, capacity = np.array(pods, dtype=float), np.array([9.0, 18.0])
    best = fewest(pods, capacity)
    assert fewest_nodes(pods, capacity) <= best
    for policy in POLICIES:
        result = pack(policy, pods, capacity)
        assert result.node_count >= best
        assert (result.used <= capacity).all()
        assert result.used.sum(axis=0) == pytest.approx(pods.sum(axis=0))
        assert set(result.nodes) == set(range(result.node_count))


@given(sizes=st.lists(st.integers(1, 20), min_size=1, max_size=8))
def test_large_ones_first_are_never_far_off(sizes):
    # Dosa, "The tight bound of first fit decreasing bin-packing algorithm", 2007: 11/9 of the best, and 6/9
    best = fewest(np.array(sizes, dtype=float)[:, np.newaxis], np.array([20.0]))
    assert pack("first_fit_decreasing", sizes, 20).node_count <= 11 / 9 * best + 6 / 9
    assert pack("next_fit", sizes, 20).node_count <= 2 * best


@pytest.mark.parametrize("policy", POLICIES)
def test_agrees_with_a_slow_program_pod_by_pod(policy):
    pods = np.random.default_rng(6).integers(1, [10, 19], (80, 2)).astype(float)
    capacity = np.array([10.0, 20.0])
    assert pack(policy, pods, capacity).nodes.tolist() == slowly(policy, pods, capacity)


def test_what_is_stranded_is_free_beside_what_is_full():
    result = pack("first_fit", [[9, 6], [3, 18], [1, 1]], [10, 20])
    assert result.node_count == 2
    assert result.utilization == pytest.approx([13 / 20, 25 / 40])
    assert result.stranded == pytest.approx([0.7 / 2, (1 - 7 / 20) / 2])


def test_decimal_fractions_fill_a_node():
    assert pack("first_fit", [0.1] * 10, 1.0).node_count == fewest_nodes([0.1] * 10, 1.0) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tightest", [1], 2), "policy is 'tightest'"),
        (("first_fit", [], 2), "pods is empty"),
        (("first_fit", [3], 2), "pods holds [3.0] at index 0, but a node has no more than [2.0]"),
        (("first_fit", [-1], 2), "pods holds the amount -1.0"),
        (("first_fit", [[1, 2]], [2]), "pods has shape (1, 2)"),
        (("first_fit", [1], 0), "capacity holds the amount 0.0"),
    ],
)
def test_bad_input_is_named(arguments, words):
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        pack(*arguments)
