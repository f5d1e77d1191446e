"""What the exercises of notebook 01 need: a log, a shop to tune, offers, and referees who count for themselves. No answer is in here."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from labsupport import checks, workloads
from labsupport.exercises.expectations import NotYet, plain
from labsupport.simulators import pipelines, request_path
from labsupport.simulators.request_path import Configuration

HINTS = {
    "levels": (
        "Follow 1,000 requests with a pencil: how many reach the second level, and how many the last? What has each of them paid on the way?",
        "A look that finds nothing takes as long as one that finds something. Which share of all requests looks into the second level?",
        "For the goal: move one hit ratio from 0 to 1 and draw the mean. What kind of line do you get, and what are its two ends?",
    ),
    "bottleneck": (
        "A worker who is busy all the time can do no more. How much of a stage's work does one request bring on average, all visits together?",
        "Two things decide what a stage can do at most: how many workers it has, and how much work a request brings it. The log tells you both.",
        "After one more worker, all limits are as before but one. So who is the bottleneck now? Ask again after each.",
    ),
    "speedup": (
        "Write the time of a request as two addends: the stage that gets faster, and all the rest. Which of them can you change?",
        "For the factor: how much time is left for the stage once the rest has had its own? What if nothing is left?",
        "For the budget, neither the largest factor nor the best offer alone decides. There are few offers: can you try every selection?",
    ),
    "cost": (
        "For the bill, fill the tiers from the first: how many requests fit into each, and how many are left for the next?",
        "A look costs a day, a price nothing. In which order would you look, if you wanted to be sure that the first success is the cheapest?",
        "What should come back if you have looked at everything and nothing was fast enough? And what if there is nothing to look at?",
    ),
    "credit": (
        "What a step has earned is the time before it minus the time after it. What has been done before it, in this order?",
        "Press the presets of the bench: what does the cache earn when it comes first, and what is left for it when the index is there already?",
        "For the fair share: let every order have its turn, and give each step the mean of what it earned. How many orders of three steps are there?",
    ),
}

STAGES = ("accept", "parse", "price", "stock", "render", "send")
STEPS: Mapping[str, tuple[str, ...]] = {"index": ("index",), "cache": ("capacity",), "replica": ("region",)}
WARM_UP, REQUESTS = 4_000, 24_000
SHOP_WARM_UP, SHOP_REQUESTS = 1_500, 6_000
KEYS = 10_000
BEFORE, AFTER = (450.0, 550.0), 150.0  # milliseconds: what the court takes for the lecture's example
MOST, LITTLE = 0.5, 0.25  # shares of what was saved


def service_log(requests: int, seed: int) -> list[tuple[int, str, int, float, float]]:
    """Make the log of a pipeline: who worked on which request, from when to when.

    Some requests skip a stage, and some work is done twice, because it failed the first time.

    Parameters
    ----------
    requests : int
        How many, at least 1.
    seed : int
        Same seed, same log.

    Returns
    -------
    list of (int, str, int, float, float)
        Request, stage, worker, and begin and end in milliseconds, in the order of the begins.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> service_log(20, seed=1)[:3]
    [(0, 'accept', 0, 3.3, 6.9), (1, 'accept', 1, 4.2, 8.5), (0, 'parse', 0, 6.9, 12.4)]
    """
    requests = checks.integer("requests", requests, minimum=1)
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - a test, not a secret
    stages = chance.randint(4, len(STAGES))
    times = [chance.choice((5.0, 10.0, 20.0, 40.0)) for _ in range(stages)]
    teams = [chance.choice((1, 2, 3, 4)) for _ in range(stages)]
    limit = min(team / time for team, time in zip(teams, times, strict=True))
    clock, arrivals = 0.0, []
    for _ in range(requests):
        clock += chance.expovariate(0.6 * limit)
        arrivals.append(clock)
    tries = [[_tries(chance, time) for time in times] for _ in range(requests)]
    run = pipelines.simulate(arrivals, np.array([[sum(each) for each in row] for row in tries]), teams)
    log = []
    for stage, team in enumerate(teams):
        free = [0.0] * team
        for request in np.argsort(run.starts[:, stage], kind="stable").tolist():
            if not tries[request][stage]:
                continue
            start = float(run.starts[request, stage])
            worker = next(number for number, time in enumerate(free) if time <= start + 1e-6)
            free[worker] = float(run.finishes[request, stage])
            for work in tries[request][stage]:
                log.append((request, STAGES[stage], worker, round(start, 1), round(start + work, 1)))
                start += work
    return sorted(log, key=lambda line: (line[3], line[0], STAGES.index(line[1])))


def _tries(chance: random.Random, time: float) -> list[float]:
    """Return the work of a request at a stage: nothing, one try, or a failed one and another."""
    kind = chance.random()
    if kind < 0.1:
        return []
    return [0.2 + chance.expovariate(1 / time) for _ in range(2 if kind > 0.8 else 1)]


def bought(times: Mapping[str, float], offers: Sequence[tuple[str, float, float]], budget: float, chosen: Any) -> float:
    """Return how long a request takes after somebody has bought offers that make stages faster.

    Parameters
    ----------
    times : mapping of str to float
        What each stage takes, one after the other, in milliseconds.
    offers : sequence of (str, float, float)
        A stage, how many times faster it gets, and the price.
    budget : float
        What may be spent.
    chosen : list of int
        The numbers of the offers that are bought, counting from 0.

    Returns
    -------
    float
        In milliseconds.

    Raises
    ------
    NotYet
        If this cannot be bought.

    Examples
    --------
    >>> bought({"parse": 10.0, "price": 30.0}, [("price", 3.0, 50.0)], budget=50.0, chosen=[0])
    20.0
    """
    chosen = plain(chosen)
    if type(chosen) is not list or any(type(number) is not int or not 0 <= number < len(offers) for number in chosen):
        raise NotYet(
            f"almost: {chosen!r} came, but it must be a list of numbers of offers, from 0 to {len(offers) - 1}. Look next: what is returned."
        )
    faster = [offers[number][0] for number in chosen]
    if len(set(faster)) < len(faster):
        raise NotYet("almost: a stage is made faster twice, but only one offer for each can be bought. Look next: which selections are allowed.")
    price = sum(offers[number][2] for number in chosen)
    if price > budget + 1e-9:
        raise NotYet(f"almost: this costs {price:g}, but only {budget:g} may be spent. Look next: which selections the budget allows.")
    factors = {offers[number][0]: offers[number][1] for number in chosen}
    return sum(time / factors.get(stage, 1.0) for stage, time in times.items())


@dataclass(frozen=True)
class Shop:
    """A shop whose database is to be tuned: what comes in, and which configurations can be had.

    Attributes
    ----------
    seed : int
    requests : float
        How many come per second.
    rows : int
    exponent : float
        Of the popularity of the 10,000 keys.
    configurations : tuple of dict
        Keywords of `labsupport.simulators.request_path.Configuration`, in no order.
    """

    seed: int
    requests: float
    rows: int
    exponent: float
    configurations: tuple[dict[str, Any], ...]

    def price(self, configuration: Mapping[str, Any]) -> float:
        """Return what a million requests cost with a configuration, in euros; nobody has to wait for that."""
        return round(Configuration(**configuration).cost_per_million(self.requests), 6)

    def look(self, configuration: Mapping[str, Any]) -> float:
        """Run a configuration for a day; return the mean response time in milliseconds."""
        return _mean(self.seed, self.requests, self.rows, self.exponent, Configuration(**configuration), SHOP_REQUESTS, SHOP_WARM_UP)


def shop(seed: int) -> Shop:
    """Make a shop.

    Parameters
    ----------
    seed : int
        Same seed, same shop.

    Returns
    -------
    Shop

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> made = shop(1)
    >>> len(made.configurations), made.configurations[0]
    (72, {'index': True, 'capacity': 2000, 'region': 'near', 'workers': 4})
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - a test, not a secret
    names = ("index", "capacity", "region", "workers")
    choices = product((False, True), (0, 100, 500, 2_000), request_path.REGIONS, (2, 4, 8))
    configurations = [dict(zip(names, values, strict=True)) for values in choices]
    chance.shuffle(configurations)
    requests, rows = float(chance.randint(20, 45)), chance.choice((500_000, 800_000, 1_000_000, 2_000_000))
    return Shop(seed, requests, rows, chance.choice((0.7, 0.8, 0.9, 1.0, 1.1)), tuple(configurations))


def watched(cheapest: Callable[..., Any], shop: Shop, goal: float, *, frugal: bool = False) -> float | None:
    """Let somebody look for the cheapest configuration, count the looks, and return the price of what was chosen.

    Parameters
    ----------
    cheapest : callable
        Called with the configurations, a function that gives a configuration's price, one that gives its mean response time, and
        the goal; returns the number of a configuration, or None.
    shop : Shop
    goal : float
        In milliseconds.
    frugal : bool, default False
        Whether looks are limited to the number of configurations that cost no more than the one chosen.

    Returns
    -------
    float or None
        In euros for a million requests; None if none was chosen.

    Raises
    ------
    NotYet
        If there is no such configuration, it is too slow, or there were too many looks.

    Examples
    --------
    >>> watched(lambda configurations, price, look, goal: None, shop(1), goal=1.0) is None
    True
    """
    looks: list[dict[str, Any]] = []

    def look(configuration: dict[str, Any]) -> float:
        looks.append(configuration)
        return shop.look(configuration)

    chosen = plain(cheapest([dict(each) for each in shop.configurations], shop.price, look, goal))
    count = len(shop.configurations)
    if chosen is None:
        price, allowed = None, count
    else:
        if type(chosen) is not int or not 0 <= chosen < count:
            raise NotYet(f"almost: {chosen!r} came, but there are configurations 0 to {count - 1}, or None. Look next: what is returned.")
        configuration = shop.configurations[chosen]
        price, time = shop.price(configuration), shop.look(configuration)
        if time > goal:
            raise NotYet(f"almost: {configuration} takes {time:.1f} ms, but the goal is {goal:g}. Look next: what the look told you.")
        allowed = sum(shop.price(each) <= price for each in shop.configurations)
    if frugal and len(looks) > allowed:
        raise NotYet(
            f"almost: you looked {len(looks)} times, but {allowed} looks are enough to know. Look next: which configurations nobody needs to look at."
        )
    return price


@lru_cache(maxsize=4_096)
def _mean(seed: int, requests: float, rows: int, exponent: float, configuration: Configuration, count: int, warm_up: int) -> float:
    arrivals = workloads.poisson_arrivals(count, requests / 1_000, seed)
    trace = workloads.zipf_trace(count, KEYS, exponent, seed + 1)
    works = workloads.exponential_services(count, 1.0, seed + 2)
    return float(request_path.simulate(arrivals, trace, works, configuration, rows=rows).responses[warm_up:].mean())


def tuning(settings: Mapping[str, Any], seed: int) -> Callable[[Sequence[str]], float]:
    """Return a function that tells how long users wait on average, in milliseconds, once some steps have been done.

    Parameters
    ----------
    settings : dict
        ``"rows"`` of the table (100,000 to 10,000,000), ``"requests"`` per second (1 to 100), ``"exponent"`` of the popularity (0 to 2)
        and ``"capacity"`` of the cache (1 to 10,000).
    seed : int
        Same seed, same requests.

    Returns
    -------
    callable
        Takes a list of steps, of ``"index"``, ``"cache"`` and ``"replica"``; their order does not matter.

    Raises
    ------
    TypeError, ValueError
        If a setting is wrong, missing or unknown.

    Examples
    --------
    >>> time = tuning({"rows": 1_000_000, "requests": 30, "exponent": 0.9, "capacity": 500}, seed=1)
    >>> round(time(["index"])), round(time(["index", "replica"]))
    (264, 174)
    """
    wanted = ("rows", "requests", "exponent", "capacity")
    if type(settings) is not dict or set(settings) != set(wanted):
        raise ValueError(f"settings is {settings!r}, but must be a dict with the keys {', '.join(wanted)}")
    rows = checks.integer("rows", settings["rows"], 100_000, 10_000_000)
    requests = checks.number("requests", settings["requests"], 1, 100)
    exponent = checks.number("exponent", settings["exponent"], 0, 2)
    capacity = checks.integer("capacity", settings["capacity"], 1, KEYS)
    seed = checks.integer("seed", seed, minimum=0)

    def time(steps: Sequence[str]) -> float:
        done = {checks.choice("step", step, STEPS) for step in steps}
        region = "near" if "replica" in done else "far"
        configuration = Configuration("index" in done, capacity if "cache" in done else 0, region)
        return _mean(seed, requests, rows, exponent, configuration, REQUESTS, WARM_UP)

    return time


def hear(settings: Any, seed: int) -> str:
    """Hear a witness on the claim that the cache brought most of it: more than half of the time saved.

    Parameters
    ----------
    settings : dict
        As `tuning` takes them, and ``"order"``: the steps ``"index"``, ``"cache"`` and ``"replica"`` in the order in which they are done.
    seed : int
        Same seed, same requests.

    Returns
    -------
    {"refutes", "supports"}
        It refutes if the cache earned less than a quarter.

    Raises
    ------
    NotYet
        If the witness says nothing or too little, or its system is not that of the lecture.
    TypeError, ValueError
        If a setting is wrong, missing or unknown.

    Examples
    --------
    >>> hear({"rows": 100_000, "requests": 1, "exponent": 0.9, "capacity": 500, "order": ["index", "cache", "replica"]}, seed=1)
    Traceback (most recent call last):
    ...
    labsupport.exercises.expectations.NotYet: almost: this is another system – it takes 280 ms untuned, but must take 450 to 550. Look next: rows ...
    """
    if type(settings) is not dict or "order" not in settings:
        raise ValueError(f"settings is {settings!r}, but must be a dict with the keys rows, requests, exponent, capacity, order")
    order = plain(settings["order"])
    time = tuning({name: value for name, value in settings.items() if name != "order"}, seed)
    if type(order) is not list or any(type(step) is not str for step in order) or sorted(order) != sorted(STEPS):
        raise ValueError(f"order is {order!r}, but must be a list of {', '.join(map(repr, STEPS))}, each once")
    untuned, tuned = time([]), time(order)
    if not BEFORE[0] <= untuned <= BEFORE[1]:
        raise NotYet(f"almost: this is another system – it takes {untuned:.0f} ms untuned, but must take 450 to 550. Look next: rows and requests.")
    if tuned > AFTER:
        raise NotYet(f"almost: this is another system – it takes {tuned:.0f} ms tuned, but must take 150 at most. Look next: capacity and exponent.")
    place = order.index("cache")
    share = (time(order[:place]) - time(order[: place + 1])) / (untuned - tuned)
    if LITTLE <= share <= MOST:
        raise NotYet(
            f"almost: this witness says little – the cache earned {100 * share:.0f} of 100 ms, neither less than a quarter nor more than half. "
            "Look next: what was done before it."
        )
    return "supports" if share > MOST else "refutes"
