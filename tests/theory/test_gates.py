"""Gates in theory: Student's t where it has a closed form, and how often a change is stopped, against counting."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import pi, sqrt, tan
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from labsupport import theory
from labsupport.exercises.benchmarking import STUDENT

SAMPLES = 40_000


@pytest.mark.parametrize("share", [0.5, 0.6, 0.9, 0.975, 0.99])
def test_the_law_of_student_has_closed_forms_for_two_and_three_measurements(share: float) -> None:
    assert theory.student_quantile(share, 1) == pytest.approx(tan(pi * (share - 0.5)), abs=1e-8)
    assert theory.student_quantile(share, 2) == pytest.approx((2 * share - 1) * sqrt(2 / (4 * share * (1 - share))), abs=1e-8)


def test_it_is_what_the_exercise_has_in_its_table_and_nears_the_normal_law() -> None:
    assert {freedom: round(theory.student_quantile(0.975, freedom), 3) for freedom in STUDENT} == STUDENT
    assert theory.student_quantile(0.975, 10_000) == pytest.approx(NormalDist().inv_cdf(0.975), rel=1e-3)


def test_what_was_measured_once_is_normal() -> None:
    stops = theory.gate_stops(10.0, np.array([9.0, 11.0, 13.0]), 0.1, 3.0, 4.0, tests=4)
    spread = sqrt(4.0**2 + (1.1 * 3.0) ** 2) / 2
    assert stops[0] == pytest.approx(1 - NormalDist(-2, spread).cdf(0))
    assert stops[1] == pytest.approx(0.5)
    assert stops[2] == pytest.approx(1 - NormalDist(2, spread).cdf(0))


@pytest.mark.parametrize(("new", "limit", "tests"), [(10.0, 0.0, 2), (12.0, 0.1, 3), (13.0, 0.0, 5), (14.0, 0.2, 12)])
@pytest.mark.parametrize("sure", [False, True])
def test_as_many_samples_are_stopped_as_theory_says(new: float, limit: float, tests: int, sure: bool) -> None:
    chance = np.random.default_rng(round(new) + tests)
    beyond = chance.normal(new, 2.0, (SAMPLES, tests)) - (1 + limit) * chance.normal(10.0, 1.5, (SAMPLES, tests))
    reach = STUDENT[tests - 1] * beyond.std(axis=1, ddof=1) / sqrt(tests) if sure else 0.0
    share = float(theory.gate_stops(10.0, new, limit, 1.5, 2.0, tests, sure=sure))
    assert abs(np.mean(beyond.mean(axis=1) >= reach) - share) < 4 * sqrt(share * (1 - share) / SAMPLES) + 1e-4


def test_who_must_be_sure_stops_one_harmless_change_in_forty_and_none_after_one_test() -> None:
    for tests in (2, 3, 10, 100):
        assert theory.gate_stops(1.0, 1.0, 0.0, 0.3, 0.3, tests, sure=True) == pytest.approx(0.025, abs=1e-9)
    assert theory.gate_stops(1.0, 9.0, 0.0, 0.3, 0.3, 1, sure=True) == 0
    # With many tests the estimated deviation is the true one, and all that is left of the interval is 1.96 errors.
    many = float(theory.gate_stops(1.0, 1.1, 0.0, 1.0, 1.0, 1_000, sure=True))
    assert many == pytest.approx(NormalDist().cdf(sqrt(1_000) * 0.1 / sqrt(2) - 1.96), abs=1e-3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (partial(theory.gate_stops, 0, 1, 0, 1, 1), ValueError, "old is 0"),
        (partial(theory.gate_stops, 1, -1, 0, 1, 1), ValueError, "new is -1"),
        (partial(theory.gate_stops, 1, 1, -1, 1, 1), ValueError, "limit is -1"),
        (partial(theory.gate_stops, 1, 1, 0, 0, 1), ValueError, "old_error is 0"),
        (partial(theory.gate_stops, 1, 1, 0, 1, 0), ValueError, "new_error is 0"),
        (partial(theory.gate_stops, 1, 1, 0, 1, 1, 0), ValueError, "tests is 0"),
        (partial(theory.student_quantile, 0.999, 1), ValueError, "share is 0.999"),
        (partial(theory.student_quantile, 0.9, 0), ValueError, "freedom is 0"),
        (partial(theory.student_quantile, 0.9, 1.5), TypeError, "freedom is 1.5"),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
