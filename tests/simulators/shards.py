"""What the tests of sharding share: strategies by what they promise, keys, and another implementation of the hash."""

from __future__ import annotations

import pytest
import xxhash
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.simulators.sharding import STRATEGIES

HASHING = ("modulo", "consistent", "rendezvous", "jump")
RESTFUL = ("consistent", "rendezvous")  # strategies under which any shard may join or leave, and no other key moves
every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)
hashing_strategy = pytest.mark.parametrize("strategy", HASHING)
restful_strategy = pytest.mark.parametrize("strategy", RESTFUL)
names = st.lists(st.integers(0, 50) | st.text(max_size=6), min_size=1, max_size=8, unique=True)
numbers = st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=40)
texts = st.lists(st.text(max_size=70), min_size=1, max_size=40)
KEYS = workloads.uniform_trace(20_000, 2**31, seed=71)


def options_of(strategy):
    return {"directory": {"default": 0}, "range": {"space": 2**31}}.get(strategy, {})


def as_bytes(key):
    return key.encode("utf-8", "surrogatepass") if isinstance(key, str) else int(key).to_bytes(8, "little")


def xxh64(key, seed=0):
    return xxhash.xxh64_intdigest(as_bytes(key), seed=seed)
