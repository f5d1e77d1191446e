"""What the exercise on batches needs: jobs, and arrivals that come in bursts. No answer is in here."""

from __future__ import annotations

import random

from labsupport import checks

HINTS = {
    "batch": (
        "Which item of a batch waits longest? Follow it from its arrival to the end: what does it wait for, and what is done then?",
        "There are not many sizes that meet the limit: a computer can try them all, up to the size at which the waiting alone takes too long. "
        "And which of the sizes that do costs the worker least for each item?",
        "For the bursts, look at the first item: until when must its batch begin, if it has two items, if it has three? Can it ever be wrong to "
        "take one more item that still fits?",
    ),
}


def _chance(seed: int) -> random.Random:
    return random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret


def job(seed: int) -> dict[str, float]:
    """Describe items that come evenly, and a worker that does them in batches.

    Parameters
    ----------
    seed : int
        Same seed, same job.

    Returns
    -------
    dict
        ``rate``, items a second; ``fixed``, seconds that a batch costs, however small; ``each``, seconds that each of its items
        costs; ``limit``, seconds within which every item must be done after it has come.

    Examples
    --------
    >>> job(2)
    {'rate': 20, 'fixed': 0.0095, 'each': 0.016, 'limit': 0.4}
    """
    chance = _chance(seed)
    rate = chance.choice((20, 50, 60, 100, 250))
    # Half a millisecond beside whole ones: no size just meets the limit, so that it is never rounding that decides.
    fixed, each = round(chance.uniform(0.005, 0.05), 3) + 0.0005, max(0.001, round(chance.uniform(0.1, 0.7) / rate, 3))
    return {"rate": rate, "fixed": round(fixed, 4), "each": each, "limit": chance.choice((0.2, 0.4, 0.6, 1.0))}


def bursts(items: int, seed: int) -> list[int]:
    """Make the arrivals of items that come in bursts.

    Parameters
    ----------
    items : int
        How many, at least 1.
    seed : int
        Same seed, same arrivals.

    Returns
    -------
    list of int
        When each came, in milliseconds, rising; several may come at once.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> bursts(6, seed=3)
    [18, 19, 45, 78, 85, 88]
    """
    chance = _chance(seed)
    made, now = list[int](), 0
    for _ in range(checks.integer("items", items, minimum=1)):
        now += chance.choice((0, 1, 2, 3, chance.randint(3, 60)))
        made.append(now)
    return made
