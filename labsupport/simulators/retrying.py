"""Retrying: clients that lose patience and ask again – and the storms in which servers work on answers nobody waits for."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only

MOST_ATTEMPTS = 20
MOST_SERVERS = 1_000
RESERVE = 10.0
"""Retries that a budget allows at once after a quiet time, and at the start."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RetryingResult:
    """What became of requests whose clients ask again when no answer comes in time.

    Attributes
    ----------
    arrivals : ndarray of float64, shape (requests,)
        When each request was sent first. Read-only.
    answered : ndarray of bool, shape (requests,)
        Whether an answer came while the client was waiting for it. The others were given up. Read-only.
    responses : ndarray of float64, shape (requests,)
        Time from the first attempt to the answer, or to the moment of giving up. Read-only.
    attempts : ndarray of int32, shape (requests,)
        How often each was sent. Read-only.
    sent : ndarray of float64, shape (requests, most attempts)
        When; NaN where it was not sent so often. Read-only.
    useful_work, wasted_work : float
        Work on attempts that were answered in time, and on those whose client had gone.
    """

    arrivals: Floats
    answered: NDArray[np.bool_]
    responses: Floats
    attempts: NDArray[np.int32]
    sent: Floats
    useful_work: float
    wasted_work: float

    @property
    def amplification(self) -> float:
        """Attempts per request: how many times more is sent than is wanted."""
        return float(self.attempts.mean())

    def rates(self, window: float) -> tuple[Floats, Floats, Floats]:
        """Count over time what is wanted and what comes of it.

        Parameters
        ----------
        window : float
            Length of the windows of time in which is counted, above 0.

        Returns
        -------
        tuple of ndarray of float64, shape (windows,)
            The middle of each window; attempts sent, and requests answered, per unit of time. The windows end with the last one
            that lies before the last arrival.

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong.
        """
        window = checks.number("window", window, above=0)
        edges = np.arange(0, max(1, math.floor(float(self.arrivals[-1]) / window)) + 1) * window
        answers = (self.arrivals + self.responses)[self.answered]
        counts = [np.histogram(times, edges)[0] / window for times in (self.sent[~np.isnan(self.sent)], answers)]
        return (edges[:-1] + edges[1:]) / 2, counts[0], counts[1]


# The servers take attempts from one queue, first come first served, so the moment of an answer is known when an attempt is sent.
# If it is later than the client waits, the moment at which the client gives the attempt up goes to a heap of what is to come;
# when it has come, the client decides, and the next attempt, if there is one, goes to the same heap. New requests and all this are
# dealt with in the order of their times; at the same moment the new request goes first.
@kernel
def _serve(
    arrivals: Floats,
    services: Floats,
    servers: int,
    timeout: float,
    pauses: Floats,
    budget: float,
    cancel: bool,
    ends: Floats,
    answered: NDArray[np.bool_],
    attempts: NDArray[np.int32],
    sent: Floats,
) -> float:
    free = np.zeros(servers)
    to_come = [(math.inf, 0, 0, False)]  # when, how many were put in before, which request, whether it is sent (or else given up)
    tokens, wasted, put, fresh = RESERVE, 0.0, 0, 0
    while True:
        if fresh < arrivals.size and arrivals[fresh] <= to_come[0][0]:
            now, request, is_sent = arrivals[fresh], fresh, True
            fresh += 1
            tokens = min(tokens + budget, RESERVE)
        else:
            now, _, request, is_sent = heapq.heappop(to_come)
            if math.isinf(now):
                return wasted
        attempt = attempts[request]
        put += 1
        if not is_sent:
            if attempt <= pauses.shape[1] and (math.isinf(budget) or tokens >= 1):
                tokens -= 1
                heapq.heappush(to_come, (now + pauses[request, attempt - 1], put, request, True))
            else:
                ends[request] = now
            continue
        sent[request, attempt] = now
        attempts[request] = attempt + 1
        server = np.argmin(free)
        start = max(now, free[server])
        gone = now + timeout
        if not (cancel and start >= gone):
            free[server] = start + services[request]
            if free[server] <= gone:
                ends[request] = free[server]
                answered[request] = True
                continue
            wasted += services[request]
        heapq.heappush(to_come, (gone, put, request, False))


def simulate(
    arrivals: Any,
    services: Any,
    *,
    servers: int = 1,
    timeout: float | None = None,
    attempts: int = 1,
    backoff: float = 0.0,
    jitter: bool = False,
    budget: float | None = None,
    cancel: bool = False,
    seed: int = 0,
) -> RetryingResult:
    """Serve requests whose clients wait for some time and then, perhaps after a pause, ask again.

    What a client has given up stays in the queue: the server does not know, and works on it. So a short overload makes retries,
    retries make load, and where the load of all attempts together is 1 or more, the overload stays when its cause has gone – the
    system is metastable. Three remedies are offered: pauses that grow and are drawn by lot, a budget for retries, and a server
    that throws away what nobody waits for.

    Parameters
    ----------
    arrivals : array_like of float, shape (requests,)
        Times of the requests, at least 0, never falling. Not written to.
    services : array_like of float, shape (requests,)
        How long each takes, at every attempt, at least 0, in the unit of the arrivals.
    servers : int, optional
        Servers that take requests from one queue, from 1 to 1,000.
    timeout : float, optional
        How long a client waits for an answer to an attempt, above 0; left out, for ever. An answer at that very moment counts.
    attempts : int, optional
        How often a request is sent at most, from 1 to 20.
    backoff : float, optional
        The pause before the second attempt, at least 0; each further pause is twice as long.
    jitter : bool, optional
        Whether each pause is shortened by lot, to anything from nothing to all of it ("full jitter"), by
        ``numpy.random.default_rng(seed).random((requests, attempts - 1))``.
    budget : float, optional
        Retries allowed for each new request, at least 0, such as 0.1; 10 may be saved up. Left out, there is no limit. A request
        that may not be sent again is given up.
    cancel : bool, optional
        Whether a server throws away an attempt that it comes to after the client has given it up.
    seed : int, optional
        Where the random numbers start, at least 0.

    Returns
    -------
    RetryingResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Bronson, Aghayev, Charapko, Zhu, "Metastable Failures in Distributed Systems", HotOS 2021.
    Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
    Beyer, Jones, Petoff, Murphy, "Site Reliability Engineering", 2016, chapter 22 (retries, deadline propagation).
    Finagle documentation, "Clients: Retry budgets".

    Examples
    --------
    The second request waits too long for the first, and the third for what the second has given up:

    >>> result = simulate([0, 1, 2], [4, 2, 2], timeout=4, attempts=2)
    >>> result.answered, result.attempts, result.wasted_work
    (array([ True, False, False]), array([1, 2, 2], dtype=int32), 8.0)

    A server that throws away what the third has given up, before it has begun with it, saves both:

    >>> simulate([0, 1, 2], [4, 2, 2], timeout=4, attempts=2, cancel=True).answered
    array([ True,  True,  True])
    """
    times = checks.times("arrivals", arrivals)
    work = checks.amounts("services", services, kind="service", length=times.size)
    count = checks.integer("servers", servers, minimum=1, maximum=MOST_SERVERS)
    patience = math.inf if timeout is None else checks.number("timeout", timeout, above=0)
    most = checks.integer("attempts", attempts, minimum=1, maximum=MOST_ATTEMPTS)
    first_pause = checks.number("backoff", backoff, minimum=0)
    allowed = math.inf if budget is None else checks.number("budget", budget, minimum=0)
    seed = checks.integer("seed", seed, minimum=0)
    for name, flag in (("jitter", jitter), ("cancel", cancel)):
        if not isinstance(flag, (bool, np.bool_)):
            raise TypeError(f"{name} is {flag!r}, but must be True or False")

    pauses = np.tile(first_pause * 2.0 ** np.arange(most - 1), (times.size, 1))
    if jitter:
        pauses *= np.random.default_rng(seed).random(pauses.shape)
    ends, sent = np.empty(times.size), np.full((times.size, most), np.nan)
    answered, made = np.zeros(times.size, dtype=np.bool_), np.zeros(times.size, dtype=np.int32)
    wasted = _serve(read_only(times), read_only(work), count, patience, pauses, allowed, bool(cancel), ends, answered, made, sent)
    arrays = (times.copy(), answered, ends - times, made, sent)
    for array in arrays:
        array.flags.writeable = False
    return RetryingResult(*arrays, useful_work=float(work[answered].sum()), wasted_work=float(wasted))
