"""Batching theory: its ends, its optimum, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labsupport import theory


def test_larger_batches_can_do_more_up_to_a_limit() -> None:
    most = np.asarray(theory.batch_throughput(np.arange(1, 1_000), 0.02, 0.002))
    assert most[0] == pytest.approx(1 / 0.022)
    assert np.all(np.diff(most) > 0)
    assert most[-1] < 500
    assert theory.batch_throughput(7, 0.0, 0.5) == pytest.approx(2)


def test_of_batches_that_keep_up_larger_ones_are_later() -> None:
    latencies = np.asarray(theory.batch_mean_latency(100, np.arange(3, 200), 0.02, 0.002))
    assert np.all(np.diff(latencies) > 0)
    assert theory.batch_mean_latency(1e-9, 1, 0.02, 0.002) == pytest.approx(0.022)
    assert theory.batch_mean_latency(100, 2, 0.0, 0.01) == pytest.approx(0.025)  # just keeping up is enough


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.batch_mean_latency(100, 2, 0.02, 0.002), "asked for 1.2 times what it can do"),
        (lambda: theory.batch_throughput(0, 1, 1), "batch is 0"),
        (lambda: theory.batch_throughput(1, 0, 0), "must take some time"),
        (lambda: theory.batch_mean_latency(0, 1, 1, 1), "rate is 0"),
    ],
)
def test_bad_input_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
