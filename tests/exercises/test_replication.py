"""The exercise on copies and quorums: what customers ask for."""

from __future__ import annotations

import pytest

from labsupport.exercises.replication import order


def test_customers_differ_and_come_again_as_they_were() -> None:
    assert order(1) == order(1) != order(2)
    assert len({tuple(order(seed).items()) for seed in range(50)}) > 40
    for seed in range(50):
        asked = order(seed)
        assert 1 <= asked["zones"] <= 4
        assert all(0 <= asked[name] <= 1 for name in asked if name != "zones")
    with pytest.raises(ValueError, match="seed is -1"):
        order(-1)
