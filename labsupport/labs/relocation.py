"""Relocation: keys that find their shards, and those that move when a shard joins or leaves, as a scene."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from labsupport.labs.scene import Ring, Scene, Station
from labsupport.simulators import sharding
from labsupport.simulators.placement.consistent import FULL_TURN
from labsupport.simulators.placement.names import Name

# When things happen, in seconds of the scene
KEYS_COME, KEYS_LEAVE, CHANGE, MOVES_START, MOVES_END, FLIGHT = 1.0, 2.0, 6.0, 6.5, 9.0, 0.8
KINDS = ("key", "key that must move", "key that moves needlessly", "point of a shard")
STAYS, MUST_MOVE, NEEDLESS, POINT = range(4)
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

    Returns
    -------
    Scene
    """
    before, after = movement.names_before, movement.names_after
    names = sorted({*before, *after}, key=str if any(isinstance(name, str) for name in (*before, *after)) else None)
    index = {name: place for place, name in enumerate(names)}
    ring = None if rings is None else Ring(radius=0.27)
    stations = [_station(name, place, len(names), ring is not None, name in before, name in after, loads) for place, name in enumerate(names)]
    stays = _Stays()

    turns = sharding.hash_keys(keys) / FULL_TURN
    area = np.maximum(requests, SMALLEST * max(1, int(requests.max())))
    movers = np.flatnonzero(movement.moved).tolist()
    start = {mover: MOVES_START + (MOVES_END - MOVES_START) * order / len(movers) for order, mover in enumerate(movers)}
    for thing in range(keys.size):
        first, second = index[before[movement.before[thing]]], index[after[movement.after[thing]]]
        spot = (0.03 + 0.94 * int(keys[thing]) / space, 0.07) if ring is None else ring.at(float(turns[thing]))
        away = KEYS_LEAVE + (CHANGE - 1 - KEYS_LEAVE) * thing / keys.size
        stays.add(thing, first, KEYS_COME, away, area[thing], STAYS, spot)
        stays.add(thing, first, away + FLIGHT, start.get(thing, np.inf), area[thing], STAYS)
        if thing in start:
            stays.add(thing, second, start[thing] + FLIGHT, np.inf, area[thing], NEEDLESS if movement.needless[thing] else MUST_MOVE)
    if rings is not None and ring is not None and sum(part.positions.size for part in rings) <= 2 * MOST_POINTS:
        _add_points(stays, keys.size, rings, index, ring, float(area.min()))

    things, places, enter, leave, size, kind, x, y = zip(*stays.rows, strict=True)
    used = sorted({*kind})
    changes = [(CHANGE, index[name], "up" if name in after else "down") for name in names if (name in before) != (name in after)]
    return Scene(
        title,
        stations,
        thing=things,
        station=places,
        enter=enter,
        leave=leave,
        size=size,
        kind=[used.index(each) for each in kind],
        spots=np.column_stack((x, y)),
        kinds=[KINDS[each] for each in used],
        noun="key" if POINT not in used else "key or point",
        seconds=12,
        changes=changes,  # type: ignore[arg-type]  # mypy takes the states for any text
        ring=ring,
    )


def _station(name: Name, place: int, count: int, round_a_ring: bool, before: bool, after: bool, loads: Mapping[Name, float]) -> Station:
    """Put a shard on an oval around the ring, or in a row."""
    angle = 2 * np.pi * (place + 0.5) / count
    x, y = (0.5 + 0.42 * np.sin(angle), 0.5 - 0.39 * np.cos(angle)) if round_a_ring else (0.03 + 0.94 * (place + 0.5) / count, 0.68)
    return Station(
        f"shard {name}" if count <= 8 else str(name),
        round(float(x), 4),
        round(float(y), 4),
        label=f"{100 * loads[name]:.3g} %" if before else "joins",
        control="change" if before != after else "",
        state="up" if before else "down",
        slots=0,
        layout="heap",
    )


def _add_points(stays: _Stays, first: int, rings: tuple[sharding.Ring, sharding.Ring], index: Mapping[Name, int], ring: Ring, size: float) -> None:
    """Let every shard mark its points on the ring when it comes, and fetch them when it leaves."""
    there, later = ({int(position): part.names[owner] for position, owner in zip(part.positions, part.owners, strict=True)} for part in rings)
    for order, position in enumerate(sorted({*there, *later})):
        thing, name = first + order, there[position] if position in there else later[position]
        comes = 0.0 if position in there else CHANGE
        goes = np.inf if position in later else CHANGE
        stays.add(thing, index[name], comes, comes, size, POINT)
        stays.add(thing, index[name], comes + FLIGHT, goes, size, POINT, ring.at(position / FULL_TURN))
        if goes == CHANGE:
            stays.add(thing, index[name], CHANGE + FLIGHT, np.inf, size, POINT)
