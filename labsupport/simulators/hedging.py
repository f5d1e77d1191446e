"""Hedging: a request that is late is sent once more, to another server, and the first answer counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only

LARGEST_FLEET = 100_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HedgingResult:
    """What became of requests that may be sent twice.

    Attributes
    ----------
    responses : ndarray of float64, shape (requests,)
        Time from arrival to the first answer. Read-only.
    hedged : ndarray of bool, shape (requests,)
        Whether a second copy was sent. Read-only.
    rescued : ndarray of bool, shape (requests,)
        Whether the second copy was answered first. Read-only.
    servers : ndarray of int32, shape (requests, 2)
        Where the two copies were sent, −1 for a second one that was not. Read-only.
    busy_times : ndarray of float64, shape (servers,)
        How long each server worked, on copies whose answer nobody needed, too. Read-only.
    extra_work : float
        Work on second copies over work on first ones.
    """

    responses: Floats
    hedged: NDArray[np.bool_]
    rescued: NDArray[np.bool_]
    servers: NDArray[np.int32]
    busy_times: Floats
    extra_work: float


# Every server serves what it is sent one after the other, first come first served, so that the moment of an answer is known
# when a copy is sent. All second copies are sent equally long after their requests, and so in the order of the arrivals: two
# fingers run through the same list, one at the arrivals, one at what is sent again. At the same moment a first copy goes first.
# Nothing is called back: a server that is not the first to answer does its work in vain.
@kernel
def _serve(arrivals: Floats, services: Floats, speeds: Floats, chances: Floats, delay: float, answers: Floats, servers: NDArray[np.int32]) -> None:
    done = np.zeros(speeds.size)
    first, second = 0, 0
    while first < arrivals.size or second < first:
        if second < first and answers[second, 0] <= arrivals[second] + delay:
            second += 1
        elif second < first and (first == arrivals.size or arrivals[second] + delay < arrivals[first]):
            server = int(chances[second, 1] * (speeds.size - 1))
            server += server >= servers[second, 0]
            done[server] = max(arrivals[second] + delay, done[server]) + services[second, 1] / speeds[server]
            servers[second, 1] = server
            answers[second, 1] = done[server]
            second += 1
        else:
            server = int(chances[first, 0] * speeds.size)
            done[server] = max(arrivals[first], done[server]) + services[first, 0] / speeds[server]
            servers[first, 0] = server
            answers[first, 0] = done[server]
            first += 1


def simulate(arrivals: Any, services: Any, speeds: Any, delay: float | None, seed: int = 0) -> HedgingResult:
    """Send every request to a server drawn at random, and once more to another one if no answer has come after some time.

    The draw is ``numpy.random.default_rng(seed).random((requests, 2))``: of the numbers u₁, u₂ of a request, server
    ⌊u₁ × servers⌋ gets the first copy, and u₂ picks one of the others likewise.

    Parameters
    ----------
    arrivals : array_like of float, shape (requests,)
        Times of the requests, at least 0, never falling. Not written to.
    services : array_like of float, shape (requests, 2) or (requests,)
        Work of the first and of the second copy of each request, at least 0: two numbers where it is the server's luck how
        long it takes, one if both copies are the same work.
    speeds : array_like of float, shape (servers,)
        Work that each server does per unit of time, above 0; at least two servers.
    delay : float or None
        How long to wait before the second copy is sent, at least 0, in the unit of the arrivals; None for never.
    seed : int, optional
        Where the random numbers start, at least 0.

    Returns
    -------
    HedgingResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Dean and Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013.

    Examples
    --------
    >>> result = simulate([0, 20], [[10, 1], [2, 1]], speeds=[1, 1], delay=3)
    >>> result.responses, result.hedged, result.extra_work
    (array([4., 2.]), array([ True, False]), 0.08333333333333333)
    """
    times = checks.times("arrivals", arrivals)
    given = np.asarray(services)
    if given.ndim == 2 and given.shape[1:] == (2,):
        columns = [checks.amounts("services", given[:, copy], kind="service", length=times.size) for copy in (0, 1)]
    else:
        columns = [checks.amounts("services", services, kind="service", length=times.size)] * 2
    work = np.stack(columns, axis=1)
    rates = checks.amounts("speeds", speeds, above=0, kind="speed")
    if not 2 <= rates.size <= LARGEST_FLEET:
        raise ValueError(f"speeds holds {rates.size:,} speeds, but there must be from 2 to {LARGEST_FLEET:,} servers")
    patience = math.inf if delay is None else checks.number("delay", delay, minimum=0)
    seed = checks.integer("seed", seed, minimum=0)

    chances = np.random.default_rng(seed).random((times.size, 2))
    answers = np.full((times.size, 2), np.inf)
    servers = np.full((times.size, 2), -1, dtype=np.int32)
    _serve(read_only(times), work, rates.copy(), chances, patience, answers, servers)
    hedged = servers[:, 1] >= 0
    sent = np.where(hedged, work[:, 1], 0.0)
    busy = np.bincount(servers[:, 0], weights=work[:, 0], minlength=rates.size) + np.bincount(
        servers[hedged, 1], weights=sent[hedged], minlength=rates.size
    )
    arrays = [answers.min(axis=1) - times, hedged, answers[:, 1] < answers[:, 0], servers, busy / rates]
    for array in arrays:
        array.flags.writeable = False
    first, again = float(work[:, 0].sum()), float(sent.sum())
    return HedgingResult(arrays[0], hedged, arrays[2], servers, arrays[4], again / first if first > 0 else 0.0)
