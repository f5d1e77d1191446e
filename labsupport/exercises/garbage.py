"""What the exercise on an object pool needs: when buffers are taken and given back. No answer is in here."""

from __future__ import annotations

import random

from labsupport import checks

HINTS = {
    "pool": (
        "What must the pool remember: which buffers are out, which were given back and in which order, and which were never used? Which of "
        "these changes when somebody takes one, and which when it comes back?",
        "For the errors, ask before you change anything: is this buffer out? And whoever takes a buffer that somebody else has had – what "
        "would be in it?",
        "For the size, play the log with 0 buffers, with 1, with 2, and count who finds none. Who finds none takes nothing from the pool – and "
        "so gives nothing back to it.",
    ),
}

Stay = tuple[int, int]


def buffer_log(requests: int, seed: int) -> list[Stay]:
    """Make a log of buffers: when each request takes one, and when it gives it back.

    Now and then a crowd comes, and some requests keep their buffer for long.

    Parameters
    ----------
    requests : int
        How many, at least 1.
    seed : int
        Same seed, same log.

    Returns
    -------
    list of (int, int)
        For each request, when it takes a buffer and when it gives it back, in milliseconds, in the order in which they come.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> buffer_log(3, seed=1)
    [(24, 32), (31, 71), (31, 46)]
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
    log, now = list[Stay](), 0.0
    crowded = 0
    for _ in range(checks.integer("requests", requests, minimum=1)):
        crowded = crowded - 1 if crowded else 12 * (chance.random() < 0.03)
        now += chance.expovariate(1.0 if crowded else 0.08)
        stay = chance.expovariate(1 / (120 if chance.random() < 0.1 else 25))
        log.append((round(now), round(now) + 1 + round(stay)))
    return log
