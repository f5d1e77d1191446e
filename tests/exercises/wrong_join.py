"""Wrong solutions of the exercise on joining two tables, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "join-solution"
ROWS, WORK, CHOICE = ALL = ("join-rows", "join-work", "join-choice")
BOTH = (ROWS, WORK)

_EMPTY = "if not left or not right:\n        return []"
_BUILD = "buckets.setdefault(digest(ticket), []).append(ticket)"
_PROBE = "for other in buckets.get(digest(ticket), []):"
_SAME = "if same(ticket, other):"
_PAIR = "pairs.append([ticket, other])"
_NESTED = "nested = len(left) * len(right) * same_cost"
_DIGESTS = "digests = (len(left) + len(right)) * digest_cost"
_HASHED = "hashed = digests + sum(left.count(d) * right.count(d) for d in {*left}) * same_cost"
_ANSWER = 'return ["nested", nested] if nested <= hashed else ["hash", hashed]'

_LOOP = """
def join(left, right, digest, same):
    return [[one, other] for one in left for other in right if same(one, other)]
"""
_SORTED = """
def join(left, right, digest, same):
    if not left or not right:
        return []
    rows = sorted([(digest(t), 1, t) for t in right])
    return [[one, other] for one in left for mark, _, other in rows if mark == digest(one) and same(one, other)]
"""
_VISIBLE_ONLY = """
def join(left, right, digest, same):
    return {(7, 5, 9): [[7, -2], [5, -4], [9, -2]], (7, 5): [[7, -2], [5, -4]] if right else []}.get(
        tuple(left), [[1, -8], [1, -6], [2, -8], [2, -6]])

def cheaper(left, right, digest_cost, same_cost):
    return {1: ["nested", 1], 4: ["hash", 8], 10: ["nested", 100]}[len(left)]
"""
_WRAPPERS = """
def join(left, right, digest, same):
    one, other = pd.DataFrame({"l": left}), pd.DataFrame({"r": right})
    one["d"], other["d"] = one["l"].map(digest), other["r"].map(digest)
    return one.merge(other, on="d")[["l", "r"]].values.tolist()

def cheaper(left, right, digest_cost, same_cost):
    return ["hash", len(pd.merge(pd.Series(left, name="d"), pd.Series(right, name="d"), how="cross"))]
"""


def _rows(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), *BOTH)


def _work(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), WORK)


def _choice(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), CHOICE)


WRONG: list[Wrong] = [
    _rows("the same digest is the same key", _SAME, "if True:"),
    _rows("the first partner only", _PAIR, _PAIR + "\n                break"),
    _rows("one ticket for each digest", _BUILD, "buckets[digest(ticket)] = [ticket]"),
    _rows("the first ticket of each digest", _BUILD, "buckets.setdefault(digest(ticket), [ticket])"),
    wrong("the right ticket first", CELL, (_PAIR, "pairs.append([other, ticket])"), ROWS),
    _rows("those that do not belong together", _SAME, "if not same(ticket, other):"),
    _rows("each right ticket once", _PAIR, "pairs.append([ticket, other])\n                buckets[digest(ticket)].remove(other)"),
    wrong("in the order of the right table backwards", CELL, ("for ticket in right:", "for ticket in reversed(right):"), ROWS),
    wrong("sorted by ticket", CELL, ("    return pairs\n", "    return sorted(pairs)\n"), ROWS),
    _rows("pairs of the digest", _PAIR, "pairs.append([digest(ticket), other])"),
    _work("empty tables are digested", _EMPTY, "pass"),
    _work("only an empty left table is noticed", _EMPTY, _EMPTY.replace("not left or not right", "not left")),
    _work("only an empty right table is noticed", _EMPTY, _EMPTY.replace("not left or not right", "not right")),
    _work("digested once more for each partner", _SAME, "if digest(other) == digest(ticket) and same(ticket, other):"),
    _work("looked up twice", _PROBE, "for other in buckets[digest(ticket)] if digest(ticket) in buckets else []:"),
    _work("compared twice", _SAME, "if same(ticket, other) and same(ticket, other):"),
    _work("a nested loop that compares digests", _PROBE, "for other in [t for t in right if digest(t) == digest(ticket)]:"),
    _work("one comparison of the first rows, to be sure", "    buckets = {}", "    same(left[0], right[0])\n    buckets = {}"),
    _work("digests of the right table twice", "    pairs = []", "    pairs = [] if [digest(t) for t in right] else []"),
    wrong("a nested loop", CELL, ("", _LOOP), WORK, CHOICE),
    wrong("sorted, and digested again and again", CELL, ("", _SORTED), *ALL),
    _choice("choice: one digest for each row on the left", _DIGESTS, "digests = len(left) * digest_cost"),
    _choice("choice: no comparisons are left", _HASHED, "hashed = digests"),
    _choice("choice: one comparison for each digest", _HASHED, "hashed = digests + len({*left} & {*right}) * same_cost"),
    _choice("choice: one comparison for each row on the left", _HASHED, "hashed = digests + sum(d in right for d in left) * same_cost"),
    _choice("choice: always the hash join", _ANSWER, 'return ["hash", hashed]'),
    _choice("choice: always the nested loop", _ANSWER, 'return ["nested", nested]'),
    _choice("choice: the hash join where both cost the same", _ANSWER, _ANSWER.replace("<=", "<")),
    _choice("choice: the dearer one", _ANSWER, _ANSWER.replace("<=", ">")),
    _choice("choice: the cost of the nested loop", _ANSWER, _ANSWER.replace('["hash", hashed]', '["hash", nested]')),
    _choice("choice: a comparison costs one", _NESTED, "nested = len(left) * len(right)"),
    _choice("choice: half of the pairs", _NESTED, _NESTED + " / 2"),
    _choice("choice: the name only", _ANSWER, 'return "nested" if nested <= hashed else "hash"'),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of libraries", CELL, ("", _WRAPPERS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
