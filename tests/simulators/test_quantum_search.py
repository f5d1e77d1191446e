"""Grover's algorithm against its closed form, against matrices, and against what must hold of any state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators.quantum_search import search


@st.composite
def searches(draw):
    qubits = draw(st.integers(1, 7))
    wanted = draw(st.lists(st.integers(0, 2**qubits - 1), min_size=1, max_size=2**qubits, unique=True))
    return qubits, wanted


@given(searches(), st.integers(0, 30))
def test_it_succeeds_as_often_as_the_closed_form_says(case, iterations):
    qubits, wanted = case
    found = search(qubits, wanted, iterations)
    expected = theory.grover_success(2**qubits, np.arange(iterations + 1), len(wanted))
    np.testing.assert_allclose(found.success, expected, atol=1e-9)
    np.testing.assert_allclose((found.amplitudes**2).sum(axis=1), 1)
    np.testing.assert_array_equal(np.abs(found.turned), np.abs(found.amplitudes[:-1]))


@given(searches())
def test_an_iteration_is_the_product_of_two_reflections(case):
    qubits, wanted = case
    items = 2**qubits
    oracle, even = np.eye(items), np.full(items, items**-0.5)
    oracle[wanted, wanted] = -1
    step = (2 * np.outer(even, even) - np.eye(items)) @ oracle
    found = search(qubits, wanted, 3)
    for iteration in range(4):
        np.testing.assert_allclose(found.amplitudes[iteration], np.linalg.matrix_power(step, iteration) @ even, atol=1e-12)


def test_a_gate_at_a_time_comes_to_the_same():
    """The same search with the gates of a circuit: Hadamard on every qubit, an oracle, and a reflection at zero."""
    qubits, wanted = 4, 11
    gate = np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2)
    every = gate
    for _ in range(qubits - 1):
        every = np.kron(every, gate)
    state = every[:, 0]
    for _ in range(3):
        state = state.copy()
        state[wanted] *= -1
        state = every @ state
        state[1:] *= -1
        state = every @ state
    np.testing.assert_allclose(search(qubits, [wanted], 3).amplitudes[3], state, atol=1e-12)


@given(st.integers(1, 3_000), st.integers(1, 3_000))
def test_the_best_moment_is_the_best_until_the_state_has_turned_past_its_goal(items, wanted):
    wanted = min(items, wanted)
    angle = np.arcsin(np.sqrt(wanted / items))
    past = int(np.ceil(np.pi / 4 / angle - 0.5 - 1e-9))
    chances = np.asarray(theory.grover_success(items, np.arange(past + 1), wanted))
    assert chances[int(theory.grover_iterations(items, wanted))] == pytest.approx(chances.max())


def test_looks_one_by_one_are_counted():
    generator = np.random.default_rng(3)
    for items, wanted in ((10, 1), (20, 4), (5, 5)):
        looks = [np.flatnonzero(generator.permutation(items) < wanted)[0] + 1 for _ in range(20_000)]
        assert np.mean(looks) == pytest.approx(theory.expected_lookups(items, wanted), rel=0.02)


@pytest.mark.parametrize("fault", [0.0, 0.05, 1.0])
def test_measurements_find_as_often_as_theory_says(fault):
    found, shots = search(6, [7, 40], 12), 40_000
    expected = theory.grover_success(64, np.arange(13), 2, fault)
    np.testing.assert_allclose(found.tally(shots, fault, seed=1) / shots, expected, atol=4 * 0.5 / np.sqrt(shots))


def test_a_measurement_finds_each_item_with_its_square():
    found, shots = search(3, [5], 1), 50_000
    counts = np.bincount(found.measure(1, shots, seed=2), minlength=8)
    np.testing.assert_allclose(counts / shots, found.amplitudes[1] ** 2, atol=0.01)
    np.testing.assert_array_equal(found.measure(1, 20, seed=2), found.measure(1, 20, seed=2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: search(25, [0], 1), "qubits is 25, but must be a whole number from 1 to 24"),
        (lambda: search(2, [4], 1), "wanted holds the item 4, but each must be a whole number from 0 to 3"),
        (lambda: search(2, [1, 1], 1), "wanted holds the item 1 twice"),
        (lambda: search(2, [1], -1), "iterations is -1"),
        (lambda: search(2, [1], 1).measure(2, 1), "iteration is 2, but must be a whole number from 0 to 1"),
        (lambda: search(2, [1], 1).tally(1, fault=2), "fault is 2, but must be a finite number from 0 to 1"),
        (lambda: theory.grover_success(4, 1, wanted=5), "wanted is 5, but must be at most the number of items, 4"),
        (lambda: theory.grover_iterations(0), "items is 0"),
        (lambda: theory.expected_lookups([3, 2], [1, 3]), "wanted is 3, but must be at most the number of items, 2"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
