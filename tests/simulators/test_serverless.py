"""Serverless: request by request as a slow and simple program has it, and within a half-width of theory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators.serverless import simulate


def slowly(arrivals, services, cold_start, keep_alive, limit, growth, provisioned):
    """Look at every instance for every request: when each was free, and whether it is still there."""
    free = dict.fromkeys(range(provisioned), arrivals[0])
    gone: set[int] = set()
    tokens, before = max(1.0, growth), arrivals[0]
    told = []
    for now, work in zip(arrivals, services, strict=True):
        tokens = min(max(1.0, growth), tokens + growth * (now - before))
        before = now
        here = sorted((at, number) for number, at in free.items() if number not in gone)
        for at, number in here:
            if len(free) - len(gone) > provisioned and at + keep_alive < now:
                gone.add(number)
        idle = [(at, number) for at, number in here if number not in gone and at <= now]
        if idle:
            number, begin = max(idle)[1], now
        elif len(free) - len(gone) < limit and tokens >= 1:
            tokens -= 1
            number, begin = len(free), now + cold_start
        else:
            told.append((-1, float("nan")))
            continue
        free[number] = begin + work
        told.append((number, free[number]))
    return told


@given(
    gaps=st.lists(st.integers(1, 40).map(lambda n: n / 8 + n % 3 / 1024), min_size=1, max_size=60),
    cold_start=st.sampled_from([0.0, 0.5, 3.0]),
    keep_alive=st.sampled_from([0.0, 1.0, 7.3, 100.0]),
    limit=st.integers(1, 6),
    growth=st.sampled_from([0.1, 0.7, 1_000.0]),
    provisioned=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_every_request_fares_as_in_a_simple_program(gaps, cold_start, keep_alive, limit, growth, provisioned, seed) -> None:
    arrivals = np.cumsum(gaps)
    services = np.random.default_rng(seed).exponential(4.0, arrivals.size)
    provisioned = min(provisioned, limit)
    options = {"cold_start": cold_start, "keep_alive": keep_alive, "limit": limit, "growth": growth, "provisioned": provisioned}
    result = simulate(arrivals, services, **options)
    told = slowly(arrivals.tolist(), services.tolist(), **options)
    assert result.instances.tolist() == [number for number, _ in told]
    assert result.finishes.tolist() == pytest.approx([finish for _, finish in told], nan_ok=True)
    assert result.started == np.count_nonzero(result.cold) == len({number for number, _ in told if number >= provisioned})
    assert result.peak <= limit
    assert result.turned_away + result.responses.size == arrivals.size
    answered = result.instances >= 0
    assert (result.responses >= services[answered] - 1e-9).all()
    end = np.nanmax(np.append(result.finishes, arrivals[-1]))
    assert result.kept <= (end - arrivals[0]) * max(result.peak, 1) + 1e-9
    assert result.kept >= services[answered].sum() - 1e-6


def test_no_instance_answers_two_at_once() -> None:
    arrivals = workloads.poisson_arrivals(5_000, 20.0, seed=1)
    services = workloads.exponential_services(5_000, 0.5, seed=2)
    result = simulate(arrivals, services, cold_start=0.3, keep_alive=1.0)
    begins = result.finishes - services - 0.3 * result.cold
    for instance in range(result.started):
        mine = result.instances == instance
        assert (begins[mine][1:] >= result.finishes[mine][:-1] - 1e-9).all()


def test_rare_calls_start_cold_as_theory_says() -> None:
    """Short work at random times: over 400,000 calls, four standard deviations are 0.3 %."""
    arrivals = workloads.poisson_arrivals(400_000, 1.0, seed=3)
    for keep_alive in (0.1, 1.0, 3.0):
        result = simulate(arrivals, np.full(arrivals.size, 1e-7), keep_alive=keep_alive)
        assert result.cold_share == pytest.approx(theory.cold_start_share(1.0, keep_alive), abs=0.0032)


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_who_finds_the_limit_reached_is_lost_as_erlang_says(limit: int) -> None:
    """Without keep-alive every request takes a new instance for cold start and work: M/G/c/c, where only the mean counts."""
    arrivals = workloads.poisson_arrivals(300_000, 4.0, seed=4)
    services = workloads.exponential_services(300_000, 0.5, seed=5)
    result = simulate(arrivals, services, cold_start=0.25, keep_alive=0.0, limit=limit)
    assert result.turned_away / arrivals.size == pytest.approx(theory.erlang_b(limit, 4.0 * 0.75), abs=0.005)


def test_time_has_no_unit() -> None:
    arrivals, services = workloads.poisson_arrivals(2_000, 3.0, seed=6), workloads.exponential_services(2_000, 1.0, seed=7)
    plain = simulate(arrivals, services, cold_start=2.0, keep_alive=5.0)
    scaled = simulate(arrivals / 64, services / 64, cold_start=2.0 / 64, keep_alive=5.0 / 64)
    assert (plain.instances == scaled.instances).all()
    assert plain.kept == pytest.approx(64 * scaled.kept)
    assert plain.billed == pytest.approx(64 * scaled.billed)


def test_what_is_kept_is_counted_by_hand() -> None:
    result = simulate([0, 10], [2, 2], cold_start=1, keep_alive=4)
    assert (result.kept, result.billed, result.peak) == (3 + 4 + 3, 6.0, 1)  # the second is there until the end only
    ready = simulate([0, 10], [2, 2], cold_start=1, keep_alive=4, provisioned=2)
    assert (ready.kept, ready.billed, ready.started, ready.peak) == (24, 4.0, 0, 2)


def test_provisioned_instances_spare_cold_starts_but_not_all() -> None:
    arrivals = workloads.poisson_arrivals(20_000, 10.0, seed=8)
    services = workloads.exponential_services(20_000, 0.2, seed=9)
    shares = [simulate(arrivals, services, cold_start=1.0, keep_alive=0.5, provisioned=count).cold_share for count in (0, 2, 10)]
    assert shares[0] > shares[1] > shares[2]


def test_the_callers_arrays_are_left_alone_and_results_are_read_only() -> None:
    arrivals, services = np.array([0.0, 1.0]), np.array([1.0, 1.0])
    result = simulate(arrivals, services)
    arrivals[0] = services[0] = 0.5
    assert result.arrivals[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        result.finishes[0] = 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arrivals": [2, 1]}, "arrivals"),
        ({"arrivals": []}, "arrivals"),
        ({"services": [1]}, "services"),
        ({"services": [1, -1]}, "services"),
        ({"cold_start": -1}, "cold_start is -1"),
        ({"cold_start": [1, 2, 3]}, "cold_start"),
        ({"keep_alive": float("nan")}, "keep_alive is nan"),
        ({"limit": 0}, "limit is 0"),
        ({"growth": 0}, "growth is 0"),
        ({"provisioned": 3, "limit": 2}, "provisioned is 3, but must be a whole number from 0 to 2"),
    ],
)
def test_bad_input_is_named(changes, message) -> None:
    given_ = {"arrivals": [1, 2], "services": [1, 1], **changes}
    with pytest.raises((ValueError, TypeError), match=message):
        simulate(given_.pop("arrivals"), given_.pop("services"), **given_)
