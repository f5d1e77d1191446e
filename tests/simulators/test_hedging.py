"""Hedged requests: against SimPy, the closed form, and what is promised of every request."""

from __future__ import annotations

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators.hedging import simulate
from tests.simulators.request_stories import stories


def in_simpy(arrivals, services, speeds, delay, seed):
    environment = simpy.Environment()
    places = [simpy.Resource(environment) for _ in speeds]
    chances = np.random.default_rng(seed).random((len(arrivals), 2))
    answers, servers = np.full((len(arrivals), 2), np.inf), np.full((len(arrivals), 2), -1)

    def serve(request, copy, server):
        servers[request, copy] = server
        with places[server].request() as place:
            yield place
            yield environment.timeout(services[request][copy] / speeds[server])
        answers[request, copy] = environment.now

    def live(request):
        yield environment.timeout(arrivals[request])
        others = list(range(len(speeds)))
        first = environment.process(serve(request, 0, others.pop(int(chances[request, 0] * len(others)))))
        yield first | environment.timeout(delay)
        if np.isinf(answers[request, 0]):
            environment.process(serve(request, 1, others[int(chances[request, 1] * len(others))]))

    for request in range(len(arrivals)):
        environment.process(live(request))
    environment.run()
    return answers, servers


@pytest.mark.parametrize("delay", [0.0, 0.5, 2.0, 10.0])
@pytest.mark.parametrize("servers", [2, 5])
def test_agrees_with_simpy_request_by_request(delay, servers):
    speeds = np.random.default_rng(1).choice([0.5, 1.0, 2.0], servers)
    arrivals, services = workloads.poisson_arrivals(1_500, 0.35 * speeds.sum(), 2), workloads.exponential_services(3_000, 1.0, 3).reshape(-1, 2)
    ours = simulate(arrivals, services, speeds, delay, seed=4)
    answers, places = in_simpy(arrivals.tolist(), services.tolist(), speeds.tolist(), delay, 4)
    assert np.array_equal(ours.servers, places)
    np.testing.assert_allclose(ours.responses, answers.min(axis=1) - arrivals, rtol=1e-9, atol=1e-9)
    assert np.array_equal(ours.rescued, answers[:, 1] < answers[:, 0])
    busy = [services[places == server].sum() / speed for server, speed in enumerate(speeds)]
    np.testing.assert_allclose(ours.busy_times, busy, rtol=1e-9)


@given(story=stories(), delay=st.sampled_from([0, 0.125, 1, 40]), seed=st.integers(0, 9))
def test_every_request_is_answered_once_by_the_faster_of_its_copies(story, delay, seed):
    arrivals, services, speeds = story
    speeds = np.append(speeds, 1.0)
    result, plain = simulate(arrivals, services, speeds, delay, seed), simulate(arrivals, services, speeds, None, seed)
    assert np.array_equal(result.hedged, result.servers[:, 1] >= 0)
    assert not (result.servers[:, 0] == result.servers[:, 1]).any()
    assert (result.responses[~result.hedged] <= delay).all()
    assert (result.responses[result.hedged] > delay).all() or delay == 0
    assert not (result.rescued & ~result.hedged).any()
    assert (result.responses >= services / speeds.max() - 1e-9).all()
    work = services.sum() + services[result.hedged].sum()
    assert result.busy_times @ speeds == pytest.approx(work)
    assert result.extra_work == pytest.approx(services[result.hedged].sum() / services.sum() if services.sum() else 0)
    assert not plain.hedged.any()
    assert (plain.servers[:, 1] == -1).all()


@pytest.mark.parametrize("delay", [0.0, 0.5, 1.0, 3.0])
def test_where_nobody_queues_the_mean_is_the_closed_form(delay):
    # 200,000 requests to 2,000 servers at ρ = 0.0005, seeds 5 to 7: the standard error is 0.2 % of the mean
    arrivals, services = workloads.poisson_arrivals(200_000, 1.0, 5), workloads.exponential_services(400_000, 1.0, 6).reshape(-1, 2)
    result = simulate(arrivals, services, np.ones(2_000), delay, seed=7)
    assert result.responses.mean() == pytest.approx(theory.hedged_mean_response(1.0, delay), rel=0.01)
    assert result.hedged.mean() == pytest.approx(np.exp(-delay), abs=0.004)


def test_a_hedge_after_the_95th_percentile_cuts_the_tail_for_little_work():
    # a hundred servers at ρ = 0.1, where two of a hundred answers take twenty times as long
    arrivals, services = workloads.poisson_arrivals(60_000, 10.0, 8), workloads.bimodal_services(120_000, 1.0, 9, share=0.02, ratio=20).reshape(-1, 2)
    alone = simulate(arrivals, services, np.ones(100), None)
    hedged = simulate(arrivals, services, np.ones(100), float(np.percentile(alone.responses, 95)))
    assert np.percentile(hedged.responses, 99) < 0.2 * np.percentile(alone.responses, 99)
    assert hedged.extra_work < 0.06


def test_at_a_high_load_a_hedge_for_all_makes_it_worse():
    arrivals, services = workloads.poisson_arrivals(30_000, 7.0, 8), workloads.exponential_services(60_000, 1.0, 9).reshape(-1, 2)
    assert simulate(arrivals, services, np.ones(10), 0).responses.mean() > 10 * simulate(arrivals, services, np.ones(10), None).responses.mean()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"speeds": [1]}, ValueError, "from 2 to 100,000 servers"),
        ({"delay": -1}, ValueError, "delay is -1"),
        ({"delay": "x"}, TypeError, "delay is 'x'"),
        ({"services": [[1, 1]]}, ValueError, "services holds 1 numbers"),
        ({"services": [[1, -1], [1, 1]]}, ValueError, "services holds the service -1.0"),
        ({"services": [[1, 1, 1], [1, 1, 1]]}, ValueError, "services has shape"),
        ({"arrivals": []}, ValueError, "arrivals is empty"),
        ({"seed": 0.5}, TypeError, "seed is 0.5"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        simulate(**{"arrivals": [0, 1], "services": [1, 1], "speeds": [1, 1], "delay": 1} | arguments)
