"""The cache lab: how much memory a cache needs, what should leave it, and what happens to writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from labsupport import checks
from labsupport.labs import cache_runs, measurements
from labsupport.labs.base import Lab
from labsupport.labs.cache_runs import KEYS, Workload
from labsupport.labs.chart import Axis, Bars, Chart, Line, Panel, Points, Role, Rule
from labsupport.labs.controls import Choice, Slider, stops
from labsupport.labs.steps import Step, Steps
from labsupport.simulators import caching, own_cache

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"
PLACES = 4  # of the small cache that is shown step by step
OWN_SIZES = (1, 10, 100)  # at which a student's cache is run in any case; each run takes plain Python a fifth of a second

POLICIES = {
    "fifo": "FIFO",
    "lru": "LRU",
    "lfu": "LFU",
    "clock": "CLOCK",
    "arc": "ARC",
    "sieve": "SIEVE",
    "s3fifo": "S3-FIFO",
    "wtinylfu": "W-TinyLFU",
    "opt": "optimum",
}
WORKLOADS = {
    "zipf": "a popular few (Zipf)",
    "uniform": "all alike",
    "scan": "a long scan",
    "loop": "a loop",
    "shifting": "popularity that shifts",
    "mixture": "Zipf, with a scan between",
    "own": "your own trace",
}
WRITE_POLICIES = {
    "read_through": "read-through",
    "write_through": "write-through",
    "write_back": "write-back",
    "write_around": "write-around",
}

STORY: dict[str, dict[str, Any]] = {
    "A popular few": {"workload": "zipf", "exponent": 1.0, "policy": "lru", "size": 100},
    "A loop just too long": {"workload": "loop", "policy": "lru", "size": 500},
    "A scan comes by": {"workload": "mixture", "policy": "lru", "size": 200},
    "Fashions change": {"workload": "shifting", "policy": "lfu", "size": 100},
    "Many writes": {"workload": "zipf", "size": 200, "write_policy": "write_back", "write_share": 0.6},
}


def _line(label: str, curve: dict[int, float], role: Role = "main") -> Line:
    sizes = sorted(curve)
    return Line(label, sizes, [curve[size] for size in sizes], role)


@dataclass(frozen=True)
class CacheLabResult:
    """What the cache lab's simulators said.

    Attributes
    ----------
    policy, size : str and int
        The chosen eviction policy, and how many objects the cache holds.
    workload : Workload
        What is asked for.
    writes : dict of str to WriteCosts
        What the trace costs the database under each write policy, at every size.
    miss_ratio : float
        Share of requests that missed, after the warm-up.
    own_miss_ratio : float or None
        The same for your own cache, if the lab was given one.
    """

    policy: str
    size: int
    workload: Workload
    writes: dict[str, caching.WriteCosts]
    miss_ratio: float
    own_miss_ratio: float | None = None

    @cached_property
    def reads(self) -> caching.CacheResult:
        """The trace under the chosen eviction policy, with every request a read: simulated when it is asked for."""
        return caching.simulate(self.policy, self.workload.trace, self.size)


class CacheLab(Lab[CacheLabResult]):
    """Move a cache's size, eviction policy, workload and write policy, and see what misses and what it costs.

    Behind every picture stand 100,000 simulated requests for 1,000 objects of equal size, counted after a warm-up
    of 20,000. What the database does is counted over all 120,000, from an empty cache, since what is lost when the
    cache dies has been gathered from the start.

    Parameters
    ----------
    policy : str, default "lru"
        Which key leaves a full cache: fifo, lru, lfu, clock, arc, sieve, s3fifo, wtinylfu or opt.
    size : int, default 100
        How many objects the cache holds, from 1 to 1,000, or to all objects of your own trace.
    workload : str, default "zipf"
        What is asked for: zipf, uniform, scan, loop, shifting or mixture; own if a trace is given.
    exponent : float, default 1.0
        Skew of the popularity, 0 to 2, where the workload has one.
    write_policy : str, default "write_through"
        What happens to writes: read_through, write_through, write_back or write_around.
    write_share : float, default 0.2
        Share of the requests that write, 0 to 0.9.
    trace : array_like of int, optional
        Your own trace, such as one from `labsupport.workloads.opened_files`. It is counted from its first request – or, with
        measurements beside it, from its second half on, as they are.
    popularity : array_like of float, shape (keys,), optional
        The probability of each key, if your trace was drawn by it, each request independently: for the theory.
    own : callable, optional
        Your own cache, to be drawn beside the others: called with a capacity, it gives an empty cache with ``get(key)`` and
        ``put(key, value)`` as in `labsupport.simulators.own_cache.drive`.
    measured : pandas.DataFrame, optional
        Measurements to draw beside the simulation: the table of a comparison by `labsupport.systems.caching.compare`.
    prediction : str, optional
        See `Lab`.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value, or the trace is none.

    Examples
    --------
    >>> lab = CacheLab(policy="lru", size=100, exponent=1.0)
    >>> print(lab.describe().split(". ")[0])
    LRU with room for 100 of 1,000 objects misses 42 of 100 requests; the optimum, which knows the future, would miss 24
    """

    title = "Cache"
    question = "How large must a cache be, and what should leave it when it is full?"

    policy = Choice("eviction", POLICIES, default="lru")
    size = Slider("cache size", stops(1, KEYS, per_decade=20), default=100, unit="objects")
    workload = Choice("workload", WORKLOADS, default="zipf")
    exponent = Slider("Zipf exponent", [round(0.1 * step, 1) for step in range(21)], default=1.0)
    write_policy = Choice("writes", WRITE_POLICIES, default="write_through")
    write_share = Slider("share of writes", [round(0.05 * step, 2) for step in range(19)], default=0.2)

    def __init__(
        self,
        *,
        trace: Any = None,
        popularity: Any = None,
        own: Callable[[int], Any] | None = None,
        measured: pd.DataFrame | None = None,
        **controls: Any,
    ) -> None:
        if trace is None and popularity is not None:
            raise ValueError("popularity is given without a trace, but it must be that of a trace")
        if own is not None and not callable(own):
            raise TypeError(f"own is {own!r}, but must be a class or a function that makes a cache of a given capacity")
        self._own: Workload | None = None
        self._own_cache = own
        self._own_missed: dict[tuple[Workload, int], float] = {}
        self._measured = measurements.checked(measured, "program", "policy", "capacity", "warm_hit_ratio")
        if trace is not None:
            trace = checks.keys("trace", trace)
            objects = np.unique(trace).size
            self._own = Workload(trace, 0 if measured is None else trace.size // 2, objects, max(2, objects), popularity)
            self.add_traits(size=Slider("cache size", stops(1, self._own.largest, per_decade=20), default=1, unit="objects"))
            controls = {"workload": "own", "size": min(100, objects)} | controls
        super().__init__(**controls)

    def presets(self) -> dict[str, dict[str, Any]]:
        """Tell of five workloads; a trace of one's own tells its own story."""
        return STORY if self._own is None else {}

    def declarations(self) -> list[dict[str, Any]]:
        """Say what the front end needs of each control; without a trace of one's own, that workload is not offered."""
        declared = super().declarations()
        if self._own is None:
            offered = next(control for control in declared if control["name"] == "workload")
            offered["options"] = [option for option in offered["options"] if option[0] != "own"]
        return declared

    @property
    def _requests(self) -> Workload:
        if self.workload != "own":
            return cache_runs.workload(self.workload, self.exponent if "exponent" not in self.idle() else 1.0)
        if self._own is None:
            raise ValueError("workload is 'own', but the lab was given no trace: use CacheLab(trace=…)")
        return self._own

    def idle(self) -> list[str]:
        """Name the exponent where the workload has none."""
        return [] if self.workload in ("zipf", "shifting", "mixture") else ["exponent"]

    def simulate(self) -> CacheLabResult:
        """Run the chosen cache, and every write policy, over the workload."""
        workload = self._requests
        own = None if self._own_cache is None else self._missed_by_own(self._own_cache, workload, self.size)
        missed = cache_runs.missed(self.policy, workload, self.size)
        return CacheLabResult(self.policy, self.size, workload, cache_runs.write_costs(workload, self.write_share), missed, own)

    def _missed_by_own(self, factory: Callable[[int], Any], workload: Workload, size: int) -> float:
        """Run the student's cache, once for each size."""
        if (workload, size) not in self._own_missed:
            try:
                result = own_cache.drive(factory(size), workload.trace, size)
            except Exception as error:  # whatever the student's code raises belongs into the lab, not over it
                raise ValueError(f"your own cache with room for {size:,}: {type(error).__name__}: {error}") from error
            self._own_missed[workload, size] = cache_runs.miss_ratio(result, workload)
        return self._own_missed[workload, size]

    def answer(self) -> float:
        """Give the miss ratio at the chosen size."""
        return self.result.miss_ratio

    def chart(self) -> Chart:
        """Show the miss-ratio curve beside the database's work."""
        return Chart((self._misses(), self._database()))

    def _misses(self) -> Panel:
        workload = self._requests
        marks = self._guess_band()
        if self.policy != "opt":
            marks.append(_line("optimum", cache_runs.curve("opt", workload), "reference"))
        marks.append(_line(POLICIES[self.policy], cache_runs.curve(self.policy, workload) | {self.size: self.answer()}))
        if workload.popularity is not None:
            marks.append(Line("LRU in theory", *cache_runs.in_theory(workload), "theory"))  # dashed, so that what is below shines through
        marks += self._own_points(workload) + self._measurements()
        marks.append(Rule(f"room for {self.size:,}: miss ratio {self.answer():.2f}", self.size))
        size = Axis("cache size", (1, workload.largest), unit="objects", scale="log")
        return Panel("What the cache misses", size, Axis("miss ratio", (0, 1)), tuple(marks))

    def _own_points(self, workload: Workload) -> list[Points]:
        if self._own_cache is None:
            return []
        for size in OWN_SIZES:
            if size <= workload.largest:
                self._missed_by_own(self._own_cache, workload, size)
        missed = sorted((size, ratio) for (run, size), ratio in self._own_missed.items() if run is workload)
        return [Points("your own cache", [size for size, _ in missed], [ratio for _, ratio in missed], "own")]

    def _measurements(self) -> list[Points]:
        if self._measured is None:
            return []
        rows = measurements.rows(self._measured)
        labels = rows["program"].str.split().str[0] + " " + rows["policy"] + np.where(rows["recorded"], ", recorded", "")
        groups = rows.groupby(labels, sort=False)
        return [Points(str(label), group["capacity"].tolist(), (1 - group["warm_hit_ratio"]).tolist()) for label, group in groups]

    def _database(self) -> Panel:
        rows = [self._per_hundred(result) for result in self.result.writes.values()]
        bars = Bars(
            list(WRITE_POLICIES.values()),
            [("reads", [reads for reads, _ in rows]), ("writes", [writes for _, writes in rows])],
            [self._price(result) for result in self.result.writes.values()],
            selected=list(WRITE_POLICIES).index(self.write_policy),
        )
        return Panel("What the database does (cache: LRU)", Axis("database requests per 100: reads solid, writes hatched", (0, 100)), None, (bars,))

    def _per_hundred(self, costs: caching.WriteCosts) -> tuple[float, float]:
        """Count the reads and writes that reach the database, per 100 requests."""
        share, size = 100 / self._requests.trace.size, min(self.size, costs.largest)
        return costs.backend_reads[size] * share, costs.backend_writes[size] * share

    def _price(self, costs: caching.WriteCosts) -> str:
        """Say beside a bar what a write policy costs and what it risks."""
        reads, writes = self._per_hundred(costs)
        stale, dirty = self._risks(costs)
        words = f"{reads:.0f} reads + {writes:.0f} writes"
        if stale:
            words += f"; {stale:.0f} % of reads stale"
        if dirty:
            words += f"; {dirty:,} changes at risk"
        return words

    def _risks(self, costs: caching.WriteCosts) -> tuple[float, int]:
        """Count the reads that get an old value, per 100 reads, and the keys that would be lost if the cache died."""
        size = min(self.size, costs.largest)
        return 100 * costs.stale_reads[size] / max(1, costs.reads), int(costs.dirty[size])

    def describe(self) -> str:
        """Say what misses, what the optimum would miss, what a larger cache would bring, and what the database does."""
        workload = self._requests
        name = "the optimum" if self.policy == "opt" else POLICIES[self.policy]
        missed = round(100 * self.answer())
        first = f"{name[0].upper() + name[1:]} with room for {self.size:,} of {workload.objects:,} objects misses {missed} of 100 requests"
        if self.policy != "opt":
            first += f"; the optimum, which knows the future, would miss {100 * cache_runs.missed('opt', workload, self.size):.0f}"
        if self.result.own_miss_ratio is not None:
            first += f"; your own misses {100 * self.result.own_miss_ratio:.0f}"
        double = min(workload.largest, 2 * self.size)
        saved = round(100 * (self.answer() - cache_runs.missed(self.policy, workload, double)))
        if missed == 0:
            second = "There is nothing left to save"
        elif double == self.size:
            second = "A larger cache is not to be had here"
        else:
            second = f"Room for {double:,} would save {name} {saved or 'none'} of its {missed}"
        return f"{first}. {second}; {self._database_in_words()}."

    def _database_in_words(self) -> str:
        costs = self.result.writes[self.write_policy]
        reads, writes = self._per_hundred(costs)
        stale, dirty = self._risks(costs)
        asked = 100 * costs.reads / self._requests.trace.size
        words = f"with {WRITE_POLICIES[self.write_policy]} and LRU, {asked:.0f} reads and {100 - asked:.0f} writes "
        words += f"reach the database as {reads:.0f} reads and {writes:.0f} writes"
        if stale:
            words += f", and {stale:.0f} of 100 reads get an old value"
        if dirty:
            words += f", and {dirty:,} changed objects would be lost if the cache died now"
        return words

    def table(self) -> pd.DataFrame:
        """Give the curves as numbers.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory, measurement), ``name``, ``cache_size`` in objects and ``miss_ratio``.
        """
        sources = {"main": "simulation", "own": "simulation", "reference": "simulation", "theory": "theory", "measurement": "measurement"}
        lines = [mark for mark in self._misses().marks if isinstance(mark, Line)]
        rows = [(sources[line.role], line.label, int(x), y) for line in lines for x, y in zip(line.x, line.y, strict=True)]
        return pd.DataFrame(rows, columns=["source", "name", "cache_size", "miss_ratio"])

    def steps_key(self) -> tuple[str, str, float]:
        """Name what the story of the small cache depends on."""
        return self.policy, self.workload, self.exponent

    def steps(self) -> Steps:
        """Tell request by request what comes into a small cache and what goes out."""
        own = self.workload == "own"
        trace = pd.factorize(self._requests.trace[: len(LETTERS)])[0] if own else cache_runs.draw(self.workload, self.exponent, 30, 9, seed=4)
        replay = caching.replay(self.policy, trace, PLACES)
        steps = []
        for request, key in enumerate(trace.tolist()):
            letter, gone = LETTERS[key], int(replay.evicted[request])
            left = LETTERS[gone] if gone >= 0 else ""
            reason = replay.reasons[request]
            if replay.hits[request]:
                sentence = f"Request {request} asks for {letter}, and it is there ({reason})."
            elif left:
                sentence = f"Request {request} asks for {letter}, which is missing. It comes in, and {left} goes out ({reason})."
            else:
                sentence = f"Request {request} asks for {letter}, which is missing. It comes in ({reason})."
            held = [LETTERS[item] for item in replay.contents(request)]
            steps.append(Step(letter, bool(replay.hits[request]), held, left, sentence))
        return Steps(f"Step by step: {POLICIES[self.policy]} with room for {PLACES}", PLACES, "hit", "miss", steps)
