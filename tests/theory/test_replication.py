"""Theory of replication: against linear equations and against counting, and bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from labsupport import theory


@pytest.mark.parametrize("copies", [1, 2, 3, 6])
def test_data_loss_is_the_absorption_time_of_the_chain(copies):
    failure, repair = 1 / 7.0, 1 / 2.0
    rates = np.zeros((copies, copies + 1))
    for lost in range(copies):
        rates[lost, lost + 1] = (copies - lost) * failure
        if lost:
            rates[lost, lost - 1] = lost * repair
    generator = rates[:, :copies] - np.diag(rates.sum(axis=1))
    times = np.linalg.solve(generator, -np.ones(copies))
    assert theory.mean_time_to_data_loss(copies, 7.0, 2.0) == pytest.approx(times[0])


def test_data_loss_broadcasts_and_may_be_beyond_all_numbers():
    table = theory.mean_time_to_data_loss([[1], [2]], [1.0, 2.0], 1.0)
    assert table == pytest.approx(np.array([[1.0, 2.0], [2.0, 5.0]]))
    assert theory.mean_time_to_data_loss(1_000, 1e6, 1.0) == np.inf


@pytest.mark.parametrize(("nodes", "read", "write"), [(n, r, w) for n in (1, 3, 5) for r in range(1, n + 1) for w in range(1, n + 1)])
def test_missed_quorums_by_counting(nodes, read, write):
    written = set(range(write))
    draws = [not written & set(draw) for draw in itertools.combinations(range(nodes), read)]
    assert theory.missed_quorum_probability(nodes, read, write) == pytest.approx(np.mean(draws))
    assert (theory.missed_quorum_probability(nodes, read, write) == 0) == (read + write > nodes)


@pytest.mark.parametrize(
    ("function", "arguments", "words"),
    [
        (theory.mean_time_to_data_loss, (0, 1, 1), "copies is 0"),
        (theory.mean_time_to_data_loss, (1_001, 1, 1), "copies is 1001"),
        (theory.mean_time_to_data_loss, (2, 0, 1), "uptime is 0"),
        (theory.mean_time_to_data_loss, (2, 1, -1), "repair is -1"),
        (theory.missed_quorum_probability, (0, 1, 1), "nodes is 0"),
        (theory.missed_quorum_probability, (3, 4, 1), "read_quorum is 4, but must be at most nodes, which is 3"),
        (theory.missed_quorum_probability, (3, 1, 4), "write_quorum is 4, but must be at most nodes, which is 3"),
    ],
)
def test_bad_input_is_named(function, arguments, words):
    with pytest.raises(ValueError, match=words):
        function(*arguments)
