"""A cache of several nodes: against one cache, another program for each node, an obvious program, and Che's approximation."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators import caching, sharding
from labsupport.simulators.distribution import ANYWHERE, BY_KEY, ROUTINGS, Outage, homes, simulate
from tests.simulators.peers import libcachesim, libcachesim_hits
from tests.support import require

every_routing = pytest.mark.parametrize("routing", ROUTINGS)
by_key = pytest.mark.parametrize("routing", BY_KEY)
traces = st.lists(st.integers(0, 15), min_size=1, max_size=80)
far_traces = st.lists(st.integers(0, 9).map(lambda key: key * 200_000_001), min_size=1, max_size=40)


@st.composite
def outages(draw, nodes, requests):
    """Some nodes are lost once or twice, for good or for a while, perhaps all at once."""
    result = []
    for node in draw(st.lists(st.integers(0, nodes - 1), unique=True)):
        times = sorted(draw(st.lists(st.integers(0, requests + 3), min_size=1, max_size=4, unique=True)))
        ends = [*times[1::2], None] if len(times) % 2 else times[1::2]
        result += [Outage(node, start, end) for start, end in zip(times[::2], ends, strict=True)]
    return draw(st.permutations(result))


def obvious(trace, served_by, capacity, lost):
    """Keep an ordered dictionary for each node, and empty it where the node is lost."""
    nodes: dict[int, OrderedDict[int, None]] = {}
    hits = []
    for request, (key, node) in enumerate(zip(trace, served_by, strict=True)):
        for outage in lost:
            if outage.start == request:
                nodes.pop(outage.node, None)
        held = nodes.setdefault(node, OrderedDict())
        hits.append(node >= 0 and key in held)
        held[key] = None
        held.move_to_end(key)
        if len(held) > capacity:
            held.popitem(last=False)
    return hits


@every_routing
@given(data=st.data(), trace=traces | far_traces, nodes=st.integers(1, 5), capacity=st.integers(1, 6))
def test_agrees_with_the_obvious_program_whatever_is_lost(routing, data, trace, nodes, capacity):
    lost = data.draw(outages(nodes, len(trace)))
    copies = data.draw(st.integers(1, nodes)) if routing in BY_KEY else 1
    result = simulate(trace, nodes, capacity, routing=routing, hot=sorted(set(trace))[:3], copies=copies, outages=lost, seed=1)
    assert result.hits.tolist() == obvious(trace, result.served_by.tolist(), capacity, lost)
    for request, (key, node) in enumerate(zip(trace, result.served_by.tolist(), strict=True)):
        gone = {outage.node for outage in lost if outage.start <= request and (outage.end is None or request < outage.end)}
        alive = [place for place in range(nodes) if place not in gone]
        if not alive:
            assert node == -1
        elif routing == "round_robin":
            assert node == alive[request % len(alive)]
        elif routing == "random":
            assert node in alive
        elif copies > 1 and key in sorted(set(trace))[:3]:
            assert node in homes(routing, [key], alive, min(copies, len(alive)))[0]
        else:
            assert node == alive[sharding.assign(routing, [key], alive)[0]]
    assert result.loads.sum() == np.count_nonzero(result.served_by >= 0)
    assert result.node_hits.sum() == len(trace) - result.backend_reads == round(result.hit_ratio * len(trace))
    assert 1 <= result.balance <= nodes or result.loads.sum() == 0
    assert result.reads_over_time(1).tolist() == [not hit for hit in result.hits]


@every_routing
@pytest.mark.parametrize("policy", caching.POLICIES)
def test_one_node_is_one_cache(routing, policy):
    trace = workloads.zipf_trace(5_000, 500, 0.9, 1)
    assert np.array_equal(simulate(trace, 1, 60, routing=routing, policy=policy).hits, caching.simulate(policy, trace, 60).hits)


@every_routing
@pytest.mark.parametrize("nodes", [2, 7])
def test_every_node_is_libcachesims_lru_on_its_own_requests(routing, nodes):
    require(libcachesim, "libcachesim is not installed: pip install libcachesim (Linux only)")
    trace = workloads.mixture_trace([workloads.zipf_trace(12_000, 4_000, 0.9, 2), workloads.scan_trace(2_000, 2_000)], [0.85, 0.15], 3)
    result = simulate(trace, nodes, 100, routing=routing, hot=[0, 1, 2], copies=1 if routing in ANYWHERE else 2)
    for node in range(nodes):
        own = result.served_by == node
        assert np.array_equal(result.hits[own], libcachesim_hits("lru", trace[own], 100))


@by_key
@given(keys=st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=20), nodes=st.integers(2, 6), data=st.data())
def test_copies_are_on_different_nodes_and_already_there_when_one_is_lost(routing, keys, nodes, data):
    copies = data.draw(st.integers(2, nodes))
    places = homes(routing, keys, nodes, copies)
    assert np.array_equal(places[:, 0], sharding.assign(routing, keys, nodes))
    assert np.array_equal(places[:, :-1], homes(routing, keys, nodes, copies - 1))
    for key, row in zip(keys, places.tolist(), strict=True):
        assert len(set(row)) == copies
        others = [node for node in range(nodes) if node != row[0]]
        assert homes(routing, [key], others, copies - 1)[0].tolist() == row[1:]


@by_key
@pytest.mark.parametrize("nodes", [4, 16])
def test_by_key_many_nodes_hold_as_much_as_one_large_cache(routing, nodes):
    # Seed 5; 200,000 requests after as many to warm up: standard error below 0.0011. Nodes do not get equally many keys, which costs a little.
    trace = workloads.zipf_trace(400_000, 10_000, 0.8, 5)
    measured = simulate(trace, nodes, 3_200 // nodes, routing=routing).hits[200_000:].mean()
    expected = theory.che_hit_ratio(workloads.zipf_popularity(10_000, 0.8), 3_200)
    assert expected - 0.01 < measured < expected + 0.004


@pytest.mark.parametrize("routing", ANYWHERE)
@pytest.mark.parametrize("nodes", [4, 16])
def test_anywhere_many_nodes_hold_no_more_than_each_of_them(routing, nodes):
    # Seed 5, as above: each node sees requests of the same popularity, and holds a share of the memory.
    trace = workloads.zipf_trace(400_000, 10_000, 0.8, 5)
    measured = simulate(trace, nodes, 3_200 // nodes, routing=routing).hits[200_000:].mean()
    assert measured == pytest.approx(theory.che_hit_ratio(workloads.zipf_popularity(10_000, 0.8), 3_200 // nodes), abs=0.005)


def test_a_lost_node_costs_its_own_keys_on_a_ring_and_nearly_all_with_modulo():
    # Capacity for all keys, so that only what moved is read again: by modulo 7 of 8 keys in expectation, on the ring those of the lost node.
    trace = np.concatenate([np.arange(8_000)] * 3)
    misses = {}
    for routing in BY_KEY:
        result = simulate(trace, 8, 8_000, routing=routing, outages=[Outage(3, 8_000, 16_000)])
        misses[routing] = result.reads_over_time(8_000)
        moved = sharding.moved(routing, np.arange(8_000), 8, [0, 1, 2, 4, 5, 6, 7]).count
        returned = homes(routing, np.arange(8_000), 8)[:, 0] == 3
        assert misses[routing].tolist() == [8_000, moved, np.count_nonzero(returned)]  # what the others held they still hold
    assert misses["modulo"][1] > 6_800
    assert max(misses["consistent"][1], misses["rendezvous"][1]) < 1_400


def test_copies_of_hot_keys_even_out_the_load():
    trace = workloads.zipf_trace(100_000, 1_000, 1.2, 6)
    balances = [simulate(trace, 8, 50, hot=range(10), copies=copies).balance for copies in (1, 2, 4, 8)]
    assert balances == sorted(balances, reverse=True)
    assert balances[0] > 2
    assert balances[-1] < 1.4


def test_chance_comes_from_the_seed_only_and_copies_leave_other_requests_alone():
    trace = workloads.zipf_trace(2_000, 100, 0.8, 7)
    assert np.array_equal(simulate(trace, 4, 9, routing="random", seed=3).served_by, simulate(trace, 4, 9, routing="random", seed=3).served_by)
    assert not np.array_equal(simulate(trace, 4, 9, routing="random", seed=3).served_by, simulate(trace, 4, 9, routing="random", seed=4).served_by)
    plain, spread = simulate(trace, 4, 9), simulate(trace, 4, 9, hot=[0, 5], copies=3)
    assert np.array_equal(plain.served_by[~np.isin(trace, [0, 5])], spread.served_by[~np.isin(trace, [0, 5])])


def test_without_a_node_every_request_reads_the_database():
    result = simulate([1, 1, 1, 1], 1, 5, outages=[Outage(0, 1, 3)])
    assert result.served_by.tolist() == [0, -1, -1, 0]
    assert result.hits.tolist() == [False] * 4
    assert simulate([1, 1], 2, 5, outages=[Outage(0, 0), Outage(1, 0)]).balance == 0


def test_the_arguments_are_left_alone_and_the_result_is_frozen():
    trace = workloads.zipf_trace(500, 50, 1.0, 8)
    before = trace.copy()
    result = simulate(trace, 3, 10, hot=[0], copies=2)
    assert np.array_equal(trace, before)
    assert trace.flags.writeable
    for array in (result.served_by, result.hits):
        assert not array.flags.writeable
    with pytest.raises(FrozenInstanceError):
        result.nodes = 4


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"trace": []}, ValueError, "trace is empty"),
        ({"trace": [-1]}, ValueError, "the key -1"),
        ({"trace": [1.5]}, ValueError, "trace holds float64"),
        ({"nodes": 0}, ValueError, "nodes is 0, but must be a whole number from 1 to 1,000"),
        ({"nodes": 2.0}, TypeError, r"nodes is 2\.0"),
        ({"capacity": 0}, ValueError, "capacity is 0"),
        ({"routing": "modul"}, ValueError, "Did you mean 'modulo'"),
        ({"policy": "lruu"}, ValueError, "Did you mean 'lru'"),
        ({"copies": 4}, ValueError, "copies is 4, but must be a whole number from 1 to 3"),
        ({"copies": 2, "routing": "random"}, ValueError, "copies is 2, but must be 1 with 'random'"),
        ({"hot": [1, 1]}, ValueError, "hot holds a key twice"),
        ({"hot": [-1]}, ValueError, "hot holds the key -1"),
        ({"hot": 3}, ValueError, "hot has shape"),
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"outages": [1]}, TypeError, r"outages\[0\] is 1 \(int\), but must be an Outage"),
        ({"outages": Outage(1, 2)}, TypeError, "outages is Outage"),
        ({"outages": 3}, TypeError, "outages is 3, but must be a sequence"),
        ({"outages": [Outage(3, 0)]}, ValueError, r"node of outages\[0\] is 3"),
        ({"outages": [Outage(1, -1)]}, ValueError, r"start of outages\[0\] is -1"),
        ({"outages": [Outage(1, 2, 2)]}, ValueError, r"end of outages\[0\] is 2"),
        ({"outages": [Outage(1, 2), Outage(1, 5)]}, ValueError, "node 1 lost at request 5, but it must be back"),
        ({"outages": [Outage(1, 4, 6), Outage(1, 2, 5)]}, ValueError, "node 1 lost at request 4"),
    ],
)
def test_bad_input_is_named(changed, error, message):
    with pytest.raises(error, match=message):
        simulate(**({"trace": [1, 2, 3], "nodes": 3, "capacity": 2} | changed))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("random", [1], 2), ValueError, "routing is 'random'"),
        (("modulo", [1], 0), ValueError, "nodes is 0"),
        (("modulo", [1], []), ValueError, "nodes is empty"),
        (("modulo", [1], [0, 0]), ValueError, "0 twice"),
        (("modulo", [1], 2, 3), ValueError, "copies is 3"),
    ],
)
def test_bad_homes_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        homes(*arguments)


def test_a_stretch_has_at_least_one_request():
    with pytest.raises(ValueError, match="width is 0"):
        simulate([1], 1, 1).reads_over_time(0)
