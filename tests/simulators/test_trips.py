"""Trips of requests: what every one of them does, and their means against what is computed for all."""

from __future__ import annotations

import math

import numpy as np
import pytest

from labsupport.simulators.edge import serve
from labsupport.simulators.edge_region import region, ways
from labsupport.simulators.edge_sites import choose
from labsupport.simulators.trips import follow


@pytest.mark.parametrize(("answered", "far"), [(0.8, 0.0), (0.3, 3_000.0), (1.0, 0.0)])
def test_trips_take_as_long_as_is_computed(answered, far):
    """800,000 requests after 40,000, in 40 batches; the tolerance is three standard errors of their means, which are below 2 % of the whole."""
    area = region(60, 12, seed=2, far=far)
    served = serve(area, choose("greedy", ways(area, answered), area.weights, 4), 600, answered=answered, load=0.75)
    trips = follow(area, served, 600, 840_000, answered=answered, seed=7)
    latencies = (trips.back - trips.sent)[40_000:].reshape(40, -1).mean(axis=1)
    error = latencies.std(ddof=1) / math.sqrt(40)
    assert error < 0.02 * served.mean_latency
    assert abs(latencies.mean() - served.mean_latency) < 3 * error
    assert np.mean(trips.place == len(served.opened)) == pytest.approx(served.backhaul, abs=0.003)
    rates = np.bincount(trips.place, minlength=len(served.rates)) / trips.sent[-1] * 1_000
    np.testing.assert_allclose(rates, served.rates, rtol=0.03)


def test_nobody_is_early_and_no_server_does_two_things_at_once():
    area = region(40, 12, seed=5)
    served = serve(area, [0, 3, 5], 800, load=0.9)
    trips = follow(area, served, 800, 3_000, seed=3)
    moments = np.stack((trips.sent, trips.passed, trips.reached, trips.began, trips.ended, trips.returned, trips.back))
    assert (np.diff(moments, axis=0) >= -1e-9).all()
    straight = trips.site < 0
    assert (trips.place[straight] == 3).all()
    np.testing.assert_array_equal(trips.site, served.server[trips.user])
    for number, machines in enumerate(served.machines.tolist()):
        ours = trips.place == number
        edges = sorted([*((moment, 1) for moment in trips.began[ours] + 1e-6), *((moment, -1) for moment in trips.ended[ours])])
        assert max(np.cumsum([change for _, change in edges]), default=0) <= machines
    out, back = trips.reached - trips.sent, trips.back - trips.ended
    np.testing.assert_allclose(out, back)


def test_same_seed_same_trips():
    area = region(20, 4, seed=1)
    served = serve(area, [2], 100)
    np.testing.assert_array_equal(follow(area, served, 100, 50, seed=1).back, follow(area, served, 100, 50, seed=1).back)
    assert not np.array_equal(follow(area, served, 100, 50, seed=2).back, follow(area, served, 100, 50, seed=1).back)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"rate": 0}, "rate is 0"), ({"requests": 0}, "requests is 0"), ({"answered": 2}, "answered is 2"), ({"seed": -1}, "seed is -1")],
)
def test_bad_input_is_named(wrong, message):
    area = region(20, 4, seed=1)
    with pytest.raises(ValueError, match=message):
        follow(area, serve(area, [2], 100), **({"rate": 100, "requests": 10} | wrong))
