"""The expiry lab: its numbers against the simulator and the theory, its words against its numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs.chart import Bars, Stairs
from labsupport.labs.expiry import PROTECTIONS, SECONDS, WIDTH, ExpiryLab
from labsupport.predictions import predict
from labsupport.simulators.expiry import simulate_expiry
from labsupport.workloads import poisson_arrivals
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("protection", PROTECTIONS)
@pytest.mark.parametrize("setting", [{}, {"rate": 1}, {"load_time": 2.0, "objects": 200}, {"objects": 50, "jitter": 1.0, "ttl": 1}])
def test_the_picture_is_complete_and_readable(protection: str, setting: dict[str, float]) -> None:
    predict("00.6", low=100, high=300)
    lab = ExpiryLab(prediction="00.6", protection=protection, **setting)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_line_shows_the_most_reads_under_way_in_each_half_second() -> None:
    lab = ExpiryLab(load_time=0.7, objects=20, jitter=0.3, ttl=7)
    starts = lab.result["none"].starts
    line = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Stairs))
    for moment in (0.0, 5.0, 6.5, 7.0, 33.0, SECONDS - WIDTH):
        looks = np.append(starts[(starts >= moment) & (starts < moment + WIDTH)], moment)
        most = max(np.count_nonzero((starts <= look) & (look < starts + 0.7)) for look in looks)
        assert line.y[np.searchsorted(line.x, moment, side="right") - 1] == most


def test_an_unprotected_stampede_is_as_large_as_theory_says() -> None:
    # The largest of five stampedes exceeds their mean of 201 by a few standard deviations, of 14 each, at most.
    lab = ExpiryLab(ttl=20, rate=1_000, load_time=0.2)
    peak, expected = lab.answer(), theory.stampede_size(1_000, 0.2)
    assert 0 <= peak - expected < 4 * np.sqrt(expected)
    reads = lab.result["none"].starts.size
    assert reads / 5 == pytest.approx(expected, rel=0.05)  # five values expire within 120 s


def test_each_protection_does_what_it_is_for() -> None:
    result = ExpiryLab(rate=1_000, load_time=0.5).result
    assert result["none"].peak > 400
    assert result["coalescing"].peak == 1
    assert result["early"].peak < 12
    assert result["stale"].peak == 1
    assert result["coalescing"].waiting == pytest.approx(result["none"].waiting, rel=0.1)  # it spares the database, not those who wait
    assert result["early"].waiting < result["none"].waiting / 20
    assert result["stale"].waiting == 0
    assert result["stale"].old == pytest.approx(result["coalescing"].waiting, rel=0.1)
    assert [protected.old for name, protected in result.items() if name != "stale"] == [0, 0, 0]


@pytest.mark.parametrize(("objects", "rate", "jitter"), [(1, 1_000, 0.0), (50, 1_000, 0.4), (20, 100, 0.0)])
def test_the_share_of_fresh_answers_is_near_theorys(objects: int, rate: int, jitter: float) -> None:
    # Two minutes begin with fresh values and hold no whole number of cycles, so the mean is that of theory only roughly.
    table = ExpiryLab(protection="coalescing", objects=objects, rate=rate, jitter=jitter, ttl=5).table()
    fresh = table[(table["protection"] == "coalescing") & (table["quantity"] == "fresh")].set_index("source")["value"]
    assert fresh["simulation"] == pytest.approx(fresh["theory"], abs=0.02)


def test_jitter_takes_the_spikes_of_many_objects_apart() -> None:
    peaks = [ExpiryLab(protection="coalescing", objects=200, jitter=jitter).answer() for jitter in (0.0, 0.2, 0.5)]
    assert peaks[0] > 2 * peaks[1] > 2 * peaks[2]


def test_the_simulator_is_asked_as_the_lab_says() -> None:
    lab = ExpiryLab(protection="stale", ttl=10, rate=100, load_time=0.5)
    arrivals = poisson_arrivals(100 * SECONDS, 100, seed=5)
    direct = simulate_expiry(np.concatenate([[0.0], arrivals + 0.5]), 10, 0.5, False, stale_time=60)
    assert lab.result["stale"].starts.size == direct.backend_reads - 1
    assert lab.result["stale"].old == direct.stale[1:].mean()


def test_the_sentence_is_made_from_the_numbers() -> None:
    lab = ExpiryLab(protection="stale", load_time=1.0)
    sentence, result = lab.describe(), lab.result
    assert f"at most {result['stale'].peak} request reads the database at once; without it, {result['none'].peak:,}" in sentence
    assert f"{100 * result['stale'].old:.1f} get an old value" in sentence
    for protection in PROTECTIONS:
        lab.protection = protection
        assert len(re.findall(r"\.(?:\s|$)", lab.describe())) == 2  # two sentences
    bars = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Bars))
    assert [label.split(" ")[0] for label in bars.labels] == [f"{protected.peak:,}" for protected in result.values()]


@pytest.mark.parametrize("protection", PROTECTIONS)
@pytest.mark.parametrize("setting", [{}, {"rate": 1}, {"rate": 1_000, "load_time": 2.0}, {"objects": 200, "ttl": 1}])
def test_the_scene_shows_the_requests_of_the_simulation(protection: str, setting: dict[str, float]) -> None:
    lab = ExpiryLab(protection=protection, **setting)
    scene = lab.scene()
    assert 1 <= np.unique(scene.thing).size <= 1_000
    at_database = scene.station == 2
    assert (scene.kind[at_database] == 1).all()
    crowd = max((np.count_nonzero(at_database & (scene.enter <= time) & (time < scene.leave)) for time in scene.enter[at_database]), default=0)
    assert crowd <= lab.answer()
    if protection == "none" and setting == {}:
        assert crowd > 150


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"protection": "lock"}, "protection is 'lock'"),
        ({"ttl": 0}, "ttl is 0, but must be a whole number from 1 to 60"),
        ({"rate": 1_001}, "rate is 1001"),
        ({"load_time": float("nan")}, "load_time is nan"),
        ({"objects": 0}, "objects is 0"),
        ({"jitter": -0.1}, "jitter is -0.1"),
        ({"keys": 3}, "no control 'keys'"),
    ],
)
def test_bad_input_is_named(keywords: dict[str, object], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        ExpiryLab(**keywords)
