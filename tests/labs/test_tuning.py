"""The tuning lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import TuningLab
from labsupport.labs import tuning_runs as runs
from labsupport.labs.marks import Area, Band, Line, Points, Rule
from labsupport.labs.tuning import METHODS, STORY
from labsupport.predictions import predict
from labsupport.simulators import tuning
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("state", [*STORY.values(), {"budget": 4, "rate": 200}, {"budget": 32, "method": "halving", "workers": 9, "cache": 11.5}])
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = TuningLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("method", METHODS)
def test_the_numbers_are_the_simulators(method: str) -> None:
    lab = TuningLab(method=method, budget=8, rate=400, requests=500, luck=2)
    direct = tuning.tune(method, 400.0, 8, 500, 2)
    best = tuning.truth(400.0).min()
    assert lab.answer() == pytest.approx(100 * (direct.quality(400.0)[-1] / best - 1))
    rows = lab.table().query("method == @method")
    assert rows.measured.tolist() == direct.measured.tolist()
    tested = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Points) and mark.label == "tested")
    assert (list(tested.x), list(tested.y)) == (direct.workers.tolist(), direct.caches.tolist())
    assert f"comes to {direct.setting[0]} worker" in lab.describe()
    assert len(lab.steps().steps) == min(direct.measured.size, 40)


def test_all_programs_race_and_one_is_chosen() -> None:
    lab = TuningLab(method="halving")
    lines = {mark.label: mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line)}
    assert {label: mark.role == "main" for label, mark in lines.items()} == {
        "one by one": False,
        "random": False,
        "halving": True,
        "Bayesian": False,
    }
    for mark in lines.values():
        assert 0.7 * lab.budget < mark.x[-1] <= lab.budget
        assert min(mark.y) >= runs.best(600)[2]


def test_the_question_is_answered_by_a_search_that_gets_stuck() -> None:
    lab = TuningLab()
    assert lab.answer() > 100
    assert all(TuningLab(method=method).answer() < 30 for method in METHODS if method != "one_by_one")
    cache = lab.result.setting[1]
    around = tuning.truth(600.0)[:, round(2 * cache)]
    assert 1.2 * tuning.truth(600.0).min() < around.min()  # whatever is done about the workers now


def test_what_is_worth_having_lies_in_the_shade() -> None:
    lab = TuningLab()
    area = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Area))
    found, best = tuning.truth(600.0), tuning.truth(600.0).min()
    for workers, low, high in zip(area.x, area.low, area.high, strict=True):
        row = found[int(workers) - 1, round(2 * low) : round(2 * high) + 1]
        assert (row <= 1.25 * best + 1e-9).all()
    assert sum(round(2 * (high - low)) + 1 for low, high in zip(area.low, area.high, strict=True)) == (found <= 1.25 * best).sum()


def test_half_of_all_random_searches_are_better_than_theory_says() -> None:
    found, generator = tuning.truth(600.0).ravel(), np.random.default_rng(1)
    ends = [found[generator.choice(found.size, 16, replace=False)].min() for _ in range(2_000)]
    assert np.median(ends) == pytest.approx(runs.half_of_all(600, 16)[-1], rel=0.03)


def test_your_setting_is_on_the_map_and_in_the_race() -> None:
    lab = TuningLab(workers=7, cache=12.5)
    worth = float(tuning.truth(600.0)[6, 25])
    rule = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Rule) and mark.label == "yours")
    assert rule.at == worth
    assert f"yours, 7 workers and 12.5 GB, has {worth:.0f} ms." in lab.describe()


def test_a_prediction_in_percent_is_a_band_in_milliseconds() -> None:
    predict("00.8", low=50, high=100, confidence=0.8)
    lab = TuningLab(prediction="00.8")
    band = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Band))
    best = runs.best(600)[2]
    assert (band.low, band.high) == pytest.approx((1.5 * best, 2 * best))


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="workers is 33, but must be a whole number from 1 to 32"):
        TuningLab(workers=33)
