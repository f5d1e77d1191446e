"""What the caching exercises need: work for a cache to do, and a referee who counts. No cache policy is in here."""

from __future__ import annotations

import random
from typing import Any

from labsupport import checks
from labsupport.exercises.expectations import NotYet, plain

HINTS = {
    "lru": (
        "Before any code, play it by hand: size 2, put a, put b, get a, put c. Which key goes, and what told you so?",
        "You need one thing that remembers both which keys are held and in which order they were last used. "
        "What must happen to that order on a hit, on a miss, and when a key is put a second time?",
        "Putting and resizing end with the same question: are there more keys than there is room? Let both ask it in one place, as often as needed.",
    ),
    "writes": (
        "Take a pencil and the four writes of the example. Draw a line at every flush: which keys are dirty just before it, and which just after?",
        "Go through the seconds one by one, also those in which nothing is written. In which order do writes, flush and death come within a second?",
        "For the interval: the cache chooses the worst moment to die. Which moments can be the worst, and why may a longer interval lose less?",
    ),
}

Operation = tuple[Any, ...]


def operations(requests: int, keys: int, seed: int, sizes: tuple[int, ...] = ()) -> list[Operation]:
    """Make work for a cache: gets, puts, and now and then a new size.

    Parameters
    ----------
    requests : int
        How many gets and puts.
    keys : int
        Keys are 0 … ``keys`` − 1; small ones are asked for most.
    seed : int
        Same seed, same work.
    sizes : tuple of int, optional
        New sizes, spread evenly over the requests.

    Returns
    -------
    list of tuple
        ``("get", key)``, ``("put", key, value)`` and ``("resize", capacity)``. Values count up from 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> operations(4, keys=3, seed=1, sizes=(1,))
    [('put', 0, 1), ('get', 1), ('resize', 1), ('get', 0), ('put', 1, 4)]
    """
    requests = checks.integer("requests", requests, minimum=1)
    keys = checks.integer("keys", keys, minimum=1)
    if not isinstance(sizes, list | tuple):
        raise TypeError(f"sizes is {sizes!r} ({type(sizes).__name__}), but must be a tuple of sizes such as (5, 30)")
    sizes = tuple(checks.integer(f"sizes[{place}]", size, minimum=1) for place, size in enumerate(sizes))
    if len(sizes) >= requests:
        raise ValueError(f"sizes holds {len(sizes)} sizes, but there must be fewer than the {requests} requests")
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - a test, not a secret
    every = requests // (len(sizes) + 1)
    work: list[Operation] = []
    for number in range(requests):
        if sizes and number and number % every == 0 and number // every <= len(sizes):
            work.append(("resize", sizes[number // every - 1]))
        key = int(keys * chance.random() ** 2)
        work.append(("get", key) if chance.random() < 0.5 else ("put", key, number + 1))
    return work


def tally(work: list[Operation], answers: Any, capacity: int) -> dict[str, int]:
    """Replay what a cache decided, and count. Any policy will do, as long as its decisions are possible.

    Parameters
    ----------
    work : list of tuple
        As `operations` makes it.
    answers : list
        What the cache answered to each: the value or ``None`` to a get, the list of evicted keys to a put and a resize.
    capacity : int
        The size at the beginning, in keys.

    Returns
    -------
    dict
        ``hits``, ``misses``, ``evictions`` and ``most`` (the most keys held at once).

    Raises
    ------
    NotYet
        If a decision is impossible: too many keys held, a key evicted that was not there, a value that was not put.
    TypeError, ValueError
        If the work is no list of operations, or the capacity is none.

    Examples
    --------
    >>> tally([("put", 1, 5), ("put", 2, 6), ("get", 1)], [[], [1], None], capacity=1)
    {'hits': 0, 'misses': 1, 'evictions': 1, 'most': 1}
    """
    if not isinstance(work, list) or not all(isinstance(operation, tuple) for operation in work):
        raise TypeError(f"work is a {type(work).__name__}, but must be a list of tuples, as operations gives it")
    capacity = checks.integer("capacity", capacity, minimum=1)
    answers = plain(answers)
    if type(answers) is not list or len(answers) != len(work):
        raise NotYet(f"almost: {len(work)} operations need a list of as many answers. Look next: does every method return something?")
    held: dict[Any, Any] = {}
    counts = {"hits": 0, "misses": 0, "evictions": 0, "most": 0}
    for number, (operation, answer) in enumerate(zip(work, answers, strict=True)):
        name = operation[0]
        where = f"operation {number}, {name}({', '.join(map(repr, operation[1:]))})"
        if name == "get":
            value = held.get(operation[1])
            if answer != value:
                raise NotYet(f"almost: {where} – {value!r} is stored there by your own decisions, but {answer!r} came. Look next: what get returns.")
            counts["hits" if value is not None else "misses"] += 1
            continue
        if name == "put":
            held[operation[1]] = operation[2]
        else:
            capacity = operation[1]
        if type(answer) is not list:
            raise NotYet(f"almost: {where} – expected the list of evicted keys, but {answer!r} came. Look next: what {name} returns.")
        for key in answer:
            if key not in held:
                raise NotYet(f"almost: {where} – key {key!r} is evicted, but it is not in the cache. Look next: which keys are really held.")
            del held[key]
        counts["evictions"] += len(answer)
        if len(held) > capacity:
            raise NotYet(f"almost: {where} – the cache now holds {len(held)} keys, but there is room for {capacity}. Look next: when a key must go.")
        counts["most"] = max(counts["most"], len(held))
    return counts


def write_log(seconds: int, keys: int, seed: int) -> list[tuple[int, str]]:
    """Make a log of writes: about two a second, a few keys written much more often than the rest.

    Parameters
    ----------
    seconds : int
        The log runs from second 1 to this one.
    keys : int
        How many keys there are.
    seed : int
        Same seed, same log.

    Returns
    -------
    list of (int, str)
        Second and key of each write, in the order they happened.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> write_log(3, keys=4, seed=1)
    [(1, 'user:1'), (3, 'user:0'), (3, 'user:2')]
    """
    seconds = checks.integer("seconds", seconds, minimum=1)
    keys = checks.integer("keys", keys, minimum=1)
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - a test, not a secret
    return [(second, f"user:{int(keys * chance.random() ** 2)}") for second in range(1, seconds + 1) for _ in range(chance.choice((0, 1, 2, 2, 5)))]
