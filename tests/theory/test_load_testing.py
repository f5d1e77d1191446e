"""Closed loops: the exact throughput against mean-value analysis, its bounds, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory


@pytest.mark.parametrize("think", [0.0, 1.0, 19.0])
def test_one_server_is_what_mean_value_analysis_says(think) -> None:
    queue = 0.0
    for users in range(1, 200):  # Reiser, Lavenberg 1980
        response = 1.0 + queue
        throughput = users / (think + response)
        queue = throughput * response
        assert theory.closed_throughput(users, think, 1.0) == pytest.approx(throughput, rel=1e-9)


def test_it_stays_below_its_bounds_and_nears_them() -> None:
    users = np.array([1, 10, 40, 100, 10_000])
    exact, bound = theory.closed_throughput(users, 9.0, 1.0, 4), theory.closed_throughput_bound(users, 9.0, 1.0, 4)
    assert (exact <= bound * (1 + 1e-12)).all()
    assert exact[[0, -1]] == pytest.approx(bound[[0, -1]])
    assert theory.closed_throughput_bound(int(theory.saturation_point(9.0, 1.0, 4)), 9.0, 1.0, 4) == 4


def test_more_than_so_few_can_send_is_refused() -> None:
    with pytest.raises(ValueError, match="throughput is 2"):
        theory.interactive_response_time(1, 2.0, 1.0)
