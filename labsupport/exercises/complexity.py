"""The courts of two claims, on merge sort and on hash tables: they count the work of a witness. No witness is in here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from labsupport.exercises.expectations import NotYet
from labsupport.simulators import complexity

HINTS = {
    "sorts": (
        "What does bubble sort do with items that lie in order already, and what does merge sort do with them? And with how many items does "
        "a square become larger than everything else?",
        "For the witnesses on the hash table, keep the elements as they are and move the look-ups in the lab: what do the very first ones pay "
        "for, and how many more does it take to get that back?",
        "For the formula, write down what all look-ups cost, in the list and in the table. Both sides have a part that grows with n: put all that "
        "does on one side. What does it mean if nothing is left there, or less than nothing?",
    ),
}

ITEMS = 4_000  # sorted in all at least, so that a witness of few items does not depend on luck
LESS, MORE = 0.8, 2.0  # times the work of merge sort: up to this the claim is refuted, and from this on it is supported
HALF = 0.5  # of the other's work, or less, is what the one that wins must take

#: The settings of the witnesses on sorting and on looking up, with the least and the most of each; the latter as in the lab.
SORTING: Mapping[str, tuple[int, int] | tuple[float, float]] = {"items": (2, 5_000), "moved": (0.0, 1.0), "far": (1, 5_000)}
LOOKING_UP: Mapping[str, tuple[int, int] | tuple[float, float]] = {
    "size": (100, 10_000),
    "lookups": (1, 10_000),
    "misses": (0, 100),
    "hashing": (1, 50),
}


def sorting_court(seed: int, items: int, moved: float, far: int) -> str:
    """Compare the work of bubble sort with that of merge sort: comparisons and moves together, each counted as one.

    Parameters
    ----------
    seed : int
        Same seed, same disorder.
    items : int
        How many are sorted at a time.
    moved : float
        Share of them that change places with another one before; 0 leaves them in order.
    far : int
        How many places on that other one is, at most.

    Returns
    -------
    {"refutes", "supports"}

    Raises
    ------
    NotYet
        If bubble sort takes hardly less than merge sort, or not much more.

    Examples
    --------
    >>> sorting_court(1, items=2, moved=1.0, far=1)
    'refutes'
    """
    generator = np.random.default_rng(seed)
    work = {"bubble": 0, "merge": 0}
    for _ in range(-(-ITEMS // items)):
        values = np.arange(items)
        for place in generator.permutation(items)[: round(moved * items)].tolist():
            other = min(place + int(generator.integers(1, far + 1)), items - 1)
            values[place], values[other] = values[other], values[place]
        for algorithm in work:
            work[algorithm] += complexity.sort(algorithm, values).work
    times = work["bubble"] / work["merge"]
    if times <= LESS:
        return "refutes"
    if times >= MORE:
        return "supports"
    raise NotYet(
        f"almost: this witness says little – bubble sort does {times:.2f} times the work of merge sort; {LESS:g} of it or less refutes, {MORE:g} "
        "times as much or more supports. Look next: how many items there are, and how far they are from where they belong."
    )


def looking_up_court(seed: int, size: int, lookups: int, misses: int, hashing: int) -> str:
    """Compare the work of looking up in a list with that in a hash table, which must be built first.

    Counted are the elements and slots that are looked at, also when the table is built, and the hash values.

    Parameters
    ----------
    seed : int
        Same seed, same elements and look-ups.
    size : int
        How many elements there are.
    lookups : int
        How often one of them, or one that is not there, is looked up, each as likely as any other.
    misses : int
        How many percent of the look-ups are in vain, on average.
    hashing : int
        What a hash value costs, in comparisons.

    Returns
    -------
    {"refutes", "supports"}

    Raises
    ------
    NotYet
        If neither takes half the work of the other, or less.

    Examples
    --------
    >>> looking_up_court(1, size=100, lookups=10_000, misses=0, hashing=50)
    Traceback (most recent call last):
    ...
    labsupport.exercises.expectations.NotYet: almost: this witness says little – ...
    """
    generator = np.random.default_rng(seed)
    keys = generator.choice(2**31 - 1, 2 * size, replace=False)  # the second half is not there
    asked = keys[generator.integers(size, size=lookups) + size * (generator.random(lookups) < misses / 100)]
    work = {structure: complexity.search(structure, keys[:size], asked).work(hashing) for structure in complexity.STRUCTURES}
    if work["list"] <= HALF * work["hash"]:
        return "refutes"
    if work["hash"] <= HALF * work["list"]:
        return "supports"
    raise NotYet(
        f"almost: this witness says little – the list takes {work['list']:,.0f} comparisons in all and the hash table {work['hash']:,.0f}; one of "
        "them must take half as many as the other, or fewer. Look next: what the table costs before the first look-up, and what each one spares."
    )
