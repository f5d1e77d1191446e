"""What the balancing exercise needs: a day's traffic, and a referee with a clock of its own. No balancer is in here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from labsupport import checks, workloads
from labsupport.exercises.expectations import NotYet
from labsupport.simulators import balancing

HINTS = {
    "balancer": (
        "You are not told how long a queue is. But you know every request you sent, and every reply "
        "that came: what is the difference between the two?",
        "A server that slows down keeps its requests longer. Which of your numbers shows that first – the "
        "time of its next reply, or how many it still owes you?",
        "For the last point: two servers owe you nothing. Which of them would you send the next request "
        "to, if you had kept the times of their replies?",
    ),
}

REQUESTS = 4_000
SLOW_FROM, SLOW_TO = 0.3, 0.7  # of the requests


@dataclass(frozen=True)
class Traffic:
    """What comes in, and who is there to serve it.

    Attributes
    ----------
    arrivals, services : ndarray of float64, shape (requests,)
        When each request comes, in seconds, and how much work it is, in seconds of a server of speed 1.
    speeds : tuple of float
        Work that each server does per second.
    changes : tuple of Change
        When a server's speed changes.
    """

    arrivals: NDArray[Any]
    services: NDArray[Any]
    speeds: tuple[float, ...]
    changes: tuple[balancing.Change, ...]


def traffic(seed: int, speeds: Sequence[float], load: float, slows: tuple[int, float] | None = None) -> Traffic:
    """Make 4,000 requests at random moments, with exponential work, 1 s on average at speed 1.

    Parameters
    ----------
    seed : int
        Same seed, same traffic.
    speeds : sequence of float
        Work that each server does per second, above 0.
    load : float
        Work that comes in per second, as a share of what all servers can do, above 0.
    slows : (int, float), optional
        A server, and the share of its speed that is left to it for the middle two fifths of the requests.

    Returns
    -------
    Traffic

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Examples
    --------
    >>> day = traffic(1, speeds=(2, 1), load=0.5, slows=(0, 0.25))
    >>> day.arrivals[:3].round(2), [(round(change.time), change.server, change.speed) for change in day.changes]
    (array([0.72, 0.92, 4.5 ]), [(819, 0, 0.5), (1846, 0, 2.0)])
    """
    rates = tuple(checks.amounts("speeds", speeds, above=0, kind="speed").tolist())
    load = checks.number("load", load, above=0)
    arrivals = workloads.poisson_arrivals(REQUESTS, load * sum(rates), seed)
    services = workloads.exponential_services(REQUESTS, 1.0, seed + 1)
    changes: tuple[balancing.Change, ...] = ()
    if slows is not None:
        if not isinstance(slows, list | tuple) or len(slows) != 2:
            raise TypeError(f"slows is {slows!r}, but must be a server and the share of its speed that is left, such as (0, 0.2)")
        server, share = checks.integer("slows[0]", slows[0], minimum=0, maximum=len(rates) - 1), checks.number("slows[1]", slows[1], above=0)
        begins, ends = (float(arrivals[int(part * REQUESTS)]) for part in (SLOW_FROM, SLOW_TO))
        changes = (balancing.Change(begins, server, rates[server] * share), balancing.Change(ends, server, rates[server]))
    return Traffic(arrivals, services, rates, changes)


def keeps_up(balancer: Callable[[int], Any], days: Sequence[Traffic], most: float) -> str:
    """Let a new balancer send each day's requests, count the simulated time, and hold it against least connections.

    Parameters
    ----------
    balancer : callable
        Called with the number of servers, gives an object with ``choose()`` and ``replied(server, elapsed)``.
    days : sequence of Traffic
        Several days; each begins with a new balancer.
    most : float
        The longest mean response that is allowed, as a multiple of that of least connections.

    Returns
    -------
    str
        ``"keeps up"``.

    Raises
    ------
    NotYet
        If the mean response of a day is longer.
    TypeError, ValueError
        If there is no day, or no such multiple.

    Examples
    --------
    >>> class First:
    ...     def __init__(self, servers): pass
    ...     def choose(self): return 0
    ...     def replied(self, server, elapsed): pass
    >>> keeps_up(First, [traffic(1, speeds=[1], load=0.5)], most=1.0)
    'keeps up'
    """
    most = checks.number("most", most, above=0)
    if not isinstance(days, list | tuple) or not days or not all(isinstance(day, Traffic) for day in days):
        raise TypeError(f"days is a {type(days).__name__}, but must be a list with the traffic of at least one day")
    for number, day in enumerate(days, 1):
        own = balancing.drive(balancer(len(day.speeds)), day.arrivals, day.services, day.speeds, changes=day.changes).responses.mean()
        least = balancing.simulate("least_connections", day.arrivals, day.services, day.speeds, changes=day.changes).responses.mean()
        if own > most * least:
            raise NotYet(
                f"almost: on day {number}, with {_servers(len(day.speeds))}, your mean response is {own:.3g} s, {own / least:.2f} times that of "
                f"least connections, but it may be {most:g} times that at most. Look next: what tells you, at each choice, how busy a server is "
                "just then."
            )
    return "keeps up"


def _servers(number: int) -> str:
    return "1 server" if number == 1 else f"{number} servers"
