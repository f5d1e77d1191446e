"""The whole-system lab's scene: requests on their way through cache, servers and database, when it is worst."""

from __future__ import annotations

import numpy as np

from labsupport.labs.scene import Scene, Station
from labsupport.simulators.whole_system import TICK, WholeSystemResult

SHOWN = 150  # requests that move on the stage


def scene(result: WholeSystemResult) -> Scene:
    """Play the requests of a day's worst moment: past the cache, through servers and database, and back."""
    design = result.design
    first = _worst_moment(result)
    shown = slice(first, first + SHOWN)
    parts = {part: times[shown] for part, times in result.parts.items()}
    arrivals, hits, vain = result.day.arrivals[shown], result.hits[shown], ~result.answered[shown]
    ready = int(result.scaling.ready[min(int(arrivals[0] // TICK), result.scaling.ready.size - 1)])
    click, things = arrivals - arrivals[0], np.arange(SHOWN)
    looked = click + parts["cache"]
    served = looked + parts["waiting for a server"] + parts["server"]
    back = served + parts["waiting for the database"] + parts["database"]
    everybody, missing = np.ones(SHOWN, dtype=bool), ~hits
    asking = missing & (parts["database"] > 0)
    stays = [(0, click, click, everybody)]
    stays += [(1, click, looked, everybody)] if design.cache else []
    stays += [(2, looked, served, missing), (3, served, back, asking), (0, back, back, everybody)]
    stations = (
        Station("users", 0.05, 0.6, slots=0),
        Station("cache", 0.3, 0.2, f"{design.cache:,} answers" if design.cache else "none", slots=4),
        Station("servers", 0.55, 0.6, f"{ready} ready", slots=max(1, ready)),
        Station("database", 0.9, 0.6, f"{design.shards} × {design.replicas} nodes", slots=min(100, design.nodes)),
    )
    kinds = np.where(vain, 2, np.where(hits, 0, 1))
    values = np.full(sum(int(who.sum()) for *_, who in stays), np.nan)
    values[-SHOWN:] = result.responses[shown]
    return Scene(
        f"{SHOWN} requests at the worst moment of the day",
        stations,
        thing=np.concatenate([things[who] for *_, who in stays]),
        station=np.concatenate([np.full(int(who.sum()), station) for station, *_, who in stays]),
        enter=np.concatenate([enter[who] for _, enter, _, who in stays]),
        leave=np.concatenate([leave[who] for *_, leave, who in stays]),
        kind=np.concatenate([kinds[who] for *_, who in stays]),
        value=values,
        kinds=("answered by the cache", "answered by the database", "waits in vain"),
        measure="response time (s)",
        unit="s",
        links=[(0, 1), (0, 2), (1, 2), (2, 3)],
    )


def _worst_moment(result: WholeSystemResult) -> int:
    """Return the first of the requests in a row that wait longest together, after the warm-up."""
    sums = np.append(0.0, np.cumsum(result.responses[result.day.warm_up :]))
    return result.day.warm_up + int(np.argmax(sums[SHOWN:] - sums[:-SHOWN]))
