"""Laws of scaling: against each other and against search, and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory

shares = st.floats(0, 1)


@given(shares, st.integers(1, 1_000))
def test_gustafson_is_amdahl_seen_from_the_other_side(fraction, workers):
    # The share of the time that is parallel with N workers is, with one of them, N × fraction ÷ (1 − fraction + N × fraction).
    alone = workers * fraction / (1 - fraction + workers * fraction)
    assert theory.gustafson_speedup(fraction, workers) == pytest.approx(theory.amdahl_speedup(alone, workers))


@given(st.floats(0, 0.9), st.floats(1e-5, 0.1))
def test_the_peak_is_where_more_and_fewer_workers_do_less(contention, coherency):
    peak = theory.usl_peak(contention, coherency)
    most = theory.usl_throughput(peak, 1.0, contention, coherency)
    around = theory.usl_throughput(np.maximum(1, peak * np.array([0.5, 0.9, 1.1, 2])), 1.0, contention, coherency)
    assert (around <= most * (1 + 1e-12)).all()


def test_peaks_at_the_ends():
    assert theory.usl_peak(0.5, 0.0) == np.inf
    assert theory.usl_peak([1.0, 2.0], [0.0, 0.1]).tolist() == [1.0, 1.0]
    assert theory.usl_peak(0.0, 4.0) == 1.0


@pytest.mark.parametrize(
    ("function", "arguments", "words"),
    [
        (theory.gustafson_speedup, (1.5, 2), "parallel_fraction is 1.5"),
        (theory.gustafson_speedup, (0.5, 0), "workers is 0"),
        (theory.usl_peak, (-0.1, 0.1), "contention is -0.1"),
        (theory.usl_peak, (0.1, -1), "coherency is -1"),
    ],
)
def test_bad_input_is_named(function, arguments, words):
    with pytest.raises(ValueError, match=words):
        function(*arguments)
