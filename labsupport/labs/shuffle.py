"""The shuffle lab: records that are counted by key, what of them goes over the network, and who is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport.labs import shuffle_runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Columns, Line, Mark, Panel, Role, Rule, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.scene import Scene, Station
from labsupport.labs.shuffle_runs import PARTITIONS, RECORDS, SIZE, Job
from labsupport.simulators.shuffle import STAGES, ShuffleResult

LIES = {"anywhere": "as they came", "home": "where their keys belong"}
STORY: dict[str, dict[str, Any]] = {
    "Every record travels": {"combiner": "no"},
    "Keys that hardly repeat": {"distinct": 10_000, "skew": 0.0},
    "A hot key": {"combiner": "no", "skew": 1.4},
    "A slow worker": {"speed": 20},
    "The same, done twice": {"speed": 20, "speculation": "yes"},
}
MEGA = SIZE / 1e6  # megabytes of a record
SHOWN = 240  # records in the scene
ROWS = 16  # workers in one column of the scene
SLOW = 25  # percent: what a click makes of the first worker


class ShuffleLab(Lab[ShuffleResult]):
    """Count 20,000 records by key on several workers, and see what that sends and whom it waits for.

    A record has 1 kB and takes 10 µs to map, and again to reduce; each worker sends and receives 100 MB/s. Workers map the records that
    lie with them, send each to the worker that its key belongs to, and reduce what came. No stage begins before the last worker has
    finished the one before.

    Parameters
    ----------
    partitions : int, default 8
        How many partitions, each with a worker of its own, 2 to 32.
    distinct : int, default 1000
        How many keys there may be, 10 to 10,000.
    skew : float, default 0.8
        Zipf's exponent, 0 (all equally frequent) to 1.5 (few have nearly all records).
    combiner : str, default "yes"
        Whether each worker adds up its own records first and sends one for each of its keys: yes or no.
    placed : str, default "anywhere"
        Where records lie: anywhere, or home, where their keys belong (co-partitioned).
    speed : int, default 100
        How fast worker 1 is, in percent of the others, 10 to 100.
    speculation : str, default "no"
        Whether a spare worker starts a copy of a map or reduce task that takes over 1.5 times the median: yes or no.
    prediction : str, optional
        See `Lab`. The question is how many records go over the network.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = ShuffleLab(combiner="no", placed="home")
    >>> lab.answer()
    0.0
    """

    title = "Shuffle"
    question = "Eight workers count 20,000 records of 1,000 keys; each adds up its own first. How many records go over the network?"
    main = "partitions"

    partitions = Slider("partitions", PARTITIONS, default=8)
    distinct = Slider("keys", [10, 30, 100, 300, 1_000, 3_000, 10_000], default=1_000)
    skew = Slider("skew of the keys", [round(0.1 * step, 1) for step in range(16)], default=0.8)
    combiner = Choice("combiner", {"yes": "yes", "no": "no"}, default="yes")
    placed = Choice("records lie", LIES, default="anywhere")
    speed = Slider("speed of worker 1", [10, 15, 20, 25, 33, 50, 75, 100], default=100, unit="%")
    speculation = Choice("second copy of what is late", {"no": "no", "yes": "yes"}, default="no")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell when a combiner helps and when not, and what a slow worker is against a hot key."""
        return STORY

    @property
    def _job(self) -> Job:
        return Job(int(self.distinct), self.skew, self.combiner == "yes", self.placed == "home")

    def _run(self, partitions: int, combiner: bool) -> ShuffleResult:
        """Count with all workers alike, which moves as much as with a slow one."""
        return shuffle_runs.run(Job(int(self.distinct), self.skew, combiner), partitions)

    def simulate(self) -> ShuffleResult:
        """Map, shuffle and reduce."""
        return shuffle_runs.run(self._job, int(self.partitions), self.speed / 100, self.speculation == "yes")

    def answer(self) -> float:
        """Give how many records go over the network."""
        return float(self.result.moved)

    def chart(self) -> Chart:
        """Show how long each worker takes in each stage beside how much is moved with more partitions."""
        return Chart((self._stages(), self._network()))

    def _stages(self) -> Panel:
        result, count = self.result, int(self.partitions)
        left = np.add.outer(np.arange(3) * (count + max(2, count // 4)), np.arange(count)).astype(float) + 0.1
        waited = np.zeros((3, count), dtype=bool)
        waited[np.arange(3), result.stragglers] = True
        waited &= result.times > 0
        marks: list[Mark] = []
        kinds: list[tuple[str, NDArray[np.bool_], Role]] = [("all others", ~waited, "other"), ("waited for", waited, "main")]
        for label, chosen, role in kinds:
            if chosen.any():
                places = left[chosen]
                marks.append(Columns(label, places.tolist(), (places + 0.8).tolist(), result.times[chosen].tolist(), role))
        names = [(float(left[stage].mean() + 0.4), f"{name} {result.stage_times[stage]:,.0f} ms") for stage, name in enumerate(STAGES)]
        axis = Axis("stage, with a column for each worker", (-0.5, float(left[-1, -1]) + 1.4), names=names)
        top = above(1.1 * float(result.times.max()))
        return Panel(f"All done after {result.total:,.0f} ms", axis, Axis("time", (0, top), unit="ms"), tuple(marks))

    def _network(self) -> Panel:
        combined = self.combiner == "yes"
        home = self.placed == "home"
        marks: list[Mark] = [*self._guess_band(MEGA)]
        for chosen, label in ((False, "every record"), (True, "with a combiner")):
            moved = [MEGA * self._run(partitions, chosen).moved for partitions in PARTITIONS]
            marks.append(Line(label, PARTITIONS, moved, "main" if chosen == combined and not home else "other" if chosen else "reference"))
        theory = [MEGA * shuffle_runs.expected(int(self.distinct), self.skew, partitions) for partitions in PARTITIONS]
        marks.append(Line("theory", PARTITIONS, theory, "theory"))
        if home:
            marks.append(Line("all in place: none", PARTITIONS, [0.0] * len(PARTITIONS)))
        marks.append(Rule(f"{self.partitions} partitions: {_bytes(self.result.moved_bytes)}", self.partitions))
        axis = Axis("partitions", (2, 32), scale="log", names=[(float(place), f"{place}") for place in (2, 4, 8, 16, 32)])
        return Panel("What goes over the network", axis, Axis("moved", (0, MEGA * RECORDS), unit="MB"), tuple(marks))

    def describe(self) -> str:
        """Say what moves, and who is waited for, and why."""
        result, count = self.result, int(self.partitions)
        plain = self._run(count, combiner=False).moved
        first = f"{result.moved:,} of {RECORDS:,} records go over the network, {_bytes(result.moved_bytes)}"
        if self.placed == "home":
            first = f"Every record lies where its key belongs, so none goes over the network, instead of {plain:,}"
        elif self.combiner == "yes":
            first += f", instead of {plain:,} without a combiner: one for each key of each worker, as often as it is not at home"
        else:
            saved = 1 - self._run(count, combiner=True).moved / plain
            first += f": all but what is at home already, and a combiner would save {100 * saved:.0f} % of them"
        return f"{first}. {self._waiting()}."

    def _waiting(self) -> str:
        """Say which stage has to wait the most, and what for."""
        result = self.result
        excess = result.stage_times - np.median(result.times, axis=1)
        stage = int(excess.argmax())
        worker, middle = int(result.stragglers[stage]), float(np.median(result.times[stage]))
        words = f"The job takes {result.total:,.0f} ms"
        if excess[stage] < 0.3 * middle:
            return f"{words}, and in no stage does anyone have to wait long for the slowest"
        times = f"{result.stage_times[stage] / middle:.1f} times the median" if middle > 0 else "while most have nothing to do"
        words += f", since at {STAGES[stage]} all wait for worker {worker + 1}: {result.stage_times[stage]:,.0f} ms, {times}"
        alone = shuffle_runs.run(self._job, int(self.partitions))  # without the slow worker and without copies
        if worker == 0 and self.speed < 100 and result.stage_times[stage] > 1.05 * alone.times[stage, 0]:
            other = shuffle_runs.run(self._job, int(self.partitions), self.speed / 100, self.speculation != "yes")
            if self.speculation == "yes":
                return f"{words} because it is slow, even with a second copy of what is late; without copies the job would take {other.total:,.0f} ms"
            return f"{words} because it is slow; with second copies the job would take {other.total:,.0f} ms"
        return f"{words} because frequent keys are its, and a copy of its task would have just as much to do"

    def table(self) -> pd.DataFrame:
        """Give what every number of partitions moves and takes.

        Returns
        -------
        pandas.DataFrame
            Columns ``partitions``, ``moved`` and ``moved_MB`` as the controls stand, ``without_combiner``, ``with_combiner`` and ``theory`` (with
            a combiner) in records, and ``map``, ``shuffle``, ``reduce`` and ``total`` in milliseconds.
        """
        rows = []
        for partitions in PARTITIONS:
            run = shuffle_runs.run(self._job, partitions, self.speed / 100, self.speculation == "yes")
            moved = (self._run(partitions, False).moved, self._run(partitions, True).moved)
            expected = shuffle_runs.expected(int(self.distinct), self.skew, partitions)
            rows.append((partitions, run.moved, run.moved_bytes / 1e6, *moved, expected, *run.stage_times.tolist(), run.total))
        columns = ["partitions", "moved", "moved_MB", "without_combiner", "with_combiner", "theory", *STAGES, "total"]
        return pd.DataFrame(rows, columns=columns)

    def scene(self) -> Scene:
        """Play some of the records that workers give to workers: mapped, on their way, reduced."""
        result, count = self.result, int(self.partitions)
        total = int(result.sent.sum())
        chosen = np.unique(np.linspace(0, total - 1, min(SHOWN, total)).astype(np.int64))
        pairs = np.searchsorted(result.sent.cumsum(), chosen, side="right")
        pairs = np.random.default_rng(72).permutation(pairs)  # so that they do not leave sorted by where they go
        source, target = pairs // count, pairs % count
        (map_end, shuffle_time, _), (mapping, _, reducing) = result.stage_times, result.times
        mapped = _turn(source) * mapping[source]
        ends = map_end + _turn(source) * shuffle_time
        begins = np.where(source == target, ends, ends - shuffle_time / (2 * count))
        begins = np.maximum(begins, map_end)
        done = map_end + shuffle_time + _turn(target) * reducing[target]
        things = np.arange(source.size)
        stations = [*self._workers("map", 0.4), *self._workers("reduce", 0.95)]
        return Scene(
            f"{things.size} of {total:,} records that workers pass on",
            stations,
            thing=np.tile(things, 3),
            station=np.concatenate((source, source, count + target)),
            enter=np.concatenate((np.zeros(things.size), mapped, ends)),
            leave=np.concatenate((mapped, begins, done)),
            kind=np.repeat([0, 1, 2], things.size),
            kinds=("to be mapped", "mapped", "arrived, to be reduced"),
            noun="record",
            unit="ms",
        )

    def _workers(self, stage: str, right: float) -> list[Station]:
        """Give the workers of a stage, each with its records in line on its left, in as many columns as they need, up to ``right``."""
        count = int(self.partitions)
        rows = min(count, ROWS)
        slow = self.speed < 100
        first = Station("first", 0, 0, f"{self.speed} %" if slow else "", sets={"speed": 100 if slow else SLOW}, state="slow" if slow else "up")
        columns = -(-count // ROWS)
        places = [(right - 0.28 * (columns - 1 - worker // ROWS), (worker % ROWS + 0.5) / rows) for worker in range(count)]
        plain = replace(first, label="", sets={}, state="up")
        return [replace(plain if worker else first, name=f"{stage} {worker + 1}", x=place[0], y=place[1]) for worker, place in enumerate(places)]


def _turn(places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Say of each record when it has its turn at its place, as a share of all that the place has to do, up to 1."""
    order = np.argsort(places, kind="stable")
    counts = np.bincount(places)
    ranks = np.empty(places.size)
    ranks[order] = np.arange(places.size) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    return np.asarray(ranks / counts[places])


def _bytes(amount: float) -> str:
    return f"{amount / 1e6:,.1f} MB" if amount >= 1e5 else f"{amount / 1e3:,.0f} kB"
