"""Ring: servers at many points of a circle, and each key at one; a key belongs to the server at the next point.

Points and keys are placed by the finaliser of SplitMix64, a bijection of 64 bits that spreads neighbours over the circle. A
guide table of as many cells as there are points says for each part of the circle where to start looking, so that a lookup
takes the same few steps however many points there are.

References
----------
Karger, Lehman, Leighton, Panigrahy, Levine, Lewin, "Consistent Hashing and Random Trees", ACM STOC 1997.
Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", ACM OOPSLA 2014 (SplitMix64).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Floats, Numbers

Positions = NDArray[np.int64]
BITS = 63  # of a position, so that it is never negative


class Ring(NamedTuple):
    """The points in rising order, whose they are, and where to start looking in each part of the circle."""

    points: Positions
    owners: Numbers
    guide: Numbers
    shift: int


def positions(values: NDArray[Any]) -> Positions:
    """Return where on the circle each whole number lies, from 0 to below 2⁶³."""
    mixed = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(64 - BITS)).astype(np.int64)


def new_ring(weights: Floats, points_per_weight: int) -> Ring:
    """Return a ring on which each server has as many points as its weight says."""
    counts = np.maximum(1, np.rint(weights * points_per_weight)).astype(np.int64)
    owners = np.repeat(np.arange(weights.size), counts)
    copies = np.concatenate([np.arange(count) for count in counts])
    points = positions(((owners + 1) << 32) + copies)  # beyond every key, so that no key lies on a point for a reason
    order = np.argsort(points, kind="stable")
    bits = int(points.size - 1).bit_length()
    shift = BITS - bits
    guide = np.searchsorted(points[order], np.arange(1 << bits, dtype=np.int64) << shift).astype(np.int32)
    return Ring(points[order], owners[order].astype(np.int32), guide, shift)


@kernel
def next_point(ring: Ring, position: int) -> int:
    """Return the number of the first point at or after a position."""
    point = ring.guide[position >> ring.shift]
    while point < ring.points.size and ring.points[point] < position:
        point += 1
    return 0 if point == ring.points.size else point
