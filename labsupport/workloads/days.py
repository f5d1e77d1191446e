"""Days: all that comes to a web shop in one run – requests, what they ask for, how much work they are, and what breaks meanwhile.

A day goes by in under an hour, so that it can be simulated whole. Five kinds differ in what happens; the seed decides when, how much, and where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labsupport import checks
from labsupport.workloads.arrivals import diurnal_arrivals, poisson_arrivals
from labsupport.workloads.services import lognormal_services
from labsupport.workloads.traces import write_flags, zipf_trace

KINDS = ("calm", "diurnal", "flash_crowd", "hot_key", "node_loss")
PARTS = ("server", "database", "cache")  # what can be lost
KEYS = 20_000  # things in the shop, the most popular first
EXPONENT = 0.9  # of their popularity
SWING = 0.6  # how far the rate goes up by day and down by night, as a share of it
RATE = 40.0  # requests per second, on average and without a crowd
FRESH = 0.15  # share of requests that must not be answered from a cache
HOT_FRESH = 0.5  # the same, of the requests for a hot key: everybody wants to know what is left
SERVER_WORK, DATABASE_WORK = 0.20, 0.10  # seconds, on average
SQUARED_CV = 0.5  # of the work: variance ÷ mean²


@dataclass(frozen=True)
class Loss:
    """A machine is lost for some time.

    Attributes
    ----------
    time : float
        When, in seconds, at least 0.
    part : {"server", "database", "cache"}
        What it is. A cache has lost all that was in it when it returns.
    place : float
        Which of these machines, from 0 to below 1: how far along their row, however many there are.
    duration : float
        For how long, in seconds, above 0.

    Raises
    ------
    TypeError, ValueError
        If an attribute is wrong.

    Examples
    --------
    >>> Loss(600, "database", place=0.5, duration=300).until
    900.0
    """

    time: float
    part: str
    place: float
    duration: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", checks.number("time", self.time, minimum=0))
        checks.choice("part", self.part, PARTS)
        object.__setattr__(self, "place", checks.number("place", self.place, 0, 1))
        if self.place == 1:
            raise ValueError("place is 1, but must be a finite number from 0 to below 1")
        object.__setattr__(self, "duration", checks.number("duration", self.duration, above=0))

    @property
    def until(self) -> float:
        """When the machine is back, in seconds."""
        return self.time + self.duration


@dataclass(frozen=True)
class Day:
    """What comes to a shop, and what breaks there.

    Attributes
    ----------
    arrivals : array_like of float, shape (requests,)
        When each request comes, in seconds, at least 0, never falling.
    keys : array_like of int, shape (requests,)
        What it asks for, from 0 to 2³¹ − 1.
    server_works, database_works : array_like of float, shape (requests,)
        How long a server, and a database node, works for it if it gets there, in seconds, at least 0.
    fresh : array_like of bool, shape (requests,)
        Whether its answer must not come from a cache, such as what is left in stock.
    losses : sequence of Loss, default ()
        Machines that are lost.
    warm_up : int, default 0
        How many requests come before anything is counted: caches fill, and servers start.

    Raises
    ------
    TypeError, ValueError
        If an attribute is wrong, or the arrays are not of one length.

    Examples
    --------
    >>> day = Day([1, 2], keys=[7, 7], server_works=[0.1, 0.2], database_works=[0.1, 0.1], fresh=[False, True])
    >>> day.arrivals, day.warm_up
    (array([1., 2.]), 0)
    """

    arrivals: Any
    keys: Any
    server_works: Any
    database_works: Any
    fresh: Any
    losses: Sequence[Loss] = ()
    warm_up: int = 0

    def __post_init__(self) -> None:
        arrivals = checks.times("arrivals", self.arrivals)
        keys = checks.keys("keys", self.keys)
        if keys.size != arrivals.size:
            raise ValueError(f"keys holds {keys.size:,} keys, but must hold one for each of the {arrivals.size:,} requests")
        works = {name: checks.amounts(name, getattr(self, name), kind="work", length=arrivals.size) for name in ("server_works", "database_works")}
        fresh = checks.flags("fresh", self.fresh, arrivals.size)
        for name, array in {"arrivals": arrivals, "keys": keys, **works, "fresh": fresh}.items():
            kept = array.view()  # the caller may write to an array that is the caller's own; nobody may through this
            kept.flags.writeable = False
            object.__setattr__(self, name, kept)
        for loss in self.losses:
            if not isinstance(loss, Loss):
                raise TypeError(f"losses holds {loss!r}, but each must be a Loss(time, part, place, duration)")
        object.__setattr__(self, "losses", tuple(sorted(self.losses, key=lambda loss: loss.time)))
        checks.integer("warm_up", self.warm_up, 0, arrivals.size - 1)


def shop_day(kind: str, seed: int, requests: int = 60_000) -> Day:
    """Make a day of a web shop.

    Parameters
    ----------
    kind : str
        One of `KINDS`. *Calm*: 40 requests a second at random, all day. The others go up by 60 % at the height of the day and down by 60 % at night.
        *Diurnal*: no more than that, but from noon on other things are popular. *Flash crowd*: for a tenth of the day, 1.8 to 2.2 times as many.
        *Hot key*: for two fifths of the day, 15 to 25 % of all requests are for one thing, every other of them fresh. *Node loss*: a database
        node, a server and the cache are lost, one after the other.
    seed : int
        Same seed, same day; days of a kind are alike, but not the same.
    requests : int, optional
        How many, at least 100; with 60,000 a day goes by in 25 minutes.

    Returns
    -------
    Day
        The first tenth of its requests is warm-up.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> day = shop_day("node_loss", seed=1)
    >>> day.arrivals.size, round(day.arrivals[-1] / 60), [loss.part for loss in day.losses]
    (60000, 25, ['database', 'server', 'cache'])
    """
    kind = checks.choice("kind", kind, KINDS)
    count = checks.integer("requests", requests, minimum=100)
    generator = np.random.default_rng([checks.integer("seed", seed, minimum=0), KINDS.index(kind)])
    seeds = generator.integers(0, 2**31, size=5).tolist()
    length = count / RATE
    keys = zipf_trace(count, KEYS, EXPONENT, seeds[1])
    losses: tuple[Loss, ...] = ()
    arrivals = poisson_arrivals(count, RATE, seeds[0]) if kind == "calm" else diurnal_arrivals(count, RATE, seeds[0], period=length, swing=SWING)
    if kind == "diurnal":
        keys[count // 2 :] = (keys[count // 2 :] + generator.integers(KEYS // 4, KEYS // 2)) % KEYS
    if kind == "flash_crowd":  # what would take this long comes in a fraction of the time
        start, peak = length * generator.uniform(0.2, 0.6), generator.uniform(1.8, 2.2)
        crowd = np.clip(arrivals - start, 0, peak * length / 10)
        arrivals += crowd / peak - crowd
    fresh = write_flags(count, FRESH, seeds[4])
    if kind == "hot_key":
        begin = int(count * generator.uniform(0.3, 0.5))
        hot = begin + np.flatnonzero(generator.random(2 * count // 5) < generator.uniform(0.15, 0.25))
        keys[hot] = generator.integers(KEYS)
        fresh[hot] = generator.random(hot.size) < HOT_FRESH
    if kind == "node_loss":
        moments = length * (np.array([0.2, 0.5, 0.75]) + generator.uniform(0, 0.1, size=3))
        places = generator.random(3)
        losses = (
            Loss(moments[0], "database", places[0], length / 5),
            Loss(moments[1], "server", places[1], length / 10),
            Loss(moments[2], "cache", places[2], length / 100),
        )
    server_works = lognormal_services(count, SERVER_WORK, seeds[2], squared_cv=SQUARED_CV)
    database_works = lognormal_services(count, DATABASE_WORK, seeds[3], squared_cv=SQUARED_CV)
    return Day(arrivals, keys, server_works, database_works, fresh, losses, warm_up=count // 10)
