"""Balancing: how much one more choice helps."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport.theory.queueing import check_steady
from labsupport.theory.values import Numbers, plain, values


def choices_tail(load: Any, choices: Any, length: Any) -> Numbers:
    """Return the share of servers with at least ``length`` requests, where each request joins the shortest of a few queues.

    The limit for many equal servers, Poisson arrivals and exponential service; the queues are drawn at random. With one choice
    the tail falls as ρⁱ (M/M/1); with d ≥ 2, as ρ to the power of (dⁱ − 1) / (d − 1): doubly exponentially.

    Parameters
    ----------
    load : float or array_like of float
        Load per server ρ, at least 0 and below 1.
    choices : int or array_like of int
        Queues drawn for each request, at least 1.
    length : int or array_like of int
        Number of requests, waiting or in service, at least 0.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or the load is 1 or more.

    References
    ----------
    Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001, section 3.
    Vvedenskaya, Dobrushin, Karpelevich, "Queueing System with Selection of the Shortest of Two Queues", 1996.

    Examples
    --------
    >>> choices_tail(0.9, choices=[1, 2], length=5).round(4)
    array([0.5905, 0.0382])
    """
    rho = values("load", load, minimum=0)
    drawn, least = values("choices", choices, minimum=1, whole=True), values("length", length, minimum=0, whole=True)
    check_steady(rho, "load")
    rho, base, steps = np.broadcast_arrays(rho, drawn.astype(np.float64), least.astype(np.float64))
    with np.errstate(over="ignore", under="ignore"):  # an infinite exponent: nobody queues that long
        exponents = np.where(base > 1, (base**steps - 1) / np.where(base > 1, base - 1, 1), steps)
        return plain(np.where(exponents == 0, 1.0, rho**exponents))


def choices_mean_response(arrival_rate: Any, service_rate: Any, choices: Any) -> Numbers:
    """Return the mean response time where each request joins the shortest of a few queues drawn at random.

    The limit for many equal servers, Poisson arrivals and exponential service. With one choice it is that of M/M/1.

    Parameters
    ----------
    arrival_rate, service_rate : float or array_like of float
        Requests that arrive *per server*, and that one busy server completes, per unit of time; at least 0 and above 0.
    choices : int or array_like of int
        Queues drawn for each request, at least 1.

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
    Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001, section 3.

    Examples
    --------
    >>> choices_mean_response(0.9, 1.0, choices=[1, 2, 3]).round(3)
    array([10.   ,  2.614,  2.028])
    """
    arrivals, services = values("arrival_rate", arrival_rate, minimum=0), values("service_rate", service_rate, above=0)
    drawn = values("choices", choices, minimum=1, whole=True)
    load = arrivals / services
    check_steady(load, "arrival_rate / service_rate")
    # A request waits behind as many others as its shortest queue has: at least i with the probability tail(i)ᵈ, whose exponent
    # is (dⁱ⁺¹ − d) / (d − 1). The sum over i, and its own service, is the response; i = 0 gives the service.
    load, base = np.broadcast_arrays(load, drawn.astype(np.float64))
    total = np.where(base > 1, 0.0, 1 / (1 - load))
    exponents = np.zeros(base.shape)
    with np.errstate(under="ignore", over="ignore"):
        terms = np.where(base > 1, 1.0, 0.0)
        while (terms > 1e-17 * total).any():
            total = total + terms
            exponents = base * (exponents + 1)
            terms = np.where(base > 1, load**exponents, 0.0)
    return plain(total / services)
