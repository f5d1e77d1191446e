"""Hashing: keys and names made into 64 bits that look random, the same on every machine.

The hash is XXH64. A whole number is hashed as its eight bytes, lowest first, a text as its bytes in UTF-8. Multiplications,
rotations and exclusive ors of 64-bit words mix the bytes in; three more rounds at the end let every bit of the input change
half of the bits of the output. It is no cryptographic hash: whoever may choose the keys can make them collide.

References
----------
Collet, "xxHash fast digest algorithm", specification 0.1.1, 2018: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only

Keys: TypeAlias = NDArray[np.int64] | list[str]

CHUNK = 1 << 15  # keys whose hashes stay in the processor's cache until they are used
LARGEST_SEED = 2**64 - 1
PRIME1, PRIME2, PRIME3 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
PRIME4, PRIME5 = np.uint64(0x85EBCA77C2B2AE63), np.uint64(0x27D4EB2F165667C5)


@kernel
def _rotate(word: np.uint64, bits: int) -> np.uint64:
    return (word << np.uint64(bits)) | (word >> np.uint64(64 - bits))


@kernel
def _mix(accumulator: np.uint64, word: np.uint64) -> np.uint64:
    return _rotate(accumulator + word * PRIME2, 31) * PRIME1


@kernel
def _avalanche(word: np.uint64) -> np.uint64:
    word = (word ^ (word >> np.uint64(33))) * PRIME2
    word = (word ^ (word >> np.uint64(29))) * PRIME3
    return word ^ (word >> np.uint64(32))


@kernel
def hash_word(word: np.uint64, seed: np.uint64) -> np.uint64:
    """Return the hash of eight bytes, given as one word."""
    return _avalanche(_rotate((seed + PRIME5 + np.uint64(8)) ^ _mix(np.uint64(0), word), 27) * PRIME1 + PRIME4)


@kernel
def _word(data: NDArray[np.uint8], start: int, count: int) -> np.uint64:
    result = np.uint64(0)
    for place in range(count):
        result |= np.uint64(data[start + place]) << np.uint64(8 * place)
    return result


@kernel
def hash_bytes(data: NDArray[np.uint8], start: int, end: int, seed: np.uint64) -> np.uint64:
    """Return the hash of ``data[start:end]``."""
    place = start
    if end - start >= 32:  # four lanes, eight bytes each at a time
        lane1, lane2, lane3, lane4 = seed + PRIME1 + PRIME2, seed + PRIME2, seed, seed - PRIME1
        while end - place >= 32:
            lane1 = _mix(lane1, _word(data, place, 8))
            lane2 = _mix(lane2, _word(data, place + 8, 8))
            lane3 = _mix(lane3, _word(data, place + 16, 8))
            lane4 = _mix(lane4, _word(data, place + 24, 8))
            place += 32
        result = _rotate(lane1, 1) + _rotate(lane2, 7) + _rotate(lane3, 12) + _rotate(lane4, 18)
        for lane in (lane1, lane2, lane3, lane4):
            result = (result ^ _mix(np.uint64(0), lane)) * PRIME1 + PRIME4
    else:
        result = seed + PRIME5
    result += np.uint64(end - start)
    while end - place >= 8:
        result = _rotate(result ^ _mix(np.uint64(0), _word(data, place, 8)), 27) * PRIME1 + PRIME4
        place += 8
    if end - place >= 4:
        result = _rotate(result ^ (_word(data, place, 4) * PRIME1), 23) * PRIME2 + PRIME3
        place += 4
    while place < end:
        result = _rotate(result ^ (np.uint64(data[place]) * PRIME5), 11) * PRIME1
        place += 1
    return _avalanche(result)


@kernel
def _hash_words(words: NDArray[np.int64], seed: np.uint64, hashes: NDArray[np.uint64]) -> None:
    for key in range(words.size):
        hashes[key] = hash_word(np.uint64(words[key]), seed)


@kernel
def _hash_texts(data: NDArray[np.uint8], ends: NDArray[np.int64], seed: np.uint64, hashes: NDArray[np.uint64]) -> None:
    start = 0
    for key in range(ends.size):
        hashes[key] = hash_bytes(data, start, ends[key], seed)
        start = ends[key]


def checked_keys(name: str, keys: Any) -> Keys:
    """Return keys as an array of whole numbers or a list of texts, or say why they are neither."""
    if isinstance(keys, str):
        raise TypeError(f"{name} is {keys!r}, one text, but must be a sequence of keys")
    values = keys if isinstance(keys, (list, tuple)) else np.asarray(keys)
    if not isinstance(values, np.ndarray):
        if not (values and isinstance(values[0], str)):
            return checks.keys(name, values)
        texts = list(values)
    elif values.dtype.kind in "UTO" and values.ndim == 1 and values.size:
        texts = values.tolist()
    else:
        return checks.keys(name, values)
    if set(map(type, texts)) != {str}:  # the fastest way to ask all of them
        index, wrong = next((index, text) for index, text in enumerate(texts) if type(text) is not str)
        raise TypeError(f"{name} holds {wrong!r} ({type(wrong).__name__}) at index {index}, but keys must be all texts or all whole numbers")
    return texts


def joined(texts: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return all texts in UTF-8, one behind the other, and where each of them ends."""
    together = "".join(texts)
    lengths: Iterable[int] = map(len, texts) if together.isascii() else (len(text.encode("utf-8", "surrogatepass")) for text in texts)
    data = np.frombuffer(together.encode("utf-8", "surrogatepass"), dtype=np.uint8)
    return read_only(data), np.cumsum(np.fromiter(lengths, dtype=np.int64, count=len(texts)))


def hashes_in_chunks(keys: Keys, seed: int = 0) -> Iterator[tuple[slice, NDArray[np.uint64]]]:
    """Yield the hashes of some keys at a time, and which keys they are of. The array is used again for the next."""
    room = np.empty(min(len(keys), CHUNK), dtype=np.uint64)
    for first in range(0, len(keys), CHUNK):
        part = slice(first, min(first + CHUNK, len(keys)))
        hashes = room[: part.stop - first]
        with np.errstate(over="ignore"):  # 64-bit words run over on purpose; only plain Python would mention it
            if isinstance(keys, list):
                _hash_texts(*joined(keys[part]), np.uint64(seed), hashes)
            else:
                _hash_words(read_only(keys[part]), np.uint64(seed), hashes)
        yield part, hashes


def hash_keys(keys: Any, seed: int = 0) -> NDArray[np.uint64]:
    """Return the XXH64 hash of each key.

    Parameters
    ----------
    keys : array_like of int or sequence of str, shape (keys,)
        Whole numbers from 0 to 2³¹ − 1, or texts. Not written to.
    seed : int
        Another seed gives another hash function; from 0 to 2⁶⁴ − 1.

    Returns
    -------
    ndarray of uint64, shape (keys,)

    Raises
    ------
    TypeError, ValueError
        If the keys are not keys, or the seed is no such number.

    References
    ----------
    Collet, "xxHash fast digest algorithm", specification 0.1.1, 2018.

    Examples
    --------
    >>> [hex(value) for value in hash_keys(["", "abc"])]
    ['0xef46db3751d8e999', '0x44bc2cf5ad770999']
    >>> hex(hash_keys([7])[0])
    '0x876cd406afde455'
    """
    checked = checked_keys("keys", keys)
    seed = checks.integer("seed", seed, minimum=0, maximum=LARGEST_SEED)
    result = np.empty(len(checked), dtype=np.uint64)
    for part, hashes in hashes_in_chunks(checked, seed):
        result[part] = hashes
    return result
