"""The hash is XXH64, whatever is hashed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators import hashing
from labsupport.simulators.hashing import hash_keys
from tests.simulators.shards import numbers, texts, xxh64


@given(keys=numbers | texts, seed=st.integers(0, 2**64 - 1))
def test_hash_is_xxh64(keys, seed):
    assert hash_keys(keys, seed).tolist() == [xxh64(key, seed) for key in keys]


def test_hash_is_xxh64_for_every_length_of_text_and_over_several_chunks():
    keys = ["löwe, " * (length // 7) + "x" * (length % 7) for length in range(300)] * 120
    assert len(keys) > hashing.CHUNK
    assert hash_keys(keys).tolist() == [xxh64(key) for key in keys]
    many = np.arange(2 * hashing.CHUNK + 5)
    assert hash_keys(many)[[0, hashing.CHUNK - 1, hashing.CHUNK, -1]].tolist() == [
        xxh64(key) for key in (0, hashing.CHUNK - 1, hashing.CHUNK, many.size - 1)
    ]


def test_half_a_surrogate_pair_is_a_key_too():
    # File names can hold them.
    assert hash_keys(["a\ud800", "b"]).tolist() == [xxh64("a\ud800"), xxh64("b")]


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_has_64_bits(seed):
    with pytest.raises(ValueError, match=f"seed is {seed}, but must be a whole number from 0"):
        hash_keys([1], seed)
