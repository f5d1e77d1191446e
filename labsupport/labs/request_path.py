"""The database tuning bench: where the milliseconds of a request go, from 500 ms to 150 ms and back."""

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
from labsupport.labs.chart import Axis, Chart, Panel
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.marks import Bars, Line, Mark, Rule
from labsupport.labs.scene import Scene, Station
from labsupport.simulators import request_path
from labsupport.simulators.request_path import PARTS, REGIONS, Configuration, PathResult

KEYS = 10_000
WARM_UP = 10_000  # requests that fill the cache and the queue before anything is counted
REQUESTS = WARM_UP + 50_000
GOAL = 150.0  # milliseconds
TIMES = (100.0, 10_000.0)  # milliseconds on the axis of the distribution
SHARES = np.concatenate((np.linspace(1, 0.1, 40), np.geomspace(0.1, 0.001, 30)))  # where the distribution is drawn
SHOWN = 150  # requests that move on the stage
GROWTH, MORE = 2, 1.5  # next month: rows, and requests, as multiples of today's
AT_RANDOM = 0.5  # next month: share of the requests that ask for anything at all, popular or not

TODAY, NEXT_MONTH = "today", "next_month"
MONTHS = {TODAY: "today", NEXT_MONTH: "next month"}
PLACES = {"far": "on another continent", "near": "on the same continent", "here": "next door"}

UNTUNED: dict[str, Any] = {"index": "no", "cache": 0, "region": "far", "workload": TODAY}
TUNED: dict[str, Any] = {"index": "yes", "cache": 500, "region": "near", "workload": TODAY}
STORY: dict[str, dict[str, Any]] = {
    "Nothing is tuned": UNTUNED,
    "Add a cache": UNTUNED | {"cache": 500},
    "Ask a nearer replica": UNTUNED | {"region": "near"},
    "All three": TUNED,
    "All three, next month": TUNED | {"workload": NEXT_MONTH},
}


@lru_cache(maxsize=1)
def _draws() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return arrivals at one a second, in milliseconds, and works with a mean of 1."""
    arrivals = workloads.poisson_arrivals(REQUESTS, 0.001, seed=1)
    return arrivals, workloads.exponential_services(REQUESTS, 1.0, seed=2)


@lru_cache(maxsize=16)
def _trace(exponent: float, workload: str) -> NDArray[np.int64]:
    popular = workloads.zipf_trace(REQUESTS, KEYS, exponent, seed=3)
    if workload == TODAY:
        return popular
    anything = workloads.uniform_trace(REQUESTS, KEYS, seed=4)
    return np.where(workloads.write_flags(REQUESTS, AT_RANDOM, seed=5), anything, popular)


@lru_cache(maxsize=512)
def _hit_ratio(exponent: float, workload: str, capacity: int) -> float:
    """Return what Che's approximation says of the cache."""
    if not capacity:
        return 0.0
    popularity = workloads.zipf_popularity(KEYS, exponent)
    if workload == NEXT_MONTH:
        popularity = (1 - AT_RANDOM) * popularity + AT_RANDOM / KEYS
    return float(theory.che_hit_ratio(popularity, capacity))


def _time(milliseconds: float) -> str:
    return f"{round(milliseconds, 1):.3g} ms" if milliseconds < 999.5 else f"{milliseconds / 1_000:,.3g} s"


@dataclass(frozen=True, eq=False)
class DatabaseTuningResult:
    """What users met after the warm-up.

    Attributes
    ----------
    path : PathResult
        Every request, the warm-up included.
    means : dict of str to float
        Mean of each part, in milliseconds.
    of_misses : dict of str to float
        The same, of those that the cache could not answer; 0 if it answered all.
    ordered : ndarray of float64, shape (requests,)
        The response times, in milliseconds, the shortest first.
    """

    path: PathResult
    means: dict[str, float]
    of_misses: dict[str, float]
    ordered: NDArray[np.float64]

    @classmethod
    def of(cls, path: PathResult) -> DatabaseTuningResult:
        """Leave out the warm-up, and count."""
        missed = np.flatnonzero(~path.hits[WARM_UP:])
        counted = {part: times[WARM_UP:] for part, times in path.parts.items()}
        means = {part: float(times.mean()) for part, times in counted.items()}
        of_misses = {part: float(times[missed].mean()) if missed.size else 0.0 for part, times in counted.items()}
        return cls(path, means, of_misses, np.sort(path.responses[WARM_UP:]))

    @property
    def mean(self) -> float:
        """Mean response time, in milliseconds."""
        return sum(self.means.values())

    @property
    def p99(self) -> float:
        """The response time that 1 in 100 exceeds, in milliseconds."""
        return float(self.ordered[round(0.99 * (self.ordered.size - 1))])

    @property
    def hit_ratio(self) -> float:
        """Share of the requests that the cache answered."""
        return float(np.mean(self.path.hits[WARM_UP:]))

    @property
    def largest(self) -> str:
        """The part that takes longest on average."""
        return max(PARTS, key=self.means.__getitem__)


class DatabaseTuningLab(Lab[DatabaseTuningResult]):
    """Tune a distributed database from 500 ms to 150 ms, step by step, and see what each step is worth.

    Behind every picture stand 50,000 simulated requests, after a warm-up of 10,000. They come at random (Poisson), ask for 10,000
    keys by Zipf's law, and the database's work varies from one to the next (exponentially). Next month the table has twice as many
    rows, half as many users more come, and half of the requests ask for any key, popular or not.

    Parameters
    ----------
    cache : int, default 0
        How many answers the cache can hold, from 0 (no cache) to 10,000.
    index : str, default "no"
        Whether there is an index on the column that is asked for: no or yes.
    region : str, default "far"
        Where the database is asked: far (another continent), near (the same) or here (next door).
    workers : int, default 8
        How many queries the database works on at once, from 1 to 64.
    rows : int, default 1,000,000
        How many rows the table has today, from 1,000 to 10,000,000.
    requests : int, default 30
        How many come in a second today, from 1 to 500.
    exponent : float, default 0.9
        How uneven the popularity of the keys is today, from 0 (all alike) to 1.5.
    workload : str, default "today"
        Whether it is today or next_month.
    prediction : str, optional
        See `Lab`. The question is the mean response time, in milliseconds.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = DatabaseTuningLab(index="yes", cache=500, region="near")
    >>> print(lab.describe().split(",")[0])
    A user waits 146 ms on average
    """

    title = "Database tuning bench"
    question = "A user waits for the database. Where do the milliseconds go, and which of them can be saved?"

    cache = Slider("cache", [0, 10, 20, 50, 100, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 7_000, 10_000], default=0, unit="answers")
    index = Choice("index", {"no": "no, read every row", "yes": "yes"}, default="no")
    region = Choice("replica", PLACES, default="far")
    workers = Slider("workers", [1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 32, 64], default=8)
    rows = Slider("rows", [1_000, 10_000, 100_000, 300_000, 1_000_000, 1_500_000, 3_000_000, 10_000_000], default=1_000_000)
    requests = Slider("requests", [1, 2, 5, 10, 20, 25, 30, 35, 38, 50, 75, 100, 200, 500], default=30, unit="per second")
    exponent = Slider("popularity", [0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5], default=0.9, unit="exponent")
    workload = Choice("workload", MONTHS, default=TODAY)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of steps alone, of all together, and of the month after."""
        return STORY

    def configuration(self) -> Configuration:
        """Say what tuning has done.

        Returns
        -------
        Configuration
        """
        return Configuration(self.index == "yes", self.cache, self.region, self.workers)

    @property
    def _rate(self) -> float:
        return float(self.requests * (MORE if self.workload == NEXT_MONTH else 1))

    @property
    def _rows(self) -> int:
        return int(self.rows * (GROWTH if self.workload == NEXT_MONTH else 1))

    def simulate(self) -> DatabaseTuningResult:
        """Send 60,000 requests down the path."""
        arrivals, works = _draws()
        trace = _trace(self.exponent, self.workload)
        return DatabaseTuningResult.of(request_path.simulate(arrivals / self._rate, trace, works, self.configuration(), rows=self._rows))

    def answer(self) -> float:
        """Give the mean response time, in milliseconds."""
        return self.result.mean

    def chart(self) -> Chart:
        """Show where the time goes beside how long users wait."""
        return Chart((self._parts(), self._distribution()))

    def _parts(self) -> Panel:
        means, of_misses = self.result.means, self.result.of_misses
        more = [max(0.0, of_misses[part] - means[part]) for part in PARTS]
        bars = Bars(
            PARTS,
            [("all requests", list(means.values())), ("those that miss the cache", more)],
            [f"{_time(means[part])}, {100 * means[part] / self.result.mean:.0f} %" for part in PARTS],
            selected=PARTS.index(self.result.largest),
        )
        longest = max(mean + rest for mean, rest in zip(means.values(), more, strict=True))
        limit = next(10.0**decade * step for decade in range(1, 12) for step in (1, 2, 5) if longest <= 10.0**decade * step)
        return Panel("Where the milliseconds go", Axis("mean solid, of those that miss the cache hatched", (0, limit), unit="ms"), None, (bars,))

    def _distribution(self) -> Panel:
        times, mean = self.result.ordered, self.result.mean
        slower = np.clip(times[np.rint((1 - SHARES) * (times.size - 1)).astype(int)], *TIMES)
        marks: list[Mark] = [Line("simulated", slower.tolist(), SHARES.tolist(), "main")]
        exact = self._tail_in_theory()
        if exact is not None:
            marks.append(Line("in theory", *exact, "theory"))
        marks.append(Rule(f"goal {GOAL:.0f} ms", GOAL, role="reference"))
        marks.append(Rule(f"mean {_time(mean)}", float(np.clip(mean, *TIMES))))
        marks.append(Rule("1 in 100", 0.01, axis="y", role="reference"))
        axis = Axis("response time", TIMES, unit="ms", scale="log")
        return Panel("How long users wait", axis, Axis("share of users who wait longer", (0.001, 1), scale="log"), tuple(marks))

    def mean_in_theory(self) -> float | None:
        """Say what theory expects of the mean, if the database can keep up.

        Misses are taken to be independent of each other, as they are where there is no cache; so the database is M/M/c. The hit
        ratio is Che's.

        Returns
        -------
        float or None
            In milliseconds; None if there is no steady state.
        """
        missed = 1 - _hit_ratio(self.exponent, self.workload, self.cache)
        work = request_path.database_work(self._rows, index=self.index == "yes")
        rate = self._rate / 1_000 * missed
        if rate * work >= 0.999 * self.workers:
            return None
        means = self.result.means
        before = means["network"] + means["application"] + means["cache"]
        wait = float(theory.mmc_mean_wait(rate, 1 / work, self.workers)) if rate else 0.0
        return before + missed * (REGIONS[self.region].round_trip + wait + work)

    def _tail_in_theory(self) -> tuple[list[float], list[float]] | None:
        if self.mean_in_theory() is None:
            return None
        missed = 1 - _hit_ratio(self.exponent, self.workload, self.cache)
        if missed < 1e-9:
            return None
        work = request_path.database_work(self._rows, index=self.index == "yes")
        means = self.result.means
        soonest = means["network"] + means["application"] + means["cache"] + REGIONS[self.region].round_trip
        times = np.geomspace(soonest, TIMES[1], 60)
        tail = missed * np.asarray(theory.mmc_response_tail(self._rate / 1_000 * missed, 1 / work, self.workers, times - soonest))
        shown = tail >= 0.001
        return times[shown].tolist(), tail[shown].tolist()

    def describe(self) -> str:
        """Say what a user waits and what it costs, and where most of the time goes."""
        result = self.result
        cost = self.configuration().cost_per_million(self._rate)
        reached = "within" if result.mean <= GOAL else "above"
        first = (
            f"A user waits {_time(result.mean)} on average, {reached} the goal of {GOAL:.0f} ms, and 1 in 100 waits longer than {_time(result.p99)}"
        )
        first += f"; a million requests cost {cost:.2f} euros"
        if result.path.steady:
            second = f"The cache answers {100 * result.hit_ratio:.0f} of 100, and most of the time is {result.largest}"
            second += f", {_time(result.means[result.largest])}; the workers are busy {100 * result.path.load:.0f} % of the time"
        else:
            second = f"The database is offered {result.path.load:.2f} times what its workers can do, so that the wait grows without end"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give the parts as numbers.

        Returns
        -------
        pandas.DataFrame
            Columns ``source``, ``part``, ``mean`` and ``p99``, in milliseconds; the last rows are all parts together, simulated
            and in theory.
        """
        path = self.result.path
        rows: list[tuple[str, str, float, float]] = []
        for name, times in [*path.parts.items(), ("response", path.responses)]:
            counted = times[WARM_UP:]
            rows.append(("simulation", name, float(counted.mean()), float(np.percentile(counted, 99))))
        exact = self.mean_in_theory()
        rows.append(("theory", "response", np.nan if exact is None else exact, np.nan))
        return pd.DataFrame(rows, columns=["source", "part", "mean", "p99"])

    def scene(self) -> Scene:
        """Play requests after the warm-up: to the application, past the cache or to the database, and back."""
        shown = slice(WARM_UP, WARM_UP + SHOWN)
        path = self.result.path
        parts = {part: times[shown] for part, times in path.parts.items()}
        click, hits, things = path.arrivals[shown] - path.arrivals[WARM_UP], path.hits[shown], np.arange(SHOWN)
        at_once = min(36, max(4, round(2 * self._rate * float(parts["application"].max()) / 1_000)))  # places in a picture, not a limit
        reached = click + parts["network"] / 2
        asked = reached + parts["application"]
        looked = asked + parts["cache"]
        queued = looked + parts["database network"] / 2
        answered = queued + parts["waiting"] + parts["database work"]
        back = answered + parts["database network"] / 2 + parts["network"] / 2
        everybody, missing = np.ones(SHOWN, dtype=bool), ~hits
        stays = [(0, click, click, everybody), (1, reached, asked, everybody)]
        stays += [(2, asked, looked, everybody)] if self.cache else []
        stays += [(3, queued, answered, missing), (0, back, back, everybody)]
        stations = (
            Station("users", 0.05, 0.6, slots=0),
            Station("application", 0.32, 0.6, slots=at_once),
            Station("cache", 0.55, 0.2, f"{self.cache:,} answers" if self.cache else "none", slots=4),
            Station("database", 0.75, 0.6, PLACES[self.region], control="region", slots=int(self.workers)),
        )
        values = np.full(sum(int(who.sum()) for *_, who in stays), np.nan)
        values[-SHOWN:] = path.responses[shown]
        return Scene(
            f"{SHOWN} requests, {self._rate:g} a second",
            stations,
            thing=np.concatenate([things[who] for *_, who in stays]),
            station=np.concatenate([np.full(int(who.sum()), station) for station, *_, who in stays]),
            enter=np.concatenate([enter[who] for _, enter, _, who in stays]),
            leave=np.concatenate([leave[who] for *_, leave, who in stays]),
            kind=np.concatenate([missing[who].astype(int) for *_, who in stays]),
            value=values,
            kinds=("answered by the cache", "answered by the database"),
            measure="response time (ms)",
            unit="ms",
            links=[(0, 1), (1, 2), (1, 3), (2, 3)],
        )
