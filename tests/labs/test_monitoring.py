"""The monitoring lab: its numbers against the simulators one range at a time, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import MonitoringLab
from labsupport.labs import monitoring_runs as runs
from labsupport.labs.marks import Area, Line, Points
from labsupport.labs.monitoring import HOLDS, STORY
from labsupport.labs.monitoring_runs import BEGINS, BUCKETS, EVALUATION, FRESH, LENGTH, Setting
from labsupport.simulators.monitoring import histogram_quantile, rate
from labsupport.simulators.scrapes import scrape
from tests.labs.test_figure import assert_complete, assert_readable

EXTREMES = [
    {"threshold": 0.4, "hold": 0, "hiccups": 12},
    {"buckets": "few", "threshold": 5.0},
    {"length": 600, "hold": 600, "window": 600},
    {"length": 10, "interval": 120, "window": 30, "lost": 50},
    {"metric": "gauge", "interval": 5, "lost": 50, "hiccups": 0},
    {"window": 30, "interval": 15, "lost": 50},
]


@pytest.mark.parametrize("state", [{}, *EXTREMES])
def test_the_picture_is_complete_and_readable(state):
    lab = MonitoringLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("restarts", [(), (400.0, 1_003.0)])
@pytest.mark.parametrize(("interval", "window", "lost"), [(15, 60, 0.0), (10, 30, 0.3), (60, 60, 0.0), (30, 300, 0.1)])
def test_all_windows_at_once_are_each_what_the_simulator_says(restarts, interval, window, lost):
    bounds = BUCKETS["prometheus"]
    seen = scrape(*runs.requests(180, 4), bounds, interval, LENGTH, offset=2, lost=lost, restarts=restarts, seed=4)
    ends = runs.evaluations()
    at_once = runs.rates(seen.times, seen.counts, ends, window)
    one_by_one = [[rate(seen.times, column, end - window, end) for column in seen.counts.T] for end in ends]
    np.testing.assert_allclose(at_once, one_by_one, rtol=1e-12)
    rising = np.maximum.accumulate(at_once, axis=1)
    quantiles = [np.nan if np.isnan(row[-1]) else histogram_quantile(0.99, bounds, row) for row in rising]
    np.testing.assert_allclose(runs.quantiles(0.99, np.array(bounds), at_once), quantiles, rtol=1e-12)


@pytest.mark.parametrize("counts", [[0, 4, 8, 8], [8, 8, 8, 8], [0, 0, 0, 8], [0, 0, 0, 0], [1, 1, 7, 8]])
@pytest.mark.parametrize("q", [0.1, 0.5, 0.75, 0.99, 1.0])
def test_quantiles_of_many_are_those_of_each(counts, q):
    bounds = np.array([1.0, 2.0, 4.0, np.inf])
    found = runs.quantiles(q, bounds, np.array([counts, counts], dtype=np.float64))
    np.testing.assert_allclose(found, histogram_quantile(q, bounds, counts))


def test_the_truth_is_the_percentile_of_the_raw_latencies():
    served, truth = runs.requests(180, 4), runs.truth(180, 4)
    for place in (0, 25, 32, 79):
        inside = served.responses[(served.finishes > 30 * place) & (served.finishes <= 30 * place + 30)]
        assert truth[place] == np.percentile(inside, 99, method="inverted_cdf")
    assert np.isnan(runs._exact(served, np.array([-2.0]), np.array([-1.0]))[0])


def test_hiccups_stay_away_from_the_incident_and_from_each_other():
    begins = np.sort(runs._drawn()[2])
    assert np.diff(begins).min() > 60
    assert not np.any((begins > BEGINS - 60) & (begins < BEGINS + 660))
    calm = runs.truth(10, 0)
    assert calm[33:].max() < 1


def test_a_gauge_shows_what_it_was_when_last_scraped():
    shown = runs.shown(Setting(180, 4, "gauge", "few", 60, 60, 0.0))
    served = runs.requests(180, 4)
    inside = served.responses[(served.finishes > 984 - FRESH) & (served.finishes <= 984)]
    assert shown[65] == np.percentile(inside, 99, method="inverted_cdf")  # at 990 s; scraped 24 s into each minute
    assert np.isnan(shown[0])


def test_the_picture_and_the_table_say_what_the_alert_did():
    lab = MonitoringLab(hiccups=8, hold=30)
    seen, costs = lab.chart().panels
    delay = lab.result.alert.fired[(lab.result.alert.fired > BEGINS)][0] - BEGINS
    assert lab.answer() == delay
    point = next(mark for mark in costs.marks if isinstance(mark, Points))
    assert (point.x[0], point.y[0]) == (0.5, delay / 60)
    shade = next(mark for mark in seen.marks if isinstance(mark, Area))
    assert np.unique(np.array(shade.x) * 60)[np.unique(np.array(shade.x) * 60) > BEGINS][0] == BEGINS + delay
    table = lab.table()
    assert list(table["for"]) == HOLDS
    row = table.set_index("for").loc[30]
    assert row["fires_after"] == delay
    apart = (lab.result.alert.times < BEGINS) | (lab.result.alert.times > BEGINS + 180 + 15 + 60)
    assert row["false_time"] == EVALUATION * (lab.result.alert.firing & apart).sum()
    assert f"{row['false_alarms']:.0f} times for nothing" in lab.describe()


def test_a_longer_wait_calls_later_and_less_often_for_nothing():
    table = MonitoringLab(hiccups=12, length=600).table()
    assert table["fires_after"].is_monotonic_increasing
    assert table["false_time"].is_monotonic_decreasing
    assert table["false_alarms"].iloc[0] > 8
    assert table["false_alarms"].iloc[-1] == 0


def test_the_stories_come_out_as_they_are_called():
    told = {name: MonitoringLab(**state) for name, state in STORY.items()}
    assert "no scrape saw the gauge" in told["Between two scrapes"].describe()
    assert "shows nothing at all" in told["One scrape in a window"].describe()
    assert "nothing above the last bound, 1 s" in told["The last bucket ends at 1 s"].describe()
    assert "too few for a wait of 5 minutes" in told["Too patient"].describe()
    assert "11 times for nothing" in told["Too hasty"].describe()
    missed = [name for name, lab in told.items() if lab.answer() == LENGTH - BEGINS]
    assert missed == list(STORY)[:4]


def test_counters_keep_what_happens_between_two_scrapes():
    state = STORY["Between two scrapes"] | {"window": 120}
    assert MonitoringLab(**(state | {"metric": "histogram"})).answer() < 120


def test_finer_buckets_read_nearer_to_the_truth():
    errors = []
    for buckets in ("few", "powers", "many"):
        lab = MonitoringLab(buckets=buckets, length=600, hiccups=0)
        calm = lab.result.alert.times < BEGINS - 60
        errors.append(abs(np.nanmean(lab.result.shown[calm]) - lab.result.truth[:29].mean()))
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 0.2
    assert errors[-1] < 0.03


def test_an_alert_that_always_fires_is_believed_by_nobody():
    lab = MonitoringLab(threshold=0.4, hold=0)
    assert "was firing before it began" in lab.describe()


def test_lost_scrapes_start_the_wait_anew():
    lost = MonitoringLab(lost=50, window=30, length=300, hold=180)
    assert np.isnan(lost.result.shown).any()
    assert lost.answer() > MonitoringLab(window=30, length=300, hold=180).answer()


def test_a_gauge_has_no_use_for_window_and_buckets():
    lab = MonitoringLab(metric="gauge")
    picture = lab.chart()
    lab.set_state({"window": 300, "buckets": "few"})
    assert lab.idle() == ["window", "buckets"]
    assert lab.chart() == picture


def test_the_counters_story_loses_only_what_a_restart_hides():
    steps = MonitoringLab().steps().steps
    assert [step.good for step in steps].count(False) == 1
    assert "In the last minute it grew by 120." in steps[5].sentence  # although that scrape failed
    assert "restarted" in steps[8].sentence
    assert max(len(step.contents) for step in steps) <= 5


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="interval is 1, but must be a whole number from 5 to 120"):
        MonitoringLab(interval=1)


def test_where_nothing_is_shown_the_line_has_a_gap_and_what_waits_is_marked() -> None:
    lab = MonitoringLab(lost=50, window=30, interval=15)
    marks = lab.chart().panels[0].marks
    lines = [mark for mark in marks if type(mark) is Line and mark.role == "main"]
    [alone] = [mark for mark in marks if isinstance(mark, Points)]
    drawn = sorted(x for mark in [*lines, alone] for x in mark.x)
    known = np.isfinite(lab.result.shown)
    assert drawn == (lab.result.alert.times[known] / 60).tolist()
    assert all(np.allclose(np.diff(mark.x), 0.25) for mark in lines)
    assert [mark.label for mark in lines].count("as it is shown") == 1
    lab = MonitoringLab()
    shades = [mark for mark in lab.chart().panels[0].marks if isinstance(mark, Area)]
    assert [mark.label for mark in shades] == ["alert fires", ""]
    begins = np.flatnonzero(np.diff(lab.result.alert.pending.astype(int), prepend=0) == 1)
    assert set(lab.result.alert.times[begins] / 60) <= set(shades[1].x)
    assert max(shades[1].high) < 0.1 * max(shades[0].high)


def test_a_long_window_is_patience_too_as_notebook_09_asks_once_more() -> None:
    assert MonitoringLab().answer() == 90  # question 07.2
    patient = MonitoringLab(window=300, hold=120)
    assert patient.answer() == patient.length == 180  # question 09.3: it fires at the moment at which the incident ends
    assert MonitoringLab(window=300, hold=0).table()["false_alarms"].max() == 0 < MonitoringLab(hold=0).table()["false_alarms"].max()
    assert np.isnan(MonitoringLab().table().set_index("for").loc[300, "fires_after"])
    assert patient.table().set_index("for").loc[300, "fires_after"] == 360
