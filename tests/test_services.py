"""Services: their mean, how they vary, and how heavy their tail is."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import workloads

DRAWS = {
    "exponential": workloads.exponential_services,
    "log-normal": workloads.lognormal_services,
    "Pareto": workloads.pareto_services,
    "bimodal": workloads.bimodal_services,
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_seed_decides_everything_and_the_unit_does_not_matter(draw):
    work = draw(100, 2.0, 1)
    assert np.array_equal(work, draw(100, 2.0, 1))
    assert not np.array_equal(work, draw(100, 2.0, 2))
    np.testing.assert_allclose(draw(100, 2_000.0, 1), work * 1_000, rtol=1e-12)
    assert work.shape == (100,)
    assert work.dtype == np.float64
    assert (work > 0).all()
    for seed in (-1, 1.5, None):
        with pytest.raises((ValueError, TypeError), match="seed is"):
            draw(10, 1.0, seed)
    with pytest.raises(ValueError, match="mean is 0"):
        draw(10, 0, 1)
    with pytest.raises(ValueError, match="requests is 0"):
        draw(0, 1.0, 1)


def squared_cv(work):
    return work.var() / work.mean() ** 2


def test_deterministic_work_does_not_vary():
    assert workloads.deterministic_services(3, 0.25).tolist() == [0.25] * 3
    with pytest.raises(ValueError, match="mean is 0"):
        workloads.deterministic_services(3, 0)


def test_exponential_work():
    # 400,000 draws, seed 61: four standard errors.
    work = workloads.exponential_services(400_000, 3.0, 61)
    assert work.mean() == pytest.approx(3, rel=0.0064)
    assert squared_cv(work) == pytest.approx(1, abs=0.02)
    assert np.mean(work > 6) == pytest.approx(np.exp(-2), abs=0.0022)


@pytest.mark.parametrize("variation", [0.0, 0.25, 1.0, 4.0])
def test_lognormal_work_has_the_mean_and_variation_asked_for(variation):
    # 1,000,000 draws, seed 62. The median of a log-normal is its mean ÷ √(1 + squared_cv).
    work = workloads.lognormal_services(1_000_000, 3.0, 62, squared_cv=variation)
    assert work.mean() == pytest.approx(3, rel=0.01)
    assert squared_cv(work) == pytest.approx(variation, rel=0.08)
    assert np.median(work) == pytest.approx(3 / (1 + variation) ** 0.5, rel=0.006)


@pytest.mark.parametrize("shape", [1.5, 2.5, 6.0])
def test_pareto_work_has_the_tail_asked_for(shape):
    # 1,000,000 draws, seed 63. The tail is tested, since the mean of a sample converges slowly where it is heavy.
    work = workloads.pareto_services(1_000_000, 3.0, 63, shape=shape)
    least = 3.0 * (shape - 1) / shape
    assert work.min() == pytest.approx(least, rel=1e-4)
    for times in (1.5, 3.0, 10.0):
        tail = times**-shape
        assert np.mean(work > times * least) == pytest.approx(tail, abs=4 * (tail / 1_000_000) ** 0.5)
    assert work.mean() == pytest.approx(3, rel=0.1 if shape < 2 else 0.01)
    if shape > 4:  # otherwise the variance of a sample converges to nothing useful
        assert squared_cv(work) == pytest.approx(1 / (shape * (shape - 2)), rel=0.1)


def test_bimodal_work_has_two_sizes():
    # 400,000 draws, seed 64: four standard errors.
    work = workloads.bimodal_services(400_000, 3.0, 64, share=0.2, ratio=6.0)
    assert np.unique(work).tolist() == pytest.approx([1.5, 9.0])
    assert np.mean(work > 2) == pytest.approx(0.2, abs=0.0026)
    assert work.mean() == pytest.approx(3, rel=0.0064)
    assert (workloads.bimodal_services(10, 3.0, 64, share=0) == 3).all()
    assert (workloads.bimodal_services(10, 3.0, 64, share=1) == 3).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: workloads.lognormal_services(5, 1.0, 1, squared_cv=-1), ValueError, "squared_cv is -1"),
        (lambda: workloads.pareto_services(5, 1.0, 1, shape=1), ValueError, "shape is 1, but must be a finite number above 1"),
        (lambda: workloads.bimodal_services(5, 1.0, 1, share=1.5), ValueError, "share is 1.5"),
        (lambda: workloads.bimodal_services(5, 1.0, 1, ratio=0.5), ValueError, "ratio is 0.5"),
        (lambda: workloads.exponential_services(5, float("nan"), 1), ValueError, "mean is nan"),
        (lambda: workloads.exponential_services(5, "1", 1), TypeError, "mean is '1'"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
