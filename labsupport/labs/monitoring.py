"""The monitoring lab: a service is slow for some minutes – what the dashboard shows of it, and whether and when somebody is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport.labs import monitoring_runs as runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Area, Axis, Chart, Line, Mark, Panel, Points, Rule, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.monitoring_runs import BEGINS, BUCKETS, EVALUATION, FRESH, LENGTH, MOST_HICCUPS, Setting
from labsupport.labs.steps import Step, Steps
from labsupport.simulators.monitoring import AlertResult, alert, increase

METRICS = {"histogram": "p99 of a histogram's rates", "gauge": "a gauge: p99 of the last 10 s"}
NAMES = {
    "few": "3: 0.1, 1 and 10 s",
    "short": "5, up to 1 s",
    "prometheus": "Prometheus' 11, up to 10 s",
    "powers": "powers of two",
    "many": "80, each 10 % wider",
}
HOLDS = [0, 15, 30, 60, 90, 120, 180, 240, 300, 420, 600]  # seconds
PENDING = 0.06  # of the height, where an alert is pending
STORY: dict[str, dict[str, Any]] = {
    "Between two scrapes": {"metric": "gauge", "interval": 60, "length": 40, "hold": 0},
    "One scrape in a window": {"interval": 60, "window": 60},
    "The last bucket ends at 1 s": {"buckets": "short"},
    "Too patient": {"hold": 300},
    "Too hasty": {"hold": 0, "hiccups": 12},
}


@dataclass(frozen=True)
class MonitoringLabResult:
    """What happened in forty minutes, and what the dashboard and the alert rule made of it.

    Attributes
    ----------
    truth : ndarray of float64, shape (80,)
        The exact p99 of what finished in each half minute, in seconds.
    shown : ndarray of float64, shape (160,)
        What the dashboard shows at each, in seconds; NaN where it shows nothing.
    alert : AlertResult
        What the rule said.
    """

    truth: NDArray[np.float64]
    shown: NDArray[np.float64]
    alert: AlertResult


class MonitoringLab(Lab[MonitoringLabResult]):
    """Watch a service through Prometheus' rules: scraped histograms, rates in a window, quantiles read off buckets, alerts that wait.

    30 requests a second need 0.1 s of work each on average, and there is room for 15 at once. In the incident, which begins after 15.5
    of 40 minutes, requests take four times as long; in a hiccup, which is nobody's worry, as well, but only for 8 s. The rule is
    evaluated every 15 s.

    Parameters
    ----------
    length : int, default 180
        How many seconds the incident lasts, 10 to 600.
    hold : int, default 60
        The rule's ``for``: for how many seconds the p99 must exceed the threshold before the alert fires, 0 to 600.
    threshold : float, default 1.0
        In seconds, 0.4 to 5.
    interval : int, default 15
        Seconds between scrapes, 5 to 120.
    window : int, default 60
        The range of ``rate``, in seconds, 30 to 600.
    buckets : str, default "prometheus"
        The histogram's bounds: few, short, prometheus, powers or many.
    metric : str, default "histogram"
        What is scraped: the counters of a histogram, or a gauge of the last ten seconds.
    hiccups : int, default 4
        How many there are, 0 to 12.
    lost : int, default 0
        How many scrapes fail, in percent, 0 to 50.
    prediction : str, optional
        See `Lab`. The question is how many seconds after the incident's beginning the alert fires; if it never does, the answer is the
        time until the forty minutes end.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> MonitoringLab().answer()
    90.0
    """

    title = "Monitor"
    question = "Requests take four times as long for three minutes; a rule has a window and a “for”. After how many seconds does its alert fire?"
    main = "hold"

    length = Slider("incident", [10, 20, 40, 60, 120, 180, 300, 600], default=180, unit="s")
    hold = Slider("for", HOLDS, default=60, unit="s")
    threshold = Slider("threshold", [0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0], default=1.0, unit="s")
    interval = Slider("scrape every", [5, 10, 15, 30, 60, 120], default=15, unit="s")
    window = Slider("window", [30, 60, 120, 180, 300, 600], default=60, unit="s")
    buckets = Choice("buckets", NAMES, default="prometheus")
    metric = Choice("shown", METRICS, default="histogram")
    hiccups = Slider("short hiccups", list(range(0, MOST_HICCUPS + 1, 2)), default=4)
    lost = Slider("scrapes lost", [0, 2, 5, 10, 20, 30, 50], default=0, unit="%")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of what no scrape saw, of what no rate or bucket can show, and of waiting too long or not at all."""
        return STORY

    def idle(self) -> list[str]:
        """Name what a gauge has no use for."""
        return ["window", "buckets"] if self.metric == "gauge" else []

    def _shown(self, buckets: str = "") -> NDArray[np.float64]:
        setting = (self.length, int(self.hiccups), self.metric, buckets or self.buckets, self.interval, self.window, self.lost / 100)
        return runs.shown(Setting(*setting))

    def simulate(self) -> MonitoringLabResult:
        """Scrape the service, and evaluate the rule."""
        shown = self._shown()
        return MonitoringLabResult(runs.truth(self.length, int(self.hiccups)), shown, self._alert(self.hold))

    def _alert(self, hold: float) -> AlertResult:
        return alert(runs.evaluations(), self._shown(), self.threshold, hold)

    def _last(self) -> float:
        """Say until when what the dashboard shows may still be the incident's."""
        return float(BEGINS + self.length + self.interval + (self.window if self.metric == "histogram" else 0))

    def _delay(self, result: AlertResult) -> float:
        """Return how long after its beginning the incident's alert fires, in seconds; NaN if it never does."""
        during = result.times[result.firing & (result.times >= BEGINS) & (result.times <= self._last())]
        return float(during[0] - BEGINS) if during.size else float("nan")

    def _false(self, result: AlertResult) -> tuple[int, float]:
        """Count the alerts that fire for nothing, and the seconds that they do."""
        apart = (result.times < BEGINS) | (result.times > self._last())
        begun = np.isin(result.times, result.fired) & apart
        return int(begun.sum()), EVALUATION * int((result.firing & apart).sum())

    def answer(self) -> float:
        """Give after how many seconds the alert fires, or how many there were in which it did not."""
        delay = self._delay(self.result.alert)
        return delay if np.isfinite(delay) else LENGTH - BEGINS

    def chart(self) -> Chart:
        """Show the p99 as it was and as it is shown, beside what waiting costs and spares."""
        return Chart((self._what_is_seen(), self._what_waiting_does()))

    def _what_is_seen(self) -> Panel:
        result = self.result
        minutes = result.alert.times / 60
        top = above(1.08 * max(result.truth.max(), result.shown[np.isfinite(result.shown)].max(initial=0.0), self.threshold))
        marks: list[Mark] = [Rule(f"alert above {self.threshold:g} s", self.threshold, axis="y", role="reference")]
        if result.alert.firing.any():
            marks.append(_shade("alert fires", minutes, result.alert.firing, top))
        if (pending := result.alert.pending).any():
            marks.append(_shade("", minutes, pending, PENDING * top))
        marks.append(Line("as it was", minutes[1::2].tolist(), result.truth.round(2).tolist(), "other"))
        marks += _with_gaps("as it is shown", minutes, result.shown.round(2))
        title = "99th percentile; grey: the alert is pending (low) or fires (high)"
        return Panel(title, Axis("minute", (0, LENGTH / 60)), Axis("p99", (0, top), unit="s"), tuple(marks))

    def _what_waiting_does(self) -> Panel:
        waits = [self._alert(hold) for hold in HOLDS]
        delays = [self._delay(each) / 60 for each in waits]
        wrong = [self._false(each)[1] / 60 for each in waits]
        found = [(hold / 60, delay) for hold, delay in zip(HOLDS, delays, strict=True) if np.isfinite(delay)]
        top = above(max(5.0, 1.1 * max(*wrong, *(delay for _, delay in found), 0.0)))
        marks: list[Mark] = [Line("false alarms", [hold / 60 for hold in HOLDS], wrong, "other")]
        if found:
            marks.append(Line("until it fires", [hold for hold, _ in found], [delay for _, delay in found]))
        missing = next((hold / 60 for hold, delay in zip(HOLDS, delays, strict=True) if not np.isfinite(delay)), None)
        if missing is not None:
            marks.append(Rule("missed from here", missing, role="reference"))
        delay = self._delay(self.result.alert)
        if np.isfinite(delay):
            marks.append(Points("now", [self.hold / 60], [delay / 60], "main", (f"{delay:.0f} s",)))
        return Panel(
            "What waiting costs, and spares", Axis("for", (-0.3, 10.3), unit="min"), Axis("time", (-0.03 * top, top), unit="min"), tuple(marks)
        )

    def describe(self) -> str:
        """Say what was and what is shown, and whether and when somebody is called."""
        result = self.result
        exact, seen = runs.incident(self.length, int(self.hiccups)), self._seen()
        peak = f"shows at most {seen.max():.2f} s of it" if seen.size else "shows nothing at all"
        first = f"During an incident of {_time(self.length)} the p99 is {exact:.2f} s; the dashboard {peak}"
        count, wrong = self._false(result.alert)
        times = {1: "once", 2: "twice"}.get(count, f"{count} times")
        delay = self._delay(result.alert)
        falsely = f"{times} for nothing, for {_time(wrong)} in all" if count else "never for nothing"
        if np.isfinite(delay) and self._before():
            return f"{first}. The alert was firing before it began: it fires {falsely}, and nobody believes it any more."
        if np.isfinite(delay):
            late = f", {_time(delay - self.length)} after the incident was over" if delay > self.length else ""
            return f"{first}. The alert fires {_time(delay)} after the incident began{late}, and {falsely}."
        also = f", but {falsely}" if count else ""
        return f"{first}. The alert misses it{also}: {self._reason(seen)}."

    def _seen(self) -> NDArray[np.float64]:
        """Return what is shown of the incident."""
        times, shown = self.result.alert.times, self.result.shown
        return shown[(times >= BEGINS) & (times <= self._last()) & np.isfinite(shown)]

    def _before(self) -> bool:
        return bool(self.result.alert.firing[runs.evaluations() < BEGINS][-1])

    def _reason(self, seen: NDArray[np.float64]) -> str:
        if seen.size == 0:
            return f"a rate takes two scrapes, and a window of {self.window:g} s holds too few at one every {self.interval:g} s"
        last = BUCKETS[self.buckets][-2]
        if self.metric == "histogram" and last <= self.threshold:
            return f"nothing above the last bound, {last:g} s, can be read off these buckets"
        if seen.max() <= self.threshold and self.metric == "gauge":
            return f"no scrape saw the gauge of {FRESH:g} s while it was high, where counters keep what happens between two scrapes"
        if seen.max() <= self.threshold:
            return f"what is shown never exceeds {self.threshold:g} s"
        longest = self._longest()
        row = f"at {longest} evaluations in a row" if longest > 1 else "at one evaluation"
        return f"what is shown exceeds {self.threshold:g} s {row}, too few for a wait of {_time(self.hold)}"

    def _longest(self) -> int:
        """Count for how many evaluations in a row the condition held in the incident."""
        times = self.result.alert.times
        held = self.result.alert.active & (times >= BEGINS) & (times <= self._last())
        return max(len(row) for row in "".join("x" if each else " " for each in held).split())

    def table(self) -> pd.DataFrame:
        """Give what each wait would cost and spare.

        Returns
        -------
        pandas.DataFrame
            Columns ``for`` in seconds, ``fires_after`` in seconds (missing if never), ``false_alarms``, and ``false_time`` in seconds.
        """
        rows = []
        for hold in HOLDS:
            result = self._alert(hold)
            rows.append((hold, self._delay(result), *self._false(result)))
        return pd.DataFrame(rows, columns=["for", "fires_after", "false_alarms", "false_time"])

    def steps_key(self) -> str:
        """Say that the story is always the same."""
        return "a window of a minute"

    def steps(self) -> Steps:
        """Tell scrape by scrape what a rate is made of, when one is lost and when the service restarts."""
        stands = (100, 130, 160, 190, 220, None, 280, 310, 10, 40, 70, 100)
        times, values, held, told = [], [], [], []  # type: list[float], list[float], list[str], list[Step]
        for place, value in enumerate(stands, start=1):
            now = 15.0 * place
            if value is None:
                sentence = f"{now:g} s: the scrape fails."
            else:
                times.append(now)
                values.append(value)
                sentence = f"{now:g} s: the counter stands at {value}."
                if len(values) > 1 and value < values[-2]:
                    sentence += " It fell, so the service has restarted and counts from 0; what came since the last scrape before it is lost."
            inside = [f"{stand:g}" for time, stand in zip(times, values, strict=True) if time >= now - 60]
            grown = increase(times, values, now - 60, now)
            sentence += f" In the last minute it grew by {grown:.0f}." if np.isfinite(grown) else " One scrape makes no rate: nothing is shown."
            left = next((each for each in held if each not in inside), "")
            told.append(Step("–" if value is None else f"{value}", value is not None, inside, left, sentence))
            held = inside
        return Steps("Step by step: a counter, scraped every 15 s, in a window of a minute", 5, "a scrape", "no scrape", told)


def _shade(label: str, minutes: NDArray[np.float64], held: NDArray[np.bool_], top: float) -> Area:
    """Shade the full height from each evaluation at which something held until the next at which it does not."""
    edges = np.flatnonzero(np.diff(held.astype(np.int64), prepend=0, append=0))
    ends = np.append(minutes, minutes[-1])[edges].repeat(2)
    high = np.tile([0.0, top, top, 0.0], edges.size // 2)
    return Area(label, ends.tolist(), np.zeros(ends.size).tolist(), high.tolist(), "reference")


def _with_gaps(label: str, minutes: NDArray[np.float64], shown: NDArray[np.float64]) -> list[Mark]:
    """Draw a line with a gap wherever nothing is shown; the longest part bears the label, and what stands alone is a point."""
    known = np.flatnonzero(np.isfinite(shown))
    parts = [part for part in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1) if part.size]
    lines = [part for part in parts if part.size > 1]
    longest = max(lines, key=len, default=None)
    marks: list[Mark] = [Line(label if part is longest else "", minutes[part].tolist(), shown[part].tolist()) for part in lines]
    if alone := [int(part[0]) for part in parts if part.size == 1]:
        marks.append(Points("" if lines else label, minutes[alone].tolist(), shown[alone].tolist(), "main"))
    return marks


def _time(seconds: float) -> str:
    if seconds < 120 and seconds != 60:
        return f"{seconds:g} seconds"
    return f"{seconds / 60:.3g} minute{'' if seconds == 60 else 's'}"
