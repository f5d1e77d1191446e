"""Changes: a server slows, dies, returns – when, and what a balancer gets to see of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labsupport import checks


@dataclass(frozen=True, order=True)
class Change:
    """From some moment on, a server works at another speed.

    Attributes
    ----------
    time : float
        When, at least 0.
    server : int
        Which server, counted from 0.
    speed : float
        Work it does per unit of time from then on; 0 if it is down.

    Raises
    ------
    TypeError, ValueError
        If an attribute is not such a number.

    Examples
    --------
    >>> Change(time=10, server=2, speed=0)
    Change(time=10.0, server=2, speed=0.0)
    """

    time: float
    server: int
    speed: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", checks.number("time", self.time, minimum=0))
        object.__setattr__(self, "server", checks.integer("server", self.server, minimum=0))
        object.__setattr__(self, "speed", checks.number("speed", self.speed, minimum=0))


def checked(changes: Iterable[Change], servers: int) -> tuple[Change, ...]:
    """Return the changes in the order of their times, or say what is wrong with them."""
    try:
        listed = list(changes)
    except TypeError:
        raise TypeError(f"changes is {changes!r}, but must be a sequence of Change(time, server, speed)") from None
    for change in listed:
        if not isinstance(change, Change):
            raise TypeError(f"changes holds {change!r}, but each must be a Change(time, server, speed)")
        if change.server >= servers:
            raise ValueError(f"changes holds {change!r}, but the servers are numbered from 0 to {servers - 1}")
    return tuple(sorted(listed, key=lambda change: change.time))  # of several at one moment, the last one given counts


def members(speeds: NDArray[np.float64], changes: tuple[Change, ...], notice: float | None) -> dict[float, NDArray[np.int32]]:
    """Return from which moment on a balancer sends to which servers: to all that were up ``notice`` ago, or to all, if none was."""
    everyone = np.arange(speeds.size, dtype=np.int32)
    known = {0.0: everyone}
    up = np.ones(speeds.size, dtype=np.bool_)
    for change in changes if notice is not None else ():
        if up[change.server] != (change.speed > 0):
            up[change.server] = change.speed > 0
            known[change.time + float(notice or 0)] = everyone[up] if up.any() else everyone
    return known


def capacity(server: int, speed: float, changes: tuple[Change, ...], times: NDArray[np.float64], *, as_time: bool = False) -> NDArray[np.float64]:
    """Return how much work a server could have done by some times – or for how long it was up –, all counted from time 0."""
    speeds = {0.0: speed} | {change.time: change.speed for change in changes if change.server == server}
    moments, rates = np.array(list(speeds)), np.array(list(speeds.values()))
    if as_time:
        rates = (rates > 0).astype(np.float64)
    done = np.append(0.0, np.cumsum(np.diff(moments) * rates[:-1]))
    place = np.searchsorted(moments, times, side="right") - 1
    since = np.where(rates[place] > 0, times, moments[place]) - moments[place]  # a server that is down does no more, even for ever
    return np.asarray(done[place] + since * rates[place])
