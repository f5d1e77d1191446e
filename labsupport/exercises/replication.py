"""What the exercise on copies and quorums needs: what a customer asks for. No choice is in here."""

from __future__ import annotations

import random
from typing import Any

from labsupport import checks

HINTS = {
    "quorums": (
        "Begin with one zone: how likely is it that none, one, two … of its copies answer? Do not forget the days on which the whole zone is away.",
        "How do you get from the chances of two zones, each by itself, to those of both together? Three answers may be 0 + 3, 1 + 2, 2 + 1 or 3 + 0.",
        "For the choice, there are few candidates: up to nine copies, and for each of them a read quorum and a write quorum. In which order would "
        "you look at them, so that the first that will do is the one that is asked for?",
    ),
}


def order(seed: int) -> dict[str, Any]:
    """Say what a customer asks of a store with copies, and how good the machines are.

    Parameters
    ----------
    seed : int
        Same seed, same customer.

    Returns
    -------
    dict
        ``zones``, how many there are; ``node_up`` and ``zone_up``, how likely each of them is up; ``read`` and ``write``, how likely a
        read and a write must be answered at least; ``stale``, how likely a read may miss the last write at most; ``reads``, share of
        the requests that read.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> order(seed=1)
    {'zones': 2, 'node_up': 0.9, 'zone_up': 0.999, 'read': 0.99, 'write': 0.99, 'stale': 0.1, 'reads': 0.5}
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
    return {
        "zones": chance.choice((1, 2, 3, 4)),
        "node_up": chance.choice((0.9, 0.95, 0.98, 0.99)),
        "zone_up": chance.choice((0.995, 0.999, 0.9999)),
        "read": chance.choice((0.99, 0.999, 0.9995)),
        "write": chance.choice((0.9, 0.99, 0.999)),
        "stale": chance.choice((0.0, 0.01, 0.05, 0.1, 0.25)),
        "reads": chance.choice((0.3, 0.5, 0.9)),
    }
