"""Which edge sites to open: the k-median problem.

Greedily, the site that saves most is opened first, then the one that saves most beside it, and so on; exactly, every choice is tried.

References
----------
G. Cornuéjols, M. L. Fisher and G. L. Nemhauser, "Location of Bank Accounts to Optimize Float", Management Science 23 (8), 1977: what is saved by
greedy choices is at least 1 − 1/e, 63 %, of the most that can be saved.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from labsupport import checks
from labsupport.simulators.edge_region import Floats

MOST_SITES = 15  # of which all sets are tried
STRATEGIES = ("largest", "greedy", "exact")


def choose(strategy: str, costs: ArrayLike, weights: ArrayLike, count: int) -> list[int]:
    """Choose which sites to open.

    - ``largest``: those with the most users nearest to them, whatever else is open.
    - ``greedy``: one after the other, each time the one that saves most beside those that are open.
    - ``exact``: the best of all sets of so many.

    Parameters
    ----------
    strategy : {"largest", "greedy", "exact"}
    costs : array_like of float, shape (users, sites + 1)
        As `edge_region.ways` returns them. The last column can always be used.
    weights : array_like of float, shape (users,)
    count : int
        How many sites to open, from 0 to all.

    Returns
    -------
    list of int
        In the order in which they were chosen; for ``exact``, from the lowest number.

    Raises
    ------
    ValueError, TypeError
        If the strategy is unknown, a number is outside its range, or there are too many sets to try.

    Examples
    --------
    The middle is the best single site, but not part of the best pair:

    >>> costs = [[1, 9, 4, 99], [9, 1, 4, 99]]
    >>> choose("greedy", costs, [0.5, 0.5], 2), choose("exact", costs, [0.5, 0.5], 2)
    ([2, 0], [0, 1])
    """
    table, shares = _table(costs, weights)
    sites = table.shape[1] - 1
    strategy, count = checks.choice("strategy", strategy, STRATEGIES), checks.integer("count", count, 0, sites)
    if strategy == "largest":
        crowd = np.bincount(np.argmin(table[:, :-1], axis=1), weights=shares, minlength=sites)
        largest: list[int] = np.argsort(-crowd, kind="stable")[:count].tolist()
        return largest
    if strategy == "exact":
        return best_sets(table, shares)[count]
    opened, best = list[int](), table[:, -1]
    for _ in range(count):
        totals = shares @ np.minimum(best[:, None], table[:, :-1])
        totals[opened] = np.inf
        opened.append(int(np.argmin(totals)))
        best = np.minimum(best, table[:, opened[-1]])
    return opened


def best_sets(costs: ArrayLike, weights: ArrayLike) -> list[list[int]]:
    """Return the best set of sites of every size, by trying all sets.

    The costs of a set are made of those of the set without its last site, so no set is looked at twice.

    Parameters
    ----------
    costs : array_like of float, shape (users, sites + 1)
        As `edge_region.ways` returns them, with 15 sites at most.
    weights : array_like of float, shape (users,)

    Returns
    -------
    list of list of int
        The best set of none, of one, of two, and so on; of sets that are equally good, one of them.

    Raises
    ------
    ValueError, TypeError
        If there are too many sites, or the numbers are no costs and weights.

    Examples
    --------
    >>> best_sets([[1, 9, 4, 99], [9, 1, 4, 99]], [0.5, 0.5])
    [[], [2], [0, 1], [0, 1, 2]]
    """
    table, shares = _table(costs, weights)
    sites = table.shape[1] - 1
    if sites > MOST_SITES:
        raise ValueError(f"costs has {sites} sites, but all sets of at most {MOST_SITES} are tried")
    best = table[None, :, -1]
    for site in range(sites):  # set number n holds the sites whose bits are 1 in n
        best = np.concatenate((best, np.minimum(best, table[None, :, site])))
    numbers = np.arange(1 << sites)
    held = (numbers[:, None] >> np.arange(sites)) & 1
    totals, sizes = best @ shares, held.sum(axis=1)
    winners = [int(numbers[sizes == size][np.argmin(totals[sizes == size])]) for size in range(sites + 1)]
    return [np.flatnonzero(held[winner]).tolist() for winner in winners]


def _table(costs: ArrayLike, weights: ArrayLike) -> tuple[Floats, Floats]:
    shares = checks.amounts("weights", weights, kind="weight")
    table = np.asarray(costs, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != shares.size or table.shape[1] < 1 or not np.isfinite(table).all():
        raise ValueError(f"costs must be finite, with a row for each of the {shares.size:,} weights, but has shape {table.shape}")
    return table, shares
