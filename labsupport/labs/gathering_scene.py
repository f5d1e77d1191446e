"""The scene of the scatter–gather lab: a query's parts fly to their shards and back, and the query waits for the last of them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from labsupport.labs.scene import Scene, Station

Floats = NDArray[np.float64]

GROUPS = 10  # shards are drawn one by one up to here, and in so many groups beyond
CROWD = 900  # things that a scene shows at most
FLIGHT = 0.3  # of a part's latency, there, and as much back
CLIENT, COORDINATOR, FIRST_SHARD = 0, 1, 2
QUERY, PART, SLOWEST, AGAIN = range(4)
KINDS = ("query", "part", "the slowest part", "second copy")
Stay = tuple[int, int, float, float, int, bool, float]  # thing, station, enter, leave, kind, lost, value


def _stations(fanout: int) -> tuple[list[Station], NDArray[np.int64]]:
    """Place client, coordinator and shards; and say at which station each shard is."""
    groups = min(fanout, GROUPS)
    station = FIRST_SHARD + np.arange(fanout) * groups // fanout
    stations = [Station("client", 0.06, 0.5, slots=0), Station("coordinator", 0.38, 0.5, slots=1, layout="heap")]
    for group in range(groups):
        shards = np.flatnonzero(station == FIRST_SHARD + group) + 1
        name = f"shard {shards[0]}" if shards.size == 1 else f"shards {shards[0]}–{shards[-1]}"
        stations.append(Station(name, 0.92 if group % 2 else 0.7, (group + 0.5) / groups, slots=0, layout="heap"))  # two columns, for the labels
    return stations, station


def _trip(thing: int, shard: int, sent: float, latency: float, gathered: float, kind: int, *, used: bool) -> list[Stay]:
    """Fly to a shard and back; who comes back for nothing is dropped."""
    back = sent + latency
    return [
        (thing, COORDINATOR, sent, sent, kind, False, math.nan),
        (thing, shard, sent + FLIGHT * latency, back - FLIGHT * latency, kind, False, math.nan),
        (thing, COORDINATOR, back, gathered if used else back, kind, not used, math.nan),
    ]


def scene(first: Floats, second: Floats | None, delay: float | None, deadline: float) -> Scene:
    """Play queries one after the other.

    Parameters
    ----------
    first, second : ndarray of float64, shape (queries, fanout)
        Latencies of the first and of second copies, in milliseconds; as many queries are shown as there is room for.
    delay : float or None
        When second copies are sent.
    deadline : float
        When a query is answered with what is there.

    Returns
    -------
    Scene
    """
    fanout = first.shape[1]
    stations, station = _stations(fanout)
    patience = math.inf if delay is None or second is None else delay
    again = first if second is None else second
    stays: list[Stay] = []
    thing, start, queries = 0, 0.0, 0
    for row in range(first.shape[0]):
        hedged = (first[row] > patience) & (patience < deadline)
        if queries and thing + 1 + fanout + np.count_nonzero(hedged) > CROWD:
            break
        answers = np.where(hedged, np.minimum(first[row], patience + again[row]), first[row])
        response = min(float(answers.max()), deadline)
        flight = 0.2 * float(np.median(first[row]))
        asked, gathered = start + flight, start + flight + response
        stays += [
            (thing, CLIENT, start, start, QUERY, False, math.nan),
            (thing, COORDINATOR, asked, gathered, QUERY, False, response),
            (thing, CLIENT, gathered + flight, gathered + flight, QUERY, False, math.nan),
        ]
        thing += 1
        slowest = int(answers.argmax())
        for part in range(fanout):
            latency, answer = float(first[row, part]), float(answers[part])
            kind = SLOWEST if part == slowest else PART
            stays += _trip(thing, station[part], asked, latency, gathered, kind, used=latency == answer <= response)
            thing += 1
            if hedged[part]:
                stays += _trip(thing, station[part], asked + patience, float(again[row, part]), gathered, AGAIN, used=latency != answer <= response)
                thing += 1
        start = gathered + 2 * flight
        queries += 1
    things, places, enter, leave, kinds, lost, value = (list(column) for column in zip(*stays, strict=True))
    title = f"{queries} {'query' if queries == 1 else 'queries'} to {fanout} {'shard' if fanout == 1 else 'shards'}"
    links = [(CLIENT, COORDINATOR), *((COORDINATOR, shard) for shard in range(FIRST_SHARD, len(stations)))]
    return Scene(
        title,
        stations,
        things,
        places,
        enter,
        np.maximum(leave, enter),
        kind=kinds,
        lost=lost,
        value=value,
        kinds=KINDS,
        measure="response time (ms)",
        noun="message",
        unit="ms",
        seconds=20,
        links=links,
    )
