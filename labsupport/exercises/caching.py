"""What the caching exercises need: work for a cache to do, and a referee who counts. No cache policy is in here."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from labsupport import checks, workloads
from labsupport.exercises.expectations import NotYet, plain
from labsupport.simulators import caching

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
    "trial": (
        "Read the claim slowly: up to date *with what*? Who else can change what is stored there?",
        "Move one share at a time and watch the stale reads. A witness is worth hearing only where there are writes to miss and hits to get wrong.",
        "If a witness is sent away because the cache answers too little: which of the settings make it answer more?",
    ),
}

Operation = tuple[Any, ...]

HEARD_REQUESTS = 20_000
LEAST_WRITES, LEAST_HITS, LEAST_STALE = 0.05, 0.2, 0.01  # of the requests, of the reads, of the answers from the cache
SETTINGS = ("capacity", "keys", "exponent", "write_share", "past_share")


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

    Examples
    --------
    >>> operations(4, keys=3, seed=1, sizes=(1,))
    [('put', 0, 1), ('get', 1), ('resize', 1), ('get', 0), ('put', 1, 4)]
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

    Examples
    --------
    >>> write_log(3, keys=4, seed=1)
    [(1, 'user:1'), (3, 'user:0'), (3, 'user:2')]
    """
    seconds = checks.integer("seconds", seconds, minimum=1)
    keys = checks.integer("keys", keys, minimum=1)
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - a test, not a secret
    return [(second, f"user:{int(keys * chance.random() ** 2)}") for second in range(1, seconds + 1) for _ in range(chance.choice((0, 1, 2, 2, 5)))]


def hear(settings: Any, seed: int) -> str:
    """Hear a witness on the claim that a write-through cache is always up to date.

    Simulates 20,000 requests by Zipf's law through an LRU cache that writes through.

    Parameters
    ----------
    settings : dict
        ``capacity`` of the cache and number of ``keys`` (1 to 10,000), ``exponent`` (0 to 3), ``write_share`` (share
        of the requests that write, 0 to 1) and ``past_share`` (share of the writes that go past the cache, 0 to 1).
    seed : int
        Same seed, same requests.

    Returns
    -------
    {"refutes", "supports"}
        ``"refutes"`` if at least 1 in 100 answers from the cache is older than the database, ``"supports"`` if none is.

    Raises
    ------
    NotYet
        If the witness says nothing: fewer than 5 in 100 requests write, fewer than 20 in 100 reads are answered from
        the cache, or there are stale answers, but hardly any.
    TypeError, ValueError
        If a setting is missing, unknown or out of range.

    Examples
    --------
    >>> hear({"capacity": 10, "keys": 100, "exponent": 1, "write_share": 0, "past_share": 0}, seed=1)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    labsupport.exercises.expectations.NotYet: almost: this witness says nothing – 0.0 of 100 requests write, ...
    """
    if type(settings) is not dict or set(settings) != set(SETTINGS):
        raise ValueError(f"settings is {settings!r}, but must be a dict with the keys {', '.join(SETTINGS)}")
    capacity, keys = (checks.integer(name, settings[name], minimum=1, maximum=10_000) for name in SETTINGS[:2])
    exponent = checks.number("exponent", settings["exponent"], minimum=0, maximum=3)
    write_share, past_share = (checks.number(name, settings[name], minimum=0, maximum=1) for name in SETTINGS[3:])
    trace = workloads.zipf_trace(HEARD_REQUESTS, keys, exponent, seed)
    writes = workloads.write_flags(HEARD_REQUESTS, write_share, seed + 1)
    past = writes & workloads.write_flags(HEARD_REQUESTS, past_share, seed + 2)
    result = caching.simulate_writes("write_through", trace, writes, capacity, external_writes=past)
    written, hits = float(np.mean(writes)), int(np.count_nonzero(result.hits))
    if written < LEAST_WRITES:
        raise NotYet(f"almost: this witness says nothing – {100 * written:.1f} of 100 requests write, but at least 5 must. Look next: write_share.")
    if not result.reads:
        raise NotYet("almost: this witness says nothing – every request writes, and there are no reads to answer. Look next: write_share.")
    if result.hit_ratio < LEAST_HITS:
        raise NotYet(
            f"almost: this witness says nothing – the cache answers {100 * result.hit_ratio:.1f} of 100 reads, but at least 20 it must. "
            "Look next: capacity, keys and exponent."
        )
    stale = result.stale_reads / hits
    if 0 < stale < LEAST_STALE:
        raise NotYet(f"almost: this witness says little – {100 * stale:.2f} of 100 answers from the cache are stale. Look next: past_share.")
    return "refutes" if stale else "supports"
