"""Wrong solutions of the exercise on reading no more than one must, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "lazy-solution"
FIRST, BOTH, ORDER = ALL = ("lazy-first", "lazy-both", "lazy-order")

_LOOP = "while len(found) < count:"
_IN = "if wanted in line:"
_NEXT = "line = next(lines, None)\n        if line is None:\n            break"
_SKIP = "if other < one:"
_SORT = "sorted(steps, key=rank)"
_RANK = 'return step["cost"] / thrown_out if thrown_out else math.inf'

_EAGER = """
def first(lines, wanted, count):
    import itertools
    return [line for line in itertools.islice(lines, 600) if wanted in line][:count]

def both(left, right):
    import itertools
    a, b = list(itertools.islice(left, 300)), list(itertools.islice(right, 300))
    return iter([x for x in a if x in b])

def order(steps):
    return [step["name"] for step in steps]
"""
_ONE_MORE = """
def first(lines, wanted, count):
    found = []
    for line in lines:
        if len(found) == count:
            break
        if wanted in line:
            found.append(line)
    return found
"""
_ZERO = """
def first(lines, wanted, count):
    found = []
    for line in lines:
        if wanted in line:
            found.append(line)
        if len(found) >= count:
            break
    return found
"""
_REMEMBERED = """
def both(left, right):
    seen = set()
    for one, other in zip(left, right):
        for number in (one, other):
            if number in seen:
                yield number
            seen.add(number)
"""
_RIGHT_FIRST = """
def both(left, right):
    for other in right:
        one = next(left, None)
        while one is not None and one < other:
            one = next(left, None)
        if one == other:
            yield one
"""
_AHEAD = """
def both(left, right):
    one, other = next(left, None), next(right, None)
    while one is not None and other is not None:
        if one == other:
            found = one
            one, other = next(left, None), next(right, None)
            yield found
        elif one < other:
            one = next(left, None)
        else:
            other = next(right, None)
"""
_STARTED = """
def both(left, right):
    ready = next(left, None)
    def numbers():
        one, other = ready, next(right, None)
        while one is not None and other is not None:
            if one == other:
                yield one
                one = next(left, None)
                if one is not None:
                    other = next(right, None)
            elif one < other:
                one = next(left, None)
            else:
                other = next(right, None)
    return numbers()
"""
_NOT_LEFT_ALONE = """
def both(left, right):
    one, other = next(left, None), next(right, None)
    while one is not None and other is not None:
        if one == other:
            yield one
            one, other = next(left, None), next(right, None)
        elif one < other:
            one = next(left, None)
        else:
            other = next(right, None)
    for _ in left:
        pass
"""
_SETS = """
def both(left, right):
    yield from sorted(set(left) & set(right))
"""
_ONCE = """
def both(left, right):
    for one in left:
        for other in right:
            if other == one:
                yield one
            if other >= one:
                break
"""
_VISIBLE_ONLY = """
def first(lines, wanted, count):
    return [next(lines) for _ in range({2: 4, 5: 6, 0: 0}[count])][1::2][: {2: 2, 5: 9, 0: 0}[count]] if count != 5 else [list(lines)[3]]

def both(left, right):
    one = next(left)
    for n in range(5 if one == 4 else 1):
        next(left), n < 3 and next(right)
        if n == 1:
            yield 12
    yield 24

def order(steps):
    return {3: ["is ours", "is new", "parse"], 2: ["a", "b"]}[len(steps)]
"""
_WRAPPERS = """
import heapq, itertools
first = lambda lines, wanted, count: list(filter(lambda line: wanted in line, itertools.islice(lines, 100)))[:count]
both = heapq.merge

def order(steps):
    return sorted(step["name"] for step in steps)
"""


def _first(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), FIRST)


def _order(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), ORDER)


def _alone(name: str, text: str, *loses: str) -> Wrong:
    """Put one function in place of the reference's, and leave the other two as they are."""
    return wrong(name, CELL, ("### END SOLUTION\n\n\ndef order", f"### END SOLUTION\n\n{text}\n\ndef order"), *loses)


WRONG: list[Wrong] = [
    _alone("first: one line more to notice the end", _ONE_MORE, FIRST),
    _alone("first: a line is read for none", _ZERO, FIRST),
    _first("first: every line", _IN, "if True:"),
    _first("first: lines that begin with it", _IN, "if line.startswith(wanted):"),
    _first("first: lines that are it", _IN, "if line == wanted:"),
    _first("first: the others", _IN, "if wanted not in line:"),
    _first("first: one too few", _LOOP, "while len(found) < count - 1:"),
    _first("first: one too many", _LOOP, "while len(found) <= count:"),
    _first("first: an error at the end of the stream", _NEXT, "line = next(lines)"),
    _first("first: None if there are too few", "    return found\n", "    return found if len(found) == count else None\n"),
    _first("first: at most fifty", _LOOP, "while len(found) < min(count, 50):"),
    _first("first: the last ones", "    return found\n", "    return found[::-1]\n"),
    _alone("both: remembers what came", _REMEMBERED, BOTH),
    _alone("both: what it overtakes is lost", _RIGHT_FIRST, BOTH),
    _alone("both: reads ahead before it yields", _AHEAD, BOTH),
    _alone("both: reads before it is asked", _STARTED, BOTH),
    _alone("both: reads the rest", _NOT_LEFT_ALONE, BOTH),
    _alone("both: all of both at once", _SETS, BOTH),
    _alone("both: a number that is passed is lost", _ONCE, BOTH),
    wrong("both: the larger one goes on", CELL, (_SKIP, "if other > one:"), BOTH),
    wrong("both: every number of the left one", CELL, ("and other != one:", "and False:"), BOTH),
    wrong("both: the first only", CELL, ("        yield one\n", "        yield one\n        return\n"), BOTH),
    wrong("both: None at the end", CELL, ("        if other is None:\n            return\n        yield", "        yield"), BOTH),
    _order("order: as they are", _SORT, "steps"),
    _order("order: backwards", _SORT, "steps[::-1]"),
    _order("order: the cheapest first", _SORT, 'sorted(steps, key=lambda step: step["cost"])'),
    _order("order: the strictest first", _SORT, 'sorted(steps, key=lambda step: step["passes"])'),
    _order("order: the dearest first", _SORT, "sorted(steps, key=rank)[::-1]"),
    _order("order: cost over what passes", _RANK, 'return step["cost"] / (step["passes"] or 1e-9)'),
    _order("order: cost times what passes", _RANK, 'return step["cost"] * step["passes"]'),
    _order("order: divides by nothing", _RANK, 'return step["cost"] / thrown_out'),
    _order("order: steps that let all pass come first", _RANK, _RANK.replace("math.inf", "0")),
    _order(
        "order: steps that let all pass are left out",
        "for step in sorted(steps, key=rank)]",
        'for step in sorted(steps, key=rank) if step["passes"] < 1]',
    ),
    _order("order: the steps and not their names", 'return [step["name"] for', "return [step for"),
    wrong("everything at once", CELL, ("", _EAGER), *ALL),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of libraries", CELL, ("", _WRAPPERS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
