"""The anomaly lab: which metric of a service a detector watches, when it pages, how many of its pages are right, and which incidents it finds."""

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
from labsupport.simulators.anomalies import FAULT, PER_DAY, WEEK, Expectation, Recording, Score

METRICS = {"traffic": "traffic", "response": "95th percentile", "turned_away": "turned away"}
AXES = {"traffic": ("requests", "1/s"), "response": ("95th percentile", "ms"), "turned_away": ("turned away", "%")}
DIGITS = {"traffic": 0, "response": 1, "turned_away": 1}
DETECTORS = {
    "fixed": "one level for all hours",
    "moving": "the last hours",
    "ewma": "the last hours, fading: EWMA",
    "yesterday": "the same time yesterday",
    "last_week": "the same time a week ago",
}
SHORT = {"fixed": "one level", "moving": "last hours", "ewma": "EWMA", "yesterday": "yesterday", "last_week": "a week ago"}
VIEWS = {"threshold": "what the threshold does", "detectors": "each detector at its best", "metrics": "each metric"}
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

STORY: dict[str, dict[str, Any]] = {
    "What users notice": {"metric": "response", "threshold": 2.0, "hold": 2, "show": "metrics"},
    "Two in a row": {"hold": 2},
    "What lasts becomes usual": {"detector": "ewma", "threshold": 2.0, "window": 3},
    "Scrapes that fail": {"glitches": 2.0},
    "Which is best?": {"hold": 2, "show": "detectors"},
}


class AnomalyLab(Lab[Score]):
    """Let a detector watch a metric of a service for twelve weeks, four values an hour, with eight incidents a week from the third week on.

    The service is that of `AllocationLab`: its servers are tuned by Bayesian optimisation, and ordered an hour before they serve, for the larger of
    the load of now and that of a week ago and a fifth more. In a surge there is more traffic than there would have been, in a loss less, and a creep
    comes bit by bit; in a fault the servers have lost a part of their caches. Alarms with no more than an hour between them are one page. A page is
    right if it is sent during an incident, and an incident is found if a page is sent during it.

    Parameters
    ----------
    metric : str, default "traffic"
        What it watches: traffic, response (the 95th percentile of the response times) or turned_away (the share of the requests that is).
    detector : str, default "last_week"
        What it expects: fixed (the first two weeks' mean), moving (that of the last hours), ewma (with weights that fade), yesterday or last_week.
    threshold : float, default 3.0
        How many standard deviations of what is usual a value may lie off, 1 to 10.
    hold : int, default 1
        How many values in a row must lie off before there is an alarm, 1 to 6.
    window : int, default 6
        How many hours back moving and ewma look, 1 to 24.
    size : int, default 40
        How large incidents are, in percent of the traffic, or of the caches, 10 to 80.
    glitches : float, default 0.5
        How many single values a day are wrong with nothing behind it, 0 to 4.
    show : str, default "threshold"
        What stands beside the metric: threshold, detectors or metrics.
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
    80
    """

    title = "Anomaly detection"
    question = (
        "A detector compares the traffic with that of a week ago, and pages where it lies off by more than three standard deviations. "
        "Of a hundred pages, how many are sent during an incident?"
    )
    main = "threshold"

    metric = Choice("watches", METRICS, default="traffic")
    detector = Choice("expects", DETECTORS, default="last_week")
    threshold = Slider("threshold", THRESHOLDS, default=3.0, unit="spreads")
    hold = Slider("values in a row", [1, 2, 3, 4, 6], default=1)
    window = Slider("looks back", [1, 2, 3, 6, 12, 24], default=6, unit="h")
    size = Slider("incidents", [10, 20, 30, 40, 60, 80], default=40, unit="%")
    glitches = Slider("wrong values a day", [0.0, 0.5, 1.0, 2.0, 4.0], default=0.5)
    show = Choice("show", VIEWS, default="threshold")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of a symptom, of patience, of what learns too fast, of wrong values, and of all detectors."""
        return STORY

    def idle(self) -> list[str]:
        """Name the window, where nobody looks back."""
        return [] if self.detector in ("moving", "ewma") or self.show == "detectors" else ["window"]

    @property
    def _incidents(self) -> Recording:
        return runs.recording(int(self.size))

    @property
    def _values(self) -> NDArray[np.float64]:
        return runs.values(self.metric, int(self.size), self.glitches)

    @property
    def _expectation(self) -> Expectation:
        return runs.expectation(self.metric, self.detector, int(self.size), self.glitches, int(self.window))

    def _judged(self, metric: str, detector: str, threshold: float) -> Score:
        return runs.judged(metric, detector, int(self.size), self.glitches, int(self.window), threshold, int(self.hold))

    def simulate(self) -> Score:
        """Let it watch."""
        return self._judged(self.metric, self.detector, self.threshold)

    def answer(self) -> float:
        """Give how many of a hundred pages are right."""
        return 100 * self.result.precision

    def chart(self) -> Chart:
        """Show some days of the metric, beside precision and recall, or what is found."""
        views = {"threshold": self._tradeoff, "detectors": self._detectors, "metrics": self._metrics}
        return Chart((self._watched(), views[self.show]()))

    def _shown(self) -> list[int]:
        """Return the numbers of the incidents that begin on the days that are shown."""
        return np.flatnonzero((self._incidents.starts >= FIRST) & (self._incidents.starts < FIRST + DAYS * PER_DAY)).tolist()

    def _watched(self) -> Panel:
        told, last, shown = self._incidents, FIRST + DAYS * PER_DAY, self._shown()
        days, digits = np.arange(DAYS * PER_DAY) / PER_DAY, DIGITS[self.metric]
        values = self._values[FIRST:last]
        top = above(1.1 * max(float(values.max()), 1.0))
        left = [(told.starts[index] - FIRST) / PER_DAY for index in shown]
        right = [min((told.ends[index] - FIRST) / PER_DAY, DAYS) for index in shown]
        marks: list[Mark] = [Columns("incident", left, right, [top] * len(shown), "reference")]
        part = slice(FIRST, last, 6)
        middle, off = self._expectation.expected[part], self.threshold * self._expectation.spread[part]
        low, high = np.clip(middle - off, 0, top), np.clip(middle + off, 0, top)
        marks.append(Area("expected", days[::6].round(2).tolist(), low.round(digits).tolist(), high.round(digits).tolist(), "theory"))
        paged = np.concatenate([self._pages(right=kept) - FIRST for kept in (True, False)])
        drawn = np.union1d(np.arange(0, days.size, 3), paged)  # every third value, and those that were paged for
        marks.append(Line(METRICS[self.metric], days[drawn].round(2).tolist(), values[drawn].round(digits).tolist()))
        for label, kept in (("page", True), ("false page", False)):
            at = self._pages(right=kept) - FIRST
            if at.size:
                marks.append(Points(label, days[at].round(2).tolist(), values[at].round(digits).tolist(), "own" if kept else "measurement"))
        names = [(day, f"{NAMES[(FIRST // PER_DAY + day) % 7]}") for day in range(DAYS)]
        title = "Measured and expected; grey: incidents"
        name, unit = AXES[self.metric]
        return Panel(title, Axis("day", (0, DAYS), names=names), Axis(name, (0, top), unit=unit), tuple(marks))

    def _pages(self, *, right: bool) -> NDArray[np.int64]:
        pages: NDArray[np.int64] = self.result.pages[self.result.right == right]
        return pages[(pages >= FIRST) & (pages < FIRST + DAYS * PER_DAY)]

    def _tradeoff(self) -> Panel:
        scores = [self._judged(self.metric, self.detector, threshold) for threshold in THRESHOLDS]
        paged = [(threshold, round(100 * each.precision, 1)) for threshold, each in zip(THRESHOLDS, scores, strict=True) if each.pages.size]
        marks: list[Mark] = [*self._guess_band(), Line("recall", THRESHOLDS, [round(100 * each.recall, 1) for each in scores], "other")]
        if paged:  # where there is no page, none of them is right or false
            marks.append(Line("precision", [at for at, _ in paged], [share for _, share in paged]))
        marks.append(Rule("now", self.threshold, role="reference"))
        return Panel("What the threshold does", Axis("threshold", (1, 10), unit="spreads"), Axis("share", (0, 105), unit="%"), tuple(marks))

    def _best(self) -> dict[str, tuple[float, Score]]:
        """Return for each detector the threshold at which F1 is highest, and its score there."""
        found = {}
        for detector in DETECTORS:
            scores = [(threshold, self._judged(self.metric, detector, threshold)) for threshold in THRESHOLDS]
            found[detector] = max(scores, key=lambda pair: pair[1].f1)
        return found

    def _detectors(self) -> Panel:
        best = self._best()
        labels = [f"{score.f1:.2f}: {_share(score.precision)} right, {_share(score.recall)} found" for _, score in best.values()]
        bars = Bars(
            [SHORT[name] for name in best], [("F1", [score.f1 for _, score in best.values()])], labels, selected=list(best).index(self.detector)
        )
        return Panel("Each detector at its best threshold", Axis("F1, from precision and recall", (0, 1)), None, (bars,))

    def _metrics(self) -> Panel:
        scores = [self._judged(metric, self.detector, self.threshold) for metric in METRICS]
        found = [self._found(score) for score in scores]
        faults = [float(each[FAULT]) for each in found]
        traffic = [sum(each.values()) - fault for each, fault in zip(found, faults, strict=True)]
        labels = [_listed(each) for each in found]
        bars = Bars(list(METRICS.values()), [("of traffic", traffic), ("faults", faults)], labels, selected=list(METRICS).index(self.metric))
        return Panel("Which incidents each metric shows", Axis("incidents found", (0, float(self.result.found.size))), None, (bars,))

    def _found(self, score: Score) -> dict[str, int]:
        """Count the incidents of each kind that are found."""
        kinds = np.array(self._incidents.kinds)
        return {kind: int(score.found[kinds == kind].sum()) for kind in runs.INCIDENTS}

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
        if self.show == "metrics":
            felt, all_of_them = runs.felt(int(self.size)), self.result.found.size
            return (
                f"Of {all_of_them // len(runs.INCIDENTS)} of each kind, found are {_listed(self._found(self.result))}; "
                f"somebody is turned away in {felt} of the incidents, and nobody in the other {all_of_them - felt}"
            )
        false = self.result.pages[~self.result.right]
        if self.detector in ("yesterday", "last_week") and (echoes := self._echoes(false)):
            ago = "the day before" if self.detector == "yesterday" else "a week before"
            share = f"All {echoes:,}" if echoes == false.size > 1 else f"{echoes:,} of {false.size:,}"
            return f"{share} false pages are echoes: nothing is wrong then, but something was {ago}, and that is what is expected now"
        missed = int((~self.result.found).sum())
        if self.metric != "traffic":
            losses = int((~self.result.found & (np.array(self._incidents.kinds) == "loss")).sum())
            return (
                "The servers follow the traffic, so what users notice is much the same at all hours; "
                f"of the {missed} incidents that are missed {losses} are losses, which slow nobody down"
            )
        if self.detector == "fixed":
            return f"What is far too much at four in the morning is little at noon: {missed} incidents do not reach a level that fits all hours"
        if self.detector in ("moving", "ewma"):
            return f"What the day does every morning and evening looks like an incident from here, and {missed} incidents look like the day"
        return f"{missed} incidents are smaller than what is usual from one time to the next, or not long enough"

    def _echoes(self, pages: NDArray[np.int64]) -> int:
        """Count the pages at whose time there was an incident a season before."""
        season = PER_DAY if self.detector == "yesterday" else WEEK
        return int(sum(np.any((self._incidents.starts <= page - season) & (page - season < self._incidents.ends)) for page in pages))

    def table(self) -> pd.DataFrame:
        """Give every detector on the metric, at every threshold.

        Returns
        -------
        pandas.DataFrame
            Columns ``detector``, ``threshold`` in spreads, ``pages``, ``precision``, ``recall``, ``f1``, ``delay``, the mean time until the first
            page of an incident that is found, in minutes, and ``surge``, ``loss``, ``creep`` and ``fault``: how many of these are found.
        """
        rows = []
        for detector in DETECTORS:
            for threshold in THRESHOLDS:
                score = self._judged(self.metric, detector, threshold)
                delay = 15 * float(score.delays[score.found].mean()) if score.found.any() else float("nan")
                rows.append((detector, threshold, score.pages.size, score.precision, score.recall, score.f1, delay, *self._found(score).values()))
        return pd.DataFrame(rows, columns=["detector", "threshold", "pages", "precision", "recall", "f1", "delay", *runs.INCIDENTS])

    def steps_key(self) -> Any:
        """Name what the pages depend on: all but what is shown beside them."""
        return {name: value for name, value in self.state.items() if name != "show"}

    def steps(self) -> Steps | None:
        """Tell page by page what came and what was expected, on the days that are shown."""
        pages = np.sort(np.concatenate((self._pages(right=True), self._pages(right=False))))[:MOST]
        metric, found, told = self._incidents, set[int](), list[Step]()
        first = int(np.searchsorted(metric.starts, FIRST))
        for page in pages.tolist():
            expected, value = float(self._expectation.expected[page]), float(self._values[page])
            owner = int(np.searchsorted(metric.starts, page, side="right")) - 1
            right = owner >= 0 and page < metric.ends[owner]
            sentence = f"{_clock(page)}: {_measured(self.metric, value, expected)}."
            if right:
                sentence += f" A {metric.kinds[owner]} began {15 * (page - int(metric.starts[owner]))} minutes ago."
                found.add(owner - first + 1)
            else:
                sentence += " Nothing is wrong" + (", but something was when this was expected." if self._echoed(page) else ".")
            told.append(Step(_clock(page)[:2], right, [f"{number}" for number in sorted(found)], "", sentence))
        return Steps("Page by page: which of the incidents are found so far", len(self._shown()), "right", "false", told) if told else None

    def _echoed(self, page: int) -> bool:
        return self.detector in ("yesterday", "last_week") and self._echoes(np.array([page])) > 0


MOST = 20  # pages that are told one by one


def _listed(found: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind if count == 1 else 'losses' if kind == 'loss' else kind + 's'}" for kind, count in found.items())


def _measured(metric: str, value: float, expected: float) -> str:
    if metric == "traffic":
        return f"{value:,.0f} requests a second come where {expected:,.0f} are expected"
    if metric == "response":
        return f"95 of 100 requests take at most {value:.0f} ms where {expected:.0f} ms are expected"
    return f"{value:.1f} % of the requests are turned away where {expected:.1f} % are expected"


def _share(share: float) -> str:
    return f"{100 * share:.0f} %"


def _clock(sample: int) -> str:
    minutes = 15 * (sample % PER_DAY)
    return f"{NAMES[sample // PER_DAY % 7][:3]} {minutes // 60:02d}:{minutes % 60:02d}"
