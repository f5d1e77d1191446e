"""The exercises on latency and load: the data that they make."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.exercises import fingerprint
from labsupport.exercises.queueing import QUEUES, RESOURCES, cluster_samples, cluster_table, histogram, readings, request_log, response_log, tender


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: cluster_samples(3, seed),
        lambda seed: request_log(30, 4.0, 5.0, seed),
        lambda seed: readings(5, seed),
        lambda seed: cluster_table(4, seed),
        tender,
        *(lambda seed, queue=queue: response_log(queue, 50, 0.8, seed) for queue in QUEUES),
    ],
)
def test_data_are_the_same_for_the_same_seed_and_other_for_another(make):
    assert fingerprint(make(7)) == fingerprint(make(7)) != fingerprint(make(8))


def test_a_histogram_counts_every_time_once():
    times = cluster_samples(1, 3)[0]
    counts = histogram(times, [5, 20, 80])
    assert sum(counts) == len(times)
    assert np.cumsum(counts)[:3].tolist() == [sum(time <= bound for time in times) for bound in (5, 20, 80)]


def test_a_log_is_cut_off_at_both_ends_and_agrees_with_little():
    """600 s with 8 requests a second that stay 5 s: 40 present, with a standard error of 0.82 (correlated over 5 s)."""
    log = request_log(600, 8.0, 5.0, seed=3)
    assert all(came is None or 0 <= came < 600 for came, _ in log)
    assert all(left is None or 0 < left < 600 for _, left in log)
    spent = sum((600 if left is None else left) - (came or 0) for came, left in log)
    assert spent / 600 == pytest.approx(40, abs=4 * 0.82)
    assert 15 < sum(came is None for came, _ in log) < 65  # Poisson with a mean of 40: four standard deviations
    assert 15 < sum(left is None for _, left in log) < 65


def test_some_dials_fit_and_some_do_not():
    off = [abs(one["present"] * 1_000 / (one["rate"] * one["response"]) - 1) for one in readings(200, 5)]
    assert {share < 0.06 or share > 0.2 for share in off} == {True}  # nothing near the tenth that decides
    assert 50 < sum(share > 0.2 for share in off) < 150


def test_in_a_table_memory_is_used_most_and_hardly_grows():
    table = cluster_table(50, 6)
    assert [row[1] for row in table] == [*RESOURCES] * 50
    growth = {name: np.mean([(row[4] - row[3]) / row[2] for row in table if row[1] == name]) for name in RESOURCES}
    used = {name: np.mean([row[3] / row[2] for row in table if row[1] == name]) for name in RESOURCES}
    assert growth["memory"] < 0.03 < min(growth[name] for name in ("cpu", "disk", "network"))
    assert max(used, key=used.get) == "memory"


def test_the_three_queues_have_as_much_to_do():
    """Same arrivals, and the same work in total: the last to leave differ by little."""
    logs = {queue: np.array(response_log(queue, 2_000, 0.8, seed=2)) for queue in QUEUES}
    assert np.array_equal(logs["one"][:, 0], logs["sharing"][:, 0])
    assert np.array_equal(logs["one"][:, 0], logs["four"][:, 0])
    assert logs["one"][:, 1].max() == pytest.approx(logs["sharing"][:, 1].max(), abs=1e-4)  # both work whenever there is work
    assert np.all(np.diff(logs["one"][:, 1]) > 0)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: cluster_samples(0, 1), "nodes"),
        (lambda: histogram([1], [5, 5]), "bounds"),
        (lambda: histogram([-1], [5]), "times"),
        (lambda: request_log(0, 1.0, 1.0, 1), "seconds"),
        (lambda: request_log(5, 0, 1.0, 1), "rate"),
        (lambda: request_log(5, 1.0, 0, 1), "response"),
        (lambda: readings(0, 1), "servers"),
        (lambda: cluster_table(0, 1), "nodes"),
        (lambda: tender(-1), "seed"),
        (lambda: response_log("two", 5, 0.5, 1), "queue"),
        (lambda: response_log("one", 5, 0, 1), "load"),
    ],
)
def test_no_data_from_nonsense(call, name):
    with pytest.raises(ValueError, match=name):
        call()
