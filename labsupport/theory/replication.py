"""Replication: how long copies outlive failures, and how likely a read misses what was written."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values

MOST_COPIES = 1_000


def mean_time_to_data_loss(copies: Any, uptime: Any, repair: Any) -> Numbers:
    """Return how long it takes on average until all copies are lost at once, beginning with all of them intact.

    Each copy is lost after an exponential time and made again from another one after an exponential time, independently of all
    others. The number of lost copies then is a birth-and-death chain: with k lost, the time until one more is lost is
    t(k) = (1 + k × t(k − 1) ÷ repair) ÷ ((copies − k) ÷ uptime), and the sum over all k is the answer.

    Parameters
    ----------
    copies : int or array_like of int
        From 1 to 1,000.
    uptime : float or array_like of float
        Mean time until an intact copy is lost, above 0.
    repair : float or array_like of float
        Mean time until a lost copy is made again, above 0, in the same unit.

    Returns
    -------
    float or ndarray of float64
        In the unit of ``uptime``; infinite where it exceeds the largest number.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Patterson, Gibson, Katz, "A Case for Redundant Arrays of Inexpensive Disks (RAID)", SIGMOD 1988; Trivedi, "Probability and
    Statistics with Reliability, Queuing, and Computer Science Applications", 2nd edition 2001, chapter 8.

    Examples
    --------
    With disks that last 1,000 days and are replaced in one:

    >>> mean_time_to_data_loss([1, 2, 3], uptime=1_000, repair=1).round()
    array([1.00000000e+03, 5.01500000e+05, 3.34501833e+08])
    """
    count, life, fix = np.broadcast_arrays(
        values("copies", copies, minimum=1, maximum=MOST_COPIES, whole=True), values("uptime", uptime, above=0), values("repair", repair, above=0)
    )
    one_more, total = np.zeros(count.shape), np.zeros(count.shape)
    with np.errstate(over="ignore"):
        for lost in range(int(count.max())):
            intact = np.maximum(count - lost, 1)  # at least 1 so that finished ones do not divide by zero
            one_more = (1 + lost * one_more / fix) * life / intact
            total += np.where(lost < count, one_more, 0.0)
    return plain(total)


def missed_quorum_probability(nodes: Any, read_quorum: Any, write_quorum: Any) -> Numbers:
    """Return the probability that nodes drawn for a read are all others than those drawn for a write.

    It is 0 where read_quorum + write_quorum > nodes: then the two always have a node in common.

    Parameters
    ----------
    nodes : int or array_like of int
        Nodes with a copy, at least 1.
    read_quorum, write_quorum : int or array_like of int
        Nodes drawn for either, without regard to the other, from 1 to ``nodes``.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Gifford, "Weighted Voting for Replicated Data", SOSP 1979; Bailis et al., "Probabilistically Bounded Staleness for Practical
    Partial Quorums", VLDB 2012, which calls it the staleness of a system that never passes on what was written.

    Examples
    --------
    >>> missed_quorum_probability(3, [1, 2, 1, 2], [1, 1, 2, 2]).round(3)
    array([0.667, 0.333, 0.333, 0.   ])
    """
    there, read, write = np.broadcast_arrays(
        values("nodes", nodes, minimum=1, whole=True),
        values("read_quorum", read_quorum, minimum=1, whole=True),
        values("write_quorum", write_quorum, minimum=1, whole=True),
    )
    for name, quorum in (("read_quorum", read), ("write_quorum", write)):
        if (quorum > there).any():
            raise ValueError(f"{name} is {quorum[quorum > there].flat[0]}, but must be at most nodes, which is {there[quorum > there].flat[0]}")
    ratios = [math.comb(n - w, r) / math.comb(n, r) for n, r, w in zip(there.flat, read.flat, write.flat, strict=True)]
    return plain(np.reshape(ratios, there.shape))
