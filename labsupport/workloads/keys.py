"""Keys: what requests are sharded by – the numbers of users, times, or things of very different popularity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.workloads.arrivals import poisson_arrivals
from labsupport.workloads.traces import shifting_trace, uniform_trace


def user_id_keys(requests: int, users: int, seed: int, first: int = 0) -> NDArray[np.int64]:
    """Draw the user of each request, all users alike.

    Users have the numbers they got when they signed up, one after the other.

    Parameters
    ----------
    requests, users : int
        Number of requests and of users, each at least 1.
    seed : int
        Where the random numbers start, at least 0.
    first : int
        Number of the first user, at least 0; the last one's must be below 2³¹.

    Returns
    -------
    ndarray of int64, shape (requests,)
        Keys from ``first`` to ``first + users − 1``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a whole number or out of range.

    Examples
    --------
    >>> user_id_keys(5, users=100, seed=1, first=5_000)
    array([5047, 5051, 5075, 5095, 5003])
    """
    users = checks.integer("users", users, minimum=1, maximum=checks.LARGEST_KEY + 1)
    first = checks.integer("first", first, minimum=0, maximum=checks.LARGEST_KEY + 1 - users)
    return uniform_trace(requests, users, seed) + first


def time_ordered_keys(requests: int, rate: float, seed: int, start: int = 0) -> NDArray[np.int64]:
    """Give each request the whole second it comes in as its key: keys never fall, and several requests may share one.

    Requests come as a Poisson process.

    Parameters
    ----------
    requests : int
        Number of requests, at least 1.
    rate : float
        Requests per second, on average, above 0.
    seed : int
        Where the random numbers start, at least 0.
    start : int
        Second in which it starts, at least 0; the last one must be below 2³¹.

    Returns
    -------
    ndarray of int64, shape (requests,)

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    Examples
    --------
    >>> time_ordered_keys(8, rate=2.0, seed=1, start=1_700_000_000) - 1_700_000_000
    array([0, 0, 3, 3, 3, 4, 4, 5])
    """
    start = checks.integer("start", start, minimum=0, maximum=checks.LARGEST_KEY)
    seconds = np.floor(poisson_arrivals(requests, rate, seed))
    if start + seconds[-1] > checks.LARGEST_KEY:
        raise ValueError(f"start is {start:,}, but the requests take {seconds[-1]:,.0f} seconds, and the last must be at most {checks.LARGEST_KEY:,}")
    return seconds.astype(np.int64) + start


def skewed_keys(requests: int, keys: int, exponent: float, seed: int) -> NDArray[np.int64]:
    """Draw keys by Zipf's law, where the popular ones are anywhere among all keys, as in real tables.

    Parameters
    ----------
    requests, keys : int
        Number of requests and of different keys, each at least 1.
    exponent : float
        Skew, at least 0 (see `zipf_popularity`).
    seed : int
        Where the random numbers start, at least 0. It decides also which keys are popular.

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
    Cooper, Silberstein, Tam, Ramakrishnan, Sears, "Benchmarking Cloud Serving Systems with YCSB", ACM SoCC 2010, section 5.2
    (Zipf's law with popular keys spread over the key space).

    Examples
    --------
    >>> skewed_keys(10, keys=1_000, exponent=1.5, seed=4)
    array([736, 558, 736, 391, 736, 330, 736, 172, 736, 558])
    """
    return shifting_trace(requests, keys, exponent, 1, seed)
