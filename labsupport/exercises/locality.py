"""What the exercises on moving data need: text in parts, response times, rows that lie on nodes, and tables to be joined. No answer is in here."""

from __future__ import annotations

import random

from labsupport import checks

HINTS = {
    "combine": (
        "What does the reducer do with the records of one word? Which part of that can be done before anything is sent, and by whom?",
        "Two partitions say that the mean is 10 and 20. What would you have to know besides, to say what the mean of all is? Send that, too "
        "– and in a form that can be combined once more.",
        "For the places: all rows of a key must meet somewhere, and whoever is there already need not move. Who are the most?",
    ),
    "join": (
        "Two rows that belong together have the same digest. So which pairs need not be compared at all?",
        "Read one table once, and put each ticket where you will find it again by its digest. What is left to do for each ticket of the other table?",
        "For the choice, count for each digest how often it comes on the left and on the right: how many pairs is that? What if all rows have "
        "the same digest – and what if there are two rows only?",
    ),
}

WORDS = ("data", "node", "the", "of", "move", "less", "code", "to", "is", "slow", "Data", "THE", "Node", "fast")


def _chance(seed: int) -> random.Random:
    return random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret


def text_parts(parts: int, seed: int) -> list[list[str]]:
    """Make the lines of a text that lies in several partitions; some are empty, and so are some lines.

    Parameters
    ----------
    parts : int
        How many partitions, at least 1.
    seed : int
        Same seed, same text.

    Returns
    -------
    list of list of str

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> text_parts(2, seed=1)
    [['THE slow less', '', 'the THE node'], ['move  node  data  data']]
    """
    chance = _chance(seed)
    common = chance.sample(WORDS, 5)

    def line() -> str:
        words = chance.choices([*WORDS, *common, *common], k=chance.randint(0, 4))
        return chance.choice((" ", " ", "  ")).join(words)

    return [[line() for _ in range(chance.randint(0, 4))] for _ in range(checks.integer("parts", parts, minimum=1))]


def timings(parts: int, seed: int) -> list[list[tuple[str, int]]]:
    """Make response times of a few nodes, as they lie in several partitions.

    Parameters
    ----------
    parts : int
        How many partitions, at least 1; some may be empty.
    seed : int
        Same seed, same times.

    Returns
    -------
    list of list of (str, int)
        For each partition, which node answered, and after how many milliseconds.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> timings(3, seed=7)
    [[], [], [('node 2', 26)]]
    """
    chance = _chance(seed)
    made = []
    for _ in range(checks.integer("parts", parts, minimum=1)):
        weights = [chance.choice((1, 1, 5, 20)) for _ in range(4)]
        nodes = chance.choices(range(1, 5), weights, k=chance.choice((0, 1, 2, 8, 30)))
        made.append([(f"node {node}", 10 * node + round(chance.expovariate(1 / 10))) for node in nodes])
    return made


def key_rows(nodes: int, keys: int, seed: int) -> list[dict[str, int]]:
    """Say how many rows of each key lie on each node.

    Parameters
    ----------
    nodes, keys : int
        How many there are, at least 1.
    seed : int
        Same seed, same rows.

    Returns
    -------
    list of dict of str to int
        For each node, how many rows it has of each key that it has at all.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> key_rows(2, keys=2, seed=0)
    [{'key 0': 4, 'key 1': 2}, {'key 0': 5, 'key 1': 2}]
    """
    chance = _chance(seed)
    rows = [dict[str, int]() for _ in range(checks.integer("nodes", nodes, minimum=1))]
    for key in range(checks.integer("keys", keys, minimum=1)):
        for node in chance.sample(range(nodes), chance.randint(1, nodes)):
            rows[node][f"key {key}"] = chance.choice((1, 2, 3, 4, 5, 5, chance.randint(5, 200)))
    return rows


def table(rows: int, keys: int, seed: int) -> dict[int, str]:
    """Make a table that is to be joined: each row has a ticket, and a key that may come often.

    Parameters
    ----------
    rows, keys : int
        How many rows there are, at least 0, and how many different keys there may be, at least 1.
    seed : int
        Same seed, same table.

    Returns
    -------
    dict of int to str
        The key of each row, by the number of its ticket, in the table's order.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> table(3, keys=2, seed=1)
    {27: 'key 1', 82: 'key 0', 18: 'key 1'}
    """
    chance = _chance(seed)
    rows, keys = checks.integer("rows", rows, minimum=0), checks.integer("keys", keys, minimum=1)
    tickets = chance.sample(range(10, 10 + 20 * (rows + 1)), rows)
    return {ticket: f"key {chance.randrange(keys)}" for ticket in tickets}


def digest(key: str, values: int) -> int:
    """Return the digest of a key: a number that is the same wherever it is computed. Different keys may have the same one.

    Parameters
    ----------
    key : str
        What is digested.
    values : int
        How many different digests there are, at least 1.

    Returns
    -------
    int
        From 0 to ``values`` - 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> digest("key 1", 100), digest("key 2", 100)
    (31, 49)
    """
    from zlib import crc32

    return crc32(key.encode()) % checks.integer("values", values, minimum=1)
