"""The logs of the exercise on failures hold what its text says."""

from __future__ import annotations

import pytest

from labsupport.exercises.failures import CALLS, FIELDS, log_of, request_log, trace_log


def test_one_pair_fails_and_a_rare_one_by_chance() -> None:
    log = request_log(6_000, seed=3)
    assert log.equals(request_log(6_000, seed=3))
    assert not log.equals(request_log(6_000, seed=4))
    assert list(log.columns) == [*FIELDS, "status"]
    failed = log["status"] >= 500
    assert 0.01 < failed.mean() < 0.06
    rare = log["version"] == "2.6-test"
    assert (rare.sum(), failed[rare].sum()) == (4, 3)


def test_a_log_by_hand() -> None:
    log = log_of([("1", "a", 3, 2), ("2", "b", 1, 0)])
    assert log["status"].tolist() == [500, 500, 200, 200]


def test_traces_begin_at_the_web_and_errors_come_from_somewhere() -> None:
    lines = trace_log(100, seed=1)
    assert lines == trace_log(100, seed=1)
    assert {line["trace"] for line in lines} == set(range(100))
    assert sum(line["service"] == "web" for line in lines) == 100
    for line in lines:
        assert set(line["asked"]) <= set(CALLS.get(line["service"], ()))
    broken = {(line["trace"], line["service"]) for line in lines if line["error"]}
    caught = [line for line in lines if not line["error"] and any((line["trace"], other) in broken for other in line["asked"])]
    assert broken
    assert caught  # else a service that asked a broken one would always be broken, too


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="requests is 999"):
        request_log(999, seed=1)
    with pytest.raises(ValueError, match="traces is 0"):
        trace_log(0, seed=1)
