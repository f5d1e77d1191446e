"""Replication: against SimPy message by message, against k-out-of-n and the chain of lost copies, and by what quorums promise."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators import replication

REQUESTS = 20_000
ARRIVALS = workloads.poisson_arrivals(REQUESTS, 10.0, seed=1)
WRITES = workloads.write_flags(REQUESTS, 0.5, seed=2)


class Cluster:
    """The same in SimPy: a process for each message, each node's failures and the cuts; it is told what chance has decided."""

    def __init__(self, run, nodes, minority, catch_up, delay, seed, lost):
        self.environment = simpy.Environment()
        self.run, self.nodes, self.minority, self.catch_up = run, nodes, minority, catch_up
        self.held, self.up, self.cut = [-1] * nodes, [True] * nodes, False
        generator = np.random.default_rng(seed)
        self.homes = generator.integers(nodes, size=run.arrivals.size)
        self.delays = generator.standard_exponential((run.arrivals.size, nodes, 2)) * delay
        self.answers = [[] for _ in run.arrivals]
        self.kept = []
        for node, outages in enumerate(run.outages):
            for (start, end), gone in zip(outages, lost[node], strict=True):
                self.environment.process(self.fail(node, start, end, gone))
        for start, end in run.cuts:
            self.environment.process(self.sever(start, end))
        for request in range(run.arrivals.size):
            for node in range(nodes):
                self.environment.process(self.send(request, node))
        self.environment.run()

    def reaches(self, one, other):
        return not self.cut or (one < self.minority) == (other < self.minority)

    def spread(self):
        if self.catch_up:
            held = list(self.held)
            for node in range(self.nodes):
                if self.up[node]:
                    self.held[node] = max(held[other] for other in range(self.nodes) if self.up[other] and self.reaches(node, other))

    def fail(self, node, start, end, gone):
        yield self.environment.timeout(start)
        self.up[node] = False
        if gone:
            self.held[node] = -1
            self.kept.append(max(self.held))
        yield self.environment.timeout(end - start)
        self.up[node] = True
        self.spread()

    def sever(self, start, end):
        yield self.environment.timeout(start)
        self.cut = True
        yield self.environment.timeout(end - start)
        self.cut = False
        self.spread()

    def send(self, request, node):
        there, back = self.delays[request, node]
        yield self.environment.timeout(self.run.arrivals[request] + there)
        if self.up[node] and self.reaches(node, self.homes[request]):
            if self.run.writes[request]:
                self.held[node] = max(self.held[node], request)
            self.answers[request].append((self.environment.now + back, self.held[node]))


def judged(cluster, read_quorum, write_quorum, timeout):
    """What reads and writes come to, read by read from the definitions."""
    run, ends, versions = cluster.run, [], []
    for request, found in enumerate(cluster.answers):
        quorum = write_quorum if run.writes[request] else read_quorum
        first = sorted(found)[:quorum]
        done = len(first) == quorum and first[-1][0] - run.arrivals[request] <= timeout
        ends.append(first[-1][0] if done else math.inf)
        versions.append(max(version for _, version in first) if done and not run.writes[request] else -1)
    stale, reverted = [], []
    for request, begins in enumerate(run.arrivals):
        answered = math.isfinite(ends[request]) and not run.writes[request]
        known = [number for number, end in enumerate(ends) if run.writes[number] and end <= begins]
        seen = [versions[number] for number, end in enumerate(ends) if not run.writes[number] and end <= begins]
        stale.append(answered and versions[request] < max(known, default=-1))
        reverted.append(answered and versions[request] < max(seen, default=-1))
    return ends, versions, stale, reverted


@pytest.mark.parametrize(
    ("nodes", "catch_up", "disk_loss", "delay", "connected"),
    [(3, True, 0.0, 0.3, math.inf), (3, False, 0.5, 0.05, 20.0), (5, True, 1.0, 0.5, 15.0), (1, True, 1.0, 0.2, math.inf)],
)
def test_agrees_with_simpy_message_by_message(nodes, catch_up, disk_loss, delay, connected):
    arrivals = workloads.poisson_arrivals(300, 3.0, seed=4)
    writes = workloads.write_flags(300, 0.4, seed=5)
    options = {"uptime": 8.0, "repair": 4.0, "delay": delay, "connected": connected, "cut": 10.0, "minority": 1}
    run = replication.simulate(arrivals, writes, nodes, **options, disk_loss=disk_loss, catch_up=catch_up, seed=6)
    gone = [[start in run.disk_losses for start, _ in outages] for outages in run.outages]
    cluster = Cluster(run, nodes, 1, catch_up, delay, 6, gone)
    assert cluster.kept == run.kept.tolist()
    ordered = [sorted(found) for found in cluster.answers]
    for request, found in enumerate(ordered):
        np.testing.assert_allclose(run.answers[request, : len(found)], [end for end, _ in found], rtol=1e-12)
        assert np.isinf(run.answers[request, len(found) :]).all()
    for quorums in [(1, 1), (1, nodes), (nodes // 2 + 1, nodes // 2 + 1)]:
        ends, versions, stale, reverted = judged(cluster, *quorums, timeout=1.0)
        result = run.under(*quorums, timeout=1.0)
        np.testing.assert_allclose(result.responses, np.array(ends) - arrivals, atol=1e-9)
        assert result.versions.tolist() == versions
        assert result.stale.tolist() == stale
        assert result.reverted.tolist() == reverted


@given(
    nodes=st.integers(1, 5),
    read=st.integers(1, 5),
    write=st.integers(1, 5),
    seed=st.integers(0, 99),
    catch_up=st.booleans(),
    minority=st.integers(0, 2),
    delay=st.sampled_from([0.0, 0.1, 1.0]),
)
@settings(max_examples=60)
def test_quorums_that_overlap_never_miss_an_acknowledged_write(nodes, read, write, seed, catch_up, minority, delay):
    run = replication.simulate(
        ARRIVALS[:500], WRITES[:500], nodes, uptime=5.0, delay=delay, connected=9.0, minority=min(minority, nodes), catch_up=catch_up, seed=seed
    )
    result = run.under(read, write, timeout=3.0)
    if read + write > nodes:
        assert not result.stale.any()
    assert result.lost.size == 0  # no disk was lost
    done = np.isfinite(result.responses)
    assert (result.responses[done] >= 0).all()
    assert (result.responses[done] <= 3.0).all()
    found = np.flatnonzero(result.versions >= 0)
    assert (ARRIVALS[result.versions[found]] <= ARRIVALS[found] + result.responses[found]).all()  # nothing is read before it is written
    assert not (result.stale | result.reverted)[~done | result.writes].any()
    assert read <= nodes or result.read_availability == 0


@pytest.mark.parametrize("nodes", [1, 3, 5])
def test_availability_is_k_out_of_n(nodes):
    # About 2,000 s with outages of 0.2 s every 1 s: 1,700 cycles a node. Six standard errors of the share of time are below 0.03.
    run = replication.simulate(ARRIVALS, WRITES, nodes, uptime=0.8, repair=0.2, seed=7)
    for quorum in range(1, nodes + 1):
        result = run.under(quorum, quorum)
        expected = theory.k_of_n_availability(quorum, nodes, 0.8)
        assert result.read_availability == pytest.approx(expected, abs=0.03)
        assert result.write_availability == pytest.approx(expected, abs=0.03)
    dead = replication.simulate(ARRIVALS, WRITES, nodes + 1, uptime=0.8, repair=0.2, dead=[0], seed=7)
    assert dead.under(1, 1).read_availability == pytest.approx(theory.k_of_n_availability(1, nodes, 0.8), abs=0.03)


def test_a_cut_leaves_each_side_what_it_has():
    run = replication.simulate(ARRIVALS, WRITES, 5, connected=1.0, cut=1.0, minority=2, seed=8)
    during = (run.cuts[:, 1] - run.cuts[:, 0]).sum() / ARRIVALS[-1]
    for quorum, without in [(1, 0.0), (2, 0.0), (3, 2 / 5), (4, 1.0), (5, 1.0)]:  # who has too few nodes on their side
        assert run.under(quorum, 1).read_availability == pytest.approx(1 - during * without, abs=0.02)


def test_copies_are_lost_as_often_as_the_chain_of_lost_copies_says():
    # Between two losses of both copies lie exponential times but for a bit: 60 losses have a standard error of 13 %.
    uptime, repair, expected = 4.0, 1.0, 300
    arrivals = workloads.poisson_arrivals(40_000, 40_000 / (expected * theory.mean_time_to_data_loss(2, uptime, repair)), seed=9)
    run = replication.simulate(arrivals, np.ones(40_000, dtype=bool), 2, uptime=uptime, repair=repair, disk_loss=1.0, seed=10)
    assert run.under(1, 1).lost.size == pytest.approx(expected, rel=0.2)


def test_without_overlap_reads_miss_what_a_write_left_out():
    # Nothing is ever passed on if messages to all nodes but those of the quorum are lost: here, those to dead nodes.
    run = replication.simulate(ARRIVALS, WRITES, 3, dead=[2], seed=11)
    assert run.under(1, 1).stale_share == 0  # without delay, both living nodes know everything
    late = replication.simulate(ARRIVALS, WRITES, 2, delay=0.05, seed=12)
    assert late.under(1, 1).stale_share > late.under(2, 1).stale_share == 0
    assert late.under(1, 2).stale_share == 0


def test_a_write_that_failed_can_be_read_and_then_be_gone_again():
    # R + W > N: no read misses an acknowledged write, and yet readers see the value go back and forth.
    run = replication.simulate(ARRIVALS, WRITES, 3, uptime=5.0, repair=2.0, delay=0.1, catch_up=False, seed=13)
    result = run.under(2, 2, timeout=2.0)
    assert not result.stale.any()
    assert result.reverted_share > 0
    failed = np.flatnonzero(result.writes & np.isinf(result.responses))
    assert np.isin(failed, result.versions).any()


def test_a_lost_disk_breaks_the_promise_of_the_overlap():
    options = {"uptime": 5.0, "repair": 2.0, "disk_loss": 1.0, "seed": 14}
    forgetful = replication.simulate(ARRIVALS, WRITES, 3, catch_up=False, **options).under(2, 2)
    careful = replication.simulate(ARRIVALS, WRITES, 3, catch_up=True, **options).under(2, 2)
    assert forgetful.stale_share > careful.stale_share > 0  # the careful one has lost all three copies at times
    assert careful.lost.size > 0


@given(st.sampled_from([0.25, 4.0]), st.integers(0, 20))
@settings(max_examples=10)
def test_the_unit_of_time_does_not_matter(unit, seed):
    options = {"uptime": 5.0, "repair": 1.0, "delay": 0.2, "connected": 7.0, "cut": 2.0}
    one = replication.simulate(ARRIVALS[:400], WRITES[:400], 3, **options, disk_loss=0.3, seed=seed)
    other = replication.simulate(unit * ARRIVALS[:400], WRITES[:400], 3, **{k: unit * v for k, v in options.items()}, disk_loss=0.3, seed=seed)
    np.testing.assert_allclose(other.answers, unit * one.answers)
    assert (other.newest == one.newest).all()
    assert (other.kept == one.kept).all()


def test_results_cannot_be_written_and_no_requests_of_a_kind_is_no_failure():
    run = replication.simulate(ARRIVALS[:50], np.ones(50, dtype=bool), 3, seed=1)
    result = run.under(1, 1)
    for array in (run.arrivals, run.writes, run.answers, run.newest, run.kept, result.responses, result.stale, result.lost, result.versions):
        assert not array.flags.writeable
    assert result.read_availability == 1
    assert result.stale_share == result.reverted_share == 0
    assert replication.simulate([0, 0], [True, False], 2, uptime=1.0).outages[0].shape == (0, 2)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"arrivals": [2.0, 1.0]}, "arrivals falls"),
        ({"writes": [True]}, "writes holds 1 values"),
        ({"writes": [1, 0]}, "writes holds int64"),
        ({"nodes": 0}, "nodes is 0"),
        ({"nodes": 10}, "nodes is 10"),
        ({"uptime": 0}, "uptime is 0"),
        ({"uptime": math.nan}, "uptime is nan"),
        ({"repair": math.inf}, "repair is inf"),
        ({"delay": -1}, "delay is -1"),
        ({"connected": -1}, "connected is -1"),
        ({"cut": 0}, "cut is 0"),
        ({"minority": 4}, "minority is 4"),
        ({"disk_loss": 1.5}, "disk_loss is 1.5"),
        ({"dead": [3]}, "dead is 3"),
        ({"seed": -1}, "seed is -1"),
        ({"uptime": 1e-9, "repair": 1e-9}, "uptime is 1e-09, but over 1 units of time it must be longer"),
    ],
)
def test_bad_input_is_named(changed, words):
    arguments = {"arrivals": [0.0, 1.0], "writes": [True, False], "nodes": 3} | changed
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        replication.simulate(**arguments)


@pytest.mark.parametrize(("quorums", "words"), [((0, 1), "read_quorum is 0"), ((1, 0), "write_quorum is 0"), ((1, 1, 0), "timeout is 0")])
def test_bad_quorums_are_named(quorums, words):
    with pytest.raises(ValueError, match=words):
        replication.simulate([0.0], [True], 3).under(*quorums)
