"""Containers: quotas against a clock that runs in thousandths of a period, memory against what is left of it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators.containers import PERIOD, run_in_memory, throttled_response


def ticked(work, quota, threads):
    """Hundredths of a period until so many thread-hundredths of work are done, if so many may be done in each period of 100."""
    tick, left = 0, 0
    while work > 0:
        left = quota if tick % 100 == 0 else left
        done = min(threads, left, work)
        work, left, tick = work - done, left - done, tick + 1
    return tick


@given(work=st.integers(1, 800), quota=st.integers(1, 50), threads=st.integers(1, 4))
def test_agrees_with_a_clock(work, quota, threads):
    # whole ticks only: work and quota are multiples of what the threads do in one
    work, quota = work * threads, quota * threads
    expected = ticked(work, quota, threads) / 100
    assert throttled_response([work / 100], quota / 100, threads=threads, period=1.0)[0] == pytest.approx(expected)


def test_no_more_threads_than_processors_allowed_are_never_held_back():
    assert throttled_response([1.0, 0.3], 2.0, threads=2).tolist() == [0.5, 0.15]
    assert throttled_response([1.0], 2.0, threads=4)[0] == pytest.approx(4 * PERIOD + 0.2 / 4)
    assert throttled_response([0.0], 0.5)[0] == 0


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=60), st.integers(1, 12), st.integers(0, 3))
def test_nothing_holds_more_than_its_limit(growth, limit, restart):
    result = run_in_memory(growth, limit, restart=restart)
    assert (result.usage <= limit).all()
    assert (result.usage >= 0).all()
    assert (np.diff(result.killed) >= max(restart, 1)).all()
    assert result.down <= restart * result.killed.size
    assert result.killed.size or np.cumsum(growth)[0] <= limit


def test_bad_input_is_named():
    for call, words in (
        (lambda: throttled_response([-1.0], 1.0), "work holds the work -1.0"),
        (lambda: throttled_response([1.0], 0.0), "cpus is 0.0"),
        (lambda: throttled_response([1.0], 1.0, threads=0), "threads is 0"),
        (lambda: throttled_response([1.0], 1.0, period=0), "period is 0"),
        (lambda: run_in_memory([], 1.0), "growth is []"),
        (lambda: run_in_memory([np.nan], 1.0), "growth is [nan]"),
        (lambda: run_in_memory([1.0], 1.0, base=2.0), "limit is 1.0"),
        (lambda: run_in_memory([1.0], 1.0, restart=-1), "restart is -1"),
    ):
        with pytest.raises(ValueError, match=re.escape(words)):
            call()
