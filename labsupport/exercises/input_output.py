"""What the exercise on a bounded fetch needs, and the court of the claim that asynchronous I/O never idles. No answer and no witness is in here."""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping

from labsupport import checks
from labsupport.exercises.expectations import NotYet

HINTS = {
    "fetch": (
        "Keep three things: the line of those that wait, those that are under way with the moment at which each ends, and the clock. What is "
        "the next moment at which anything can happen?",
        "At that moment, first let everything end that ends. Then go through the line from its beginning: who of them may start now?",
        "For the second try: where in the line does a request stand that was cut off? And how does its second end look if it is too slow again?",
    ),
    "claims": (
        "For the first claim: how much work is there for the processor in one round, and how long does one round take if nobody else is there? "
        "How many such rounds fill the processor?",
        "A function that sleeps, and does not say so, stops the whole loop. What does the processor do meanwhile, and what do the other requests?",
        "For the second claim: everybody sees the same picture, until the next one is taken. Where do all tasks go that come in between, and how "
        "many of them are there?",
    ),
}

HOSTS = ("a.example", "b.example", "c.example")

#: The settings of the witnesses on asynchronous input and output, with the least and the most of each.
SETTINGS: Mapping[str, tuple[int, int] | tuple[float, float]] = {
    "requests": (1, 64),
    "work": (0.1, 20.0),
    "wait": (1.0, 200.0),
    "blocking": (0.0, 1.0),
}
ROUNDS = 6_000
BUSY, IDLE = 0.02, 0.2  # share of the time in which the processor does nothing: this or less, this or more

Request = tuple[str, list[int]]


def requests(count: int, seed: int) -> list[Request]:
    """Make requests to a few hosts, some of which take long.

    Parameters
    ----------
    count : int
        How many, at least 0.
    seed : int
        Same seed, same requests.

    Returns
    -------
    list of (str, list of int)
        Host, and how long the answer takes in milliseconds, at the first and at a second try.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> requests(3, seed=1)
    [('a.example', [88, 12]), ('b.example', [29, 46]), ('b.example', [64, 5])]
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
    made: list[Request] = []
    for _ in range(checks.integer("count", count, minimum=0)):
        host = HOSTS[min(2, int(3 * chance.random() ** 1.5))]
        made.append((host, [chance.randint(5, 40) if chance.random() < 0.6 else chance.randint(40, 90) for _ in range(2)]))
    return made


def court(seed: int, requests: int, work: float, wait: float, blocking: float) -> str:
    """Run an event loop on one processor and see how long the processor does nothing.

    Each of the requests goes round and round: it works on the processor, exponential, and then waits for an answer, exponential,
    while others work – but a share of the waits stops the loop, since the function that waits does not let go of it.

    Parameters
    ----------
    seed : int
        Same seed, same rounds.
    requests : int
        How many are under way.
    work, wait : float
        Of each round, on average, in milliseconds.
    blocking : float
        Share of the rounds in which the loop waits, too.

    Returns
    -------
    {"refutes", "supports"}

    Raises
    ------
    NotYet
        If it is hardly idle, and yet not never.

    Examples
    --------
    >>> court(1, requests=1, work=1.0, wait=100.0, blocking=0.0)
    'refutes'
    """
    chance = random.Random(seed)  # noqa: S311 - an exercise, not a secret
    ready = [(0.0, number) for number in range(requests)]
    now = worked = 0.0
    for _ in range(ROUNDS):
        due, number = heapq.heappop(ready)
        spent, waits = chance.expovariate(1 / work), chance.expovariate(1 / wait)
        now = max(now, due) + spent
        worked += spent
        due = now + waits
        if chance.random() < blocking:
            now = due
        heapq.heappush(ready, (due, number))
    idle = 1 - worked / now
    if idle <= BUSY:
        return "supports"
    if idle >= IDLE:
        return "refutes"
    raise NotYet(
        f"almost: this witness says little – the processor does nothing for {100 * idle:.1f} % of the time; {100 * BUSY:g} % or less supports, "
        f"{100 * IDLE:g} % or more refutes. Look next: how much work there is in a round, and how many rounds are under way."
    )
