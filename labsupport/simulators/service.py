"""A service: equal servers, each with the two knobs of `tuning`, as many of them as `allocation` orders, and what its metrics show.

A request goes to one of the servers at random, so all get equal shares of what comes, and each of them is the M/M/c queue that `tuning` tunes.
The service has promised that 95 of 100 requests are answered within 100 ms. A server takes as many as it can without breaking that promise, and
turns the others away at once: the promise is kept to whoever is let in, and broken to whoever is not.

In a quarter of an hour some hundred thousand requests come to a server. So what is measured of them is what theory says, but for a percent or
two, as a test shows; what makes the metrics rough is the traffic.

References
----------
B. Beyer et al. (editors), "Site Reliability Engineering", O'Reilly 2016, chapters 6, on symptoms and causes, and 21, on turning requests away.
L. Kleinrock, "Queueing Systems", volume 1, Wiley 1975: a Poisson stream that is split at random is made of Poisson streams.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport import checks
from labsupport.simulators.numbering import read_only
from labsupport.simulators.tuning import capacity, percentile

Floats = NDArray[np.float64]

SCALE = 10.0  # the service has ten times the traffic that `anomalies.record` tells of
PROMISE = 100.0  # ms: within which 95 of 100 requests are answered
POINTS = 129  # of the curve from which response times are read, the closer together the nearer to the capacity


@dataclass(frozen=True, eq=False)
class Metrics:
    """What is seen of a service, one value for each quarter of an hour.

    Attributes
    ----------
    traffic : ndarray of float, shape (samples,)
        Requests a second that come.
    response : ndarray of float, shape (samples,)
        The 95th percentile of the response times of those that are answered, in milliseconds.
    turned_away : ndarray of float, shape (samples,)
        The share of those that come that is turned away.
    """

    traffic: Floats
    response: Floats
    turned_away: Floats


def observe(traffic: ArrayLike, servers: ArrayLike, workers: int, cache: float, lost: ArrayLike = 0.0) -> Metrics:
    """Say what the metrics of a service show.

    Parameters
    ----------
    traffic : array_like of float, shape (samples,)
        Requests a second that come, at least 0.
    servers : array_like of int, shape (samples,)
        How many there are, at least 1.
    workers : int
        Of each server, from 1 to 32.
    cache : float
        Of each server: GB, from 0 to 16.
    lost : array_like of float, shape (samples,) or (), default 0
        The share of each cache that is lost, from 0 to 1.

    Returns
    -------
    Metrics

    Raises
    ------
    ValueError, TypeError
        If a number is outside its range, or the lengths differ.

    Examples
    --------
    One server, as it was tuned, is enough for 900 requests a second, not for 1,000, and not if it has lost half of its cache:

    >>> metrics = observe([900, 1_000, 900], [1, 1, 1], 8, 10.5, lost=[0, 0, 0.5])
    >>> metrics.response.round(1), metrics.turned_away.round(3)
    (array([ 43.6, 100. , 100. ]), array([0.   , 0.045, 0.285]))
    """
    come = checks.amounts("traffic", traffic, kind="load")
    count = checks.amounts("servers", servers, above=0, kind="number", length=come.size)
    gone = checks.amounts("lost", np.broadcast_to(np.asarray(lost), come.shape), kind="share")
    if gone.size and gone.max() > 1:
        raise ValueError(f"lost holds the share {gone.max():g}, but a share is at most 1")
    each, response, most = come / count, np.empty(come.size), np.empty(come.size)
    for share in np.unique(gone):
        left = cache * (1 - float(share))
        highest = capacity(workers, left, PROMISE)
        rates = highest * (1 - np.linspace(1, 0, POINTS) ** 2)
        here = gone == share
        most[here] = highest
        response[here] = np.interp(each[here], rates, percentile(workers, left, rates))
    away = np.maximum(each - most, 0) / np.where(each > 0, each, 1.0)
    return Metrics(read_only(come), read_only(response), read_only(away))
