"""The scene of the edge lab: requests fly from their users to a site or the data centre, wait, are worked on, and fly back."""

from __future__ import annotations

import math

import numpy as np

from labsupport.labs import edge_runs
from labsupport.labs.edge_runs import HEIGHT, WIDTH
from labsupport.labs.scene import Scene, Station
from labsupport.simulators.edge import EdgeResult
from labsupport.simulators.trips import follow

BEFORE, SHOWN = 600, 90  # requests that come before those that are played, so that servers are as busy as usual
SEED = 92  # of a draw in which these wait about as long as all do on average, with few sites and with many
KINDS = ("answered on the spot", "answered by the data centre")
WEST = -600.0  # km: where the map begins


def scene(served: EdgeResult, far: str, answered: int, rate: int, name: str) -> Scene:
    """Play some requests.

    Parameters
    ----------
    served : EdgeResult
    far : str
        Where the data centre is, as in `edge_runs.FAR`.
    answered : int
        The share that a site answers itself, in percent.
    rate : int
        Requests a second.
    name : str
        A letter for each site of the map.

    Returns
    -------
    Scene
    """
    area = edge_runs.area(far)
    trips = follow(area, served, float(rate), BEFORE + SHOWN, answered=answered / 100, seed=SEED)
    centre = 1 + len(served.opened)
    stations = [Station("users", 0.04, 0.93, slots=0)]
    for number, site in enumerate(served.opened):
        x, y = _spot(*area.sites[site])
        stations.append(Station(name[site], x, y, _servers(int(served.machines[number])), slots=0, layout="heap"))
    x, y = _spot(-0.1 * WIDTH, HEIGHT / 2)
    stations.append(Station("data centre", x, y, _servers(int(served.machines[-1])), slots=0, layout="heap", control="centre"))
    stays: list[tuple[int, int, float, float, int, float, float, float]] = []
    nan = math.nan
    moments = (trips.sent, trips.passed, trips.reached, trips.ended, trips.returned, trips.back)
    for thing, index in enumerate(range(BEFORE, BEFORE + SHOWN)):
        x, y = _spot(*area.users[trips.user[index]])
        worked = 1 + int(trips.place[index])
        kind = int(worked == centre)
        sent, passed, reached, ended, returned, back = (float(times[index]) for times in moments)
        stays.append((thing, 0, sent, sent, kind, nan, x, y))
        by_site = trips.site[index] >= 0 and worked == centre
        between = 1 + served.opened.index(int(trips.site[index])) if by_site else 0
        if by_site:
            stays.append((thing, between, passed, passed, kind, nan, nan, nan))
        stays.append((thing, worked, reached, ended, kind, nan, nan, nan))
        if by_site:
            stays.append((thing, between, returned, returned, kind, nan, nan, nan))
        stays.append((thing, 0, back, back, kind, back - sent, x, y))
    things, places, enter, leave, kinds, value, east, south = (list(column) for column in zip(*stays, strict=True))
    return Scene(
        f"{SHOWN} requests and their answers",
        stations,
        thing=things,
        station=places,
        enter=enter,
        leave=leave,
        kind=kinds,
        value=value,
        spots=np.stack((east, south), axis=1),
        kinds=list(KINDS),
        measure="latency (ms)",
        unit="ms",
    )


def _spot(east: float, north: float) -> tuple[float, float]:
    """Return where a place of the map is on the stage."""
    x, y = (east - WEST) / (WIDTH - WEST), 1 - north / (1.12 * HEIGHT)
    return round(0.02 + 0.94 * float(x), 4), round(0.04 + 0.88 * float(np.clip(y, 0, 1)), 4)


def _servers(count: int) -> str:
    return f"{count} server{'' if count == 1 else 's'}"
