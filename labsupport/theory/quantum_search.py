"""Quantum search: how probable Grover's algorithm is to find what is wanted, after how many iterations, against looking one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport import checks
from labsupport.theory.values import Numbers, plain, values


def grover_success(items: Any, iterations: Any, wanted: Any = 1, fault: float = 0.0) -> Numbers:
    """Return the probability that Grover's algorithm finds one of those wanted: sin²((2 k + 1) θ), where sin² θ is their share.

    Parameters
    ----------
    items : int or array_like of int
        How many there are, N.
    iterations : int or array_like of int
        How many iterations are made before it is measured, k, at least 0.
    wanted : int or array_like of int, default 1
        How many of the items are wanted, from 1 to N.
    fault : float, default 0
        The probability that an iteration leaves noise: a state in which every item is as probable as any other (global depolarising noise).

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Boyer, Brassard, Høyer and Tapp, "Tight Bounds on Quantum Searching", Fortschritte der Physik 46, 1998.

    Examples
    --------
    >>> grover_success(4, 1)
    1.0
    >>> grover_success(64, [0, 6, 12]).round(3)
    array([0.016, 0.997, 0.   ])
    """
    counts, goals, number = _searches(items, wanted, iterations)
    angles = np.arcsin(np.sqrt(goals / counts))
    kept = (1 - checks.number("fault", fault, 0, 1)) ** number
    return plain(kept * np.sin((2 * number + 1) * angles) ** 2 + (1 - kept) * goals / counts)


def grover_iterations(items: Any, wanted: Any = 1) -> Numbers:
    """Return after how many iterations it is most probable, for the first time, that one of those wanted is found: about π/4 √(N / M).

    Parameters
    ----------
    items : int or array_like of int
        How many there are, N.
    wanted : int or array_like of int, default 1
        How many of them are wanted, M, from 1 to N.

    Returns
    -------
    float or ndarray of float64
        Whole numbers.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Grover, "A Fast Quantum Mechanical Algorithm for Database Search", STOC 1996. That nothing can do it in fewer than in proportion to √N:
    Bennett, Bernstein, Brassard and Vazirani, "Strengths and Weaknesses of Quantum Computing", SIAM Journal on Computing 26, 1997.

    Examples
    --------
    >>> grover_iterations([4, 64, 1_000_000])
    array([  1.,   6., 785.])
    """
    counts, goals, _ = _searches(items, wanted, 0)
    angles = np.arcsin(np.sqrt(goals / counts))
    below = np.floor(np.pi / 4 / angles - 0.5).clip(0)  # the best angle, π/2, lies between this iteration and the next
    later = np.abs((2 * below + 3) * angles - np.pi / 2) < np.abs((2 * below + 1) * angles - np.pi / 2) - 1e-12
    return plain(below + later)


def expected_lookups(items: Any, wanted: Any = 1) -> Numbers:
    """Return how many items must be looked at one by one, none twice, until one of those wanted is found: (N + 1) / (M + 1) on average.

    Parameters
    ----------
    items : int or array_like of int
        How many there are, N.
    wanted : int or array_like of int, default 1
        How many of them are wanted, M, from 1 to N.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Examples
    --------
    >>> expected_lookups([1, 3, 999])
    array([  1.,   2., 500.])
    """
    counts, goals, _ = _searches(items, wanted, 0)
    return plain((counts + 1) / (goals + 1))


def _searches(items: Any, wanted: Any, iterations: Any) -> tuple[Any, Any, Any]:
    counts = values("items", items, minimum=1, whole=True)
    goals = values("wanted", wanted, minimum=1, whole=True)
    number = values("iterations", iterations, minimum=0, whole=True)
    counts, goals, number = np.broadcast_arrays(counts, goals, number)
    if (goals > counts).any():
        place = np.unravel_index(int(np.argmax(goals > counts)), goals.shape)
        raise ValueError(f"wanted is {goals[place]:g}, but must be at most the number of items, {counts[place]:g}")
    return counts.astype(np.float64), goals.astype(np.float64), number.astype(np.float64)
