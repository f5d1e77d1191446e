"""Counts by batch and by stream against a plain program, and what is late against theory."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators.windowing import PER_EVENT, STARTUP, count, record


@st.composite
def streams(draw):
    gaps = draw(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40)), min_size=1, max_size=40))
    events = sorted(((moment, moment + delay) for moment, delay in gaps), key=lambda event: event[1])
    happened, arrived = zip(*events, strict=True)
    return list(happened), list(arrived)


def plain_stream(happened, arrived, window, windows, wait, allowed):
    """Event by event: a watermark that only rises, windows that close, late events that are dropped or correct a count."""
    totals, first, last, closed = [0] * windows, [0] * windows, [0] * windows, [math.inf] * windows
    latest, final = -math.inf, [math.inf] * windows
    for moment, now in zip(happened, arrived, strict=True):
        latest = max(latest, moment)
        for index in range(windows):
            if latest >= (index + 1) * window + wait:
                closed[index] = min(closed[index], now)
            if latest >= (index + 1) * window + wait + allowed:
                final[index] = min(final[index], now)
        index = int(moment // window)
        if index < windows:
            totals[index] += 1
            first[index] += now <= closed[index]
            last[index] += now <= final[index]
    return totals, first, last, [arrived[-1] if math.isinf(moment) else moment for moment in closed]


@given(streams(), st.integers(1, 20), st.integers(1, 4), st.integers(0, 15), st.integers(0, 15))
def test_a_stream_counts_as_a_plain_program_does(events, window, windows, wait, allowed):
    found = count("stream", *events, window, windows, wait=wait, allowed=allowed)
    totals, first, last, closed = plain_stream(*events, window, windows, wait, allowed)
    assert (found.happened.tolist(), found.first.tolist(), found.last.tolist(), found.published.tolist()) == (totals, first, last, closed)


@given(streams(), st.integers(1, 20), st.integers(1, 4), st.integers(0, 15), st.integers(1, 30), st.integers(0, 60))
def test_a_batch_job_counts_as_a_plain_program_does(events, window, windows, wait, interval, allowed):
    found = count("batch", *events, window, windows, wait=wait, interval=interval, allowed=allowed)
    for index in range(windows):
        end = (index + 1) * window
        run = next(job for job in range(1, 10_000) if job * interval >= end)
        ours = [came for moment, came in zip(*events, strict=True) if moment // window == index]
        assert found.happened[index] == len(ours)
        assert found.first[index] == sum(came <= run * interval + wait for came in ours)
        assert found.last[index] == sum(came <= (run + allowed // interval) * interval + wait for came in ours)
        assert found.published[index] > run * interval + wait + STARTUP - 1e-9


@given(streams(), st.integers(1, 20), st.integers(1, 4), st.integers(0, 15))
def test_who_waits_longer_misses_no_more(events, window, windows, wait):
    for way in ("batch", "stream"):
        patient, hasty = (count(way, *events, window, windows, wait=each, interval=25) for each in (wait + 5, wait))
        assert (patient.first >= hasty.first).all()
        assert (patient.published >= hasty.published).all()
        assert (hasty.first <= hasty.last).all()
        assert (hasty.last <= hasty.happened).all()


@pytest.mark.parametrize(("window", "wait"), [(300, 0), (300, 600), (3_600, 60)])
def test_as_many_are_late_as_theory_says(window, wait):
    """About 340,000 events; the tolerance is four standard errors."""
    days = 4
    events = record((days * 24 + 12) * 3_600, 1.0, offline=1.0, delay=600, seed=3)
    found = count("batch", events.happened, events.arrived, window, days * 86_400 // window, wait=wait, interval=window)
    expected = theory.late_share(window, wait, 600)
    assert abs(found.missing - expected) < 4 * math.sqrt(expected / found.happened.sum())


def test_a_stream_of_many_events_waits_for_what_it_was_told():
    events = record(40 * 3_600, 5.0, offline=0.1, prompt=0.5, seed=4)
    found = count("stream", events.happened, events.arrived, 600, 144, wait=60)
    assert found.freshness == pytest.approx(60, abs=0.7)
    assert found.missing == pytest.approx(0.1 * theory.late_share(600, 60, 600), rel=0.05)


def test_nothing_comes_during_an_outage_from_those_who_are_cut_off():
    events = record(7_200, 1.0, offline=0.0, outage=1.0, begins=1_000, lasts=500, seed=5)
    inside = (events.happened >= 1_000) & (events.happened < 1_500)
    assert inside.sum() > 400
    assert events.arrived[inside].min() > 1_500
    assert (np.diff(events.arrived) >= 0).all()
    assert (events.arrived >= events.happened).all()
    other = record(7_200, 1.0, offline=0.0, seed=5)
    assert np.sort(events.happened).tolist() == np.sort(other.happened).tolist()


def test_a_machine_is_as_busy_as_its_jobs():
    events = record(30 * 3_600, 0.5, seed=1)
    hourly = count("batch", events.happened, events.arrived, 300, 288, interval=3_600)
    assert hourly.machine_seconds == pytest.approx(24 * (STARTUP + PER_EVENT * 1_800), rel=0.01)
    again = count("batch", events.happened, events.arrived, 300, 288, interval=3_600, allowed=7_200)
    assert again.machine_seconds == pytest.approx(24 * (STARTUP + 3 * PER_EVENT * 1_800), rel=0.01)
    assert count("stream", events.happened, events.arrived, 300, 288).machine_seconds == 86_400


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: record(0, 1), "seconds is 0"),
        (lambda: record(1, 1, offline=2), "offline is 2, but must be a finite number from 0 to 1"),
        (lambda: count("both", [1], [1], 1, 1), "way is 'both'"),
        (lambda: count("batch", [1, 2], [1], 1, 1), "arrived holds 1 times, but must hold one for each of the 2 events"),
        (lambda: count("batch", [1, 2], [1, 1.5], 1, 1), "arrived is 1.5 at index 1, before the event happened, at 2.0"),
        (lambda: count("batch", [1, 2], [3, 2], 1, 1), "arrived falls from 3.0 to 2.0"),
        (lambda: count("batch", [1], [1], 0, 1), "window is 0"),
        (lambda: count("batch", [1], [1], 1, 0), "windows is 0"),
        (lambda: count("batch", [1], [1], 1, 1, interval=0), "interval is 0"),
        (lambda: count("stream", [1], [1], 1, 1, wait=-1), "wait is -1"),
        (lambda: count("stream", [1], [1], 1, 1, allowed=-1), "allowed is -1"),
        (lambda: theory.late_share(0, 1, 1), "window is 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
