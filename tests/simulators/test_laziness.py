"""Laziness against Python's own generators and its own memory, item by item and call by call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators import laziness

tables = st.integers(1, 4).flatmap(lambda steps: st.lists(st.lists(st.booleans(), min_size=steps, max_size=steps), min_size=1, max_size=40))


def by_generators(passes: list[list[bool]], wanted: int, chunk: int) -> tuple[list[int], int]:
    """Build the pipeline out of generators that hand on chunks, and count what each step looks at."""
    looked = [0] * len(passes[0])

    def read() -> Iterator[list[list[bool]]]:
        for first in range(0, len(passes), chunk):
            yield passes[first : first + chunk]

    def step(place: int, source: Iterator[list[list[bool]]]) -> Iterator[list[list[bool]]]:
        for items in source:
            looked[place] += len(items)
            yield [item for item in items if item[place]]

    source = read()
    for place in range(len(looked)):
        source = step(place, source)
    found = list(islice((item for items in source for item in items), wanted))
    return looked, len(found)


@settings(max_examples=150, deadline=None)
@given(passes=tables, wanted=st.integers(0, 12), chunk=st.integers(1, 9))
def test_it_computes_what_generators_compute(passes: list[list[bool]], wanted: int, chunk: int) -> None:
    result = laziness.pull(passes, wanted, chunk=chunk)
    looked, found = by_generators(passes, wanted, chunk)
    assert result.looked.tolist() == looked
    assert result.found == found
    eager = laziness.pull(passes, wanted, chunk=None)
    assert eager.looked[0] == len(passes)
    assert eager.found == found
    assert np.all(eager.looked >= result.looked)
    assert result.asks * chunk >= result.looked[0] > (result.asks - 1) * chunk or result.asks == 0


def test_it_reads_as_far_as_theory_says() -> None:
    chance = np.random.default_rng(1)
    reads = [laziness.pull(chance.random((5_000, 1)) < 0.02, 3).looked[0] for _ in range(2_000)]
    half_width = 2.6 * np.std(reads) / np.sqrt(len(reads))
    assert abs(np.mean(reads) - theory.expected_reads(3, 0.02)) < half_width


def with_lru_cache(number: int, room: int | None) -> tuple[list[int], int]:
    """Let Python's own memory do it: all arguments in the order of the calls, and how many computed something."""
    arguments, computed = list[int](), 0

    @lru_cache(maxsize=room)
    def fib(k: int) -> int:
        nonlocal computed
        computed += 1
        return k if k < 2 else ask(k - 1) + ask(k - 2)

    def ask(k: int) -> int:
        arguments.append(k)
        return fib(k)

    ask(number)
    return arguments, computed


@pytest.mark.parametrize("room", [0, 1, 2, 3, 4, 7, None])
@pytest.mark.parametrize("number", [0, 1, 2, 3, 6, 13])
def test_it_calls_what_python_calls(number: int, room: int | None) -> None:
    tree = laziness.call_tree(number, room)
    arguments, computed = with_lru_cache(number, room)
    assert tree.arguments.tolist() == arguments
    assert tree.computed == computed
    assert tree.parents[0] == -1
    gaps = tree.arguments[tree.parents[1:]] - tree.arguments[1:]
    assert set(gaps.tolist()) <= {1, 2}
    assert not tree.known[tree.parents[1:]].any()


@pytest.mark.parametrize("number", [0, 1, 5, 20, 30])
def test_calls_without_and_with_a_memory_are_those_of_theory(number: int) -> None:
    assert laziness.call_tree(number, 0).arguments.size == theory.fibonacci_calls(number)
    assert laziness.call_tree(number).computed == number + 1 if number != 1 else 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (partial(laziness.pull, [[1]], 1), TypeError, r"passes has shape \(1, 1\) of int64"),
        (partial(laziness.pull, [True], 1), TypeError, "passes has shape"),
        (partial(laziness.pull, np.ones((0, 2), dtype=bool), 1), TypeError, "passes has shape"),
        (partial(laziness.pull, [[True]], -1), ValueError, "wanted is -1"),
        (partial(laziness.pull, [[True]], 1, chunk=0), ValueError, "chunk is 0"),
        (partial(laziness.call_tree, 31), ValueError, "number is 31"),
        (partial(laziness.call_tree, 3, -1), ValueError, "room is -1"),
        (partial(theory.fibonacci_calls, 91), ValueError, "number is 91"),
        (partial(theory.expected_reads, 1, 0.0), ValueError, "share is 0"),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
