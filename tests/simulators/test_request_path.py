"""A request's path: parts that add up, a cache and a queue that are the simulators' own, waits against theory, and steps that interact."""

from __future__ import annotations

from collections import OrderedDict
from itertools import permutations

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators import caching, estimates, queueing
from labsupport.simulators.request_path import FANOUT, PARTS, REGIONS, Configuration, database_work, index_pages, simulate

REQUESTS, KEYS, EXPONENT = 60_000, 10_000, 0.9
RATE = 0.03  # requests a millisecond
configurations = st.builds(
    Configuration, index=st.booleans(), capacity=st.integers(0, 6), region=st.sampled_from(sorted(REGIONS)), workers=st.integers(1, 3)
)


@pytest.fixture(scope="module")
def month():
    """A day's requests: seeds 1 to 3."""
    arrivals = workloads.poisson_arrivals(REQUESTS, RATE, seed=1)
    return arrivals, workloads.zipf_trace(REQUESTS, KEYS, EXPONENT, seed=3), workloads.exponential_services(REQUESTS, 1.0, seed=2)


@settings(max_examples=60, deadline=None)
@given(st.data(), configurations, st.integers(1, 10**7))
def test_every_request_takes_its_parts_and_no_more(data, configuration, rows):
    count = data.draw(st.integers(1, 30))
    gaps = data.draw(st.lists(st.integers(0, 500_000).map(lambda microseconds: microseconds / 1_000), min_size=count, max_size=count))
    trace = data.draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    works = data.draw(st.lists(st.floats(0, 5), min_size=count, max_size=count))
    arrivals = np.cumsum(gaps)
    result = simulate(arrivals, trace, works, configuration, rows=rows)
    assert tuple(result.parts) == PARTS
    assert result.responses == pytest.approx(sum(result.parts.values()))
    assert all((times >= 0).all() for times in result.parts.values())
    expected = caching.simulate("lru", trace, configuration.capacity).hits if configuration.capacity else np.zeros(count, dtype=bool)
    assert result.hits.tolist() == expected.tolist()
    for part in PARTS[3:]:  # what is behind the cache is paid on misses only
        assert not result.parts[part][result.hits].any()
    missed = ~result.hits
    assert (result.parts["database network"][missed] == REGIONS[configuration.region].round_trip).all()
    assert result.parts["database work"][missed] == pytest.approx(np.array(works)[missed] * database_work(rows, index=configuration.index))
    queue = queueing.simulate(arrivals[missed], result.parts["database work"][missed], configuration.workers) if missed.any() else None
    if queue is not None:  # the way there takes all equally long, so the database sees the same gaps
        assert result.parts["waiting"][missed] == pytest.approx(queue.waits, abs=1e-6)
        assert result.load == pytest.approx(queue.load)
    assert result.steady == (result.load < 1)


def in_simpy(arrivals, trace, works, configuration, rows):
    """The same path, walked by a process for each request; the cache is an ordered dict, looked at when the application is through."""
    environment, cache, responses = simpy.Environment(), OrderedDict(), np.empty(arrivals.size)
    database = simpy.Resource(environment, configuration.workers)
    there, work = REGIONS[configuration.region].round_trip, database_work(rows, index=configuration.index)

    def walk(request):
        yield environment.timeout(arrivals[request])
        yield environment.timeout(80.0 / 2 + 30.0)
        known = trace[request] in cache
        if configuration.capacity:
            cache[trace[request]] = True
            cache.move_to_end(trace[request])
            if len(cache) > configuration.capacity:
                cache.popitem(last=False)
            yield environment.timeout(1.0)
        if not known:
            yield environment.timeout(there / 2)
            with database.request() as worker:
                yield worker
                yield environment.timeout(work * works[request])
            yield environment.timeout(there / 2)
        yield environment.timeout(80.0 / 2)
        responses[request] = environment.now - arrivals[request]

    for request in range(arrivals.size):
        environment.process(walk(request))
    environment.run()
    return responses


@pytest.mark.parametrize("configuration", [Configuration(), Configuration(capacity=300), Configuration(True, 50, "near", 1)])
def test_simpy_agrees_request_by_request(month, configuration):
    arrivals, trace, works = (array[:3_000] for array in month)
    result = simulate(arrivals, trace, works, configuration, rows=1_100_000)
    assert result.responses == pytest.approx(in_simpy(arrivals, trace, works, configuration, 1_100_000), abs=1e-6)


def test_without_a_cache_the_database_is_mmc():
    # 2,000,000 requests at 75 % of eight workers, seeds 1 and 2; the first tenth warms up.
    arrivals, works = workloads.poisson_arrivals(2_000_000, RATE, 1), workloads.exponential_services(2_000_000, 1.0, 2)
    result = simulate(arrivals, np.zeros(2_000_000, dtype=int), works)
    waits = estimates.mean(result.parts["waiting"], warm_up=200_000)
    assert waits.relative_half_width < 0.05
    assert waits.covers(theory.mmc_mean_wait(RATE, 1 / 200, 8))


def test_one_worker_with_equal_work_is_md1():
    arrivals = workloads.poisson_arrivals(1_000_000, 0.003, 4)
    result = simulate(arrivals, np.zeros(1_000_000, dtype=int), np.ones(1_000_000), Configuration(workers=1))
    waits = estimates.mean(result.parts["waiting"], warm_up=100_000)
    assert waits.relative_half_width < 0.05
    assert waits.covers(theory.mg1_mean_wait(0.003, 200.0, 0.0))


@pytest.mark.parametrize("capacity", [100, 500, 2_000])
def test_behind_a_cache_it_is_nearly_mmc_of_the_misses(month, capacity):
    """Misses of a popular cache are nearly independent of each other: 3 % of the mean response, which is mostly work and way."""
    result = simulate(*month, Configuration(capacity=capacity))
    missed = 1 - float(theory.che_hit_ratio(workloads.zipf_popularity(KEYS, EXPONENT), capacity))
    expected = 111 + missed * (150 + 200 + theory.mmc_mean_wait(RATE * missed, 1 / 200, 8))
    assert result.responses[10_000:].mean() == pytest.approx(expected, rel=0.03)


def test_the_lectures_example(month):
    """From 500 to 150 ms; and what each step earned depends on when it came."""
    steps = {"index": {"index": True}, "cache": {"capacity": 500}, "replica": {"region": "near"}}

    def mean(*done: str) -> float:
        changes = {name: value for step in done for name, value in steps[step].items()}
        return float(simulate(*month, Configuration(**changes)).responses[10_000:].mean())

    assert mean() == pytest.approx(500, abs=10)
    assert mean(*steps) == pytest.approx(148, abs=5)
    earned: dict[str, set[int]] = {step: set() for step in steps}
    for order in permutations(steps):
        for place, step in enumerate(order):
            earned[step].add(round(mean(*order[:place]) - mean(*order[: place + 1])))
    assert max(earned["cache"]) > 6 * min(earned["cache"])
    assert max(earned["index"]) > 2 * min(earned["index"])
    assert max(earned["replica"]) > 1.5 * min(earned["replica"])
    assert sum(max(step) for step in earned.values()) > mean() - mean(*steps)  # the best of each cannot be had together


def test_an_overloaded_database_is_said():
    arrivals = np.arange(100) * 10.0
    assert not simulate(arrivals, np.arange(100), np.ones(100)).steady
    assert simulate(arrivals, np.arange(100), np.ones(100), Configuration(index=True)).steady
    alone = simulate([0, 1], [1, 1], [1, 1], Configuration(capacity=1))
    assert (alone.hit_ratio, alone.hits.tolist()) == (0.5, [False, True])


def test_a_tree_grows_by_a_level_for_every_hundredfold():
    assert [index_pages(FANOUT**level) for level in (1, 2, 3, 6)] == [2, 3, 4, 7]
    assert [index_pages(FANOUT**level + 1) for level in (1, 2, 3)] == [3, 4, 5]


def test_costs_add_up():
    assert Configuration(workers=3, capacity=2_000, index=True, region="here").hour == pytest.approx(0.3 + 0.2 + 0.05 + 1.6)
    assert Configuration().cost_per_million(30) == pytest.approx(0.8 / 108_000 * 1e6)


def test_nobody_writes_into_a_result(month):
    before = [array.copy() for array in month]
    result = simulate(*month, Configuration(capacity=10))
    assert all((array == copy).all() for array, copy in zip(month, before, strict=True))
    for array in (result.arrivals, result.hits, *result.parts.values()):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"arrivals": [1, 0]}, ValueError, "arrivals falls from 1.0 to 0.0"),
        ({"trace": [1]}, ValueError, "trace holds 1 keys, but must hold one for each of the 2 requests"),
        ({"works": [1, float("nan")]}, ValueError, "works holds the work nan"),
        ({"works": [1]}, ValueError, "works holds 1 numbers"),
        ({"rows": 0}, ValueError, "rows is 0, but must be a whole number from 1"),
        ({"network": -1}, ValueError, "network is -1"),
        ({"row_time": float("inf")}, ValueError, "row_time is inf"),
        ({"page_time": "1"}, TypeError, "page_time is '1'"),
        ({"configuration": "far"}, TypeError, "configuration is 'far', but must be a Configuration"),
    ],
)
def test_bad_input_is_named(changes, kind, message):
    arguments = {"arrivals": [0, 1], "trace": [1, 2], "works": [1, 1]} | changes
    with pytest.raises(kind, match=message):
        simulate(**arguments)


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"index": 1}, TypeError, "index is 1"),
        ({"capacity": -1}, ValueError, "capacity is -1"),
        ({"region": "nearer"}, ValueError, "Did you mean 'near'"),
        ({"workers": 0}, ValueError, "workers is 0"),
    ],
)
def test_a_configuration_that_is_none_is_named(changes, kind, message):
    with pytest.raises(kind, match=message):
        Configuration(**changes)
    with pytest.raises(ValueError, match="rate is 0"):
        Configuration().cost_per_million(0)
