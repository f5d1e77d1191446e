"""Caching: hit ratios where requests are independent of each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel
from labsupport.theory.values import Numbers, plain, values


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
    shares = values("popularity", popularity, minimum=0, maximum=1)
    if shares.ndim != 1 or shares.size == 0:
        raise ValueError(f"popularity has shape {shares.shape}, but must be one-dimensional with at least one key")
    if abs(shares.sum() - 1) > 1e-6:
        raise ValueError(f"popularity sums to {shares.sum()}, but must sum to 1")
    shares = shares[shares > 0] / shares.sum()
    sizes = values("capacity", capacity, above=0)
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
    return plain(ratios.reshape(sizes.shape))


def ttl_hit_ratio(rate: Any, ttl: Any, load_time: Any = 0.0) -> Numbers:
    """Return the share of requests that find a fresh value of a key that expires, where waiting requests share one load.

    A cycle is a load, the time while the value is fresh, and the time until the next request. Requests come as a Poisson
    process, so a cycle has 1 + rate × (load_time + ttl) of them on average; rate × ttl find a fresh value, and one loads it.

    Parameters
    ----------
    rate : float or array_like of float
        Requests for the key per unit of time, at least 0.
    ttl, load_time : float or array_like of float
        How long a value is fresh, and how long a load takes, at least 0, in the same unit of time.

    Returns
    -------
    float or ndarray of float64
        From 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Jung, Berger, Balakrishnan, "Modeling TTL-based Internet Caches", IEEE INFOCOM 2003.

    Examples
    --------
    >>> ttl_hit_ratio(rate=2.0, ttl=[1.0, 10.0]).round(3)
    array([0.667, 0.952])
    """
    requests, fresh, load = values("rate", rate, minimum=0), values("ttl", ttl, minimum=0), values("load_time", load_time, minimum=0)
    return plain(requests * fresh / (1 + requests * (fresh + load)))


def stampede_size(rate: Any, load_time: Any) -> Numbers:
    """Return how many requests load the same expired key at once, on average, if nothing holds them back.

    The first finds the value expired; all that come while it is being loaded do, too. Requests come as a Poisson process.

    Parameters
    ----------
    rate : float or array_like of float
        Requests for the key per unit of time, at least 0.
    load_time : float or array_like of float
        How long a load takes, at least 0, in the same unit of time, and no longer than a value is fresh.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Nishtala et al., "Scaling Memcache at Facebook", USENIX NSDI 2013, section 3.2.1.

    Examples
    --------
    >>> stampede_size(rate=1_000.0, load_time=0.05)
    51.0
    """
    return plain(1 + values("rate", rate, minimum=0) * values("load_time", load_time, minimum=0))
