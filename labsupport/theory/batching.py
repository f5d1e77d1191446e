"""Batching in theory: a cost that is paid once for a batch, and one for each of its items."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values


def batch_throughput(batch: Any, fixed: Any, each: Any) -> Numbers:
    """Return how many items per unit of time a worker can do in batches: b / (f + m b).

    Parameters
    ----------
    batch : int or array_like of int
        Items in a batch, b, at least 1.
    fixed : float or array_like of float
        How long a batch takes, however small, f, at least 0.
    each : float or array_like of float
        How long each of its items takes, m, at least 0; not both 0.

    Returns
    -------
    float or ndarray of float64
        Below 1 / m, which it comes near with large batches.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Chaudhry and Templeton, "A First Course in Bulk Queues", 1983.

    Examples
    --------
    >>> batch_throughput([1, 10, 100], 0.5, 0.5)
    array([1.        , 1.81818182, 1.98019802])
    """
    size, takes = _takes(batch, fixed, each)
    return plain(size / takes)


def batch_mean_latency(rate: Any, batch: Any, fixed: Any, each: Any) -> Numbers:
    """Return the mean time from an item's coming until its batch is done, if items come evenly: (b − 1) / 2λ + f + m b.

    Parameters
    ----------
    rate : float or array_like of float
        Items per unit of time, λ, above 0.
    batch : int or array_like of int
        Items in a batch, b, at least 1. It begins when it is full.
    fixed, each : float or array_like of float
        How long a batch takes, f, and each of its items, m, at least 0; not both 0.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or the worker cannot keep up.

    References
    ----------
    Chaudhry and Templeton, "A First Course in Bulk Queues", 1983.

    Examples
    --------
    >>> batch_mean_latency(1.0, 3, 0.5, 0.5)
    3.0
    """
    size, takes = _takes(batch, fixed, each)
    pace = values("rate", rate, above=0)
    load = np.asarray(pace * takes / size)
    if (load > 1 + 1e-12).any():
        raise ValueError(f"batch is {batch!r}, but the worker cannot keep up: it is asked for {load.max():.3g} times what it can do")
    return plain((size - 1) / (2 * pace) + takes)


def _takes(batch: Any, fixed: Any, each: Any) -> tuple[Any, Any]:
    """Return the checked sizes of batches, and how long they take."""
    size = values("batch", batch, minimum=1, whole=True)
    takes = np.asarray(values("fixed", fixed, minimum=0) + values("each", each, minimum=0) * size)
    if (takes <= 0).any():
        raise ValueError(f"fixed is {fixed!r} and each is {each!r}, but a batch must take some time")
    return size, takes
