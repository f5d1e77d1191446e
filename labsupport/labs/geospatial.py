"""The geospatial lab: which driver is nearest to a rider, whom one must ask for that, and who is missed beyond the border of a cell."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from labsupport.labs import geospatial_map, measurements
from labsupport.labs import geospatial_runs as runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Panel
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.geospatial_runs import MOST, RIDERS, SIDE, Setting
from labsupport.labs.geospatial_times import HOP, WORKERS, passage, response, stages
from labsupport.labs.marks import Line, Mark, Points, Role, Rule
from labsupport.labs.scene import Scene, Station
from labsupport.simulators.geospatial import GeospatialResult

INDEXES = {"scan": "full scan", "grid": "grid", "geohash": "geohash", "quadtree": "quadtree", "hexagons": "hexagons: H3"}
SPREADS = {"even": "everywhere alike", "crowded": "crowded in the centre"}
SEARCHES = {"own": "stop where one is found", "across": "until nobody can be nearer"}
SERVICES = {"one": "one, a balancer before it", "split": "two, a balancer before each"}
VIEWS = {"work": "drivers looked at", "time": "time of a request"}
COUNTS = (100, 200, 500, 1_000, 2_000, 5_000, 10_000)
DRAWN = (100, 300, 1_000, 3_000, MOST)
LOOK, OPEN = 0.001, 0.005  # ms: to measure the distance to a driver, and to open a cell
REQUESTS, SHOWN = 20_000, 60
LEAST = 0.1  # where the axis of the work begins
FASTEST, SLOWEST = 1_400.0, 30.0  # requests a second, and ms, up to which the time of a request is drawn

MEASURED = {"scan": "no index", "grid": "grid", "geohash": "geohash", "quadtree": "quadtree", "hexagons": "H3, in Python"}

STORY: dict[str, dict[str, Any]] = {
    "Look beyond the border": {"search": "across"},
    "Ask everybody": {"index": "scan", "drivers": MOST, "view": "time", "rate": 200},
    "A crowd in one cell": {"spread": "crowded", "size": 4.0, "drivers": MOST, "search": "across"},
    "Cells that split": {"index": "quadtree", "spread": "crowded", "drivers": MOST, "search": "across"},
    "Two services": {"drivers": MOST, "search": "across", "view": "time", "services": "split", "rate": 800},
}


class GeospatialLab(Lab[GeospatialResult]):
    """Find a driver near each of 100 riders in a city of 20 by 20 km, by a full scan or by an index.

    To measure the distance to a driver takes 1 µs, to open a cell 5 µs, and to offer the ride 3 ms; passing a balancer takes 0.3 ms. Four
    workers do all that as one service; as two services, those for the search and those for the rest are as many of the four as keep up longest.
    These are round numbers of a model, and no measurement. Where the package h3 is missing, hexagons cannot be chosen.

    Parameters
    ----------
    index : str, default "grid"
        Which cells there are: scan (one for all), grid (squares), geohash, quadtree (a cell that is full is cut into four), or hexagons.
    search : str, default "own"
        How far one looks: own (the rider's cell, and those around it only while nobody was found) or across (on across borders, until nobody in
        a cell not looked into can be nearer).
    drivers : int, default 1,000
        How many there are, 100 to 10,000.
    spread : str, default "even"
        Where drivers and riders are: even, or crowded in the centre.
    size : float, default 2.0
        Side of a cell in km, 0.5 to 4. Geohashes and hexagons come in a few sizes only: that which is nearest in area is taken.
    room : int, default 16
        How many drivers a cell of the quadtree holds before it is cut, 4 to 64.
    view : str, default "work"
        What stands beside the map: work, or time.
    services : str, default "one"
        Who does it: one service or two, split.
    rate : int, default 400
        Requests in a second, 50 to 1,300.
    measured : pandas.DataFrame, optional
        What ``labsupport.systems.geospatial`` measured: its times are then drawn beside those of the model in place of the drivers looked at,
        for places that are everywhere alike and a search across borders, as it was there; in a town of another size and with cells of another.
    prediction : str, optional
        See `Lab`. The question is how many of 100 riders are not sent the nearest driver.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value, ``measured`` is no such table, or hexagons are chosen where h3 is missing.

    Examples
    --------
    >>> lab = GeospatialLab(search="across")
    >>> lab.answer()
    0.0
    """

    title = "Geospatial index"
    question = (
        "Each rider gets a driver from the cell of the grid in which the rider stands; only where it is empty, one looks further. To how many of "
        "100 riders is somebody sent who is not the nearest?"
    )
    main = "drivers"

    index = Choice("index", INDEXES, default="grid")
    search = Choice("search", SEARCHES, default="own")
    drivers = Slider("drivers", list(COUNTS), default=1_000)
    spread = Choice("they are", SPREADS, default="even")
    size = Slider("cell", [0.5, 1.0, 2.0, 4.0], default=2.0, unit="km")
    room = Slider("room in a cell", [4, 8, 16, 32, 64], default=16)
    view = Choice("show", VIEWS, default="work")
    services = Choice("services", SERVICES, default="one")
    rate = Slider("requests", [50, 100, 200, 300, 400, 600, 800, 1_000, 1_200, 1_300], default=400, unit="a second")

    def __init__(self, *, measured: pd.DataFrame | None = None, **controls: Any) -> None:
        self._measured = measurements.checked(measured, "index", "points", "median_us")
        super().__init__(**controls)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of borders, of a scan, of crowds, and of two services."""
        return STORY

    def declarations(self) -> list[dict[str, Any]]:
        """Say what the front end needs of each control, and of hexagons that they are missing, where they are."""
        declared = super().declarations()
        if not runs.has_hexagons():
            offered = next(control for control in declared if control["name"] == "index")
            offered["options"] = [(word, f"{text} (not installed)" if word == "hexagons" else text) for word, text in offered["options"]]
        return declared

    def idle(self) -> list[str]:
        """Name the controls that the index or the view has no use for."""
        resting = {
            "search": self.index == "scan",
            "size": self.index in ("scan", "quadtree"),
            "room": self.index != "quadtree",
            "services": self.view == "work",
            "rate": self.view == "work",
        }
        return [name for name, rests in resting.items() if rests]

    def _setting(self, **other: Any) -> Setting:
        return Setting(**({field.name: getattr(self, field.name) for field in fields(Setting)} | other))

    def simulate(self) -> GeospatialResult:
        """Find a driver for each rider."""
        return runs.run(self._setting())

    def answer(self) -> float:
        """Give to how many of 100 riders somebody is sent who is not the nearest."""
        return 100 * float(runs.missed(self._setting()).mean())

    def chart(self) -> Chart:
        """Show the cells that were looked into for one rider, beside the work or the time."""
        return Chart((geospatial_map.panel(self._setting()), self._beside()))

    def _beside(self) -> Panel:
        if self.view == "time":
            return self._times()
        return self._work() if self._measured is None else self._searches(self._measured)

    # The work -----------------------------------------------------------------------------------------------

    def _work(self) -> Panel:
        looked = [float(runs.run(self._setting(drivers=count)).candidates.mean()) for count in DRAWN]
        opened = [float(runs.run(self._setting(drivers=count)).cells.mean()) for count in DRAWN]
        marks: list[Mark] = []
        if self.index != "scan":
            marks += [Line("full scan", DRAWN, DRAWN, "other"), Line("cells", DRAWN, opened, "reference")]
        if self.index not in ("scan", "quadtree") and self.spread == "even":
            expected = {count: count * runs.area(self.index, self.size) / SIDE**2 for count in DRAWN}
            shown = {count: number for count, number in expected.items() if number >= LEAST}
            marks.append(Line("in one cell (theory)", list(shown), list(shown.values()), "theory"))
        marks.append(Line("drivers looked at", DRAWN, looked))
        marks.append(Rule(f"{self.drivers:,} drivers: {_few(self._looked)}", float(self.drivers)))
        axis = Axis("drivers in the city", (DRAWN[0], DRAWN[-1]), scale="log")
        return Panel("What is looked at for one rider, on average", axis, Axis("how many", (LEAST, MOST), scale="log"), tuple(marks))

    @property
    def _looked(self) -> float:
        return float(self.result.candidates.mean())

    def _lookup(self, setting: Setting) -> float:
        """Return how long the search takes by the work that it is, in ms on average."""
        result = runs.run(setting)
        return LOOK * float(result.candidates.mean()) + OPEN * float(result.cells.mean())

    def _searches(self, measured: pd.DataFrame) -> Panel:
        """Show how long a search takes by the model's round numbers, beside what was measured."""
        scans, found = self._times_of("scan"), self._times_of(self.index)
        last = max([MOST, *scans])
        marks: list[Mark] = []
        if self.index != "scan":
            looked = [1_000 * self._lookup(self._setting(drivers=count)) for count in DRAWN]
            marks.append(Line(f"{INDEXES[self.index]}, model", _thousands(DRAWN), looked))
        counts = [DRAWN[0], last]
        scanned = [1_000 * LOOK * count for count in counts]
        marks.append(Line("full scan, model", _thousands(counts), scanned, "main" if self.index == "scan" else "other"))
        if scans:
            marks.append(Points(measurements.named(measured, "full scan"), _thousands(scans), list(scans.values())))
        if found and self.index != "scan":
            marks.append(Points(measurements.named(measured, INDEXES[self.index]), _thousands(found), list(found.values())))
        x = Axis("drivers in the city", (DRAWN[0] / 1_000, 2 * last / 1_000), unit="thousands", scale="log")
        return Panel("How long it takes to find a driver", x, Axis("time", (0.5, 2_000 * LOOK * last), unit="µs", scale="log"), tuple(marks))

    def _times_of(self, index: str) -> dict[int, float]:
        """Return microseconds that a search was measured to take, by the number of places, where it was made as it is here."""
        if self._measured is None or self.spread != "even" or (index != "scan" and self.search != "across"):
            return {}
        rows = measurements.rows(self._measured)
        rows = rows[rows["index"] == MEASURED[index]]
        return dict(zip(rows["points"].tolist(), rows["median_us"].tolist(), strict=True))

    # The time -----------------------------------------------------------------------------------------------

    def _times(self) -> Panel:
        marks: list[Mark] = []
        lookup = self._lookup(self._setting())
        names = {"one": "one service", "split": "two services"}
        for name in sorted(SERVICES, key=lambda name: name == self.services):
            marks += _curve(names[name], name, lookup, "main" if name == self.services else "other")
        if self.index != "scan":
            scan = self._lookup(self._setting(index="scan"))
            marks += _curve(f"{names[self.services]}, full scan", self.services, scan, "reference")
        simulated = self._simulated()
        if simulated is not None and simulated <= SLOWEST:
            marks.append(Points("simulated", [float(self.rate)], [simulated]))
        marks.append(Rule(f"{self.rate:,} a second", float(self.rate)))
        axis = Axis("requests", (0, FASTEST), unit="a second")
        return Panel("How long a request takes, on average (theory)", axis, Axis("time", (0, SLOWEST), unit="ms"), tuple(marks))

    def _simulated(self) -> float | None:
        lookup = self._lookup(self._setting())
        if response(self.services, lookup, self.rate) is None:
            return None
        went = passage(float(self.rate), stages(self.services, lookup), REQUESTS)
        return float(np.mean(went.ends[-1] - went.arrivals))

    # The words ----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        """Say what was looked at and who was missed, and what that means for the work or the time."""
        missed = round(self.answer())
        first = f"By {self._in_words()}, {_few(self._looked)} of {self.drivers:,} drivers are looked at for a rider"
        cells = f"{self.result.cells.mean():.2g}"
        first += f", in {cells} cell{'s' * (cells != '1')} on average" if self.index != "scan" else ""
        first += f"; to {missed} of {RIDERS} riders somebody is sent who is not the nearest" if missed else "; each rider gets the nearest"
        if missed:
            wrong = runs.missed(self._setting())
            nearest = runs.nearest(self.spread, self.drivers)
            first += f", and has {float(np.mean(self.result.distances[wrong, 0] / nearest[wrong])):.1f} times as far to come"
        return f"{first}. {self._second_sentence()}."

    def _second_sentence(self) -> str:
        lookup, scan = self._lookup(self._setting()), self._lookup(self._setting(index="scan"))
        if self.view == "work":
            if self.index == "scan":
                return f"Its work grows with the drivers, to {MOST:,} distances for each rider of a city that has as many"
            scans, found = self._times_of("scan"), self._times_of(self.index)
            count = min(found, key=lambda count: abs(math.log(count / self.drivers)), default=0)
            if count in scans:
                setting = self._setting(drivers=min(count, MOST))
                lookup, scan = self._lookup(setting), LOOK * setting.drivers
                less = f"Measured among {count:,}, a search takes {_short(found[count])} µs and a full scan {_short(scans[count])}"
                return f"{less}: {_change(found[count], scans[count])}, where the model's round numbers say {_change(lookup, scan)}"
            beyond = self._setting(search="across")
            if self.search == "own":
                more = self._lookup(beyond) / lookup
                return f"Who looks across borders until nobody can be nearer, never errs, and needs {more:.1f} times the time for the search"
            return f"By the work, the search takes {_short(lookup)} ms, where a full scan takes {_short(scan)} ms: {_change(lookup, scan)}"
        time = response(self.services, lookup, self.rate)
        other = "split" if self.services == "one" else "one"
        second, elsewhere = f"At {self.rate:,} requests a second ", response(other, lookup, self.rate)
        words = {"one": "one service", "split": "two services"}
        if time is None:
            return f"{second}{words[self.services]} cannot keep up, and requests wait longer and longer"
        searching = stages("split", lookup)[0][1]
        second += f"a request takes {time:.1f} ms with {words[self.services]}"
        second += f", and with {words[other]} {f'{elsewhere:.1f} ms' if elsewhere is not None else 'it cannot be done'}"
        holders = f"{searching} of {WORKERS} workers hold{'s' * (searching == 1)}"
        return f"{second}: split, only {holders} the drivers' places, but each service waits on its own, behind a balancer of its own"

    def _in_words(self) -> str:
        if self.index == "geohash":
            return f"geohashes of {runs.length_for(self.size)} characters ({runs.area('geohash', self.size):.2g} km²)"
        if self.index == "hexagons":
            return f"hexagons of resolution {runs.resolution_for(self.size)} ({runs.area('hexagons', self.size):.2g} km²)"
        return {
            "scan": "a full scan",
            "grid": f"a grid of {self.size:g} km",
            "quadtree": f"a quadtree with room for {self.room} in a cell",
        }[self.index]

    def table(self) -> pd.DataFrame:
        """Give what each index looks at, as it is set, for every number of drivers that is drawn.

        Returns
        -------
        pandas.DataFrame
            Columns ``index``, ``drivers``, ``looked_at``, ``cells``, ``missed`` (of 100 riders) and ``search_ms``. Hexagons are left out where h3 is
            missing.
        """
        rows = []
        for index in INDEXES:
            if index == "hexagons" and not runs.has_hexagons():
                continue
            for count in DRAWN:
                setting = self._setting(index=index, drivers=count)
                result = runs.run(setting)
                seen = (float(result.candidates.mean()), float(result.cells.mean()), 100 * float(runs.missed(setting).mean()))
                rows.append((index, count, *seen, self._lookup(setting)))
        return pd.DataFrame(rows, columns=["index", "drivers", "looked_at", "cells", "missed", "search_ms"])

    # What moves ---------------------------------------------------------------------------------------------

    def scene_key(self) -> Any:
        """Name what the scene depends on: all but the view."""
        return {name: value for name, value in self.state.items() if name != "view"}

    def scene(self) -> Scene:
        """Play the first requests through the services."""
        services = stages(self.services, self._lookup(self._setting()))
        went = passage(float(self.rate), services, SHOWN)
        things = np.arange(SHOWN)
        names = ["search, offer"] if len(services) == 1 else ["search", "offer"]
        stations, enter, leave, place = [Station("riders", 0.04, 0.5, slots=0)], [went.arrivals], [went.arrivals], [0]
        before = went.arrivals
        for number, (name, (mean, workers)) in enumerate(zip(names, services, strict=True)):
            left = 0.45 if len(services) == 1 else 0.2 + 0.43 * number
            stations.append(Station(f"balancer {number + 1}" if len(services) > 1 else "balancer", left, 0.5, slots=0))
            stations.append(Station(name, left + 0.16, 0.5, f"{_short(mean)} ms", slots=workers, control="services"))
            enter += [before + HOP / 2, before + HOP]
            leave += [before + HOP / 2, went.ends[number]]
            place += [2 * number + 1, 2 * number + 2]
            before = went.ends[number]
        return Scene(
            f"{SHOWN} requests through {'one service' if len(services) == 1 else 'two services'}",
            stations,
            thing=np.tile(things, len(place)),
            station=np.repeat(place, SHOWN),
            enter=np.concatenate(enter),
            leave=np.concatenate(leave),
            value=np.concatenate([*([np.full(SHOWN, np.nan)] * (len(place) - 1)), went.ends[-1] - went.arrivals]),
            measure="time (ms)",
            unit="ms",
            links=[(number, number + 1) for number in range(len(stations) - 1)],
        )


def _curve(label: str, services: str, lookup: float, role: Role) -> list[Mark]:
    rates = np.linspace(10, FASTEST, 60).tolist()
    times = {rate: time for rate in rates if (time := response(services, lookup, rate)) is not None and time <= SLOWEST}
    return [Line(label, list(times), list(times.values()), role)] if times else []


def _thousands(counts: Iterable[float]) -> list[float]:
    return [count / 1_000 for count in counts]


def _short(milliseconds: float) -> str:
    return f"{milliseconds:.2g}" if milliseconds < 9.95 else f"{milliseconds:,.0f}"


def _few(number: float) -> str:
    return f"{number:.2g}" if number < 9.95 else f"{number:,.0f}"


def _change(now: float, before: float) -> str:
    """Return how much less or more something is, in percent: near 100 with another digit, since 99.8 is not the same as all."""
    change = 100 * (now / before - 1)
    return f"{abs(change):.{1 if abs(change) > 98.95 else 0}f} % {'less' if change < 0 else 'more'}"
