"""The data of the exercises on load tests are what their texts say, and the court on throughput sees what it should."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.benchmarking import STUDENT, court, log_of, served_log, stalled_log, version_runs
from labsupport.exercises.trials import hear
from labsupport.simulators import estimates


def test_a_log_is_that_of_a_queue_with_its_workers() -> None:
    log = served_log(30, rate=20.0, workers=3, seed=5)
    assert (log["arrival"] <= log["begin"]).all()
    assert (log["begin"] <= log["end"]).all()
    assert log["arrival"].is_monotonic_increasing
    assert log["end"].min() > 0
    assert log["arrival"].min() < 0
    assert log["arrival"].max() < 30
    for moment in np.arange(0.5, 30, 0.5):
        assert ((log["begin"] < moment - 0.001) & (log["end"] > moment + 0.001)).sum() <= 3
    assert set(log["status"]) == {200, 503}
    assert log.equals(served_log(30, rate=20.0, workers=3, seed=5))
    assert not log.equals(served_log(30, rate=20.0, workers=3, seed=6))


def test_a_log_by_hand_may_be_empty() -> None:
    assert list(log_of([]).columns) == list(served_log(1, 5.0, 1, 1).columns)


def test_a_tester_waits_for_each_answer_and_is_never_early() -> None:
    log = stalled_log(10.0, 2_000, seed=3)
    for number, ((sent, took), (following, _)) in enumerate(pairwise(log), 1):
        assert took > 0
        assert following == pytest.approx(max(sent + took, number * 10), abs=0.051)
    assert max(took for _, took in log) > 100


def test_the_new_version_has_colder_caches_and_is_as_much_faster_as_was_asked_for() -> None:
    runs = version_runs(200, faster=10, seed=2)
    old, new = (np.array(runs[version]) for version in ("old", "new"))
    assert new[:, 40:].mean() / old[:, 40:].mean() == pytest.approx(0.9, abs=0.01)
    assert new[:, :10].mean() > old[:, :10].mean()
    days = np.corrcoef(old[:, 40:].mean(axis=1), new[:, 40:].mean(axis=1))[0, 1]
    assert days > 0.9


def test_the_table_holds_student_s_percentiles() -> None:
    """The estimates of the simulators find them by integration."""
    for freedom in (9, 11, 20, 30):
        values = np.random.default_rng(freedom).normal(10, size=freedom + 1)
        estimate = estimates.mean(np.repeat(values, 2), batches=freedom + 1)
        reach = STUDENT[freedom] * values.std(ddof=1) / np.sqrt(freedom + 1)
        assert estimate.half_width == pytest.approx(reach, rel=5e-4)


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        ({"rate": 10, "servers": 1, "patience": 10}, "refutes"),
        ({"rate": 105, "servers": 1, "patience": 10}, "supports"),
        ({"rate": 2_200, "servers": 20, "patience": 10}, "supports"),
        ({"rate": 400, "servers": 1, "patience": 0.5}, "refutes"),
    ],
)
def test_the_court_on_throughput(settings, verdict) -> None:
    assert [hear("throughput", settings, day) for day in range(3)] == [verdict] * 3
    assert court(1, **settings) == verdict


def test_a_witness_that_says_too_little() -> None:
    with pytest.raises(NotYet, match=r"the throughput is 7\d % of what the servers can do"):
        hear("throughput", {"rate": 75, "servers": 1, "patience": 10}, 1)
    with pytest.raises(ValueError, match="rate is 0"):
        hear("throughput", {"rate": 0, "servers": 1, "patience": 10}, 1)
