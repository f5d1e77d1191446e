"""Staleness: several balancers, each with what it knows of the servers' queues some time old – and the herds that come of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Fleet, Flow, Numbers, clear_all, new_fleet, new_flow, send
from labsupport.simulators.dispatch.result import BalancingResult, new_result
from labsupport.simulators.dispatch.two_choices import draw
from labsupport.simulators.numbering import read_only

MOST_CHOICES = 64
LARGEST_FLEET = 10_000
MOST_BALANCERS = 10_000


# A board shows how many requests every server has, as it was when the board was last written: at the times 0, T, 2T, … Every
# balancer has a copy, and in it counts on what it has sent itself. It sends a request to the server with the fewest, of all or
# of a few drawn at random; of equal ones it takes the server that it has chosen least recently itself. With T = 0 the board is
# written for every request (Mitzenmacher, "How Useful Is Old Information?", IEEE TPDS 11(1), 2000: "periodic update").
@kernel
def _balance(fleet: Fleet, flow: Flow, age: float, boards: Numbers, chosen: Numbers) -> None:
    balancers, servers = boards.shape
    asked = flow.chances.shape[1]
    drawn = np.arange(servers if asked == 0 else asked).astype(np.int32)
    period = -1.0
    for request in range(flow.end):
        now = flow.arrivals[request]
        current = float(request) if age == 0 else now // age
        if current > period:
            clear_all(fleet, flow, now if age == 0 else current * age)
            boards[:] = fleet.present
            period = current
        balancer = request % balancers
        board, latest = boards[balancer], chosen[balancer]
        if asked > 0:
            draw(flow.chances, request, servers, drawn)
        best = drawn[0]
        for server in drawn[1:]:
            better = (board[server] < board[best]) | ((board[server] == board[best]) & (latest[server] < latest[best]))
            best = server if better else best
        send(fleet, flow, request, best)
        board[best] += 1
        latest[best] = request


def simulate(
    arrivals: Any, services: Any, speeds: Any, age: float, *, balancers: int = 1, choices: int | None = None, seed: int = 0
) -> BalancingResult:
    """Send requests by least connections, where what the balancers know of the queues is up to ``age`` old.

    The queue lengths are told to all balancers at the times 0, age, 2 · age, …; in between each adds what it sends itself, and
    knows nothing of departures or of the others. Requests come to the balancers in turn. So one balancer that is told at once
    does least connections, one that is never told again round robin; and many of them all send to the server that was the least
    loaded: a herd.

    Parameters
    ----------
    arrivals, services, speeds : array_like of float
        As for `labsupport.simulators.balancing.simulate`.
    age : float
        How old what is known becomes before it is renewed, at least 0, in the unit of the arrivals.
    balancers : int, optional
        How many balancers there are, from 1 to 10,000.
    choices : int, optional
        How many servers are drawn at random, of which the least loaded is taken, from 1 to 64; left out, it is the least
        loaded of all. The random numbers are those of two choices under `labsupport.simulators.balancing.simulate`.
    seed : int, optional
        Where the random numbers start, at least 0.

    Returns
    -------
    BalancingResult
        Its policy is "stale_least_connections" or "stale_two_choices".

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Mitzenmacher, "How Useful Is Old Information?", IEEE Transactions on Parallel and Distributed Systems 11(1), 2000.
    Dahlin, "Interpreting Stale Load Information", IEEE Transactions on Parallel and Distributed Systems 11(10), 2000.

    Examples
    --------
    Three balancers learn at time 0 that nobody is there, and all take the first server; at time 5 they see that it is the
    fullest, and all take the second:

    >>> simulate([1, 2, 3, 6, 7, 8], [9] * 6, speeds=[1, 1, 1], age=5, balancers=3).servers
    array([0, 0, 0, 1, 1, 1], dtype=int32)
    """
    times = checks.times("arrivals", arrivals) + 0.0
    work = checks.amounts("services", services, kind="service", length=times.size)
    rates = checks.amounts("speeds", speeds, above=0, kind="speed")
    if rates.size > LARGEST_FLEET:
        raise ValueError(f"speeds holds {rates.size:,} speeds, but there must be at most {LARGEST_FLEET:,} servers")
    old = checks.number("age", age, minimum=0)
    count = checks.integer("balancers", balancers, minimum=1, maximum=MOST_BALANCERS)
    if count * rates.size > LARGEST_FLEET * 1_000:
        raise ValueError(f"balancers is {count:,}, but with {rates.size:,} servers it must be at most {LARGEST_FLEET * 1_000 // rates.size:,}")
    drawn = 0 if choices is None else checks.integer("choices", choices, minimum=1, maximum=min(MOST_CHOICES, rates.size))
    seed = checks.integer("seed", seed, minimum=0)

    chances: NDArray[np.float64] = np.random.default_rng(seed).random((times.size, drawn))
    flow = new_flow(read_only(times), read_only(work.copy()), fails=False)._replace(chances=chances)
    fleet = new_fleet(rates, np.ones(rates.size))
    boards = np.zeros((count, rates.size), dtype=np.int32)
    _balance(fleet, flow, old, boards, np.tile(fleet.chosen, (count, 1)))
    return new_result("stale_two_choices" if drawn else "stale_least_connections", flow, rates.copy(), ())
