"""What the exercise on skipped row groups needs: groups with their statistics, tables and what is asked of them. No answer is in here."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport import checks

HINTS = {
    "pruning": (
        "A group may be left out only if nothing in it can be asked for. Draw its least and greatest value on a line, and the range that is asked "
        "for below it. In which two cases do they not meet?",
        "Who has to look at a column, even if nobody wants to see it? And of a column without statistics, what do you know?",
        "For the last part, do what the writer does: sort, cut into groups, take least and greatest – once for each column, and count "
        "the rows of the groups that are left. Which column is best depends on who asks, and how often.",
    ),
}

COLUMNS = ("day", "user", "amount")


def groups_of(groups: int, seed: int) -> list[dict[str, Any]]:
    """Draw row groups of a file, with what its footer says about each.

    Parameters
    ----------
    groups : int
        How many, at least 1.
    seed : int
        Same seed, same groups.

    Returns
    -------
    list of dict
        Each has ``"bytes"``, a dict with the bytes of each column; ``"least"`` and ``"greatest"``, dicts with the least and the greatest
        value of each column – but for some column that has no statistics, in some groups.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> groups_of(1, seed=1)[0]["bytes"]
    {'day': 128, 'user': 1949, 'amount': 3062, 'note': 20173}
    >>> sorted(groups_of(1, seed=1)[0]["least"])
    ['amount', 'day', 'user']
    """
    groups = checks.integer("groups", groups, minimum=1)
    generator = np.random.default_rng(seed)
    made = []
    for number in range(groups):
        edges = {
            "day": (2 * number, 2 * number + int(generator.integers(1, 5))),
            "user": tuple(sorted(generator.integers(0, 1_000, 2).tolist())),
            "amount": (int(generator.integers(1, 50)), int(generator.integers(50, 500))),
        }
        lacks = COLUMNS[generator.integers(3)] if generator.random() < 0.25 else ""
        known = {name: pair for name, pair in edges.items() if name != lacks}
        widths = {"day": 100, "user": 1_900, "amount": 3_000, "note": 20_000}
        made.append(
            {
                "bytes": {name: width + int(generator.integers(0, 200)) for name, width in widths.items()},
                "least": {name: low for name, (low, _) in known.items()},
                "greatest": {name: high for name, (_, high) in known.items()},
            }
        )
    return made


def table_of(rows: int, seed: int) -> dict[str, list[int]]:
    """Draw a table of orders, in the order in which they came.

    Parameters
    ----------
    rows : int
        How many, at least 1.
    seed : int
        Same seed, same orders.

    Returns
    -------
    dict of str to list of int
        The columns ``day``, ``user`` and ``amount``.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> table_of(4, seed=1)["day"]
    [0, 25, 50, 75]
    """
    rows = checks.integer("rows", rows, minimum=1)
    generator = np.random.default_rng(seed)
    return {
        "day": (100 * np.arange(rows) // rows).tolist(),
        "user": generator.integers(0, 1_000, rows).tolist(),
        "amount": generator.gamma(2.0, 40.0, rows).astype(int).tolist(),
    }


def questions_of(seed: int, questions: int = 6) -> list[dict[str, Any]]:
    """Draw what is asked of a table of orders.

    Parameters
    ----------
    seed : int
        Same seed, same questions.
    questions : int, optional
        How many, at least 1.

    Returns
    -------
    list of dict
        Each has ``"where"``, a dict from a column or two to the least and greatest value that is asked for, and ``"often"``, how many
        times a day.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> questions_of(seed=1)[0]
    {'where': {'day': [13, 18]}, 'often': 5}
    """
    generator = np.random.default_rng(seed)
    ranges = {"day": (100, 7), "user": (1_000, 5), "amount": (200, 20)}
    made = []
    for _ in range(checks.integer("questions", questions, minimum=1)):
        names = generator.permutation(COLUMNS)[: generator.integers(1, 3)].tolist()
        where = {}
        for name in names:
            most, wide = ranges[name]
            low = int(generator.integers(0, most - wide))
            where[name] = [low, low + int(generator.integers(0, wide))]
        made.append({"where": where, "often": int(np.ceil(generator.pareto(1.0) * 10))})
    return made
