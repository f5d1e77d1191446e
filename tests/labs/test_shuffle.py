"""The shuffle lab: its numbers against the simulator and theory, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import ShuffleLab, shuffle_runs
from labsupport.labs.marks import Columns, Line
from labsupport.labs.shuffle_runs import PARTITIONS, RECORDS, SIZE
from labsupport.simulators import shuffle
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("combiner", ["yes", "no"])
@pytest.mark.parametrize("state", [{"partitions": 2, "skew": 0.0}, {"partitions": 32, "speed": 10, "skew": 1.5}, {"placed": "home", "distinct": 10}])
def test_the_picture_is_complete_and_readable(combiner: str, state: dict[str, object]) -> None:
    lab = ShuffleLab(combiner=combiner, **state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_numbers_are_the_simulators() -> None:
    lab = ShuffleLab(partitions=6, distinct=300, skew=1.2, speed=50, speculation="yes")
    options = {"record_time": 0.01, "record_size": 1_000, "bandwidth": 1e5, "speculation": 1.5}
    direct = shuffle.simulate(shuffle_runs.trace(300, 1.2), 6, combiner=True, speeds=[0.5, 1, 1, 1, 1, 1], **options)
    assert lab.answer() == direct.moved
    assert lab.result.total == direct.total
    heights = [height for mark in lab.chart().panels[0].marks if isinstance(mark, Columns) for height in mark.heights]
    assert sorted(heights) == sorted(direct.times.ravel().tolist())
    main = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line) and mark.role == "main")
    assert lab.chart().panels[1].y.title == "moved (MB)"
    assert main.y[PARTITIONS.index(6)] == pytest.approx(direct.moved_bytes / 1e6) == direct.moved * SIZE / 1e6
    assert lab.table().set_index("partitions")["moved"][6] == direct.moved


@pytest.mark.parametrize("skew", [0.0, 0.8, 1.5])
@pytest.mark.parametrize("distinct", [10, 1_000, 10_000])
def test_theory_says_what_a_combiner_sends(distinct: int, skew: float) -> None:
    # A sum of indicators that are independent or negatively associated: its variance is at most its mean, and this is four standard deviations.
    table = ShuffleLab(distinct=distinct, skew=skew).table()
    assert (np.abs(table["with_combiner"] - table["theory"]) <= 4 * np.sqrt(table["theory"])).all()


def test_words_tell_a_slow_worker_from_a_hot_key() -> None:
    slow, copied = ShuffleLab(speed=20), ShuffleLab(speed=20, speculation="yes")
    assert "all wait for worker 1" in slow.describe()
    assert f"with second copies the job would take {copied.result.total:,.0f} ms" in slow.describe()
    assert copied.result.total < slow.result.total
    hot = [ShuffleLab(combiner="no", skew=1.4, speculation=copies) for copies in ("no", "yes")]
    assert hot[0].result.total == hot[1].result.total
    assert "because frequent keys are its" in hot[1].describe()


@pytest.mark.parametrize("state", [{}, {"placed": "home"}, {"partitions": 32, "speed": 10}, {"distinct": 10, "partitions": 3}])
def test_the_scene_keeps_to_the_barriers(state: dict[str, object]) -> None:
    lab = ShuffleLab(**state)
    scene, ends, count = lab.scene(), lab.result.stage_times.cumsum(), lab.partitions
    begun = scene.station >= count
    assert np.sum(begun) == np.unique(scene.thing).size <= RECORDS
    assert scene.leave[scene.kind == 0].max() <= ends[0]
    assert scene.enter[begun].min() >= ends[0]
    assert scene.enter[begun].max() <= ends[1] * (1 + 1e-12)
    assert scene.leave.max() <= ends[2] * (1 + 1e-12)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="partitions is 33, but must be a whole number from 2 to 32"):
        ShuffleLab(partitions=33)
