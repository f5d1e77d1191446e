"""What the exercises on laziness and memoisation need: streams that are watched, steps of a pipeline, and roads. No answer is in here."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

from labsupport import checks
from labsupport.exercises.expectations import NotYet

HINTS = {
    "lazy": (
        "When you have what you were asked for, do you look at one more line to notice it? "
        "Where in your loop do you notice: before or after you read?",
        "Of two numbers, one from each stream, which one can never come again in the other stream? That stream is the one to read from.",
        "For the steps, take only two of them, and write down the work of both orders. Which of the four numbers matter, and how do you "
        "compare a cheap step that throws out little with a dear one that throws out much?",
    ),
    "memo": (
        "How often does your function ask about a town that two roads lead to? Where could it look first?",
        "Python gives up when calls lie a thousand deep. You can also visit the towns in an order in which everything is known that you need "
        "– or keep a list of your own of what is still to be done.",
        "For the memo: a list cannot be the key of a dict; what can, and says the same? Who else holds the very list that you have remembered? "
        "And what shall happen if there was no answer, but an exception?",
    ),
}


def watched(items: Iterable[Any], reads: list[int], most: int) -> Iterator[Any]:
    """Hand out items one by one, and count them.

    Parameters
    ----------
    items : iterable
        What is handed out, endless if you like.
    reads : list of int
        Its last number counts what was read; one is appended at the first read.
    most : int
        With the next read, it is said that the code has not stopped.

    Yields
    ------
    object

    Raises
    ------
    NotYet
        If more is read.

    Examples
    --------
    >>> reads = [0]
    >>> stream = watched("abcdef", reads, most=3)
    >>> next(stream), next(stream), reads
    ('a', 'b', [2])
    """
    for item in items:
        reads[-1] += 1
        if reads[-1] > most:
            raise NotYet(f"almost: your code has read {most} items of a stream, and goes on. Look next: what is still needed at that moment.")
        yield item


def pipeline_steps(steps: int, seed: int) -> list[dict[str, Any]]:
    """Make the steps of a pipeline, each of which looks at an item, and lets it pass or not.

    Parameters
    ----------
    steps : int
        How many, from 1 to 20.
    seed : int
        Same seed, same steps.

    Returns
    -------
    list of dict
        ``name``; ``cost``, microseconds for each item that it looks at; ``passes``, the share of the items that it lets pass.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> pipeline_steps(2, seed=1)
    [{'name': 'step 1', 'cost': 2, 'passes': 0.65}, {'name': 'step 2', 'cost': 1, 'passes': 0.32}]
    """
    chance, made = _chance(seed), []
    for number in range(1, checks.integer("steps", steps, 1, 20) + 1):
        cost = chance.choice((1, 2, 5, 10, 20, 50))
        made.append({"name": f"step {number}", "cost": cost, "passes": round(min(1.0, chance.uniform(0.05, 1.1)), 2)})
    return made


def roads(towns: int, seed: int) -> dict[str, list[tuple[str, int]]]:
    """Make one-way roads between towns; none leads back to a town from where one has come.

    Parameters
    ----------
    towns : int
        How many, at least 1: ``"town 0"``, from which roads go out, ``"town 1"`` and so on.
    seed : int
        Same seed, same roads.

    Returns
    -------
    dict of str to list of (str, int)
        For each town, the towns that a road leads to, each with its minutes.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> roads(3, seed=1)
    {'town 0': [('town 1', 2), ('town 2', 16)], 'town 1': [('town 2', 7)], 'town 2': []}
    """
    chance, made = _chance(seed), dict[str, list[tuple[str, int]]]()
    count = checks.integer("towns", towns, minimum=1)
    for town in range(count):
        ahead = range(town + 1, min(count, town + 5))
        taken = sorted(chance.sample(ahead, min(len(ahead), chance.choice((1, 2, 2, 3)))))
        made[f"town {town}"] = [(f"town {other}", chance.randint(1, 9) * (other - town)) for other in taken]
    return made


def _chance(seed: int) -> random.Random:
    return random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
