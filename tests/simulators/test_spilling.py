"""Spilling against a plain program that really sorts, against the formula for passes, and against the theory of samples."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from heapq import merge
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators import spilling


def sorted_on_disk(keys: list[int], memory: int, ways: int, combine: bool) -> tuple[list[int], list[int], list[int], list[int]]:
    """Sort with lists for files: the runs after each pass, the rows read and written, and what comes out."""
    files, held = list[list[int]](), list[int]()
    for key in keys:
        if combine and key in held:
            continue
        if len(held) == memory:
            files.append(sorted(held))
            held = []
        held.append(key)
    files.append(sorted(held))
    runs, read, written = [len(files)], [len(keys)], [sum(map(len, files))]
    while len(files) > 1:
        read.append(sum(map(len, files)))
        groups = [list(merge(*files[first : first + ways])) for first in range(0, len(files), ways)]
        files = [sorted(set(group)) if combine else group for group in groups]
        runs.append(len(files))
        written.append(sum(map(len, files)))
    return runs, read, written, files[0]


@settings(max_examples=200, deadline=None)
@given(
    keys=st.lists(st.sampled_from([0, 1, 2, 3, 7, 2_000_000_000]) | st.integers(0, 30), min_size=1, max_size=80),
    memory=st.integers(1, 30),
    ways=st.integers(2, 6),
    combine=st.booleans(),
)
def test_it_moves_what_a_sort_on_disk_moves(keys: list[int], memory: int, ways: int, combine: bool) -> None:
    result = spilling.spill(keys, memory, ways, combine=combine)
    runs, read, written, out = sorted_on_disk(keys, memory, ways, combine)
    assert result.runs.tolist() == runs
    assert result.read.tolist() == read
    assert result.written.tolist() == written
    assert out == sorted(set(keys) if combine else keys)
    assert result.moved == sum(read) + sum(written)


@pytest.mark.parametrize("ways", [2, 3, 16])
def test_passes_are_those_of_the_formula(ways: int) -> None:
    keys = np.arange(1_000) % 7
    for memory in (1, 2, 3, 10, 62, 63, 333, 334, 500, 999, 1_000, 5_000):
        result = spilling.spill(keys, memory, ways)
        assert result.passes == theory.merge_passes(1_000, memory, ways)
        assert result.moved == 2 * 1_000 * result.passes


def test_keys_that_fit_are_added_up_in_one_pass() -> None:
    keys = np.random.default_rng(1).integers(0, 50, 10_000)
    result = spilling.spill(keys, 50, combine=True)
    assert result.passes == 1
    assert (result.read[0], result.written[0]) == (10_000, 50)
    assert spilling.spill(keys, 49, combine=True).passes > 1
    assert spilling.spill(keys, 49, combine=True).moved < spilling.spill(keys, 49).moved


def test_a_sample_is_as_far_off_as_theory_says() -> None:
    keys = np.arange(60_000) // 60
    off = spilling.sample_counts(keys, 15_000, seed=3) / 60 - 1
    assert abs(off.mean()) < 1e-9  # all rows are scaled up to all rows
    assert np.sqrt(np.mean(off**2)) == pytest.approx(theory.sampling_error(60, 0.25), rel=0.07)  # 3 standard errors of a thousand keys
    assert np.all(spilling.sample_counts(keys, 100_000, seed=3) == 60)


def test_nothing_that_is_given_is_written_to() -> None:
    keys = np.array([3, 1, 3])
    keys.flags.writeable = False
    assert not spilling.spill(keys, 2).read.flags.writeable
    spilling.sample_counts(keys, 2, seed=0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (partial(spilling.spill, [], 1), ValueError, "keys"),
        (partial(spilling.spill, [-1], 1), ValueError, "keys"),
        (partial(spilling.spill, [1], 0), ValueError, "memory is 0"),
        (partial(spilling.spill, [1], 1, 1), ValueError, "ways is 1"),
        (partial(spilling.spill, [1], 1, combine=1), TypeError, "combine is 1, but must be True or False"),
        (partial(spilling.sample_counts, [1], 0, seed=1), ValueError, "memory is 0"),
        (partial(theory.merge_passes, 1, 1, 1), ValueError, "ways is 1"),
        (partial(theory.merge_passes, 0, 1, 2), ValueError, "data is 0"),
        (partial(theory.sampling_error, 1, 1.5), ValueError, "share is 1.5"),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
