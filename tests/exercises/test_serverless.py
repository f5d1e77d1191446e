"""The price lists are what their text says, and the court on demand sees what it should."""

from __future__ import annotations

import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.serverless import paying, prices
from labsupport.exercises.trials import hear

QUICK = {"before": 5.0, "after": 50.0, "cold_start": 0.2, "keep_alive": 600, "growth": 1_000}


def test_servers_are_worth_it_at_some_rate_and_not_at_every_later_one() -> None:
    """What a step of the servers costs lies near what functions cost for its load."""
    for seed in range(30):
        made = prices(seed)
        function, server = made["function"], made["server"]
        load = server["rate"] * server["percent"] / 100
        full = load * 3_600 * (function["ms"] / 1_000 * function["gigabytes"] * function["gb_second"] + function["million"] / 1e6)
        assert 0.65 < server["hour"] / full < 0.95
        assert made == prices(seed)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "supports"),
        ({"before": 1, "after": 100, "cold_start": 2}, "supports"),
        ({"before": 0.1, "after": 1, "cold_start": 2, "keep_alive": 10}, "refutes"),
        ({"before": 1, "after": 500, "cold_start": 10, "growth": 1}, "refutes"),
    ],
)
def test_the_court_on_demand(changes, verdict) -> None:
    assert [hear("demand", QUICK | changes, day) for day in (1, 2, 3)] == [verdict] * 3


def test_a_witness_must_have_something_to_say() -> None:
    with pytest.raises(NotYet, match="demand must rise to 10 times or more"):
        hear("demand", QUICK | {"after": 49.0}, 1)
    with pytest.raises(NotYet, match=r"the p99 pays for \d0 s"):
        hear("demand", QUICK | {"before": 1, "after": 100, "cold_start": 1, "growth": 1}, 1)
    with pytest.raises(ValueError, match="growth is 0"):
        hear("demand", QUICK | {"growth": 0}, 1)


def test_more_time_is_paid_with_slower_platforms() -> None:
    times = [paying(1, before=1, after=500, cold_start=10, keep_alive=600, growth=growth) for growth in (1_000, 5, 1)]
    assert times == sorted(times)
    assert times[0] < times[-1]
