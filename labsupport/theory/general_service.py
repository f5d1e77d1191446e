"""General service: how long requests wait where service times may have any distribution, in steady state.

Arrivals are Poisson, except where said. How much service times vary is told by their squared coefficient of variation, variance ÷
mean²: 0 if all take equally long (M/D/1), 1 if exponential (M/M/1), infinite for Pareto work of a shape of 2 or less – which has
no mean wait at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport.theory.queueing import check_steady, mmc_mean_wait
from labsupport.theory.values import Numbers, plain, values


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


def ggc_mean_wait(arrival_rate: Any, mean_service: Any, servers: Any, arrivals_squared_cv: Any, services_squared_cv: Any) -> Numbers:
    """Return about how long a request waits on average, whatever the arrivals and services: G/G/c, first come first served.

    An approximation: M/M/c's mean wait × the mean of both squared coefficients of variation. It is exact for M/M/c and for
    M/G/1, and good for others under heavy load; with one server it is Kingman's.

    Parameters
    ----------
    arrival_rate : float or array_like of float
        Requests per unit of time, at least 0.
    mean_service : float or array_like of float
        Mean service time, above 0.
    servers : int or array_like of int
        Number of servers, at least 1.
    arrivals_squared_cv, services_squared_cv : float or array_like of float
        Variance ÷ mean² of the times between arrivals (1 for Poisson arrivals), and of the service times, at least 0.

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
    Kingman, "The Single Server Queue in Heavy Traffic", Mathematical Proceedings of the Cambridge Philosophical Society 57(4),
    1961; Allen, "Probability, Statistics, and Queueing Theory", 2nd edition 1990 (Allen and Cunneen's formula).

    Examples
    --------
    >>> ggc_mean_wait(0.8, 1.0, 1, 1, [0, 1, 4]).round(3)
    array([ 2.,  4., 10.])
    """
    service = values("mean_service", mean_service, above=0)
    variation = values("arrivals_squared_cv", arrivals_squared_cv, minimum=0) + values("services_squared_cv", services_squared_cv, minimum=0)
    return plain(np.asarray(mmc_mean_wait(arrival_rate, 1 / service, servers)) * variation / 2)


def mg1_ps_mean_response(arrival_rate: Any, mean_service: Any, service: Any = None) -> Numbers:
    """Return the mean time from arrival to departure where all present share one server evenly: M/G/1-PS.

    However much the service times vary, only their mean counts; and a request that needs x stays x / (1 − ρ) on average,
    whatever the others need.

    Parameters
    ----------
    arrival_rate : float or array_like of float
        Requests per unit of time, at least 0.
    mean_service : float or array_like of float
        Mean service time, above 0.
    service : float or array_like of float, optional
        For requests that need just so long, at least 0; left out, for all.

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
    Kleinrock, "Time-Shared Systems: A Theoretical Treatment", Journal of the ACM 14(2), 1967; Harchol-Balter, "Performance
    Modeling and Design of Computer Systems", 2013, chapter 30.

    Examples
    --------
    >>> mg1_ps_mean_response(0.5, 1.0), mg1_ps_mean_response(0.5, 1.0, service=10)
    (2.0, 20.0)
    """
    mean = values("mean_service", mean_service, above=0)
    load = values("arrival_rate", arrival_rate, minimum=0) * mean
    check_steady(load, "arrival_rate * mean_service")
    return plain((mean if service is None else values("service", service, minimum=0)) / (1 - load))


def mg1_priority_mean_waits(arrival_rates: Any, mean_services: Any, squared_cvs: Any) -> NDArray[np.float64]:
    """Return the mean wait of each class where the most urgent of those who wait is next, and nobody is interrupted.

    Parameters
    ----------
    arrival_rates : array_like of float, shape (classes,)
        Requests of each class per unit of time, at least 0, the most urgent class first.
    mean_services : float or array_like of float, shape (classes,)
        Mean service time of each class, above 0.
    squared_cvs : float or array_like of float, shape (classes,)
        Squared coefficient of variation of each class's service times, at least 0.

    Returns
    -------
    ndarray of float64, shape (classes,)
        In the unit of ``mean_services``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or the load ρ of all classes together is 1 or more.

    References
    ----------
    Cobham, "Priority Assignment in Waiting Line Problems", Operations Research 2(1), 1954.

    Examples
    --------
    >>> mg1_priority_mean_waits([0.4, 0.4], 1.0, 1.0).round(3)
    array([1.333, 6.667])
    """
    _, residual, before, with_own = _classes(arrival_rates, mean_services, squared_cvs)
    return np.asarray(residual.sum() / ((1 - before) * (1 - with_own)))


def mg1_preemptive_mean_responses(arrival_rates: Any, mean_services: Any, squared_cvs: Any) -> NDArray[np.float64]:
    """Return the mean response of each class where the more urgent interrupt the less urgent, who later go on where they stopped.

    Parameters
    ----------
    arrival_rates, mean_services, squared_cvs
        As for `mg1_priority_mean_waits`.

    Returns
    -------
    ndarray of float64, shape (classes,)
        In the unit of ``mean_services``. The most urgent class has the server as if it were alone.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or the load ρ of all classes together is 1 or more.

    References
    ----------
    White, Christie, "Queuing with Preemptive Priorities or with Breakdown", Operations Research 6(1), 1958.

    Examples
    --------
    >>> mg1_preemptive_mean_responses([0.4, 0.4], 1.0, 1.0).round(3)
    array([1.667, 8.333])
    """
    means, residual, before, with_own = _classes(arrival_rates, mean_services, squared_cvs)
    return np.asarray(means / (1 - before) + np.cumsum(residual) / ((1 - before) * (1 - with_own)))


def _classes(arrival_rates: Any, mean_services: Any, squared_cvs: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return each class's mean service and mean work left in service, and the load of the classes before it, without and with it."""
    rates = np.atleast_1d(values("arrival_rates", arrival_rates, minimum=0))
    means, variations = values("mean_services", mean_services, above=0), values("squared_cvs", squared_cvs, minimum=0)
    rates, means, variations = np.broadcast_arrays(rates, means, variations)
    loads = rates * means
    check_steady(loads.sum(), "sum of arrival_rates * mean_services")
    with_own = np.cumsum(loads)
    return means, loads * means * (1 + variations) / 2, with_own - loads, with_own
