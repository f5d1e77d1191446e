"""Loss: how many requests are turned away where there is limited room, in steady state, at any load.

Arrivals are Poisson and service is exponential.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.theory.values import Numbers, plain, values


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
    counts, loads = np.broadcast_arrays(values("servers", servers, minimum=1, whole=True), values("offered_load", offered_load, minimum=0))
    blocking = np.empty(counts.size)
    _erlang_b(counts.ravel().copy(), loads.ravel().copy(), blocking)
    return plain(blocking.reshape(counts.shape))


def mmck_shares(arrival_rate: float, service_rate: float, servers: int, capacity: int) -> NDArray[np.float64]:
    """Return the share of the time in which nobody, one, two, … are present: M/M/c/K, who finds K present is lost.

    Since arrivals are Poisson, an arrival finds them with just these probabilities (PASTA); so the last one is the share that
    is lost. There is a steady state at any load.

    Parameters
    ----------
    arrival_rate, service_rate : float
        Requests that arrive, and that one busy server completes, per unit of time; at least 0 and above 0.
    servers : int
        Number of servers c, at least 1.
    capacity : int
        How many may be present, in service or waiting: K, at least 1. With K = c, the last share is `erlang_b`.

    Returns
    -------
    ndarray of float64, shape (capacity + 1,)

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Harchol-Balter, "Performance Modeling and Design of Computer Systems", 2013, chapter 13; Wolff, "Poisson Arrivals See Time
    Averages", Operations Research 30(2), 1982.

    Examples
    --------
    >>> mmck_shares(1.0, 1.0, servers=1, capacity=3)
    array([0.25, 0.25, 0.25, 0.25])
    """
    arrivals, services = checks.number("arrival_rate", arrival_rate, minimum=0), checks.number("service_rate", service_rate, above=0)
    count = checks.integer("servers", servers, minimum=1)
    present = np.arange(1, checks.integer("capacity", capacity, minimum=1) + 1)
    if arrivals == 0:
        return np.concatenate(([1.0], np.zeros(present.size)))
    weights = np.concatenate(([0.0], np.cumsum(np.log(arrivals / services) - np.log(np.minimum(present, count)))))
    shares = np.exp(weights - weights.max())  # logarithms, since factorials overflow
    return np.asarray(shares / shares.sum())


def mmck_mean_response(arrival_rate: float, service_rate: float, servers: int, capacity: int) -> float:
    """Return the mean time from arrival to departure of the requests that are not lost: M/M/c/K.

    Parameters
    ----------
    arrival_rate, service_rate, servers, capacity
        As for `mmck_shares`; the arrival rate above 0.

    Returns
    -------
    float
        In the unit of time that the rates are per.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Little's law, with the rate of those who get in.

    Examples
    --------
    >>> mmck_mean_response(1.0, 1.0, servers=1, capacity=3)
    2.0
    """
    shares = mmck_shares(checks.number("arrival_rate", arrival_rate, above=0), service_rate, servers, capacity)
    return float(np.arange(shares.size) @ shares) / (arrival_rate * (1 - float(shares[-1])))
