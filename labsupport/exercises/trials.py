"""The court of “claims on trial”: it simulates each witness on seeds of its own, and says what it sees. No witness is in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks, workloads
from labsupport.exercises import benchmarking, complexity, event_log, hot_node, input_output, scaling, scheduling, serverless, timelines
from labsupport.exercises.expectations import NotYet
from labsupport.simulators import balancing, caching

HINTS = {
    "fresh": (
        "Read the claim slowly: up to date *with what*? Who else can change what is stored there?",
        "Move one share at a time and watch the stale reads. A witness is worth hearing only where there are writes to miss and hits to get wrong.",
        "If a witness is sent away because the cache answers too little: which of the settings make it answer more?",
    ),
    "trial": (
        "For the first claim, ask of a system with one server and no cache: is it overloaded? With the cache alone? With the servers alone? "
        "A queue in front of a server that can just keep up is short; in front of one that cannot, it grows for as long as you watch.",
        "What does the cache do to the load, and what do the servers do to it? Once either has made the "
        "queue short, how much is left for the other to gain?",
        "For the second claim, count what has to be up for a request to be answered. Who stands in front of "
        "the servers, and how many servers may be missing?",
    ),
}

REQUESTS = 20_000
LEAST_WRITES, LEAST_HITS, LEAST_STALE = 0.05, 0.2, 0.01  # of the requests, of the reads, of the answers from the cache
CACHE_TIME, LEAST_GAIN, CLEARLY = 0.01, 1.5, 2.0  # seconds, times faster, times the product or below it
HOURS, BETWEEN_FAILURES, REPAIR = 2_000_000.0, 1_000.0, 10.0  # simulated; of each machine, on average
LONE_SERVER = REPAIR / (BETWEEN_FAILURES + REPAIR)  # share of the time that it is away

Range = tuple[int, int] | tuple[float, float]


def hear(claim: str, settings: Any, seed: int) -> str:
    """Hear a witness: simulate a system with its settings, and say what that tells about the claim.

    Parameters
    ----------
    claim : str
        ``"up to date"``: a write-through cache is always up to date. ``"exponential"``: caching and load balancing together
        give exponentially increased performance, that is, more than the product of what each gives alone. ``"single point"``:
        load balancing prevents a single point of failure. ``"hot node"``: one server at 100 % hurts a cluster at 80 %.
        ``"N times X"``: if one node can process X, N nodes can process N × X. ``"merge sort"``: we would choose merge sort over
        bubble sort every time. ``"hash table"``: as a hash table is O(1) and a list O(n), it is the one to take.
        ``"never idle"``: with asynchronous I/O the system is never
        idle. ``"dynamic balancing"``: dynamic load balancing is best.
        ``"throughput"``: throughput gives a clear indication of the capacity. ``"demand"``: serverless scales automatically by demand.
        ``"longest stage"``: the stage that takes the longest is the one to tune.
        ``"500 %"``: sharding, caching and asynchronous processing improve load times by 500 %.
    settings : dict
        A number for each setting of the claim, as `SETTINGS` lists them with their ranges.
    seed : int
        Same seed, same requests and same failures.

    Returns
    -------
    {"refutes", "supports"}

    Raises
    ------
    NotYet
        If the witness says nothing, or too little to tell.
    TypeError, ValueError
        If there is no such claim, or a setting is missing, unknown or out of range.

    Examples
    --------
    >>> hear("single point", {"balancers": 1, "servers": 20, "needed": 1, "together": 0}, seed=1)
    'refutes'
    >>> hear("single point", {"balancers": 1, "servers": 1, "needed": 1, "together": 0}, seed=1)
    Traceback (most recent call last):
    ...
    ValueError: servers is 1, but must be a whole number from 2 to 20
    """
    claim = checks.choice("claim", claim, SETTINGS)
    seed = checks.integer("seed", seed, minimum=0)
    ranges = SETTINGS[claim]
    if type(settings) is not dict or set(settings) != set(ranges):
        raise ValueError(f"settings is {settings!r}, but must be a dict with the keys {', '.join(ranges)}")
    values = {
        name: checks.integer(name, settings[name], int(low), int(high)) if type(low) is int else checks.number(name, settings[name], low, high)
        for name, (low, high) in ranges.items()
    }
    return _COURTS[claim](seed, **values)


def _up_to_date(seed: int, capacity: int, keys: int, exponent: float, write_share: float, past_share: float) -> str:
    """Count the answers from an LRU cache that writes through which are older than the database."""
    trace = workloads.zipf_trace(REQUESTS, keys, exponent, seed)
    writes = workloads.write_flags(REQUESTS, write_share, seed + 1)
    past = writes & workloads.write_flags(REQUESTS, past_share, seed + 2)
    result = caching.simulate_writes("write_through", trace, writes, capacity, external_writes=past)
    written = float(np.mean(writes))
    if written < LEAST_WRITES:
        raise NotYet(f"almost: this witness says nothing – {100 * written:.1f} of 100 requests write, but at least 5 must. Look next: write_share.")
    if not result.reads:
        raise NotYet("almost: this witness says nothing – every request writes, and there are no reads to answer. Look next: write_share.")
    _answers_enough(result.hit_ratio)
    stale = result.stale_reads / int(np.count_nonzero(result.hits))
    if 0 < stale < LEAST_STALE:
        raise NotYet(f"almost: this witness says little – {100 * stale:.2f} of 100 answers from the cache are stale. Look next: past_share.")
    return "refutes" if stale else "supports"


def _exponential(seed: int, capacity: int, keys: int, exponent: float, servers: int, load: float) -> str:
    """Compare what a cache and a balancer gain together with the product of what each gains alone.

    Without them one server gets all requests. Gain is the mean response without over the mean response with. A hit takes
    10 ms; a miss takes 1 s of a server on average, exponential, and waits its turn; the balancer is least connections.
    """
    hits = caching.simulate("lru", workloads.zipf_trace(REQUESTS, keys, exponent, seed), capacity).hits
    arrivals = workloads.poisson_arrivals(REQUESTS, load, seed + 1)
    services = workloads.exponential_services(REQUESTS, 1.0, seed + 2)

    def mean(cached: bool, fleet: int) -> float:
        sent: NDArray[np.bool_] = ~hits if cached else np.ones(REQUESTS, dtype=np.bool_)
        waited = balancing.simulate("least_connections", arrivals[sent], services[sent], [1.0] * fleet).responses.sum()
        return float(waited + CACHE_TIME * np.count_nonzero(~sent)) / REQUESTS

    _answers_enough(float(np.mean(hits)))
    bare = mean(False, 1)
    cache, balancer, both = (bare / mean(cached, fleet) for cached, fleet in ((True, 1), (False, servers), (True, servers)))
    for name, gain, look in (("cache", cache, "capacity and load"), ("balancer", balancer, "servers and load")):
        if gain < LEAST_GAIN:
            raise NotYet(
                f"almost: this witness says nothing – the {name} alone makes the mean response {gain:.2f} "
                f"times shorter, but {LEAST_GAIN:g} times it must. "
                f"Look next: {look}."
            )
    if 1 / CLEARLY < both / (cache * balancer) < CLEARLY:
        raise NotYet(
            f"almost: this witness says little – {cache:.3g} times by the cache, {balancer:.3g} times by "
            f"the balancer, {both:.3g} times by both: that is "
            "about the product, and neither half of it nor twice as much. Look next: load."
        )
    return "supports" if both > cache * balancer else "refutes"


def _single_point(seed: int, balancers: int, servers: int, needed: int, together: float) -> str:
    """Compare the time that a balanced service is away with that of a lone server.

    The service is up while at least one balancer and at least ``needed`` servers are. Every machine fails once in 1,000 hours
    and is repaired within 10, both exponential, independently – but for the share ``together`` of the servers' failures,
    such as a power cut or a bad release, which take all servers.
    """
    if needed > servers:
        raise NotYet(f"almost: this witness says nothing – {needed} servers are needed, and there are {servers}. Look next: needed.")
    generator = np.random.default_rng(seed)
    balancer_failures = [_failures(generator, HOURS) for _ in range(balancers)]
    server_failures = [_failures(generator, HOURS) for _ in range(servers)]
    common = [failures[:, generator.random(failures.shape[1]) < together] for failures in server_failures]
    struck = [np.hstack([own, *(other for number, other in enumerate(common) if number != server)]) for server, own in enumerate(server_failures)]
    down = _time_below(struck, needed, balancer_failures) / HOURS
    if down <= LONE_SERVER / 10:
        return "supports"
    if down >= LONE_SERVER / 2:
        return "refutes"
    raise NotYet(
        f"almost: this witness says little – the service is away {down / LONE_SERVER:.2f} times as long as "
        "a lone server; a tenth of it or less supports, "
        "half of it or more refutes. Look next: what must be up for a request to be answered."
    )


def _failures(generator: np.random.Generator, hours: float) -> NDArray[np.float64]:
    """Return when a machine fails and when it is back, one column for each failure."""
    number = int(1.2 * hours / BETWEEN_FAILURES) + 100
    up, away = generator.exponential(BETWEEN_FAILURES, number), generator.exponential(REPAIR, number)
    back = np.cumsum(up + away)
    return np.vstack([back - away, back])[:, back < hours]


def _time_below(servers: list[NDArray[np.float64]], needed: int, balancers: list[NDArray[np.float64]]) -> float:
    """Return how long fewer servers than needed, or no balancer, was up."""
    times, servers_change, balancers_change = [np.zeros(1)], [np.zeros(1, dtype=int)], [np.zeros(1, dtype=int)]
    for machines, changed, still in ((servers, servers_change, balancers_change), (balancers, balancers_change, servers_change)):
        for failures in machines:
            begins, ends = _merged(failures)
            times += [begins, ends]
            changed += [np.full(begins.size, -1), np.full(ends.size, 1)]
            still += [np.zeros(2 * begins.size, dtype=int)]
    when = np.concatenate(times)
    order = np.argsort(when, kind="stable")
    servers_up = len(servers) + np.cumsum(np.concatenate(servers_change)[order])
    balancers_up = len(balancers) + np.cumsum(np.concatenate(balancers_change)[order])
    gone = (servers_up < needed) | (balancers_up < 1)
    return float(np.diff(when[order], append=when.max())[gone].sum())


def _merged(failures: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the times in which a machine is away, without overlaps: what strikes it while it is away keeps it away."""
    begins, ends = failures[:, np.argsort(failures[0])]
    latest = np.maximum.accumulate(ends)
    first = np.ones(begins.size, dtype=np.bool_)
    first[1:] = begins[1:] > latest[:-1]
    return begins[first], np.append(latest[:-1][first[1:]], latest[-1:])


def _answers_enough(hit_ratio: float) -> None:
    if hit_ratio < LEAST_HITS:
        raise NotYet(
            f"almost: this witness says nothing – the cache answers {100 * hit_ratio:.1f} of 100 reads, but at least 20 it must. "
            "Look next: capacity, keys and exponent."
        )


_CACHE: dict[str, Range] = {"capacity": (1, 10_000), "keys": (1, 10_000), "exponent": (0.0, 3.0)}

#: The settings of each claim's witnesses, with the least and the most of each: whole numbers where these are.
SETTINGS: Mapping[str, Mapping[str, Range]] = {
    "up to date": {**_CACHE, "write_share": (0.0, 1.0), "past_share": (0.0, 1.0)},
    "exponential": {**_CACHE, "servers": (2, 20), "load": (0.1, 20.0)},
    "single point": {"balancers": (1, 5), "servers": (2, 20), "needed": (1, 20), "together": (0.0, 1.0)},
    "hot node": hot_node.SETTINGS,
    "N times X": scaling.SETTINGS,
    "merge sort": complexity.SORTING,
    "hash table": complexity.LOOKING_UP,
    "never idle": input_output.SETTINGS,
    "dynamic balancing": scheduling.SETTINGS,
    "throughput": benchmarking.SETTINGS,
    "demand": serverless.SETTINGS,
    "longest stage": event_log.SETTINGS,
    "500 %": timelines.SETTINGS,
}
_COURTS: Mapping[str, Callable[..., str]] = {
    "up to date": _up_to_date,
    "exponential": _exponential,
    "single point": _single_point,
    "hot node": hot_node.court,
    "N times X": scaling.court,
    "merge sort": complexity.sorting_court,
    "hash table": complexity.looking_up_court,
    "never idle": input_output.court,
    "dynamic balancing": scheduling.court,
    "throughput": benchmarking.court,
    "demand": serverless.court,
    "longest stage": event_log.court,
    "500 %": timelines.court,
}
