"""The timelines lab: what everybody whom I follow has posted, put together when it is written, or when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport.labs import timelines_runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Panel, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.marks import Line, Mark, Points, Rule
from labsupport.labs.scene import Scene, Station
from labsupport.simulators.timelines import TimelinesResult

STRATEGIES = {"on_write": "when written", "on_read": "when read", "hybrid": "celebrities when read"}
QUEUES = {"no": "after all followers have it", "yes": "at once; a queue delivers"}
TIMES = (0.01, 10_000.0)  # milliseconds on the axis
SHARES = np.concatenate((np.linspace(1, 0.1, 30), np.geomspace(0.1, 0.002, 30)))
SHOWN, MOST_THERE = 250, 100  # jobs that come while the scene plays, and that are there when it begins

STORY: dict[str, dict[str, Any]] = {
    "Fetch everything when read": {"strategy": "on_read"},
    "Celebrities apart": {"strategy": "hybrid", "threshold": 500},
    "Their posts in a cache": {"strategy": "hybrid", "threshold": 200, "cache": 200},
    "Let a queue deliver": {"queue": "yes"},
    "Many posts, few readers": {"strategy": "hybrid", "threshold": 100, "reads_per_post": 2},
}


class TimelinesLab(Lab[TimelinesResult]):
    """Let 2,000 people post and read, and choose when their timelines are put together.

    They have 40 followers on average, most of them 20 or fewer and the most popular nearly everybody; who has four times as many followers
    posts twice as often. Once in a millisecond somebody reads, 4,000 times in all. Writing to a list takes a shard 0.05 ms, fetching one 0.1 ms,
    and the cache answers in 0.01 ms.

    Parameters
    ----------
    strategy : str, default "on_write"
        When timelines are put together: on_write, on_read, or hybrid.
    threshold : int, default 500
        In the hybrid, who has more followers is a celebrity, whose posts are fetched when somebody reads; 10 to 2,000.
    reads_per_post : int, default 10
        How often timelines are read for each post, 1 to 100.
    shards : int, default 4
        On how many machines the lists lie, 1 to 16.
    cache : int, default 0
        How many lists are kept near the readers, 0 to 2,000.
    queue : str, default "no"
        When a post is done: no, after all followers have it; or yes, at once, and a queue delivers it when no reader waits.
    prediction : str, optional
        See `Lab`. The question is how many lists a post is written to on average.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> TimelinesLab(strategy="on_read").answer()
    1.0
    """

    title = "Timelines"
    question = (
        "People have 40 followers on average, and each post is put into the timelines of all its author's followers. To how many lists is a "
        "post written, on average?"
    )
    main = "threshold"

    strategy = Choice("put together", STRATEGIES, default="on_write")
    threshold = Slider("celebrities have more than", [10, 20, 50, 100, 200, 500, 1_000, 2_000], default=500, unit="followers")
    reads_per_post = Slider("reads for each post", [1, 2, 5, 10, 20, 50, 100], default=10)
    shards = Slider("shards", [1, 2, 4, 8, 16], default=4)
    cache = Slider("cache", [0, 50, 100, 200, 500, 1_000, 2_000], default=0, unit="lists")
    queue = Choice("a post is done", QUEUES, default="no")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of reading, of celebrities, of a cache, and of a queue."""
        return STORY

    def idle(self) -> list[str]:
        """Name the threshold, where nobody is a celebrity or everybody."""
        return [] if self.strategy == "hybrid" else ["threshold"]

    def _run(self, **changes: Any) -> TimelinesResult:
        state = self.state | changes
        limit = int(state["threshold"]) if state["strategy"] == "hybrid" else 0
        sizes = (int(state[name]) for name in ("reads_per_post", "shards", "cache"))
        return timelines_runs.run(state["strategy"], limit, *sizes, state["queue"] == "yes")

    def simulate(self) -> TimelinesResult:
        """Let them post and read."""
        return self._run()

    def answer(self) -> float:
        """Give to how many lists a post is written on average."""
        return float(self.result.writes.mean())

    def chart(self) -> Chart:
        """Show the work for each threshold in theory and as simulated, beside how long reads and posts take."""
        return Chart((self._work(), self._times()))

    def _expected(self, strategy: str, threshold: int = 0) -> float:
        return sum(timelines_runs.expected_work(strategy, threshold, int(self.reads_per_post)))

    def _work(self) -> Panel:
        stops = [int(stop) for stop in type(self).threshold.stops]
        expected = [self._expected("hybrid", stop) for stop in stops]
        ends = {strategy: self._expected(strategy) for strategy in ("on_write", "on_read")}
        marks: list[Mark] = [
            Line("hybrid, in theory", stops, expected, "theory"),
            Rule("all when written", ends["on_write"], axis="y", role="reference"),
            Rule("all when read", ends["on_read"], axis="y", role="other"),
        ]
        done = self.result.work / self.result.writes.size
        place = float(self.threshold) if self.strategy == "hybrid" else float(stops[-1] if self.strategy == "on_write" else stops[0])
        marks.append(Points("simulated", [place], [done], "main"))
        top = above(1.15 * max(*expected, *ends.values(), done))
        axis = Axis("who has more is a celebrity", (8, 3_000), unit="followers", scale="log")
        return Panel("Work for each post", axis, Axis("lists written or fetched", (0, top)), tuple(marks))

    def _times(self) -> Panel:
        result = self.result
        shown = [("reads", result.read_responses, "main"), ("posts", result.post_responses, "other")]
        if self.queue == "yes":
            shown.append(("posts, delivered", result.deliveries, "reference"))
        marks: list[Mark] = [Rule("1 in 100", 0.01, axis="y", role="reference")]
        for label, times, role in shown:
            slower = np.clip(np.percentile(times, 100 * (1 - SHARES)), *TIMES)
            marks.insert(-1, Line(label, slower.tolist(), SHARES.tolist(), role))  # type: ignore[arg-type]  # the roles above
        axis = Axis("time until it is done", TIMES, unit="ms", scale="log")
        return Panel("Which share takes longer", axis, Axis("share", (0.002, 1), scale="log"), tuple(marks))

    def describe(self) -> str:
        """Say what a post and a read cost and how long they take, and what would change that."""
        result = self.result
        lists = float(result.fetches.mean())
        read, post = float(np.percentile(result.read_responses, 99)), float(np.percentile(result.post_responses, 99))
        first = f"A post is written to {_number(self.answer())} list{'' if self.answer() == 1 else 's'} and a read fetches {_number(lists)}"
        first += f" on average; one read in 100 takes longer than {_time(read)}, one post longer than {_time(post)}"
        return f"{first}. {self._notice()}."

    def _notice(self) -> str:
        result = self.result
        busiest = 100 * float(result.loads.max())
        if busiest >= 100:
            return (
                f"The busiest shard is asked for {busiest:,.0f} % of what it can do, so there is no steady state and everything gets later and later"
            )
        if self.cache:
            without = self._run(cache=0)
            words = f"The cache answers {100 * result.hit_ratio:.0f} % of the fetches, which brings the busiest shard from"
            return f"{words} {100 * without.loads.max():.0f} % to {busiest:.0f} % of what it can do"
        if self.queue == "yes":
            delivered, waited = float(np.percentile(result.deliveries, 99)), float(np.percentile(self._run(queue="no").read_responses, 99))
            words = f"One post in 100 has reached its last follower only after {_time(delivered)}"
            return f"{words}, but without the queue it would have held up readers: one in 100 for longer than {_time(waited)}"
        if self.strategy == "on_write":
            most = int(result.writes.max())
            apart = float(np.percentile(self._run(strategy="hybrid").read_responses, 99))
            words = f"One post went to {most:,} lists, and who reads meanwhile waits behind it"
            return (
                f"{words}: were those with more than {self.threshold:,} followers kept apart, one read in 100 would take longer than {_time(apart)}"
            )
        if self.strategy == "on_read":
            written = self._run(strategy="on_write")
            return f"Timelines that are written need {written.memory:,} entries of memory instead of {result.memory:,}, and one fetch for each read"
        celebrities = int(np.sum(timelines_runs.people().counts > self.threshold))
        written = self._run(strategy="on_write")
        more, saved = float(result.fetches.mean()) - 1, float(written.writes.mean() - result.writes.mean())
        who = f"The {celebrities:,} celebrit{'y makes' if celebrities == 1 else 'ies make'} {_number(more)} of these fetches"
        instead = _time(float(np.percentile(written.read_responses, 99)))
        words = f"{who} and save{'s' if celebrities == 1 else ''} {_number(saved)} writes a post"
        return f"{words}; with everything written, it would be {instead} for that read"

    def table(self) -> pd.DataFrame:
        """Give each strategy in numbers.

        Returns
        -------
        pandas.DataFrame
            Columns ``strategy``, ``writes`` a post, ``fetches`` a read, ``expected_work`` and ``work`` (lists for each post), ``read_p99``,
            ``post_p99`` and ``delivered_p99`` in milliseconds, ``memory`` in entries, and ``load`` of the busiest shard.
        """
        rows = []
        for strategy in STRATEGIES:
            run = self._run(strategy=strategy)
            late = [float(np.percentile(times, 99)) for times in (run.read_responses, run.post_responses, run.deliveries)]
            expected = self._expected(strategy, int(self.threshold))
            costs = (float(run.writes.mean()), float(run.fetches.mean()), expected, run.work / run.writes.size)
            rows.append((strategy, *costs, *late, run.memory, float(run.loads.max())))
        names = ["strategy", "writes", "fetches", "expected_work", "work", "read_p99", "post_p99", "delivered_p99", "memory", "load"]
        return pd.DataFrame(rows, columns=names)

    def scene(self) -> Scene:
        """Play what happens around the largest job that comes while not too many others wait."""
        jobs = self.result.jobs
        begin, things = self._stretch()
        count = things.size
        arrivals = np.maximum(jobs.arrivals[things], begin) - begin
        finishes = jobs.finishes[things] - begin
        loads = self.result.loads
        shards = [
            Station(f"shard {shard + 1}", 0.85, float(place), f"{100 * loads[shard]:.0f} %")
            for shard, place in enumerate((np.arange(loads.size) + 0.5) / loads.size)
        ]
        return Scene(
            f"{count} jobs for {loads.size} shard{'' if loads.size == 1 else 's'}",
            [Station("people", 0.06, 0.5, slots=0), *shards],
            thing=np.tile(np.arange(count), 2),
            station=np.concatenate((np.zeros(count, dtype=int), jobs.shards[things] + 1)),
            enter=np.tile(arrivals, 2),
            leave=np.concatenate((arrivals, finishes)),
            size=np.tile(jobs.work[things], 2),
            kind=np.tile(jobs.kinds[things], 2),
            value=np.concatenate((np.full(count, np.nan), np.where(jobs.kinds[things] == 0, finishes - arrivals, np.nan))),
            kinds=("read", "post", "delivery to followers"),
            measure="reading (ms)",
            noun="job",
            unit="ms",
        )

    def _stretch(self) -> tuple[float, NDArray[np.int64]]:
        """Return when the scene begins, and its jobs: those who are there then, and those who come."""
        jobs = self.result.jobs
        order = np.argsort(jobs.arrivals, kind="stable")
        arrivals = jobs.arrivals[order]
        present = np.arange(order.size) - np.searchsorted(np.sort(jobs.finishes), arrivals, side="right")
        possible = np.flatnonzero(present[: max(order.size - SHOWN, 1)] <= MOST_THERE)
        first = int(possible[np.argmax(jobs.work[order[possible]])])
        begin = float(arrivals[first])
        there = order[:first][jobs.finishes[order[:first]] > begin]
        return begin, np.concatenate((there, order[first : first + SHOWN]))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 20 or value == round(value) else f"{value:.1f}"


def _time(milliseconds: float) -> str:
    if milliseconds < 9.95:
        return f"{milliseconds:.2f} ms" if milliseconds < 0.995 else f"{milliseconds:.1f} ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:,.3g} s"
