"""A hot node: each node is a queue, a request is as slow as its slowest answer, and who asks more nodes feels it more often."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators import queueing
from labsupport.simulators.hot_node import simulate


@st.composite
def stories(draw):
    gaps = draw(st.lists(st.integers(0, 12), min_size=1, max_size=25))
    fanout, nodes = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    generator = np.random.default_rng(draw(st.integers(0, 1_000)))
    shape = (len(gaps), fanout)
    return np.cumsum(gaps) / 8, generator.integers(0, 40, shape) / 8, generator.integers(0, nodes, shape), generator.choice([0.5, 1.0, 2.0], nodes)


@given(stories())
def test_every_node_is_a_queue_of_its_own(story):
    arrivals, services, targets, speeds = story
    result = simulate(*story)
    done = np.zeros(speeds.size)
    for request in range(arrivals.size):
        for question, node in enumerate(targets[request]):
            done[node] = max(done[node], arrivals[request]) + services[request, question] / speeds[node]
            assert result.answers[request, question] == done[node] - arrivals[request]
        assert result.responses[request] == result.answers[request].max()
        assert result.answers[request][targets[request] == result.slowest[request]].max() == result.responses[request]
    assert (result.utilizations <= 1 + 1e-12).all()


def cluster(fanout, hot, requests=200_000, nodes=10, others=0.8):
    """Ten nodes, of which the first is hot; a request asks ``fanout`` different ones. Seeds 1 to 3."""
    targets = np.random.default_rng(3).random((requests, nodes)).argsort(axis=1)[:, :fanout]
    speeds = np.full(nodes, 1 / others)
    speeds[0] = 1 / hot
    rate = nodes / fanout  # so that each node is asked once per unit of time
    return simulate(workloads.poisson_arrivals(requests, rate, 1), np.random.default_rng(2).standard_exponential((requests, fanout)), targets, speeds)


def test_who_asks_one_node_sees_one_queue():
    result = cluster(fanout=1, hot=0.9)
    assert result.loads == pytest.approx([0.9, *[0.8] * 9], rel=0.03)
    hot = result.answers[:, 0][result.targets[:, 0] == 0]
    assert hot.mean() == pytest.approx(theory.mm1_mean_response(1.0, 1 / 0.9), rel=0.15)
    others = result.answers[:, 0][result.targets[:, 0] != 0]
    assert others.mean() == pytest.approx(theory.mm1_mean_response(1.0, 1 / 0.8), rel=0.05)
    assert result.stability.startswith("Every node can keep up: the busiest is offered 0.9")


def test_who_asks_all_nodes_feels_the_hot_one_every_time():
    hot, fair = cluster(fanout=10, hot=1.0, requests=40_000), cluster(fanout=10, hot=0.8, requests=40_000)
    assert hot.responses.mean() > 3 * fair.responses.mean()
    assert np.mean(hot.slowest == 0) > 0.8
    one = cluster(fanout=1, hot=1.0)
    assert np.median(one.responses) < 1.2 * np.median(cluster(fanout=1, hot=0.8).responses)  # who asks one node seldom meets it


def test_too_much_for_one():
    result = cluster(fanout=1, hot=1.1)
    assert result.overloaded.tolist() == [0]
    assert result.stability.startswith("No steady state at node 0: offered up to 1.1")
    assert "nodes are offered 0.8" in result.stability


def test_one_node_is_a_queue():
    arrivals, services = workloads.poisson_arrivals(1_000, 0.8, 4), workloads.exponential_services(1_000, 1.0, 5)
    result = simulate(arrivals, services[:, np.newaxis], np.zeros((1_000, 1), dtype=int), [1])
    plain = queueing.simulate(arrivals, services)
    assert result.responses.tolist() == plain.responses.tolist()
    assert result.loads == pytest.approx([plain.load])
    assert result.utilizations == pytest.approx([plain.utilization])


def test_loads_where_no_time_passes_and_nodes_that_nobody_asks():
    result = simulate([1, 1], [[1], [1]], [[2], [2]], [1, 1, 1])
    assert result.loads.tolist() == [0, 0, np.inf]
    assert result.utilizations.tolist() == [0, 0, 1]
    assert simulate([1], [[0]], [[0]], [1]).utilizations.tolist() == [0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arrivals": [1, 0]}, "arrivals falls"),
        ({"services": [1, 1]}, r"services has shape \(2,\), but must have a row for each of the 2 requests"),
        ({"services": [[1]]}, r"services has shape \(1, 1\)"),
        ({"services": [[-1], [1]]}, "services holds the service -1.0"),
        ({"targets": [[0, 1], [0, 1]]}, r"targets has shape \(2, 2\), but services has \(2, 1\)"),
        ({"targets": [[0], [2]]}, "targets holds the node 2, but each must be a whole number from 0 to 1"),
        ({"speeds": [1, 0]}, "speeds holds the speed 0.0"),
    ],
)
def test_bad_input_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        simulate(**{"arrivals": [0, 1], "services": [[1], [1]], "targets": [[0], [1]], "speeds": [1, 1]} | changes)
