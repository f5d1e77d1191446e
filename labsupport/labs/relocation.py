"""Relocation: keys that find their shards, and those that move when a shard joins or leaves, as a scene."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport.labs.scene import SHAPE, Ring, Scene, Station
from labsupport.simulators import sharding
from labsupport.simulators.placement.consistent import FULL_TURN
from labsupport.simulators.placement.names import Name

# When things happen, in seconds of the scene
KEYS_COME, KEYS_LEAVE, CHANGE, MOVES_START, MOVES_END, FLIGHT = 1.0, 2.0, 6.0, 6.5, 9.0, 0.8
KINDS = ("key", "key that must move", "key that moves needlessly", "point of a shard")
STAYS, MUST_MOVE, NEEDLESS, POINT = range(4)
FEW = 6  # shards, which have room for more words
MOST_POINTS = 320  # on the ring; more cannot be told apart
SMALLEST = 0.02  # of the largest key's area: still to be seen


class _Stays:
    """The columns of a scene while it is being written."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, float, float, float, int, float, float]] = []

    def add(self, thing: int, station: int, enter: float, leave: float, size: float, kind: int, spot: tuple[float, float] | None = None) -> None:
        self.rows.append((thing, station, enter, leave, size, kind, *(spot or (np.nan, np.nan))))


def relocation(
    title: str,
    keys: NDArray[np.int64],
    requests: NDArray[np.int64],
    movement: sharding.Movement,
    loads: Mapping[Name, float],
    space: int,
    rings: tuple[sharding.Ring, sharding.Ring] | None = None,
    sets: Mapping[Name, Mapping[str, Any]] = MappingProxyType({}),
) -> Scene:
    """Make a scene in which keys fly to their shards and then, after the change, some fly on.

    Parameters
    ----------
    title : str
    keys, requests : ndarray of int64, shape (keys,)
        The keys that are shown, at most a few hundred, and how many requests ask for each.
    movement : Movement
        Where these keys live before and after.
    loads : mapping
        Share of the requests by shard, before the change.
    space : int
        Number of possible keys, for their places on a line.
    rings : tuple of Ring, optional
        The rings before and after, if the keys find their shards on one.
    sets : mapping, optional
        By shard, what a click on it sets.

    Returns
    -------
    Scene
    """
    before, after = movement.names_before, movement.names_after
    names = sorted({*before, *after}, key=str if any(isinstance(name, str) for name in (*before, *after)) else None)
    index = {name: place for place, name in enumerate(names)}
    ring = None if rings is None else Ring(radius=0.27)
    places = _rows(len(names)) if ring is None else _oval(len(names))
    stations = [
        Station(
            f"shard {name}" if len(names) <= FEW else str(name),
            x,
            y,
            label="new" if name not in before else "leaves" if name not in after else f"{100 * loads[name]:.3g} %" if len(names) <= FEW else "",
            sets=sets.get(name, {}),
            state="up" if name in before else "absent",
            slots=0,
            layout="heap",
        )
        for name, (x, y) in zip(names, places, strict=True)
    ]
    waiting = len(stations)  # where keys are before they fly, and points all the time
    stations.append(Station("key space", 0.04, 0.17, slots=0) if ring is None else Station("ring", 0.5, 0.5, slots=0))
    stays = _Stays()

    turns = sharding.hash_keys(keys) / FULL_TURN
    area = np.maximum(requests, SMALLEST * max(1, int(requests.max())))
    movers = np.flatnonzero(movement.moved).tolist()
    start = {mover: MOVES_START + (MOVES_END - MOVES_START) * order / len(movers) for order, mover in enumerate(movers)}
    for thing in range(keys.size):
        first, second = index[before[movement.before[thing]]], index[after[movement.after[thing]]]
        spot = (0.03 + 0.94 * int(keys[thing]) / space, 0.07) if ring is None else ring.at(float(turns[thing]))
        away = KEYS_LEAVE + (CHANGE - 1 - KEYS_LEAVE) * thing / keys.size
        stays.add(thing, waiting, KEYS_COME, away, area[thing], STAYS, spot)
        stays.add(thing, first, away + FLIGHT, start.get(thing, np.inf), area[thing], STAYS)
        if thing in start:
            stays.add(thing, second, start[thing] + FLIGHT, np.inf, area[thing], NEEDLESS if movement.needless[thing] else MUST_MOVE)
    if rings is not None and ring is not None and max(part.positions.size for part in rings) <= MOST_POINTS:
        _add_points(stays, keys.size, rings, index, ring, waiting, float(area.min()))

    things, stands, enter, leave, size, kind, x, y = zip(*stays.rows, strict=True)
    used = sorted({*kind})
    changes = [(CHANGE, index[name], "up" if name in after else "absent") for name in names if (name in before) != (name in after)]
    return Scene(
        title,
        stations,
        thing=things,
        station=stands,
        enter=enter,
        leave=leave,
        size=size,
        kind=[used.index(each) for each in kind],
        spots=np.column_stack((x, y)),
        kinds=[KINDS[each] for each in used],
        noun="key" if POINT not in used else "dot",
        seconds=12,
        changes=changes,  # type: ignore[arg-type]  # mypy takes the states for any text
        ring=ring,
    )


def _rows(count: int) -> list[tuple[float, float]]:
    """Return places in a row; where there are many, every other one stands lower."""
    return [(0.03 + 0.94 * (place + 0.5) / count, 0.65 if count <= FEW else (0.48, 0.82)[place % 2]) for place in range(count)]


def _oval(count: int) -> list[tuple[float, float]]:
    """Return places at equal distances on an oval around the ring, clockwise from the top."""
    turns = np.linspace(0, 2 * np.pi, 1_001)
    x, y = 0.42 * np.sin(turns), -0.39 * np.cos(turns)
    walked = np.concatenate(([0.0], np.cumsum(np.hypot(SHAPE * np.diff(x), np.diff(y)))))
    at = np.interp((np.arange(count) + 0.5) / count * walked[-1], walked, turns)
    return [(round(0.5 + 0.42 * float(np.sin(turn)), 4), round(0.5 - 0.39 * float(np.cos(turn)), 4)) for turn in at]


def _add_points(
    stays: _Stays, first: int, rings: tuple[sharding.Ring, sharding.Ring], index: Mapping[Name, int], ring: Ring, waiting: int, size: float
) -> None:
    """Let every shard mark its points on the ring when it comes, and fetch them when it leaves."""
    there, later = ({int(position): part.names[owner] for position, owner in zip(part.positions, part.owners, strict=True)} for part in rings)
    for order, position in enumerate(sorted({*there, *later})):
        thing, name = first + order, there[position] if position in there else later[position]
        comes = 0.0 if position in there else CHANGE
        goes = np.inf if position in later else CHANGE
        stays.add(thing, index[name], comes, comes, size, POINT)
        stays.add(thing, waiting, comes + FLIGHT, goes, size, POINT, ring.at(position / FULL_TURN))
        if goes == CHANGE:
            stays.add(thing, index[name], CHANGE + FLIGHT, np.inf, size, POINT)
