"""Complexity in theory: how much sorting and looking up cost at least, at most and on average, counted, and what timed steps cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport import checks


def merge_sort_comparisons(size: int, case: str = "worst") -> int:
    """Return how many comparisons merge sort makes at most or at least, where each part is split into halves.

    At most, each merge compares once less than it has elements: n⌈log₂ n⌉ − 2^⌈log₂ n⌉ + 1 in all. At least, each merge compares
    only the smaller half, as with values that are sorted already where it lies in front: as many as there are ones in the binary numbers below n.

    Parameters
    ----------
    size : int
        How many elements there are, n, at least 1.
    case : {"worst", "best"}

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Sedgewick and Flajolet, "An Introduction to the Analysis of Algorithms", second edition, 2013, sections 2.6 and 2.7.

    Examples
    --------
    >>> merge_sort_comparisons(8), merge_sort_comparisons(8, "best")
    (17, 12)
    """
    size = checks.integer("size", size, 1)
    checks.choice("case", case, ("worst", "best"))
    if case == "worst":
        levels = (size - 1).bit_length()
        return size * levels - (1 << levels) + 1
    ones, bit = 0, 1
    while bit < size:  # each bit is set in every second run of its length
        ones += size // (2 * bit) * bit + max(0, size % (2 * bit) - bit)
        bit *= 2
    return ones


def expected_inversions(size: int) -> float:
    """Return how many pairs of n different values in random order stand in the wrong order, on average: n(n − 1)/4.

    Each exchange of neighbours puts exactly one pair right, so bubble sort and insertion sort need at least so many.

    Parameters
    ----------
    size : int
        How many values there are, n, at least 1.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If ``size`` is no number, or too small.

    References
    ----------
    Knuth, "The Art of Computer Programming", volume 3, second edition, 1998, section 5.1.1.

    Examples
    --------
    >>> expected_inversions(8)
    14.0
    """
    return checks.integer("size", size, 1) * (size - 1) / 4


def linear_probing_probes(load: float, *, found: bool = True) -> float:
    """Return how many slots of a large hash table are looked at on average, where what collides goes to the next free slot.

    Parameters
    ----------
    load : float
        Share of the slots that are taken, at least 0 and below 1.
    found : bool, default True
        Whether the key is there.

    Returns
    -------
    float
        (1 + 1/(1 − load))/2 if it is there, (1 + 1/(1 − load)²)/2 if not.

    Raises
    ------
    TypeError, ValueError
        If ``load`` is no number or out of range.

    References
    ----------
    Knuth, "The Art of Computer Programming", volume 3, second edition, 1998, section 6.4, theorem K.

    Examples
    --------
    >>> linear_probing_probes(0.5), linear_probing_probes(0.5, found=False)
    (1.5, 2.5)
    """
    load = checks.number("load", load, minimum=0)
    if load >= 1:
        raise ValueError(f"load is {load}, but must be below 1: a full table has no free slot to stop at")
    return (1 + (1 - load) ** (-1 if found else -2)) / 2


def fit_costs(steps: Any, taken: Any) -> tuple[float, float]:
    """Return what a call costs at once, and what each step costs, so that the squares of the relative errors are least.

    Parameters
    ----------
    steps : array_like of float, shape (sizes,)
        How many steps there are.
    taken : array_like of float, shape (sizes,)
        How long they took, each above 0.

    Returns
    -------
    fixed, each : float
        In the unit of ``taken``; the first not below 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> [round(cost, 6) for cost in fit_costs([0, 10, 100], [3.0, 23.0, 203.0])]
    [3.0, 2.0]
    """
    taken = checks.amounts("taken", taken, above=0, kind="time")
    steps = checks.amounts("steps", steps, kind="number of steps", length=taken.size)
    weights = 1 / taken
    columns = np.column_stack([np.ones(taken.size), steps]) * weights[:, None]
    if np.ptp(steps) == 0:  # a step that is always the same: there is one cost to fit
        return float(np.linalg.lstsq(columns[:, :1], np.ones(taken.size), rcond=None)[0][0]), 0.0
    fixed, each = np.linalg.lstsq(columns, np.ones(taken.size), rcond=None)[0]
    if fixed < 0:
        fixed, each = 0.0, np.linalg.lstsq(columns[:, 1:], np.ones(taken.size), rcond=None)[0][0]
    return float(fixed), float(each)
