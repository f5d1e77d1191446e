"""What the exercises on percentages need: hints, and a request in parts, some of which were made faster. No answer is in here."""

from __future__ import annotations

import numpy as np

from labsupport import checks

HINTS = {
    "percent": (
        "Begin with a time of 100 ms, and write down what is left of it. How many such requests fit into a second, before and after?",
        "A percentage is a share of something. Of what is the second change of two a share – of the time at the beginning, or of what the first "
        "one has left?",
        "Changes of parts cannot be averaged: what is a large change of a small part worth? Go back to milliseconds, add them up, and compare.",
    ),
    "improved": (
        "By 500 %, or to 500 %? Of the time, or of how much is done in a time? That makes four. For each, how much of the old time is left?",
        "For the witnesses: whose time can get six times as short? Somebody's who spent most of it waiting. When do readers wait, and how many?",
        "Half of the readers may never have waited at all. At which percentile, and at which load, would sharding and a queue change nothing "
        "for them – and would a cache?",
    ),
}


def journey(seed: int) -> list[tuple[float, float]]:
    """Make the parts of a request, and how the time of each has changed.

    Parameters
    ----------
    seed : int
        Same seed, same request.

    Returns
    -------
    list of (float, float)
        Milliseconds before, and the change in percent: negative, where it takes less.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> [len(part) for part in journey(1)][:2]
    [2, 2]
    """
    generator = np.random.default_rng([checks.integer("seed", seed, 0), 12])
    count = int(generator.integers(3, 8))
    times = generator.lognormal(3.0, 1.2, count).round(1) + 0.1
    changes = generator.choice([-80, -60, -40, -20, -5, 0, 10, 25], count)
    return [(float(round(time, 1)), float(change)) for time, change in zip(times.tolist(), changes.tolist(), strict=True)]
