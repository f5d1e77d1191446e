"""The timelines lab: theory against simulation, its words against its numbers, its scene against its jobs."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import TimelinesLab, timelines_runs
from labsupport.labs.marks import Line, Points
from labsupport.labs.timelines import SHOWN, STORY
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("state", [*STORY.values(), {"strategy": "on_read", "shards": 1, "reads_per_post": 100}, {"shards": 16, "reads_per_post": 1}])
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = TimelinesLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_theory_expects_what_is_simulated() -> None:
    for threshold in (10, 100, 2_000):
        lab = TimelinesLab(strategy="hybrid", threshold=threshold, reads_per_post=1)
        written, fetched = timelines_runs.expected_work("hybrid", threshold, 1)
        assert lab.result.writes.mean() == pytest.approx(written, rel=0.1)
        assert lab.result.fetches.mean() == pytest.approx(fetched, rel=0.02)
        point = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Points))
        assert point.y[0] == pytest.approx(lab.result.work / lab.result.writes.size)
        assert point.x[0] == threshold
    table = TimelinesLab(reads_per_post=1).table()
    assert table.work.to_numpy() == pytest.approx(table.expected_work.to_numpy(), rel=0.1)


def test_the_best_threshold_lies_between_the_ends_where_many_post() -> None:
    line = next(mark for mark in TimelinesLab(reads_per_post=2).chart().panels[0].marks if isinstance(mark, Line))
    assert 0 < int(np.argmin(line.y)) < len(line.y) - 1


def test_the_words_are_the_numbers() -> None:
    lab = TimelinesLab()
    assert f"written to {lab.answer():.0f} lists" in lab.describe()
    assert "no steady state" in TimelinesLab(strategy="on_read").describe()
    cached = TimelinesLab(strategy="hybrid", cache=200)
    assert f"answers {100 * cached.result.hit_ratio:.0f} % of the fetches" in cached.describe()
    assert "1 list and" in TimelinesLab(strategy="on_read", shards=16).describe()
    alone = TimelinesLab(strategy="hybrid", threshold=1_900)
    assert "celebrit" in alone.describe()


@pytest.mark.parametrize("state", [{}, {"strategy": "on_read"}, {"queue": "yes", "shards": 2}])
def test_the_scene_is_a_stretch_of_the_run(state: dict[str, object]) -> None:
    lab = TimelinesLab(**state)
    jobs, scene = lab.result.jobs, lab.scene()
    begin, things = lab._stretch()
    there = (jobs.arrivals < jobs.arrivals[things].max()) & (jobs.finishes > begin)
    assert np.array_equal(np.union1d(np.flatnonzero(there), things), np.sort(things))  # nobody is there who is not shown
    assert things.size >= SHOWN
    at_shards = scene.station > 0
    assert np.sort(scene.leave[at_shards]) == pytest.approx(np.sort(jobs.finishes[things] - begin))


def test_the_threshold_rests_where_nobody_is_a_celebrity() -> None:
    assert TimelinesLab().idle() == ["threshold"]
    assert TimelinesLab(strategy="hybrid").idle() == []
    with pytest.raises(ValueError, match="threshold is 5, but must be a whole number from 10 to 2,000"):
        TimelinesLab(threshold=5)
