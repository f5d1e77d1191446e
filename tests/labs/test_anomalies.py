"""The anomaly lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import AnomalyLab
from labsupport.labs import anomalies_runs as runs
from labsupport.labs.anomalies import DETECTORS, STORY
from labsupport.labs.marks import Bars, Line, Points
from labsupport.simulators import anomalies
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("state", [*STORY.values(), {"detector": "fixed", "threshold": 10.0}, {"detector": "ewma", "size": 80, "window": 1}])
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = AnomalyLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_numbers_are_the_simulators() -> None:
    lab = AnomalyLab(detector="ewma", threshold=2.5, hold=2, window=3, size=60, glitches=1.0)
    recording = anomalies.record(12, runs.SEED, size=0.6, per_week=6, glitches=1.0)
    alarms = anomalies.expect("ewma", recording.values, window=12).alarms(recording.values, 2.5, 2)
    direct = anomalies.score(alarms, recording.starts, recording.ends)
    assert lab.answer() == 100 * direct.precision
    row = lab.table().set_index(["detector", "threshold"]).loc["ewma", 2.5]
    assert (row.pages, row.precision, row.recall) == (direct.pages.size, direct.precision, direct.recall)
    assert f"there are {direct.pages.size} pages, {direct.right.sum()} of them right, and {direct.found.sum()} incidents are found" in lab.describe()


def test_every_page_of_the_days_shown_is_in_the_picture() -> None:
    lab = AnomalyLab()
    marks = {mark.label: mark for mark in lab.chart().panels[0].marks if isinstance(mark, (Line, Points))}
    shown = [round(runs.FIRST + day * anomalies.PER_DAY) for label in ("page", "false page") for day in marks[label].x]
    pages = lab.result.pages
    assert sorted(shown) == pages[(pages >= runs.FIRST) & (pages < runs.FIRST + 3 * anomalies.PER_DAY)].tolist()
    assert len(lab.steps().steps) == len(shown)
    assert sum(step.good for step in lab.steps().steps) == len(marks["page"].x)


def test_echoes_are_pages_of_what_was_a_week_ago() -> None:
    lab = AnomalyLab(hold=2)
    recording = runs.recording(40, 0.5)
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
