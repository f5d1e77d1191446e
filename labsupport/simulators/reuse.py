"""Reuse: how deep in an LRU list each request finds its key.

A key's *stack distance* is the number of different keys asked for since its last request, itself included. LRU holds
exactly the last ``capacity`` different keys, so a request is a hit at every capacity of at least its distance: one pass over
a trace gives the hits of all sizes of cache at once.

Time is a row of marks, one at the last request of each key so far. The distance of a request is the number of marks from the
key's old one to the end, after which that mark moves to the present. Marks are counted in groups of 16, those in groups of
16, and so on. Above the first group that holds both the old time and the present nothing changes and nothing lies to the
right, so a request costs about the logarithm of the time since the key was last asked for – little for popular keys.

The optimum, too, holds in a larger cache all that it holds in a smaller one, so its keys form such a list as well. The key asked
for comes to the top. The one that was there moves down, and at each place meets another: the one due sooner stays, the other
moves on, until a place is free – that of the key asked for, or the end. A key is known by the time it is due next.

References
----------
Mattson, Gecsei, Slutz, Traiger, "Evaluation Techniques for Storage Hierarchies", IBM Systems Journal 9(2), 1970 (also the optimum).
Bennett and Kruskal, "LRU Stack Processing", IBM Journal of Research and Development 19(4), 1975 (counting in a tree).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.eviction.opt import next_uses
from labsupport.simulators.numbering import number

BITS = 4  # groups of 2⁴
LAST = (1 << BITS) - 1


@kernel
def _distances(trace: NDArray[np.int64], key_count: int, distances: NDArray[np.int64]) -> None:
    requests = trace.size
    marks = np.zeros(requests + LAST + 1, dtype=np.uint8)
    levels = 1
    while (requests - 1) >> (BITS * levels) > 0:
        levels += 1
    starts = np.zeros(levels + 1, dtype=np.int64)  # where the groups of each level begin in ``groups``
    for level in range(1, levels):
        starts[level + 1] = starts[level] + ((requests - 1) >> (BITS * level)) + LAST + 2
    groups = np.zeros(starts[levels] + 1, dtype=np.int32)
    last_use = np.full(key_count, -1, dtype=np.int32)
    for now in range(requests):
        key = trace[now]
        then = last_use[key]
        last_use[key] = now
        marks[now] = 1
        if then < 0:
            distances[now] = -1
            for level in range(1, levels):
                groups[starts[level] + (now >> (BITS * level))] += 1
            continue
        distance = 0
        for place in range(then + 1, (then | LAST) + 1):
            distance += marks[place]
        marks[then] = 0
        old = then >> BITS
        new = now >> BITS
        level = 1
        while old != new:
            start = starts[level]
            groups[start + old] -= 1
            groups[start + new] += 1
            for place in range(start + old + 1, start + (old | LAST) + 1):
                distance += groups[place]
            old >>= BITS
            new >>= BITS
            level += 1
        distances[now] = distance


@kernel
def count_distances(distances: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
    """Add to ``counts[d]`` the number of requests with stack distance d; first requests count at 0."""
    for request in range(distances.size):
        counts[max(distances[request], 0)] += 1


def stack_distances(trace: Any) -> NDArray[np.int64]:
    """Return for each request how many different keys were asked for since its key's last request, itself included.

    Parameters
    ----------
    trace : array_like of int, shape (requests,)
        Keys from 0 to 2³¹ − 1. Not written to.

    Returns
    -------
    ndarray of int64, shape (requests,)
        At least 1, and 1 for a key asked for twice in a row; −1 where a key is asked for the first time. An LRU cache has a
        hit exactly where the distance is from 1 to its capacity.

    Raises
    ------
    TypeError, ValueError
        If the trace is no trace.

    References
    ----------
    Mattson, Gecsei, Slutz, Traiger, "Evaluation Techniques for Storage Hierarchies", IBM Systems Journal 9(2), 1970.

    Examples
    --------
    >>> stack_distances([7, 8, 9, 8, 8, 7])
    array([-1, -1, -1,  2,  1,  3])
    """
    numbered = number(checks.keys("trace", trace))
    distances = np.empty(numbered.numbers.size, dtype=np.int64)
    _distances(numbered.numbers, numbered.count, distances)
    return distances


@kernel
def _optimal_distances(upcoming: NDArray[np.int32], due: NDArray[np.int32], distances: NDArray[np.int64]) -> None:
    # ``due``: the list, cut off after so many places, each key as the time of its next use
    held = 0
    for now in range(upcoming.size):
        distances[now] = -1
        moved = upcoming[now]
        for place in range(held):
            here = due[place]
            if here == now:
                due[place] = moved
                distances[now] = place + 1
                break
            if place == 0 or here > moved:
                due[place] = moved
                moved = here
        if distances[now] < 0 and held < due.size:
            due[held] = moved
            held += 1


def optimal_distances(trace: Any, largest: int) -> NDArray[np.int64]:
    """Return for each request from which size of cache on the clairvoyant optimum has a hit.

    Parameters
    ----------
    trace : array_like of int, shape (requests,)
        Keys from 0 to 2³¹ − 1. Not written to.
    largest : int
        The largest size that matters, at least 1. A request costs up to so many steps, few for popular keys.

    Returns
    -------
    ndarray of int64, shape (requests,)
        From 1 to ``largest``; −1 where no cache of up to that size has a hit.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Mattson, Gecsei, Slutz, Traiger, "Evaluation Techniques for Storage Hierarchies", IBM Systems Journal 9(2), 1970.

    Examples
    --------
    >>> optimal_distances([1, 2, 3, 1, 2, 3], largest=3)
    array([-1, -1, -1,  2,  3,  2])
    """
    numbered = number(checks.keys("trace", trace))
    due = np.empty(checks.integer("largest", largest, 1), dtype=np.int32)
    distances = np.empty(numbered.numbers.size, dtype=np.int64)
    _optimal_distances(next_uses(numbered.numbers, numbered.count), due, distances)
    return distances
