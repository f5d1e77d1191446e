"""Expiry and stampedes: against the theory of renewals under Poisson arrivals, and on small stories told by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators import expiry
from labsupport.simulators.caching import simulate_expiry

moments = st.lists(st.integers(0, 60), min_size=1, max_size=50).map(sorted)  # whole numbers, so that ties happen often


def obvious(arrivals, ttl, load_time, coalescing, stale_time=0, lifetimes=None, ahead=None):
    """Ask at every arrival which loads have begun and ended so far."""
    starts, answers = [], []
    for request, now in enumerate(arrivals):
        ended = [(start + load_time, load) for load, start in enumerate(starts) if start + load_time <= now]
        under_way = [start + load_time for start in starts if start + load_time > now]
        expires = -1
        if ended:
            ready, load = max(ended)
            expires = ready + (ttl if lifetimes is None else lifetimes[load])
        volunteers = ahead is not None and now + ahead[request] >= expires and not (coalescing and under_way)
        if ended and now < expires and not volunteers:
            answers.append(("hit", 0))
        elif ended and expires <= now < expires + stale_time:
            answers.append(("stale", 0))
            starts += [] if under_way else [now]
        elif coalescing and under_way:
            answers.append(("miss", min(under_way) - now))
        else:
            starts.append(now)
            answers.append(("miss", load_time))
    return answers, starts


@given(arrivals=moments, ttl=st.integers(0, 20), load_time=st.integers(0, 12), coalescing=st.booleans(), stale_time=st.integers(0, 20))
def test_agrees_with_the_obvious_program(arrivals, ttl, load_time, coalescing, stale_time):
    answers, starts = obvious(arrivals, ttl, load_time, coalescing, stale_time)
    result = simulate_expiry(arrivals, ttl, load_time, coalescing, stale_time=stale_time)
    assert result.waits.tolist() == [wait for _, wait in answers]
    assert result.hits.tolist() == [kind == "hit" for kind, _ in answers]
    assert result.stale.tolist() == [kind == "stale" for kind, _ in answers]
    assert result.load_starts.tolist() == starts
    assert result.backend_reads == len(starts)
    assert result.hit_ratio == sum(kind == "hit" for kind, _ in answers) / len(answers)
    together = [sum(start <= now < start + load_time for start in starts[: index + 1]) for index, now in enumerate(starts)]
    assert result.largest_stampede == max([*together, 1])
    if coalescing:
        assert result.largest_stampede == 1


@given(arrivals=moments, ttl=st.integers(0, 20), load_time=st.integers(1, 12), coalescing=st.booleans(), stale_time=st.integers(0, 9))
@pytest.mark.parametrize(("early", "jitter"), [(1.0, 0.0), (0.0, 0.5), (2.0, 1.0)])
def test_chance_does_what_the_formulas_say(arrivals, ttl, load_time, coalescing, stale_time, early, jitter):
    chance = np.random.default_rng(5).random((len(arrivals), 2))
    ahead = -early * load_time * np.log(1 - chance[:, 0])
    answers, starts = obvious(arrivals, ttl, load_time, coalescing, stale_time, ttl * (1 - jitter * chance[:, 1]), ahead if early else None)
    result = simulate_expiry(arrivals, ttl, load_time, coalescing, early=early, jitter=jitter, stale_time=stale_time, seed=5)
    assert result.waits.tolist() == [wait for _, wait in answers]
    assert result.stale.tolist() == [kind == "stale" for kind, _ in answers]
    assert result.load_starts.tolist() == starts


@given(arrivals=moments, data=st.data(), ttl=st.integers(0, 9), load_time=st.integers(0, 6), coalescing=st.booleans(), stale_time=st.integers(0, 9))
def test_keys_do_not_disturb_each_other(arrivals, data, ttl, load_time, coalescing, stale_time):
    keys = np.array(data.draw(st.lists(st.sampled_from([0, 3, 2**31 - 1]), min_size=len(arrivals), max_size=len(arrivals))))
    together = simulate_expiry(arrivals, ttl, load_time, coalescing, keys=keys, stale_time=stale_time)
    starts = []
    for key in np.unique(keys):
        own = keys == key
        alone = simulate_expiry(np.array(arrivals)[own], ttl, load_time, coalescing, stale_time=stale_time)
        for name in ("waits", "hits", "stale"):
            assert np.array_equal(getattr(together, name)[own], getattr(alone, name))
        starts += alone.load_starts.tolist()
    assert together.load_starts.tolist() == sorted(starts)


@pytest.mark.parametrize(("rate", "ttl"), [(0.5, 1.0), (1.0, 10.0), (20.0, 3.0)])
def test_without_load_time_the_hit_ratio_is_that_of_a_renewal(rate, ttl):
    # One miss, then a ttl in which rate × ttl requests come. 400,000 requests, seed 81: standard error below 0.001.
    arrivals = workloads.poisson_arrivals(400_000, rate, 81)
    for coalescing in (False, True):
        assert simulate_expiry(arrivals, ttl, 0.0, coalescing).hit_ratio == pytest.approx(theory.ttl_hit_ratio(rate, ttl), abs=0.004)


@pytest.mark.parametrize(("rate", "ttl", "load_time"), [(2.0, 5.0, 1.0), (30.0, 10.0, 0.5), (1.0, 0.5, 4.0)])
def test_with_coalescing_one_load_serves_a_whole_cycle(rate, ttl, load_time):
    # A cycle: a load, a ttl, and the time to the next request: 1 + rate × (load_time + ttl) requests and one backend read.
    arrivals = workloads.poisson_arrivals(400_000, rate, 82)
    result = simulate_expiry(arrivals, ttl, load_time, True)
    assert result.backend_reads / 400_000 == pytest.approx(1 / (1 + rate * (load_time + ttl)), rel=0.02)
    assert result.hit_ratio == pytest.approx(theory.ttl_hit_ratio(rate, ttl, load_time), abs=0.004)
    # The first waits the whole load, the others of the load time half of it on average.
    assert result.waits.mean() == pytest.approx(load_time * (1 + rate * load_time / 2) / (1 + rate * (load_time + ttl)), rel=0.02)


@pytest.mark.parametrize(("rate", "ttl", "load_time"), [(2.0, 5.0, 1.0), (30.0, 10.0, 0.5)])
def test_without_coalescing_a_stampede_has_one_plus_rate_times_load_time_on_average(rate, ttl, load_time):
    # ttl ≥ load_time, so that one stampede ends before the next begins; a stampede begins where the wait follows a hit.
    arrivals = workloads.poisson_arrivals(400_000, rate, 83)
    result = simulate_expiry(arrivals, ttl, load_time, False)
    stampedes = 1 + np.count_nonzero(~result.hits[1:] & result.hits[:-1])
    later = np.count_nonzero((~result.hits[1:] & ~result.hits[:-1]) & (np.diff(arrivals) >= ttl + load_time))  # nobody came while it was fresh
    assert result.backend_reads / (stampedes + later) == pytest.approx(theory.stampede_size(rate, load_time), rel=0.02)
    assert result.largest_stampede > theory.stampede_size(rate, load_time)
    assert result.waits.max() == load_time


def test_a_stale_value_spares_all_but_the_first_the_wait():
    # The same cycle as with coalescing, but those who come in the load time get the old value. Seed 85, 400,000 requests.
    arrivals = workloads.poisson_arrivals(400_000, 2.0, 85)
    result = simulate_expiry(arrivals, 5.0, 1.0, False, stale_time=1e9)
    assert np.flatnonzero(result.waits).max() < 20  # only those before the very first load had ended
    assert result.hit_ratio == pytest.approx(theory.ttl_hit_ratio(2.0, 5.0, 1.0), abs=0.004)
    assert result.stale.mean() == pytest.approx(3 / 13, abs=0.004)
    assert result.backend_reads / 400_000 == pytest.approx(1 / 13, rel=0.02)


@pytest.mark.parametrize(("rate", "early"), [(1.0, 1.0), (4.0, 0.5), (0.5, 1.0)])
def test_early_refresh_comes_in_time_as_often_as_it_should(rate, early):
    # While x is left, requests that volunteer come at rate × exp(-x / (early × load_time)); integrated over the ttl, the chance that none does.
    # Seed 86; 400,000 requests make more than 6,000 cycles: standard error below 0.007.
    ttl, load_time = 30.0, 2.0
    arrivals = workloads.poisson_arrivals(400_000, rate, 86)
    result = simulate_expiry(arrivals, ttl, load_time, True, early=early, seed=87)
    before = result.load_starts[:-1] + load_time + ttl
    in_time = np.mean(result.load_starts[1:] < before)
    reach = early * load_time
    assert in_time == pytest.approx(1 - np.exp(-rate * reach * (1 - np.exp(-ttl / reach))), abs=0.025)


def test_early_refresh_leaves_little_of_a_stampede():
    # Vattani et al.: the hotter the key, the surer the early refresh. Seed 88.
    arrivals = workloads.poisson_arrivals(100_000, 1_000.0, 88)
    plain, early = (simulate_expiry(arrivals, 10.0, 0.1, False, early=eagerness) for eagerness in (0.0, 1.0))
    began = np.searchsorted(early.load_starts, early.load_starts[0] + 1.0)  # the first load of all has nothing to be early for
    assert np.diff(plain.load_starts).min() < 0.1
    assert plain.largest_stampede > 80
    assert early.backend_reads - began < 0.1 * plain.backend_reads
    assert not early.stale.any()


def test_jitter_shortens_the_cycle_by_half_of_itself():
    # Seed 89; a cycle takes a load, ttl × (1 - jitter / 2) on average, and the time to the next request.
    arrivals = workloads.poisson_arrivals(400_000, 2.0, 89)
    result = simulate_expiry(arrivals, 8.0, 1.0, True, jitter=0.5)
    assert result.backend_reads / 400_000 == pytest.approx(1 / (1 + 2 * (1 + 8 * 0.75)), rel=0.02)


def test_jitter_takes_keys_loaded_together_apart():
    # 100 keys asked for 10 times a second each; all are loaded in the first second. Seeds 90 and 91.
    arrivals, keys = workloads.poisson_arrivals(100_000, 1_000.0, 90), workloads.uniform_trace(100_000, 100, 91)
    together, apart = (simulate_expiry(arrivals, 20.0, 0.2, True, keys=keys, jitter=jitter) for jitter in (0.0, 0.5))
    per_second = [np.histogram(result.load_starts, np.arange(2, 100))[0] for result in (together, apart)]
    assert per_second[0].max() > 80
    assert per_second[1].max() < 30


@given(arrivals=moments, ttl=st.integers(0, 20), load_time=st.integers(0, 12), coalescing=st.booleans())
def test_the_unit_of_time_does_not_matter(arrivals, ttl, load_time, coalescing):
    one = simulate_expiry(arrivals, ttl, load_time, coalescing)
    other = simulate_expiry(np.array(arrivals) * 8.0, ttl * 8, load_time * 8, coalescing)
    assert np.array_equal(one.waits * 8, other.waits)
    assert one.backend_reads == other.backend_reads


def test_edges():
    assert simulate_expiry([0, 2, 12], 10, 2, False).hits.tolist() == [False, True, False]  # ready at 2, no longer fresh at 12
    assert simulate_expiry([1, 1, 1], 5, 0, False).hits.tolist() == [False, True, True]
    assert simulate_expiry([1, 1, 1], 0, 0, False).backend_reads == 3
    assert simulate_expiry([1, 1, 1], 0, 2, True).backend_reads == 1


def test_the_arguments_are_left_alone_and_the_result_is_frozen():
    arrivals = workloads.poisson_arrivals(100, 1.0, 84)
    before = arrivals.copy()
    result = simulate_expiry(arrivals, 1, 1, True)
    assert np.array_equal(arrivals, before)
    for array in (result.waits, result.hits, result.stale, result.load_starts):
        assert not array.flags.writeable


def test_the_kernel_is_compiled_for_one_kind_of_request_only():
    # A second kind would be compiled while the student waits, though the cache was warmed.
    arrivals = workloads.poisson_arrivals(50, 10.0, 84)
    for settings in ({}, {"keys": [7] * 50}, {"keys": np.full(50, 2**31 - 1)}, {"early": 1}, {"stale_time": 2, "jitter": 0.5}):
        simulate_expiry(arrivals, 1, 0.5, True, **settings)
        simulate_expiry(arrivals.tolist(), 1.0, 1, False, **settings)
    assert len(expiry._expire.signatures) == 1


def test_same_seed_same_result():
    arrivals = workloads.poisson_arrivals(1_000, 10.0, 84)
    first, again, other = (simulate_expiry(arrivals, 1, 0.5, False, early=1, jitter=0.5, seed=seed).waits for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([], 1, 1, True), ValueError, "arrivals is empty"),
        (([2, 1], 1, 1, True), ValueError, r"arrivals falls from 2\.0 to 1\.0 at index 1"),
        (([-1], 1, 1, True), ValueError, "arrivals holds the time -1"),
        (([float("nan")], 1, 1, True), ValueError, "arrivals holds the time nan"),
        (([float("inf")], 1, 1, True), ValueError, "arrivals holds the time inf"),
        (([1], -1, 1, True), ValueError, "ttl is -1"),
        (([1], 1, float("nan"), True), ValueError, "load_time is nan"),
        (([1], 1, 1, "yes"), TypeError, "coalescing is 'yes'"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        simulate_expiry(*arguments)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"keys": [1]}, ValueError, "keys holds 1 keys, but must hold one for each of the 2 requests"),
        ({"keys": [1, -1]}, ValueError, "keys holds the key -1"),
        ({"early": -1}, ValueError, "early is -1"),
        ({"stale_time": float("inf")}, ValueError, "stale_time is inf"),
        ({"jitter": 1.1}, ValueError, r"jitter is 1\.1, but must be a finite number from 0 to 1"),
        ({"seed": -1}, ValueError, "seed is -1"),
    ],
)
def test_a_bad_protection_is_named(changed, error, message):
    with pytest.raises(error, match=message):
        simulate_expiry([1, 2], 1, 1, True, **changed)
