"""The expiry lab: what the database sees at the moment a popular value expires, and what keeps the stampede away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory, workloads
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Bars, Chart, Panel, Role, Rule, Stairs, above
from labsupport.labs.controls import Choice, Slider, stops
from labsupport.labs.scene import Scene, Station
from labsupport.simulators.expiry import ExpiryResult, simulate_expiry

SECONDS = 120  # that are shown
WIDTH = 0.5  # seconds in which the picture shows the greatest number of reads under way
PROTECTIONS = {
    "none": "none",
    "coalescing": "share one load",
    "early": "refresh early",
    "stale": "serve old meanwhile",
}
SETTINGS: dict[str, dict[str, Any]] = {
    "none": {"coalescing": False},
    "coalescing": {"coalescing": True},
    "early": {"coalescing": False, "early": 1.0},  # XFetch needs no lock
    "stale": {"coalescing": False, "stale_time": 60.0},
}
STORY: dict[str, dict[str, Any]] = {
    "One hot key expires": {"protection": "none"},
    "Share the load": {"protection": "coalescing", "load_time": 1.0},
    "One goes ahead": {"protection": "early"},
    "Old, but at once": {"protection": "stale", "load_time": 1.0},
    "All loaded together": {"protection": "coalescing", "objects": 200, "jitter": 0.0},
}
SHOWN = 700  # things that a scene can show without a crowd
KINDS = ("finds a fresh value", "reads the database", "waits for another's read", "gets the old value")


@dataclass(frozen=True)
class Protected:
    """What one protection does in the time that is shown, which begins with every object just loaded.

    Attributes
    ----------
    result : ExpiryResult
        What the simulator returned, for the requests that loaded each object beforehand and for all others.
    arrivals : ndarray of float64, shape (requests,)
        When the others came, in seconds.
    starts : ndarray of float64, shape (reads,)
        When each read of the database began, in seconds.
    under_way : ndarray of int64, shape (stretches,)
        The greatest number of reads under way in each half of a second.
    """

    result: ExpiryResult
    arrivals: NDArray[np.float64]
    starts: NDArray[np.float64]
    under_way: NDArray[np.int64]

    @property
    def peak(self) -> int:
        """Most reads under way at once."""
        return int(self.under_way.max())

    @property
    def waits(self) -> NDArray[np.float64]:
        """How long each request waited."""
        return self.result.waits[-self.arrivals.size :]

    @property
    def waiting(self) -> float:
        """Share of the requests that waited."""
        return float(np.mean(self.waits > 0))

    @property
    def hit_ratio(self) -> float:
        """Share of the requests that found a fresh value."""
        return float(np.mean(self.result.hits[-self.arrivals.size :]))

    @property
    def old(self) -> float:
        """Share of the requests that were given an old value."""
        return float(np.mean(self.result.stale[-self.arrivals.size :]))


@lru_cache(maxsize=2)
def _requests(rate: int, keys: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """When requests come, and for which key; the first few load one key each, before the clock starts."""
    count = rate * SECONDS
    asked = np.zeros(count, dtype=np.int64) if keys == 1 else workloads.uniform_trace(count, keys, seed=6)
    return workloads.poisson_arrivals(count, rate, seed=5), np.concatenate([np.arange(keys), asked])


@lru_cache(maxsize=8)
def _protected(protection: str, ttl: float, rate: int, load_time: float, keys: int, jitter: float) -> Protected:
    arrivals, asked = _requests(rate, keys)
    times = np.concatenate([np.zeros(keys), load_time + arrivals])
    result = simulate_expiry(times, ttl, load_time, keys=asked, jitter=jitter, seed=7, **SETTINGS[protection])
    starts = result.load_starts[keys:] - load_time
    return Protected(result, arrivals, starts, _under_way(starts, load_time))


def _under_way(starts: NDArray[np.float64], load_time: float) -> NDArray[np.int64]:
    """Count the greatest number of reads under way in each stretch of time: as it begins, or as one of its reads begins."""
    ends = starts + load_time
    edges = np.arange(0, SECONDS, WIDTH)
    most = np.searchsorted(starts, edges, "right") - np.searchsorted(ends, edges, "right")
    at_starts = np.arange(1, starts.size + 1) - np.searchsorted(ends, starts, "right")
    within = starts < SECONDS
    np.maximum.at(most, (starts[within] / WIDTH).astype(np.int64), at_starts[within])
    return most


def _percent(share: float) -> str:
    """Say a share in percent, with two digits even where it is small."""
    return f"{100 * share:.1f}" if share >= 0.01 else f"{100 * share:.1g}"


def _readers(count: int) -> str:
    return "1 request reads" if count == 1 else f"{count:,} requests read"


def _stairs(label: str, under_way: NDArray[np.int64], role: Role = "main") -> Stairs:
    changes = np.flatnonzero(np.diff(under_way, prepend=-1))
    return Stairs(label, [*(changes * WIDTH).tolist(), SECONDS], [*under_way[changes].tolist(), int(under_way[-1])], role)


class ExpiryLab(Lab[dict[str, Protected]]):
    """Let popular values expire, and see how many requests read the database at once, and who waits.

    Behind every picture stand two minutes: at the highest rate 120,000 requests under each protection. They begin with all
    objects just loaded, as after the release of a new version.

    Parameters
    ----------
    protection : str, default "none"
        What is done against stampedes: none, coalescing, early (XFetch with β = 1) or stale (for up to 60 seconds).
    ttl : float, default 20
        How long a value is fresh, in seconds, 1 to 60.
    rate : int, default 1000
        Requests per second, for all objects together, 1 to 1,000.
    load_time : float, default 0.2
        How long a read of the database takes, in seconds, 0.01 to 2.
    objects : int, default 1
        How many objects are asked for, all equally often, 1 to 200.
    jitter : float, default 0
        By which share of itself each ttl is shortened at most, by chance, 0 to 1.
    prediction : str, optional
        See `Lab`.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = ExpiryLab(ttl=20, rate=1000, load_time=0.2)
    >>> print(lab.describe().split(". ")[0])
    Without protection, up to 223 requests read the database at once; theory expects 201 whenever a value expires
    """

    title = "Expiry and stampede"
    question = "How many requests read the database at once when a popular value expires, and who waits?"

    protection = Choice("protection", PROTECTIONS, default="none")
    ttl = Slider("time to live", [1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60], default=20, unit="s")
    rate = Slider("requests", stops(1, 1_000), default=1_000, unit="per s")
    load_time = Slider("load time", [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0], default=0.2, unit="s")
    objects = Slider("objects", [1, 2, 5, 10, 20, 50, 100, 150, 200], default=1)
    jitter = Slider("jitter", [round(0.1 * step, 1) for step in range(11)], default=0.0, unit="of its life")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of a stampede and four ways around it."""
        return STORY

    def simulate(self) -> dict[str, Protected]:
        """Run the same requests under every protection."""
        return {name: _protected(name, self.ttl, self.rate, self.load_time, self.objects, self.jitter) for name in PROTECTIONS}

    def answer(self) -> float:
        """Give the greatest number of reads under way at once."""
        return float(self.result[self.protection].peak)

    def chart(self) -> Chart:
        """Show the database's spikes beside what each protection makes of them."""
        return Chart((self._spikes(), self._protections()))

    @property
    def _room(self) -> tuple[float, float]:
        return 0, above(1.05 * max(self._expected, *(protected.peak for protected in self.result.values())))

    @property
    def _expected(self) -> float:
        """How many reads theory expects at once if all keys expire together and nothing is done about it."""
        return float(theory.stampede_size(self.rate, self.load_time))

    def _spikes(self) -> Panel:
        marks = self._guess_band()
        if self.protection != "none":
            marks.append(_stairs("no protection", self.result["none"].under_way, "reference"))
        label = "no protection" if self.protection == "none" else PROTECTIONS[self.protection]
        marks.append(_stairs(label, self.result[self.protection].under_way))
        marks.append(Rule("unprotected, theory", self._expected, axis="y", role="theory"))
        return Panel("Reads under way at the database", Axis("time", (0, SECONDS), unit="s"), Axis("reads at once", self._room), tuple(marks))

    def _protections(self) -> Panel:
        bars = Bars(
            list(PROTECTIONS.values()),
            [("reads at once", [protected.peak for protected in self.result.values()])],
            [self._price(protected) for protected in self.result.values()],
            selected=list(PROTECTIONS).index(self.protection),
        )
        return Panel("What each protection brings, and its price", Axis("most reads at once", self._room), None, (bars,))

    def _price(self, protected: Protected) -> str:
        words = f"{protected.peak:,} at once; {_percent(protected.waiting)} % wait"
        return words + (f", {_percent(protected.old)} % get old values" if protected.old else "")

    def describe(self) -> str:
        """Say how many reads there were at once, what theory expects, and who paid for it."""
        chosen, bare = self.result[self.protection], self.result["none"]
        if self.protection == "none":
            first = f"Without protection, up to {_readers(chosen.peak)} the database at once; "
            first += f"theory expects {self._expected:,.0f} whenever {'a value expires' if self.objects == 1 else 'all values expire together'}"
        else:
            first = f"With the protection “{PROTECTIONS[self.protection]}”, at most {_readers(chosen.peak)} the database at once"
            first += f"; without it, {bare.peak:,}"
        second = f"{_percent(chosen.waiting)} of 100 requests wait"
        if chosen.waiting:
            second += f", {chosen.waits[chosen.waits > 0].mean():.2g} s on average"
        if chosen.old:
            second += f", and {_percent(chosen.old)} get an old value"
        second += f"; {100 * chosen.hit_ratio:.1f} find a fresh one"
        if self.protection == "coalescing":
            second += f" (theory: {100 * self._fresh_in_theory:.1f})"
        return f"{first}. {second}."

    @property
    def _fresh_in_theory(self) -> float:
        """Share of requests that find a fresh value, with coalescing; a jitter shortens the ttl by half of itself on average."""
        return float(theory.ttl_hit_ratio(self.rate / self.objects, self.ttl * (1 - self.jitter / 2), self.load_time))

    def table(self) -> pd.DataFrame:
        """Give the numbers of every protection, and those that theory has.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory), ``protection``, ``quantity`` and ``value``. Quantities are most_reads_at_once,
            reads_per_second, and the shares waiting, fresh and old of the requests.
        """
        rows = []
        for name, protected in self.result.items():
            values = {"most_reads_at_once": protected.peak, "reads_per_second": protected.starts.size / SECONDS}
            values |= {"waiting": protected.waiting, "fresh": protected.hit_ratio, "old": protected.old}
            rows += [("simulation", name, quantity, float(value)) for quantity, value in values.items()]
        rows += [("theory", "none", "most_reads_at_once", self._expected), ("theory", "coalescing", "fresh", self._fresh_in_theory)]
        return pd.DataFrame(rows, columns=["source", "protection", "quantity", "value"])

    def scene(self) -> Scene:
        """Show the requests around the first moment at which many read the database."""
        chosen = self.result[self.protection]
        crowd = int(np.argmax(chosen.under_way))
        near = chosen.starts[np.searchsorted(chosen.starts, crowd * WIDTH) :] if chosen.starts.size else np.array([self.ttl])
        start = max(0.0, float(near[0] if near.size else SECONDS / 2) - self.load_time)
        return _scene(chosen, start, 2.5 * self.load_time, self.load_time)


def _scene(protected: Protected, start: float, length: float, load_time: float) -> Scene:
    """Send the requests of a stretch of time to the cache, and on to the database those that read it."""
    asked = np.flatnonzero((protected.arrivals >= start) & (protected.arrivals <= start + length))
    reads = np.isin(protected.arrivals, protected.starts)
    every = max(1, -(-asked.size // SHOWN))
    readers = asked[reads[asked]]
    asked = np.union1d(asked[::every], readers if readers.size <= 100 else readers[::every])  # of few reads, none is left out
    flight = 0.05 * load_time
    stays: list[tuple[int, int, float, float, int]] = []
    old = protected.result.stale[-protected.arrivals.size :]
    thing = 0
    for request in asked.tolist():
        time, wait = float(protected.arrivals[request]), float(protected.waits[request])
        kind = 3 if old[request] else 0 if wait == 0 else 1 if reads[request] else 2
        stays += [(thing, 0, time - flight, time - flight, kind)]
        if kind == 1:
            stays += [(thing, 1, time, time, kind), (thing, 2, time + flight, time + load_time - flight, kind)]
        stays += [(thing, 1, time + wait if kind == 1 else time, time + wait, kind), (thing, 0, time + wait + flight, time + wait + flight, kind)]
        thing += 1
        if kind == 3 and reads[request]:  # a read behind the scenes
            stays += [
                (thing, 1, time, time, 1),
                (thing, 2, time + flight, time + load_time - flight, 1),
                (thing, 1, time + load_time, time + load_time, 1),
            ]
            thing += 1
    if not stays:  # nobody comes at all
        stays = [(0, 0, start, start + length, 0)]
    stations = [
        Station("clients", 0.08, 0.5, slots=0),
        Station("cache", 0.45, 0.5, slots=0, layout="heap"),
        Station("database", 0.85, 0.5, slots=0, layout="heap"),
    ]
    things, places, enter, leave, kinds = (list(column) for column in zip(*stays, strict=True))
    title = f"Requests around an expiry{'' if every == 1 else f', one in {every:,} shown'}"
    return Scene(title, stations, things, places, enter, leave, kind=kinds, kinds=KINDS, links=[(0, 1), (1, 2)], unit="s", seconds=12)
