"""Sharding: how even chance is, and how many keys must move."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.theory.values import Numbers, plain, values

MOST_BALLS = 1_000_000
NEGLIGIBLE = 1e-15
STRATEGIES = ("range", "modulo", "consistent", "rendezvous", "jump")


@kernel
def _power_sum(transform: NDArray[np.complex128], bins: int, balls: int, period: int) -> float:
    """Return a number in proportion to the chance that ``bins`` independent loads with this transform sum to ``balls``."""
    # One term of the inverse Fourier transform of the bins-th power. The loads are real, so half of the transform suffices.
    total = 0.0
    for frequency in range(transform.size):
        size = abs(transform[frequency])
        if size == 0.0:
            continue
        growth = bins * math.log(size)
        if growth < -60.0:
            continue
        angle = math.atan2(transform[frequency].imag, transform[frequency].real)
        turn = 2.0 * math.pi * ((frequency * balls) % period) / period
        twice = 1.0 if frequency in (0, period - frequency) else 2.0
        total += twice * math.exp(growth) * math.cos(bins * angle + turn)
    return total


@kernel
def _sum_of_tails(
    transform: NDArray[np.complex128], weights: NDArray[np.float64], roots: NDArray[np.complex128], first: int, bins: int, everything: float
) -> float:
    """Return the sum over m, from ``first`` on, of the probability that the fullest bin has more than m."""
    balls, period = weights.size - 1, roots.size
    total = 0.0
    for load in range(first, balls):
        for frequency in range(transform.size):
            transform[frequency] += weights[load] * roots[frequency * load % period]
        more = 1.0 - _power_sum(transform, bins, balls, period) / everything
        total += more
        if more < 1e-9:  # what follows is smaller than the error of what came before
            break
    return total


def _poisson(mean: float, largest: int) -> NDArray[np.float64]:
    """Return the probabilities of 0, 1, …, ``largest`` for a Poisson variable, in proportion."""
    counts = np.arange(1, largest + 1)
    logarithms = np.concatenate(([0.0], np.cumsum(np.log(mean) - np.log(counts))))
    weights = np.exp(logarithms - logarithms.max())
    return np.asarray(weights / weights.sum())


def expected_maximum_load(balls: int, bins: int) -> float:
    """Return the expected number of balls in the fullest bin, exactly, when each ball falls into any bin alike.

    The expectation is the sum over m of the probability that the fullest bin has more than m balls. If the number of balls
    were itself a Poisson variable, the bins would be independent of each other, and each would be Poisson, too; so that
    probability is what is left of the sum of independent loads, each cut off at m, at exactly ``balls`` balls. It is computed
    from the transform of one such load, raised to the power of the number of bins. No asymptotic formula is used: the error
    is that of floating-point numbers, below 10⁻⁶ of the result.

    Parameters
    ----------
    balls : int
        Number of balls, from 1 to 1,000,000: keys, for instance.
    bins : int
        Number of bins, from 1 to 1,000,000: shards or servers, for instance.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Raab and Steger, "Balls into Bins – A Simple and Tight Analysis", RANDOM 1998 (the asymptotics).
    Holst, "On Birthday, Collectors', Occupancy and Other Classical Urn Problems", International Statistical Review 54(1), 1986
    (independent Poisson variables, given their sum).

    Examples
    --------
    >>> round(expected_maximum_load(2, 2), 9)
    1.5
    >>> round(expected_maximum_load(10_000, 10), 1)
    1048.9
    """
    balls = checks.integer("balls", balls, minimum=1, maximum=MOST_BALLS)
    bins = checks.integer("bins", bins, minimum=1, maximum=MOST_BALLS)
    if bins == 1:
        return float(balls)
    period = 24 + 10 * math.isqrt(balls)  # a sum so far from ``balls`` that it looks like it has no weight beside it
    weights = _poisson(balls / bins, balls)

    def transform_up_to(load: int) -> NDArray[np.complex128]:
        cut = np.bincount(np.arange(load + 1) % period, weights=weights[: load + 1], minlength=period)
        return np.fft.rfft(cut)

    everything = _power_sum(transform_up_to(balls), bins, balls, period)
    low, high = -(-balls // bins) - 1, balls  # the fullest bin has more than ``low`` for certain
    while high - low > 1:  # and how much further up, for all that can be seen
        middle = (low + high) // 2
        seen = _power_sum(transform_up_to(middle), bins, balls, period) >= NEGLIGIBLE * everything
        low, high = (low, middle) if seen else (middle, high)
    roots = np.exp(-2j * np.pi * np.arange(period) / period)
    return low + 1 + _sum_of_tails(transform_up_to(low), weights, roots, low + 1, bins, everything)


@kernel
def _at_most(shape: int, time: float) -> float:
    """Return the probability that the sum of ``shape`` exponential variables of mean 1 is at most ``time``."""
    # Events of a Poisson process: 1 less the probability that fewer than ``shape`` have come. Summed on the shorter side.
    term = math.exp(shape * math.log(time) - time - math.lgamma(shape + 1.0))  # exactly ``shape`` events
    total = 0.0
    if time < shape + 1:
        count = shape
        while term > 1e-18:
            total += term
            count += 1
            term *= time / count
        return total
    count = shape
    while count > 0 and term * count / time > 1e-18:
        term *= count / time
        total += term
        count -= 1
    return 1.0 - total


@kernel
def _mean_of_largest(shape: int, count: int, low: float, high: float, steps: int) -> float:
    """Return ``low`` plus the integral of the probability that the largest of ``count`` such sums is above t, by Simpson's rule."""
    total = 0.0
    for step in range(steps + 1):
        time = low + (high - low) * step / steps
        above = 1.0 - _at_most(shape, time) ** count if time > 0 else 1.0
        total += above * (1.0 if step in (0, steps) else 4.0 if step % 2 else 2.0)
    return low + total * (high - low) / steps / 3.0


def consistent_hashing_balance(shards: int, virtual_nodes: int) -> float:
    """Return the expected share of the ring of the largest shard, divided by the mean share, under consistent hashing.

    Points at random divide a ring into arcs with the joint distribution of independent exponential variables, divided by their
    sum. The share of a shard is a sum of ``virtual_nodes`` of them, so what is wanted is the mean of the largest of ``shards``
    independent gamma variables, divided by the mean of one. It is integrated numerically. With one virtual node each, it is the
    harmonic number 1 + 1/2 + … + 1/n.

    This is the balance that many keys come to, all asked for alike. Few keys add their own chance (see
    `expected_maximum_load`).

    Parameters
    ----------
    shards : int
        Number of shards of the same weight, from 1 to 100,000.
    virtual_nodes : int
        Points on the ring for each of them, from 1 to 100,000.

    Returns
    -------
    float
        At least 1, which is perfect.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Pyke, "Spacings", Journal of the Royal Statistical Society B 27(3), 1965.
    Karger, Lehman, Leighton, Panigrahy, Levine, Lewin, "Consistent Hashing and Random Trees", ACM STOC 1997.

    Examples
    --------
    >>> round(consistent_hashing_balance(4, 1), 4)
    2.0833
    >>> round(consistent_hashing_balance(10, 100), 4)
    1.1594
    """
    shards = checks.integer("shards", shards, minimum=1, maximum=100_000)
    virtual_nodes = checks.integer("virtual_nodes", virtual_nodes, minimum=1, maximum=100_000)
    spread = math.sqrt(virtual_nodes)
    low, high = max(0.0, virtual_nodes - 9 * spread), virtual_nodes + 12 * spread + 45
    return _mean_of_largest(virtual_nodes, shards, low, high, 2_000) / virtual_nodes


def expected_moved_share(strategy: str, before: Any, after: Any, weights: Mapping[int | str, float] | None = None) -> float:
    """Return the expected share of the keys that move when shards join and leave.

    Under consistent and rendezvous hashing, a key stays if, of all shards there before or after, the one that wins it is there
    both before and after: the weight of the shards that stay, divided by the weight of all. Jump hashing does the same where it
    can. Under modulo, the two remainders of a hash are independent of each other but for the common divisor of the divisors. Under
    range, the space of keys is divided into equal parts before and after, and keys are spread evenly over it.

    Parameters
    ----------
    strategy : str
        ``"range"``, ``"modulo"``, ``"consistent"``, ``"rendezvous"`` or ``"jump"``.
    before, after : int or sequence of int or str
        The number of shards, then called 0, 1, 2, …; or their names.
    weights : mapping, optional
        For consistent and rendezvous hashing: weights above 0 by name; 1 where left out.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or, with ``"jump"``, another shard than the last ones joins or leaves.

    References
    ----------
    Karger, Lehman, Leighton, Panigrahy, Levine, Lewin, "Consistent Hashing and Random Trees", ACM STOC 1997.
    Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM Transactions on Networking 6(1), 1998.
    Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", arXiv 1406.2294, 2014.

    Examples
    --------
    >>> for strategy in STRATEGIES:
    ...     print(f"{strategy:10} {expected_moved_share(strategy, 4, 5):.3f}")
    range      0.500
    modulo     0.800
    consistent 0.200
    rendezvous 0.200
    jump       0.200
    """
    strategy = checks.choice("strategy", strategy, STRATEGIES)
    first, second = _names("before", before), _names("after", after)
    if weights is not None and strategy not in {"consistent", "rendezvous"}:
        raise TypeError(f"weights is given, but must not be for {strategy!r}: it belongs to 'consistent' and 'rendezvous'")
    places = {name: index for index, name in enumerate(second)}
    staying = [(index, places[name]) for index, name in enumerate(first) if name in places]
    if strategy == "modulo":
        divisor = math.gcd(len(first), len(second))
        return 1 - sum((index - later) % divisor == 0 for index, later in staying) * divisor / (len(first) * len(second))
    if strategy == "range":
        overlaps = (
            min((index + 1) / len(first), (later + 1) / len(second)) - max(index / len(first), later / len(second)) for index, later in staying
        )
        return 1 - sum(max(overlap, 0.0) for overlap in overlaps)
    if strategy == "jump":
        shorter = min(len(first), len(second))
        if first[:shorter] != second[:shorter]:
            raise ValueError(f"after is {after!r}, but with 'jump' shards must join at the end, and only the last can leave; before is {before!r}")
    of = {name: checks.number(f"weight of {name!r}", (weights or {}).get(name, 1), above=0) for name in {*first, *second}}
    return 1 - sum(of[first[index]] for index, _ in staying) / sum(of.values())


def _names(argument: str, shards: Any) -> list[int | str]:
    if isinstance(shards, str) or not hasattr(shards, "__len__"):
        return list(range(checks.integer(argument, shards, minimum=1, maximum=100_000)))
    names = list(shards)
    if not names or len(set(names)) < len(names):
        raise ValueError(f"{argument} is {shards!r}, but must hold at least one name, each of them once")
    return names


def expected_shards_touched(keys: Any, shards: Any) -> Numbers:
    """Return how many shards a query for some keys must ask, on average, when each key lives on any shard alike.

    A shard is not asked if none of the keys lives on it, so n (1 − (1 − 1/n)ᵏ) of n shards are asked for k keys.

    Parameters
    ----------
    keys : int or array_like of int
        How many different keys the query asks for, at least 0.
    shards : int or array_like of int
        How many shards there are, at least 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Feller, "An Introduction to Probability Theory and Its Applications", volume 1, 3rd edition, 1968, section IV.2 (occupancy).

    Examples
    --------
    >>> expected_shards_touched([1, 2, 10], 10).round(2)
    array([1.  , 1.9 , 6.51])
    """
    count, there = values("keys", keys, minimum=0, whole=True), values("shards", shards, minimum=1, whole=True)
    with np.errstate(divide="ignore", invalid="ignore"):  # log(0) where there is one shard only
        touched = there * -np.expm1(count * np.log1p(-1 / there))
    return plain(np.where(count == 0, 0.0, touched))
