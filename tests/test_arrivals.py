"""Arrivals: their mean, how they vary, and that the seed decides everything."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import workloads

DRAWS = {
    "poisson": lambda requests, seed: workloads.poisson_arrivals(requests, 2.0, seed),
    "bursty": lambda requests, seed: workloads.bursty_arrivals(requests, 2.0, seed),
    "flash crowd": lambda requests, seed: workloads.flash_crowd_arrivals(requests, 2.0, seed, start=1.0, duration=3.0),
    "diurnal": lambda requests, seed: workloads.diurnal_arrivals(requests, 2.0, seed, period=10.0),
}


def counts_in(arrivals, borders):
    return np.diff(np.searchsorted(arrivals, borders))


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_seed_decides_everything(draw):
    assert np.array_equal(draw(100, 1), draw(100, 1))
    assert not np.array_equal(draw(100, 1), draw(100, 2))
    for requests in (1, 2, 1_000):
        arrivals = draw(requests, 3)
        assert arrivals.shape == (requests,)
        assert arrivals.dtype == np.float64
        assert (np.diff(arrivals, prepend=0.0) > 0).all()
    for seed in (-1, 1.5, None):
        with pytest.raises((ValueError, TypeError), match="seed is"):
            draw(10, seed)


def test_deterministic_arrivals_keep_their_gap():
    assert workloads.deterministic_arrivals(5, 4.0).tolist() == [0.25, 0.5, 0.75, 1, 1.25]


@pytest.mark.parametrize(("peak", "share", "duration"), [(10, 0.1, None), (50, 0.02, 5.0), (3, 0.6, 200.0)])
def test_bursty_arrivals_have_the_mean_rate_and_the_variation_of_a_modulated_process(peak, share, duration):
    # 1,000,000 arrivals, seed 61. The index of dispersion for counts over a window of t (Fischer, Meier-Hellstern 1993, eq. 5):
    # 1 + 2 V / (r m) × (1 − (1 − e^(−rt)) / (r t)), V the variance of the rate, m its mean, r the sum of both rates of change.
    rate = 2.0
    arrivals = workloads.bursty_arrivals(1_000_000, rate, 61, peak=peak, share=share, duration=duration)
    assert 1_000_000 / arrivals[-1] == pytest.approx(rate, rel=0.1)
    length = 50.0 if duration is None else duration
    calm = rate / (1 - share + share * peak)
    variance = share * (1 - share) * (calm * (peak - 1)) ** 2
    change = 1 / length + share / (length * (1 - share))
    window = 20.0
    counts = counts_in(arrivals, np.arange(0, arrivals[-1], window))
    expected = 1 + 2 * variance / (change * rate) * (1 - (1 - np.exp(-change * window)) / (change * window))
    assert counts.var() / counts.mean() == pytest.approx(expected, rel=0.1)
    assert expected > 5


def test_bursts_that_are_no_higher_are_a_poisson_process():
    arrivals = workloads.bursty_arrivals(200_000, 3.0, 62, peak=1)
    assert np.array_equal(np.sort(arrivals), arrivals)
    counts = counts_in(arrivals, np.arange(0, arrivals[-1], 2.0))
    assert counts.var() / counts.mean() == pytest.approx(1, abs=0.03)  # standard error 0.008


def test_a_flash_crowd_comes_and_goes():
    # 300,000 arrivals, seed 63: 100 expected per unit of time, 2,000 while the crowd is there; four standard errors each.
    arrivals = workloads.flash_crowd_arrivals(300_000, 100.0, 63, start=500.0, duration=50.0, peak=20.0)
    before, during, after = counts_in(arrivals, [0, 500, 550, 1_500])
    assert before == pytest.approx(50_000, abs=4 * 50_000**0.5)
    assert during == pytest.approx(100_000, abs=4 * 100_000**0.5)
    assert after == pytest.approx(95_000, abs=4 * 95_000**0.5)


@pytest.mark.parametrize("swing", [0.0, 0.5, 1.0])
def test_a_day_is_a_sine_wave(swing):
    # 400,000 arrivals, seed 64, a period of 24 hours: counted by the hour of the day, against the integral of the rate.
    arrivals = workloads.diurnal_arrivals(400_000, 50.0, 64, period=24.0, swing=swing)
    days = int(arrivals[-1] // 24)
    assert days > 300
    hours = np.bincount((arrivals[arrivals < 24 * days] % 24).astype(int), minlength=24)
    borders = np.arange(25) / 24
    expected = 50.0 * days * (1 + swing * 24 / (2 * np.pi) * -np.diff(np.cos(2 * np.pi * borders)))
    assert (np.abs(hours - expected) < 4.5 * np.sqrt(expected) + 1).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: workloads.poisson_arrivals(5, 0, 1), ValueError, "rate is 0"),
        (lambda: workloads.deterministic_arrivals(0, 1.0), ValueError, "requests is 0"),
        (lambda: workloads.deterministic_arrivals(5, -1.0), ValueError, "rate is -1.0"),
        (lambda: workloads.bursty_arrivals(5, 1.0, 1, peak=0.5), ValueError, "peak is 0.5"),
        (lambda: workloads.bursty_arrivals(5, 1.0, 1, share=0), ValueError, "share is 0"),
        (lambda: workloads.bursty_arrivals(5, 1.0, 1, share=1), ValueError, "share is 1, but must be a finite number above 0 and below 1"),
        (lambda: workloads.bursty_arrivals(5, 1.0, 1, duration=0), ValueError, "duration is 0"),
        (lambda: workloads.bursty_arrivals(5, 1.0, 1, duration=1e-9), ValueError, "at least 0.1 arrivals must be expected"),
        (lambda: workloads.flash_crowd_arrivals(5, 1.0, 1, start=-1, duration=1), ValueError, "start is -1"),
        (lambda: workloads.flash_crowd_arrivals(5, 1.0, 1, start=1, duration=0), ValueError, "duration is 0"),
        (lambda: workloads.flash_crowd_arrivals(5, 1.0, 1, start=1, duration=1, peak=0), ValueError, "peak is 0"),
        (lambda: workloads.diurnal_arrivals(5, 1.0, 1, period=0), ValueError, "period is 0"),
        (lambda: workloads.diurnal_arrivals(5, 1.0, 1, period=1, swing=1.1), ValueError, "swing is 1.1"),
        (lambda: workloads.diurnal_arrivals(5, "1", 1, period=1), TypeError, "rate is '1'"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
