"""How HAProxy and nginx choose, by their own rules: properties here, the programs themselves in test_balancing.py."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.simulators.balancing import drive, simulate
from labsupport.systems import rules
from labsupport.workloads import exponential_services, poisson_arrivals

SPEEDS = [3.0, 3.0, 3.0, 3.0, 1.0, 1.0]
PORTS = list(range(8001, 8007))


def run(program: str, policy: str, requests: int = 1_000):
    arrivals, services = poisson_arrivals(requests, 140.0, seed=3), exponential_services(requests, 0.03, seed=4)
    return drive(rules.rule(program, policy, [], PORTS, seed=5), arrivals, services, SPEEDS)


def passed_over(result, requests: int = 1_000) -> int:
    """Count the requests that were sent to a server although another one had fewer connections."""
    departures, count = result.arrivals + result.responses, 0
    for request in range(requests):
        present = np.bincount(result.servers[:request][departures[:request] > result.arrivals[request]], minlength=6)
        count += present[result.servers[request]] > present.min()
    return count


@pytest.mark.parametrize("program", rules.POINTS)
def test_connections_are_counted_and_the_policy_kept(program):
    assert passed_over(run(program, "least_connections")) == 0
    assert 0 < passed_over(run(program, "two_choices")) < 500  # it looks at two of six


def test_ties_are_what_makes_the_programs_differ_from_the_textbook():
    arrivals, services = poisson_arrivals(20_000, 140.0, seed=3), exponential_services(20_000, 0.03, seed=4)
    slow = {}
    for program in rules.POINTS:
        result = drive(rules.rule(program, "least_connections", [], PORTS, seed=0), arrivals, services, SPEEDS)
        slow[program] = result.requests_per_server[4:].sum() / 20_000
    textbook = simulate("least_connections", arrivals, services, SPEEDS).requests_per_server[4:].sum() / 20_000
    assert textbook - max(slow.values()) > 0.02  # five times the sampling error of 0.003 and more
    assert abs(slow["haproxy"] - slow["nginx"]) < 0.02


def test_haproxy_takes_the_server_whose_number_has_stood_for_longest():
    balancer = rules.HAProxyLeastConnections(3)
    assert [balancer.choose(), balancer.choose()] == [0, 1]
    balancer.replied(0, 1.0)
    assert balancer.choose() == 2  # idle from the beginning, while 0 has just become so
    balancer.replied(1, 1.0)
    assert [balancer.choose(), balancer.choose()] == [0, 1]


def test_nginx_lets_those_that_tie_take_turns():
    balancer = rules.NginxLeastConnections(3)
    chosen = []
    for _ in range(6):
        chosen.append(balancer.choose())
        balancer.replied(chosen[-1], 1.0)
    assert chosen == [0, 1, 2, 0, 1, 2]


def test_two_choices_of_one_server():
    for program in rules.POINTS:
        assert rules.rule(program, "two_choices", [], [8001], seed=0).choose() == 0


@pytest.mark.parametrize("program", rules.POINTS)
def test_a_ring_shares_out_the_circle_as_keys_fall_on_it(program):
    shares = np.array(rules.ring_shares(program, PORTS))
    placed = np.bincount(rules.placed(program, range(20_000), PORTS), minlength=6) / 20_000
    assert shares.sum() == pytest.approx(1)
    assert np.abs(shares - placed).max() < 4 * np.sqrt(0.25 / 20_000)
    assert np.abs(shares - 1 / 6).max() > 0.005  # 96 or 960 points are not yet even


@pytest.mark.parametrize("program", rules.POINTS)
def test_a_ring_moves_few_keys_when_a_server_is_added(program):
    keys = range(3_000)
    before, after = (np.array(rules.placed(program, keys, ports)) for ports in (PORTS, [*PORTS, 8007]))
    moved = before != after
    assert (after[moved] == 6).all()
    assert 0 < moved.mean() < 0.3


def test_an_unknown_program():
    with pytest.raises(ValueError, match=r"program is 'apache'"):
        rules.placed("apache", [1], PORTS)
    with pytest.raises(ValueError, match=r"program is 'apache'"):
        rules.ring_shares("apache", PORTS)
