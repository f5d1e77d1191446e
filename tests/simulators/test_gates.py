"""Gates against the normal law, by counting, and in what pairs spare."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators import gates

CHANGES = 20_000


@pytest.mark.parametrize(
    ("slower", "runs", "day", "paired"), [(0.0, 1, 3.0, True), (5.0, 7, 9.0, True), (5.0, 7, 3.0, False), (-2.0, 30, 0.5, False)]
)
def test_as_many_are_stopped_as_theory_says(slower: float, runs: int, day: float, paired: bool) -> None:
    measured = gates.measure([slower] * CHANGES, runs, 2.0, day, paired=paired, seed=runs).measured
    share = float(theory.gate_stops(slower, 1.5, runs, 2.0, 0.0 if paired else day))
    assert abs(np.mean(measured[:, -1] >= 1.5) - share) < 4 * np.sqrt(share * (1 - share) / CHANGES) + 1e-9
    spread = np.sqrt(2 * 2.0**2 / runs + (0 if paired else 2 * day**2))
    assert share == pytest.approx(1 - NormalDist(slower, spread).cdf(1.5))
    assert measured[:, -1].mean() == pytest.approx(slower, abs=4 * spread / np.sqrt(CHANGES))


def test_what_is_measured_after_fewer_runs_is_their_mean() -> None:
    result = gates.measure([0, 3, -1], 5, 2.0, 1.0, seed=4)
    for runs in range(1, 6):
        np.testing.assert_allclose(result.measured[:, runs - 1], (result.new - result.old)[:, :runs].mean(axis=1))
    assert result.slower.tolist() == [0, 3, -1]
    assert not result.old.flags.writeable


def test_more_runs_do_not_help_against_another_day() -> None:
    few, many = (np.std(gates.measure([0] * 2_000, runs, 1.0, 3.0, paired=False, seed=5).measured[:, -1]) for runs in (1, 100))
    assert many > 3.9  # √2 × 3, and nothing can be done about it
    assert many < few
    assert np.std(gates.measure([0] * 2_000, 100, 1.0, 3.0, seed=5).measured[:, -1]) < 0.16


@given(
    slower=st.lists(st.integers(-20, 20), min_size=1, max_size=10),
    runs=st.integers(1, 12),
    noise=st.integers(0, 8),
    day=st.integers(0, 8),
    paired=st.booleans(),
    seed=st.integers(0, 99),
)
def test_whatever_is_measured(slower: list[int], runs: int, noise: int, day: int, paired: bool, seed: int) -> None:
    result = gates.measure(slower, runs, noise, day, paired=paired, seed=seed)
    assert result.old.shape == result.new.shape == result.measured.shape == (len(slower), runs)
    np.testing.assert_array_equal(gates.measure(slower, runs, noise, day, paired=paired, seed=seed).new, result.new)
    # What a change costs is added to every run of the new version, and to nothing else.
    unchanged = gates.measure([0] * len(slower), runs, noise, day, paired=paired, seed=seed)
    np.testing.assert_array_equal(unchanged.old, result.old)
    np.testing.assert_allclose(result.new - unchanged.new, np.repeat(np.array(slower)[:, None], runs, axis=1), atol=1e-9)
    # Noise, days and effects twice as large make every difference twice as large.
    double = gates.measure(2 * np.array(slower), runs, 2 * noise, 2 * day, paired=paired, seed=seed)
    np.testing.assert_allclose(double.measured, 2 * result.measured, atol=1e-9)
    np.testing.assert_allclose(double.old - 100, 2 * (result.old - 100), atol=1e-9)
    if paired:  # a pair shares its day, so that no day is left in the difference
        calm = gates.measure(slower, runs, noise, 0.0, paired=True, seed=seed)
        np.testing.assert_allclose(calm.measured, result.measured, atol=1e-9)
    else:
        assert (np.abs(result.measured[:, -1] - slower).max() > 1e-9) == (noise > 0 or day > 0)
    if noise == 0:  # nothing but the days, of which each version sees one
        np.testing.assert_allclose(result.measured, np.repeat(result.measured[:, :1], runs, axis=1), atol=1e-9)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (partial(gates.measure, [], 1, 1.0, seed=1), ValueError, "slower is"),
        (partial(gates.measure, [np.nan], 1, 1.0, seed=1), ValueError, "must be a row of finite numbers"),
        (partial(gates.measure, [0], 0, 1.0, seed=1), ValueError, "runs is 0"),
        (partial(gates.measure, [0], 1, -1.0, seed=1), ValueError, "noise is -1"),
        (partial(gates.measure, [0], 1, 1.0, -2.0, seed=1), ValueError, "day is -2"),
        (partial(gates.measure, [0], 1, 1.0, paired=1, seed=1), TypeError, "paired is 1, but must be True or False"),
        (partial(theory.gate_stops, 0, 1, 1, 0.0), ValueError, "noise is 0"),
        (partial(theory.gate_stops, 0, 1, 0, 1.0), ValueError, "runs is 0"),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
