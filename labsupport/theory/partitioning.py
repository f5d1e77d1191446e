"""Vertical partitioning: how many pages hold some rows, picked at random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values


def expected_pages(rows: Any, rows_per_page: Any, selected: Any) -> Numbers:
    """Return how many pages hold at least one of some different rows that are picked at random, on average: Yao's formula.

    A page with p rows is spared if all k selected rows are among the n − p others: with probability C(n − p, k) / C(n, k). The
    last page may hold fewer rows than the others, which is accounted for.

    Parameters
    ----------
    rows : int or array_like of int
        Rows of the table, at least 1.
    rows_per_page : int or array_like of int
        Rows on a full page, at least 1.
    selected : int or array_like of int
        Rows picked, from 0 to ``rows``.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Yao, "Approximating Block Accesses in Database Organizations", Communications of the ACM 20(4), 1977.

    Examples
    --------
    >>> expected_pages(rows=10_000, rows_per_page=100, selected=[1, 100, 10_000]).round(2)
    array([  1.  ,  63.58, 100.  ])
    """
    counts = np.broadcast_arrays(
        values("rows", rows, minimum=1, whole=True),
        values("rows_per_page", rows_per_page, minimum=1, whole=True),
        values("selected", selected, minimum=0, whole=True),
    )
    if (counts[2] > counts[0]).any():
        wrong = counts[2] > counts[0]
        raise ValueError(f"selected is {counts[2][wrong].flat[0]}, but must be at most rows, which is {counts[0][wrong].flat[0]}")
    result = np.empty(counts[0].shape)
    for place, (there, fit, picked) in enumerate(zip(*(count.ravel().tolist() for count in counts), strict=True)):
        full, rest = divmod(there, fit)
        result.flat[place] = full * _met(there, fit, picked) + (_met(there, rest, picked) if rest else 0.0)
    return plain(result)


def _met(rows: int, on_page: int, selected: int) -> float:
    """Return the probability that at least one of the selected rows is on a page."""
    if selected > rows - on_page:
        return 1.0
    spared = math.lgamma(rows - on_page + 1) - math.lgamma(rows - on_page - selected + 1) - math.lgamma(rows + 1) + math.lgamma(rows - selected + 1)
    return -math.expm1(min(spared, 0.0))
