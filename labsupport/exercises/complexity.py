"""The court of the claim that one would choose merge sort every time: it counts the work of a witness. No witness is in here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from labsupport.exercises.expectations import NotYet
from labsupport.simulators import complexity

HINTS = {
    "sorts": (
        "What does bubble sort do with items that lie in order already, and what does merge sort do with them? And with how many items does "
        "a square become larger than everything else?",
        "For the list: where does an item stand on average that is there? How many does one look at if it is not there? Write the cost of "
        "one lookup as a formula, for both, and see where they meet.",
        "With the building, both sides have a part that grows with the items. Put all that does on one side. What does it mean if nothing "
        "is left there, or less than nothing?",
    ),
}

ITEMS = 4_000  # sorted in all at least, so that a witness of few items does not depend on luck
LESS, MORE = 0.8, 2.0  # times the work of merge sort: up to this the claim is refuted, and from this on it is supported

SETTINGS: Mapping[str, tuple[int, int] | tuple[float, float]] = {"items": (2, 5_000), "moved": (0.0, 1.0), "far": (1, 5_000)}


def court(seed: int, items: int, moved: float, far: int) -> str:
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
    >>> court(1, items=2, moved=1.0, far=1)
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
