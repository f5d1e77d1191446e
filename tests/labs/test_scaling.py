"""The scaling lab: its numbers against the simulator and the laws, its words against its numbers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from labsupport import theory
from labsupport.labs import ScalingLab
from labsupport.labs.chart import Line, Points
from labsupport.labs.scaling import MEETINGS
from labsupport.labs.scaling_points import RECORDED
from labsupport.predictions import predict
from labsupport.simulators import scaling, scaling_fits
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("recorded", RECORDED)
@pytest.mark.parametrize(
    "setting",
    [{}, {"contention": 0.0, "coherency": 0.0, "meeting": "varied"}, {"contention": 0.5, "coherency": 0.02, "workers": 1}, {"meeting": "free"}],
)
def test_the_picture_is_complete_and_readable(recorded: str, setting: dict[str, object]) -> None:
    predict("02.3", low=20, high=50)
    lab = ScalingLab(prediction="02.3", recorded=recorded, **setting)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_all_at_once_and_all_alike_is_the_law_and_jobs_that_vary_are_not() -> None:
    table = ScalingLab(contention=0.03, coherency=0.0005).table().pivot_table(index="workers", columns=["source", "law"], values="throughput")
    rows = table[table["simulation", ""].notna()]
    np.testing.assert_allclose(rows["simulation", ""], rows["theory", "USL"])
    # With nothing shared, a round of N lasts as long as the slowest of N jobs; six standard errors of 94 such rounds are within 17 %.
    assert ScalingLab(contention=0.0, coherency=0.0, meeting="varied", workers=64).answer() == pytest.approx(
        64 / theory.slowest_mean_response(64, 1.0), rel=0.17
    )
    assert ScalingLab(meeting="free", workers=16).answer() > ScalingLab(workers=16).answer()


def test_the_numbers_are_the_simulators() -> None:
    lab = ScalingLab(workers=32, contention=0.02, coherency=0.0002)
    jobs = 32 * 188
    direct = scaling.simulate(np.full(jobs, 0.98), np.full(jobs, 0.02), 32, exchange=0.0002, barrier=True)
    assert lab.answer() == pytest.approx(direct.throughput)
    line = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Line) and mark.role == "main")
    assert dict(zip(line.x, line.y, strict=True))[32] == lab.answer()


@pytest.mark.parametrize("recorded", RECORDED)
def test_the_recorded_machine_is_fitted(recorded: str) -> None:
    lab, points = ScalingLab(recorded=recorded), RECORDED[recorded]
    fit = scaling_fits.fit(points.workers, points.throughput)
    panel = lab.chart().panels[1]
    measured = next(mark for mark in panel.marks if isinstance(mark, Points))
    assert (measured.x, measured.y) == (points.workers, points.throughput)
    law = next(mark for mark in panel.marks if isinstance(mark, Line) and mark.label == "USL")
    np.testing.assert_allclose(law.y, fit.throughput(law.x))
    assert f"σ = {fit.contention:.3f}" in lab.describe()
    assert ("no peak" in lab.describe()) == (fit.coherency == 0)


def measured(workers: list[int], throughput: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"source": "measurement", "workers": workers, "throughput": throughput, "recorded": False})


def test_measurements_of_ones_own_are_drawn_as_speedups() -> None:
    table = measured([1, 2, 4, 8], [50.0, 90.0, 125.0, 400.0])
    table.loc[3, "source"] = "simulation"  # which is not drawn
    lab = ScalingLab(measured=table)
    points = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Points))
    assert (points.label, points.x, points.y) == ("measured", (1, 2, 4), (1.0, 1.8, 2.5))
    recorded = ScalingLab(measured=table.assign(recorded=True)).chart().panels[0].marks
    assert "recorded" in [mark.label for mark in recorded]
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_sentence_is_made_from_the_numbers() -> None:
    lab = ScalingLab(workers=32, contention=0.1, coherency=0.0)
    assert f"32 workers do {lab.answer():.1f} times the work of one, not 32 times" in lab.describe()
    assert "without a peak" in lab.describe()
    assert "as N × X promises" in ScalingLab(contention=0.0, coherency=0.0).describe()
    for setting in ({"workers": 1}, {"coherency": 0.001}, {"recorded": "rays"}):
        lab.set_state(setting)
        # two sentences
        assert len(re.findall(r"\.(?:\s|$)", lab.describe())) == 2


@pytest.mark.parametrize("meeting", MEETINGS)
@pytest.mark.parametrize("workers", [1, 128])
def test_the_scene_shows_the_first_jobs_of_the_simulation(workers: int, meeting: str) -> None:
    scene = ScalingLab(workers=workers, meeting=meeting).scene()
    assert np.unique(scene.thing).size == 3 * workers
    assert scene.start == pytest.approx(0)
    alone = scene.station == 0
    assert max(np.count_nonzero(alone & (scene.enter <= time) & (time < scene.leave)) for time in np.unique(scene.enter[alone])) <= workers
    ends = np.sort(scene.leave[scene.station == 1])
    assert (np.diff(ends) > 0).all()  # one at a time
    if meeting == "alike":
        assert ends[-1] == pytest.approx(3 * workers / theory.usl_throughput(workers, 1.0, 0.05, 0.001))


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"workers": 129}, "workers is 129, but must be a whole number from 1 to 128"),
        ({"contention": 0.6}, "contention is 0.6"),
        ({"coherency": float("nan")}, "coherency is nan"),
        ({"meeting": "never"}, "meeting is 'never'"),
        ({"recorded": "laptop"}, "recorded is 'laptop'"),
        ({"nodes": 3}, "no control 'nodes'"),
        ({"measured": [1, 2]}, "measured is [1, 2], but must be the table of a comparison"),
        ({"measured": measured([1], [1]).drop(columns="workers")}, "but must have workers as well"),
        ({"measured": measured([2, 4], [1, 2])}, "must have 1 among them"),
        ({"measured": measured([1, 2], [1, 0])}, "measured throughput holds the throughput 0.0"),
    ],
)
def test_bad_input_is_named(keywords: dict[str, object], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        ScalingLab(**keywords)
