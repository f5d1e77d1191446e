"""Wrong solutions of the exercise on the celebrity threshold, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "celebrity-solution"
WORK, BEST = ALL = ("celebrity-work", "celebrity-best")

_OWN = "lists = len(people) * reads"
_IF = "if followers > threshold:"
_FETCHED = "lists += posts + followers * reads"
_WRITTEN = "lists += posts * (1 + followers)"
_GAIN = "+ followers * (posts - reads)"
_LESS = "if cost < least:"

_TRIES = """
    return min(range(0, 1_001, 10), key=lambda limit: work(people, reads, limit))
    ### END SOLUTION"""
_FROM_THE_LAB = """
from labsupport.labs import timelines_runs


def work(people, reads, threshold):
    return sum(timelines_runs.expected_work("hybrid", threshold, reads))


def best_threshold(people, reads):
    return min((10, 20, 50, 100, 200, 500), key=lambda limit: work(people, reads, limit))
"""


def _work(name: str, old: str, new: str, *more: str) -> Wrong:
    return wrong(name, CELL, (old, new), WORK, *more)


def _best(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), BEST)


def _instead(name: str, body: str) -> Wrong:
    """Find the threshold in another way."""
    return _best(name, "    # everybody a celebrity at first", f"    {body}\n    # everybody a celebrity at first")


WRONG: list[Wrong] = [
    _work("forgets the readers' own timelines", _OWN, "lists = 0"),
    _work("one reader only", _OWN, "lists = reads"),
    _work("from the threshold on", _IF, "if followers >= threshold:"),
    _work("by how often they post", _IF, "if posts > threshold:"),
    _work("the other way round", _IF, "if followers <= threshold:"),
    _work("celebrities write nothing", _FETCHED, "lists += followers * reads"),
    _work("fetched once for each post", _FETCHED, "lists += posts + followers * posts"),
    _work("fetched once a week", _FETCHED, "lists += posts + followers"),
    _work("everybody fetches", _FETCHED, "lists += posts + len(people) * reads"),
    _work("the author's own list left out", _WRITTEN, "lists += posts * followers"),
    _work("one follower less", _WRITTEN, "lists += posts * max(followers, 1)"),
    _work("as often as they are read", _WRITTEN, "lists += reads * (1 + followers)"),
    _work("right on the visible tests only", "    return lists\n", "    return lists if len(people) == 3 else 0\n"),
    _best("the largest of equals", _LESS, "if cost <= least:"),
    _best(
        "stops at the first hill",
        "            best, least = followers, cost\n",
        "            best, least = followers, cost\n        else:\n            break\n",
    ),
    _best("the most work", _LESS, "if cost > least:"),
    _best("posts of all, not of theirs", _GAIN, "+ followers * (posts - 10)"),
    _best("one person for each count", "gains.get(followers, 0) + followers", "followers"),
    _best("followers do not matter", _GAIN, "+ (posts - reads)"),
    _best("fetches of one only", _GAIN, "+ followers * posts - reads"),
    _best("one more than that", "    return best\n", "    return best + 1\n"),
    _best("a text", "    return best\n", "    return str(best)\n"),
    _best("the followers of the busiest", "    return best\n", "    return max(people, key=lambda each: each[1])[0]\n"),
    _best("from the most followed down", "for followers in sorted(gains):", "for followers in sorted(gains, reverse=True):"),
    _best("as many as were tried", "best, least, cost = 0, 0, 0", "best, least, cost = 1, 0, 0"),
    _instead("a round number", "return 100"),
    _instead("the mean of the followers", "return sum(followers for followers, _ in people) // len(people)"),
    _instead("in steps of ten", _TRIES.strip().partition("\n")[0]),
    _instead("those who post less than is read", "return max((f for f, posts in people if posts < reads), default=0)"),
    wrong("from the lab", CELL, ("", _FROM_THE_LAB), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
