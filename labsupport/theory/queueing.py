"""Queueing: how many requests wait, and how long, in steady state, where arrivals are Poisson and service is exponential.

What holds for other service times is in `labsupport.theory.general_service`, for limited room in `labsupport.theory.loss`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport.theory.loss import erlang_b
from labsupport.theory.values import Numbers, plain, values


def check_steady(load: NDArray[Any], formula: str) -> None:
    """Refuse a load that leaves no steady state."""
    overloaded = load[load >= 1] if load.ndim else load.reshape(1)[load.reshape(1) >= 1]
    if overloaded.size:
        raise ValueError(
            f"the load rho = {formula} is {overloaded.flat[0]:g}, but must be below 1: otherwise the queue grows without end and has no mean"
        )


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
    arrivals, services, counts = _mmc(arrival_rate, service_rate, servers)
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


def mm1_mean_response_error(arrival_rate: Any, service_rate: Any, requests: Any) -> Numbers:
    """Return the standard deviation of the mean response of many requests in a row: (1 + ρ) / ((1 − ρ)² μ √n), for M/M/1.

    Of n independent requests it would be the mean response over √n; those in a row wait for each other, and say as much as ((1 − ρ) / (1 + ρ))² n
    independent ones. It holds for many: n much larger than (1 + ρ) / (1 − ρ)², so that the mean is normal, too.

    Parameters
    ----------
    arrival_rate, service_rate : float or array_like of float
        Requests that arrive, and that the busy server completes, μ, per unit of time; at least 0 and above 0.
    requests : int or array_like of int
        How many are averaged, n, at least 1.

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
    Daley, "The Serial Correlation Coefficients of Waiting Times in a Stationary Single Server Queue", Journal of the Australian
    Mathematical Society 8(4), 1968, gives the covariances of waits, which add up to ρ (2 + 5 ρ − 4 ρ² + ρ³) / (1 − ρ)⁴; with a
    request's own work, and how it makes later ones wait, they add up to (1 + ρ)² / (1 − ρ)⁴.

    Examples
    --------
    A mean response of 5, known from 10,000 requests to within ± 9 %:

    >>> round(mm1_mean_response_error(0.8, 1.0, 10_000) / mm1_mean_response(0.8, 1.0), 3)
    0.09
    """
    arrivals, services = values("arrival_rate", arrival_rate, minimum=0), values("service_rate", service_rate, above=0)
    load = arrivals / services
    check_steady(load, "arrival_rate / service_rate")
    return plain((1 + load) / ((1 - load) ** 2 * services * np.sqrt(values("requests", requests, minimum=1, whole=True))))


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
    return plain(-np.log1p(-_share(share)) * np.asarray(mm1_mean_response(arrival_rate, service_rate)))


def _share(share: Any) -> NDArray[np.float64]:
    shares = values("share", share, minimum=0)
    if (shares >= 1).any():
        raise ValueError(f"share is {shares[shares >= 1].flat[0]}, but must be below 1: no time is never exceeded")
    return shares


def mmc_wait_percentile(arrival_rate: Any, service_rate: Any, servers: Any, share: Any) -> Numbers:
    """Return the wait that a share of all requests does not exceed: M/M/c, first come first served.

    Parameters
    ----------
    arrival_rate, service_rate : float or array_like of float
        Requests that arrive, and that one busy server completes, per unit of time; at least 0 and above 0.
    servers : int or array_like of int
        Number of servers, at least 1.
    share : float or array_like of float
        Share of the requests, from 0 to below 1: 0.99 for the 99th percentile.

    Returns
    -------
    float or ndarray of float64
        In the unit of time that the rates are per; 0 where no more than 1 − share have to wait at all.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or the load ρ is 1 or more.

    References
    ----------
    Harchol-Balter, "Performance Modeling and Design of Computer Systems", 2013, chapter 14: who waits, waits an exponential time.

    Examples
    --------
    >>> mmc_wait_percentile(0.5, 1.0, 1, [0.5, 0.99]).round(3)
    array([0.   , 7.824])
    """
    shares, (arrivals, services, counts) = _share(share), _mmc(arrival_rate, service_rate, servers)
    waiting = np.asarray(erlang_c(counts, arrivals / services))
    exceeded = np.maximum(waiting / (1 - shares), 1.0)
    return plain(np.log(exceeded) / (counts * services - arrivals))


def mmc_response_tail(arrival_rate: Any, service_rate: Any, servers: Any, time: Any) -> Numbers:
    """Return the share of requests that take longer than a time, from arrival to departure: M/M/c, first come first served.

    Parameters
    ----------
    arrival_rate, service_rate : float or array_like of float
        Requests that arrive, and that one busy server completes, per unit of time; at least 0 and above 0.
    servers : int or array_like of int
        Number of servers, at least 1.
    time : float or array_like of float
        At least 0, in the unit of time that the rates are per.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or the load ρ is 1 or more.

    References
    ----------
    Gross, Shortle, Thompson, Harris, "Fundamentals of Queueing Theory", 4th edition 2008, section 2.3.

    Examples
    --------
    >>> round(mmc_response_tail(0.5, 1.0, 1, 9.21), 3)
    0.01
    """
    times, (arrivals, services, counts) = values("time", time, minimum=0), _mmc(arrival_rate, service_rate, servers)
    waiting = np.asarray(erlang_c(counts, arrivals / services))
    return plain(_longer(waiting, services, counts * services - arrivals, times))


def _longer(waiting: NDArray[Any], services: NDArray[Any], spare: NDArray[Any], times: NDArray[Any]) -> NDArray[Any]:
    """Give the share that takes longer: a wait, if there is one, and a service, two exponential times, one after the other."""
    slower, apart = np.minimum(services, spare), np.abs(services - spare) * times
    ratio = np.where(apart > 0, -np.expm1(-apart) / np.where(apart > 0, apart, 1.0), 1.0)
    both = np.exp(-slower * times) * (1 + slower * times * ratio)
    return np.asarray((1 - waiting) * np.exp(-services * times) + waiting * both)


def mmc_response_percentile(arrival_rate: Any, service_rate: Any, servers: Any, share: Any) -> Numbers:
    """Return the response time that a share of all requests does not exceed: M/M/c, first come first served.

    Parameters
    ----------
    arrival_rate, service_rate, servers, share
        As for `mmc_wait_percentile`.

    Returns
    -------
    float or ndarray of float64
        In the unit of time that the rates are per; where `mmc_response_tail` is 1 − share, found by bisection.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or the load ρ is 1 or more.

    References
    ----------
    Gross, Shortle, Thompson, Harris, "Fundamentals of Queueing Theory", 4th edition 2008, section 2.3.

    Examples
    --------
    >>> mmc_response_percentile([0.5, 4.0], 1.0, [1, 8], 0.99).round(3)
    array([9.21 , 4.625])
    """
    shares, (arrivals, services, counts) = _share(share), _mmc(arrival_rate, service_rate, servers)
    arrivals, services, counts, shares = np.broadcast_arrays(arrivals, services, counts, shares)
    service = -np.log1p(-shares) / services
    low = service.copy()  # at least a service alone; at most as long as each alone is with half the rest beyond it
    high = service + np.asarray(mmc_wait_percentile(arrivals, services, counts, (1 + shares) / 2)) + np.log(2) / services
    waiting, spare = np.asarray(erlang_c(counts, arrivals / services)), counts * services - arrivals
    for _ in range(60):
        middle = (low + high) / 2
        longer = _longer(waiting, services, spare, middle) > 1 - shares
        low, high = np.where(longer, middle, low), np.where(longer, high, middle)
    return plain((low + high) / 2)


def _mmc(arrival_rate: Any, service_rate: Any, servers: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    arrivals, services = values("arrival_rate", arrival_rate, minimum=0), values("service_rate", service_rate, above=0)
    counts = values("servers", servers, minimum=1, whole=True)
    check_steady(arrivals / (services * counts), "arrival_rate / (servers * service_rate)")
    return arrivals, services, counts


def littles_law(arrival_rate: Any, mean_time: Any) -> Numbers:
    """Return the mean number present, L = λ W: whatever comes, however it is served, in any place with an inside and an outside.

    Parameters
    ----------
    arrival_rate : float or array_like of float
        How many enter per unit of time, at least 0; who is turned away does not enter.
    mean_time : float or array_like of float
        How long one stays on average, at least 0, in the same unit of time.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Little, "A Proof for the Queuing Formula: L = λW", Operations Research 9(3), 1961.

    Examples
    --------
    >>> littles_law(1000, [0.01, 0.5])
    array([ 10., 500.])
    """
    return plain(values("arrival_rate", arrival_rate, minimum=0) * values("mean_time", mean_time, minimum=0))
