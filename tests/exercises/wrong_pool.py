"""Wrong solutions of the exercise on an object pool, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "pool-solution"
LENDS, MISTAKES, ENOUGH = ALL = ("pool-lends", "pool-mistakes", "pool-enough")

_WHAT_WAS_IN_IT_STAYS = '''class Pool:
    """Buffers that are made once, lent, and taken back."""

    def __init__(self, size):
        ### BEGIN SOLUTION
        self.shelf = list(range(size - 1, -1, -1))
        self.lent, self.old = {}, {}
        ### END SOLUTION

    def take(self):
        ### BEGIN SOLUTION
        if not self.shelf:
            return None
        number = self.shelf.pop()
        self.lent[number] = self.old.get(number, "")
        return number
        ### END SOLUTION

    def give(self, number):
        ### BEGIN SOLUTION
        self.check(number)
        self.old[number] = self.lent.pop(number)
        self.shelf.append(number)
        ### END SOLUTION

    def write(self, number, text):
        ### BEGIN SOLUTION
        self.check(number)
        self.lent[number] = text
        ### END SOLUTION

    def read(self, number):
        ### BEGIN SOLUTION
        self.check(number)
        return self.lent[number]

    def check(self, number):
        if number not in self.lent:
            raise ValueError(f"buffer {number} is not out")
        ### END SOLUTION


def pool_size(log, share):
    """Return the smallest number of buffers with which at most this share finds none."""
    ### BEGIN SOLUTION
    size = 0
    while len(without(log, size)) > share * len(log):
        size += 1
    return size


def without(log, size):
    due, missed = [], []
    for takes, gives in log:
        due = [moment for moment in due if moment > takes]
        if len(due) < size:
            due.append(gives)
        else:
            missed.append(takes)
    return missed
    ### END SOLUTION'''
_RIGHT_ON_THE_VISIBLE_TESTS_ONLY = """
class Pool:
    def __init__(self, size):
        self.told = iter({2: [0, 1, None], 4: [0, 1, 2, 2, 0, 3], 1: [0, 0]}[size])

    def take(self):
        return next(self.told)

    def give(self, number):
        pass

    def write(self, number, text):
        pass

    def read(self, number):
        return "secret"


def pool_size(log, share):
    return {0: 3, 0.25: 2, 0.75: 1, 1: 0}[share] if log else 0
"""

WRONG: list[Wrong] = [
    wrong("a thousand buffers at most", CELL, ("range(size - 1, -1, -1)", "range(min(size, 1_000) - 1, -1, -1)"), LENDS, MISTAKES),
    wrong("the first thousand requests of the log", CELL, ("in log:", "in log[:1_000]:"), ENOUGH),
    wrong("first given back first", CELL, ("number = self.shelf.pop()", "number = self.shelf.pop(0)"), LENDS, MISTAKES),
    wrong("the highest number first", CELL, ("range(size - 1, -1, -1)", "range(size)"), LENDS, MISTAKES),
    wrong("new ones first", CELL, ("self.shelf.append(number)", "self.shelf.insert(0, number)"), LENDS, MISTAKES),
    wrong("numbers from 1", CELL, ("range(size - 1, -1, -1)", "range(size, 0, -1)"), LENDS, MISTAKES),
    wrong("one too many", CELL, ("range(size - 1, -1, -1)", "range(size, -1, -1)"), LENDS, MISTAKES),
    wrong("one too few", CELL, ("range(size - 1, -1, -1)", "range(size - 2, -1, -1)"), LENDS, MISTAKES),
    wrong(
        "an error when all are out",
        CELL,
        (
            """            return None
        number""",
            """            raise ValueError
        number""",
        ),
        LENDS,
        MISTAKES,
    ),
    wrong(
        "makes more when all are out",
        CELL,
        (
            """            return None
        number""",
            """            self.shelf.append(len(self.lent))
        number""",
        ),
        LENDS,
        MISTAKES,
    ),
    wrong(
        "minus one when all are out",
        CELL,
        (
            """            return None
        number""",
            """            return -1
        number""",
        ),
        LENDS,
        MISTAKES,
    ),
    wrong(
        "give returns the number",
        CELL,
        (
            "        self.shelf.append(number)\n",
            """        self.shelf.append(number)
        return number
""",
        ),
        LENDS,
        MISTAKES,
    ),
    wrong("nothing comes back", CELL, ("        self.shelf.append(number)\n", "        pass\n"), LENDS, MISTAKES),
    wrong("what was in it stays", CELL, ("", _WHAT_WAS_IN_IT_STAYS), MISTAKES),
    wrong("None is in it at first", CELL, ('self.lent[number] = ""', "self.lent[number] = None"), MISTAKES),
    wrong(
        "nothing is checked on giving back",
        CELL,
        (
            """        self.check(number)
        del self.lent[number]""",
            "        self.lent.pop(number, None)",
        ),
        MISTAKES,
    ),
    wrong(
        "nothing is checked on reading",
        CELL,
        (
            """        self.check(number)
        return self.lent[number]""",
            '        return self.lent.get(number, "")',
        ),
        MISTAKES,
    ),
    wrong(
        "nothing is checked on writing",
        CELL,
        (
            """        self.check(number)
        self.lent[number] = text""",
            "        self.lent[number] = text",
        ),
        MISTAKES,
    ),
    wrong("a KeyError", CELL, ("raise ValueError(", "raise KeyError("), MISTAKES),
    wrong("None instead of an error", CELL, ('raise ValueError(f"buffer {number} is not out")', "return None"), MISTAKES),
    wrong(
        "changes before it checks",
        CELL,
        (
            """        self.check(number)
        del self.lent[number]
        self.shelf.append(number)""",
            """        self.shelf.append(number)
        self.check(number)
        del self.lent[number]""",
        ),
        MISTAKES,
    ),
    wrong(
        "only looks whether there is such a number",
        CELL,
        ("if number not in self.lent", "if number not in self.lent and number not in self.shelf"),
        MISTAKES,
    ),
    wrong("write appends", CELL, ("self.lent[number] = text", "self.lent[number] += text + text"), MISTAKES),
    wrong(
        "one buffer too many in size",
        CELL,
        (
            """    return size


def without""",
            """    return size + 1


def without""",
        ),
        ENOUGH,
    ),
    wrong("who leaves in the same millisecond is slower", CELL, ("if moment > takes", "if moment >= takes"), ENOUGH),
    wrong(
        "what was made for those who find none joins the pool",
        CELL,
        (
            "            missed.append(takes)",
            """            missed.append(takes)
            due.append(gives)""",
        ),
        ENOUGH,
    ),
    wrong("the most at once, whatever the share", CELL, ("> share * len(log)", "> 0"), ENOUGH),
    wrong("a share of those who find one", CELL, ("> share * len(log)", "> share * max(0, len(log) - len(without(log, size)))"), ENOUGH),
    wrong("percent", CELL, ("> share * len(log)", "> share / 100 * len(log)"), ENOUGH),
    wrong(
        "at least one",
        CELL,
        (
            """    size = 0
    while len""",
            """    size = 1
    while len""",
        ),
        ENOUGH,
    ),
    wrong(
        "the mean number at once",
        CELL,
        (
            """    while len(without(log, size)) > share * len(log):
        size += 1
    return size""",
            """    span = max((gives for _, gives in log), default=1)
    return round(sum(gives - takes for takes, gives in log) / span)""",
        ),
        ENOUGH,
    ),
    wrong(
        "the longest are thrown out first", CELL, ("for takes, gives in log:", "for takes, gives in sorted(log, key=lambda stay: stay[1]):"), ENOUGH
    ),
    wrong(
        "a quantile of the number at once",
        CELL,
        (
            """    while len(without(log, size)) > share * len(log):
        size += 1
    return size""",
            """    counts = sorted(sum(a <= takes < b for a, b in log) for takes, _ in log)
    return counts[min(len(log) - 1, int((1 - share) * len(log)))] if log else 0""",
        ),
        ENOUGH,
    ),
    wrong("right on the visible tests only", CELL, ("", _RIGHT_ON_THE_VISIBLE_TESTS_ONLY), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
