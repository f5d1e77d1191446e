"""What the exercise on fair shares needs: clusters and the users who want a part of them. No answer is in here."""

from __future__ import annotations

import random
from typing import TypedDict

from labsupport import checks

HINTS = {
    "fair": (
        "For one user, work out by hand what share of the CPU and what share of the memory she has after one task. Which is her dominant share?",
        "Who has the least, relative to the weight, is next. Who cannot be next, however little she has?",
        "If some tasks run already, what is different: what is free, and what each has. And what is not?",
    ),
}


class User(TypedDict):
    """A user: how much she counts, what one task needs, and how many tasks she wants."""

    name: str
    weight: int
    needs: dict[str, int]
    wants: int


class Cluster(TypedDict):
    """What there is, and who wants some of it."""

    capacity: dict[str, int]
    users: list[User]


def cluster(users: int, seed: int, weighted: bool = True) -> Cluster:
    """Make a cluster and users who want a part of it.

    Parameters
    ----------
    users : int
        How many, at least 1.
    seed : int
        Same seed, same cluster.
    weighted : bool, optional
        Whether users count differently.

    Returns
    -------
    dict
        ``capacity``, of each resource; ``users``, a list of dicts with ``name``, ``weight``, ``needs`` of one task and ``wants``, tasks.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> cluster(1, seed=1)["users"]
    [{'name': 'user 1', 'weight': 2, 'needs': {'cpu': 6, 'memory': 3}, 'wants': 1}]
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
    capacity = {"cpu": chance.choice((32, 48, 64)), "memory": chance.choice((96, 128, 256))}
    made: list[User] = []
    for number in range(1, checks.integer("users", users, minimum=1) + 1):
        needs = {"cpu": chance.randint(0, 6), "memory": chance.randint(1, 16)}
        weight = chance.choice((1, 1, 2, 3)) if weighted else 1
        made.append({"name": f"user {number}", "weight": weight, "needs": needs, "wants": chance.choice((1, 3, 7, 40))})
    return {"capacity": capacity, "users": made}
