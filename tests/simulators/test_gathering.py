"""Gathering: against SimPy query by query, against the hedging simulator, and against order statistics."""

from __future__ import annotations

import re

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from labsupport import theory
from labsupport.simulators import gathering, hedging

QUERIES = 10_000
shapes = st.tuples(st.integers(1, 6), st.integers(1, 5))
tables = shapes.flatmap(lambda shape: st.tuples(*[arrays.arrays(np.float64, shape, elements=st.integers(0, 9).map(float))] * 2))


def in_simpy(first, second, delay, deadline):
    """The same with processes that wait for each other: one for each part, one for each query."""

    def part(environment, row, column, outcome):
        answer = environment.timeout(first[row, column])
        yield answer | environment.timeout(delay)
        if not answer.processed and environment.now < deadline:
            outcome["hedged"] += 1
            again = environment.timeout(second[row, column])
            yield answer | again
            outcome["rescued"] += not answer.processed

    responses, answered, hedged, rescued = [], [], [], []
    for row in range(first.shape[0]):
        environment = simpy.Environment()
        outcome = {"hedged": 0, "rescued": 0}
        parts = [environment.process(part(environment, row, column, outcome)) for column in range(first.shape[1])]
        done = simpy.AllOf(environment, parts)
        environment.run(done | environment.timeout(deadline))
        responses.append(environment.now)
        answered.append(sum(not each.is_alive for each in parts))
        environment.run()
        hedged.append(outcome["hedged"])
        rescued.append(outcome["rescued"])
    return responses, answered, hedged, rescued


def test_agrees_with_simpy_query_by_query():
    generator = np.random.default_rng(1)
    first, second = generator.exponential(10, (2, 300, 8))
    for delay, deadline in [(1e9, 1e9), (12.5, 1e9), (0.0, 20.5), (12.5, 20.5), (12.5, 8.0)]:
        result = gathering.simulate(first, seconds=second, delay=delay, deadline=deadline)
        responses, answered, hedged, rescued = in_simpy(first, second, delay, deadline)
        np.testing.assert_allclose(result.responses, responses, rtol=1e-12)
        assert result.answered.tolist() == answered
        assert result.hedged.tolist() == hedged
        assert result.rescued.tolist() == rescued


def test_one_part_alone_is_a_hedged_request_where_nobody_queues():
    work = np.random.default_rng(2).exponential(1, (1_000, 2))
    alone = hedging.simulate(np.arange(1_000) * 100.0, work, [1, 1, 1], delay=1.5, seed=3)
    result = gathering.simulate(work[:, :1], seconds=work[:, 1:], delay=1.5)
    np.testing.assert_allclose(result.responses, alone.responses, atol=1e-9)
    assert (result.hedged == alone.hedged).all()
    assert (result.rescued == alone.rescued).all()


@given(tables, st.integers(0, 9), st.integers(1, 12))
def test_every_part_by_the_definition(both, delay, deadline):
    first, second = both
    result = gathering.simulate(first, seconds=second, delay=delay, deadline=deadline)
    late = (first > delay) & (delay < deadline)
    answers = np.where(late, np.minimum(first, delay + second), first)
    assert result.responses.tolist() == np.minimum(answers.max(axis=1), deadline).tolist()
    assert result.answered.tolist() == (answers <= deadline).sum(axis=1).tolist()
    assert result.hedged.tolist() == late.sum(axis=1).tolist()
    assert result.rescued.tolist() == (late & (delay + second < first)).sum(axis=1).tolist()
    assert result.complete_share == np.mean((answers <= deadline).all(axis=1))
    assert result.completeness == pytest.approx(np.mean(answers <= deadline))
    assert result.extra_requests == pytest.approx(late.mean())


@given(tables, st.integers(0, 9), st.integers(1, 12))
def test_the_order_of_the_parts_and_the_unit_of_time_do_not_matter(both, delay, deadline):
    first, second = both
    result = gathering.simulate(first, seconds=second, delay=delay, deadline=deadline)
    turned = gathering.simulate(4 * first[:, ::-1], seconds=4 * second[:, ::-1], delay=4 * delay, deadline=4 * deadline)
    assert (turned.responses == 4 * result.responses).all()
    assert (turned.answered == result.answered).all()


@given(tables, st.integers(0, 9))
def test_neither_a_second_copy_nor_a_deadline_makes_anyone_later(both, delay):
    first, second = both
    plain = gathering.simulate(first)
    assert (gathering.simulate(first, seconds=second, delay=delay).responses <= plain.responses).all()
    assert (gathering.simulate(first, deadline=4).responses <= plain.responses).all()
    assert plain.complete_share == 1
    assert plain.extra_requests == 0


@pytest.mark.parametrize("fanout", [1, 10, 100])
def test_the_mean_of_the_slowest_is_that_of_order_statistics(fanout):
    # Its standard deviation is below mean × π / √6, so that six standard errors of 10,000 queries are 0.077 means.
    latencies = np.random.default_rng(4).exponential(10, (QUERIES, fanout))
    assert gathering.simulate(latencies).responses.mean() == pytest.approx(theory.slowest_mean_response(fanout, 10.0), abs=0.77)


@pytest.mark.parametrize("fanout", [1, 5, 20, 100])
@pytest.mark.parametrize("delay", [None, 5.0])
def test_the_slow_share_is_that_of_independent_parts(fanout, delay):
    # Six standard errors of a share of 10,000 queries are 0.03 at most.
    first, second = np.random.default_rng(5).exponential(1, (2, QUERIES, fanout))
    seconds = None if delay is None else second
    result = gathering.simulate(first, seconds=seconds, delay=delay)
    for limit in (2.0, 4.6, 6.0, 8.0):
        slow = theory.exponential_tail(limit, 1.0)
        if delay is not None and limit > delay:
            slow *= theory.exponential_tail(limit - delay, 1.0)
        assert result.slow_share(limit) == pytest.approx(theory.fanout_tail_probability(fanout, slow), abs=0.03)
        partial = gathering.simulate(first, seconds=seconds, delay=delay, deadline=limit)
        assert 1 - partial.complete_share == pytest.approx(result.slow_share(limit))
        assert partial.completeness == pytest.approx(1 - slow, abs=0.03)


def test_two_copies_at_once_take_half_as_long():
    first, second = np.random.default_rng(6).exponential(1, (2, QUERIES, 1))
    both = gathering.simulate(first, seconds=second, delay=0.0)
    assert both.responses.mean() == pytest.approx(theory.fastest_mean_response(2, 1.0), abs=0.03)  # six standard errors
    assert both.extra_requests == 1


def test_arrays_are_left_alone_and_the_results_cannot_be_written():
    first = np.ones((3, 2))
    first.flags.writeable = False
    result = gathering.simulate(first, seconds=first, delay=0.5)
    for array in (result.responses, result.answered, result.hedged, result.rescued):
        assert not array.flags.writeable


@pytest.mark.parametrize(
    ("latencies", "options", "words"),
    [
        ([1.0, 2.0], {}, "latencies has shape (2,), but must have a row for each query"),
        ([[1.0], [2.0, 3.0]], {}, "latencies is ragged"),
        (np.empty((0, 3)), {}, "latencies is empty"),
        ([[1.0, -1.0]], {}, "latencies holds the latency -1.0"),
        ([[1.0, np.nan]], {}, "latencies holds the latency nan"),
        ([["a"]], {}, "latencies holds"),
        ([[1.0]], {"delay": 1.0}, "seconds is missing, but must be given with delay"),
        ([[1.0]], {"seconds": [[1.0]]}, "delay is missing, but must be given with seconds"),
        ([[1.0]], {"seconds": [[1.0, 2.0]], "delay": 1}, "seconds has shape (1, 2), but must have that of latencies, (1, 1)"),
        ([[1.0]], {"seconds": [[1.0]], "delay": -1}, "delay is -1"),
        ([[1.0]], {"deadline": 0}, "deadline is 0"),
    ],
)
def test_bad_input_is_named(latencies, options, words):
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        gathering.simulate(latencies, **options)


def test_a_limit_is_checked():
    with pytest.raises(ValueError, match="limit is -1"):
        gathering.simulate([[1.0]]).slow_share(-1)
