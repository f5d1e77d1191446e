"""Arrivals: when each request comes. Rates are per any unit of time; the times are in that unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

Times = NDArray[np.float64]
FEWEST_BETWEEN_BURSTS = 0.1  # of arrivals: with many bursts for each, nothing is left of them but the mean rate


def poisson_arrivals(requests: int, rate: float, seed: int) -> Times:
    """Draw the arrival times of a Poisson process: gaps are exponential and independent.

    Parameters
    ----------
    requests : int
        Number of arrivals, at least 1.
    rate : float
        Arrivals per unit of time, above 0.
    seed : int
        Where the random numbers start, at least 0.

    Returns
    -------
    ndarray of float64, shape (requests,)
        Times, never falling, in the unit that ``rate`` is per.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    Examples
    --------
    >>> poisson_arrivals(4, rate=2.0, seed=1).round(2)
    array([0.54, 0.69, 3.38, 3.56])
    """
    requests = checks.integer("requests", requests, minimum=1)
    rate = checks.number("rate", rate, above=0)
    return _expected_arrivals(requests, _generator(seed)) / rate


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(checks.integer("seed", seed, minimum=0))


def _expected_arrivals(requests: int, generator: np.random.Generator) -> Times:
    """Draw how many arrivals were expected, on average, up to each one: a Poisson process of rate 1."""
    return np.cumsum(generator.standard_exponential(requests))


def deterministic_arrivals(requests: int, rate: float) -> Times:
    """Return arrivals at equal gaps, as from a timer; the first comes after one gap.

    Parameters
    ----------
    requests : int
        Number of arrivals, at least 1.
    rate : float
        Arrivals per unit of time, above 0.

    Returns
    -------
    ndarray of float64, shape (requests,)
        Times in the unit that ``rate`` is per.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    Examples
    --------
    >>> deterministic_arrivals(4, rate=2.0)
    array([0.5, 1. , 1.5, 2. ])
    """
    requests = checks.integer("requests", requests, minimum=1)
    rate = checks.number("rate", rate, above=0)
    return np.arange(1, requests + 1) / rate


def bursty_arrivals(requests: int, rate: float, seed: int, *, peak: float = 10.0, share: float = 0.1, duration: float | None = None) -> Times:
    """Draw arrivals that come in bursts: a Poisson process whose rate switches between calm and burst at random.

    It is a Markov-modulated Poisson process of two states: how long calm and burst last is exponential, too. It begins in
    either state with its share of the time.

    Parameters
    ----------
    requests : int
        Number of arrivals, at least 1.
    rate : float
        Arrivals per unit of time on average over calm and burst, above 0.
    seed : int
        Where the random numbers start, at least 0.
    peak : float, optional
        How many times higher the rate is in a burst than when calm, at least 1.
    share : float, optional
        Share of the time that is burst, above 0 and below 1.
    duration : float, optional
        How long a burst lasts on average, above 0; left out, as long as 100 requests take on average.

    Returns
    -------
    ndarray of float64, shape (requests,)
        Times, never falling, in the unit that ``rate`` is per.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range, or bursts are far more frequent than arrivals.

    References
    ----------
    Fischer, Meier-Hellstern, "The Markov-Modulated Poisson Process (MMPP) Cookbook", Performance Evaluation 18(2), 1993.

    Examples
    --------
    >>> bursty_arrivals(6, rate=1.0, seed=9, peak=50, share=0.1, duration=0.5).round(2)
    array([2.91, 5.66, 5.78, 5.88, 6.03, 6.13])
    """
    requests = checks.integer("requests", requests, minimum=1)
    rate = checks.number("rate", rate, above=0)
    peak = checks.number("peak", peak, minimum=1)
    share = _share("share", share)
    duration = 100 / rate if duration is None else checks.number("duration", duration, above=0)
    if duration / share * rate < FEWEST_BETWEEN_BURSTS:
        raise ValueError(
            f"duration is {duration:g}, but from burst to burst, duration / share = {duration / share:g}, at least "
            f"{FEWEST_BETWEEN_BURSTS} arrivals must be expected: make it longer, or use poisson_arrivals"
        )
    generator = _generator(seed)
    calm = rate / (1 - share + share * peak)
    means, rates = np.array([duration * (1 - share) / share, duration]), np.array([calm, calm * peak])
    state = int(generator.random() < share)
    expected = _expected_arrivals(requests, generator)
    borders, counted = [np.zeros(1)], [np.zeros(1)]
    while counted[-1][-1] < expected[-1]:  # more calms and bursts, until the last arrival falls into one
        remaining = (expected[-1] - counted[-1][-1]) / (means @ rates)
        turns = (state + np.arange(2 * int(remaining) + 10)) % 2
        lengths = generator.standard_exponential(turns.size) * means[turns]
        borders.append(borders[-1][-1] + np.cumsum(lengths))
        counted.append(counted[-1][-1] + np.cumsum(lengths * rates[turns]))
    return np.asarray(np.interp(expected, np.concatenate(counted), np.concatenate(borders)))


def _share(name: str, value: float) -> float:
    share = checks.number(name, value, above=0, maximum=1)
    if share == 1:
        raise ValueError(f"{name} is {value}, but must be a finite number above 0 and below 1")
    return share


def flash_crowd_arrivals(requests: int, rate: float, seed: int, *, start: float, duration: float, peak: float = 10.0) -> Times:
    """Draw arrivals of a Poisson process that meets a flash crowd: for some time it comes at many times its usual rate.

    Parameters
    ----------
    requests : int
        Number of arrivals, at least 1.
    rate : float
        Usual arrivals per unit of time, above 0. The mean rate is higher.
    seed : int
        Where the random numbers start, at least 0.
    start, duration : float
        When the crowd comes, at least 0, and how long it stays, above 0.
    peak : float, optional
        How many times higher the rate is while the crowd is there, at least 1.

    Returns
    -------
    ndarray of float64, shape (requests,)
        Times, never falling, in the unit that ``rate`` is per.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    References
    ----------
    Ari, Hong, Miller, Brandt, Long, "Managing Flash Crowds on the Internet", IEEE MASCOTS 2003.

    Examples
    --------
    >>> flash_crowd_arrivals(6, rate=1.0, seed=1, start=2.0, duration=0.5, peak=10).round(2)
    array([1.07, 1.38, 2.48, 2.62, 2.74, 4.54])
    """
    requests = checks.integer("requests", requests, minimum=1)
    rate = checks.number("rate", rate, above=0)
    start = checks.number("start", start, minimum=0)
    duration = checks.number("duration", duration, above=0)
    peak = checks.number("peak", peak, minimum=1)
    expected = _expected_arrivals(requests, _generator(seed)) / rate  # in units of the usual gap, as time runs where there is no crowd
    crowd = np.clip(expected - start, 0, peak * duration)
    return expected - crowd + crowd / peak


def diurnal_arrivals(requests: int, rate: float, seed: int, *, period: float, swing: float = 0.5) -> Times:
    """Draw arrivals that come and go with the time of day: a Poisson process whose rate is a sine wave.

    The rate is ``rate × (1 + swing × sin(2π × time / period))``: the mean at first, highest after a quarter of the period.
    Arrivals are drawn at the highest rate, and each is kept with the probability by which the rate is lower just then.

    Parameters
    ----------
    requests : int
        Number of arrivals, at least 1.
    rate : float
        Arrivals per unit of time on average over a period, above 0.
    seed : int
        Where the random numbers start, at least 0.
    period : float
        Length of a day, above 0.
    swing : float, optional
        How far the rate rises above and falls below its mean, as a share of it, from 0 to 1.

    Returns
    -------
    ndarray of float64, shape (requests,)
        Times, never falling, in the unit that ``rate`` is per.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range.

    References
    ----------
    Lewis, Shedler, "Simulation of Nonhomogeneous Poisson Processes by Thinning", Naval Research Logistics 26(3), 1979.

    Examples
    --------
    >>> diurnal_arrivals(5, rate=1.0, seed=1, period=24.0).round(2)
    array([0.72, 0.92, 4.5 , 4.75, 4.83])
    """
    requests = checks.integer("requests", requests, minimum=1)
    rate = checks.number("rate", rate, above=0)
    period = checks.number("period", period, above=0)
    swing = checks.number("swing", swing, minimum=0, maximum=1)
    generator = _generator(seed)
    highest = rate * (1 + swing)
    kept, missing, now = [], requests, 0.0
    while missing > 0:
        candidates = now + _expected_arrivals(int(missing * (1 + swing)) + 10, generator) / highest
        now = float(candidates[-1])
        rates = rate * (1 + swing * np.sin(2 * np.pi * candidates / period))
        kept.append(candidates[generator.random(candidates.size) * highest < rates])
        missing -= kept[-1].size
    return np.concatenate(kept)[:requests]
