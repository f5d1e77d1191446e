"""The whole system: each part is the course's own simulator of it, limits that are known, SimPy that agrees, and what is lost when."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators import autoscaling, caching, estimates, queueing, sharding
from labsupport.simulators.designs import BALANCERS, EVICTIONS, NODE_HOUR, SERVER_HOUR, STRATEGIES, Design
from labsupport.simulators.whole_system import LOOK, NOTICE, PARTS, STARTUP, TICK, TIMEOUT, simulate
from labsupport.workloads import Day, Loss, shop_day
from tests.simulators import simpy_whole_system

designs = st.builds(
    Design,
    shards=st.integers(1, 5),
    strategy=st.sampled_from(STRATEGIES),
    replicas=st.integers(1, 3),
    cache=st.integers(0, 6),
    eviction=st.sampled_from(EVICTIONS),
    balancer=st.sampled_from(BALANCERS),
    minimum=st.integers(1, 3),
    maximum=st.integers(3, 6),
    target=st.floats(0.1, 1),
)


def fixed(servers: int, **choices: object) -> Design:
    return Design(minimum=servers, maximum=servers, **choices)  # type: ignore[arg-type]


def plain_day(requests: int, rate: float, server_work: float, database_work: float, **others: object) -> Day:
    """Poisson arrivals, exponential works, any of 1,000 keys; seeds 1 to 4."""
    works = [
        workloads.exponential_services(requests, mean, seed) if mean else np.zeros(requests) for mean, seed in ((server_work, 2), (database_work, 3))
    ]
    keys = workloads.uniform_trace(requests, 1_000, seed=4)
    return Day(workloads.poisson_arrivals(requests, rate, seed=1), keys, *works, np.zeros(requests, dtype=bool), **others)  # type: ignore[arg-type]


@st.composite
def days(draw: st.DrawFn) -> Day:
    count = draw(st.integers(1, 40))
    lists = [draw(st.lists(numbers, min_size=count, max_size=count)) for numbers in (st.floats(0, 20), st.floats(0, 3), st.floats(0, 3))]
    keys = draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    fresh = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    loss = st.builds(Loss, st.floats(0, 200), st.sampled_from(workloads.days.PARTS), st.floats(0, 0.99), st.floats(0.1, 100))
    losses = draw(st.lists(loss, max_size=1)) + draw(st.lists(loss, max_size=1))
    if [each.part for each in losses[:1]] == [each.part for each in losses[1:]]:
        losses = losses[:1]
    return Day(np.cumsum(lists[0]), keys, *lists[1:], fresh, losses)


@settings(max_examples=100, deadline=None)
@given(days(), designs)
def test_every_request_is_answered_or_counted_as_lost(day: Day, design: Design) -> None:
    result = simulate(day, design)
    assert tuple(result.parts) == PARTS
    assert all((times >= 0).all() and np.isfinite(times).all() for times in result.parts.values())
    total = sum(result.parts.values())
    assert result.responses[result.answered] == pytest.approx(total[result.answered])
    assert (result.responses[~result.answered] == TIMEOUT).all()
    assert (result.responses <= TIMEOUT).all()
    assert not (result.hits & day.fresh).any()
    assert (total[result.hits] == LOOK).all()  # a hit is nowhere else
    if not day.losses:
        assert result.answered.tolist() == (total <= TIMEOUT).tolist()
    assert (result.scaling.replicas >= design.minimum).all()
    assert (result.scaling.replicas <= design.maximum).all()
    assert (result.node_loads >= 0).all()
    again = simulate(day, design)
    assert again.responses.tolist() == result.responses.tolist()
    for array in (*result.parts.values(), result.responses, result.hits, result.answered, result.node_loads):
        assert not array.flags.writeable


def test_one_server_and_nothing_else_is_mm1() -> None:
    # 400,000 requests at 70 % of one server, seeds 1 and 2; the first tenth warms up. And equal to the queue simulator, one by one.
    day = plain_day(400_000, 0.7, 1.0, 0.0)
    result = simulate(day, fixed(1))
    assert result.parts["waiting for a server"] == pytest.approx(queueing.simulate(day.arrivals, day.server_works).waits, abs=1e-6)
    waits = estimates.mean(result.parts["waiting for a server"], warm_up=40_000)
    assert waits.relative_half_width < 0.05
    assert waits.covers(theory.mmc_mean_wait(0.7, 1.0, 1))
    assert result.utilizations["servers"] == pytest.approx(0.7, rel=0.01)


def test_a_database_node_is_mm1_and_shards_divide_the_load() -> None:
    day = plain_day(200_000, 2.4, 0.0, 1.0)
    result = simulate(day, Design(shards=4, strategy="modulo"))
    shard = sharding.assign("modulo", day.keys, 4) == 3
    own = queueing.simulate(day.arrivals[shard], day.database_works[shard])
    assert result.parts["waiting for the database"][shard] == pytest.approx(own.waits, abs=1e-6)
    shares = np.bincount(sharding.assign("modulo", day.keys, 4)) / day.keys.size  # 1,000 keys do not fall quite evenly
    expected = sum(share * theory.mmc_mean_wait(2.4 * share, 1.0, 1) for share in shares.tolist())
    assert result.parts["waiting for the database"].mean() == pytest.approx(expected, rel=0.03)
    assert result.node_loads.ravel() == pytest.approx(2.4 * shares, rel=0.02)


def test_when_all_is_in_the_cache_nothing_is_left_to_do() -> None:
    day = plain_day(100_000, 10.0, 0.1, 0.1, warm_up=50_000)
    result = simulate(day, Design(cache=1_000))
    assert result.hit_ratio == result.availability == 1
    assert (result.p50, result.p99) == (LOOK, LOOK)
    assert list(result.spent().values()) == pytest.approx([LOOK, 0, 0, 0, 0])


@pytest.mark.parametrize("eviction", EVICTIONS)
def test_the_cache_is_that_of_the_cache_simulator(eviction: str) -> None:
    day = shop_day("calm", 1, requests=5_000)
    hits = simulate(day, Design(cache=300, eviction=eviction)).hits
    assert hits[~day.fresh].tolist() == caching.simulate(eviction, day.keys[~day.fresh], 300).hits.tolist()
    assert not hits[day.fresh].any()


def test_the_hit_ratio_is_ches() -> None:
    day = shop_day("calm", 2)
    popularity = workloads.zipf_popularity(workloads.days.KEYS, workloads.days.EXPONENT)
    expected = (1 - workloads.days.FRESH) * float(theory.che_hit_ratio(popularity, 2_000))
    assert simulate(day, Design(cache=2_000)).hit_ratio == pytest.approx(expected, abs=0.01)


def test_the_servers_are_those_of_the_autoscaler() -> None:
    day = shop_day("diurnal", 3)
    result = simulate(day, Design(target=0.5, maximum=50))
    demand = np.histogram(day.arrivals, np.arange(result.scaling.demand.size + 1) * TICK, weights=day.server_works)[0] / TICK
    assert result.scaling.demand == pytest.approx(demand)
    first = int(np.ceil(demand[0] / 0.5))
    alone = autoscaling.simulate(demand, target=0.5, minimum=2, maximum=50, initial=first, startup=STARTUP)
    assert (result.scaling.ready == alone.ready).all()
    assert alone.changes > 10
    assert result.cost_per_hour == pytest.approx(SERVER_HOUR * alone.replicas.mean() + result.design.fixed_hour)
    assert result.cost_per_million == pytest.approx(1e6 * result.cost_per_hour / 3_600 / (day.arrivals.size / day.arrivals[-1]))


def test_a_server_that_is_taken_away_finishes_what_it_has() -> None:
    arrivals = np.concatenate((np.arange(0, 60, 0.1), np.arange(60, 600, 5.0)))
    works = np.full(arrivals.size, 0.9)
    day = Day(arrivals, np.zeros(arrivals.size, dtype=int), works, np.zeros(arrivals.size), np.zeros(arrivals.size, dtype=bool))
    result = simulate(day, Design(minimum=1, maximum=20, target=1.0, balancer="least_connections"))
    assert result.scaling.ready[0] > result.scaling.ready[-1] == 1
    assert result.responses[-1] == 0.9  # whatever had been there is done
    assert (result.parts["server"] == 0.9).all()


@pytest.mark.parametrize("design", [fixed(12, cache=2_000), fixed(5, cache=10, shards=7), fixed(20, cache=20_000, shards=2)])
def test_simpy_agrees_request_by_request(design: Design) -> None:
    day = shop_day("hot_key", 5, requests=6_000)
    assert simulate(day, design).responses == pytest.approx(simpy_whole_system.responses(day, design), abs=1e-6)


def one_loss(part: str, place: float = 0.0) -> Day:
    return plain_day(40_000, 20.0, 0.1, 0.02, losses=(Loss(500, part, place, 400),))


def test_a_shard_without_a_replica_is_away_as_long_as_its_node() -> None:
    day = one_loss("database", place=0.6)
    result = simulate(day, fixed(6, shards=4, strategy="modulo"))
    when = day.arrivals + 0.0
    failed = ~result.answered
    assert set(sharding.assign("modulo", day.keys[failed], 4).tolist()) == {2}  # 0.6 of four nodes
    assert when[failed].min() == pytest.approx(500, abs=2)
    assert when[failed].max() == pytest.approx(900, abs=2)
    assert failed.mean() == pytest.approx(400 / when[-1] / 4, rel=0.05)


def test_with_a_replica_only_until_the_balancer_notices() -> None:
    day = one_loss("database")
    result = simulate(day, fixed(6, shards=4, replicas=2, strategy="modulo"))
    failed = day.arrivals[~result.answered]
    assert failed.size
    assert 498 < failed.min() < failed.max() < 500 + NOTICE + 2
    busy = plain_day(40_000, 20.0, 0.1, 0.12, losses=day.losses)
    turns, least = (simulate(busy, fixed(6, shards=1, replicas=4, balancer=policy)) for policy in ("round_robin", "least_connections"))
    assert np.sum(~least.answered) > np.sum(~turns.answered)  # the dead one looks idle, always


def test_a_server_that_is_lost_fails_what_it_has_and_gets_until_it_is_noticed() -> None:
    result = simulate(one_loss("server"), fixed(4))
    failed = result.day.arrivals[~result.answered]
    assert 495 < failed.min() < failed.max() < 500 + NOTICE
    assert failed.size == pytest.approx(NOTICE * 20 / 4, abs=10)
    alone = simulate(one_loss("server"), fixed(1, cache=1_000))
    assert (
        alone.answered[(alone.day.arrivals > 510) & (alone.day.arrivals < 890)] == alone.hits[(alone.day.arrivals > 510) & (alone.day.arrivals < 890)]
    ).all()


def test_a_cache_that_is_lost_comes_back_empty() -> None:
    day = one_loss("cache")
    result = simulate(day, fixed(6, cache=1_000))
    away = (day.arrivals >= 500) & (day.arrivals < 900)
    assert not result.hits[away].any()
    later = np.flatnonzero(day.arrivals >= 900)
    assert result.hits[later].tolist() == caching.simulate("lru", day.keys[later], 1_000).hits.tolist()
    assert result.hits[:1_000].sum() > 0


def test_a_hot_key_heats_one_shard_and_replicas_share_it() -> None:
    day = shop_day("hot_key", 1)
    alone, shared = (simulate(day, fixed(20, shards=8, replicas=replicas, balancer="least_connections")) for replicas in (1, 2))
    assert alone.utilizations["busiest node"] > 1.3 * alone.utilizations["database"]
    assert shared.utilizations["busiest node"] < 0.6 * alone.utilizations["busiest node"]
    assert shared.p99 < alone.p99


def test_range_sharding_heats_the_shard_of_the_popular() -> None:
    day = shop_day("calm", 1)
    ranges, hashed = (simulate(day, fixed(20, shards=8, strategy=strategy)) for strategy in ("range", "rendezvous"))
    assert ranges.utilizations["busiest node"] > 1.5 * hashed.utilizations["busiest node"]


def test_what_the_slowest_spend_is_more_and_adds_up() -> None:
    result = simulate(shop_day("diurnal", 1), Design(cache=5_000, shards=4, replicas=2))
    everyone, slowest = result.spent(), result.spent(0.01)
    assert sum(everyone.values()) == pytest.approx(result.responses[6_000:].mean(), rel=0.01)
    assert sum(slowest.values()) > result.p99
    assert result.p50 <= result.percentile(75) <= result.p99


def test_chance_is_only_in_the_seed() -> None:
    day = shop_day("calm", 1, requests=2_000)
    one, same, other = (simulate(day, Design(balancer="two_choices", cache=500), seed=seed).responses.tolist() for seed in (1, 1, 2))
    assert one == same != other


def test_costs_add_up() -> None:
    assert Design(shards=3, replicas=2, cache=5_000).fixed_hour == pytest.approx(6 * NODE_HOUR + 0.8 + 0.4)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"shards": 0}, "shards is 0, but must be a whole number from 1 to 64"),
        ({"strategy": "modulus"}, "strategy is 'modulus'.*Did you mean 'modulo'"),
        ({"eviction": "opt"}, "eviction is 'opt', but must be one of"),
        ({"balancer": "least_work_left"}, "balancer is 'least_work_left'"),
        ({"minimum": 5, "maximum": 4}, "maximum is 4, but must be a whole number from 5 to 100"),
        ({"target": 60}, "target is 60, but must be"),
        ({"cache": -1}, "cache is -1"),
    ],
)
def test_a_wrong_choice_is_named(choices: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Design(**choices)  # type: ignore[arg-type]


def test_bad_input_is_named() -> None:
    day = shop_day("calm", 1, requests=200)
    with pytest.raises(TypeError, match="day is 'calm', but must be a Day"):
        simulate("calm")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be a Design"):
        simulate(day, {"shards": 1})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="seed is -1"):
        simulate(day, seed=-1)
    with pytest.raises(ValueError, match="slowest is 0"):
        simulate(day).spent(0)
    with pytest.raises(ValueError, match="rank is 101"):
        simulate(day).percentile(101)
