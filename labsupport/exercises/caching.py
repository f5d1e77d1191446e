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
        ``("get", key)``, ``("put", key, value)`` and ``("resize", capacity)``. Some values are 0.

    Examples
    --------
    >>> operations(4, keys=3, seed=1, sizes=(1,))
    [('put', 0, 0), ('get', 1), ('resize', 1), ('get', 0), ('put', 1, 3)]
    """
    requests = checks.integer("requests", requests, minimum=1)
    keys = checks.integer("keys", keys, minimum=1)
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - a test, not a secret
    every = requests // (len(sizes) + 1)
    work: list[Operation] = []
    for number in range(requests):
        if sizes and number and number % every == 0 and number // every <= len(sizes):
            work.append(("resize", sizes[number // every - 1]))
        key = int(keys * chance.random() ** 2)
        work.append(("get", key) if chance.random() < 0.5 else ("put", key, number % 5))
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

    Examples
    --------
    >>> tally([("put", 1, 5), ("put", 2, 6), ("get", 1)], [[], [1], None], capacity=1)
    {'hits': 0, 'misses': 1, 'evictions': 1, 'most': 1}
    """
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
