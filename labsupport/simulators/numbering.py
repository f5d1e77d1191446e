"""Numbering: keys made dense, so that a kernel can look each one up in an array.

Keys may be as large as 2³¹ − 1, but an array of that many places for a short trace would be absurd. Where the largest key is
far beyond the length of the trace, keys are numbered in the order of their first request; otherwise they stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel

PLACES_PER_REQUEST = 4
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class NumberedTrace:
    """A trace that kernels can work on.

    Attributes
    ----------
    numbers : ndarray of int64, shape (requests,)
        One number per request, below ``count``. Read-only.
    count : int
        One more than the largest number.
    names : ndarray of int64, shape (count,), or None
        The key behind each number; ``None`` where the keys are their own numbers.
    """

    numbers: NDArray[np.int64]
    count: int
    names: NDArray[np.int64] | None

    def keys(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the keys behind some numbers; −1 stays −1."""
        if self.names is None:
            return numbers
        return np.where(numbers >= 0, self.names[numbers], -1)


@kernel
def _number(trace: NDArray[np.int64], bits: int, numbers: NDArray[np.int64], names: NDArray[np.int64]) -> int:
    # An open hash table with linear probing, at most half full.
    mask = (1 << bits) - 1
    number_at = np.full(mask + 1, -1, dtype=np.int32)
    count = 0
    for request in range(trace.size):
        key = trace[request]
        place = ((key * 2654435769) & 0xFFFFFFFF) >> (32 - bits)
        while number_at[place] >= 0 and names[number_at[place]] != key:
            place = (place + 1) & mask
        if number_at[place] < 0:
            number_at[place] = count
            names[count] = key
            count += 1
        numbers[request] = number_at[place]
    return count


def number(trace: NDArray[np.int64]) -> NumberedTrace:
    """Return the trace with dense numbers for keys, in linear time and memory.

    Parameters
    ----------
    trace : ndarray of int64, shape (requests,)
        Keys from 0 to 2³¹ − 1, checked already. Not written to.

    Returns
    -------
    NumberedTrace

    Examples
    --------
    >>> import numpy as np
    >>> number(np.array([2_000_000_000, 7, 2_000_000_000])).numbers
    array([0, 1, 0])
    """
    largest = int(trace.max())
    names = None
    numbers = trace.view()
    count = largest + 1
    if largest >= max(PLACES_PER_REQUEST * trace.size, 1024):
        bits = min(max((2 * trace.size - 1).bit_length(), 4), 32)
        numbers, names = np.empty_like(trace), np.empty_like(trace)
        count = _number(read_only(trace), bits, numbers, names)
        names = names[:count].copy()
    return NumberedTrace(read_only(numbers), count, names)


def read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Return a view that cannot be written to. Kernels get only such traces, so each is compiled for one type of trace."""
    view = array.view()
    view.flags.writeable = False
    return view
