"""The scaling lab: every control over its whole range, its numbers against the simulator and the laws, its words against its numbers."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.testing.compare import compare_images

from labsupport import theory
from labsupport.labs import ScalingLab
from labsupport.labs.chart import Line, Points
from labsupport.labs.scaling import STORY
from labsupport.labs.scaling_points import RECORDED
from labsupport.predictions import predict
from labsupport.simulators import scaling, scaling_fits
from tests.labs import golden
from tests.labs.test_figure import assert_complete, assert_readable

LARGEST_FRAME = 8_000  # bytes, so that a slow line keeps up with a hand


@pytest.fixture(scope="module")
def lab() -> ScalingLab:
    return ScalingLab()


def places() -> list[tuple[str, object]]:
    """Every control with every place it can be moved to; of long ranges, both ends and some between."""
    found = []
    for each in ScalingLab().declarations():
        values = [word for word, _ in each["options"]] if each["kind"] == "choice" else each["stops"]
        found += [(each["name"], value) for value in (values if len(values) < 12 else [*values[:: len(values) // 5], values[-1]])]
    return found


def test_every_control_over_its_whole_range(lab: ScalingLab) -> None:
    first = ScalingLab(meeting="free").state
    for name, value in places():
        lab.state = first
        lab.set_state({name: value})
        assert lab._error == ""
        assert getattr(lab, name) == value
        # a chart refuses numbers that are none, so a frame that was made holds none
        assert len(json.dumps(lab._frame)) <= LARGEST_FRAME
        assert not re.search(r"nan|inf", lab.describe())
        assert np.isfinite(lab.table()["throughput"]).all()


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


@pytest.mark.parametrize("story", STORY)
def test_every_preset_can_be_drawn_and_compared(lab: ScalingLab, story: str) -> None:
    lab.set_state(dict(lab._presets)["Reset"])
    lab.compare()
    lab.set_state(dict(lab._presets)[story])
    assert lab._error == ""
    assert {name: lab.state[name] for name in STORY[story]} == STORY[story]
    assert len(json.dumps(lab._frame)) <= LARGEST_FRAME
    assert_readable(lab.figure())
    lab.compare(False)
    other = ScalingLab()
    other.code = lab.code
    assert other.state == lab.state


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


def test_measurements_of_ones_own_are_drawn_as_speedups() -> None:
    lab = ScalingLab(measured=pd.DataFrame({"workers": [1, 2, 4], "throughput": [50.0, 90.0, 125.0]}))
    points = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Points))
    assert (points.x, points.y) == ((1, 2, 4), (1.0, 1.8, 2.5))
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


def test_the_lab_looks_as_it_did(tmp_path) -> None:
    # After a wanted change: python -m tests.labs.golden, and look at the picture before committing it.
    golden.draw(tmp_path / "drawn.png", "scaling")
    assert compare_images(golden.picture("scaling"), tmp_path / "drawn.png", tol=2.0) is None


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"workers": 129}, "workers is 129, but must be a whole number from 1 to 128"),
        ({"contention": 0.6}, "contention is 0.6"),
        ({"coherency": float("nan")}, "coherency is nan"),
        ({"meeting": "never"}, "meeting is 'never'"),
        ({"recorded": "laptop"}, "recorded is 'laptop'"),
        ({"nodes": 3}, "no control 'nodes'"),
        ({"measured": [1, 2]}, "measured is [1, 2], but must be a table"),
        ({"measured": pd.DataFrame({"workers": [2, 4], "throughput": [1, 2]})}, "must have 1 among them"),
        ({"measured": pd.DataFrame({"workers": [1, 2], "throughput": [1, 0]})}, "measured throughput holds the throughput 0.0"),
    ],
)
def test_bad_input_is_named(keywords: dict[str, object], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        ScalingLab(**keywords)
