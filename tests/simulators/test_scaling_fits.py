"""Scaling fits: against R's package usl on two published tables, and on points whose law is known."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport import theory
from labsupport.labs.scaling_points import RECORDED
from labsupport.simulators.scaling_fits import fit

COUNTS = np.array([1, 2, 4, 8, 16, 32, 48, 64])


def test_the_fit_of_a_unix_server_is_that_of_r():
    # usl 3.0 in R says: gamma 89.9952330, alpha 0.0277285, beta 0.0001044, residual standard error 82.8, peak at 96.52
    points = RECORDED["sdm"]
    found = fit(points.workers, points.throughput)
    assert found.rate == pytest.approx(89.9952330, rel=1e-7)
    assert found.contention == pytest.approx(0.0277285, abs=5e-8)
    assert found.coherency == pytest.approx(0.0001044, abs=5e-8)
    assert found.error == pytest.approx(82.8, abs=0.05)
    assert theory.usl_peak(found.contention, found.coherency) == pytest.approx(96.52, abs=0.005)
    # and standard errors 14.21, 0.0091 and 0.000020, by linearisation; the bootstrap knows that the law is bent
    assert found.samples.std(axis=0) == pytest.approx([14.2, 0.0091, 0.0000199], rel=0.2)


def test_the_fit_of_a_ray_tracer_is_that_of_r():
    # usl in R says: gamma 21.848843, alpha 0.057771, beta 0, since it would be negative
    points = RECORDED["rays"]
    for law in ("usl", "amdahl"):
        found = fit(points.workers, points.throughput, law=law)
        assert found.rate == pytest.approx(21.848843, rel=1e-6)
        assert found.contention == pytest.approx(0.057771, abs=5e-7)
        assert found.coherency == 0


@given(rate=st.floats(0.1, 1e6), contention=st.floats(0, 0.5), coherency=st.floats(0, 0.01))
@settings(max_examples=30)
def test_points_without_error_give_their_law_back(rate, contention, coherency):
    measured = theory.usl_throughput(COUNTS, rate, contention, coherency)
    found = fit(COUNTS, measured, samples=10)
    assert found.throughput(COUNTS) == pytest.approx(measured, rel=1e-6)
    assert (found.contention, found.coherency) == pytest.approx((contention, coherency), abs=1e-6)
    assert found.error < 1e-6 * measured.max()


def test_the_law_lies_within_the_band_about_as_often_as_it_says():
    # 90 % bands from 60 scatters of points: 54 are expected to hold the truth, and 44 lie four standard deviations below.
    truth = theory.usl_throughput(COUNTS, 10.0, 0.03, 0.0004)
    generator = np.random.default_rng(3)
    held = 0
    for scatter in range(60):
        found = fit(COUNTS, truth + generator.normal(0, 3.0, COUNTS.size), samples=200, seed=scatter)
        low, high = found.band([32])
        held += bool(low[0] <= truth[COUNTS == 32][0] <= high[0])
    assert held >= 44


def test_samples_are_sound_and_chance_starts_at_the_seed():
    points = RECORDED["sdm"]
    one, same, other = (fit(points.workers, points.throughput, samples=50, seed=seed) for seed in (1, 1, 2))
    assert (one.samples == same.samples).all()
    assert (one.samples != other.samples).any()
    assert one.samples.shape == (50, 3)
    assert (one.samples[:, 1:] >= 0).all()
    assert not one.samples.flags.writeable
    low, high = one.band([1, 50, 100])
    assert (low < high).all()


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (([0.5, 1, 2, 3], [1, 2, 3, 4]), {}, "workers holds 0.5, but each must be at least 1"),
        (([1, 2, 3, 4], [1, 2, 3, 0]), {}, "throughput holds the throughput 0.0"),
        (([1, 2, 3, 4], [1, 2, 3]), {}, "throughput holds 3 numbers, but must hold one for each of the 4 numbers of workers"),
        (([1, 2, 3, 3], [1, 2, 3, 4]), {}, "workers holds 3 different numbers, but there must be more than the law's 3 parameters"),
        (([1, 2], [1, 2]), {"law": "amdahl"}, "more than the law's 2 parameters"),
        (([1, 2, 3, 4], [1, 2, 3, 4]), {"law": "gustafson"}, "law is 'gustafson'"),
        (([1, 2, 3, 4], [1, 2, 3, 4]), {"samples": 1}, "samples is 1"),
    ],
)
def test_bad_input_is_named(arguments, options, words):
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        fit(*arguments, **options)
