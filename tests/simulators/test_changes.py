"""Servers that slow, die and return: against SimPy, and what is promised of every request."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.simulators.balancing import POLICIES, Change, simulate
from tests.simulators import simpy_changes
from tests.simulators.request_stories import stories

SPEEDS = [1.0, 2.0, 1.0, 0.5]
SEED = 7
COURSE = [Change(40, 1, 0), Change(55, 2, 0.25), Change(90, 1, 2), Change(120, 0, 0), Change(121, 1, 0), Change(150, 2, 1), Change(180, 0, 3)]
EVERYTHING_DOWN = [Change(30 + server, server, 0) for server in range(4)] + [Change(60 + server, server, 1) for server in range(4)]


def requests(count=900):
    return workloads.poisson_arrivals(count, 3.2, 5), workloads.exponential_services(count, 1.0, 6)


def chances(count, width):
    return np.random.default_rng(SEED).random((count, width))


PEERS = {
    "least_connections": simpy_changes.least_connections,
    "round_robin": simpy_changes.round_robin,
    "random": simpy_changes.random(chances(900, 1)[:, 0]),
    "two_choices": simpy_changes.two_choices(chances(900, 2)),
}


@pytest.mark.parametrize("policy", PEERS)
@pytest.mark.parametrize(("when_down", "notice"), list(itertools.product(["wait", "fail"], [None, 0.0, 7.5])))
@pytest.mark.parametrize("changes", [COURSE, EVERYTHING_DOWN, COURSE[:4]], ids=["course", "everything down", "two never return"])
def test_agrees_with_simpy_request_by_request(policy, when_down, notice, changes):
    arrivals, services = requests()
    ours = simulate(policy, arrivals, services, SPEEDS, seed=SEED, changes=changes, when_down=when_down, notice=notice)
    theirs = simpy_changes.run(PEERS[policy], arrivals, services, SPEEDS, changes, when_down == "fail", notice)
    assert ours.servers.tolist() == [job["server"] for job in theirs]
    assert ours.found.tolist() == [job["found"] for job in theirs]
    assert ours.lost.tolist() == [job["lost"] for job in theirs]
    ends = np.array([job.get("end", np.inf) for job in theirs])
    np.testing.assert_allclose(ours.arrivals + ours.responses, ends, rtol=1e-9)
    begun = [request for request, job in enumerate(theirs) if "start" in job]
    starts = np.array([theirs[request]["start"] for request in begun])
    np.testing.assert_allclose((ours.arrivals + ours.waits)[begun], starts, rtol=1e-9)
    if np.isfinite(ends).all():
        assert ours.busy_times.max() <= ends.max() - arrivals[0]


@pytest.mark.parametrize("policy", POLICIES)
@given(story=stories(most=25), data=st.data())
def test_every_request_is_served_once_or_counted_as_lost(policy, story, data):
    arrivals, services, speeds = story
    change = st.builds(Change, st.integers(0, 160).map(lambda eighths: eighths / 8), st.integers(0, speeds.size - 1), st.sampled_from([0, 0.5, 2]))
    changes = data.draw(st.lists(change, max_size=8))
    fails = data.draw(st.booleans())
    when_down, notice = "fail" if fails else "wait", data.draw(st.sampled_from([None, 0, 1]))
    result = simulate(policy, arrivals, services, speeds, changes=changes, when_down=when_down, notice=notice)
    assert result.requests_per_server.sum() == arrivals.size
    assert (result.responses >= result.waits).all()
    assert (result.waits >= 0).all()
    assert np.isfinite(result.responses[~result.lost]).all()
    ends = arrivals + result.responses
    for server in range(speeds.size):
        own = result.servers == server
        assert (np.diff(ends[own & ~result.lost]) >= 0).all()  # first come, first served
    if fails:
        assert np.isfinite(result.responses).all()
        down = {change.time for change in changes if change.speed == 0}
        assert {float(end) for end in ends[result.lost]} <= down | set(arrivals.tolist())
    elif not any(change.speed == 0 for change in changes):
        assert not result.lost.any()
        assert result.busy_times.sum() == pytest.approx(sum(ends - arrivals - result.waits))


@pytest.mark.parametrize("policy", POLICIES)
def test_a_change_to_the_same_speed_changes_nothing(policy):
    arrivals, services = requests()
    changes = [Change(50.3, 0, 1), Change(91.7, 1, 2)]
    plain, same = simulate(policy, arrivals, services, SPEEDS), simulate(policy, arrivals, services, SPEEDS, changes=changes)
    assert np.array_equal(plain.servers, same.servers)
    np.testing.assert_allclose(plain.responses, same.responses, rtol=1e-9)
    np.testing.assert_allclose(plain.busy_times, same.busy_times, rtol=1e-9)
    np.testing.assert_allclose(plain.offered_loads, same.offered_loads, rtol=1e-9)


@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_known_to_be_down_gets_nothing(policy):
    arrivals, services = requests()
    result = simulate(policy, arrivals, services, SPEEDS, changes=[Change(30, 1, 0), Change(200, 1, 2)], when_down="fail", notice=5)
    unseen = (arrivals >= 35) & (arrivals < 205)
    assert not (result.servers[unseen] == 1).any()
    assert (result.servers[~unseen] == 1).any()


def test_bounded_loads_and_keys_stay_with_their_servers_while_one_is_out():
    arrivals, services = requests()
    keys = workloads.zipf_trace(900, 60, 0.9, 8)
    well = simulate("consistent_hash", arrivals, services, SPEEDS, keys=keys)
    ill = simulate("consistent_hash", arrivals, services, SPEEDS, keys=keys, changes=[Change(0, 2, 0)], notice=0)
    elsewhere = well.servers != 2
    assert np.array_equal(well.servers[elsewhere], ill.servers[elsewhere])
    bounded = simulate("consistent_hash", arrivals, services, SPEEDS, keys=keys, bound=1.1, changes=[Change(0, 2, 0)], notice=0)
    assert not (bounded.servers == 2).any()


def test_a_dead_server_looks_like_the_fastest_until_it_is_noticed():
    arrivals, services = requests()
    course = [Change(50, 0, 0)]
    lost = [
        simulate("least_connections", arrivals, services, [1.0] * 4, changes=course, when_down="fail", notice=notice).lost.mean()
        for notice in (0, 10, None)
    ]
    assert lost[0] < 0.01 < lost[1] < lost[2]
    in_turn = simulate("round_robin", arrivals, services, [1.0] * 4, changes=course, when_down="fail").lost.mean()
    assert lost[2] > 1.4 * in_turn  # round robin sends it a quarter; least connections, all that find the others busy, too


def test_who_is_slow_is_said_by_the_stability():
    arrivals, services = workloads.deterministic_arrivals(400, 2.0), np.ones(400)
    result = simulate("round_robin", arrivals, services, [2, 2], changes=[Change(0, 1, 0.5)])
    np.testing.assert_allclose(result.offered_loads, [0.5, 2.0], rtol=0.02)
    assert result.stability.startswith("No steady state at server 1")
    dead = simulate("round_robin", arrivals, services, [2, 2], changes=[Change(0, 1, 0)])
    assert np.isinf(dead.offered_loads[1])
    assert dead.lost.sum() == 200
    assert (dead.busy_times[1], dead.utilizations[1]) == (0, 0)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (lambda: [Change(-1, 0, 1)], ValueError, "time is -1"),
        (lambda: [Change(1, 0.5, 1)], TypeError, "server is 0.5"),
        (lambda: [Change(1, 0, float("nan"))], ValueError, "speed is nan"),
        (lambda: [Change(1, 2, 1)], ValueError, "the servers are numbered from 0 to 1"),
        (lambda: [(1, 0, 1)], TypeError, r"changes holds \(1, 0, 1\), but each must be a Change"),
        (lambda: 5, TypeError, "changes is 5, but must be a sequence"),
    ],
)
def test_bad_changes_are_named(changes, error, message):
    with pytest.raises(error, match=message):
        simulate("random", [0, 1], [1, 1], [1, 1], changes=changes())


def test_bad_words_about_changes_are_named():
    with pytest.raises(ValueError, match=r"when_down is 'fails'.*Did you mean 'fail'"):
        simulate("random", [0, 1], [1, 1], [1, 1], when_down="fails")
    with pytest.raises(ValueError, match="notice is -1"):
        simulate("random", [0, 1], [1, 1], [1, 1], notice=-1)
