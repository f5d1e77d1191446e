"""Orders: numbers to be sorted, in disorder of many kinds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

ORDERS = ("random", "sorted", "reversed", "nearly_sorted", "few_distinct")
LONGEST = 20_000_000
DISTINCT = 4  # values of what has few
FAR = 4  # places that nearly sorted values are from where they belong, at most
SWAPPED = 0.05  # share of them that are out of place


def ordered_values(order: str, size: int, seed: int) -> NDArray[np.int64]:
    """Draw whole numbers to be sorted.

    Parameters
    ----------
    order : {"random", "sorted", "reversed", "nearly_sorted", "few_distinct"}
        Random ones are all different, and so are sorted and reversed ones. Nearly sorted means that one in twenty has changed places with
        one at most four places on; few distinct means four values, at random.
    size : int
        How many, from 1 to 20,000,000.
    seed : int
        Where the random numbers start, at least 0.

    Returns
    -------
    ndarray of int64, shape (size,)

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> ordered_values("reversed", 5, seed=0)
    array([4, 3, 2, 1, 0])
    >>> ordered_values("random", 5, seed=0)
    array([2, 4, 3, 0, 1])
    """
    checks.choice("order", order, ORDERS)
    size = checks.integer("size", size, 1, LONGEST)
    rng = np.random.default_rng(checks.integer("seed", seed, 0))
    if order == "random":
        return rng.permutation(size)
    if order == "few_distinct":
        return rng.integers(0, DISTINCT, size)
    values = np.arange(size)
    if order == "reversed":
        return values[::-1].copy()
    if order == "nearly_sorted":
        places = rng.permutation(size)[: round(SWAPPED * size / 2)]
        partners = np.minimum(places + rng.integers(1, FAR + 1, places.size), size - 1)
        for place, partner in zip(places.tolist(), partners.tolist(), strict=True):
            values[place], values[partner] = values[partner], values[place]
    return values
