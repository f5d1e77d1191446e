"""The batching simulator against SimPy batch by batch, its closed forms, and its properties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from labsupport import theory
from labsupport.simulators import batching
from labsupport.workloads import bursty_arrivals, deterministic_arrivals, poisson_arrivals


def in_simpy(arrivals: NDArray[np.float64], batch: int, fixed: float, each: float, patience: float) -> tuple[list[int], list[float], list[float]]:
    """Let one process bring the items, and another take them when enough are there or the first has waited long enough."""
    environment = simpy.Environment()
    there: list[float] = []
    sizes, starts, finishes = list[int](), list[float](), list[float]()
    news = environment.event()

    def bring() -> Any:
        nonlocal news
        for time in arrivals.tolist():
            yield environment.timeout(time - environment.now)
            there.append(time)
            before, news = news, environment.event()
            before.succeed()

    def work() -> Any:
        while sum(sizes) < arrivals.size:
            left = arrivals.size - sum(sizes)
            while not there:
                yield news
            while len(there) < min(batch, left) and environment.now < there[0] + patience:
                wait = there[0] + patience - environment.now
                yield (news | environment.timeout(wait)) if np.isfinite(wait) else news
            size = min(batch, len(there))
            del there[:size]
            sizes.append(size)
            starts.append(environment.now)
            yield environment.timeout(fixed + each * size)
            finishes.append(environment.now)

    environment.process(bring())
    environment.process(work())
    environment.run()
    return sizes, starts, finishes


@pytest.mark.parametrize("patience", [None, 0.0, 0.03, 0.5])
@pytest.mark.parametrize(("batch", "rate"), [(1, 30.0), (4, 90.0), (30, 200.0), (5_000, 90.0)])
def test_it_does_what_simpy_does(batch: int, rate: float, patience: float | None) -> None:
    arrivals = poisson_arrivals(1_000, rate, seed=batch)
    result = batching.simulate(arrivals, batch, 0.02, 0.002, patience=patience)
    sizes, starts, finishes = in_simpy(arrivals, batch, 0.02, 0.002, np.inf if patience is None else patience)
    assert result.sizes.tolist() == sizes
    np.testing.assert_allclose(result.starts, starts, rtol=1e-9)
    np.testing.assert_allclose(result.finishes, finishes, rtol=1e-9)


@pytest.mark.parametrize("batch", [3, 10, 50])
def test_items_that_come_evenly_take_what_theory_says(batch: int) -> None:
    result = batching.simulate(deterministic_arrivals(50 * batch, 100.0), batch, 0.02, 0.002)
    assert result.latencies.mean() == pytest.approx(theory.batch_mean_latency(100.0, batch, 0.02, 0.002))
    assert set(result.sizes.tolist()) == {batch}


@pytest.mark.parametrize(
    ("rate", "fixed", "each", "best"),
    [
        (100.0, 0.02, 0.002, 3),
        (100.0, 0.02, 0.005, 4),
        (50.0, 0.1, 0.001, 6),
        (10.0, 0.001, 0.001, 1),
        (200.0, 0.05, 0.003, 25),
        (64.0, 0.125, 0.0, 8),
    ],
)
def test_items_that_come_evenly_take_least_in_the_smallest_batches_that_keep_up(rate: float, fixed: float, each: float, best: int) -> None:
    """Where the worker keeps up, (b − 1) / 2λ + f + m b grows with b; it does where f + m b ≤ b / λ, that is from λ f / (1 − λ m) on.

    With fewer each batch comes later after its items than the one before, by f + m b − b / λ, and in the end any other size is better.
    """
    assert best == max(1, np.ceil(rate * fixed / (1 - rate * each) - 1e-9))  # the limit of 4 is met exactly, and so is that of 25
    sizes = np.arange(1, 3 * best + 5)
    runs = [batching.simulate(deterministic_arrivals(20_000, rate), int(size), fixed, each) for size in sizes]
    assert sizes[int(np.argmin([run.latencies.mean() for run in runs]))] == best
    late = [(run.starts - run.arrivals[np.cumsum(run.sizes) - 1])[:-1] for run in runs]  # the last batch of all may be a small one
    keeps_up = [bool(wait.max() < 1e-6) for wait in late]
    assert keeps_up == (sizes >= best).tolist()
    for run, wait in zip(runs[: best - 1], late[: best - 1], strict=True):
        size = run.sizes[0]
        np.testing.assert_allclose(wait, np.arange(wait.size) * (fixed + each * size - size / rate), rtol=1e-6, atol=1e-6)


def test_items_that_come_at_random_take_least_in_larger_batches() -> None:
    """Near its limit the worker has a line before it: 3 would keep up, by a load of 0.87; 4 leave 0.7."""
    arrivals = poisson_arrivals(50_000, 100.0, seed=3)
    means = [batching.simulate(arrivals, size, 0.02, 0.002).latencies.mean() for size in range(3, 12)]
    assert 3 < 3 + int(np.argmin(means)) < 8


def test_a_worker_that_cannot_keep_up_does_as_many_as_theory_says() -> None:
    result = batching.simulate(poisson_arrivals(100_000, 500.0, seed=1), 8, 0.02, 0.002)
    assert result.throughput == pytest.approx(theory.batch_throughput(8, 0.02, 0.002), rel=0.001)
    assert result.utilization > 0.999
    assert np.all(np.diff(result.latencies[::1_000]) > 0)


def test_patience_bounds_the_wait_of_a_worker_that_is_free() -> None:
    arrivals = bursty_arrivals(5_000, 20.0, seed=2)
    result = batching.simulate(arrivals, 100, 0.001, 0.0001, patience=0.05)
    first = np.cumsum(result.sizes) - result.sizes
    free = np.concatenate(([True], result.finishes[:-1] <= arrivals[first[1:]]))
    assert np.all(result.starts[free] - arrivals[first[free]] <= 0.05 + 1e-12)


times = st.lists(st.floats(0, 100), min_size=1, max_size=60).map(sorted)
costs = st.floats(0, 5)


@settings(max_examples=100, deadline=None)
@given(arrivals=times, batch=st.integers(1, 12), fixed=costs, each=costs, patience=st.none() | costs)
def test_every_item_is_done_once_and_none_before_it_came(
    arrivals: list[float], batch: int, fixed: float, each: float, patience: float | None
) -> None:
    result = batching.simulate(arrivals, batch, fixed, each, patience=patience)
    assert result.sizes.sum() == len(arrivals)
    assert result.sizes.min() >= 1
    assert result.sizes.max() <= batch
    ends = np.cumsum(result.sizes)
    assert np.all(result.starts >= result.arrivals[ends - 1])
    assert np.all(result.starts[1:] >= result.finishes[:-1])
    np.testing.assert_allclose(result.finishes - result.starts, fixed + each * result.sizes, atol=1e-9)
    slower = batching.simulate(2 * np.array(arrivals), batch, 2 * fixed, 2 * each, patience=None if patience is None else 2 * patience)
    np.testing.assert_array_equal(slower.finishes, 2 * result.finishes)


def test_nothing_that_is_given_is_written_to_and_nothing_that_comes_back_can_be() -> None:
    arrivals = np.array([0.0, 1.0])
    result = batching.simulate(arrivals, 2, 1.0, 0.0)
    for column in (result.arrivals, result.sizes, result.starts, result.finishes):
        assert not column.flags.writeable
    arrivals[0] = 0.5
    assert result.arrivals[0] == 0
    assert batching.simulate([1.0], 1, 0.0, 0.0).throughput == np.inf
    assert batching.simulate([1.0], 1, 0.0, 0.0).utilization == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([2, 1], 1, 1, 1), "arrivals"),
        (([], 1, 1, 1), "arrivals"),
        (([1], 0, 1, 1), "batch is 0, but must be a whole number from 1"),
        (([1], 1, -1, 1), "fixed is -1, but must be"),
        (([1], 1, 1, float("nan")), "each is nan, but must be"),
    ],
)
def test_bad_input_is_named(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        batching.simulate(*arguments)
    with pytest.raises(ValueError, match="patience is -1"):
        batching.simulate([1], 1, 1, 1, patience=-1)
