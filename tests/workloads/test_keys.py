"""Keys to shard by: what their names promise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from labsupport import workloads


def test_users_are_all_alike_and_have_the_numbers_asked_for():
    # Seed 1; 100,000 requests: standard error of a count of 1,000 is 32.
    keys = workloads.user_id_keys(100_000, users=100, seed=1, first=5_000)
    assert keys.dtype == np.int64
    counts = np.bincount(keys)
    assert not counts[:5_000].any()
    assert counts.size == 5_100
    assert counts[5_000:] == pytest.approx(1_000, abs=4.5 * 32)
    assert np.array_equal(keys - 5_000, workloads.user_id_keys(100_000, users=100, seed=1))
    assert workloads.user_id_keys(50, users=1, seed=2, first=2**31 - 1).tolist() == [2**31 - 1] * 50


def test_times_never_fall_and_come_at_the_rate_asked_for():
    # Seed 2; 100,000 requests at 5 a second take 20,000 seconds, with a standard deviation of 63.
    keys = workloads.time_ordered_keys(100_000, rate=5.0, seed=2, start=1_700_000_000)
    assert keys.dtype == np.int64
    assert (np.diff(keys) >= 0).all()
    assert keys[0] >= 1_700_000_000
    assert keys[-1] - 1_700_000_000 == pytest.approx(20_000, abs=4.5 * 63)
    assert keys.tolist()[:100] == (np.floor(workloads.poisson_arrivals(100_000, 5.0, 2)) + 1_700_000_000).tolist()[:100]


def test_skewed_keys_are_as_popular_as_zipf_says_but_not_in_order():
    # Seed 3; 200,000 requests: standard error of the count of a key with probability p is at most √(200,000 p).
    keys = workloads.skewed_keys(200_000, keys=1_000, exponent=1.0, seed=3)
    counts = np.bincount(keys, minlength=1_000)
    assert counts.size == 1_000
    expected = 200_000 * workloads.zipf_popularity(1_000, 1.0)
    assert np.sort(counts)[::-1][:10] == pytest.approx(expected[:10], abs=4.5 * math.sqrt(expected[0]))
    hottest = np.argsort(counts)[::-1][:50]
    assert abs(np.corrcoef(np.arange(50), hottest)[0, 1]) < 0.45  # 50 places at random: standard deviation 0.14
    assert hottest[:20].max() > 500  # with 20 places at random, otherwise once in a million


@pytest.mark.parametrize(
    "draw",
    [
        lambda seed: workloads.user_id_keys(100, 50, seed),
        lambda seed: workloads.time_ordered_keys(100, 1.0, seed),
        lambda seed: workloads.skewed_keys(100, 50, 1.0, seed),
    ],
)
def test_a_seed_decides_everything(draw):
    assert np.array_equal(draw(4), draw(4))
    assert not np.array_equal(draw(4), draw(5))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: workloads.user_id_keys(0, 5, 1), ValueError, "requests is 0, but must be a whole number of at least 1"),
        (lambda: workloads.user_id_keys(5, 0, 1), ValueError, "users is 0, but must be a whole number from 1"),
        (lambda: workloads.user_id_keys(5, 10, 1, first=2**31 - 9), ValueError, "first is 2147483639, but must be a whole number from 0 to"),
        (lambda: workloads.user_id_keys(5, 5, -1), ValueError, "seed is -1"),
        (lambda: workloads.time_ordered_keys(5, 0, 1), ValueError, "rate is 0, but must be a finite number above 0"),
        (lambda: workloads.time_ordered_keys(5, 1, 1, start=-1), ValueError, "start is -1, but must be a whole number from 0"),
        (lambda: workloads.time_ordered_keys(500, 1, 1, start=2**31 - 9), ValueError, "start is 2,147,483,639, but the requests take .* seconds,"),
        (lambda: workloads.skewed_keys(5, 0, 1.0, 1), ValueError, "keys is 0"),
        (lambda: workloads.skewed_keys(5, 5, -1.0, 1), ValueError, "exponent is -1.0"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
