"""The contract that every balancing policy keeps, what theory says of it, and when servers cannot keep up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators.balancing import POLICIES, simulate
from tests.simulators.request_stories import stories

every_policy = pytest.mark.parametrize("policy", POLICIES)


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
