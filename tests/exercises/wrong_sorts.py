"""Wrong solutions of the trial of merge sort and the hash table, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "sorts-solution"
REFUTES, SUPPORTS, LIST, BUILD = ALL = ("sorts-refutes", "sorts-supports", "sorts-list", "sorts-build")

_CALM = '{"items": 2_000, "moved": 0.0, "far": 1}'
_WILD = '{"items": 2_000, "moved": 1.0, "far": 2_000}'
_EACH = "each = compare * (1 - hits / 2)"
_FLOOR = "return math.floor((hashing + compare - compare * hits / 2) / each + 1e-9)"
_EACH_IN_ALL = "each = lookups * compare * (1 - hits / 2) - hashing"
_FLOOR_IN_ALL = "return math.floor(lookups * (hashing + compare - compare * hits / 2) / each + 1e-9)"
_NEVER = "    if each <= 1e-9:\n        return None\n"

_WRAPPERS = """
from labsupport.simulators import complexity

def witnesses():
    return {"refutes": complexity.sort, "supports": complexity.sort}

def longest_list(hashing, compare, hits):
    return complexity.search("list", range(hashing), [hashing]).build

def list_wins(lookups, hashing, compare, hits):
    return int(complexity.search("hash", range(hashing), [hashing]).work(hashing))
"""
_VISIBLE_ONLY = """
def witnesses():
    return {"refutes": "refutes", "supports": "supports"}

def longest_list(hashing, compare, hits):
    return 19 if hits else 10

def list_wins(lookups, hashing, compare, hits):
    return 190 if lookups > 1 else None
"""


def _calm(name: str, new: str) -> Wrong:
    return wrong(name, CELL, (_CALM, new), REFUTES)


def _wild(name: str, new: str) -> Wrong:
    return wrong(name, CELL, (_WILD, new), SUPPORTS)


def _list(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), LIST)


def _build(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), BUILD)


WRONG: list[Wrong] = [
    wrong(
        "witnesses swapped",
        CELL,
        (f'"refutes": {_CALM},\n        "supports": {_WILD},', f'"supports": {_CALM},\n        "refutes": {_WILD},'),
        REFUTES,
        SUPPORTS,
    ),
    _calm("refutes: the same disorder twice", _WILD),
    _calm("refutes: forty items in disorder", _WILD.replace("2_000", "40", 1)),
    _calm("refutes: few are moved, but far", _CALM.replace("0.0", "0.05").replace('"far": 1', '"far": 2_000')),
    _calm("refutes: one item", _CALM.replace("2_000", "1")),
    _calm("refutes: more than may be", _CALM.replace("2_000", "2_000_000")),
    _calm("refutes: a setting is missing", _CALM.replace(', "far": 1', "")),
    _calm("refutes: a setting of its own", _CALM.replace('"far": 1', '"far": 1, "sort": "insertion"')),
    _calm("refutes: half an item", _CALM.replace('"far": 1', '"far": 1.5')),
    _wild("supports: the same order twice", _CALM),
    _wild("supports: four items", _WILD.replace("2_000", "4", 1)),
    _wild("supports: neighbours changed places", _WILD.replace('"far": 2_000', '"far": 1').replace("1.0", "0.1")),
    _wild("supports: sixteen items", _WILD.replace("2_000", "16", 1)),
    _wild("supports: nobody moved", _WILD.replace("1.0", "0.0")),
    _wild("supports: a share that is none", _WILD.replace("1.0", "100.0")),
    _wild("supports: no distance", _WILD.replace('"far": 2_000', '"far": 0')),
    _wild("supports: a word", '"supports"'),
    _list("list: found after half of the items", _FLOOR, "return math.floor((hashing + compare) / each + 1e-9)"),
    _list("list: all items are there", _EACH, "hits, each = 1, compare / 2"),
    _list("list: no item is there", _EACH, "hits, each = 0, compare"),
    _list("list: the table compares nothing", _FLOOR, _FLOOR.replace("hashing + compare -", "hashing -")),
    _list("list: the table takes one step", _FLOOR, _FLOOR.replace("hashing + compare -", "compare + compare -")),
    _list("list: rounded", _FLOOR, "return round((hashing + compare - compare * hits / 2) / each)"),
    _list("list: one more", _FLOOR, _FLOOR.replace("1e-9", "1")),
    _list("list: one less, where both cost the same", _FLOOR, "return math.ceil((hashing + compare - compare * hits / 2) / each - 1e-9) - 1"),
    _list("list: a comparison costs one", _EACH, "compare = 1\n    each = 1 - hits / 2"),
    _list("list: not a whole number", _FLOOR, "return (hashing + compare - compare * hits / 2) / each"),
    _build("build: the table is there", _EACH_IN_ALL, "each = lookups * compare * (1 - hits / 2)"),
    _build("build: built for each lookup", _EACH_IN_ALL, "each = lookups * (compare * (1 - hits / 2) - hashing)"),
    _build("build: one lookup", _FLOOR_IN_ALL, _FLOOR_IN_ALL.replace("lookups * (", "(")),
    _build("build: built once, whatever its size", _EACH_IN_ALL, _EACH_IN_ALL.replace(" - hashing", "")),
    _build("build: a lookup computes nothing", _FLOOR_IN_ALL, _FLOOR_IN_ALL.replace("hashing + compare -", "compare -")),
    _build("build: a table always pays in the end", _NEVER, ""),
    _build("build: 0 where the list always does", _NEVER, _NEVER.replace("None", "0")),
    _build("build: one more", _FLOOR_IN_ALL, _FLOOR_IN_ALL.replace("1e-9", "1")),
    _build("build: all items are there", _EACH_IN_ALL, "hits = 1\n    " + _EACH_IN_ALL),
    _build("build: building costs a comparison, too", _EACH_IN_ALL, _EACH_IN_ALL + " - compare"),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of the simulator", CELL, ("", _WRAPPERS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
