"""Checks at the border: what passes, what is refused, and in which words."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import checks


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3)])
def test_whole_numbers_of_any_kind_become_int(value):
    assert type(checks.integer("size", value)) is int
    assert checks.integer("size", value, minimum=3, maximum=3) == 3


@pytest.mark.parametrize("value", [3.0, "3", None, True, np.True_, np.float64(3), [3]])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(TypeError, match=r"size is .*, but must be a whole number"):
        checks.integer("size", value)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"minimum": 5}, "size is 3, but must be a whole number of at least 5"),
        ({"maximum": 2}, "size is 3, but must be a whole number of at most 2"),
        ({"minimum": 5, "maximum": 2_000}, "size is 3, but must be a whole number from 5 to 2,000"),
    ],
)
def test_whole_numbers_out_of_range_are_refused(limits, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        checks.integer("size", 3, **limits)


def test_numbers():
    assert type(checks.number("rate", np.float32(1.5))) is float
    assert checks.number("rate", 2, minimum=2, maximum=2) == 2.0
    assert checks.number("rate", 0.1, above=0) == 0.1
    for value in ("1", None, True, [1.0], 1j):
        with pytest.raises(TypeError, match="rate is"):
            checks.number("rate", value)
    for value in (float("nan"), float("inf"), -float("inf")):
        with pytest.raises(ValueError, match="must be a finite number"):
            checks.number("rate", value)
    with pytest.raises(ValueError, match=r"rate is 0, but must be a finite number above 0$"):
        checks.number("rate", 0, above=0)
    with pytest.raises(ValueError, match=r"above 0 and at most 1$"):
        checks.number("rate", 2, above=0, maximum=1)


def test_choice_suggests_the_nearest_word_if_there_is_one():
    assert checks.choice("policy", "lru", ["fifo", "lru"]) == "lru"
    with pytest.raises(ValueError, match="Did you mean 'lru'"):
        checks.choice("policy", "LRU", ["fifo", "lru"])
    with pytest.raises(ValueError, match=r"must be one of 'fifo', 'lru'$"):
        checks.choice("policy", "zzz", ["fifo", "lru"])
    with pytest.raises(TypeError, match="policy is None"):
        checks.choice("policy", None, ["fifo", "lru"])


def test_keys_are_not_copied_without_need_and_never_written_to():
    trace = np.array([3, 1, 2])
    assert checks.keys("trace", trace) is trace
    assert checks.keys("trace", trace.astype(np.uint32)).dtype == np.int64
    assert checks.keys("trace", [0, checks.LARGEST_KEY]).tolist() == [0, checks.LARGEST_KEY]


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ([], ValueError, "trace is empty, but must hold at least one key"),
        ([-1], ValueError, "trace holds the key -1"),
        ([checks.LARGEST_KEY + 1], ValueError, "trace holds the key 2147483648"),
        (np.array([2**64 - 1], dtype=np.uint64), ValueError, "18446744073709551615"),
        ([1.5], ValueError, "trace holds float64 such as 1.5, but each must be a whole number"),
        ([True], TypeError, "trace holds bool"),
        ([None], TypeError, "trace holds object"),
        (5, ValueError, "trace has shape"),
        ([[1], [1, 2]], ValueError, "trace is ragged"),
    ],
)
def test_what_is_no_row_of_keys_is_refused(values, error, message):
    with pytest.raises(error, match=message):
        checks.keys("trace", values)


def test_flags():
    assert checks.flags("writes", [True, False], 2).tolist() == [True, False]
    with pytest.raises(ValueError, match="one for each of the 3 requests"):
        checks.flags("writes", [True], 3)
    with pytest.raises(TypeError, match="True or False"):
        checks.flags("writes", [1, 0], 2)


def test_times():
    assert checks.times("arrivals", [0, 1, 1]).dtype == np.float64
    with pytest.raises(ValueError, match=r"arrivals falls from 2\.0 to 1\.0 at index 1"):
        checks.times("arrivals", [2, 1])
    with pytest.raises(ValueError, match="arrivals holds the time nan"):
        checks.times("arrivals", [0.0, float("nan")])
    with pytest.raises(TypeError, match="times must be numbers"):
        checks.times("arrivals", ["now"])
