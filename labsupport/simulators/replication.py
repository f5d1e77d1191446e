"""Replication: one object kept on several nodes that fail, behind links that are slow or cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only
from labsupport.simulators.quorums import QuorumResult, judge
from labsupport.simulators.renewals import outages as outages_of

MOST_NODES = 9
MOST_OUTAGES = 10_000_000
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int32]
Counts = NDArray[np.int64]

FAILED, DISK_LOST, REPAIRED, CUT, HEALED = range(5)


@dataclass(frozen=True)
class ReplicationResult:
    """What the nodes answered, whatever quorum the callers wait for: `under` says what comes of it under one.

    Attributes
    ----------
    arrivals : ndarray of float64, shape (requests,)
        When each request came. Read-only.
    writes : ndarray of bool, shape (requests,)
        Which requests write. Read-only.
    answers : ndarray of float64, shape (requests, nodes)
        When the first, the second, … answer to each request came; infinite for those that never did. Read-only.
    newest : ndarray of int32, shape (requests, nodes)
        What a read has found after so many answers: the number of the request that wrote it, −1 for nothing. Read-only.
    outages : tuple of ndarray of float64, shape (outages, 2)
        When each outage of each node began and ended. Read-only.
    cuts : ndarray of float64, shape (cuts, 2)
        When each cut of the network began and ended. Read-only.
    disk_losses : ndarray of float64, shape (losses,)
        When a node's disk was lost. Read-only.
    kept : ndarray of int32, shape (losses,)
        The newest write that was left on any disk then, −1 for none. Read-only.
    """

    arrivals: Floats
    writes: Flags
    answers: Floats
    newest: Numbers
    outages: tuple[Floats, ...]
    cuts: Floats
    disk_losses: Floats
    kept: Numbers

    def under(self, read_quorum: int, write_quorum: int, timeout: float | None = None) -> QuorumResult:
        """Return how reads and writes fare that wait for so many answers.

        Every request is sent to all nodes; a quorum only says how many answers are waited for. A write that fails is not undone:
        some nodes keep it.

        Parameters
        ----------
        read_quorum, write_quorum : int
            Answers a read and a write need, at least 1; more than there are nodes never come.
        timeout : float, optional
            A request that has not got them after this long has failed, above 0; if not given, it waits for ever.

        Returns
        -------
        QuorumResult

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong.
        """
        read = checks.integer("read_quorum", read_quorum, 1)
        write = checks.integer("write_quorum", write_quorum, 1)
        patience = math.inf if timeout is None else checks.number("timeout", timeout, above=0)
        return judge(self.arrivals, self.writes, self.answers, self.newest, self.disk_losses, self.kept, read, write, patience)


# Each node has a list of the requests in the order in which they reach it, and answers them one by one up to the next event –
# a failure, a repair, a cut or its end – after which nodes that catch up copy from those they reach. A write's version is its
# number, and a node keeps the greatest it has seen (last writer wins). At the same moment, messages come before events. In the
# end each request's answers are sorted by time, and what a read has found so far is carried along.
@kernel
def _conduct(
    writes: Flags,
    homes: Counts,
    reached: Floats,
    backs: Floats,
    order: Counts,
    events: Floats,
    kinds: Counts,
    places: Counts,
    dead: Flags,
    minority: int,
    catch_up: bool,
    answers: Floats,
    newest: Numbers,
    kept: Numbers,
) -> None:
    requests, nodes = reached.shape
    held = np.full(nodes, -1, dtype=np.int32)
    up = ~dead
    following = np.zeros(nodes, dtype=np.int64)
    cut = False
    losses = 0
    for event in range(events.size):
        for node in range(nodes):
            while following[node] < requests:
                request = order[node, following[node]]
                if reached[request, node] > events[event]:
                    break
                following[node] += 1
                if up[node] and not (cut and (node < minority) != (homes[request] < minority)):
                    if writes[request]:
                        held[node] = max(held[node], request)
                    newest[request, node] = held[node]
                    answers[request, node] = reached[request, node] + backs[request, node]
        node = places[event]
        if kinds[event] == CUT:
            cut = True
        elif kinds[event] == HEALED:
            cut = False
        elif kinds[event] == REPAIRED:
            up[node] = True
        else:
            up[node] = False
            if kinds[event] == DISK_LOST:
                held[node] = -1
                kept[losses] = held.max()
                losses += 1
        if catch_up and (kinds[event] == HEALED or kinds[event] == REPAIRED):
            for side in range(2):
                best = -1
                for other in range(nodes):
                    if up[other] and (not cut or (other < minority) == (side == 0)):
                        best = max(best, held[other])
                for other in range(nodes):
                    if up[other] and (not cut or (other < minority) == (side == 0)):
                        held[other] = best
    for request in range(requests):
        for place in range(1, nodes):
            answer, version = answers[request, place], newest[request, place]
            free = place
            while free > 0 and answers[request, free - 1] > answer:
                answers[request, free], newest[request, free] = answers[request, free - 1], newest[request, free - 1]
                free -= 1
            answers[request, free], newest[request, free] = answer, version
        for place in range(1, nodes):
            newest[request, place] = max(newest[request, place], newest[request, place - 1])


def simulate(
    arrivals: Any,
    writes: Any,
    nodes: int,
    *,
    uptime: float = math.inf,
    repair: float = 1.0,
    delay: float = 0.0,
    connected: float = math.inf,
    cut: float = 1.0,
    minority: int = 1,
    disk_loss: float = 0.0,
    catch_up: bool = True,
    dead: Sequence[int] = (),
    seed: int = 0,
) -> ReplicationResult:
    """Send every read and write of one object to all nodes that keep a copy, while nodes fail and links are cut.

    Each request comes from a client beside one of the nodes, and during a cut reaches only nodes on that side. A message that finds
    its node down or behind the cut is lost. From ``generator = numpy.random.default_rng(seed)`` are drawn, in this order, the
    clients' nodes ``generator.integers(nodes, size=requests)``, the delays ``generator.standard_exponential((requests, nodes, 2))`` there
    and back, the outages of each node, whether each costs the disk, and the cuts.

    Parameters
    ----------
    arrivals : array_like of float, shape (requests,)
        When each request comes, at least 0, never falling. Not written to.
    writes : array_like of bool, shape (requests,)
        Which requests write; all others read. Not written to.
    nodes : int
        How many nodes keep a copy, from 1 to 9.
    uptime : float, optional
        Mean time from a repair to the next failure of a node, above 0; exponential. Infinite, if it is not given: no node fails.
    repair : float, optional
        Mean time from a failure to its repair, above 0; exponential.
    delay : float, optional
        Mean time a message takes, there or back, at least 0; exponential, for every message anew, so that one may overtake another.
    connected : float, optional
        Mean time from the end of a cut of the network to the next cut, above 0; exponential. Infinite, if it is not given: it is never cut.
    cut : float, optional
        Mean time a cut lasts, above 0; exponential.
    minority : int, optional
        How many nodes a cut separates from the others: the first ones, from 0 to ``nodes``.
    disk_loss : float, optional
        Probability that a node that fails loses all it has stored, from 0 to 1.
    catch_up : bool, optional
        Whether a node that is repaired, and all nodes after a cut, copy the newest version from the nodes that they reach.
    dead : sequence of int, optional
        Nodes that are down all the time.
    seed : int, optional
        Where the random numbers start, at least 0.

    Returns
    -------
    ReplicationResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or more than 10,000,000 outages are to be expected.

    References
    ----------
    Gifford, "Weighted Voting for Replicated Data", SOSP 1979; DeCandia et al., "Dynamo: Amazon's Highly Available Key-value
    Store", SOSP 2007; Bailis et al., "Probabilistically Bounded Staleness for Practical Partial Quorums", VLDB 2012.

    Examples
    --------
    A write at 0, a read at 1, and two of three nodes that never work:

    >>> run = simulate([0, 1], [True, False], nodes=3, dead=[0, 1])
    >>> run.under(read_quorum=1, write_quorum=1).versions
    array([-1,  0], dtype=int32)
    >>> run.under(read_quorum=1, write_quorum=2).write_availability
    0.0
    """
    times = checks.times("arrivals", arrivals)
    written = checks.flags("writes", writes, times.size)
    count = checks.integer("nodes", nodes, 1, MOST_NODES)
    lives = [value if value == math.inf else checks.number(name, value, above=0) for name, value in (("uptime", uptime), ("connected", connected))]
    fixes = [checks.number(name, value, above=0) for name, value in (("repair", repair), ("cut", cut))]
    mean = checks.number("delay", delay, minimum=0)
    few = checks.integer("minority", minority, 0, count)
    risk = checks.number("disk_loss", disk_loss, 0, 1)
    never = np.zeros(count, dtype=np.bool_)
    for node in dead:
        never[checks.integer("dead", node, 0, count - 1)] = True
    end = float(times[-1])
    for name, life, fix in zip(("uptime", "connected"), lives, fixes, strict=True):
        if count * end / (life + fix) > MOST_OUTAGES:
            raise ValueError(f"{name} is {life:g}, but over {end:g} units of time it must be longer: {MOST_OUTAGES:,} outages at most")
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))

    homes = generator.integers(count, size=times.size)
    delays = generator.standard_exponential((times.size, count, 2)) * mean
    outages = [_outages(lives[0], fixes[0], 0.0 if never[node] else end, generator) for node in range(count)]
    lost = [np.less(generator.random(intervals.shape[0]), risk) for intervals in outages]
    cuts = _outages(lives[1], fixes[1], end, generator)
    events, kinds, places = _events(outages, lost, cuts)

    reached = times[:, np.newaxis] + delays[:, :, 0]
    order = np.stack([np.argsort(reached[:, node], kind="stable") for node in range(count)])
    answers = np.full((times.size, count), np.inf)
    newest = np.full((times.size, count), -1, dtype=np.int32)
    kept = np.full(np.count_nonzero(kinds == DISK_LOST), -1, dtype=np.int32)
    backs = delays[:, :, 1].copy()
    _conduct(read_only(written), homes, reached, backs, order, events, kinds, places, never, few, bool(catch_up), answers, newest, kept)
    disk_losses = events[kinds == DISK_LOST]
    for array in (*outages, answers, newest, cuts, disk_losses, kept):
        array.flags.writeable = False
    return ReplicationResult(read_only(times), read_only(written), answers, newest, tuple(outages), cuts, disk_losses, kept)


def _outages(uptime: float, repair: float, end: float, generator: np.random.Generator) -> Floats:
    """Return the outages of a part; one that never fails has none."""
    return np.empty((0, 2)) if math.isinf(uptime) or end == 0 else outages_of(uptime, repair, end, generator)


def _events(outages: Sequence[Floats], lost: Sequence[Flags], cuts: Floats) -> tuple[Floats, Counts, Counts]:
    """Put all that happens to nodes and network into one order; a last event, the end of a cut at infinity, lets all messages arrive."""
    times, kinds, places = [cuts.ravel(), np.array([np.inf])], [np.tile([CUT, HEALED], len(cuts)), np.array([HEALED])], [np.zeros(2 * len(cuts) + 1)]
    for node, (intervals, gone) in enumerate(zip(outages, lost, strict=True)):
        times.append(intervals.ravel())
        kinds.append(np.stack([np.where(gone, DISK_LOST, FAILED), np.full(gone.size, REPAIRED)], axis=1).ravel())
        places.append(np.full(2 * gone.size, node))
    moments = np.concatenate(times)
    order = np.argsort(moments, kind="stable")
    return moments[order], np.concatenate(kinds)[order].astype(np.int64), np.concatenate(places)[order].astype(np.int64)
