"""Shuffle in theory: how many different keys a partition holds, which is how many records a combiner leaves of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport import checks


def expected_distinct_keys(popularity: Any, records: int) -> float:
    """Return how many different keys are among records drawn independently: Σ 1 − (1 − pᵢ)ⁿ.

    Parameters
    ----------
    popularity : array_like of float, shape (keys,)
        Share of the records that each key has, p, at least 0; shares that do not add up to 1 are scaled.
    records : int
        How many records are drawn, n, at least 0.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or all shares are 0.

    References
    ----------
    Johnson and Kotz, "Urn Models and Their Application", 1977, section 3.2 (occupancy).

    Examples
    --------
    >>> expected_distinct_keys([0.5, 0.5], 2)
    1.5
    """
    shares = checks.amounts("popularity", popularity, kind="share")
    checks.integer("records", records, 0)
    if not shares.any():
        raise ValueError("popularity holds only 0, but some key must have a share")
    return float(np.sum(1 - (1 - shares / shares.sum()) ** records))
