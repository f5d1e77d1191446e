"""The batching lab: items that share what a batch costs once, and wait for each other; how large should a batch be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory
from labsupport.labs.base import Lab
from labsupport.labs.chart import Area, Axis, Chart, Line, Mark, Panel, Rule, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.scene import Scene, Station
from labsupport.simulators import batching
from labsupport.simulators.batching import BatchingResult
from labsupport.workloads import bursty_arrivals, deterministic_arrivals, poisson_arrivals

ITEMS, WARM_UP = 6_000, 1_000
SIZES = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 70, 100, 150, 200]
LATENCIES = (0.5, 100_000.0)  # ms
MOST_SHOWN = 200  # items on the stage
ARRIVALS = {"even": "evenly", "random": "at random (Poisson)", "bursts": "in bursts"}
BEGINS = {"full": "when it is full", "wait": "full, or after a wait"}

STORY: dict[str, dict[str, Any]] = {
    "One by one": {"batch": 1},
    "The smallest that keeps up": {"batch": 3},
    "As cheap as can be": {"batch": 100},
    "Full, or after 50 ms": {"batch": 100, "begins": "wait", "wait": 50},
    "Take whoever is there": {"batch": 100, "begins": "wait", "wait": 0, "arrivals": "bursts"},
}


@lru_cache(maxsize=64)
def _arrivals(how: str, rate: float) -> NDArray[np.float64]:
    if how == "even":
        return deterministic_arrivals(ITEMS, rate)
    return poisson_arrivals(ITEMS, rate, seed=51) if how == "random" else bursty_arrivals(ITEMS, rate, seed=51, duration=1.0)


@lru_cache(maxsize=512)
def _run(how: str, rate: float, batch: int, fixed: float, each: float, wait: float | None) -> tuple[BatchingResult, float, float]:
    """Let the items be done, and return the mean and the 99th percentile of their latencies, in milliseconds."""
    patience = None if wait is None else wait / 1_000
    result = batching.simulate(_arrivals(how, rate), batch, fixed / 1_000, each / 1_000, patience=patience)
    latencies = 1_000 * result.latencies[WARM_UP:]
    return result, float(latencies.mean()), float(np.percentile(latencies, 99))


class BatchingLab(Lab[BatchingResult]):
    """Do items in batches: each batch costs something once, and something for every item, so that large batches are cheap and late.

    Behind every point stand 5,000 items, after a warm-up of 1,000. One worker does one batch after the other.

    Parameters
    ----------
    batch : int, default 10
        How many items a batch holds at most, 1 to 200.
    rate : int, default 100
        Items a second on average, 10 to 400.
    fixed : float, default 20.0
        Milliseconds that a batch costs, however small, 0.5 to 100.
    each : float, default 2.0
        Milliseconds that each of its items costs, 0.1 to 5.
    arrivals : str, default "random"
        How items come: even, random or in bursts (ten times as many in a tenth of the time).
    begins : str, default "full"
        When a batch begins: full, or wait, which also begins when its first item has waited long enough.
    wait : int, default 50
        How long that is, in milliseconds, 0 to 1,000.
    prediction : str, optional
        See `Lab`. The question is the mean latency, in milliseconds.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> BatchingLab(arrivals="even").answer() == round(1_000 * theory.batch_mean_latency(100, 10, 0.020, 0.002), 6)
    True
    """

    title = "Batching"
    question = (
        "A batch costs 20 ms, and 2 ms more for each of its items, of which 100 come a second, at random. In batches of ten, how long does it "
        "take on average from an item's coming until it is done?"
    )
    main = "batch"

    batch = Slider("batch", SIZES, default=10, unit="items")
    rate = Slider("items come", [10, 20, 50, 100, 150, 200, 300, 400], default=100, unit="/s")
    fixed = Slider("a batch costs", [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0], default=20.0, unit="ms")
    each = Slider("each item costs", [0.1, 0.2, 0.5, 1.0, 2.0, 5.0], default=2.0, unit="ms")
    arrivals = Choice("they come", ARRIVALS, default="random")
    begins = Choice("a batch begins", BEGINS, default="full")
    wait = Slider("after a wait of", [0, 5, 10, 20, 50, 100, 200, 500, 1_000], default=50, unit="ms")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of batches too small, just large enough and far too large, and of two ways to have both."""
        return STORY

    def idle(self) -> list[str]:
        """Name the wait where there is none."""
        return ["wait"] if self.begins == "full" else []

    def _of(self, batch: int) -> tuple[BatchingResult, float, float]:
        return _run(self.arrivals, self.rate, batch, self.fixed, self.each, self.wait if self.begins == "wait" else None)

    def simulate(self) -> BatchingResult:
        """Let the items be done."""
        return self._of(int(self.batch))[0]

    def answer(self) -> float:
        """Give the mean latency, in milliseconds."""
        return round(self._of(int(self.batch))[1], 6)

    def _most(self, batch: int) -> float:
        """Return how many items a second can be done in full batches."""
        return float(theory.batch_throughput(batch, self.fixed / 1_000, self.each / 1_000))

    def _steady(self) -> list[int]:
        """Return the sizes of batches with which the worker keeps up, the smallest of all among them: larger ones do more a second."""
        most = np.asarray(theory.batch_throughput(np.arange(1, SIZES[-1] + 1), self.fixed / 1_000, self.each / 1_000))
        enough = (np.flatnonzero(most >= self.rate * (1 - 1e-12)) + 1).tolist()
        return [size for size in enough if size in (*SIZES, enough[0], self.batch)]

    def _fastest(self) -> int:
        """Return the size of batches with which items take least on average; evenly, that is the smallest that keeps up."""
        return min(self._steady(), key=lambda size: self._of(size)[1])

    def chart(self) -> Chart:
        """Show how long items take beside how many can be done, by the size of a batch."""
        return Chart((self._latency(), self._throughput()))

    def _latency(self) -> Panel:
        steady = self._steady()
        x, y = Axis("items in a batch", (1, SIZES[-1]), scale="log"), Axis("from coming to done", LATENCIES, unit="ms", scale="log")
        marks = self._guess_band()
        if not steady or steady[0] > 1:
            end = float(steady[0]) if steady else float(SIZES[-1])
            marks.append(Area("too few", [1.0, end], [LATENCIES[0]] * 2, [LATENCIES[1]] * 2, "reference"))
        if steady:
            runs = [self._of(size) for size in steady]
            marks.append(Line("mean", steady, [mean for _, mean, _ in runs]))
            marks.append(Line("p99", steady, [slowest for _, _, slowest in runs], "other"))
            if self.begins == "full":
                exact = [1_000 * float(theory.batch_mean_latency(self.rate, size, self.fixed / 1_000, self.each / 1_000)) for size in steady]
                marks.append(Line("evenly", steady, exact, "theory"))
                if self.batch != (fastest := self._fastest()):
                    marks.append(Rule(f"lowest mean: {fastest}", fastest, role="reference"))
        words = f"{self.batch:g}: {_time(self.answer())}" if int(self.batch) in steady else f"{self.batch:g}: no steady state"
        marks.append(Rule(words, self.batch))
        return Panel("How long items take; grey: cannot keep up", x, y, tuple(marks))

    def _throughput(self) -> Panel:
        at_most = [self._most(size) for size in SIZES]
        top = above(1.15 * max(self.rate, 1_000 / self.each))
        marks: list[Mark] = [
            Line("can be done", SIZES, at_most),
            Rule(f"{self.rate:g} come", self.rate, axis="y", role="other"),
            Rule(f"1 / {self.each:g} ms", 1_000 / self.each, axis="y", role="theory"),
            Rule(f"{self.batch:g}: {self._most(int(self.batch)):.0f} /s", self.batch),
        ]
        x, y = Axis("items in a batch", (1, SIZES[-1]), scale="log"), Axis("items", (0, top), unit="/s")
        return Panel("How many the worker can do", x, y, tuple(marks))

    def describe(self) -> str:
        """Say what a batch costs and how long items take, and where the least would be."""
        batch, steady = int(self.batch), self._steady()
        cost = self.fixed / batch + self.each
        first = f"In full batches of {batch} each item costs the worker {_time(cost)}, so that it can do {self._most(batch):.0f} a second"
        if not steady:
            return f"{first}. No batch is large enough: {self.rate:g} items of {self.each:g} ms are more than a second's work."
        if batch not in steady:
            return f"{first}. But {self.rate:g} come, and the line grows for as long as you watch; from {steady[0]} in a batch on it keeps up."
        _, mean, slowest = self._of(batch)
        first += f"; from coming to done it takes {_time(mean)} on average, and {_time(slowest)} for 1 in 100"
        held = float(self.result.sizes.mean())
        if self.begins == "wait" and held < 0.9 * batch:
            busy = f"{100 * self.result.utilization:.0f} % of its time"
            return f"{first}. As no first item waits longer than {self.wait:g} ms, batches hold {held:.1f} on average, and the worker works {busy}."
        fastest = self._fastest()
        second = f"The mean is lowest, {_time(self._of(fastest)[1])}, with {fastest} in a batch"
        if fastest > steady[0]:
            second += f", though {steady[0]} would keep up: so near to its limit the worker has a line before it"
        elif steady[0] > 1:
            second += ", the smallest that keeps up"
        return f"{first}. {second}."

    def table(self) -> pd.DataFrame:
        """Give cost, throughput and latencies for batches of every size.

        Returns
        -------
        pandas.DataFrame
            Columns ``batch``, ``cost`` of an item in milliseconds, ``at_most`` in items a second, and ``mean`` and ``p99`` of the latency
            in milliseconds, missing where the worker does not keep up.
        """
        steady, missing = self._steady(), (None, np.nan, np.nan)
        rows = [(size, self.fixed / size + self.each, self._most(size), *(self._of(size) if size in steady else missing)[1:]) for size in SIZES]
        return pd.DataFrame(rows, columns=["batch", "cost", "at_most", "mean", "p99"])

    def scene(self) -> Scene:
        """Play some batches: items come, wait until their batch begins, and leave together."""
        result, batch = self.result, int(self.batch)
        ends = np.cumsum(result.sizes)
        first = int(np.searchsorted(ends, WARM_UP if batch in self._steady() else 0, side="right"))
        last = max(first + 1, int(np.searchsorted(ends, ends[first] + MOST_SHOWN)))
        chosen = slice(first, min(last, result.sizes.size))
        kept = slice(int(ends[first] - result.sizes[first]), int(ends[chosen][-1]))
        sizes = result.sizes[chosen]
        came, starts, finishes = result.arrivals[kept], np.repeat(result.starts[chosen], sizes), np.repeat(result.finishes[chosen], sizes)
        things = np.arange(came.size)
        stations = [
            Station("items", 0.05, 0.5, f"{self.rate:g} /s", slots=0, control="arrivals"),
            Station("next batch", 0.45, 0.5, BEGINS[self.begins], slots=0, layout="heap", control="begins"),
            Station("worker", 0.85, 0.5, f"{batch} at once", slots=min(batch, 100), layout="heap"),
        ]
        return Scene(
            f"Batches of {'' if self.begins == 'full' else 'up to '}{batch}",
            stations,
            thing=np.tile(things, 3),
            station=np.repeat([0, 1, 2], came.size),
            enter=1_000 * np.concatenate((came, came, starts)),
            leave=1_000 * np.concatenate((came, starts, finishes)),
            value=np.concatenate((np.full(2 * came.size, np.nan), 1_000 * (finishes - came))),
            measure="from coming to done (ms)",
            noun="item",
            unit="ms",
            links=[(0, 1), (1, 2)],
        )


def _time(milliseconds: float) -> str:
    if milliseconds < 9.95:
        return f"{milliseconds:.1f} ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 999.5 else f"{milliseconds / 1_000:.1f} s"
