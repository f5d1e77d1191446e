"""The batching lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs import BatchingLab
from labsupport.labs.batching import SIZES, STORY, WARM_UP
from labsupport.labs.marks import Area, Line, Rule
from tests.labs.test_figure import assert_complete, assert_readable

EXTREMES = [
    {"rate": 400, "each": 5.0},
    {"rate": 10, "batch": 200, "arrivals": "bursts"},
    {"rate": 400, "fixed": 0.5, "each": 0.1, "batch": 1, "arrivals": "even"},
    {"fixed": 100.0, "rate": 200, "batch": 7},
    {"begins": "wait", "wait": 0, "batch": 200},
]


@pytest.mark.parametrize("state", EXTREMES)
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = BatchingLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_answer_is_the_mean_of_what_was_simulated() -> None:
    lab = BatchingLab()
    assert lab.answer() == pytest.approx(1_000 * lab.result.latencies[WARM_UP:].mean())
    assert f"it takes {lab.answer():.0f} ms on average" in lab.describe()
    table = lab.table().set_index("batch")
    assert table["mean"][10] == pytest.approx(lab.answer())
    assert table["mean"].isna().tolist() == [size < 3 for size in SIZES]
    assert f"lowest, {table['mean'].min():.0f} ms, with {table['mean'].idxmin()} in a batch" in lab.describe()


def test_items_that_come_evenly_lie_on_the_line_of_theory() -> None:
    mean, exact = (
        next(mark for mark in BatchingLab(arrivals="even").chart().panels[0].marks if isinstance(mark, Line) and mark.label == label)
        for label in ("mean", "evenly")
    )
    np.testing.assert_allclose(mean.y, exact.y, rtol=0.02)  # the last batch is not full
    assert exact.y[mean.x.index(10)] == pytest.approx(1_000 * float(theory.batch_mean_latency(100, 10, 0.02, 0.002)))


@pytest.mark.parametrize("state", [{}, {"rate": 150, "fixed": 10.0, "each": 1.0}, {"rate": 200, "each": 2.0, "fixed": 50.0}, {"rate": 10}])
def test_a_rule_stands_where_the_mean_is_lowest(state: dict[str, float]) -> None:
    for arrivals in ("even", "random"):
        lab = BatchingLab(batch=200, arrivals=arrivals, **state)
        marks = lab.chart().panels[0].marks
        lowest = next(mark for mark in marks if isinstance(mark, Rule) and mark.label.startswith("lowest"))
        mean = next(mark for mark in marks if isinstance(mark, Line) and mark.label == "mean")
        assert lowest.at == mean.x[int(np.argmin(mean.y))]
        assert lowest.label == f"lowest mean: {lowest.at:g}"
        load = lab.rate * lab.each / 1_000
        smallest = max(1, math.ceil(lab.rate * lab.fixed / 1_000 / (1 - load) - 1e-9))
        assert mean.x[0] == smallest  # also where it is none of the sizes of the slider
        assert all(mark.x[-1] == smallest for mark in marks if isinstance(mark, Area))
        assert lowest.at == smallest if arrivals == "even" else lowest.at >= smallest
        at_it = BatchingLab(batch=int(lowest.at), arrivals=arrivals, **state).chart().panels[0].marks
        assert sum(isinstance(mark, Rule) for mark in at_it) == 1


def test_the_stories_come_out_as_they_are_called() -> None:
    told = {name: BatchingLab(**state) for name, state in STORY.items()}
    assert "the line grows for as long as you watch; from 3 in a batch on it keeps up" in told["One by one"].describe()
    assert "though 3 would keep up" in told["The smallest that keeps up"].describe()
    assert told["As cheap as can be"].answer() > 10 * told["Full, or after 50 ms"].answer()
    assert "the worker works" in told["Take whoever is there"].describe()


def test_nothing_keeps_up_where_the_items_alone_are_too_much() -> None:
    lab = BatchingLab(rate=400, each=5.0)
    assert "No batch is large enough" in lab.describe()
    assert not [mark for mark in lab.chart().panels[0].marks if isinstance(mark, Line)]
    assert lab.table()["mean"].isna().all()


def test_a_wait_rests_where_batches_are_filled() -> None:
    assert BatchingLab().idle() == ["wait"]
    assert BatchingLab(begins="wait").idle() == []


@pytest.mark.parametrize("state", [{}, {"batch": 200, "rate": 10}, {"batch": 1}, {"begins": "wait", "wait": 0}])
def test_the_scene_takes_items_from_the_next_batch_together(state: dict[str, object]) -> None:
    scene = BatchingLab(**state).scene()
    assert scene is not None
    begins = scene.enter[scene.station == 2]
    _, counts = np.unique(begins, return_counts=True)
    assert counts.max() <= state.get("batch", 10)
    assert 1 <= begins.size <= 400


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="batch is 0, but must be a whole number from 1 to 200"):
        BatchingLab(batch=0)
