"""What the exercises on functions need: price lists, and the court on scaling by demand. No answer and no witness is in here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from labsupport import workloads
from labsupport.exercises.expectations import NotYet
from labsupport.simulators import serverless

HINTS = {
    "even": (
        "How many seconds has a month, and how many requests come in it? From there on it is multiplication: gigabytes times seconds, and requests.",
        "What is free is subtracted before the price, and there is nothing below nothing. How many servers are there if nobody comes at all?",
        "Servers come in whole ones, so their cost goes up in steps, and a rate just beyond a step may be cheaper with functions again. "
        "List who is cheaper at every rate, and look at the list from both ends.",
    ),
    "demand": (
        "Who waits for a new instance? Those who come while all are busy – and those who come after everybody has been gone for too long.",
        "For the witness against: one in a hundred is enough to spoil the p99 of a window. What makes it happen in one window after another?",
        "For the witness for: demand must rise all the same. What would have to be short, and what plentiful, so that the rise is over soon?",
    ),
}

WORK = 0.1  # seconds of a request on average, exponential
BEFORE, AFTER, WINDOW = 300.0, 300.0, 10.0  # seconds of warming up, seconds that are watched, and of each window
SLOW = 1.0  # seconds: about twice the p99 where all is warm
RISE = 10.0  # times that demand must rise
SHORT, LONG = 10.0, 60.0  # seconds that the p99 pays: this or less supports, this or more refutes

SETTINGS: Mapping[str, tuple[int, int] | tuple[float, float]] = {
    "before": (0.01, 50.0),
    "after": (0.1, 500.0),
    "cold_start": (0.1, 10.0),
    "keep_alive": (10, 3_600),
    "growth": (1, 1_000),
}


def prices(seed: int) -> dict[str, dict[str, Any]]:
    """Draw a function and a server, with their prices.

    Parameters
    ----------
    seed : int
        Same seed, same prices.

    Returns
    -------
    dict of dict
        ``"function"``: ``"ms"`` that a request is worked on, ``"gigabytes"`` of memory, the price of a ``"gb_second"`` and of a
        ``"million"`` requests in dollars, and what is free each month: ``"free_gb_seconds"`` and ``"free_requests"``.
        ``"server"``: the ``"rate"`` of requests per second that one can do, up to which ``"percent"`` of it one may be loaded, how many there must
        be ``"least"``, and the price of one for an ``"hour"``.

    Examples
    --------
    >>> prices(1)["server"]
    {'rate': 12, 'percent': 70, 'least': 2, 'hour': 0.107}
    """
    generator = np.random.default_rng(seed)
    milliseconds = int(generator.integers(80, 200))
    server = int(generator.integers(8, 16))
    gigabytes = float(generator.choice([0.5, 1.0, 2.0]))
    a_request = milliseconds / 1_000 * gigabytes * 1.66667e-5 + 2e-7
    full = server * 0.7 * 3_600 * a_request  # what functions cost for the load of one server in an hour
    return {
        "function": {
            "ms": milliseconds,
            "gigabytes": gigabytes,
            "gb_second": 1.66667e-5,
            "million": 0.2,
            "free_gb_seconds": 400_000,
            "free_requests": 1_000_000,
        },
        "server": {"rate": server, "percent": 70, "least": 2, "hour": round(full * float(generator.uniform(0.72, 0.9)), 3)},
    }


def court(seed: int, before: float, after: float, cold_start: float, keep_alive: int, growth: int) -> str:
    """Let demand rise, and count for how long one request in a hundred, or more, waits too long.

    Parameters
    ----------
    seed : int
        Same seed, same requests.
    before, after : float
        Requests a second, at random, for five minutes before and after demand rises; each is 100 ms of work on average.
    cold_start : float
        Seconds until a new instance is ready.
    keep_alive : int
        Seconds that an idle one is kept.
    growth : int
        Instances that may be started each second; there may be 1,000 at a time.

    Returns
    -------
    {"refutes", "supports"}

    Raises
    ------
    NotYet
        If demand hardly rises, or the p99 pays for neither so long nor so short a time.

    Examples
    --------
    >>> court(1, before=1, after=1, cold_start=1, keep_alive=600, growth=1_000)
    Traceback (most recent call last):
    ...
    labsupport.exercises.expectations.NotYet: almost: this witness says nothing – demand must rise to 10 times or more. Look next: before and after.
    """
    if after < RISE * before:
        raise NotYet(f"almost: this witness says nothing – demand must rise to {RISE:g} times or more. Look next: before and after.")
    paid = paying(seed, before, after, cold_start, keep_alive, growth)
    if paid <= SHORT:
        return "supports"
    if paid >= LONG:
        return "refutes"
    raise NotYet(
        f"almost: this witness says little – the p99 pays for {paid:.0f} s; {SHORT:g} or less support, {LONG:g} or more refute. "
        "Look next: who waits for a new instance, and when."
    )


def paying(seed: int, before: float, after: float, cold_start: float, keep_alive: float, growth: float) -> float:
    """Say for how many seconds after demand has risen the p99 of ten seconds is longer than one second.

    Parameters
    ----------
    seed, before, after, cold_start, keep_alive, growth
        As for `court`.

    Returns
    -------
    float
        Who is turned away waits for ever. Windows without a request do not count.

    Examples
    --------
    >>> paying(1, before=1, after=100, cold_start=2, keep_alive=600, growth=1_000)
    10.0
    """
    counts = [int(rate * length + 6 * np.sqrt(rate * length) + 20) for rate, length in ((before, BEFORE), (after, AFTER))]
    early = workloads.poisson_arrivals(counts[0], before, seed)
    late = BEFORE + workloads.poisson_arrivals(counts[1], after, seed + 1)
    arrivals = np.concatenate((early[early < BEFORE], late[late < BEFORE + AFTER]))
    work = workloads.exponential_services(arrivals.size, WORK, seed + 2)
    result = serverless.simulate(arrivals, work, cold_start=cold_start, keep_alive=keep_alive, growth=growth)
    slow = ~(result.finishes - arrivals <= SLOW)  # and those that are turned away
    windows = np.floor((arrivals - BEFORE) / WINDOW).astype(int)
    watched = windows >= 0
    came = np.bincount(windows[watched], minlength=int(AFTER / WINDOW))
    late_answers = np.bincount(windows[watched], weights=slow[watched], minlength=int(AFTER / WINDOW))
    return float(WINDOW * np.count_nonzero(late_answers > 0.01 * came))
