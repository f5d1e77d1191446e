"""Spilling in theory: passes of an external merge sort, and how far off a sample is."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values


def merge_passes(data: Any, memory: Any, ways: Any) -> Numbers:
    """Return how often an external merge sort reads and writes everything: 1 + ⌈log_k ⌈N / M⌉⌉.

    Parameters
    ----------
    data, memory : float or array_like of float
        N and M, in the same unit, above 0.
    ways : int or array_like of int
        How many runs are merged at a time, k, at least 2.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Knuth, "The Art of Computer Programming 3: Sorting and Searching", 2nd edition, 1998, section 5.4.1.

    Examples
    --------
    >>> merge_passes(64, [64, 32, 4, 3], 16)
    array([1., 2., 2., 3.])
    """
    runs = np.ceil(values("data", data, above=0) / values("memory", memory, above=0))
    runs, factor = np.broadcast_arrays(runs, values("ways", ways, minimum=2, whole=True))
    passes = np.ones(runs.shape)
    left = np.array(runs)
    while (left > 1).any():  # whole numbers, so that no logarithm is rounded
        passes += left > 1
        left = np.ceil(left / factor)
    return plain(passes)


def sampling_error(count: Any, share: Any) -> Numbers:
    """Return the relative standard error of a count that is estimated from a sample: √((1 − f) / f n), if it is a small part of all.

    Parameters
    ----------
    count : float or array_like of float
        How many rows there are to be counted, n, above 0.
    share : float or array_like of float
        Which share of all rows is looked at, f, above 0 and at most 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Cochran, "Sampling Techniques", 3rd edition, 1977, section 3.2.

    Examples
    --------
    >>> sampling_error(100, [0.5, 1.0])
    array([0.1, 0. ])
    """
    part = values("share", share, above=0, maximum=1)
    return plain(np.sqrt((1 - part) / (part * values("count", count, above=0))))
