"""The service: its metrics against queueing theory, against a simulated quarter of an hour, and what must hold of every fleet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators import allocation, anomalies, tuning
from labsupport.simulators.service import PROMISE, SCALE, observe

SETTING = (8, 10.5)


def test_the_response_is_that_of_theory_at_each_servers_share_of_the_load() -> None:
    loads = np.linspace(0, tuning.capacity(*SETTING, PROMISE), 997)
    found = observe(12 * loads, np.full(loads.size, 12), *SETTING)
    np.testing.assert_allclose(found.response, tuning.percentile(*SETTING, loads), rtol=0.001)
    assert found.turned_away.max() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("load", [500.0, 800.0, 900.0])
def test_a_simulated_quarter_of_an_hour_shows_what_theory_says(load: float) -> None:
    """Requests to five servers, split at random, of whom one is simulated with all that comes to it in 15 minutes."""
    generator = np.random.default_rng(2)
    comes = int((generator.integers(0, 5, int(5 * load * 900)) == 0).sum())
    measured = tuning.measure(*SETTING, comes / 900, comes, seed=3)
    assert measured == pytest.approx(observe([5 * load], [5], *SETTING).response[0], rel=0.02)


def test_who_is_let_in_is_answered_in_time_and_the_others_are_turned_away() -> None:
    most = tuning.capacity(*SETTING, PROMISE)
    found = observe([most, 2 * most, 2 * most, 0], [1, 1, 2, 1], *SETTING)
    assert found.response == pytest.approx([PROMISE, PROMISE, PROMISE, float(tuning.percentile(*SETTING, 0))])
    assert found.turned_away == pytest.approx([0, 0.5, 0, 0])


def test_a_lost_cache_is_a_smaller_one() -> None:
    traffic, servers = np.array([3_000.0, 6_000.0]), np.array([6, 7])
    for share in (0.25, 1.0):
        one, other = observe(traffic, servers, *SETTING, lost=share), observe(traffic, servers, 8, 10.5 * (1 - share))
        np.testing.assert_array_equal(one.response, other.response)
        np.testing.assert_array_equal(one.turned_away, other.turned_away)
    mixed = observe(traffic, servers, *SETTING, lost=[0.25, 0])
    assert mixed.response.tolist() == [observe(traffic, servers, *SETTING, lost=0.25).response[0], observe(traffic, servers, *SETTING).response[1]]


@given(st.lists(st.tuples(st.floats(0, 50_000), st.integers(1, 60), st.sampled_from([0.0, 0.3, 1.0])), min_size=1, max_size=20))
def test_more_servers_are_never_worse(samples: list[tuple[float, int, float]]) -> None:
    traffic, servers, lost = (np.array(column) for column in zip(*samples, strict=True))
    few, more = observe(traffic, servers, *SETTING, lost=lost), observe(traffic, servers + 1, *SETTING, lost=lost)
    assert (more.response <= few.response + 1e-9).all()
    assert (more.turned_away <= few.turned_away + 1e-12).all()
    assert ((few.turned_away >= 0) & (few.turned_away < 1 + 1e-12)).all()


def test_what_an_allocation_turns_away_the_metrics_show() -> None:
    demand = SCALE * anomalies.record(weeks=4, seed=3, size=0.6, per_week=7).values
    per_server = tuning.capacity(*SETTING, PROMISE)
    ordered = allocation.allocate("reactive", demand, 4, 0.1, per_server)
    found = observe(ordered.demand, ordered.servers, *SETTING)
    assert (found.turned_away * found.traffic).sum() / found.traffic.sum() == pytest.approx(ordered.turned_away)
    assert ordered.turned_away > 0.001


def test_a_surge_that_the_allocation_follows_is_felt_only_for_the_lead() -> None:
    """Half as much again, for six hours, on a service without hours; servers come an hour after they were ordered."""
    traffic = np.full(anomalies.LEARNING + 96, 10_000.0)
    traffic[-48:-24] *= 1.5
    ordered = allocation.allocate("reactive", traffic, 4, 0.2, tuning.capacity(*SETTING, PROMISE))
    found = observe(ordered.demand, ordered.servers, *SETTING)
    felt = np.flatnonzero(found.turned_away > 0)
    assert felt.tolist() == [48, 49, 50, 51]
    assert found.response[felt].tolist() == pytest.approx([PROMISE] * 4)
    assert found.response[52:72].max() < 0.4 * PROMISE


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: observe([-1.0], [1], *SETTING), "traffic holds the load -1.0"),
        (lambda: observe([1.0], [0], *SETTING), "servers holds the number 0"),
        (lambda: observe([1.0, 2.0], [1], *SETTING), "servers holds 1 numbers"),
        (lambda: observe([1.0], [1], 40, 10.5), "workers is 40, but must be a whole number from 1 to 32"),
        (lambda: observe([1.0], [1], *SETTING, lost=1.5), "lost holds the share 1.5, but a share is at most 1"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_what_is_returned_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        observe([1.0], [1], *SETTING).response[0] = 1
