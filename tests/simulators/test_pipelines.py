"""Pipelines: against SimPy request by request, against Jackson's theory, and properties of every row of stages."""

from __future__ import annotations

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators import estimates, queueing
from labsupport.simulators.pipelines import simulate


def simpy_pipeline(arrivals, services, workers):
    """Run the same row of stages in SimPy, and return when each request leaves each stage."""
    environment = simpy.Environment()
    stages = [simpy.Resource(environment, capacity=team) for team in workers]
    finishes = np.empty_like(services)

    def request(number):
        yield environment.timeout(arrivals[number])
        for stage, resource in enumerate(stages):
            with resource.request() as place:
                yield place
                yield environment.timeout(services[number, stage])
            finishes[number, stage] = environment.now

    for number in range(arrivals.size):
        environment.process(request(number))
    environment.run()
    return finishes


@pytest.mark.parametrize("workers", [[1, 1, 1], [3, 1, 2], [1, 4]])
def test_equals_simpy_request_by_request(workers):
    rng = np.random.default_rng(501)
    arrivals, services = workloads.poisson_arrivals(2_000, 0.8, seed=502), rng.exponential(1.0, (2_000, len(workers)))
    result = simulate(arrivals, services, workers)
    assert np.allclose(result.finishes, simpy_pipeline(arrivals, services, workers), rtol=1e-12, atol=1e-9)


def test_the_mean_is_jacksons():
    rng, means, workers = np.random.default_rng(503), [1.0, 1.5, 0.5], [1, 2, 1]
    arrivals = workloads.poisson_arrivals(220_000, 0.7, seed=504)
    result = simulate(arrivals, rng.exponential(means, (220_000, 3)), workers)
    measured = estimates.mean(result.responses, warm_up=20_000)
    expected = theory.pipeline_mean_response(0.7, means, workers)
    assert abs(measured.value - expected) < measured.half_width
    assert measured.half_width < 0.05 * expected
    assert result.utilizations == pytest.approx([0.7, 0.525, 0.35], rel=0.02)
    assert result.bottleneck == 0


def test_overloaded_it_does_what_its_slowest_stage_can():
    rng, means, workers = np.random.default_rng(505), [1.0, 3.0, 0.5], [1, 2, 1]
    result = simulate(workloads.poisson_arrivals(50_000, 2.0, seed=506), rng.exponential(means, (50_000, 3)), workers)
    assert result.throughput == pytest.approx(theory.bottleneck_throughput(means, workers), rel=0.02)
    assert result.bottleneck == 1


def test_one_stage_is_a_queue():
    arrivals, services = workloads.poisson_arrivals(500, 1.0, seed=507), workloads.exponential_services(500, 0.7, seed=508)
    assert np.array_equal(simulate(arrivals, services[:, np.newaxis], [1]).responses, queueing.simulate(arrivals, services).responses)


times = st.floats(0, 100, allow_nan=False)
rows = st.integers(1, 4).flatmap(
    lambda stages: st.tuples(
        st.lists(st.tuples(times, st.lists(times, min_size=stages, max_size=stages)), min_size=1, max_size=40),
        st.lists(st.integers(1, 3), min_size=stages, max_size=stages),
    )
)


@given(rows)
def test_every_request_is_served_at_every_stage_in_turn(row):
    requests, workers = row
    arrivals, services = np.sort([came for came, _ in requests]), np.array([work for _, work in requests])
    kept = arrivals.copy(), services.copy()
    result = simulate(arrivals, services, workers)
    assert np.array_equal(arrivals, kept[0])
    assert np.array_equal(services, kept[1])
    assert np.allclose(result.finishes - result.starts, services)
    assert (result.waits >= -1e-9).all()
    assert np.array_equal(result.enters[:, 1:], result.finishes[:, :-1])
    assert (result.responses >= services.sum(axis=1) - 1e-6).all()
    doubled = simulate(2 * arrivals, 2 * services, workers)
    assert np.allclose(doubled.responses, 2 * result.responses)
    assert (result.utilizations <= 1 + 1e-9).all()
    for array in (result.enters, result.starts, result.finishes):
        assert not array.flags.writeable


def test_no_time_at_all():
    result = simulate([3, 3], [[0.0], [0.0]], [1])
    assert result.throughput == float("inf")
    assert result.utilizations.tolist() == [0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 0], [[1], [1]], [1]), "arrivals"),
        (([], np.empty((0, 1)), [1]), "arrivals is empty"),
        (([0, 1], [1, 1], [1]), r"services has shape \(2,\), but must have a row for each of 2 requests and 1 stages"),
        (([0, 1], [[1], [-1]], [1]), r"services\[:, 0\] holds"),
        (([0, 1], [[1], [float("nan")]], [1]), r"services\[:, 0\] holds"),
        (([0], [[1]], [0]), "workers holds the number 0"),
        (([0], np.zeros((1, 1_001)), [1] * 1_001), "at most 1,000 stages"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        simulate(*arguments)
