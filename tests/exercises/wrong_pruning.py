"""Wrong solutions of the exercise on skipped row groups, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "pruning-solution"
GROUPS, BYTES, ORDER = ALL = ("pruning-groups", "pruning-bytes", "pruning-order")
FIRST = (GROUPS, BYTES)

_UNKNOWN = 'name not in group["least"]\n            or '
_LOW = 'group["least"][name] <= high'
_HIGH = 'low <= group["greatest"][name]'
_LIST = "return [number for number, group in enumerate(groups) if may_hold(group)]"
_NEEDED = "needed = set(select) | set(where)"
_SORT = 'order = np.argsort(table[column], kind="stable")'
_OFTEN = 'len(part) * asked["often"]'
_IF = 'if must_read([group], asked["where"])'
_BEST = "return min(table, key=rows_read)"

_VISIBLE_ONLY = """
def must_read(groups, where):
    return [1, 2] if "user" not in where else [0]

def bytes_read(groups, select, where):
    return 56 if where["day"] == [4, 6] else 101

def best_column(table, questions, group_rows):
    return "user" if questions[0]["often"] == 3 else "day"
"""


def _pruning(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *loses)


WRONG: list[Wrong] = [
    _pruning("what touches at the upper end is left out", _LOW, _LOW.replace("<=", "<"), *ALL),
    _pruning("what touches at the lower end is left out", _HIGH, _HIGH.replace("<=", "<"), *ALL),
    _pruning(
        "only groups that lie within the range", f"({_LOW} and {_HIGH})", '(low <= group["least"][name] and group["greatest"][name] <= high)', *ALL
    ),
    _pruning(
        "only groups that hold the whole range", f"({_LOW} and {_HIGH})", '(group["least"][name] <= low and high <= group["greatest"][name])', *ALL
    ),
    _pruning("one condition is enough", "return all(", "return not where or any(", *ALL),
    _pruning("only the first condition", "in where.items()\n", "in list(where.items())[:1]\n", *ALL),
    _pruning("only the greatest value", f"{_LOW} and {_HIGH}", _HIGH, *ALL),
    _pruning("what is not known is left out", _UNKNOWN, 'name in group["least"] and ', *FIRST),
    _pruning("statistics are taken to be there", _UNKNOWN, "", *FIRST),
    _pruning("counted from 1", "enumerate(groups) if", "enumerate(groups, 1) if", *ALL[:2]),
    _pruning("the groups themselves", _LIST, "return [group for group in groups if may_hold(group)]", *FIRST),
    _pruning("those that need not be read", _LIST, _LIST.replace("if may", "if not may"), *ALL),
    _pruning("a set", _LIST, "return {number for number, group in enumerate(groups) if may_hold(group)}", GROUPS),
    _pruning("only what is shown", _NEEDED, "needed = set(select)", BYTES),
    _pruning("only what is looked at", _NEEDED, "needed = set(where)", BYTES),
    _pruning("twice what is shown and looked at", _NEEDED, "needed = [*select, *where]", BYTES),
    _pruning("twice what is named twice", _NEEDED, "needed = [*select, *(set(where) - set(select))]", BYTES),
    _pruning("all columns", _NEEDED, 'needed = groups[0]["bytes"] if groups else []', BYTES),
    _pruning("all groups", "for number in must_read(groups, where) for name", "for number in range(len(groups)) for name", BYTES),
    _pruning("in kilobytes", "return sum(\n        groups", "return 0.001 * sum(\n        groups", BYTES),
    _pruning("as they came", _SORT, "order = np.arange(len(table[column]))", ORDER),
    _pruning("each question once", _OFTEN, "len(part)", ORDER),
    _pruning("groups, and not rows, and not how often", _OFTEN, "1", ORDER),
    _pruning("every group of every question", _IF, "", ORDER),
    _pruning("the one that reads most", _BEST, "return max(table, key=rows_read)", ORDER),
    _pruning(
        "the column that is asked for most", _BEST, 'return max(table, key=lambda c: sum(q["often"] for q in questions if c in q["where"]))', ORDER
    ),
    _pruning("always the day", _BEST, 'return "day" if "day" in table else "b"', ORDER),
    _pruning("the last of equally good ones", _BEST, "return min(reversed(table), key=rows_read)", ORDER),
    _pruning("groups of ten", "def rows_read(column):", "group_rows = 10\n\n    def rows_read(column):", ORDER),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong(
        "a wrapper of the simulator",
        CELL,
        ("", "from labsupport.simulators import storage\n\nmust_read = bytes_read = best_column = storage.scan\n"),
        *ALL,
    ),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
