"""The dashboard lab: its numbers against the archives, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import DashboardLab
from labsupport.labs.archives import AGES, FUNCTIONS, HOUR, LINES, STORY
from labsupport.simulators import archives
from labsupport.simulators.archives import GANGLIA, STEP, keep
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize(
    "state", [*STORY.values(), {"nodes": 1}, {"nodes": 4_000, "length": 1_800}, {"length": 15, "line": "hottest", "threshold": 30}]
)
def test_the_picture_is_complete_and_readable(state):
    lab = DashboardLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_shown_is_what_the_archives_still_hold(age, function):
    """A whole database is filled: the hour, and calm measurements until it is looked at."""
    lab = DashboardLab(nodes=1, age=age, function=function)
    hours = AGES[age][0]
    calm = np.full(int(hours * HOUR / STEP), 20.0)
    rings = [archives.Archive(ring.steps, ring.rows, function) for ring in GANGLIA]
    kept = keep(np.concatenate((lab.result.truth, calm)), rings)
    place = archives.choose(GANGLIA, STEP, hours * HOUR)
    resolution = rings[place].steps * STEP
    last = kept.measured // rings[place].steps
    ends = resolution * np.arange(last - kept.kept[place].size + 1, last + 1)
    np.testing.assert_allclose(kept.kept[place][ends <= HOUR], lab.result.shown)


def test_an_average_is_never_above_its_best():
    for nodes in (1, 10, 1_000):
        for length in (15, 240, 1_800):
            lab = DashboardLab(nodes=nodes, length=length)
            for line in LINES:
                lab.line = line
                for age, (hours, _) in AGES.items():
                    lab.age = age
                    assert lab.answer() <= lab._least(hours) + 6  # three standard deviations of a measurement


def test_a_longer_row_and_more_nodes_hide_more():
    months = [DashboardLab(nodes=nodes).answer() for nodes in (1, 10, 100, 1_000)]
    assert months == sorted(months, reverse=True)
    ages = [DashboardLab(age=age, line="hottest").answer() for age in AGES]
    assert ages == sorted(ages, reverse=True)
    assert ages[0] == 100


def test_the_sentence_says_whether_an_alert_would_have_fired():
    assert "would never have fired" in DashboardLab().describe()
    assert "is above 80 % for 4 minutes" in DashboardLab(line="hottest", age="hour").describe()
    assert "every measurement is still there" in DashboardLab(nodes=1, age="hour", length=15).describe()
    assert "where the node was hot for 0.25" in DashboardLab(**STORY["One bad measurement"]).describe()


def test_the_ring_forgets_its_oldest_row():
    story = DashboardLab(function="maximum").steps()
    overwritten = [step for step in story.steps if step.left]
    assert [step.left for step in overwritten] == ["21", "100", "22"]
    assert all(len(step.contents) <= 3 for step in story.steps)
