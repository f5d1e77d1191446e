"""The streaming lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import StreamingLab, streaming_runs
from labsupport.labs.marks import Bars, Line, Rule
from labsupport.labs.streaming import CONTROLLERS, STORY
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize(
    "state",
    [*STORY.values(), {"controller": "fixed", "rung": 6, "bandwidth": 0.5}, {"course": "tunnels", "bandwidth": 0.5, "cache": "far"}, {"buffer": 8}],
)
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    for view in ("buffer", "scores", "alert"):
        lab = StreamingLab(**(state | {"view": view}))
        assert_complete(lab)
        assert_readable(lab.figure())


def test_the_buffer_is_what_was_loaded_and_not_yet_played() -> None:
    lab = StreamingLab(controller="bola")
    session = lab.result
    line = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line))
    times, levels = np.array(line.x), np.array(line.y)
    assert np.all(np.diff(times) >= 0)
    assert levels.max() <= lab.buffer + 1e-9
    for moment in (50.3, 140.7, 250.1):
        loaded = 4.0 * np.sum(session.arrivals <= moment)
        played = np.clip(moment - session.plays, 0, 4.0).sum()
        assert np.interp(moment, times, levels) == pytest.approx(loaded - played, abs=1e-6)


def test_the_longest_stall_is_pointed_at() -> None:
    lab = StreamingLab()
    rule = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Rule) and mark.axis == "x")
    assert rule.label == f"stands still for {lab.result.stalls[1:].max():.1f} s"
    assert lab.answer() == pytest.approx(lab.result.startup + lab.result.rebuffering)
    assert not [mark for mark in StreamingLab(controller="bola").chart().panels[1].marks if isinstance(mark, Rule) and mark.axis == "x"]


@pytest.mark.parametrize("course", ["steady", "changing", "tunnels"])
@pytest.mark.parametrize("cache", ["near", "far"])
def test_nobody_in_the_lab_beats_the_best(course: str, cache: str) -> None:
    for bandwidth in (0.5, 2.0, 10.0):
        table = StreamingLab(course=course, cache=cache, bandwidth=bandwidth).table().set_index("controller")
        assert table.score.max() == table.score["best possible"]


def test_the_bars_are_the_scores() -> None:
    lab = StreamingLab(view="scores", controller="bola", stall_cost=1.0)
    bars = lab.chart().panels[1].marks[0]
    assert isinstance(bars, Bars)
    scores = lab.table().score.tolist()
    assert list(bars.parts[0][1]) == pytest.approx([max(score, 0.0) for score in scores])
    assert bars.selected == list(CONTROLLERS).index("bola")
    assert f"{scores[3]:.2f}" in lab.describe()
    assert f"{scores[4]:.2f}" in lab.describe()


def test_a_window_limits_what_comes_from_afar() -> None:
    far, near = (StreamingLab(controller="bola", bandwidth=6.0, cache=cache) for cache in ("far", "near"))
    assert "no more than 2.6 Mbit/s come from so far" in far.describe()
    assert f"{near.result.score():.2f}" in far.describe()


def test_a_monitor_sees_what_stood_still_and_no_more() -> None:
    """Counted again, a hundredth of a second at a time."""
    session = StreamingLab().result
    moments = np.arange(0, 330, 0.01)
    playing = ((session.plays[:, np.newaxis] <= moments) & (moments < session.plays[:, np.newaxis] + 4)).any(axis=0)
    still = ~playing & (moments > session.plays[0]) & (moments < session.plays[-1])
    times, shares = streaming_runs.reports(session)
    counted = [still[(moments > time - 60) & (moments <= time)].sum() / 6_000 for time in times]
    assert shares == pytest.approx(counted, abs=0.003)  # a dozen of stops, whose ends lie between hundredths
    begins, ends = streaming_runs.stops(session)
    assert (ends - begins).sum() == pytest.approx(session.rebuffering)


def test_an_alert_fires_late_or_not_at_all() -> None:
    lab, fired = StreamingLab(view="alert"), []
    for hold in (0, 30, 60, 120):
        lab.hold = hold
        rules = [mark for mark in lab.chart().panels[1].marks if isinstance(mark, Rule) and mark.axis == "x"]
        fired += [rule.at for rule in rules]
        assert bool(rules) == ("the alert fires" in lab.describe()) != ("no alert fires" in lab.describe())
    assert len(fired) == 2
    assert fired[1] - fired[0] == 30
    assert "is pending, but not for 120 s at a stretch" in lab.describe()
    assert "needs more than 10 % of a minute" in StreamingLab(view="alert", course="tunnels").describe()
    assert "never stands still once it plays" in StreamingLab(view="alert", controller="bola").describe()


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="buffer is 7, but must be a whole number from 8 to 240"):
        StreamingLab(buffer=7)
