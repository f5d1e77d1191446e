"""Theory: the closed forms that the simulators are held against.

Every function takes numbers or arrays that broadcast against each other, and returns a number where all arguments are
numbers. Times and rates may be in any unit, as long as it is the same one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel

Numbers = float | NDArray[np.float64]

_WHOLE = "a whole number"
_FINITE = "a finite number"


def _values(
    name: str, value: Any, *, minimum: float | None = None, maximum: float | None = None, above: float | None = None, whole: bool = False
) -> NDArray[Any]:
    """Return ``value`` as an array of checked numbers."""
    array = np.asarray(value)
    if array.dtype.kind not in ("iu" if whole else "iuf"):
        raise TypeError(f"{name} is {value!r} ({array.dtype}), but must be {_WHOLE if whole else 'a number'}, or an array of such")
    array = array.astype(np.int64 if whole else np.float64)
    wrong = ~np.isfinite(array)
    allowed = _WHOLE if whole else _FINITE
    if above is not None:
        wrong |= array <= above
        allowed += f" above {above:,}"
    if minimum is not None:
        wrong |= array < minimum
        allowed += f" of at least {minimum:,}"
    if maximum is not None:
        wrong |= array > maximum
        allowed += f" {'and ' if minimum is not None or above is not None else 'of '}at most {maximum:,}"
    if wrong.any():
        raise ValueError(f"{name} is {array[wrong].flat[0]}, but must be {allowed}")
    return array


def _plain(array: Any) -> Numbers:
    """Return a number for an array without dimensions."""
    result = np.asarray(array, dtype=np.float64)
    return result if result.ndim else float(result)


def _steady(load: NDArray[Any], formula: str) -> None:
    """Refuse a load that leaves no steady state."""
    overloaded = load[load >= 1] if load.ndim else load.reshape(1)[load.reshape(1) >= 1]
    if overloaded.size:
        raise ValueError(
            f"the load rho = {formula} is {overloaded.flat[0]:g}, but must be below 1: otherwise the queue grows without end and has no mean"
        )


@kernel
def _erlang_b(servers: NDArray[np.int64], offered_load: NDArray[np.float64], blocking: NDArray[np.float64]) -> None:
    # The recursion B(0) = 1, B(n) = a B(n−1) / (n + a B(n−1)) is stable at any size; factorials are not.
    for case in range(servers.size):
        probability = 1.0
        for server in range(1, servers[case] + 1):
            probability = offered_load[case] * probability / (server + offered_load[case] * probability)
        blocking[case] = probability


def erlang_b(servers: Any, offered_load: Any) -> Numbers:
    """Return the probability that a request is lost where it cannot wait: M/M/c/c, all servers busy.

    Parameters
    ----------
    servers : int or array_like of int
        Number of servers, at least 1.
    offered_load : float or array_like of float
        Arrival rate × mean service time, at least 0 ("erlangs"); it may exceed the number of servers.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Erlang, "Solution of Some Problems in the Theory of Probabilities of Significance in Automatic Telephone Exchanges", 1917.

    Examples
    --------
    >>> erlang_b(1, 0.5)
    0.3333333333333333
    >>> erlang_b([1, 2, 3], 2.0).round(4)
    array([0.6667, 0.4   , 0.2105])
    """
    counts, loads = np.broadcast_arrays(_values("servers", servers, minimum=1, whole=True), _values("offered_load", offered_load, minimum=0))
    blocking = np.empty(counts.size)
    _erlang_b(counts.ravel().copy(), loads.ravel().copy(), blocking)
    return _plain(blocking.reshape(counts.shape))


def erlang_c(servers: Any, offered_load: Any) -> Numbers:
    """Return the probability that a request has to wait: M/M/c, all servers busy.

    Parameters
    ----------
    servers : int or array_like of int
        Number of servers, at least 1.
    offered_load : float or array_like of float
        Arrival rate × mean service time, at least 0 and below the number of servers.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or the load per server ρ is 1 or more.

    References
    ----------
    Erlang 1917; Harchol-Balter, "Performance Modeling and Design of Computer Systems", 2013, chapter 14.

    Examples
    --------
    >>> erlang_c(1, 0.5)
    0.5
    >>> round(erlang_c(8, 6.4), 4)
    0.4576
    """
    counts, loads = _values("servers", servers, minimum=1, whole=True), _values("offered_load", offered_load, minimum=0)
    load = loads / counts
    _steady(load, "offered_load / servers")
    blocking = np.asarray(erlang_b(counts, loads))
    return _plain(blocking / (1 - load * (1 - blocking)))


def mmc_mean_wait(arrival_rate: Any, service_rate: Any, servers: Any) -> Numbers:
    """Return the mean time a request waits before its service begins: M/M/c, first come first served.

    Parameters
    ----------
    arrival_rate, service_rate : float or array_like of float
        Requests that arrive, and that one busy server completes, per unit of time; at least 0 and above 0.
    servers : int or array_like of int
        Number of servers, at least 1.

    Returns
    -------
    float or ndarray of float64
        In the unit of time that the rates are per.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or the load ρ is 1 or more.

    References
    ----------
    Harchol-Balter, "Performance Modeling and Design of Computer Systems", 2013, chapter 14.

    Examples
    --------
    >>> mmc_mean_wait(0.5, 1.0, 1)
    1.0
    """
    arrivals, services = _values("arrival_rate", arrival_rate, minimum=0), _values("service_rate", service_rate, above=0)
    counts = _values("servers", servers, minimum=1, whole=True)
    _steady(arrivals / (services * counts), "arrival_rate / (servers * service_rate)")
    return _plain(np.asarray(erlang_c(counts, arrivals / services)) / (counts * services - arrivals))


def mg1_mean_wait(arrival_rate: Any, mean_service: Any, squared_cv: Any) -> Numbers:
    """Return the mean time a request waits before its service begins: M/G/1, first come first served.

    Parameters
    ----------
    arrival_rate : float or array_like of float
        Requests per unit of time, at least 0.
    mean_service : float or array_like of float
        Mean service time, above 0.
    squared_cv : float or array_like of float
        Squared coefficient of variation of the service time, variance ÷ mean², at least 0: 0 if all take equally long,
        1 if exponential.

    Returns
    -------
    float or ndarray of float64
        In the unit of ``mean_service``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or the load ρ is 1 or more.

    References
    ----------
    Pollaczek 1930, Khinchine 1932; Harchol-Balter, "Performance Modeling and Design of Computer Systems", 2013, chapter 23.

    Examples
    --------
    >>> mg1_mean_wait(0.5, 1.0, [0, 1, 9])
    array([0.5, 1. , 5. ])
    """
    arrivals, service = _values("arrival_rate", arrival_rate, minimum=0), _values("mean_service", mean_service, above=0)
    variation = _values("squared_cv", squared_cv, minimum=0)
    load = arrivals * service
    _steady(load, "arrival_rate * mean_service")
    return _plain(load * service * (1 + variation) / (2 * (1 - load)))


def amdahl_speedup(parallel_fraction: Any, workers: Any) -> Numbers:
    """Return how many times faster a fixed job gets when a fraction of it is spread over workers.

    Parameters
    ----------
    parallel_fraction : float or array_like of float
        Share of the one-worker time that can be spread, from 0 to 1.
    workers : float or array_like of float
        Number of workers, at least 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Amdahl, "Validity of the Single Processor Approach to Achieving Large Scale Computing Capabilities", AFIPS 1967.

    Examples
    --------
    >>> amdahl_speedup(0.75, [1, 2, 4])
    array([1.        , 1.6       , 2.28571429])
    """
    fraction, count = _values("parallel_fraction", parallel_fraction, minimum=0, maximum=1), _values("workers", workers, minimum=1)
    return _plain(1 / ((1 - fraction) + fraction / count))


def usl_throughput(workers: Any, rate: Any, contention: Any, coherency: Any) -> Numbers:
    """Return the throughput of some workers by the Universal Scalability Law.

    Parameters
    ----------
    workers : float or array_like of float
        Number of workers, at least 1.
    rate : float or array_like of float
        Throughput of one worker, above 0.
    contention : float or array_like of float
        Share of work that must queue for something shared (σ), at least 0.
    coherency : float or array_like of float
        Cost of each pair of workers agreeing (κ), at least 0. Above 0, throughput falls again beyond √((1 − σ) / κ) workers.

    Returns
    -------
    float or ndarray of float64
        In the unit of ``rate``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Gunther, "A Simple Capacity Model of Massively Parallel Transaction Systems", CMG 1993; "Guerrilla Capacity Planning", 2007.

    Examples
    --------
    >>> usl_throughput([1, 2, 4], rate=100, contention=0, coherency=0)
    array([100., 200., 400.])
    >>> round(usl_throughput(32, rate=100, contention=0.05, coherency=0.001), 1)
    903.4
    """
    count, one = _values("workers", workers, minimum=1), _values("rate", rate, above=0)
    sigma, kappa = _values("contention", contention, minimum=0), _values("coherency", coherency, minimum=0)
    return _plain(one * count / (1 + sigma * (count - 1) + kappa * count * (count - 1)))


@kernel
def _filled(popularity: NDArray[np.float64], time: float) -> tuple[float, float]:
    """Return how many keys are asked for within ``time``, on average, and how fast that number still grows."""
    keys = 0.0
    growth = 0.0
    for key in range(popularity.size):
        absent = np.exp(-popularity[key] * time)
        keys += 1.0 - absent
        growth += popularity[key] * absent
    return keys, growth


def che_hit_ratio(popularity: Any, capacity: Any) -> Numbers:
    """Return the hit ratio of an LRU cache by Che's approximation, for requests drawn independently of each other.

    A key that is asked for stays until ``capacity`` other keys have been asked for. The approximation takes that time to be
    the same constant T for every key: the one in which as many different keys are asked for, on average, as the cache holds.
    A request for a key with probability p is then a hit with probability 1 − exp(−p T). It describes a cache that has been
    running for long: leave out the warm-up when comparing.

    Parameters
    ----------
    popularity : array_like of float, shape (keys,)
        Probability of each key, at least 0; together 1.
    capacity : float or array_like of float
        How many keys the cache can hold, above 0. From the number of keys that occur at all, the hit ratio is 1.

    Returns
    -------
    float or ndarray of float64
        From 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or the probabilities do not sum to 1.

    References
    ----------
    Che, Tung, Wang, "Hierarchical Web Caching Systems: Modeling, Design and Experimental Results", IEEE JSAC 20(7), 2002.
    Fricker, Robert, Roberts, "A Versatile and Accurate Approximation for LRU Cache Performance", ITC 2012.

    Examples
    --------
    >>> round(che_hit_ratio([0.25, 0.25, 0.25, 0.25], 2), 6)
    0.5
    >>> che_hit_ratio([0.7, 0.2, 0.1], [1, 2, 3]).round(3)
    array([0.499, 0.846, 1.   ])
    """
    shares = _values("popularity", popularity, minimum=0, maximum=1)
    if shares.ndim != 1 or shares.size == 0:
        raise ValueError(f"popularity has shape {shares.shape}, but must be one-dimensional with at least one key")
    if abs(shares.sum() - 1) > 1e-6:
        raise ValueError(f"popularity sums to {shares.sum()}, but must sum to 1")
    shares = shares[shares > 0] / shares.sum()
    sizes = _values("capacity", capacity, above=0)
    ratios = np.ones(sizes.size)
    time = 0.0
    for place in np.argsort(sizes, axis=None):
        size = float(sizes.flat[place])
        if size >= shares.size:
            continue
        # The number of keys asked for is concave in time, so Newton's steps from the left (a smaller cache) never overshoot.
        time = max(time, size)
        keys, growth = _filled(shares, time)
        while size - keys > 1e-9 * size and growth > 0:
            time += (size - keys) / growth
            keys, growth = _filled(shares, time)
        ratios[place] = 1.0 - growth
    return _plain(ratios.reshape(sizes.shape))


def fanout_tail_probability(fanout: Any, tail_probability: Any) -> Numbers:
    """Return the probability that a request that needs answers from many servers meets at least one slow answer.

    Parameters
    ----------
    fanout : int or array_like of int
        Number of servers asked, independent of each other, at least 1.
    tail_probability : float or array_like of float
        Probability that one answer is slow, from 0 to 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Dean and Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013.

    Examples
    --------
    >>> round(fanout_tail_probability(100, 0.01), 3)
    0.634
    """
    count, slow = _values("fanout", fanout, minimum=1, whole=True), _values("tail_probability", tail_probability, minimum=0, maximum=1)
    with np.errstate(divide="ignore"):  # log(0) where every answer is slow
        return _plain(-np.expm1(count * np.log1p(-slow)))


@kernel
def _at_least(k: NDArray[np.int64], n: NDArray[np.int64], availability: NDArray[np.float64], result: NDArray[np.float64]) -> None:
    # The chance of exactly u of m parts working, for m growing one by one: sums of positive numbers only, nothing cancels.
    for case in range(k.size):
        exactly = np.zeros(n[case] + 1)
        exactly[0] = 1.0
        for parts in range(1, n[case] + 1):
            for working in range(parts, 0, -1):
                exactly[working] = exactly[working] * (1 - availability[case]) + exactly[working - 1] * availability[case]
            exactly[0] *= 1 - availability[case]
        total = 0.0
        for working in range(n[case], k[case] - 1, -1):
            total += exactly[working]
        result[case] = min(total, 1.0)


def k_of_n_availability(k: Any, n: Any, availability: Any) -> Numbers:
    """Return the probability that at least k of n parts work, independently of each other.

    Parameters
    ----------
    k, n : int or array_like of int
        Parts needed and parts there: 0 ≤ k ≤ n, n at least 1 and at most 10,000.
    availability : float or array_like of float
        Probability that one part works, from 0 to 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Barlow and Proschan, "Statistical Theory of Reliability and Life Testing", 1975.

    Examples
    --------
    >>> round(k_of_n_availability(2, 3, 0.9), 3)
    0.972
    >>> k_of_n_availability([1, 2], 2, 0.5)
    array([0.75, 0.25])
    """
    needed, there = _values("k", k, minimum=0, whole=True), _values("n", n, minimum=1, maximum=10_000, whole=True)
    works = _values("availability", availability, minimum=0, maximum=1)
    needed, there, works = np.broadcast_arrays(needed, there, works)
    if (needed > there).any():
        raise ValueError(f"k is {needed[needed > there].flat[0]}, but must be at most n, which is {there[needed > there].flat[0]}")
    result = np.empty(needed.size)
    _at_least(needed.ravel().copy(), there.ravel().copy(), works.ravel().copy(), result)
    return _plain(result.reshape(needed.shape))
