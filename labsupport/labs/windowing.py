"""The batch-or-stream lab: the same counts by the hour or by the event, how fresh they are, what is missing, and what they take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from labsupport import theory
from labsupport.labs import windowing_runs as runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Panel, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.marks import Line, Mark, Points, Rule, Stairs
from labsupport.labs.scene import Scene, Station
from labsupport.labs.windowing_runs import BEGINS, DELAY, HOUR, INTERVALS, LASTS, PROMPT, WAITS
from labsupport.simulators.windowing import WindowCounts

HOW = {"batch": "a batch job", "stream": "a stream"}
VIEWS = {"missing": "fresh or complete", "cost": "fresh or cheap"}
FROM, MOST, HOURS = 9 * HOUR, 72, 6  # what is shown of the day: from nine o'clock, at most so many windows and hours
PLAYED, EVERY = 2_400, 7  # seconds of events in the scene, from ten minutes before the outage, and which of them

STORY: dict[str, dict[str, Any]] = {
    "By the hour": {"way": "batch"},
    "Wait a little longer": {"wait": 600},
    "Correct it later": {"allowed": 60},
    "A batch job every minute": {"way": "batch", "interval": 1, "show": "cost"},
    "Nobody is offline": {"offline": 0, "outage": 0, "wait": 0},
}


class BatchStreamLab(Lab[WindowCounts]):
    """Count the events of a day by the time at which they happened, while some phones are offline.

    A phone that is online sends an event after two seconds on average, one that is offline after ten minutes. From ten o'clock on, a network is
    out for twenty minutes, and its phones send what happened when it is back. A batch job takes 45 s to start, and a millisecond for each event;
    a stream keeps one machine all day.

    Parameters
    ----------
    way : str, default "stream"
        Who counts: batch or stream.
    window : int, default 5
        Minutes that each count is for, 1 to 60.
    wait : int, default 10
        For how many seconds a window is kept open after its end, or the batch job waits after its interval, 0 to 3,600.
    interval : int, default 60
        Minutes from one batch job to the next, 1 to 360.
    allowed : int, default 0
        For how many minutes a count that is published may still be corrected, 0 to 360.
    offline : int, default 5
        Events whose phone is offline, in percent, 0 to 20.
    outage : int, default 30
        Phones whose network is out, in percent, 0 to 60.
    show : str, default "missing"
        What stands beside the counts: missing, or cost.
    prediction : str, optional
        See `Lab`. The question is how many of a hundred events are in no count.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = BatchStreamLab()
    >>> round(lab.result.freshness), round(lab.answer(), 1)
    (14, 4.1)
    """

    title = "Batch or stream"
    question = (
        "Five of a hundred events come from phones that are offline, for ten minutes on average. A stream counts events by five minutes, and closes "
        "each count ten seconds after these are over. How many of a hundred events are in no count?"
    )
    main = "wait"

    way = Choice("counted by", HOW, default="stream")
    window = Slider("counts for", [1, 5, 15, 60], default=5, unit="min")
    wait = Slider("waits", WAITS, default=10, unit="s")
    interval = Slider("batch job every", INTERVALS, default=60, unit="min")
    allowed = Slider("corrected for", [0, 5, 15, 60, 180, 360], default=0, unit="min")
    offline = Slider("offline", [0, 1, 2, 5, 10, 20], default=5, unit="%")
    outage = Slider("cut off at ten", [0, 10, 20, 30, 40, 60], default=30, unit="%")
    show = Choice("show", VIEWS, default="missing")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of the hour, of waiting, of corrections, of very small batches, and of a world without delays."""
        return STORY

    def idle(self) -> list[str]:
        """Name what a stream has no use for; the other panel shows all intervals anyway."""
        return [] if self.way == "batch" else ["interval"]

    def _counted(self, way: str, *, wait: int | None = None, interval: int | None = None) -> WindowCounts:
        return runs.counted(
            way,
            int(self.offline),
            int(self.outage),
            int(self.window),
            int(self.wait) if wait is None else wait,
            int(self.interval) if interval is None else interval,
            int(self.allowed),
        )

    def simulate(self) -> WindowCounts:
        """Count."""
        return self._counted(self.way)

    def answer(self) -> float:
        """Give how many of a hundred events are in no count."""
        return 100 * self.result.missing

    def chart(self) -> Chart:
        """Show some hours of counts, beside what freshness costs."""
        return Chart((self._counts(), self._tradeoff() if self.show == "missing" else self._cost()))

    def _counts(self) -> Panel:
        result, length = self.result, 60 * int(self.window)
        begin = FROM // length
        end = begin + min(MOST, HOURS * HOUR // length)
        hours = ((result.ends[begin:end] - length) / HOUR).tolist()
        last = float(result.ends[end - 1]) / HOUR

        def stairs(label: str, counts: Any, role: Any) -> Stairs:
            heights = counts[begin:end].tolist()
            return Stairs(label, [*hours, last], [*heights, heights[-1]], role)

        marks: list[Mark] = [stairs("happened", result.happened, "reference")]
        if self.allowed:
            marks.append(stairs("corrected", result.last, "other"))
        marks.append(stairs("as first published", result.first, "main"))
        if self.outage and hours[0] <= BEGINS / HOUR < last:
            marks.append(Rule("outage", BEGINS / HOUR, role="reference"))
        top = above(1.25 * float(result.happened[begin:end].max()))
        names = [(float(hour), f"{hour}:00") for hour in range(FROM // HOUR, int(last) + 1)]
        return Panel("Events in each window", Axis("time of day", (hours[0], last), names=names), Axis("events", (0, top)), tuple(marks))

    def _ages(self) -> Axis:
        names = [(1 / 60, "1 s"), (1 / 6, "10 s"), (1.0, "1 min"), (10.0, "10 min"), (60.0, "1 h"), (360.0, "6 h")]
        return Axis("until a count is there, on average", (1 / 60, 500), scale="log", names=names)

    def _lines(self) -> dict[str, list[WindowCounts]]:
        """Count with every wait by a stream, and with every interval by batch jobs."""
        return {
            "stream": [self._counted("stream", wait=wait) for wait in WAITS],
            "batch": [self._counted("batch", interval=interval) for interval in INTERVALS],
        }

    def _tradeoff(self) -> Panel:
        lines = self._lines()
        marks: list[Mark] = [*self._guess_band()]
        if not self.outage and not self.allowed:
            waits = np.array([each.freshness for each in lines["stream"]])
            share, length = float(self.offline) / 100, 60.0 * self.window
            late = share * np.asarray(theory.late_share(length, waits, DELAY)) + (1 - share) * np.asarray(theory.late_share(length, waits, PROMPT))
            marks.append(Line("theory", [each.freshness / 60 for each in lines["stream"]], (100 * late).tolist(), "theory"))
        for way, label in (("stream", "stream, by its wait"), ("batch", "batch, by its interval")):
            ages = [each.freshness / 60 for each in lines[way]]
            marks.append(Line(label, ages, [100 * each.missing for each in lines[way]], "main" if way == self.way else "other"))
        marks.append(Points("now", [self.result.freshness / 60], [self.answer()], "own"))
        most = max(100 * each.missing for results in lines.values() for each in results)
        return Panel("Fresh or complete", self._ages(), Axis("events in no count", (0, above(1.15 * max(most, 1.0))), unit="%"), tuple(marks))

    def _cost(self) -> Panel:
        lines = self._lines()
        hours = {way: [each.machine_seconds / HOUR for each in results] for way, results in lines.items()}
        marks: list[Mark] = []
        for way, label in (("stream", "stream, by its wait"), ("batch", "batch, by its interval")):
            ages = [each.freshness / 60 for each in lines[way]]
            marks.append(Line(label, ages, hours[way], "main" if way == self.way else "other"))
        marks.append(Points("now", [self.result.freshness / 60], [self.result.machine_seconds / HOUR], "own"))
        top = above(1.15 * max(max(values) for values in hours.values()))
        return Panel("Fresh or cheap", self._ages(), Axis("a machine is busy", (0, top), unit="h a day"), tuple(marks))

    def describe(self) -> str:
        """Say how fresh and how complete the counts are, and what is to be noticed about them."""
        result = self.result
        who = "A stream" if self.way == "stream" else f"A batch job every {_minutes(self.interval)}"
        over = "is over" if self.window in (1, 60) else "are over"
        first = (
            f"{who} has each count ready {_time(result.freshness)} after its {_minutes(self.window)} {over}, on average, and {self.answer():.1f} % "
            "of the events are in no count"
        )
        return f"{first}. {self._notice()}."

    def _notice(self) -> str:
        result = self.result
        if self.show == "cost":
            busy = result.machine_seconds / HOUR
            return f"It keeps a machine busy for {busy:.1f} h a day; a stream does so all day, a batch job every minute {self._minutely():.1f} h"
        if self.allowed:
            return (
                f"At first {100 * result.missing_at_first:.1f} % were missing; {result.corrected} of {result.ends.size} counts change after somebody "
                "may have acted on them"
            )
        dip = self._dip()
        if dip > 0.1:
            return f"During the outage {100 * dip:.0f} % less is counted, though no less happened: the dip is in what arrives, not in what happens"
        other = self._counted("batch" if self.way == "stream" else "stream")
        whose = f"a batch job every {_minutes(self.interval)}" if self.way == "stream" else "a stream"
        return f"With the same wait {whose} would have it after {_time(other.freshness)}, with {100 * other.missing:.1f} % missing"

    def _minutely(self) -> float:
        return self._counted("batch", interval=1).machine_seconds / HOUR

    def _dip(self) -> float:
        """Return which share of what happened in windows that lie in the outage is not in their first counts."""
        starts = self.result.ends - 60 * self.window
        inside = (starts >= BEGINS) & (self.result.ends <= BEGINS + LASTS)
        happened = int(self.result.happened[inside].sum())
        return 1 - int(self.result.first[inside].sum()) / happened if happened and self.outage else 0.0

    def table(self) -> pd.DataFrame:
        """Give every wait of the stream and every interval of the batch job.

        Returns
        -------
        pandas.DataFrame
            Columns ``way``, ``wait`` in seconds, ``interval`` in minutes (missing for a stream), ``freshness`` in seconds, ``missing_at_first`` and
            ``missing``, shares of all events, ``corrected``, the number of counts that change, and ``machine_hours`` a day.
        """
        lines = self._lines()
        settings: list[tuple[str, int, float, WindowCounts]] = [
            *(("stream", wait, float("nan"), each) for wait, each in zip(WAITS, lines["stream"], strict=True)),
            *(("batch", int(self.wait), float(interval), each) for interval, each in zip(INTERVALS, lines["batch"], strict=True)),
        ]
        rows = [
            (way, wait, interval, each.freshness, each.missing_at_first, each.missing, each.corrected, each.machine_seconds / HOUR)
            for way, wait, interval, each in settings
        ]
        columns = ["way", "wait", "interval", "freshness", "missing_at_first", "missing", "corrected", "machine_hours"]
        return pd.DataFrame(rows, columns=columns)

    def scene_key(self) -> Any:
        """Name what the scene depends on: all but the view."""
        return {name: value for name, value in self.state.items() if name != "show"}

    def scene(self) -> Scene:
        """Play some of the events around the outage: on their phone, in an open window, and on the dashboard, if they are not late."""
        result, came = self.result, runs.events(int(self.offline), int(self.outage))
        begin = BEGINS - 600
        chosen = np.flatnonzero((came.happened >= begin) & (came.happened < begin + PLAYED))[::EVERY]
        happened, arrived = came.happened[chosen] - begin, came.arrived[chosen] - begin
        owner = (came.happened[chosen] // (60 * self.window)).astype(np.int64)
        late = came.arrived[chosen] > result.closed[owner]
        shown = np.where(late, arrived, np.maximum(result.published[owner] - begin, arrived))
        things = np.arange(chosen.size)
        stations = [
            Station("phones", 0.1, 0.5, slots=0, layout="heap"),
            Station("open windows", 0.5, 0.5, HOW[self.way], slots=0, layout="heap", control="way"),
            Station("dashboard", 0.9, 0.5, slots=0),
        ]
        on_time = things[~late]
        return Scene(
            f"Every {EVERY}th event around the outage",
            stations,
            thing=np.concatenate((things, things, on_time)),
            station=np.repeat([0, 1, 2], [chosen.size, chosen.size, on_time.size]),
            enter=np.concatenate((happened, arrived, shown[on_time])),
            leave=np.concatenate((arrived, shown, shown[on_time])),
            kind=np.concatenate((late, late, late[on_time])).astype(np.int64),
            lost=np.concatenate((np.zeros(chosen.size, dtype=np.bool_), late, np.zeros(on_time.size, dtype=np.bool_))),
            value=np.concatenate((np.full(2 * chosen.size, np.nan), shown[on_time] - happened[on_time])),
            kinds=["in the first count", "late"],
            measure="until it is counted (s)",
            noun="event",
            links=[(0, 1), (1, 2)],
        )


def _minutes(minutes: float) -> str:
    if minutes >= 60:
        return "hour" if minutes == 60 else f"{minutes / 60:g} hours"
    return "minute" if minutes == 1 else f"{minutes:g} minutes"


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 100 * 60 else f"{seconds / HOUR:.1f} hours"
