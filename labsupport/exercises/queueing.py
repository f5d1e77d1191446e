"""What the exercises on latency and load need: response times, logs, readings, tables and tenders. No answer is in here."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from labsupport import checks, workloads
from labsupport.simulators import queueing

HINTS = {
    "p99": (
        "Ten requests on a slow node, a thousand on a fast one: whose p99 will the users of the cluster notice? Sort all requests in one line "
        "before you count to the slowest hundredth.",
        "Counts may be added, percentiles may not. At a time that is a bound of every node, how many requests do you know to have been "
        "answered? At any other time, what is the least that each node is sure of, and what is the most?",
        "For the twins: whether the cluster's slowest hundredth comes from the one node or the other depends on what the percentile of a "
        "node does not tell – how long the requests just below it took.",
    ),
    "little": (
        "Draw each request as a bar along the time, and cut all bars at the two ends of the window. What has the length of all the bars "
        "together to do with how many are there on average?",
        "Which requests can never be complete within a minute? So in which direction is the mean of the complete ones wrong?",
        "For the readings: put one of them into L = λ W with the units written out. In which unit is the response, and in which the rate?",
    ),
    "limit": (
        "Two nodes, one with 4 cores and one with 64: if the small one is full and the big one idle, how busy is the cluster?",
        "What is used at two rates tells two things: what is used even if nobody comes, and what each further request adds. Only one of "
        "the two can ever hit a ceiling.",
        "For even loads, imagine one large machine that is made of all nodes.",
    ),
    "mix": (
        "How many requests a second does one fast server get, and how many can it do? The distance between the two decides how long its users wait.",
        "What happens to the share of late requests if the slow servers get a few more percent, and what if they get none?",
        "There are not many mixes, and not many percentages: a computer can try all. Which are left after that, and which of these is the cheapest?",
    ),
    "queues": (
        "Stand in front of the door and watch people go in and come out. In which of the three places can somebody come out before one who "
        "went in earlier?",
        "If there are four desks: when somebody comes out, how many of those who went in earlier can still be inside, at most? And in a "
        "place where all are served at once?",
        "At a single desk, when is it your turn: at your arrival, or when somebody else leaves? Which of the two is it if nobody is there?",
    ),
}

QUEUES = ("one", "four", "sharing")
RESOURCES = {"cpu": (8, 16, 32), "memory": (32, 64, 128), "disk": (400, 800, 1_600), "network": (1_000, 2_500, 10_000)}

Log = list[tuple[float | None, float | None]]
Row = tuple[str, str, float, float, float]


def _chance(seed: int) -> random.Random:
    return random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret


def cluster_samples(nodes: int, seed: int) -> list[list[float]]:
    """Make response times of a cluster's nodes: some nodes are slower, and not all answer as many requests.

    Parameters
    ----------
    nodes : int
        How many, at least 1.
    seed : int
        Same seed, same times.

    Returns
    -------
    list of list of float
        For each node, the response time of each of its requests in milliseconds, with one decimal.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> [(len(times), max(times)) for times in cluster_samples(3, seed=1)]
    [(187, 24.6), (437, 44.5), (158, 51.9)]
    """
    chance = _chance(seed)
    samples = []
    for _ in range(checks.integer("nodes", nodes, minimum=1)):
        requests, mean = chance.randint(50, 800), chance.choice((5, 10, 20, 80))
        samples.append([0.1 + round(chance.expovariate(1 / mean), 1) for _ in range(requests)])
    return [[round(time, 1) for time in times] for times in samples]


def histogram(times: Sequence[float], bounds: Sequence[float]) -> list[int]:
    """Count times into buckets, as a node does that keeps no single time.

    Parameters
    ----------
    times : sequence of float
        Response times, in any unit.
    bounds : sequence of float
        Upper bounds of the buckets, rising, in the same unit. A time that equals a bound belongs below it.

    Returns
    -------
    list of int
        One count for each bound, and one for all that took longer than the last.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> histogram([1, 3, 10, 11, 400], bounds=[10, 100])
    [3, 1, 1]
    """
    edges = checks.amounts("bounds", bounds, kind="bound").tolist()
    if any(low >= high for low, high in pairwise(edges)):
        raise ValueError(f"bounds is {bounds!r}, but each bound must be larger than the one before")
    counts = [0] * (len(edges) + 1)
    for time in times:
        counts[bisect_left(edges, checks.number("times", time, minimum=0))] += 1
    return counts


def request_log(seconds: int, rate: float, response: float, seed: int) -> Log:
    """Log the requests of a server that has been running for long before the log begins, and will go on after it ends.

    Parameters
    ----------
    seconds : int
        The log begins at time 0 and ends here.
    rate : float
        Requests a second.
    response : float
        Seconds that a request takes on average, exponential.
    seed : int
        Same seed, same log.

    Returns
    -------
    list of (float or None, float or None)
        When each request came and when it left, in seconds. None instead of the first: before the log began. None instead of the
        second: not before it ended.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> request_log(3, rate=1.0, response=2.0, seed=0)
    [(None, 1.734), (0.243, 0.431), (1.66, None)]
    """
    chance = _chance(seed)
    end, rate = checks.integer("seconds", seconds, minimum=1), checks.number("rate", rate, above=0)
    response = checks.number("response", response, above=0)
    came, log = -20 * response, Log()
    while (came := round(came + chance.expovariate(rate), 3)) < end:
        left = round(came + chance.expovariate(1 / response), 3)
        if left > 0:
            log.append((came if came >= 0 else None, left if left < end else None))
    return log


def readings(servers: int, seed: int) -> list[dict[str, Any]]:
    """Read the dials of some servers, of which a few show what cannot be.

    Parameters
    ----------
    servers : int
        How many, at least 1.
    seed : int
        Same seed, same readings.

    Returns
    -------
    list of dict
        ``name``; ``present``, requests in the server on average; ``rate``, requests a second; ``response``, their mean in milliseconds.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> readings(1, seed=2)
    [{'name': 'server 1', 'present': 0.74, 'rate': 48.0, 'response': 16.0}]
    """
    chance, shown = _chance(seed), []
    for number in range(1, checks.integer("servers", servers, minimum=1) + 1):
        rate, response = float(chance.randint(20, 400)), float(chance.randint(5, 90))
        present = rate * response / 1_000 * chance.uniform(0.96, 1.04) * chance.choice((1, 1, 1, 1, 0.5, 0.75, 1.4, 3))
        shown.append({"name": f"server {number}", "present": round(present, 2), "rate": rate, "response": response})
    return shown


def cluster_table(nodes: int, seed: int) -> list[Row]:
    """Measure what is used on each node of a cluster, at two rates of requests.

    Parameters
    ----------
    nodes : int
        How many, at least 1.
    seed : int
        Same seed, same table.

    Returns
    -------
    list of (str, str, float, float, float)
        Node, resource, how much there is of it, how much is used at the lower rate, and how much at the higher.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> cluster_table(1, seed=1)[:2]
    [('node 1', 'cpu', 8, 2.2, 4.5), ('node 1', 'memory', 32, 19.2, 20.1)]
    """
    chance, table = _chance(seed), list[Row]()
    for node in range(1, checks.integer("nodes", nodes, minimum=1) + 1):
        for resource, totals in RESOURCES.items():
            total = chance.choice(totals)
            if resource == "memory":  # what is held is held, whoever comes
                before = total * chance.uniform(0.55, 0.74)
                now = before + total * chance.choice((-0.01, 0, 0.01, 0.03))
            else:
                before = total * chance.uniform(0.1, 0.4)
                now = before + total * chance.uniform(0.05, 0.35)
            table.append((f"node {node}", resource, total, round(before, 1), round(now, 1)))
    return table


def tender(seed: int) -> dict[str, Any]:
    """Say what servers must do, which kinds there are, and what they cost.

    Parameters
    ----------
    seed : int
        Same seed, same tender.

    Returns
    -------
    dict
        ``rate``, requests a second; ``target``, seconds that at most 1 in 100 may exceed; ``speeds``, requests a second that a fast
        and a slow server can do; ``prices`` of both, an hour; ``most``, how many of each kind can be had.

    Examples
    --------
    >>> tender(1)
    {'rate': 62, 'target': 0.2, 'speeds': (34, 23), 'prices': (57, 25), 'most': 10}
    """
    chance = _chance(seed)
    fast, slow = chance.randint(30, 60), chance.randint(14, 26)
    prices = (round(fast * chance.uniform(0.9, 1.8)), round(slow * chance.uniform(0.8, 1.2)))
    return {"rate": chance.randint(30, 150), "target": chance.choice((0.2, 0.3, 0.4)), "speeds": (fast, slow), "prices": prices, "most": 10}


def response_log(queue: str, requests: int, load: float, seed: int) -> list[tuple[float, float]]:
    """Log the requests that went through one of three queues, all with as much to do in total.

    Parameters
    ----------
    queue : {"one", "four", "sharing"}
        One line before one server; one line before four servers, each a quarter as fast; one server that works for all at once.
    requests : int
        How many, at least 1; they come at random, and their work is exponential, 1 s on average for the one server.
    load : float
        Work that comes in over what can be done, above 0.
    seed : int
        Same seed, same log.

    Returns
    -------
    list of (float, float)
        When each came and when it left, in seconds, in the order in which they came.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> response_log("one", 2, load=0.5, seed=1)
    [(2.14606, 2.27592), (2.76296, 2.98175)]
    """
    queue = checks.choice("queue", queue, QUEUES)
    arrivals = workloads.poisson_arrivals(requests, checks.number("load", load, above=0), seed)
    services = workloads.exponential_services(requests, 1.0, seed + 1)
    if queue == "sharing":
        result = queueing.simulate(arrivals, services, discipline="processor_sharing")
    else:
        servers = 4 if queue == "four" else 1
        result = queueing.simulate(arrivals, services * servers, servers)
    return list(zip(arrivals.round(5).tolist(), result.finishes.round(5).tolist(), strict=True))
