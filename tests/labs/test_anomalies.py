"""The anomaly lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import AnomalyLab, service_runs
from labsupport.labs import anomalies_runs as runs
from labsupport.labs.anomalies import DETECTORS, METRICS, STORY
from labsupport.labs.marks import Bars, Line, Points
from labsupport.simulators import allocation, anomalies, service, tuning
from tests.labs.test_figure import assert_complete, assert_readable

EXTREMES = [
    {"metric": "turned_away", "detector": "fixed", "size": 80, "show": "metrics"},
    {"metric": "response", "detector": "moving", "glitches": 4.0},
    {"metric": "turned_away", "size": 10},
    {"detector": "fixed", "threshold": 10.0},
    {"detector": "ewma", "size": 80, "window": 1},
]


@pytest.mark.parametrize(
    "state", [*STORY.values(), *EXTREMES, {"detector": "fixed", "threshold": 10.0}, {"detector": "ewma", "size": 80, "window": 1}]
)
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = AnomalyLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("metric", METRICS)
def test_the_numbers_are_the_simulators(metric: str) -> None:
    lab = AnomalyLab(metric=metric, detector="ewma", threshold=2.5, hold=2, window=3, size=60, glitches=1.0)
    told, glitched = (
        anomalies.record(12, service_runs.SEED, size=0.6, per_week=8, glitches=glitches, kinds=("surge", "loss", "creep", "fault"))
        for glitches in (0.0, 1.0)
    )
    traffic, lost = 10 * told.values, np.zeros(told.values.size)
    for index, (start, end) in enumerate(zip(told.starts, told.ends, strict=True)):
        lost[start:end] = 0.6 if index % 4 == 3 else 0
    before = np.append(traffic[: anomalies.LEARNING], traffic)
    servers = allocation.allocate("larger", before, 4, 0.2, tuning.capacity(8, 10.5, 100.0)).servers
    seen = getattr(service.observe(traffic, servers, 8, 10.5, lost), metric) * glitched.values / told.values
    alarms = anomalies.expect("ewma", seen, window=12).alarms(seen, 2.5, 2)
    direct = anomalies.score(alarms, told.starts, told.ends)
    assert lab.answer() == 100 * direct.precision
    row = lab.table().set_index(["detector", "threshold"]).loc["ewma", 2.5]
    assert (row.pages, row.precision, row.recall) == (direct.pages.size, direct.precision, direct.recall)
    assert [row[kind] for kind in ("surge", "loss", "creep", "fault")] == [direct.found[turn::4].sum() for turn in range(4)]
    assert f"there are {direct.pages.size} pages, {direct.right.sum()} of them right, and {direct.found.sum()} incidents are found" in lab.describe()


def test_a_fault_shows_in_what_users_notice_and_a_loss_only_in_the_traffic() -> None:
    best = {}
    for metric in METRICS:
        tried = AnomalyLab(metric=metric, hold=2).table()
        best[metric] = tried.loc[tried.f1.idxmax()]
    assert best["traffic"].fault == 0
    assert min(best["response"].fault, best["turned_away"].fault) > 10
    assert best["traffic"].loss > 5
    assert max(best["response"].loss, best["turned_away"].loss) == 0
    assert best["response"].detector == "fixed"  # the servers follow the traffic, and so take its hours out of it
    assert min(best["response"].f1, best["turned_away"].f1) > best["traffic"].f1


def test_the_bars_are_what_each_metric_shows() -> None:
    lab = AnomalyLab(metric="response", hold=2, show="metrics")
    bars = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Bars))
    for place, metric in enumerate(METRICS):
        row = AnomalyLab(metric=metric, hold=2).table().set_index(["detector", "threshold"]).loc["last_week", 3.0]
        assert [part[1][place] for part in bars.parts] == [row.surge + row.loss + row.creep, row.fault]
    assert bars.selected == 1
    away = runs.metrics(40).turned_away
    told = runs.recording(40)
    felt = sum(away[start:end].max() > 0 for start, end in zip(told.starts, told.ends, strict=True))
    assert f"somebody is turned away in {felt} of the incidents, and nobody in the other {80 - felt}" in lab.describe()


def test_on_what_users_notice_most_that_is_missed_is_a_loss() -> None:
    lab = AnomalyLab(metric="response", detector="fixed", threshold=4.0, hold=2)
    missed = ~lab.result.found
    losses = sum(bool(each) and kind == "loss" for each, kind in zip(missed, runs.recording(40).kinds, strict=True))
    assert f"of the {missed.sum()} incidents that are missed {losses} are losses" in lab.describe()
    assert "95 of 100 requests take at most" in lab.steps().steps[0].sentence


def test_every_page_of_the_days_shown_is_in_the_picture() -> None:
    lab = AnomalyLab()
    marks = {mark.label: mark for mark in lab.chart().panels[0].marks if isinstance(mark, (Line, Points))}
    shown = [round(runs.FIRST + day * anomalies.PER_DAY) for label in ("page", "false page") for day in marks[label].x]
    pages = lab.result.pages
    assert sorted(shown) == pages[(pages >= runs.FIRST) & (pages < runs.FIRST + runs.DAYS * anomalies.PER_DAY)].tolist()
    assert len(lab.steps().steps) == len(shown)
    assert sum(step.good for step in lab.steps().steps) == len(marks["page"].x)


def test_echoes_are_pages_of_what_was_a_week_ago() -> None:
    lab = AnomalyLab(hold=2)
    recording = runs.recording(40)
    during = np.zeros(recording.values.size, dtype=bool)
    for start, end in zip(recording.starts, recording.ends, strict=True):
        during[start:end] = True
    false = lab.result.pages[~lab.result.right]
    echoes = int(during[false - anomalies.WEEK].sum())
    assert f"{echoes} false pages are echoes" in lab.describe().replace(f"of {false.size} ", "")
    assert 2 * echoes > false.size
    lab.detector = "yesterday"
    assert "the day before" in lab.describe()


def test_the_bars_are_each_detector_at_its_best() -> None:
    lab = AnomalyLab(show="detectors", hold=2)
    bars = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Bars))
    best = lab.table().groupby("detector").f1.max()
    assert list(bars.parts[0][1]) == pytest.approx([best[name] for name in DETECTORS])
    assert best.idxmax() == "last_week"
    assert "a week ago comes first" in lab.describe()


def test_no_page_is_no_false_page() -> None:
    lab = AnomalyLab(detector="fixed", threshold=10.0)
    assert lab.answer() == 100
    assert "there is no page" in lab.describe()
    assert lab.steps() is None


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="hold is 7, but must be a whole number from 1 to 6"):
        AnomalyLab(hold=7)
