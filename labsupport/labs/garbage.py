"""The garbage lab: requests that allocate, a collector for which they stand still, a pool, and a leak that no collector prevents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory, workloads
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Line, Mark, Panel, Rule, Stairs, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.scene import Scene, Station
from labsupport.simulators import garbage
from labsupport.simulators.garbage import CollectionResult

REQUESTS = 100_000
SERVICE = 2.0  # milliseconds of work that a request is on average
LOAD = 0.4  # of what the server could do without any pause
YOUNG = 256.0  # MB
COPY, MARK, PAUSE = 1.0, 0.5, 1.0  # milliseconds for a MB that is copied, for one that is walked through, and for every pause
POOLED = 0.6  # share of a request's memory that a pool can lend
POOL = 0.1  # of what lives on: the memory that the pool keeps
TIMES = (1.0, 10_000.0)  # milliseconds on the axis
SHOWN = 120  # requests in the scene
MOST_POINTS = 80
SHARES = np.concatenate((np.linspace(1, 0.1, 20), np.geomspace(0.1, 0.0005, 30)))  # where the distributions are drawn

POOLS = {"off": "none", "on": "60 % is lent and returned"}
STORY: dict[str, dict[str, Any]] = {
    "Young and dead": {"survival": 1},
    "A tight heap": {"heap": 1.25, "live": 1_000},
    "A heap with room": {"heap": 6.0, "live": 1_000},
    "With a pool": {"heap": 1.25, "live": 1_000, "pool": "on"},
    "A leak": {"leak": 2.0},
}


@lru_cache(maxsize=1)
def _requests() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Draw when requests come, how long they take and how much memory they take, relative to the mean."""
    arrivals = workloads.poisson_arrivals(REQUESTS, LOAD / SERVICE, seed=71)
    return arrivals, workloads.exponential_services(REQUESTS, SERVICE, seed=72), workloads.exponential_services(REQUESTS, 1.0, seed=73)


@lru_cache(maxsize=256)
def _run(size: float, factor: float, live: float, survival: float, pool: str, leak: float) -> CollectionResult:
    arrivals, services, sizes = _requests()
    asked = np.minimum(size * sizes * (1 - POOLED if pool == "on" else 1.0), YOUNG)
    kept = live * (1 + POOL if pool == "on" else 1.0)
    costs: dict[str, float] = {"copy_time": COPY, "mark_time": MARK, "pause": PAUSE}
    return garbage.simulate(arrivals, services, asked, young=YOUNG, old=factor * live, live=kept, survival=survival / 100, leak=leak / 100, **costs)


@lru_cache(maxsize=256)
def _percentiles(*setting: Any) -> NDArray[np.float64]:
    """Return the median response, the 99th percentile, and those that the shares are drawn at: to find them takes longer than to simulate."""
    return np.asarray(np.percentile(_run(*setting).responses, [50, 99, *(100 * (1 - SHARES))]))


class GarbageLab(Lab[CollectionResult]):
    """Let requests allocate memory, and see for how long they stand still for the collector.

    100,000 requests come to one server, which they ask for 40 % of what it can do: 2 ms each. The young part of the heap has 256 MB; what
    is still in use when it is full is copied, at 1 ms a MB. The old part holds what lives on and what was copied; when it is full, what
    lives on is walked through, at half a millisecond a MB. A pool lends and takes back 60 % of what requests need, and keeps
    a tenth more alive for it.

    Parameters
    ----------
    size : float, default 2.0
        MB that a request allocates on average, 0.25 to 8.
    heap : float, default 2.0
        Size of the old part, in times of what lives on, 1.25 to 6.
    live : int, default 500
        MB that live on, 100 to 4,000.
    survival : int, default 5
        Percent of the young part that is still in use when it is collected, 0 to 30.
    pool : str, default "off"
        Whether a pool is on or off.
    leak : float, default 0
        Percent of what is allocated that is never let go, 0 to 2.
    prediction : str, optional
        See `Lab`. The question is the 99th percentile of the response time, in milliseconds.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = GarbageLab(leak=2.0)
    >>> lab.result.exhausted
    True
    """

    title = "Garbage and pools"
    question = "Requests of 2 ms keep a server busy for 40 % of its time. How many milliseconds do the slowest of 100 take, collector included?"
    main = "heap"

    size = Slider("allocated by a request", [0.25, 0.5, 1.0, 2.0, 4.0, 8.0], default=2.0, unit="MB")
    heap = Slider("old part", [1.25, 1.5, 2.0, 3.0, 4.0, 6.0], default=2.0, unit="× what lives on")
    live = Slider("lives on", [100, 200, 500, 1_000, 2_000, 4_000], default=500, unit="MB")
    survival = Slider("survives", [0, 1, 2, 5, 10, 20, 30], default=5, unit="%")
    pool = Choice("pool", POOLS, default="off")
    leak = Slider("leaks", [0.0, 0.1, 0.2, 0.5, 1.0, 2.0], default=0.0, unit="%")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of what dies young, of room in the heap, of a pool, and of a leak."""
        return STORY

    def _of(self, **changes: Any) -> CollectionResult:
        return _run(*self._setting(**changes))

    def _setting(self, **changes: Any) -> tuple[Any, ...]:
        state = self.state | changes
        return tuple(state[name] for name in ("size", "heap", "live", "survival", "pool", "leak"))

    def simulate(self) -> CollectionResult:
        """Let the requests allocate."""
        return self._of()

    def answer(self) -> float:
        """Give the 99th percentile of the response time, in milliseconds."""
        return float(_percentiles(*self._setting())[1])

    def chart(self) -> Chart:
        """Show what is in use of the old part over time, beside which share of the requests takes how long."""
        return Chart((self._in_use(), self._responses()))

    def _in_use(self) -> Panel:
        result, room = self.result, self.heap * self.live
        starts, after = result.pause_starts / 1_000, result.heap_after
        step = -(-starts.size // MOST_POINTS)
        shown = sorted({*range(0, starts.size, step), *np.flatnonzero(result.major)[:20].tolist()})
        marks: list[Mark] = []
        if shown:
            marks.append(Stairs("in use", [0.0, *starts[shown].tolist()], [float(self._lasting), *after[shown].tolist()]))
        end = above(max(result.span / 1_000, 1.0))
        marks += [Rule("full", room, axis="y", role="other"), Rule("lives on", self._lasting, axis="y", role="reference")]
        if result.exhausted:
            marks.append(Rule(f"out of memory after {result.span / 1_000:,.0f} s", result.span / 1_000))
        return Panel("The old part of the heap", Axis("time", (0, end), unit="s"), Axis("in use", (0, 1.2 * room), unit="MB"), tuple(marks))

    @property
    def _lasting(self) -> float:
        return float(self.live) * (1 + POOL if self.pool == "on" else 1.0)

    def _responses(self) -> Panel:
        marks: list[Mark] = []
        other = "off" if self.pool == "on" else "on"
        for pool in (other, self.pool):
            times = np.clip(_percentiles(*self._setting(pool=pool))[2:], *TIMES)
            marks.append(Line(f"pool {pool}", times.tolist(), SHARES.tolist(), "main" if pool == self.pool else "other"))
        times = np.geomspace(1, 60, 30)
        tail = np.asarray(theory.mmc_response_tail(LOAD / SERVICE, 1 / SERVICE, 1, times))
        seen = tail >= 0.0005
        marks.append(Line("no pauses, in theory", times[seen].tolist(), tail[seen].tolist(), "theory"))
        marks.append(Rule("1 in 100", 0.01, axis="y", role="reference"))
        axis = Axis("response time", TIMES, unit="ms", scale="log")
        return Panel("Which share of the requests takes longer", axis, Axis("share of requests", (0.0005, 1), scale="log"), tuple(marks))

    @property
    def _expected(self) -> float:
        """What theory expects of the pauses, as a share of the time."""
        rate = LOAD / SERVICE * self.size * (1 - POOLED if self.pool == "on" else 1.0)
        heap = (rate, YOUNG, self.heap * self.live, self._lasting, self.survival / 100)
        return float(theory.collection_share(*heap, copy_time=COPY, mark_time=MARK, pause=PAUSE))

    def describe(self) -> str:
        """Say how long requests take and the program stands still, and what to do about it."""
        result = self.result
        majors, longest = int(result.major.sum()), float(result.pause_lengths.max(initial=0))
        median = float(_percentiles(*self._setting())[0])
        first = f"One request in 100 takes longer than {_time(self.answer())}, and half of all longer than {_time(median)}"
        first += f"; the program stands still {result.pause_lengths.size:,} times, for {_time(longest)} at the longest"
        first += f" and {_percent(result.paused_share)} of the time"
        if result.exhausted and self.leak > 0:
            held = float(result.heap_after[-1]) - self._lasting
            second = f"After {result.span / 1_000:,.0f} s {held:,.0f} MB have leaked and memory is full: a collector frees what nobody can reach,"
            second += " not what nobody needs"
        elif result.exhausted:
            second = "Then memory is full: what survives a single collection of the young part does not fit beside what lives on"
        elif self.leak > 0:
            second = f"{_percent(self.leak / 100)} of what is allocated is never let go, so every collection of the old part finds more alive"
        else:
            times = f"{majors:,} time{'' if majors == 1 else 's'}"
            second = f"Theory expects {_percent(self._expected)}; {times} it walked through the {self._lasting:,.0f} MB that live on"
            late = float(_percentiles(*self._setting(pool="off" if self.pool == "on" else "on"))[1])
            second += f", and {'without' if self.pool == 'on' else 'with'} the pool one in 100 would take {_time(late)}"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give the numbers for every size of the old part, with and without a pool.

        Returns
        -------
        pandas.DataFrame
            Columns ``heap`` in times of what lives on, ``pool``, ``median`` and ``p99`` in milliseconds, ``pauses``, ``longest`` in
            milliseconds, and ``paused_share``.
        """
        rows = []
        for pool in POOLS:
            for factor in type(self).heap.stops:
                run = self._of(pool=pool, heap=factor)
                median, late = _percentiles(*self._setting(pool=pool, heap=factor))[:2]
                longest = float(run.pause_lengths.max(initial=0))
                rows.append((factor, pool, median, late, run.pause_lengths.size, longest, run.paused_share))
        return pd.DataFrame(rows, columns=["heap", "pool", "median", "p99", "pauses", "longest", "paused_share"])

    def scene(self) -> Scene:
        """Play the requests around the longest pause of the first half."""
        result = self.result
        first, last = self._stretch()
        arrivals, finishes = result.arrivals[first:last], result.finishes[first:last]
        begin, count = float(arrivals[0]), last - first
        inside = (result.pause_starts >= begin) & (result.pause_starts + result.pause_lengths <= finishes[-1])
        changes: list[tuple[float, int, Any]] = []
        for start, length in zip(result.pause_starts[inside].tolist(), result.pause_lengths[inside].tolist(), strict=True):
            changes += [(start - begin, 1, "down"), (start + length - begin, 1, "up")]
        return Scene(
            f"{count} requests around a pause",
            [Station("users", 0.06, 0.5, slots=0), Station("server", 0.75, 0.5, slots=1)],
            thing=np.tile(np.arange(count), 2),
            station=np.repeat([0, 1], count),
            enter=np.tile(arrivals - begin, 2),
            leave=np.concatenate((arrivals, finishes)) - begin,
            value=np.concatenate((np.full(count, np.nan), finishes - arrivals)),
            measure="response time (ms)",
            unit="ms",
            changes=changes,
            links=[(0, 1)],
        )

    def _stretch(self) -> tuple[int, int]:
        """Return the first and last of the requests that are played: some before the longest pause, and more after it."""
        result = self.result
        served = int(np.sum(~np.isnan(result.finishes)))
        middle = 0
        if result.pause_lengths.size:
            half = max(1, result.pause_lengths.size // 2)
            middle = int(np.searchsorted(result.arrivals, result.pause_starts[int(np.argmax(result.pause_lengths[:half]))]))
        first = int(np.clip(middle - SHOWN // 4, 0, max(served - SHOWN, 0)))
        return first, min(first + SHOWN, served)


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.1f} ms" if milliseconds < 9.95 else f"{milliseconds:.0f} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:,.3g} s"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.0995 else f"{100 * share:.0f} %"
