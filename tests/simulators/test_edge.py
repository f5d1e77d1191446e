"""Edge sites at work: ways as sums of round trips, everybody where it is nearest, and waits against simulated queues."""

from __future__ import annotations

import math

import numpy as np
import pytest

from labsupport import workloads
from labsupport.simulators import queueing
from labsupport.simulators.edge import serve
from labsupport.simulators.edge_region import LAST_MILE, Map, region, round_trips, ways
from labsupport.simulators.edge_sites import choose


def test_ways_are_sums_of_round_trips():
    area = region(20, 5, seed=3, far=500)
    found = ways(area, answered=0.25)
    for user in (0, 7):
        for site in (0, 4):
            near = np.linalg.norm(area.users[user] - area.sites[site])
            onward = np.linalg.norm(area.sites[site] - area.centre)
            cable = 1.5 * 2 * (near + 0.75 * onward) / 204.218
            assert found[user, site] == pytest.approx(LAST_MILE + cable, rel=1e-4)
    np.testing.assert_allclose(found[:, -1], LAST_MILE + round_trips(area.users, area.centre[None])[:, 0])


def test_everybody_goes_where_it_is_nearest_and_more_sites_never_lengthen_the_way():
    area = region(60, 12, seed=2)
    costs, before = ways(area, 0.8), math.inf
    for count in range(13):
        opened = choose("greedy", costs, area.weights, count)
        result = serve(area, opened, 500)
        np.testing.assert_allclose(result.way, costs[:, [*opened, 12]].min(axis=1))
        assert result.mean_way <= before + 1e-9
        before = result.mean_way


def test_all_requests_are_worked_on_once_and_no_place_is_too_busy():
    area = region(60, 12, seed=2)
    result = serve(area, [3, 1, 7], 500, answered=0.6, load=0.7)
    assert result.rates.sum() == pytest.approx(500)
    busy = result.rates * 0.02 / result.machines
    assert (busy <= 0.7 + 1e-9).all()
    assert (result.rates * 0.02 / np.maximum(result.machines - 1, 1e-9) > 0.7).all()
    assert result.backhaul == pytest.approx(1 - 0.6 * result.weights[result.server >= 0].sum())
    assert result.mean_latency == pytest.approx(result.mean_way + result.mean_wait + 20)


def test_nothing_that_is_answered_elsewhere_is_worth_a_site():
    area = region(60, 12, seed=2)
    result = serve(area, list(range(12)), 500, answered=0.0)
    assert (result.server == -1).all()
    assert result.backhaul == pytest.approx(1)


def test_waits_are_those_of_a_simulated_queue():
    """1.5 million requests after a warm-up of 100,000, by 30 batches; the half-width of two standard errors is below 3 %."""
    result = serve(region(60, 12, seed=2), [3, 1], 400, load=0.8)
    place = int(np.argmax(result.waits))
    rate, machines = float(result.rates[place]), int(result.machines[place])
    arrivals = workloads.poisson_arrivals(1_600_000, rate, seed=5)
    queue = queueing.simulate(arrivals, workloads.exponential_services(1_600_000, 0.02, seed=6), machines)
    batches = 1_000 * (np.asarray(queue.starts) - arrivals)[100_000:].reshape(30, -1).mean(axis=1)
    half = 2 * batches.std(ddof=1) / math.sqrt(30)
    assert half < 0.03 * result.waits[place]
    assert abs(batches.mean() - result.waits[place]) < 1.5 * half


def test_same_seed_same_region():
    one, other = region(seed=4), region(seed=4)
    np.testing.assert_array_equal(one.users, other.users)
    assert one.weights.sum() == pytest.approx(1)
    assert not np.array_equal(one.users, region(seed=5).users)
    with pytest.raises(ValueError, match="read-only"):
        one.users[0] = 0


POINT = Map(np.zeros((1, 2)), np.ones(1), np.zeros((1, 2)), np.ones(2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: region(users=0), "users is 0, but must be a whole number of at least 1"),
        (lambda: region(far=-1), "far is -1"),
        (lambda: round_trips([[1, 2, 3]], [[1, 2]]), "places must be finite places of two numbers each"),
        (lambda: ways(POINT, 1.2), "answered is 1.2, but must be a finite number from 0 to 1"),
        (lambda: serve(POINT, [1], 10), "opened is 1, but must be a whole number from 0 to 0"),
        (lambda: serve(POINT, [0, 0], 10), "each site can be opened once"),
        (lambda: serve(POINT, [0], 0), "rate is 0"),
        (lambda: serve(POINT, [0], 10, load=1.0), "load is 1.0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
