"""The Gaussian process, against the textbook and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF

from labsupport.simulators.gaussian_process import LENGTHS, NOISE, expected_improvement, posterior

points = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8)


@given(points, points, st.integers(0, 1_000))
def test_the_process_is_the_conditional_normal_distribution(known, asked, seed):
    """By inverses, and the determinant, of the matrices as they stand in the definition."""
    values = np.random.default_rng(seed).standard_normal(len(known))
    places, targets = np.array(known), np.array(asked)

    def covariance(one, other, length):
        return np.exp(-((one[:, None] - other[None]) ** 2).sum(axis=2) / (2 * length**2))

    likely = []
    for length in LENGTHS:
        noisy = covariance(places, places, length) + NOISE**2 * np.eye(len(known))
        inverse = np.linalg.inv(noisy)
        likely.append((-0.5 * values @ inverse @ values - 0.5 * np.log(np.linalg.det(noisy)), length, inverse))
    likely.sort(reverse=True, key=lambda each: each[0])
    if len({round(each[0], 7) for each in likely[:2]}) < 2:
        return  # either length will do
    _, length, inverse = likely[0]
    across = covariance(targets, places, length)
    mean, deviation = posterior(places, values, targets)
    np.testing.assert_allclose(mean, across @ inverse @ values, atol=1e-6)
    variance = 1 - np.einsum("ij,jk,ik->i", across, inverse, across)
    np.testing.assert_allclose(deviation**2, np.maximum(variance, 0), atol=1e-6)


@given(points, points, st.integers(0, 1_000))
@settings(max_examples=40)
def test_the_process_is_that_of_scikit_learn(known, asked, seed):
    """The same kernel, the same noise, and the length with the highest likelihood among the same three; nothing else is fitted."""
    values = np.random.default_rng(seed).standard_normal(len(known))
    fits = [GaussianProcessRegressor(RBF(length, "fixed"), alpha=NOISE**2, optimizer=None).fit(known, values) for length in LENGTHS]
    *_, second, peer = sorted(fits, key=lambda fit: fit.log_marginal_likelihood_value_)
    if peer.log_marginal_likelihood_value_ - second.log_marginal_likelihood_value_ < 1e-9:
        return  # either length will do
    for ours, theirs in zip(posterior(known, values, asked), peer.predict(asked, return_std=True), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-8)


@given(st.floats(-3, 3), st.floats(0.01, 3), st.floats(-3, 3))
def test_the_expected_improvement_is_an_integral(mean, deviation, best):
    x = np.linspace(mean - 9 * deviation, mean + 9 * deviation, 20_001)
    density = np.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * math.sqrt(2 * math.pi))
    assert float(expected_improvement(mean, deviation, best)) == pytest.approx(np.trapezoid(np.maximum(best - x, 0) * density, x), abs=1e-5)
