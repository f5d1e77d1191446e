"""Detectors against pandas and the normal law, pages and scores against an obvious program."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators import anomalies
from labsupport.simulators.anomalies import DETECTORS, LEARNING, PER_DAY, WEEK, Expectation, expect, record, score

SERIES = pd.Series(np.random.default_rng(1).gamma(20, 50, 3_000))


def test_the_moving_detector_is_pandas_window() -> None:
    found = expect("moving", SERIES.to_numpy(), window=24)
    window = SERIES.rolling(24)
    np.testing.assert_allclose(found.expected, window.mean().shift(), rtol=1e-9)
    np.testing.assert_allclose(found.spread, window.std(ddof=0).shift(), rtol=1e-7)


@pytest.mark.parametrize("window", [2, 9, 40])
def test_the_fading_detector_is_pandas_ewm(window: int) -> None:
    found = expect("ewma", SERIES.to_numpy(), window=window)
    fading = SERIES.ewm(span=window, adjust=False)
    np.testing.assert_allclose(found.expected[window:], fading.mean().shift()[window:], rtol=1e-10)
    np.testing.assert_allclose(found.spread[window:], np.sqrt(fading.var(bias=True).shift()[window:]), rtol=1e-8)


def test_seasons_are_what_was_and_spread_as_the_ratios_do() -> None:
    values = record(weeks=4).values
    for detector, season in (("yesterday", PER_DAY), ("last_week", WEEK)):
        found = expect(detector, values)
        assert np.isnan(found.expected[:season]).all()
        np.testing.assert_array_equal(found.expected[season:], values[:-season])
        at = 2_000
        ratios = values[at - PER_DAY : at] / values[at - PER_DAY - season : at - season]
        assert found.spread[at] == pytest.approx(values[at - season] * ratios.std())


@pytest.mark.parametrize("threshold", [1.0, 2.0, 3.0])
def test_on_noise_alone_a_level_alarms_as_often_as_the_normal_law_says(threshold: float) -> None:
    noise = 1_000 + 50 * np.random.default_rng(7).standard_normal(400_000)
    alarms = expect("fixed", noise, learning=200_000).alarms(noise, threshold)[200_000:]
    assert alarms.mean() == pytest.approx(math.erfc(threshold / math.sqrt(2)), rel=0.08)


def test_off_a_fading_mean_noise_lies_by_a_little_more_than_itself() -> None:
    noise, window = 1_000 + 50 * np.random.default_rng(8).standard_normal(200_000), 9
    share = 2 / (window + 1)
    off = noise - expect("ewma", noise, window=window).expected
    assert np.nanstd(off) == pytest.approx(50 * math.sqrt(2 / (2 - share)), rel=0.01)  # Roberts: variance of the mean is share / (2 - share)


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_detector_looks_only_backwards(detector: str) -> None:
    values = record(weeks=4, seed=2).values
    whole = expect(detector, values)
    for samples in (1, 50, LEARNING + 300):
        part = expect(detector, values[:samples])
        np.testing.assert_allclose(part.expected, whole.expected[:samples], rtol=1e-9)
        np.testing.assert_allclose(part.spread, whole.spread[:samples], rtol=1e-6)


@pytest.mark.parametrize("detector", DETECTORS)
def test_units_do_not_matter(detector: str) -> None:
    values = record(weeks=4, seed=2).values
    alarms = expect(detector, values).alarms(values, 3.1)
    np.testing.assert_array_equal(alarms, expect(detector, values * 1024).alarms(values * 1024, 3.1))
    assert alarms.any()


def test_incidents_change_the_traffic_by_their_size_and_nothing_else() -> None:
    small, large = (record(weeks=5, seed=3, size=size) for size in (0.1, 0.5))
    np.testing.assert_array_equal(small.starts, large.starts)
    assert small.kinds == large.kinds
    assert small.starts.min() >= LEARNING
    during = np.zeros(small.values.size, dtype=bool)
    for start, end, kind in zip(small.starts, small.ends, small.kinds, strict=True):
        during[start:end] = True
        assert 4 <= end - start <= 16
        factors = {"surge": 1.5 / 1.1, "loss": 0.5 / 0.9, "creep": 2.0 / 1.2}
        assert large.values[end - 1] / small.values[end - 1] == pytest.approx(factors[kind])
    np.testing.assert_array_equal(small.values[~during], large.values[~during])
    assert (np.diff(np.stack((small.starts, small.ends), axis=1).ravel()) >= 4).all()


def test_a_fault_does_not_show_in_the_traffic() -> None:
    calm, faulty = record(weeks=5, seed=3, per_week=0), record(weeks=5, seed=3, per_week=8, kinds=("surge", "fault"))
    assert faulty.kinds == ("surge", "fault") * 12
    for start, end, kind in zip(faulty.starts, faulty.ends, faulty.kinds, strict=True):
        change = faulty.values[start:end] / calm.values[start:end]
        np.testing.assert_allclose(change, 1.4 if kind == "surge" else 1.0)


def test_glitches_are_single_and_never_touch_an_incident() -> None:
    clean, wrong = (record(weeks=6, seed=3, glitches=glitches) for glitches in (0.0, 4.0))
    at = np.flatnonzero(clean.values != wrong.values)
    assert at.size == pytest.approx(4 * 28, rel=0.3)
    assert (np.diff(at) > 1).all()
    for start, end in zip(wrong.starts, wrong.ends, strict=True):
        assert not ((at >= start - 1) & (at <= end)).any()


def obvious(alarms: list[bool], starts: list[int], ends: list[int], quiet: int, learning: int) -> tuple[list[int], list[bool], list[int]]:
    """Page by page, incident by incident."""
    pages = [at for at in range(learning, len(alarms)) if alarms[at] and not any(alarms[max(learning, at - quiet) : at])]
    incidents = list(zip(starts, ends, strict=True))
    right = [any(start <= page < end for start, end in incidents) for page in pages]
    delays = [min((page - start for page in pages if start <= page < end), default=-1) for start, end in incidents]
    return pages, right, delays


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.lists(st.integers(1, 12), max_size=8), st.integers(1, 5), st.integers(0, 10))
def test_pages_are_counted_as_an_obvious_program_counts(alarms: list[bool], gaps: list[int], quiet: int, learning: int) -> None:
    edges = [edge for edge in np.cumsum(gaps).tolist() if edge <= len(alarms)]
    starts, ends = edges[: len(edges) // 2 * 2 : 2], edges[1::2]
    result = score(alarms, starts, ends, quiet=quiet, learning=learning)
    pages, right, delays = obvious(alarms, starts, ends, quiet, learning)
    assert (result.pages.tolist(), result.right.tolist(), result.delays.tolist()) == (pages, right, delays)
    assert result.precision == (sum(right) / len(right) if right else 1.0)
    assert result.recall == (sum(delay >= 0 for delay in delays) / len(delays) if delays else 1.0)
    assert min(result.precision, result.recall) <= result.f1 + 1e-12 or result.f1 == 0
    assert result.f1 <= max(result.precision, result.recall) + 1e-12


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.integers(1, 5))
def test_an_alarm_waits_for_so_many_in_a_row(values: list[int], hold: int) -> None:
    alarms = Expectation(np.zeros(len(values)), np.ones(len(values))).alarms(values, 4, hold)
    assert alarms.tolist() == [at + 1 >= hold and all(value > 4 for value in values[at + 1 - hold : at + 1]) for at in range(len(values))]


def test_as_many_values_are_ordinary_as_is_said() -> None:
    recording = record()
    wrong = (recording.ends - recording.starts).sum() / (recording.values.size - LEARNING)
    assert f"{100 * (1 - wrong):.0f} of 100 values are ordinary" in (anomalies.__doc__ or "")


def test_silence_and_noise_earn_nothing() -> None:
    recording = record(weeks=4)
    silent = score(np.zeros(recording.values.size, dtype=bool), recording.starts, recording.ends)
    always = score(np.ones(recording.values.size, dtype=bool), recording.starts, recording.ends)
    assert (silent.precision, silent.recall, silent.f1) == (1.0, 0.0, 0.0)
    assert (always.precision, always.recall, always.f1) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: record(weeks=2), "weeks is 2, but must be a whole number of at least 3"),
        (lambda: record(size=1.5), "size is 1.5, but must be a finite number above 0"),
        (lambda: record(per_week=29), "per_week is 29, but must be a whole number from 0 to 28"),
        (lambda: record(glitches=-1), "glitches is -1, but must be a finite number from 0 to 8"),
        (lambda: record(kinds=("flood",)), "kinds is 'flood', but must be one of"),
        (lambda: record(kinds=()), "kinds is empty"),
        (lambda: expect("week", [1.0]), "detector is 'week', but must be one of"),
        (lambda: expect("ewma", [1.0, -1.0]), r"values holds the number -1.0"),
        (lambda: expect("moving", [1.0], window=1), "window is 1, but must be a whole number of at least 2"),
        (lambda: expect("fixed", [1.0, 1.0]).alarms([1.0], 3), "values holds 1 numbers, but 2 were expected"),
        (lambda: score([True], [0], [0], learning=0), "ends holds the sample 0"),
        (lambda: score([True] * 5, [0, 2], [3, 5]), "starts and ends are not in order"),
        (lambda: score([True] * 5, [0, 2], [1]), "starts holds 2 incidents and ends 1"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_what_is_returned_cannot_be_written_to() -> None:
    recording = record(weeks=3)
    with pytest.raises(ValueError, match="read-only"):
        recording.values[0] = 1
    assert anomalies.KINDS == ("surge", "loss", "creep")
