"""The scene of the replication lab: reads and writes fly to every copy and back, around a moment at which something goes wrong."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from labsupport.labs import replication_runs
from labsupport.labs.replication_runs import Cluster
from labsupport.labs.scene import Scene, State, Station
from labsupport.simulators.quorums import QuorumResult
from labsupport.simulators.replication import ReplicationResult

BEFORE, SHOWN = 15, 50  # requests that are played: some before the moment, and altogether
WRITE, READ, OLD, FAILED = range(4)
KINDS = ("write", "read", "read that returns something old", "request that fails")
Stay = tuple[int, int, float, float, int, bool, float]  # thing, station, enter, leave, kind, lost, value


def _within(moment: float, intervals: NDArray[np.float64]) -> bool:
    """Tell whether a moment lies within one of the intervals, its beginning excluded, since messages come before events."""
    before = int(np.searchsorted(intervals[:, 0], moment, "left"))
    return before > 0 and moment <= float(intervals[before - 1, 1])


def _moment(run: ReplicationResult, judged: QuorumResult) -> int:
    """Find the first request that tells a story: one that reads something old, or fails, or comes when a node fails."""
    for strange in (judged.stale | judged.reverted, np.isinf(judged.responses)):
        if strange.any():
            return int(np.argmax(strange))
    starts = [intervals[0, 0] for intervals in run.outages if intervals.size]
    return int(np.searchsorted(run.arrivals, min(starts))) if starts else 0


def scene(cluster: Cluster, read_quorum: int, write_quorum: int) -> Scene:
    """Play the requests around the first moment that tells a story.

    Parameters
    ----------
    cluster : Cluster
    read_quorum, write_quorum : int

    Returns
    -------
    Scene
    """
    run, judged = replication_runs.run(cluster), replication_runs.under(cluster, read_quorum, write_quorum)
    homes, delays = replication_runs.chances(cluster.nodes)
    begin = min(max(0, _moment(run, judged) - BEFORE), run.arrivals.size - SHOWN)
    start, end = float(run.arrivals[begin]), float(run.arrivals[begin + SHOWN - 1])
    sides = 2 if cluster.cut and cluster.minority else 1
    stays: list[Stay] = []
    for request in range(begin, begin + SHOWN):
        sent, done = float(run.arrivals[request]), float(judged.responses[request])
        old = judged.stale[request] or judged.reverted[request]
        kind = FAILED if math.isinf(done) else OLD if old else WRITE if run.writes[request] else READ
        beside_first = bool(homes[request] < cluster.minority)
        client = int(sides == 2 and not beside_first)
        for node in range(cluster.nodes):
            thing = (request - begin) * cluster.nodes + node
            there, back = delays[request, node] * cluster.delay / 1_000
            reached = sent + there
            up = node not in cluster.dead and not _within(reached, run.outages[node])
            through = (node < cluster.minority) == beside_first or not _within(reached, run.cuts)
            last = abs(there + back - done) < 1e-9
            stays += [
                (thing, client, sent, sent, kind, False, math.nan),
                (thing, sides + node, reached, reached, kind, not (up and through), math.nan),
            ]
            if up and through:
                stays.append((thing, client, reached + back, reached + back, kind, False, 1_000 * done if last else math.nan))
    things, places, enter, leave, kinds, lost, value = (list(column) for column in zip(*stays, strict=True))
    title = f"Requests to {cluster.nodes} {'copy' if cluster.nodes == 1 else 'copies'}"
    if _within(start, run.cuts) or ((run.cuts[:, 0] >= start) & (run.cuts[:, 0] < end)).any():
        title += ", with the network cut at times"
    changes: list[tuple[float, int, State]] = []
    for node, intervals in enumerate(run.outages):
        for fails, returns in intervals[(intervals[:, 0] < end) & (intervals[:, 1] > start)].tolist():
            changes += [(1_000 * max(fails, start), sides + node, "down")]
            changes += [(1_000 * returns, sides + node, "up")] if returns < end else []
    return Scene(
        title,
        _stations(cluster, sides),
        things,
        places,
        1_000 * np.array(enter),
        1_000 * np.array(leave),
        kind=kinds,
        lost=lost,
        value=value,
        kinds=KINDS,
        measure="response time (ms)",
        noun="message",
        unit="ms",
        seconds=25,
        changes=changes,
        links=[(client, sides + node) for client in range(sides) for node in range(cluster.nodes)],
    )


def _stations(cluster: Cluster, sides: int) -> list[Station]:
    """Place the clients – on both sides of a cut, if there is one – and the nodes, which a click kills."""
    if sides == 1:
        stations = [Station("clients", 0.12, 0.5, slots=0)]
    else:
        stations = [Station("clients on one side", 0.12, 0.2, slots=0), Station("clients on the other", 0.12, 0.8, slots=0)]
    for node in range(cluster.nodes):
        dead = node in cluster.dead
        place = (node + 0.5) / cluster.nodes
        label = "killed" if dead else ""
        stations.append(
            Station(f"node {node + 1}", 0.8, place, label, control=f"node_{node + 1}", state="down" if dead else "up", slots=0, layout="heap")
        )
    return stations
