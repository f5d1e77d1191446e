"""Things that move between stations: requests through servers, keys between shards, tasks down a pipeline.

A scene is a table with one row for each stay of a thing at a station: which thing, where, from when to when. Between two
stays the thing flies. The canvas player of ``browser/player.js`` plays it without asking the kernel; times are the simulator's own, so
what is seen is what was computed. A few hundred things tell the story; the numbers come from all of them, in the chart.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport import checks

State = Literal["up", "slow", "down", "absent"]
STATES = ("up", "slow", "down", "absent")
SHAPE = 2.4  # how much wider than high a stage is
MOST_THINGS = 1_000
MOST_STAYS = 10_000
MOST_KINDS = 6  # as many colours and shapes as can be told apart
FINEST = 65_534  # times go over the wire in so many steps of the scene's length; one more means "to the end"


@dataclass(frozen=True)
class Station:
    """A place where things stay.

    Attributes
    ----------
    name : str
        Another one for each station of a scene.
    x, y : float
        The place of its middle on the stage, from 0 (left, top) to 1 (right, bottom).
    label : str, default ""
        What stands beside it, such as its speed; the name is always there.
    control : str, default ""
        The lab's `Choice` control that a click on the station moves to its next option.
    sets : mapping of str to object, default {}
        What a click sets instead, where moving one control on is not enough: some of the lab's controls, each with its new value.
    state : {"up", "slow", "down", "absent"}
        How it is at the start; see `Scene.changes`. What is absent has not come yet, or has left.
    slots : int, default 1
        How many things are served at once: they stand inside, the others queue before it. At 0 it is a mere point that things
        pass through, such as a client.
    room : int, default 0
        How many things may wait before it, drawn as empty places; 0 stands for no limit, which is not drawn.
    layout : {"queue", "heap"}
        Whether things wait in a line or gather around it, as keys do around their shard.
    queue : {"left", "right", "up", "down"}
        To which side the line grows.

    Examples
    --------
    >>> Station("server 1", x=0.8, y=0.5, label="half speed", state="slow")
    Station(name='server 1', x=0.8, y=0.5, label='half speed', control='', sets={}, state='slow', slots=1, room=0, layout='queue', queue='left')
    """

    name: str
    x: float
    y: float
    label: str = ""
    control: str = ""
    sets: Mapping[str, Any] = field(default_factory=dict)
    state: State = "up"
    slots: int = 1
    room: int = 0
    layout: Literal["queue", "heap"] = "queue"
    queue: Literal["left", "right", "up", "down"] = "left"

    def __post_init__(self) -> None:
        checks.number("x", self.x, 0, 1)
        checks.number("y", self.y, 0, 1)
        checks.choice("state", self.state, STATES)
        checks.integer("slots", self.slots, 0, 100)
        checks.integer("room", self.room, 0, 100)
        checks.choice("layout", self.layout, ("queue", "heap"))
        checks.choice("queue", self.queue, ("left", "right", "up", "down"))


@dataclass(frozen=True)
class Ring:
    """A circle on the stage, such as a hash ring: drawn as an outline, with places on it for stations and things.

    Attributes
    ----------
    x, y : float, default 0.5
        Its middle, as of a station.
    radius : float, default 0.4
        In heights of the stage.

    Examples
    --------
    >>> Ring(radius=0.3).at(0.5)
    (0.5, 0.8)
    """

    x: float = 0.5
    y: float = 0.5
    radius: float = 0.4

    def at(self, turn: float, out: float = 1.0) -> tuple[float, float]:
        """Find a place on the ring.

        Parameters
        ----------
        turn : float
            How far around, clockwise from the top: 0.25 is a quarter of the ring.
        out : float, default 1.0
            How far from its middle, in radii.

        Returns
        -------
        tuple of float
            The place's ``x`` and ``y`` on the stage.
        """
        angle, length = 2 * math.pi * turn, out * self.radius
        return round(self.x + length * math.sin(angle) / SHAPE, 6), round(self.y - length * math.cos(angle), 6)


@dataclass(frozen=True, eq=False)
class Scene:
    """What moved where and when.

    The columns ``thing`` to ``spots`` hold one entry for each stay, in any order. The stays of one thing must not overlap; a stay
    may be as short as nothing, where a thing only passes.

    Attributes
    ----------
    title : str
        What is played, such as "240 requests through least connections".
    stations : sequence of Station
    thing : array_like of int, shape (stays,)
        Which thing it is, from 0; at most 1,000 things.
    station : array_like of int, shape (stays,)
        Where it stays: an index into ``stations``.
    enter, leave : array_like of float, shape (stays,)
        From when to when, in ``unit``. A ``leave`` of infinity means that it is still there at the end.
    size : array_like of float, shape (stays,), optional
        What the thing's area shows, such as its cost, at least 0; all alike if not given.
    kind : array_like of int, shape (stays,), optional
        What the thing's colour and shape show: an index into ``kinds``; it may differ from stay to stay.
    lost : array_like of bool, shape (stays,), optional
        Whether the thing is dropped when this stay ends.
    value : array_like of float, shape (stays,), optional
        What is measured when a stay ends, such as a response time; NaN where nothing is. The player shows running count, median and p99.
    spots : array_like of float, shape (stays, 2), optional
        ``x`` and ``y`` of a place on the stage to stand at instead of the station's own; NaN where the station decides.
    kinds : sequence of str, default ("request",)
        What each kind is called, for the legend; at most six.
    measure : str, default ""
        What ``value`` is, with its unit, such as "response time (ms)".
    noun : str, default "request"
        What a thing is called.
    unit : str, default "s"
        The unit of times.
    seconds : float, default 30
        How long it takes to play at normal speed.
    changes : sequence of (float, int, str)
        Time, station index and the state it has from then on.
    links : sequence of (int, int)
        Stations to draw a line between, by index.
    ring : Ring, optional

    Raises
    ------
    ValueError, TypeError
        If columns differ in length, a stay ends before it begins, two stays of a thing overlap, or an index leads nowhere.

    Examples
    --------
    Two requests pass a balancer; the second waits for the first, from 2 to 3:

    >>> balancer, server = Station("balancer", 0.2, 0.5, slots=0), Station("server", 0.8, 0.5, control="server")
    >>> scene = Scene(
    ...     "Two requests", [balancer, server], thing=[0, 0, 1, 1], station=[0, 1, 0, 1], enter=[0, 1, 1, 2], leave=[0, 3, 1, 4], unit="ms"
    ... )
    >>> scene.describe()
    'Two requests: 2 requests, 2 stations, 4 ms.'
    """

    title: str
    stations: Sequence[Station]
    thing: Any  # array_like in, a read-only array afterwards; so are the others
    station: Any
    enter: Any
    leave: Any
    size: Any = None
    kind: Any = None
    lost: Any = None
    value: Any = None
    spots: Any = None
    kinds: Sequence[str] = ("request",)
    measure: str = ""
    noun: str = "request"
    unit: str = "s"
    seconds: float = 30.0
    changes: Sequence[tuple[float, int, State]] = ()
    links: Sequence[tuple[int, int]] = ()
    ring: Ring | None = None

    def __post_init__(self) -> None:
        names = [station.name for station in self.stations]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"stations are {names}, but there must be at least one, each with a name of its own")
        if not 1 <= len(self.kinds) <= MOST_KINDS:
            raise ValueError(f"kinds are {list(self.kinds)}, but there must be from 1 to {MOST_KINDS}")
        checks.number("seconds", self.seconds, above=0)
        thing = checks.integers("thing", self.thing, 0, MOST_THINGS - 1, kind="index")
        if (stays := thing.size) > MOST_STAYS:
            raise ValueError(f"thing has {stays:,} entries, but a scene takes at most {MOST_STAYS:,} stays: show fewer things")
        columns: dict[str, NDArray[Any]] = {
            "thing": thing,
            "station": checks.integers("station", self.station, 0, len(names) - 1, kind="index"),
            "enter": np.array(self.enter, dtype=np.float64),
            "leave": np.array(self.leave, dtype=np.float64),
            "size": checks.amounts("size", np.ones(stays) if self.size is None else self.size),
            "kind": checks.integers(
                "kind", np.zeros(stays, dtype=np.int64) if self.kind is None else self.kind, 0, len(self.kinds) - 1, kind="index"
            ),
            "lost": checks.flags("lost", np.zeros(stays, dtype=np.bool_) if self.lost is None else self.lost, stays),
            "value": np.full(stays, np.nan) if self.value is None else np.array(self.value, dtype=np.float64),
            "spots": np.full((stays, 2), np.nan) if self.spots is None else np.array(self.spots, dtype=np.float64),
        }
        for name, column in columns.items():
            shape = (stays, 2) if name == "spots" else (stays,)
            if column.shape != shape:
                raise ValueError(f"{name} has shape {column.shape}, but there are {stays:,} stays, so it must have {shape}")
        _check_times(columns)
        order = np.lexsort((columns["leave"], columns["enter"], thing))
        for name, column in columns.items():
            ordered = column[order]
            ordered.setflags(write=False)
            object.__setattr__(self, name, ordered)
        _check_order(self)
        for time, index, state in self.changes:
            checks.number("changes", time)
            checks.integer("changes", index, 0, len(names) - 1)
            checks.choice("changes", state, STATES)
        for link in self.links:
            checks.integers("links", link, 0, len(names) - 1, kind="index")

    @property
    def start(self) -> float:
        """When the first stay begins."""
        return float(np.min(self.enter))

    @property
    def end(self) -> float:
        """When the last stay or change that ends has ended."""
        times = [*self.leave[np.isfinite(self.leave)].tolist(), *self.enter.tolist(), *(time for time, _, _ in self.changes)]
        return max(times) if max(times) > self.start else self.start + 1.0

    def describe(self) -> str:
        """Say in a sentence what is played, for those who do not see it.

        Returns
        -------
        str
        """
        things = np.unique(self.thing).size
        lost = int(np.sum(self.lost))
        words = [f"{things:,} {self.noun}{'' if things == 1 else 's'}", f"{len(self.stations)} station{'' if len(self.stations) == 1 else 's'}"]
        words += [f"{self.end - self.start:,.4g} {self.unit}"] + ([f"{lost:,} lost"] if lost else [])
        return f"{self.title}: {', '.join(words)}."

    def message(self) -> dict[str, Any]:
        """Put the scene into short lists and packed columns for the front end.

        Returns
        -------
        dict
            Columns are little-endian whole numbers in base64, or one number where all are the same: about 10 bytes a stay. Times are
            counted in steps of the scene's length, values in steps of their range; of things, the differences are sent.
        """
        step = (self.end - self.start) / FINEST
        largest = float(np.max(self.size)) or 1.0
        columns = {
            "thing": _packed(np.diff(self.thing, prepend=0), "u1" if np.diff(self.thing, prepend=0).max() < 256 else "<u2"),
            "station": _packed(self.station, "u1" if len(self.stations) < 256 else "<u2"),
            "enter": _packed(_steps(self.enter, self.start, step), "<u2"),
            "leave": _packed(_steps(self.leave, self.start, step), "<u2"),
            "size": _packed(np.round(255 * np.sqrt(self.size / largest)), "u1"),
            "kind": _packed(self.kind, "u1"),
            "lost": _packed(self.lost, "u1"),
        }
        values = self.value[np.isfinite(self.value)] if self.measure else np.zeros(0)
        lowest, highest = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
        scale = [lowest, (highest - lowest) / FINEST or 1.0]
        if self.measure:
            columns["value"] = _packed(np.nan_to_num(np.round((self.value - scale[0]) / scale[1]), nan=FINEST + 1), "<u2")
        if not np.all(np.isnan(self.spots)):
            columns["spots"] = _packed(np.nan_to_num(np.round(self.spots * FINEST), nan=FINEST + 1), "<u2")
        stations = [_station_message(each) for each in self.stations]
        return {
            "title": self.title,
            "sentence": self.describe(),
            "noun": self.noun,
            "unit": self.unit,
            "start": self.start,
            "step": step,
            "last": FINEST,
            "seconds": self.seconds,
            "kinds": list(self.kinds),
            "measure": self.measure,
            "scale": scale,
            "stations": stations,
            "plain": _station_message(Station("", 0, 0), everything=True),
            "changes": sorted([round((time - self.start) / step), index, state] for time, index, state in self.changes),
            "links": [list(link) for link in self.links],
            "ring": None if self.ring is None else [self.ring.x, self.ring.y, self.ring.radius],
            "shape": SHAPE,
            "stays": self.thing.size,
            "columns": columns,
        }


def _check_times(columns: dict[str, NDArray[Any]]) -> None:
    enter, leave = columns["enter"], columns["leave"]
    if not np.all(np.isfinite(enter)):
        raise ValueError(f"enter holds {enter[~np.isfinite(enter)][0]}, but each must be a finite time")
    wrong = np.flatnonzero(~(leave >= enter))
    if wrong.size:
        first = wrong[0]
        raise ValueError(f"leave[{first}] is {leave[first]}, but must not be before enter[{first}], which is {enter[first]}")


def _check_order(scene: Scene) -> None:
    """Hold that no thing is at two places at once; the columns are sorted by thing and time."""
    thing, enter, leave = scene.thing, scene.enter, scene.leave
    wrong = np.flatnonzero((thing[1:] == thing[:-1]) & (enter[1:] < leave[:-1]))
    if wrong.size:
        row = wrong[0]
        raise ValueError(f"thing {thing[row]} enters a station at {enter[row + 1]}, but leaves the one before only at {leave[row]}")


def _station_message(station: Station, *, everything: bool = False) -> dict[str, Any]:
    """Say what a station is, and leave out what is as with every plain one."""
    message: dict[str, Any] = {}
    for each in fields(Station):
        value = getattr(station, each.name)
        plain = {} if each.name == "sets" else each.default
        if everything or value != plain:
            message[each.name] = round(value, 4) if each.name in ("x", "y") else value
    return message


def _steps(times: ArrayLike, start: float, step: float) -> NDArray[np.float64]:
    counted = np.round((np.asarray(times, dtype=np.float64) - start) / step)
    return np.where(np.isinf(counted), FINEST + 1, counted)


def _packed(column: ArrayLike, code: str) -> str | int:
    numbers = np.asarray(column)
    if np.all(numbers == numbers.flat[0]):
        return int(numbers.flat[0])
    return base64.b64encode(np.asarray(column).astype(code).tobytes()).decode()
