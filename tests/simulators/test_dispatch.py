"""The balancing policies against SimPy, request by request, and what sets each of them apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.simulators.balancing import POINTS_PER_SERVER, simulate
from labsupport.simulators.dispatch import (
    consistent_hash,
    join_idle_queue,
    least_connections,
    random,
    round_robin,
    two_choices,
    weighted_round_robin,
)
from labsupport.simulators.hashing import hash_keys
from labsupport.simulators.placement.consistent import new_ring
from tests.simulators import simpy_servers
from tests.simulators.request_stories import stories
from tests.simulators.simpy_servers import Balancer


def two_for(servers):
    return min(2, servers)


KERNELS = {
    "random": random.run,
    "round_robin": round_robin.run,
    "weighted_round_robin": weighted_round_robin.run,
    "least_connections": least_connections.run,
    "two_choices": two_choices.run_pairs,
    "join_idle_queue": join_idle_queue.run,
    "consistent_hash": consistent_hash.run,
}


@pytest.mark.parametrize("policy", KERNELS)
def test_a_kernel_is_compiled_for_one_kind_of_arrays_only(policy):
    # A second kind would be compiled while the student waits, though the cache was warmed.
    arrivals = workloads.poisson_arrivals(40, 3.0, 1)
    frozen = arrivals.copy()
    frozen.flags.writeable = False
    for same in (arrivals, frozen, arrivals[::2], arrivals.tolist(), range(40)):
        simulate(policy, same, same, [1, 2])
        simulate(policy, same, same, range(1, 6), seed=np.int64(4))
    if policy == "consistent_hash":
        simulate(policy, arrivals, arrivals, [1, 2], keys=range(40))
    assert len(KERNELS[policy].signatures) == 1


# Against SimPy, request by request


def peers(arrivals, services, speeds, seed, weights):
    """For every policy: the arguments of ours, and SimPy's result."""
    ones, servers = [1] * len(speeds), len(speeds)
    keys = np.random.default_rng(seed).integers(0, 50, len(arrivals))
    ring = new_ring(tuple(range(servers)), POINTS_PER_SERVER, np.ones(servers))
    circle = ring.positions.tolist(), ring.owners.tolist(), hash_keys(keys).tolist()

    def peer(choose, width=1):
        return lambda: Balancer(arrivals, services, speeds, seed, width).run(choose)

    return {
        "random": ("random", {}, peer(simpy_servers.random)),
        "round robin": ("round_robin", {}, peer(simpy_servers.round_robin)),
        "weighted round robin": ("weighted_round_robin", {"weights": weights}, peer(simpy_servers.weighted_round_robin(weights))),
        "least connections": ("least_connections", {}, peer(simpy_servers.least_connections(ones))),
        "weighted least connections": ("weighted_least_connections", {"weights": weights}, peer(simpy_servers.least_connections(weights))),
        "two choices": ("two_choices", {}, peer(simpy_servers.two_choices, two_for(servers))),
        "many choices": ("two_choices", {"choices": servers}, peer(simpy_servers.two_choices, servers)),
        "join idle queue": ("join_idle_queue", {}, peer(simpy_servers.join_idle_queue)),
        "consistent hash": ("consistent_hash", {"keys": keys}, peer(simpy_servers.consistent_hash(*circle))),
        "bounded loads": ("consistent_hash", {"keys": keys, "bound": 1.25}, peer(simpy_servers.consistent_hash(*circle, 1.25))),
    }


def assert_same(arrivals, services, speeds, seed, weights, name):
    policy, arguments, simpys = peers(arrivals, services, speeds, seed, weights)[name]
    ours, theirs = simulate(policy, arrivals, services, speeds, seed, **arguments), simpys()
    assert ours.servers.tolist() == theirs.servers
    assert ours.waits.tolist() == theirs.waits
    assert ours.responses.tolist() == theirs.responses
    assert ours.found.tolist() == theirs.found


PEERS = tuple(peers([0.0], [1.0], [1.0], 0, [1]))


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("servers", [1, 2, 3, 6, 17])
def test_agrees_with_simpy_request_by_request(name, servers):
    generator = np.random.default_rng([servers, 71])
    speeds, weights = generator.choice([0.5, 1.0, 3.0], servers), generator.integers(1, 6, servers).tolist()
    arrivals = workloads.bursty_arrivals(1_500, 0.85 * speeds.sum(), 72)
    services = workloads.lognormal_services(1_500, 1.0, 73)
    assert_same(arrivals, services, speeds, 74, weights, name)


@pytest.mark.parametrize("name", [name for name in PEERS if name != "join idle queue"])
@given(story=stories(most=30), seed=st.integers(0, 20), data=st.data())
def test_agrees_with_simpy_where_moments_coincide(name, story, seed, data):
    # Not for join-idle-queue: which of two simultaneous departures SimPy handles first is an accident of its event list.
    weights = data.draw(st.lists(st.integers(1, 5), min_size=story[2].size, max_size=story[2].size))
    assert_same(*story, seed, weights, name)


# What sets the policies apart


def test_weighted_round_robin_is_nginxs():
    assert simulate("weighted_round_robin", np.zeros(14), np.zeros(14), [1, 1, 1], weights=[5, 1, 1]).servers.tolist() == [0, 0, 1, 0, 2, 0, 0] * 2
    counts = simulate("weighted_round_robin", np.zeros(2_000), np.zeros(2_000), [3, 3, 3, 3, 1, 1]).requests_per_server
    assert counts.tolist() == [429, 429, 428, 428, 143, 143]


def test_weights_follow_the_speeds_in_the_smallest_whole_numbers():
    for speeds, weights in [([0.3, 0.1], [3, 1]), ([1.5, 1.0], [3, 2]), ([7, 7], [1, 1]), ([1.0, 0.001], [100, 1]), ([100.0, 31.4159], [100, 31])]:
        zeros = np.zeros(300)
        chosen, given_weights = (simulate("weighted_round_robin", zeros, zeros, speeds, weights=each).servers for each in (None, weights))
        assert np.array_equal(chosen, given_weights)


def test_two_choices_among_all_are_least_connections():
    arrivals, services = workloads.poisson_arrivals(3_000, 4.0, 91), workloads.exponential_services(3_000, 1.0, 92)
    all_asked = simulate("two_choices", arrivals, services, [1, 1, 2, 1], choices=4)
    assert np.array_equal(all_asked.servers, simulate("least_connections", arrivals, services, [1, 1, 2, 1]).servers)


def test_least_connections_takes_the_server_chosen_least_recently():
    assert simulate("least_connections", range(0, 60, 10), np.ones(6), [1, 1, 1]).servers.tolist() == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("weights", [[1, 1], [256, 255], [256, 1]])
def test_least_connections_keep_the_proportion_however_long_the_queues(weights):
    crowd = np.zeros(1_200_000)
    servers = simulate("weighted_least_connections", crowd, crowd + 1, [1, 1], weights=weights).servers
    sent = np.cumsum(servers == 0)
    expected = np.arange(1, crowd.size + 1) * weights[0] / sum(weights)
    assert np.abs(sent - expected).max() <= 1


def test_join_idle_queue_takes_the_server_idle_for_the_longest():
    result = simulate("join_idle_queue", [0, 0, 0, 4, 5], [3, 1, 2, 1, 1], [1, 1, 1])
    assert result.servers.tolist() == [0, 1, 2, 1, 2]


def test_a_key_stays_at_its_server_until_the_server_is_full():
    keys = workloads.zipf_trace(5_000, 40, 1.5, 93)
    arrivals, services = workloads.poisson_arrivals(5_000, 6.0, 94), workloads.exponential_services(5_000, 1.0, 95)
    at_home = simulate("consistent_hash", arrivals, services, [1] * 8, keys=keys)
    for key in np.unique(keys):
        assert np.unique(at_home.servers[keys == key]).size == 1
    assert at_home.overloaded.size
    bounded = simulate("consistent_hash", arrivals, services, [1] * 8, keys=keys, bound=1.5)
    assert bounded.responses.mean() < at_home.responses.mean() / 2
    assert np.mean(bounded.servers == at_home.servers) > 0.2
    heavier = simulate("consistent_hash", arrivals, services, [1] * 8, keys=range(5_000), weights=[5, 1, 1, 1, 1, 1, 1, 1])
    assert heavier.requests_per_server[0] / 5_000 == pytest.approx(5 / 12, abs=0.1)
