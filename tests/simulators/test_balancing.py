"""The contract that every balancing policy keeps, what sets each of them apart, and what theory and SimPy say of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators.balancing import POINTS_PER_SERVER, POLICIES, simulate
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
from tests.simulators.simpy_servers import Balancer

every_policy = pytest.mark.parametrize("policy", POLICIES)


@st.composite
def stories(draw, most=60):
    """Arrivals, services and speeds in eighths, so that moments coincide often and no rounding is in the way."""
    gaps = draw(st.lists(st.integers(0, 12), min_size=1, max_size=most))
    services = draw(st.lists(st.integers(0, 40), min_size=len(gaps), max_size=len(gaps)))
    speeds = draw(st.lists(st.sampled_from([0.5, 1.0, 2.0, 4.0]), min_size=1, max_size=7))
    return np.cumsum(gaps) / 8, np.array(services) / 8, np.array(speeds)


def two_for(servers):
    return min(2, servers)


# What every policy promises


@every_policy
@given(story=stories(), seed=st.integers(0, 50))
def test_every_request_is_served_once_first_come_first_served(policy, story, seed):
    arrivals, services, speeds = story
    result = simulate(policy, arrivals, services, speeds, seed)
    done = np.zeros(speeds.size)
    departures = [[] for _ in speeds]
    for request, server in enumerate(result.servers):
        start = max(arrivals[request], done[server])
        assert result.waits[request] == start - arrivals[request]
        assert result.found[request] == sum(departure > arrivals[request] for departure in departures[server])
        done[server] = start + services[request] / speeds[server]
        departures[server].append(done[server])
        assert result.responses[request] == done[server] - arrivals[request]
    assert result.requests_per_server.sum() == arrivals.size
    assert result.busy_times @ speeds == pytest.approx(services.sum())
    assert (result.utilizations <= 1 + 1e-12).all()


@pytest.mark.parametrize("policy", ["least_connections", "weighted_least_connections", "join_idle_queue", "least_work_left"])
@given(story=stories(), seed=st.integers(0, 50))
def test_nobody_waits_while_a_server_is_idle(policy, story, seed):
    arrivals, services, speeds = story
    result = simulate(policy, arrivals, services, speeds, seed)
    done = np.zeros(speeds.size)
    for request, server in enumerate(result.servers):
        assert result.waits[request] == 0 or (done > arrivals[request]).all()
        done[server] = arrivals[request] + result.responses[request]


@every_policy
@given(story=stories(most=20), factor=st.sampled_from([0.25, 8.0]))
def test_the_units_of_time_and_of_work_do_not_matter(policy, story, factor):
    arrivals, services, speeds = story
    one = simulate(policy, arrivals, services, speeds)
    for other in (simulate(policy, arrivals * factor, services * factor, speeds), simulate(policy, arrivals * factor, services, speeds / factor)):
        assert np.array_equal(other.servers, one.servers)
        assert np.array_equal(other.responses, one.responses * factor)
        assert np.array_equal(other.offered_loads, one.offered_loads)
        assert other.stability == one.stability


@every_policy
def test_same_seed_same_result_and_the_arrays_are_left_alone(policy):
    arrivals, services = workloads.poisson_arrivals(500, 3.0, 1), workloads.exponential_services(500, 1.0, 2)
    given_arrays = arrivals.copy(), services.copy()
    first, second = (simulate(policy, arrivals, services, [1, 2, 1], seed=5) for _ in range(2))
    assert np.array_equal(first.servers, second.servers)
    assert np.array_equal(first.responses, second.responses)
    assert np.array_equal(arrivals, given_arrays[0])
    assert np.array_equal(services, given_arrays[1])
    assert arrivals.flags.writeable
    for array in (first.arrivals, first.services, first.speeds, first.servers, first.waits, first.responses, first.found):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    arrivals[0] = 0
    assert first.arrivals[0] == given_arrays[0][0]


@pytest.mark.parametrize("policy", ["random", "two_choices", "join_idle_queue", "consistent_hash"])
def test_another_seed_another_result(policy):
    arrivals, services = workloads.poisson_arrivals(200, 30.0, 1), np.ones(200)
    assert not np.array_equal(simulate(policy, arrivals, services, [1] * 9, 1).servers, simulate(policy, arrivals, services, [1] * 9, 2).servers)


def test_random_and_join_idle_queue_draw_from_one_stream():
    crowd = np.zeros(300)
    drawn = simulate("random", crowd, crowd + 1, [1] * 7, seed=3).servers
    joined = simulate("join_idle_queue", crowd, crowd + 1, [1] * 7, seed=3).servers
    assert joined[:7].tolist() == list(range(7))
    assert np.array_equal(joined[7:], drawn[7:])
    assert np.array_equal(drawn, (np.random.default_rng(3).random(300) * 7).astype(int))


@every_policy
def test_one_server_is_a_queue(policy):
    result = simulate(policy, [0, 1, 2, 10], [3, 3, 1, 1], speeds=[2])
    assert result.servers.tolist() == [0, 0, 0, 0]
    assert result.responses.tolist() == [1.5, 2, 1.5, 0.5]
    assert result.found.tolist() == [0, 1, 1, 0]


@every_policy
def test_a_departure_precedes_an_arrival_at_the_same_moment(policy):
    assert simulate(policy, [0, 1, 2], [1, 1, 1], speeds=[1]).found.tolist() == [0, 0, 0]


KERNELS = {
    "random": random.run,
    "round_robin": round_robin.run,
    "weighted_round_robin": weighted_round_robin.run,
    "least_connections": least_connections.run,
    "two_choices": two_choices.run,
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


# Against theory


def mean_and_half_width(values):
    """The mean and, from 40 batches, the half-width of its 95 % confidence interval."""
    batches = np.array([batch.mean() for batch in np.array_split(values, 40)])
    return values.mean(), 2.02 * batches.std(ddof=1) / 40**0.5


def test_under_random_splitting_every_server_is_a_queue_of_its_own():
    # Two servers of unequal speed at ρ = 0.25 and 0.5; 4,000,000 requests, seeds 81 to 83; the first tenth warms up.
    arrivals, services = workloads.poisson_arrivals(4_000_000, 2.0, 81), workloads.exponential_services(4_000_000, 1.0, 82)
    result = simulate("random", arrivals, services, [4.0, 2.0], seed=83)
    np.testing.assert_allclose(result.offered_loads, [0.25, 0.5], rtol=0.005)
    np.testing.assert_allclose(result.utilizations, [0.25, 0.5], rtol=0.005)
    for server, speed in enumerate(result.speeds):
        responses = result.responses[400_000:][result.servers[400_000:] == server]
        expected = theory.mm1_mean_response(1.0, speed)
        mean, half_width = mean_and_half_width(responses)
        assert half_width < 0.005 * expected
        assert mean == pytest.approx(expected, abs=half_width)
        for share in (0.5, 0.9, 0.99):
            percentile = theory.mm1_response_percentile(1.0, speed, share)
            assert np.percentile(responses, 100 * share) == pytest.approx(percentile, rel=0.01)  # linear, numpy's default


def test_least_work_left_is_one_queue_for_all():
    # M/M/c, eight equal servers at ρ = 0.5; 2,000,000 requests, seeds 84 and 85; the first tenth warms up.
    arrivals, services = workloads.poisson_arrivals(2_000_000, 4.0, 84), workloads.exponential_services(2_000_000, 1.0, 85)
    result = simulate("least_work_left", arrivals, services, [1.0] * 8)
    expected = theory.mmc_mean_wait(4.0, 1.0, 8)
    mean, half_width = mean_and_half_width(result.responses[200_000:])
    assert half_width < 0.005 * (1 + expected)
    assert mean == pytest.approx(1 + expected, abs=half_width)
    waits = result.waits[200_000:]
    assert waits.mean() == pytest.approx(expected, rel=0.03)  # few have to wait
    assert np.mean(waits > 0) == pytest.approx(theory.erlang_c(8, 4.0), rel=0.03)


@pytest.mark.parametrize("policy", ["random", "round_robin", "least_connections", "two_choices", "join_idle_queue", "consistent_hash"])
def test_no_policy_that_does_not_know_the_work_beats_one_queue_for_all(policy):
    # Seeds 86 and 87, eight servers at ρ = 0.8. M/M/c is a bound in the mean, and on the same arrays nearly so request by request.
    arrivals, services = workloads.poisson_arrivals(400_000, 6.4, 86), workloads.exponential_services(400_000, 1.0, 87)
    best = simulate("least_work_left", arrivals, services, [1.0] * 8).responses.mean()
    assert simulate(policy, arrivals, services, [1.0] * 8).responses.mean() > best * 1.005


@pytest.mark.parametrize(("load", "choices"), [(0.5, 2), (0.8, 2), (0.8, 3), (0.9, 2)])
def test_choices_come_near_mitzenmachers_limit_as_servers_are_added(load, choices):
    # 2,000,000 requests, seeds 88 to 90; the first tenth warms up.
    services = workloads.exponential_services(2_000_000, 1.0, 88)
    limit = theory.choices_mean_response(load, 1.0, choices)
    gaps = []
    for servers in (5, 30, 500):
        arrivals = workloads.poisson_arrivals(2_000_000, load * servers, 89)
        result = simulate("two_choices", arrivals, services, np.ones(servers), seed=90, choices=choices)
        gaps.append(abs(result.responses[200_000:].mean() / limit - 1))
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 0.01
    for length in range(4):  # found at the shortest of d queues: tail(length) to the power of d
        found = np.mean(result.found[200_000:] >= length)
        assert found == pytest.approx(theory.choices_tail(load, choices, length) ** choices, abs=0.01)


def test_requests_at_one_moment_are_balls_in_bins():
    # 2,000 experiments of 100 requests and 100 servers, seeds 0 to 1,999: standard error 0.02.
    crowd = np.zeros(100)
    fullest = [simulate("random", crowd, crowd + 1, np.ones(100), seed).requests_per_server.max() for seed in range(2_000)]
    assert np.mean(fullest) == pytest.approx(theory.expected_maximum_load(100, 100), abs=0.08)


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


# Stability


def test_round_robin_overloads_the_slow_at_a_low_total():
    arrivals, services = workloads.poisson_arrivals(20_000, 3.0, 96), workloads.exponential_services(20_000, 1.0, 97)
    speeds = [3.0, 3.0, 0.5]  # each is offered one request per unit of time, all together 3 of 6.5
    result = simulate("round_robin", arrivals, services, speeds)
    assert result.overloaded.tolist() == [2]
    np.testing.assert_allclose(result.offered_loads, [1 / 3, 1 / 3, 2], rtol=0.05)
    assert "No steady state at server 2: offered up to 2.0" in result.stability
    assert "while all together are offered 0.4" in result.stability
    rescued = simulate("least_connections", arrivals, services, speeds)
    assert rescued.overloaded.size == 0
    assert rescued.stability.startswith("Every server can keep up")


def test_too_much_for_all():
    result = simulate("least_connections", np.arange(300) / 3, np.ones(300), [1, 1])
    assert result.overloaded.tolist() == [0, 1]
    assert "the 2 servers 0, 1" in result.stability


def test_loads_where_no_time_passes():
    alone = simulate("random", [5], [0], [1, 1])
    assert alone.offered_loads.tolist() == alone.utilizations.tolist() == [0, 0]
    together = simulate("round_robin", [5, 5, 5], [1, 0, 1], [1, 1])
    assert together.offered_loads.tolist() == [np.inf, 0]
    assert together.utilizations.tolist() == [1, 0]


# Bad input


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"policy": "round_robbin"}, ValueError, "Did you mean 'round_robin'"),
        ({"arrivals": [1, 0]}, ValueError, "arrivals falls from 1.0 to 0.0 at index 1"),
        ({"arrivals": []}, ValueError, "arrivals is empty"),
        ({"services": [1, -1]}, ValueError, "services holds the service -1.0, but each must be a finite number of at least 0"),
        ({"services": [1, np.nan]}, ValueError, "services holds the service nan"),
        ({"services": [1]}, ValueError, "services holds 1 numbers, but must hold one for each of the 2 requests"),
        ({"services": ["1", "2"]}, TypeError, "services holds <U1"),
        ({"speeds": []}, ValueError, "speeds is empty"),
        ({"speeds": [1, 0]}, ValueError, "speeds holds the speed 0.0, but each must be a finite number above 0"),
        ({"speeds": [[1, 1]]}, ValueError, "speeds has shape"),
        ({"speeds": [np.inf]}, ValueError, "speeds holds the speed inf"),
        ({"speeds": np.ones(100_001)}, ValueError, "at most 100,000 servers"),
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"seed": 1.0}, TypeError, "seed is 1.0"),
        ({"choices": 3}, ValueError, "choices is 3, but random makes no use of it"),
        ({"policy": "two_choices", "choices": 3}, ValueError, "choices is 3, but there are only 2 servers"),
        ({"policy": "two_choices", "choices": 0}, ValueError, "choices is 0"),
        ({"weights": [1, 1]}, ValueError, "weights is given, but random makes no use"),
        ({"policy": "weighted_round_robin", "weights": [1]}, ValueError, "weights holds 1 weights, but must hold one for each of the 2 servers"),
        ({"policy": "weighted_round_robin", "weights": [1, 257]}, ValueError, "weights holds the weight 257"),
        ({"policy": "weighted_round_robin", "weights": [1.0, 2.0]}, ValueError, "weights holds float64"),
        ({"keys": [1, 2]}, ValueError, "keys is given, but random makes no use of keys"),
        ({"policy": "consistent_hash", "keys": [1]}, ValueError, "keys holds 1 keys, but must hold one for each of the 2 requests"),
        ({"policy": "consistent_hash", "keys": [1, 2**31]}, ValueError, "keys holds the key 2147483648"),
        ({"policy": "consistent_hash", "bound": 1}, ValueError, "bound is 1, but must be a finite number above 1"),
        ({"bound": 2}, ValueError, "bound is 2, but random makes no use of it"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        simulate(**{"policy": "random", "arrivals": [0, 1], "services": [1, 1], "speeds": [1, 1]} | arguments)
