"""The contract that every balancing policy keeps, and what sets each of them apart."""

from __future__ import annotations

import pytest

from labsupport.simulators.balancing import POLICIES, simulate


@pytest.mark.parametrize("policy", POLICIES)
def test_one_server_is_a_queue(policy):
    result = simulate(policy, [0, 1, 2, 10], [3, 3, 1, 1], speeds=[2])
    assert result.servers.tolist() == [0, 0, 0, 0]
    assert result.responses.tolist() == [1.5, 2, 1.5, 0.5]
    assert result.found.tolist() == [0, 1, 1, 0]
