"""What the exercises on scatter–gather need: measured latencies, answers that come and go missing, and times of parts. No answer is in here."""

from __future__ import annotations

import random

from labsupport import checks

HINTS = {
    "fanout": (
        "Turn it round: a query is quick only if every one of its shards is. How likely is that for two shards, if you know it for one?",
        "With a second copy, an answer is there when the first of the two is. Go through the log pair by pair: when is the answer there, if "
        "the second copy leaves after the delay?",
        "For the delay, count: how many of the measured first answers are still missing after 0 ms, and after each of the measured times? "
        "Where does that count first fall low enough?",
    ),
    "gather": (
        "Draw the parts as lines, time from left to right, and put a dot where each is first answered. Where would you draw the moment at which "
        "the user is served – and which dots lie left of it?",
        "Separate three questions: which answer of each part counts, when the user is served, and what is shown of the answers that are there then.",
        "For the deadline: there is one moment for every query at which it has enough parts. What do you want to know about these moments?",
    ),
}

Pair = tuple[int, int]
Message = tuple[int, int, list[tuple[int, str]] | None]


def _chance(seed: int) -> random.Random:
    return random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret


def latency_log(answers: int, seed: int) -> list[Pair]:
    """Make a log of latencies: some answers are slow by themselves, and now and then one cause slows both copies.

    Parameters
    ----------
    answers : int
        How many questions were measured, at least 1.
    seed : int
        Same seed, same log.

    Returns
    -------
    list of (int, int)
        For each question, what its answer took and what that of a second copy took, in milliseconds.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> latency_log(3, seed=3)
    [(83, 79), (75, 57), (51, 103)]
    """
    chance, log = _chance(seed), list[Pair]()
    own, both = chance.uniform(0.005, 0.03), chance.uniform(0.001, 0.004)
    for _ in range(checks.integer("answers", answers, minimum=1)):
        together = chance.random() < both
        one, two = (round(40 + chance.gammavariate(3, 12)) + (together or chance.random() < own) * chance.randint(200, 2_000) for _ in range(2))
        log.append((one, two))
    return log


def messages(parts: int, seed: int) -> list[Message]:
    """Make the answers to one search that was sent to all parts of an index, in no order.

    Some parts do not answer, some fail, some answer twice, and two parts may know the same document.

    Parameters
    ----------
    parts : int
        How many parts there are, at least 1.
    seed : int
        Same seed, same answers.

    Returns
    -------
    list of (int, int, list of (int, str) or None)
        When an answer came, in milliseconds; from which part; and scores with documents, or None for a failure. No part
        answers twice at the same time.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> messages(2, seed=4)
    [(43, 0, []), (24, 1, None)]
    """
    chance, told = _chance(seed), list[Message]()
    documents = 4 * checks.integer("parts", parts, minimum=1)
    for part in range(parts):
        for time in chance.sample(range(5, 100), chance.choice((0, 1, 1, 1, 2, 3))):
            found = [(chance.randint(1, 99), f"doc {number}") for number in chance.sample(range(1, documents + 1), chance.randint(0, 3))]
            told.append((time, part, None if chance.random() < 0.2 else found))
    chance.shuffle(told)
    return told


def part_times(queries: int, parts: int, seed: int) -> list[list[int | None]]:
    """Make the times at which the parts of many queries were answered.

    Parameters
    ----------
    queries, parts : int
        How many queries there are, and parts of each; at least 1.
    seed : int
        Same seed, same times.

    Returns
    -------
    list of list of int or None
        For each query, the time of each part's answer in milliseconds, in no order; None where none came.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> part_times(2, parts=3, seed=1)
    [[85, 22, 34], [72, 11, 33]]
    """
    chance = _chance(seed)
    queries, parts = checks.integer("queries", queries, minimum=1), checks.integer("parts", parts, minimum=1)
    return [[None if chance.random() < 0.01 else 10 + round(chance.expovariate(1 / 40)) for _ in range(parts)] for _ in range(queries)]
