"""Load testing: what a fixed number of users who wait for each answer can ask of a server, exactly and at most."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values


def interactive_response_time(users: Any, throughput: Any, think_time: Any) -> Numbers:
    """Return the mean response time of a closed loop, from how many requests it gets done: users / throughput − think time.

    It is Little's law, applied to users who either think or wait, and so holds for every closed system, however it works inside.

    Parameters
    ----------
    users : int or array_like of int
        Users, or connections of a tool, at least 1.
    throughput : float or array_like of float
        Requests done per unit of time, above 0.
    think_time : float or array_like of float
        Mean pause between an answer and the next request, at least 0.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or so few users cannot have sent so much.

    References
    ----------
    Denning, Buzen, "The Operational Analysis of Queueing Network Models", ACM Computing Surveys 10(3), 1978.

    Examples
    --------
    >>> interactive_response_time(100, 4.0, 20.0)
    5.0
    """
    people, done, think = values("users", users, minimum=1, whole=True), values("throughput", throughput, above=0), _think(think_time)
    response = np.asarray(people / done - think)
    if (response < 0).any():
        raise ValueError(
            f"throughput is {throughput!r}, but {users!r} users who think for {think_time!r} do not send more than {plain(people / think)!r}"
        )
    return plain(response)


def saturation_point(think_time: Any, service_time: Any, servers: Any = 1) -> Numbers:
    """Return how many users just keep all servers busy if nobody ever waited: the knee of the asymptotic bounds.

    Parameters
    ----------
    think_time : float or array_like of float
        Mean pause between an answer and the next request, at least 0.
    service_time : float or array_like of float
        Mean time that one server works for a request, above 0.
    servers : int or array_like of int, optional
        At least 1.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Lazowska, Zahorjan, Graham, Sevcik, "Quantitative System Performance", 1984, chapter 5.

    Examples
    --------
    >>> saturation_point(19.0, 1.0)
    20.0
    """
    think, service, count = _think(think_time), _service(service_time), _servers(servers)
    return plain(count * (think + service) / service)


def closed_throughput_bound(users: Any, think_time: Any, service_time: Any, servers: Any = 1) -> Numbers:
    """Return what the throughput of a closed loop cannot exceed: nobody waits, or no server ever rests.

    Parameters
    ----------
    users : int or array_like of int
        At least 1.
    think_time, service_time : float or array_like of float
        Mean pause before a request, at least 0, and mean time that one server works for it, above 0.
    servers : int or array_like of int, optional
        At least 1.

    Returns
    -------
    float or ndarray of float64
        Requests per unit of time.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Lazowska, Zahorjan, Graham, Sevcik, "Quantitative System Performance", 1984, chapter 5.

    Examples
    --------
    >>> closed_throughput_bound([10, 20, 40], 19.0, 1.0)
    array([0.5, 1. , 1. ])
    """
    people, think = values("users", users, minimum=1, whole=True), _think(think_time)
    service, count = _service(service_time), _servers(servers)
    return plain(np.minimum(people / (think + service), count / service))


def closed_throughput(users: Any, think_time: Any, service_time: Any, servers: Any = 1) -> Numbers:
    """Return the throughput of a closed loop with exponential think and service times: the machine-repair model, M/M/c with finite population.

    Only the mean of the think time matters. The response time follows by `interactive_response_time`.

    Parameters
    ----------
    users : int or array_like of int
        At least 1.
    think_time, service_time : float or array_like of float
        Mean pause before a request, at least 0, and mean time that one server works for it, above 0.
    servers : int or array_like of int, optional
        At least 1.

    Returns
    -------
    float or ndarray of float64
        Requests per unit of time.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Harchol-Balter, "Performance Modeling and Design of Computer Systems", 2013, chapters 6 and 13;
    Scherr, "An Analysis of Time-Shared Computer Systems", MIT, 1965.

    Examples
    --------
    >>> closed_throughput(1, 3.0, 1.0), round(closed_throughput(2, 1.0, 1.0), 6)
    (0.25, 0.8)
    """
    people, think = values("users", users, minimum=1, whole=True), _think(think_time)
    return plain(np.vectorize(_repairs, otypes=[np.float64])(people, think, _service(service_time), _servers(servers)))


def _repairs(users: int, think: float, service: float, servers: int) -> float:
    """Weigh the states by how many think: from m to m + 1 at the rate of the busy servers, back at (m + 1) / think."""
    busy = np.minimum(np.arange(users, -1, -1), servers)  # with 0, 1, … users who think
    with np.errstate(divide="ignore"):  # nobody ever thinks for no time: a weight of 0
        steps = np.log(busy[:-1]) + np.log(think / service) - np.log(np.arange(1, users + 1))
    logarithms = np.concatenate(([0.0], np.cumsum(steps)))
    weights = np.exp(logarithms - logarithms.max())
    return float((weights * busy).sum() / weights.sum() / service)


def _think(value: Any) -> Any:
    return values("think_time", value, minimum=0)


def _service(value: Any) -> Any:
    return values("service_time", value, above=0)


def _servers(value: Any) -> Any:
    return values("servers", value, minimum=1, whole=True)
