"""Traces: which key each request asks for, drawn from a model of popularity or order."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel

MOST_KEYS = checks.LARGEST_KEY + 1


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(checks.integer("seed", seed, minimum=0))


def zipf_popularity(keys: int, exponent: float) -> NDArray[np.float64]:
    """Return the probability of each key under Zipf's law: rank r is asked for in proportion to r⁻ᵉˣᵖᵒⁿᵉⁿᵗ.

    Parameters
    ----------
    keys : int
        Number of different keys, at least 1.
    exponent : float
        Skew, at least 0. At 0 all keys are equally popular; near 1 is what web caches see.

    Returns
    -------
    ndarray of float64, shape (keys,)
        Probabilities, most popular key first; they sum to 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    References
    ----------
    Breslau, Cao, Fan, Phillips, Shenker, "Web Caching and Zipf-like Distributions: Evidence and Implications",
    IEEE INFOCOM 1999.

    Examples
    --------
    >>> zipf_popularity(4, 1).round(2)
    array([0.48, 0.24, 0.16, 0.12])
    >>> zipf_popularity(4, 0)
    array([0.25, 0.25, 0.25, 0.25])
    """
    keys = checks.integer("keys", keys, minimum=1, maximum=MOST_KEYS)
    exponent = checks.number("exponent", exponent, minimum=0)
    ranks = np.arange(1, keys + 1, dtype=np.float64)
    with np.errstate(under="ignore"):  # a hopelessly unpopular key has probability 0
        weights = ranks**-exponent
    return np.asarray(weights / weights.sum())


@kernel
def _fill_alias_table(popularity: NDArray[np.float64], borders: NDArray[np.float64], others: NDArray[np.int32]) -> None:
    # Every rank owns a cell of width 1. The mass of a rank, times the number of ranks, fills its cell or runs over; what runs
    # over fills up the cells of less popular ranks. In cell c, [c, borders[c]) is rank c's own, the rest is others[c]'s.
    # Popularity falls, so those that give stand in front, those that take at the end, and no lists of them are needed.
    keys = popularity.size
    giver, taker = 0, keys - 1
    mass = popularity[0] * keys
    while giver < taker:
        if mass >= 1.0:
            own = popularity[taker] * keys
            borders[taker] = taker + own
            others[taker] = giver
            mass -= 1.0 - own
            taker -= 1
        else:  # it has given more than it had, so that the next giver fills up its cell
            borders[giver] = giver + mass
            others[giver] = giver + 1
            mass = popularity[giver + 1] * keys - (1.0 - mass)
            giver += 1
    borders[giver] = giver + 1.0
    others[giver] = giver


@kernel
def _draw_ranks(uniforms: NDArray[np.float64], borders: NDArray[np.float64], others: NDArray[np.int32], ranks: NDArray[np.int64]) -> None:
    for request in range(uniforms.size):
        point = uniforms[request] * borders.size
        cell = int(point)
        other = others[cell]  # fetched in any case: a processor guesses such a coin flip wrong too often for a branch
        ranks[request] = other if point >= borders[cell] else cell


def zipf_trace(requests: int, keys: int, exponent: float, seed: int) -> NDArray[np.int64]:
    """Draw keys independently of each other by Zipf's law; key 0 is the most popular.

    Parameters
    ----------
    requests : int
        Length of the trace, at least 1.
    keys : int
        Number of different keys that may occur, at least 1.
    exponent : float
        Skew, at least 0 (see `zipf_popularity`).
    seed : int
        Where the random numbers start, at least 0.

    Returns
    -------
    ndarray of int64, shape (requests,)
        Keys from 0 to ``keys`` − 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    References
    ----------
    Walker, "An Efficient Method for Generating Discrete Random Variables with General Distributions", ACM TOMS 3(3), 1977.
    Vose, "A Linear Algorithm for Generating Random Numbers with a Given Distribution", IEEE TSE 17(9), 1991.

    Examples
    --------
    >>> zipf_trace(8, keys=100, exponent=1.0, seed=1)
    array([51, 95, 14,  0, 31, 42,  0,  6])
    """
    requests = checks.integer("requests", requests, minimum=1)
    popularity = zipf_popularity(keys, exponent)
    uniforms = _generator(seed).random(requests)
    borders, others = np.empty(keys), np.empty(keys, dtype=np.int32)
    _fill_alias_table(popularity, borders, others)
    trace = np.empty(requests, dtype=np.int64)
    _draw_ranks(uniforms, borders, others, trace)
    return trace


def uniform_trace(requests: int, keys: int, seed: int) -> NDArray[np.int64]:
    """Draw keys independently of each other, all equally likely.

    Parameters
    ----------
    requests, keys : int
        Length of the trace and number of different keys, each at least 1.
    seed : int
        Where the random numbers start, at least 0.

    Returns
    -------
    ndarray of int64, shape (requests,)
        Keys from 0 to ``keys`` − 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a whole number or out of range.

    Examples
    --------
    >>> uniform_trace(6, keys=10, seed=1)
    array([4, 5, 7, 9, 0, 1])
    """
    requests = checks.integer("requests", requests, minimum=1)
    keys = checks.integer("keys", keys, minimum=1, maximum=MOST_KEYS)
    return _generator(seed).integers(keys, size=requests, dtype=np.int64)


def scan_trace(requests: int, keys: int) -> NDArray[np.int64]:
    """Read keys one after the other and stay at the last: a sequential scan, no key twice while keys last.

    Parameters
    ----------
    requests : int
        Length of the trace, at least 1.
    keys : int
        Number of different keys, at least ``requests``.

    Returns
    -------
    ndarray of int64, shape (requests,)
        0, 1, 2, …

    Raises
    ------
    TypeError, ValueError
        If an argument is not a whole number or out of range.

    Examples
    --------
    >>> scan_trace(5, keys=100)
    array([0, 1, 2, 3, 4])
    """
    requests = checks.integer("requests", requests, minimum=1)
    checks.integer("keys", keys, minimum=requests, maximum=MOST_KEYS)
    return np.arange(requests, dtype=np.int64)


def loop_trace(requests: int, keys: int) -> NDArray[np.int64]:
    """Read keys 0 to ``keys`` − 1 in order, again and again.

    Parameters
    ----------
    requests, keys : int
        Length of the trace and of one round, each at least 1.

    Returns
    -------
    ndarray of int64, shape (requests,)

    Raises
    ------
    TypeError, ValueError
        If an argument is not a whole number or out of range.

    Examples
    --------
    >>> loop_trace(7, keys=3)
    array([0, 1, 2, 0, 1, 2, 0])
    """
    requests = checks.integer("requests", requests, minimum=1)
    keys = checks.integer("keys", keys, minimum=1, maximum=MOST_KEYS)
    return np.arange(requests, dtype=np.int64) % keys


def shifting_trace(requests: int, keys: int, exponent: float, phases: int, seed: int) -> NDArray[np.int64]:
    """Draw keys by Zipf's law, and deal the popularity ranks anew at the start of each phase.

    Parameters
    ----------
    requests, keys : int
        Length of the trace and number of different keys, each at least 1.
    exponent : float
        Skew, at least 0 (see `zipf_popularity`).
    phases : int
        Number of phases of (nearly) equal length, from 1 to ``requests``.
    seed : int
        Where the random numbers start, at least 0.

    Returns
    -------
    ndarray of int64, shape (requests,)
        Keys from 0 to ``keys`` − 1. No key is popular by its number.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    Examples
    --------
    >>> shifting_trace(12, keys=50, exponent=2.5, phases=3, seed=4)
    array([38, 38, 38, 41, 49, 49, 49, 28, 11, 11, 11, 11])
    """
    requests = checks.integer("requests", requests, minimum=1)
    phases = checks.integer("phases", phases, minimum=1, maximum=requests)
    trace = zipf_trace(requests, keys, exponent, seed)
    dealer = np.random.default_rng([seed, 1])  # a stream of its own, apart from the one the ranks were drawn from
    borders = np.linspace(0, requests, phases + 1).astype(np.int64)
    for first, last in itertools.pairwise(borders):
        trace[first:last] = dealer.permutation(keys)[trace[first:last]]
    return trace


def mixture_trace(traces: Sequence[Any], shares: Sequence[float], seed: int) -> NDArray[np.int64]:
    """Mix traces: each request is the next one of a trace chosen at random by the shares.

    The mixture ends when the chosen trace has no request left.

    Parameters
    ----------
    traces : sequence of array_like of int
        Traces to mix. Their keys are kept apart: those of the second follow the largest of the first, and so on.
    shares : sequence of float
        Probability of each trace, at least 0; together 1.
    seed : int
        Where the random numbers start, at least 0.

    Returns
    -------
    ndarray of int64, shape (requests,)
        As many requests as there were until the end.

    Raises
    ------
    TypeError, ValueError
        If the traces are no traces, the shares no probabilities, or their numbers differ.

    Examples
    --------
    >>> mixture_trace([[0, 1, 0, 1, 0, 1], [0, 1, 2, 3, 4, 5]], shares=[0.5, 0.5], seed=3)
    array([0, 1, 2, 3, 0, 1, 0, 1, 4])
    """
    parts = [checks.keys(f"traces[{number}]", trace) for number, trace in enumerate(traces)]
    if not parts:
        raise ValueError("traces is empty, but must hold at least one trace")
    probabilities = [checks.number(f"shares[{number}]", share, minimum=0, maximum=1) for number, share in enumerate(shares)]
    if len(probabilities) != len(parts):
        raise ValueError(f"shares holds {len(probabilities)} numbers, but must hold one for each of the {len(parts)} traces")
    if abs(sum(probabilities) - 1) > 1e-9:
        raise ValueError(f"shares sum to {sum(probabilities)}, but must sum to 1")
    offsets = np.concatenate(([0], np.cumsum([part.max() + 1 for part in parts])))
    if offsets[-1] > MOST_KEYS:
        raise ValueError(f"traces need {offsets[-1]:,} different keys together, but at most {MOST_KEYS:,} are allowed")
    total = sum(part.size for part in parts)
    chosen = _generator(seed).choice(len(parts), size=total + 1, p=np.array(probabilities) / sum(probabilities))
    mixed = np.empty(total + 1, dtype=np.int64)
    end = total + 1
    for number in range(len(parts)):
        turns = np.flatnonzero(chosen == number)
        if turns.size > parts[number].size:
            end = min(end, int(turns[parts[number].size]))
    for number, part in enumerate(parts):
        turns = np.flatnonzero(chosen[:end] == number)
        mixed[turns] = part[: turns.size] + offsets[number]
    return mixed[:end].copy()


def write_flags(requests: int, share: float, seed: int) -> NDArray[np.bool_]:
    """Say for each request whether it is a write, independently of each other.

    Parameters
    ----------
    requests : int
        Number of requests, at least 1.
    share : float
        Probability that a request is a write, from 0 to 1.
    seed : int
        Where the random numbers start, at least 0.

    Returns
    -------
    ndarray of bool, shape (requests,)

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    Examples
    --------
    >>> write_flags(5, share=0.4, seed=1)
    array([False, False,  True, False,  True])
    """
    requests = checks.integer("requests", requests, minimum=1)
    share = checks.number("share", share, minimum=0, maximum=1)
    return np.asarray(_generator(seed).random(requests) < share)
