"""The anomaly lab: when a detector pages, how many of its pages are right, and how many incidents it finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport.labs import anomalies_runs as runs
from labsupport.labs.anomalies_runs import DAYS, FIRST, THRESHOLDS
from labsupport.labs.base import Lab
from labsupport.labs.chart import Area, Axis, Chart, Panel, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.marks import Bars, Columns, Line, Mark, Points, Rule
from labsupport.labs.steps import Step, Steps
from labsupport.simulators.anomalies import PER_DAY, WEEK, Expectation, Recording, Score

DETECTORS = {
    "fixed": "one level for all hours",
    "moving": "the last hours",
    "ewma": "the last hours, fading: EWMA",
    "yesterday": "the same time yesterday",
    "last_week": "the same time a week ago",
}
SHORT = {"fixed": "one level", "moving": "last hours", "ewma": "EWMA", "yesterday": "yesterday", "last_week": "a week ago"}
VIEWS = {"threshold": "what the threshold does", "detectors": "each detector at its best"}
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

STORY: dict[str, dict[str, Any]] = {
    "One level for all hours": {"detector": "fixed", "threshold": 2.0},
    "Two in a row": {"hold": 2},
    "What lasts becomes usual": {"detector": "ewma", "threshold": 2.0, "window": 3},
    "Scrapes that fail": {"glitches": 2.0},
    "Which is best?": {"hold": 2, "show": "detectors"},
}


class AnomalyLab(Lab[Score]):
    """Let a detector watch a service's traffic for twelve weeks, four values an hour, with six incidents a week from the third week on.

    In a surge there is more traffic than there would have been, in a loss less, and a creep comes bit by bit. Alarms with no more than an
    hour between them are one page. A page is right if it is sent during an incident, and an incident is found if a page is sent during it.

    Parameters
    ----------
    detector : str, default "last_week"
        What it expects: fixed (the first two weeks' mean), moving (that of the last hours), ewma (with weights that fade), yesterday or last_week.
    threshold : float, default 3.0
        How many standard deviations of what is usual a value may lie off, 1 to 10.
    hold : int, default 1
        How many values in a row must lie off before there is an alarm, 1 to 6.
    window : int, default 6
        How many hours back moving and ewma look, 1 to 24.
    size : int, default 40
        How large incidents are, in percent of the traffic, 10 to 80.
    glitches : float, default 0.5
        How many single values a day are wrong with nothing behind it, 0 to 4.
    show : str, default "threshold"
        What stands beside the traffic: threshold, or detectors.
    prediction : str, optional
        See `Lab`. The question is how many of a hundred pages are right.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = AnomalyLab(hold=2)
    >>> len(lab.result.found)
    60
    """

    title = "Anomaly detection"
    question = (
        "A detector compares the traffic with that of a week ago, and pages where it lies off by more than three standard deviations. "
        "Of a hundred pages, how many are sent during an incident?"
    )
    main = "threshold"

    detector = Choice("expects", DETECTORS, default="last_week")
    threshold = Slider("threshold", THRESHOLDS, default=3.0, unit="spreads")
    hold = Slider("values in a row", [1, 2, 3, 4, 6], default=1)
    window = Slider("looks back", [1, 2, 3, 6, 12, 24], default=6, unit="h")
    size = Slider("incidents", [10, 20, 30, 40, 60, 80], default=40, unit="%")
    glitches = Slider("wrong values a day", [0.0, 0.5, 1.0, 2.0, 4.0], default=0.5)
    show = Choice("show", VIEWS, default="threshold")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of a level, of patience, of what learns too fast, of wrong values, and of all detectors."""
        return STORY

    def idle(self) -> list[str]:
        """Name the window, where nobody looks back."""
        return [] if self.detector in ("moving", "ewma") or self.show == "detectors" else ["window"]

    @property
    def _metric(self) -> Recording:
        return runs.recording(int(self.size), self.glitches)

    @property
    def _expectation(self) -> Expectation:
        return runs.expectation(self.detector, int(self.size), self.glitches, int(self.window))

    def _judged(self, detector: str, threshold: float) -> Score:
        return runs.judged(detector, int(self.size), self.glitches, int(self.window), threshold, int(self.hold))

    def simulate(self) -> Score:
        """Let it watch."""
        return self._judged(self.detector, self.threshold)

    def answer(self) -> float:
        """Give how many of a hundred pages are right."""
        return 100 * self.result.precision

    def chart(self) -> Chart:
        """Show three days of traffic, beside precision and recall."""
        return Chart((self._traffic(), self._tradeoff() if self.show == "threshold" else self._detectors()))

    def _traffic(self) -> Panel:
        metric, last = self._metric, FIRST + DAYS * PER_DAY
        days = np.arange(DAYS * PER_DAY) / PER_DAY
        values = metric.values[FIRST:last]
        top = above(1.1 * float(values.max()))
        shown = [index for index, start in enumerate(metric.starts) if FIRST <= start < last]
        left = [(metric.starts[index] - FIRST) / PER_DAY for index in shown]
        right = [(metric.ends[index] - FIRST) / PER_DAY for index in shown]
        marks: list[Mark] = [Columns("incident", left, right, [top] * len(shown), "reference")]
        part = slice(FIRST, last, 6)
        middle, off = self._expectation.expected[part], self.threshold * self._expectation.spread[part]
        low, high = np.clip(middle - off, 0, top), np.clip(middle + off, 0, top)
        marks.append(Area("expected", days[::6].tolist(), low.round().tolist(), high.round().tolist(), "theory"))
        marks.append(Line("traffic", days[::2].tolist(), values[::2].round().tolist()))
        for label, kept in (("page", True), ("false page", False)):
            at = self._pages(right=kept) - FIRST
            if at.size:
                marks.append(Points(label, days[at].tolist(), values[at].round().tolist(), "own" if kept else "measurement"))
        names = [(day, f"{NAMES[(FIRST // PER_DAY + day) % 7]}") for day in range(DAYS)]
        title = "Traffic, what is expected, and pages; grey: incidents"
        return Panel(title, Axis("day", (0, DAYS), names=names), Axis("requests", (0, top), unit="1/s"), tuple(marks))

    def _pages(self, *, right: bool) -> NDArray[np.int64]:
        pages: NDArray[np.int64] = self.result.pages[self.result.right == right]
        return pages[(pages >= FIRST) & (pages < FIRST + DAYS * PER_DAY)]

    def _tradeoff(self) -> Panel:
        scores = [self._judged(self.detector, threshold) for threshold in THRESHOLDS]
        paged = [(threshold, 100 * each.precision) for threshold, each in zip(THRESHOLDS, scores, strict=True) if each.pages.size]
        marks: list[Mark] = [*self._guess_band(), Line("recall", THRESHOLDS, [100 * each.recall for each in scores], "other")]
        if paged:  # where there is no page, none of them is right or false
            marks.append(Line("precision", [at for at, _ in paged], [share for _, share in paged]))
        marks.append(Rule("now", self.threshold, role="reference"))
        return Panel("What the threshold does", Axis("threshold", (1, 10), unit="spreads"), Axis("share", (0, 105), unit="%"), tuple(marks))

    def _best(self) -> dict[str, tuple[float, Score]]:
        """Return for each detector the threshold at which F1 is highest, and its score there."""
        found = {}
        for detector in DETECTORS:
            scores = [(threshold, self._judged(detector, threshold)) for threshold in THRESHOLDS]
            found[detector] = max(scores, key=lambda pair: pair[1].f1)
        return found

    def _detectors(self) -> Panel:
        best = self._best()
        labels = [f"{score.f1:.2f}: {_share(score.precision)} right, {_share(score.recall)} found" for _, score in best.values()]
        bars = Bars(
            [SHORT[name] for name in best], [("F1", [score.f1 for _, score in best.values()])], labels, selected=list(best).index(self.detector)
        )
        return Panel("Each detector at its best threshold", Axis("F1, from precision and recall", (0, 1)), None, (bars,))

    def describe(self) -> str:
        """Say how many pages there were and what they were worth, and where the false ones came from."""
        score = self.result
        found, incidents, right = int(score.found.sum()), score.found.size, int(score.right.sum())
        pages = f"{score.pages.size:,} page{'' if score.pages.size == 1 else 's'}"
        first = f"In ten weeks with {incidents} incidents there are {pages}, {right:,} of them right, and {found} incidents are found"
        if score.pages.size == 0:
            first = f"In ten weeks with {incidents} incidents there is no page, so nothing wrong is said and nothing found"
        elif found:
            minutes = 15 * float(score.delays[score.found].mean())
            first += f", {minutes:.0f} minutes after they begin on average"
        return f"{first}. {self._reason()}."

    def _reason(self) -> str:
        """Say what is worth noticing."""
        if self.show == "detectors":
            best = self._best()
            winner = max(best, key=lambda name: best[name][1].f1)
            threshold, score = best[winner]
            return (
                f"With the best threshold for each, {SHORT[winner]} comes first: at {threshold:g} spreads {_share(score.precision)} of its pages are "
                f"right and {_share(score.recall)} of the incidents are found"
            )
        false = self.result.pages[~self.result.right]
        if self.detector in ("yesterday", "last_week") and (echoes := self._echoes(false)):
            ago = "the day before" if self.detector == "yesterday" else "a week before"
            share = f"All {echoes:,}" if echoes == false.size > 1 else f"{echoes:,} of {false.size:,}"
            return f"{share} false pages are echoes: nothing is wrong then, but something was {ago}, and that is what is expected now"
        missed = int((~self.result.found).sum())
        if self.detector == "fixed":
            return f"What is far too much at four in the morning is little at noon: {missed} incidents do not reach a level that fits all hours"
        if self.detector in ("moving", "ewma"):
            return f"What the day does every morning and evening looks like an incident from here, and {missed} incidents look like the day"
        return f"{missed} incidents are smaller than what is usual from one time to the next, or not long enough"

    def _echoes(self, pages: NDArray[np.int64]) -> int:
        """Count the pages at whose time there was an incident a season before."""
        season = PER_DAY if self.detector == "yesterday" else WEEK
        return int(sum(np.any((self._metric.starts <= page - season) & (page - season < self._metric.ends)) for page in pages))

    def table(self) -> pd.DataFrame:
        """Give every detector at every threshold.

        Returns
        -------
        pandas.DataFrame
            Columns ``detector``, ``threshold`` in spreads, ``pages``, ``precision``, ``recall``, ``f1``, and ``delay``, the mean time until the first
            page of an incident that is found, in minutes.
        """
        rows = []
        for detector in DETECTORS:
            for threshold in THRESHOLDS:
                score = self._judged(detector, threshold)
                delay = 15 * float(score.delays[score.found].mean()) if score.found.any() else float("nan")
                rows.append((detector, threshold, score.pages.size, score.precision, score.recall, score.f1, delay))
        return pd.DataFrame(rows, columns=["detector", "threshold", "pages", "precision", "recall", "f1", "delay"])

    def steps_key(self) -> Any:
        """Name what the pages depend on: all but what is shown beside them."""
        return {name: value for name, value in self.state.items() if name != "show"}

    def steps(self) -> Steps | None:
        """Tell page by page what came and what was expected, on the days that are shown."""
        pages = np.sort(np.concatenate((self._pages(right=True), self._pages(right=False))))[:MOST]
        metric, found, told = self._metric, set[int](), list[Step]()
        first = int(np.searchsorted(metric.starts, FIRST))
        for page in pages.tolist():
            expected, value = float(self._expectation.expected[page]), float(metric.values[page])
            owner = int(np.searchsorted(metric.starts, page, side="right")) - 1
            right = owner >= 0 and page < metric.ends[owner]
            sentence = f"{_clock(page)}: {value:,.0f} requests a second come where {expected:,.0f} are expected."
            if right:
                sentence += f" A {metric.kinds[owner]} began {15 * (page - int(metric.starts[owner]))} minutes ago."
                found.add(owner - first + 1)
            else:
                sentence += " Nothing is wrong" + (", but something was when this was expected." if self._echoed(page) else ".")
            told.append(Step(_clock(page)[:2], right, [f"{number}" for number in sorted(found)], "", sentence))
        return Steps("Page by page: which of the incidents are found so far", 3, "right", "false", told) if told else None

    def _echoed(self, page: int) -> bool:
        return self.detector in ("yesterday", "last_week") and self._echoes(np.array([page])) > 0


MOST = 20  # pages that are told one by one


def _share(share: float) -> str:
    return f"{100 * share:.0f} %"


def _clock(sample: int) -> str:
    minutes = 15 * (sample % PER_DAY)
    return f"{NAMES[sample // PER_DAY % 7][:3]} {minutes // 60:02d}:{minutes % 60:02d}"
