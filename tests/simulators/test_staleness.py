"""Old information: between least connections and round robin, against SimPy, and herds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.simulators import balancing
from labsupport.simulators.staleness import simulate
from tests.simulators.request_stories import stories
from tests.simulators.simpy_servers import Balancer


def same(one, other):
    for name in ("servers", "waits", "responses", "found"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


@given(story=stories())
def test_told_at_once_one_balancer_does_least_connections(story):
    same(simulate(*story, age=0), balancing.simulate("least_connections", *story))


@given(story=stories())
def test_never_told_again_one_balancer_does_round_robin(story):
    same(simulate(*story, age=1e9), balancing.simulate("round_robin", *story))


@given(story=stories(), seed=st.integers(0, 9))
def test_told_at_once_one_balancer_does_two_choices(story, seed):
    choices = min(2, story[2].size)
    same(simulate(*story, age=0, choices=choices, seed=seed), balancing.simulate("two_choices", *story, seed=seed))


@given(story=stories(), age=st.sampled_from([0, 1, 1e9]), balancers=st.integers(1, 5))
def test_one_choice_is_random_whatever_is_known(story, age, balancers):
    same(simulate(*story, age=age, balancers=balancers, choices=1, seed=4), balancing.simulate("random", *story, seed=4))


@pytest.mark.parametrize("age", [0.7, 5.0])
@pytest.mark.parametrize("balancers", [1, 3, 20])
@pytest.mark.parametrize("choices", [None, 2])
def test_agrees_with_simpy_request_by_request(age, balancers, choices):
    arrivals, services = workloads.poisson_arrivals(1_500, 5.0, 31), workloads.lognormal_services(1_500, 1.0, 32)
    speeds = [1.0, 0.5, 2.0, 1.0, 1.0, 1.0]
    boards, latest = [[0] * 6 for _ in range(balancers)], [[(-1, server) for server in range(6)] for _ in range(balancers)]

    def choose(balancer, request):
        own, last = boards[request % balancers], latest[request % balancers]
        left = list(range(6))
        asked = left if choices is None else [left.pop(int(chance * len(left))) for chance in balancer.chances[request]]
        best = min(asked, key=lambda server: (own[server], last[server]))
        own[best] += 1
        last[best] = (request, best)
        return best

    peer = Balancer(arrivals, services, speeds, seed=33, width=2)

    def post():
        while peer.environment.now < arrivals[-1]:
            for board in boards:
                board[:] = peer.present
            yield peer.environment.timeout(age)

    peer.environment.process(post())
    peer.run(choose)
    ours = simulate(arrivals, services, speeds, age, balancers=balancers, choices=choices, seed=33)
    assert ours.servers.tolist() == peer.servers
    np.testing.assert_allclose(ours.responses, peer.responses, rtol=1e-9)
    assert ours.policy == ("stale_two_choices" if choices else "stale_least_connections")


def test_the_older_and_the_more_balancers_the_greater_the_herd():
    # 50,000 requests, ten servers at ρ = 0.8, seeds 41 to 43
    arrivals, services = workloads.poisson_arrivals(50_000, 8.0, 41), workloads.exponential_services(50_000, 1.0, 42)

    def mean(age, balancers=100, choices=None):
        return simulate(arrivals, services, np.ones(10), age, balancers=balancers, choices=choices, seed=43).responses.mean()

    at_random = balancing.simulate("random", arrivals, services, np.ones(10), seed=43).responses.mean()
    ages = [mean(age) for age in (0.0, 1.0, 4.0, 16.0)]
    assert ages == sorted(ages)
    assert ages[0] < at_random / 2
    assert ages[-1] > 2 * at_random  # worse than knowing nothing
    assert mean(4.0, balancers=1) < mean(4.0, balancers=5) < mean(4.0, balancers=100)
    assert mean(4.0, choices=2) < min(at_random, mean(4.0))  # a little chance keeps the herd apart


def test_same_seed_same_result_and_arrays_are_left_alone():
    arrivals, services = workloads.poisson_arrivals(300, 3.0, 1), workloads.exponential_services(300, 1.0, 2)
    before = arrivals.copy(), services.copy()
    same(simulate(arrivals, services, [1, 2], 3.0, balancers=2, choices=2), simulate(arrivals, services, [1, 2], 3.0, balancers=2, choices=2))
    assert np.array_equal(arrivals, before[0])
    assert np.array_equal(services, before[1])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"age": -1}, ValueError, "age is -1"),
        ({"age": float("inf")}, ValueError, "age is inf"),
        ({"age": "1"}, TypeError, "age is '1'"),
        ({"balancers": 0}, ValueError, "balancers is 0"),
        ({"balancers": 10_001}, ValueError, "balancers is 10001"),
        ({"choices": 3}, ValueError, "choices is 3, but must be a whole number from 1 to 2"),
        ({"speeds": np.ones(10_001)}, ValueError, "at most 10,000 servers"),
        ({"speeds": np.ones(2_000), "balancers": 10_000}, ValueError, "with 2,000 servers it must be at most 5,000"),
        ({"services": [1]}, ValueError, "services holds 1 numbers"),
        ({"arrivals": [2, 1]}, ValueError, "arrivals falls"),
        ({"seed": -1}, ValueError, "seed is -1"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        simulate(**{"arrivals": [0, 1], "services": [1, 1], "speeds": [1, 1], "age": 1} | arguments)
