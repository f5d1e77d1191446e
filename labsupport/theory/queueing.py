"""Queueing: how often requests are lost, wait, and how long, in steady state."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel
from labsupport.theory.values import Numbers, plain, values


def check_steady(load: NDArray[Any], formula: str) -> None:
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
    counts, loads = np.broadcast_arrays(values("servers", servers, minimum=1, whole=True), values("offered_load", offered_load, minimum=0))
    blocking = np.empty(counts.size)
    _erlang_b(counts.ravel().copy(), loads.ravel().copy(), blocking)
    return plain(blocking.reshape(counts.shape))


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
    counts, loads = values("servers", servers, minimum=1, whole=True), values("offered_load", offered_load, minimum=0)
    load = loads / counts
    check_steady(load, "offered_load / servers")
    blocking = np.asarray(erlang_b(counts, loads))
    return plain(blocking / (1 - load * (1 - blocking)))


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
    arrivals, services = values("arrival_rate", arrival_rate, minimum=0), values("service_rate", service_rate, above=0)
    counts = values("servers", servers, minimum=1, whole=True)
    check_steady(arrivals / (services * counts), "arrival_rate / (servers * service_rate)")
    return plain(np.asarray(erlang_c(counts, arrivals / services)) / (counts * services - arrivals))


def mm1_mean_response(arrival_rate: Any, service_rate: Any) -> Numbers:
    """Return the mean time from a request's arrival to its departure: M/M/1.

    Parameters
    ----------
    arrival_rate, service_rate : float or array_like of float
        Requests that arrive, and that the busy server completes, per unit of time; at least 0 and above 0.

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
    Harchol-Balter, "Performance Modeling and Design of Computer Systems", 2013, chapter 13.

    Examples
    --------
    >>> mm1_mean_response([0.5, 0.9], 1.0).round(6)
    array([ 2., 10.])
    """
    arrivals, services = values("arrival_rate", arrival_rate, minimum=0), values("service_rate", service_rate, above=0)
    check_steady(arrivals / services, "arrival_rate / service_rate")
    return plain(1 / (services - arrivals))


def mm1_response_percentile(arrival_rate: Any, service_rate: Any, share: Any) -> Numbers:
    """Return the response time that a share of all requests does not exceed: M/M/1, first come first served.

    The response time is exponential, so that the 99th percentile is 4.6 times the mean.

    Parameters
    ----------
    arrival_rate, service_rate : float or array_like of float
        Requests that arrive, and that the busy server completes, per unit of time; at least 0 and above 0.
    share : float or array_like of float
        Share of the requests, from 0 to below 1: 0.99 for the 99th percentile.

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
    Harchol-Balter, "Performance Modeling and Design of Computer Systems", 2013, chapter 13.

    Examples
    --------
    >>> round(mm1_response_percentile(0.5, 1.0, 0.99), 3)
    9.21
    """
    shares = values("share", share, minimum=0)
    if (shares >= 1).any():
        raise ValueError(f"share is {shares[shares >= 1].flat[0]}, but must be below 1: no response time is never exceeded")
    return plain(-np.log1p(-shares) * np.asarray(mm1_mean_response(arrival_rate, service_rate)))


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
    arrivals, service = values("arrival_rate", arrival_rate, minimum=0), values("mean_service", mean_service, above=0)
    variation = values("squared_cv", squared_cv, minimum=0)
    load = arrivals * service
    check_steady(load, "arrival_rate * mean_service")
    return plain(load * service * (1 + variation) / (2 * (1 - load)))
