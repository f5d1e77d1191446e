"""Workloads: what is drawn has the distribution it should have, and what is recorded is what was opened."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.workloads.traces import _fill_alias_table

EXPONENTS = [0.0, 0.3, 0.99, 1.0, 1.7, 40.0, 5_000.0]


@pytest.mark.parametrize("exponent", EXPONENTS)
@pytest.mark.parametrize("keys", [1, 2, 7, 1_000])
def test_zipf_popularity_is_a_falling_power_of_the_rank(keys, exponent):
    popularity = workloads.zipf_popularity(keys, exponent)
    assert popularity.sum() == pytest.approx(1)
    ranks = np.arange(1, keys + 1)
    with np.errstate(under="ignore"):
        np.testing.assert_allclose(popularity, popularity[0] * ranks**-exponent, rtol=1e-12)


@pytest.mark.parametrize("exponent", EXPONENTS)
@pytest.mark.parametrize("keys", [1, 2, 3, 10, 4_096, 100_000])
def test_the_alias_table_holds_exactly_the_popularity(keys, exponent):
    popularity = workloads.zipf_popularity(keys, exponent)
    borders, others = np.empty(keys), np.empty(keys, dtype=np.int32)
    _fill_alias_table(popularity, borders, others)
    own = np.clip(borders - np.arange(keys), 0, 1)
    mass = own + np.bincount(others, weights=1 - own, minlength=keys)
    np.testing.assert_allclose(mass / keys, popularity, rtol=0, atol=1e-12)


@pytest.mark.parametrize("exponent", [0.0, 0.8, 1.0, 2.0])
def test_zipf_draws_each_key_as_often_as_it_should(exponent):
    # Chi-squared, seed 91, one million draws of 50 keys. With 49 degrees of freedom 85.4 is exceeded once in a thousand seeds.
    popularity = workloads.zipf_popularity(50, exponent)
    counts = np.bincount(workloads.zipf_trace(1_000_000, 50, exponent, 91), minlength=50)
    assert ((counts - 1_000_000 * popularity) ** 2 / (1_000_000 * popularity)).sum() < 85.4


def test_zipf_draws_are_independent_of_each_other():
    trace = workloads.zipf_trace(400_000, 100, 1.0, 92)
    repeats = np.mean(trace[1:] == trace[:-1])  # expected: the sum of the squared probabilities; standard error below 0.0004
    assert repeats == pytest.approx((workloads.zipf_popularity(100, 1.0) ** 2).sum(), abs=0.0016)


def test_uniform_draws_every_key_equally_often():
    counts = np.bincount(workloads.uniform_trace(500_000, 50, 93), minlength=50)
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 85.4  # as above


def test_scan_and_loop():
    assert workloads.scan_trace(4, 4).tolist() == [0, 1, 2, 3]
    assert workloads.loop_trace(7, 3).tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_shifting_keeps_the_popularity_within_a_phase_and_changes_the_keys_between():
    trace = workloads.shifting_trace(300_000, 100, 1.0, 3, 94)
    favourites = set()
    for phase in np.split(trace, 3):
        counts = np.bincount(phase, minlength=100)
        favourites.add(int(counts.argmax()))
        np.testing.assert_allclose(np.sort(counts)[::-1] / 100_000, workloads.zipf_popularity(100, 1.0), atol=0.005)
    assert len(favourites) == 3
    assert np.array_equal(np.unique(trace), np.arange(100))


def test_shifting_with_as_many_phases_as_requests():
    assert workloads.shifting_trace(10, 5, 1.0, 10, 95).shape == (10,)


@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    weights=st.lists(st.integers(0, 5), min_size=4, max_size=4),
    seed=st.integers(0, 1_000),
)
def test_a_mixture_reads_every_trace_in_order_and_keeps_their_keys_apart(lengths, weights, seed):
    weights = weights[: len(lengths)]
    weights[0] += 1
    traces = [np.arange(length) for length in lengths]
    mixed = workloads.mixture_trace(traces, [weight / sum(weights) for weight in weights], seed)
    offset, complete, read = 0, False, 0
    for length, weight in zip(lengths, weights, strict=True):
        part = mixed[(mixed >= offset) & (mixed < offset + length)] - offset
        assert part.tolist() == list(range(part.size))
        assert weight > 0 or part.size == 0
        complete |= part.size == length
        read += part.size
        offset += length
    assert complete
    assert read == mixed.size


def test_a_mixture_has_the_shares_asked_for():
    traces = [np.zeros(100_000, dtype=np.int64)] * 2
    mixed = workloads.mixture_trace(traces, [0.25, 0.75], 96)
    assert np.mean(mixed == 0) == pytest.approx(0.25, abs=0.006)  # four standard errors


def test_write_flags_have_the_share_asked_for():
    assert workloads.write_flags(200_000, 0.3, 97).mean() == pytest.approx(0.3, abs=0.0042)  # four standard errors
    assert not workloads.write_flags(100, 0, 97).any()
    assert workloads.write_flags(100, 1, 97).all()


def test_poisson_arrivals_have_exponential_gaps():
    arrivals = workloads.poisson_arrivals(400_000, 5.0, 98)
    gaps = np.diff(arrivals, prepend=0.0)
    assert (gaps >= 0).all()
    assert gaps.mean() == pytest.approx(0.2, rel=0.0064)  # four standard errors
    assert gaps.std() == pytest.approx(0.2, rel=0.01)
    assert np.mean(gaps > 0.2) == pytest.approx(np.exp(-1), abs=0.0031)


@pytest.mark.parametrize(
    "draw",
    [
        lambda seed: workloads.zipf_trace(100, 50, 1.0, seed),
        lambda seed: workloads.uniform_trace(100, 50, seed),
        lambda seed: workloads.shifting_trace(100, 50, 1.0, 4, seed),
        lambda seed: workloads.mixture_trace([np.arange(100), np.arange(100)], [0.5, 0.5], seed),
        lambda seed: workloads.write_flags(100, 0.5, seed),
        lambda seed: workloads.poisson_arrivals(100, 1.0, seed),
    ],
)
def test_a_seed_decides_everything(draw):
    assert np.array_equal(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))
    for seed in (-1, 1.5, None):
        with pytest.raises((ValueError, TypeError), match="seed is"):
            draw(seed)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: workloads.zipf_trace(0, 5, 1.0, 1), ValueError, "requests is 0"),
        (lambda: workloads.zipf_trace(5, 0, 1.0, 1), ValueError, "keys is 0"),
        (lambda: workloads.zipf_trace(5, 5, float("nan"), 1), ValueError, "exponent is nan"),
        (lambda: workloads.zipf_trace(5, 5, -0.1, 1), ValueError, "exponent is -0.1"),
        (lambda: workloads.zipf_trace(5, 5, "1", 1), TypeError, "exponent is '1'"),
        (lambda: workloads.zipf_popularity(2.0, 1), TypeError, "keys is 2.0"),
        (lambda: workloads.scan_trace(5, 4), ValueError, "keys is 4, but must be a whole number from 5"),
        (lambda: workloads.loop_trace(5, 2**31 + 1), ValueError, "keys is 2147483649"),
        (lambda: workloads.shifting_trace(5, 5, 1.0, 6, 1), ValueError, "phases is 6"),
        (lambda: workloads.mixture_trace([], [], 1), ValueError, "traces is empty"),
        (lambda: workloads.mixture_trace([[1], []], [0.5, 0.5], 1), ValueError, r"traces\[1\] is empty"),
        (lambda: workloads.mixture_trace([[1]], [0.5, 0.5], 1), ValueError, "shares holds 2 numbers"),
        (lambda: workloads.mixture_trace([[1], [2]], [0.5, 0.4], 1), ValueError, "shares sum to 0.9"),
        (lambda: workloads.mixture_trace([[1], [2]], [-0.5, 1.5], 1), ValueError, r"shares\[0\] is -0.5"),
        (lambda: workloads.mixture_trace([[2**31 - 1], [2]], [0.5, 0.5], 1), ValueError, "different keys together"),
        (lambda: workloads.write_flags(5, 1.1, 1), ValueError, "share is 1.1"),
        (lambda: workloads.poisson_arrivals(5, 0, 1), ValueError, "rate is 0"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


# Files opened on this machine


def test_opened_files_of_a_line_of_code(tmp_path):
    first, second = tmp_path / "fürst\n.txt", tmp_path / "second.txt"
    first.write_text("a", encoding="utf-8")
    second.write_text("b", encoding="utf-8")
    code = f"a, b = {str(first)!r}, {str(second)!r}\nfor path in (a, b, a, a): open(path).close()\nopen({str(tmp_path / 'new')!r}, 'w').close()"
    files = workloads.opened_files(["-c", code])
    assert files.paths == (str(first), str(second), str(first), str(first))  # and not what was opened for writing only
    assert files.trace.tolist() == [0, 1, 0, 0]
    assert files.trace.dtype == np.int64
    assert not files.trace.flags.writeable


def test_opened_files_of_a_module():
    files = workloads.opened_files(["-m", "pydoc", "json"])
    assert len(files.paths) == files.trace.size > 5
    assert any("pydoc" in path for path in files.paths)
    assert files.trace.max() + 1 == len(set(files.paths))


def test_opened_files_of_a_program_with_arguments_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "helper.py").write_text("", encoding="utf-8")
    program = "import sys, helper\nassert sys.argv[1:] == ['data.txt', '-x'], sys.argv\nassert __name__ == '__main__'\nopen(sys.argv[1]).close()\n"
    (tmp_path / "program.py").write_text(program + "sys.exit(0)", encoding="utf-8")
    (tmp_path / "data.txt").write_text("", encoding="utf-8")
    files = workloads.opened_files(["program.py", "data.txt", "-x"])
    assert files.paths[-1] == "data.txt"
    assert any("helper" in path for path in files.paths)


def test_the_line_of_code_is_run_as_python_runs_it(tmp_path):
    data = tmp_path / "data"
    data.write_text("", encoding="utf-8")
    checks = "import sys\nassert sys.argv == ['-c', 'x'] and __name__ == '__main__'\nassert 'kind' not in globals()"
    code = f"{checks}\nopen({str(data)!r}).close()"
    assert workloads.opened_files(["-c", code, "x"]).paths == (str(data),)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ([], ValueError, "arguments is"),
        ("-c pass", TypeError, "must be a list of texts"),
        (["-c", 3], TypeError, "arguments holds 3"),
        (["-c"], ValueError, "-c must be followed by a program"),
        (["--version"], ValueError, "must be one of"),
        (["no_such_program.py"], ValueError, "there is no such file"),
        (["-m", "no_such_module"], ValueError, "name the module 'no_such_module', but it was not found"),
        (["-c", "raise KeyError('lost')"], RuntimeError, "exit code 1: KeyError: 'lost'"),
        (["-c", "import sys; sys.exit(3)"], RuntimeError, "exit code 3: it gave no message"),
        (["-c", "x ="], RuntimeError, "SyntaxError"),
        (["-c", "pass"], RuntimeError, "opened no file"),
    ],
)
def test_opened_files_says_what_went_wrong(arguments, error, message):
    with pytest.raises(error, match=message):
        workloads.opened_files(arguments)


def test_opened_files_stops_a_program_that_takes_too_long():
    with pytest.raises(TimeoutError, match=r"ran longer than 0\.5 s"):
        workloads.opened_files(["-c", "while True: pass"], timeout=0.5)


def test_opened_files_does_not_wait_for_a_grandchild_that_stays_behind(tmp_path):
    # The program ends at once; its own child would keep a pipe of ours open for as long as it sleeps.
    code = f"import subprocess, sys\nsubprocess.Popen([{sys.executable!r}, '-c', 'import time; time.sleep(3)'])"
    assert workloads.opened_files(["-c", code], timeout=30).trace.size > 0
