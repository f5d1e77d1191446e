"""Where the time of a request goes: parts that add up, light that cannot be hurried, and two queues against theory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators import estimates
from labsupport.simulators.anatomy import LIGHT_IN_FIBRE, PARTS, simulate

FIBRE = {"distance": 6_000.0, "reply_bytes": 10_000.0, "bandwidth": 100.0, "serialisation_rate": 100.0}


def alone(**changes):
    return {part: float(times[0]) for part, times in simulate([0], [2], **FIBRE | changes).parts.items()}


@given(
    st.floats(0, 20_000),
    st.floats(0, 1e7),
    st.floats(0.1, 1e4),
    st.floats(0.1, 1e4),
    st.integers(0, 5),
    st.lists(st.floats(0, 50), min_size=1, max_size=20),
)
def test_the_parts_add_up(distance, size, bandwidth, rate, setup, services):
    options = {"distance": distance, "reply_bytes": size, "bandwidth": bandwidth, "serialisation_rate": rate, "setup_round_trips": setup}
    anatomy = simulate(np.arange(len(services)) * 5.0, services, **options)
    assert tuple(anatomy.parts) == PARTS
    assert anatomy.latencies == pytest.approx(sum(anatomy.parts.values()))
    assert all((times >= 0).all() for times in anatomy.parts.values())
    assert (anatomy.server_waits <= anatomy.parts["queueing"] + 1e-9).all()
    assert (anatomy.latencies >= anatomy.response_times - 1e-9).all()
    assert (anatomy.response_times >= anatomy.parts["service"]).all()
    assert (anatomy.latencies >= 2_000 * distance / LIGHT_IN_FIBRE).all()  # nothing is faster than light


def test_each_part_answers_to_its_own_cause():
    plain = alone()
    assert plain["propagation"] == pytest.approx(2 * 6_000 / 204.2183, rel=1e-4)
    assert plain["transmission"] == pytest.approx(8 * 10_500 / 100_000)
    assert plain["serialisation"] == pytest.approx(2 * 10_500 / 100_000)
    assert (plain["queueing"], plain["service"]) == (0, 2)
    causes = {
        "propagation": [{"distance": 12_000.0}, {"setup_round_trips": 1}],
        "transmission": [{"bandwidth": 50.0}],
        "serialisation": [{"serialisation_rate": 50.0}],
    }
    for part, changes in causes.items():
        for change in changes:
            assert alone(**change) == pytest.approx(plain | {part: 2 * plain[part]})


def test_the_server_is_mg1_and_the_link_is_md1():
    # Service of 1 ms with 1 ms of serialisation each, 0.4 requests a ms; seeds 1 and 2; the first tenth warms up.
    arrivals, services = workloads.poisson_arrivals(2_000_000, 0.4, 1), np.zeros(2_000_000)
    anatomy = simulate(arrivals, services, distance=0, reply_bytes=1_000, bandwidth=1_000, serialisation_rate=1, request_bytes=0)
    waits = estimates.mean(anatomy.server_waits, warm_up=200_000)
    assert waits.covers(theory.mg1_mean_wait(0.4, 1.0, 0.0))
    # What leaves a queue with exponential work is Poisson again (Burke), so the link with equal replies is M/D/1.
    services = workloads.exponential_services(2_000_000, 1.0, 2)
    anatomy = simulate(arrivals, services, distance=0, reply_bytes=100_000, bandwidth=800, serialisation_rate=1e6, request_bytes=0)
    link = estimates.mean(anatomy.parts["queueing"] - anatomy.server_waits, warm_up=200_000)
    assert link.relative_half_width < 0.02
    assert link.value == pytest.approx(theory.mg1_mean_wait(0.4, 1.0, 0.0), rel=0.02)
    assert anatomy.throughput == pytest.approx(400, rel=0.005)
    assert anatomy.bytes_per_second == pytest.approx(40e6, rel=0.005)


def test_whose_fault_it_is():
    arrivals, services = np.arange(200.0), np.full(200, 0.5)
    assert simulate(arrivals, services, **FIBRE).stability == "Server and link can keep up: they are offered 0.61 and 0.80 of what they can do."
    slow_link = simulate(arrivals, services, **FIBRE | {"bandwidth": 40.0})
    assert not slow_link.steady
    assert slow_link.stability.startswith("No steady state: the link is offered 2.0")
    slow_format = simulate(arrivals, services, **FIBRE | {"serialisation_rate": 10.0})
    assert slow_format.stability.startswith("No steady state: the server is offered 1.5")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"distance": -1}, "distance is -1, but must be a finite number of at least 0"),
        ({"bandwidth": 0}, "bandwidth is 0"),
        ({"serialisation_rate": 0}, "serialisation_rate is 0"),
        ({"reply_bytes": float("inf")}, "reply_bytes is inf"),
        ({"setup_round_trips": -1}, "setup_round_trips is -1"),
        ({"servers": 0}, "servers is 0"),
        ({"services": [1, 2]}, "services holds 2 numbers, but must hold one for each of the 1 requests"),
    ],
)
def test_bad_input_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        simulate(**{"arrivals": [0], "services": [1]} | FIBRE | changes)
