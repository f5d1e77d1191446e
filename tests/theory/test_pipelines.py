"""Bounds and means of pipelines."""

from __future__ import annotations

import pytest

from labsupport import theory


def test_the_slowest_stage_bounds_the_throughput():
    assert theory.bottleneck_throughput([2.0], [1]) == 0.5
    assert theory.bottleneck_throughput([2.0, 1.0], [4, 1]) == 1.0
    assert theory.bottleneck_throughput([0.0], [1]) == float("inf")


def test_idle_stages_take_their_service_times_and_busy_ones_without_end():
    assert theory.pipeline_mean_response(0, [1, 2, 3], [1, 1, 1]) == 6
    assert theory.pipeline_mean_response(0.5, [1.0], [1]) == pytest.approx(2.0)
    with pytest.raises(ValueError, match="1"):
        theory.pipeline_mean_response(1.0, [1.0, 0.5], [1, 1])


@pytest.mark.parametrize("function", [theory.bottleneck_throughput, lambda times, teams: theory.pipeline_mean_response(0.1, times, teams)])
@pytest.mark.parametrize(
    ("times", "teams", "message"),
    [([1, 2], [1], "one for each stage"), ([], [], "mean_services is empty"), ([-1], [1], "mean_services"), ([1], [0], "workers")],
)
def test_bad_input_is_named(function, times, teams, message):
    with pytest.raises(ValueError, match=message):
        function(times, teams)
