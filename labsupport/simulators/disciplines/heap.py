"""Heap: which of many customers comes first, found at once and kept up to date in a few steps.

Customers stand in a binary tree laid out in an array: below place n are the places 2n + 1 and 2n + 2, and nobody stands above
one who comes before them. Who comes in or goes out moves along one path between the top and the bottom.

References
----------
Williams, "Algorithm 232: Heapsort", Communications of the ACM 7(6), 1964.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@kernel
def _before(one: int, other: int, keys: Floats) -> bool:
    return keys[one] < keys[other] or (keys[one] == keys[other] and one < other)


@kernel
def push(heap: Numbers, size: int, customer: int, keys: Floats) -> None:
    """Put a customer into a heap of ``size``, which is one larger afterwards; of equal keys the lower number comes first."""
    place = size
    while place > 0 and _before(customer, heap[(place - 1) // 2], keys):
        heap[place] = heap[(place - 1) // 2]
        place = (place - 1) // 2
    heap[place] = customer


@kernel
def pop(heap: Numbers, size: int, keys: Floats) -> None:
    """Take the first customer, ``heap[0]``, out of a heap of ``size``, which is one smaller afterwards."""
    last = heap[size - 1]
    place = 0
    while 2 * place + 1 < size - 1:
        below = 2 * place + 1
        if below + 1 < size - 1 and _before(heap[below + 1], heap[below], keys):
            below += 1
        if not _before(heap[below], last, keys):
            break
        heap[place] = heap[below]
        place = below
    heap[place] = last


@kernel
def replace_first(moments: Floats, moment: float) -> None:
    """Put a later moment in the place of the earliest, ``moments[0]``."""
    size = moments.size
    place = 0
    below = 1
    while below < size:
        if below + 1 < size:
            below += moments[below + 1] < moments[below]  # no branch: which one is earlier is hard to foresee
        if moments[below] >= moment:
            break
        moments[place] = moments[below]
        place = below
        below = 2 * place + 1
    moments[place] = moment
