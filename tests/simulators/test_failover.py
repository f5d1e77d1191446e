"""A service of balancers and servers that fail: against k of n, by an obvious program, and a claim with two witnesses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators.failover import simulate

PARTS = {"balancer_uptime": 50.0, "server_uptime": 20.0, "repair": 2.0}


@pytest.mark.parametrize(("balancers", "servers", "needed"), [(0, 1, 1), (1, 1, 1), (1, 4, 1), (2, 4, 3), (3, 3, 3)])
def test_availability_is_that_of_the_parts(balancers, servers, needed):
    # 100,000 units of time, seed 1: some thousand outages of each kind
    result = simulate(balancers, servers, needed=needed, **PARTS, horizon=100_000, seed=1)
    front = theory.k_of_n_availability(1, balancers, 50 / 52) if balancers else 1.0
    assert result.availability == pytest.approx(front * theory.k_of_n_availability(needed, servers, 20 / 22), abs=0.003)
    assert result.balancer_failures == pytest.approx(balancers * 100_000 / 52, rel=0.1)
    assert result.server_failures == pytest.approx(servers * 100_000 / 22, rel=0.1)
    assert result.balancer_downtime == pytest.approx((1 - front) * 100_000, rel=0.15, abs=5)


def test_the_claim_has_a_witness_on_either_side():
    # "load balancing prevents a single point of failure"; 1,000,000 units of time, seeds 2 and 3
    one_server = simulate(0, 1, seed=2, horizon=1_000_000)
    one_balancer, two_balancers = (simulate(count, 10, seed=3, horizon=1_000_000) for count in (1, 2))
    assert one_balancer.balancer_downtime == one_balancer.downtime > 0  # the single point of failure is the balancer
    assert two_balancers.availability > 0.9999 > one_balancer.availability > one_server.availability
    slow = simulate(2, 10, takeover=1.0, seed=3, horizon=1_000_000)
    assert slow.takeover_downtime > slow.balancer_downtime  # two of them are worth no more than the way from one to the other
    assert slow.availability == pytest.approx(one_balancer.availability, abs=0.0003)


@given(balancers=st.integers(0, 3), servers=st.integers(1, 5), data=st.data(), takeover=st.sampled_from([0, 0.5, 3]), seed=st.integers(0, 10_000))
def test_outages_are_apart_and_add_up(balancers, servers, data, takeover, seed):
    needed = data.draw(st.integers(1, servers))
    result = simulate(balancers, servers, needed=needed, **PARTS, takeover=takeover, horizon=150, seed=seed)
    begun, ended = result.outages.T
    assert (begun < ended).all()
    assert (ended[:-1] < begun[1:]).all()
    assert ((result.outages >= 0) & (result.outages <= 150)).all()
    assert np.sum(ended - begun) == pytest.approx(result.downtime)
    assert min(result.balancer_downtime, result.server_downtime, result.takeover_downtime) >= -1e-9
    assert 0 <= result.availability <= 1
    without = simulate(balancers, servers, needed=needed, **PARTS, horizon=150, seed=seed)
    assert without.availability >= result.availability - 1e-12
    assert without.takeover_downtime == 0
    assert without.balancer_downtime == result.balancer_downtime


def test_a_takeover_follows_every_failure_of_the_active_one():
    # nearly always up: the active one fails every 50, whichever it is; 100,000 units of time, seed 4
    result = simulate(2, 1, balancer_uptime=50, server_uptime=1e9, repair=0.01, takeover=0.1, horizon=100_000, seed=4)
    assert result.outages.shape[0] == pytest.approx(2_000, rel=0.1)
    assert result.downtime == pytest.approx(200, rel=0.1)


def test_same_seed_same_result():
    one, other = (simulate(2, 3, seed=8) for _ in range(2))
    assert np.array_equal(one.outages, other.outages)
    assert not np.array_equal(one.outages, simulate(2, 3, seed=9).outages)
    with pytest.raises(ValueError, match="read-only"):
        simulate(1, 1, seed=1).outages[0, 0] = 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"balancers": -1}, ValueError, "balancers is -1"),
        ({"servers": 0}, ValueError, "servers is 0"),
        ({"needed": 4}, ValueError, "needed is 4, but must be a whole number from 1 to 3"),
        ({"balancer_uptime": 0}, ValueError, "balancer_uptime is 0"),
        ({"server_uptime": float("inf")}, ValueError, "server_uptime is inf"),
        ({"repair": 0}, ValueError, "repair is 0"),
        ({"takeover": -1}, ValueError, "takeover is -1"),
        ({"horizon": 0}, ValueError, "horizon is 0"),
        ({"horizon": 1e12}, ValueError, r"horizon is 1e\+12, but with so many parts"),
        ({"seed": 1.5}, TypeError, "seed is 1.5"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        simulate(**{"balancers": 1, "servers": 3} | arguments)
