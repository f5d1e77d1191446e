"""What the capstone needs: promises to keep, days to practise on, and a referee who lets other days come to a design. No design is in here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

from labsupport import checks
from labsupport.exercises.expectations import NotYet, plain
from labsupport.exercises.students import current
from labsupport.simulators import whole_system
from labsupport.simulators.designs import Design, front_cost
from labsupport.simulators.whole_system import WholeSystemResult
from labsupport.workloads import Day, shop_day

HINTS = {
    "capstone": (
        "Begin with where the time goes. What is overloaded when nothing is tuned, and which of the choices takes load away from it "
        "at the least cost?",
        "For each thing that breaks, ask who has to stand in: for a database node, for the cache while it fills again, for servers that have not "
        "started yet when the crowd is there. Then ask what that costs while nothing breaks.",
        "A design that just keeps the promises on the days that you know breaks them on every other day that you do not. Try it on ten seeds of "
        "each kind of day: how far apart are the worst and the best of them?",
    ),
}

KINDS = ("diurnal", "flash_crowd", "hot_key", "node_loss")
ORDINARY = ("diurnal", "hot_key")
PUBLIC = 1  # the seed of the days to practise on
AVAILABILITY = 0.997
LEVELS = (0.74, 0.78, 0.85)  # seconds that 99 of 100 users wait at most: somebody's promise
ROOM = 1.2  # the budget, as a multiple of what the cheapest design known costs

_NAMES = tuple(field.name for field in fields(Design))


def promises(seed: int) -> dict[str, float]:
    """Make the promises that a shop has given.

    Parameters
    ----------
    seed : int
        Same seed, same promises.

    Returns
    -------
    dict of str to float
        ``"p99"``, what 99 of 100 users wait at most on an ordinary day, in seconds; ``"availability"``, the share of all requests that are
        answered within five seconds on any day; and ``"budget"``, what an hour may cost on average, in euros.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> promises(1)["availability"], promises(1) == promises(1 + len(LEVELS))
    (0.997, True)
    """
    p99 = LEVELS[checks.integer("seed", seed, minimum=0) % len(LEVELS)]
    return {"p99": p99, "availability": AVAILABILITY, "budget": round(ROOM * front_cost(p99), 1)}


def designed(choices: Any) -> Design:
    """Check a design that came as plain data.

    Parameters
    ----------
    choices : dict
        A value for each attribute of `labsupport.simulators.designs.Design`.

    Returns
    -------
    Design

    Raises
    ------
    TypeError, ValueError
        If a choice is missing, unknown or out of range.

    Examples
    --------
    >>> designed({"shards": 4})
    Traceback (most recent call last):
    ...
    ValueError: the design is {'shards': 4}, but must be a dict with the keys shards, strategy, replicas, cache, eviction, balancer, minimum, ...
    """
    values = plain(choices)
    if type(values) is not dict or set(values) != set(_NAMES):
        raise ValueError(f"the design is {str(values)[:60]}, but must be a dict with the keys {', '.join(_NAMES)}")
    return Design(**values)


@lru_cache(maxsize=16)  # two megabytes each
def _day(kind: str, seed: int) -> Day:
    return shop_day(kind, seed)


@lru_cache(maxsize=512)
def _numbers(design: Design, kind: str, seed: int) -> tuple[float, float, float]:
    result = whole_system.simulate(_day(kind, seed), design)
    return result.p99, result.availability, result.cost_per_hour


def play(choices: Any, kind: str, seed: int = PUBLIC) -> WholeSystemResult:
    """Let a day come to a design, to see what becomes of it.

    Parameters
    ----------
    choices : dict
        As `designed` takes it.
    kind : {"diurnal", "flash_crowd", "hot_key", "node_loss"}
    seed : int, optional
        Which day of that kind; the public one, if left out.

    Returns
    -------
    WholeSystemResult
        It has ``p99``, ``availability``, ``cost_per_hour``, ``hit_ratio``, ``utilizations`` and ``spent()``, among others.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> from dataclasses import asdict
    >>> play(asdict(Design()), "diurnal").availability < 0.5
    True
    """
    return whole_system.simulate(_day(checks.choice("kind", kind, KINDS), seed), designed(choices))


def judge(choices: Any, seeds: Sequence[int] = (PUBLIC,)) -> dict[str, float]:
    """Let a day of every kind come to a design, for every seed, and say what it is worth.

    Parameters
    ----------
    choices : dict
        As `designed` takes it.
    seeds : sequence of int, optional
        Which days; the public ones, if left out.

    Returns
    -------
    dict of str to float
        ``"p99"`` in seconds on the worst of the ordinary days, ``"availability"`` on the worst of all days, ``"cost"`` in euros an hour on
        average, and ``"efficiency"``: what the cheapest design known with such a p99 costs, over this cost.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> from dataclasses import asdict
    >>> sorted(judge(asdict(Design(cache=10_000))))
    ['availability', 'cost', 'efficiency', 'p99']
    """
    design = designed(choices)
    days = {(kind, seed): _numbers(design, kind, seed) for kind in KINDS for seed in seeds}
    if not days:
        raise ValueError("seeds is empty, but must hold at least one seed")
    p99 = max(numbers[0] for (kind, _), numbers in days.items() if kind in ORDINARY)
    cost = sum(numbers[2] for numbers in days.values()) / len(days)
    availability = min(numbers[1] for numbers in days.values())
    return {"p99": p99, "availability": availability, "cost": cost, "efficiency": front_cost(p99) / cost}


def keeps(
    design: Callable[[dict[str, float]], Any], asked: Sequence[Mapping[str, float]], seeds: Sequence[int], ask: str, *, efficiency: float = 0.0
) -> str:
    """Ask somebody for a design for each set of promises, and see whether they are kept on days that are drawn from seeds.

    Parameters
    ----------
    design : callable
        Takes promises as `promises` makes them, returns a design as `designed` takes it.
    asked : sequence of dict
        Sets of promises.
    seeds : sequence of int
        Which days of each kind.
    ask : {"ordinary", "breakdown", "cost"}
        What is looked at beside the budget: the p99 on ordinary days; whether users are answered when crowds come and nodes are lost; or all
        of this, and how near the cost is to that of the cheapest design known.
    efficiency : float, optional
        For the cost: the least share, from 0 to 1, that the cheapest design known may cost of this one.

    Returns
    -------
    str
        ``"kept"``.

    Raises
    ------
    NotYet
        If a promise is broken.

    Examples
    --------
    >>> keeps(lambda asked: {"shards": 1}, [promises(1)], [1], "cost")
    Traceback (most recent call last):
    ...
    ValueError: the design is {'shards': 1}, but must be a dict with the keys shards, ...
    """
    checks.choice("ask", ask, ("ordinary", "breakdown", "cost"))
    for promised in asked:
        chosen = plain(design(dict(promised)))
        told = f"almost: where 99 of 100 shall wait {promised['p99']:g} s at most, "
        found = judge(chosen, seeds)
        if found["cost"] > promised["budget"]:
            raise NotYet(
                f"{told}an hour costs {found['cost']:.2f} €, but {promised['budget']:.2f} € may be spent. Look next: what is paid for and idle."
            )
        for kind, seed in ((kind, seed) for kind in KINDS for seed in seeds):
            p99, availability, _ = _numbers(designed(chosen), kind, seed)
            if ask != "breakdown" and kind in ORDINARY and p99 > promised["p99"]:
                raise NotYet(f"{told}they wait {p99:.2f} s on a day of {kind}. Look next: where the slowest hundredth spends its time.")
            if ask != "ordinary" and availability < promised["availability"]:
                raise NotYet(
                    f"{told}only {100 * availability:.2f} % are answered in time on a day of {kind}, but {100 * promised['availability']:g} % "
                    "must be. Look next: who stands in for what is lost or late, and from when on."
                )
        if ask == "cost" and found["efficiency"] < efficiency:
            raise NotYet(
                f"{told}an hour costs {found['cost']:.2f} €; the cheapest design known that is as fast costs {100 * found['efficiency']:.0f} % of "
                f"that, and {100 * efficiency:.0f} % is asked for. Look next: which part could be smaller before a promise breaks."
            )
    return "kept"


def pseudonym(choices: Any, student: str | None = None) -> str:
    """Return the name under which a design stands on the leaderboard: nobody can tell whose it is who does not know both.

    Parameters
    ----------
    choices : dict
        As `designed` takes it.
    student : str, optional
        Whose it is; your own id, if left out.

    Returns
    -------
    str
        Eight characters.

    Examples
    --------
    >>> from dataclasses import asdict
    >>> pseudonym(asdict(Design()), "ab1234"), pseudonym(asdict(Design(cache=1)), "ab1234")
    ('08121f0f', '114e9ac2')
    """
    known = [(student or current()).strip().casefold(), plain(choices)]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:8]


def standing(choices: Any) -> None:
    """Print what a leaderboard reads from a notebook, and the name to look for there.

    Parameters
    ----------
    choices : dict
        As `designed` takes it.

    Raises
    ------
    TypeError, ValueError
        If it is no design.

    Examples
    --------
    >>> from dataclasses import asdict
    >>> standing(asdict(Design(cache=10_000)))  # doctest: +ELLIPSIS
    On the leaderboard your design is called ...
    leaderboard: {"shards": 4, ..., "target": 0.6}
    """
    designed(choices)
    print(f"On the leaderboard your design is called {pseudonym(choices)}.")  # noqa: T201 - a notebook cell talks by printing
    print(f"leaderboard: {json.dumps(plain(choices))}")  # noqa: T201
