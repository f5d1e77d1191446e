"""The court: what it simulates agrees with theory, and witnesses who say nothing are sent away."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.exercises import NotYet, trials
from labsupport.exercises.trials import SETTINGS, hear
from labsupport.theory import k_of_n_availability

FRESH = {"capacity": 200, "keys": 1_000, "exponent": 1.0, "write_share": 0.2, "past_share": 0.5}
GAIN = {"capacity": 200, "keys": 1_000, "exponent": 1.0, "servers": 2, "load": 5.0}
FAILURE = {"balancers": 2, "servers": 4, "needed": 2, "together": 0.0}


@pytest.mark.parametrize(
    ("claim", "settings", "verdict"),
    [
        ("up to date", FRESH, "refutes"),
        ("up to date", {**FRESH, "past_share": 0}, "supports"),
        ("exponential", GAIN, "supports"),
        ("exponential", {**GAIN, "load": 0.9}, "refutes"),
        ("single point", FAILURE, "supports"),
        ("single point", {**FAILURE, "balancers": 1}, "refutes"),
        ("single point", {**FAILURE, "needed": 4}, "refutes"),
        ("single point", {**FAILURE, "together": 0.5}, "refutes"),
        ("single point", {**FAILURE, "servers": 20, "needed": 19}, "refutes"),
    ],
)
def test_the_court_hears(claim: str, settings: dict[str, float], verdict: str) -> None:
    assert [hear(claim, settings, seed) for seed in (1, 2, 3)] == [verdict] * 3


@pytest.mark.parametrize(
    ("claim", "settings", "reason"),
    [
        ("up to date", {**FRESH, "write_share": 0.0}, "write"),
        ("up to date", {**FRESH, "write_share": 1.0}, "every request writes.*no reads.*Look next: write_share"),
        ("up to date", {**FRESH, "capacity": 1}, "answers"),
        ("up to date", {**FRESH, "past_share": 0.005}, "stale"),
        ("exponential", {**GAIN, "capacity": 1}, "answers"),
        ("exponential", {**GAIN, "load": 0.1}, "the balancer alone makes the mean response 1.1"),
        ("exponential", {**GAIN, "load": 2.8}, "about the product"),
        ("single point", {**FAILURE, "needed": 5}, "5 servers are needed, and there are 4"),
        ("single point", {**FAILURE, "together": 0.05}, "little.*times as long as a lone server"),
    ],
)
def test_a_witness_must_have_something_to_say(claim: str, settings: dict[str, float], reason: str) -> None:
    with pytest.raises(NotYet, match=reason):
        hear(claim, settings, 1)


@pytest.mark.parametrize(
    ("claim", "settings", "name"),
    [
        ("up to date", {**FRESH, "capacity": 0}, "capacity"),
        ("up to date", {**FRESH, "keys": 10_001}, "keys"),
        ("up to date", {**FRESH, "exponent": float("nan")}, "exponent"),
        ("up to date", {**FRESH, "past_share": 1.5}, "past_share"),
        ("up to date", {**FRESH, "shards": 3}, "shards"),
        ("exponential", {**GAIN, "servers": 1}, "servers"),
        ("exponential", {**GAIN, "load": 21}, "load"),
        ("single point", {**FAILURE, "balancers": 0}, "balancers"),
        ("single point", {"balancers": 1}, "settings"),
        ("exponentially", FAILURE, "Did you mean 'exponential'"),
    ],
)
def test_a_setting_that_is_none_is_named(claim: str, settings: dict[str, float], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        hear(claim, settings, 1)


@pytest.mark.parametrize(("servers", "needed", "balancers"), [(1, 1, 1), (3, 3, 1), (3, 2, 2), (20, 19, 1)])
def test_failures_agree_with_theory(servers: int, needed: int, balancers: int) -> None:
    """Away for k of n servers or all balancers, over 2,000,000 hours; a half-width of 10 % for what is away hundreds of times, 30 % else."""
    generator = np.random.default_rng(5)
    machines = [[trials._failures(generator, trials.HOURS) for _ in range(count)] for count in (servers, balancers)]
    away = trials._time_below(machines[0], needed, machines[1]) / trials.HOURS
    up = 1 - trials.LONE_SERVER
    expected = 1 - k_of_n_availability(needed, servers, up) * k_of_n_availability(1, balancers, up)
    assert away == pytest.approx(expected, rel=0.3 if balancers == 2 else 0.1)


def test_what_strikes_a_machine_that_is_away_keeps_it_away() -> None:
    begins, ends = trials._merged(np.array([[5.0, 1.0, 2.0, 9.0], [6.0, 4.0, 3.0, 9.5]]))
    assert (begins.tolist(), ends.tolist()) == ([1.0, 5.0, 9.0], [4.0, 6.0, 9.5])
    assert trials._time_below([np.array([[1.0, 5.0], [4.0, 6.0]])], 1, [np.array([[3.0], [10.0]])]) == 9.0


def test_every_claim_has_its_court() -> None:
    assert set(SETTINGS) == set(trials._COURTS)
