"""Caches written in plain Python: the textbook's, driven, equal the simulator's, and what cannot be is named."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators.caching import simulate
from labsupport.simulators.own_cache import drive


class Textbook:
    """LRU, or FIFO if use does not count; and faults to be named."""

    def __init__(self, capacity, use=True, fault=""):
        self.capacity, self.use, self.fault, self.entries = capacity, use, fault, OrderedDict()

    def get(self, key):
        if self.use and key in self.entries:
            self.entries.move_to_end(key)
        return self.entries.get(key)

    def put(self, key, value):
        self.entries[key] = value
        if len(self.entries) <= self.capacity:
            return []
        if self.fault == "unbounded":
            return []
        gone, _ = self.entries.popitem(last=False)
        if self.fault == "keeps":
            self.entries[gone] = value
        return {"silent": [], "wrong": [-1], "text": "gone"}.get(self.fault, [gone])


@pytest.mark.parametrize("policy", ["lru", "fifo"])
@given(trace=st.lists(st.integers(0, 9), min_size=1, max_size=100), capacity=st.integers(1, 8))
def test_the_textbook_driven_equals_the_simulator(policy, trace, capacity):
    own, simulated = drive(Textbook(capacity, use=policy == "lru"), trace, capacity), simulate(policy, trace, capacity)
    assert np.array_equal(own.hits, simulated.hits)
    assert own.evictions == simulated.evictions
    assert (own.policy, own.capacity) == ("own", capacity)
    assert not own.hits.flags.writeable


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("unbounded", "after request 2 it holds 3 keys, but may hold 2"),
        ("keeps", "at request 3, key 1 is found, but it was evicted"),
        ("silent", "after request 2 it holds 3 keys"),
        ("wrong", "at request 2, put evicted -1, which the cache does not hold"),
        ("text", "at request 2, put returned 'gone', but must return the list"),
    ],
)
def test_what_cannot_be_is_named(fault, message):
    with pytest.raises(ValueError, match=message):
        drive(Textbook(2, fault=fault), [1, 2, 3, 1], 2)


def test_a_stored_key_may_not_go_missing():
    with pytest.raises(ValueError, match="at request 1, key 1 is missed, but it was stored"):
        drive(_Nothing(), [1, 1], 2)


class _Nothing:
    def get(self, key): ...

    def put(self, key, value):  # noqa: ARG002 - the protocol's own signature
        return []


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((object(), [1], 1), TypeError, "must have the methods get and put"),
        ((_Nothing(), [], 1), ValueError, "trace is empty"),
        ((_Nothing(), [1], 0), ValueError, "capacity is 0"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        drive(*arguments)
