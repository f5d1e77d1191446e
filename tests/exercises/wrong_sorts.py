"""Wrong solutions of the trial of merge sort and the hash table, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "sorts-solution"
REFUTES, SUPPORTS, TABLE, BUILD = ALL = ("sorts-refutes", "sorts-supports", "sorts-table", "sorts-build")

_CALM = '{"items": 2_000, "moved": 0.0, "far": 1}'
_WILD = '{"items": 2_000, "moved": 1.0, "far": 2_000}'
_SETTING = 'setting = {"size": 1_000, "misses": 0, "hashing": 10}'
_RARELY, _OFTEN = '{**setting, "lookups": 5}', '{**setting, "lookups": 1_000}'
_BOTH = f'"refutes": {_RARELY}, "supports": {_OFTEN}'
_EACH = "each = lookups * (100 + misses) - 200 * (hashing + 1)"
_LARGEST = "return lookups * (200 * (hashing + 1) - 100 + misses) // each"
_NEVER = "    if each <= 0:\n        return None\n"

_WRAPPERS = """
from labsupport.simulators import complexity

def witnesses():
    return {"refutes": complexity.sort, "supports": complexity.sort}

def table_witnesses():
    return {"refutes": complexity.search, "supports": complexity.search}

def list_wins(lookups, misses, hashing):
    return int(complexity.search("hash", range(hashing), [hashing]).work(hashing))
"""
_THE_LAB = """
def list_wins(lookups, misses, hashing):
    from labsupport.labs import ComplexityLab
    lab = ComplexityLab(beside="lookups", lookups=min(lookups, 10_000), misses=misses, hashing=hashing)
    return None if lab.answer() == 10_000 else int(lab.answer())
"""
_VISIBLE_ONLY = """
def witnesses():
    return {"refutes": "refutes", "supports": "supports"}

def table_witnesses():
    return {"refutes": "refutes", "supports": "supports"}

def list_wins(lookups, misses, hashing):
    return {(40, 0): 38, (40, 100): 13, (1_000_000, 0): 19}.get((lookups, misses))
"""


def _calm(name: str, new: str) -> Wrong:
    return wrong(name, CELL, (_CALM, new), REFUTES)


def _wild(name: str, new: str) -> Wrong:
    return wrong(name, CELL, (_WILD, new), SUPPORTS)


def _table(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), TABLE)


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
    _table("table: witnesses swapped", _BOTH, f'"refutes": {_OFTEN}, "supports": {_RARELY}'),
    _table("table: the same twice", _BOTH, f'"refutes": {_OFTEN}, "supports": {_OFTEN}'),
    _table("table: a short list, and a long one", _RARELY, '{**setting, "size": 100, "lookups": 5}'),
    _table("table: shorter than the court hears", _SETTING, _SETTING.replace("1_000", "10")),
    _table("refutes: eleven look-ups, on lucky days", _RARELY, '{**setting, "lookups": 11}'),
    _table("refutes: fifteen look-ups, which only just pay", _RARELY, '{**setting, "lookups": 15}'),
    _table("refutes: many look-ups in a long list", _RARELY, '{**setting, "lookups": 10_000, "hashing": 50}'),
    _table("refutes: a hash value that costs too much", _RARELY, '{**setting, "lookups": 5, "hashing": 1_000}'),
    _table("supports: forty-six look-ups, on lucky days", _OFTEN, '{**setting, "lookups": 46}'),
    _table("supports: twenty look-ups", _OFTEN, '{**setting, "lookups": 20}'),
    _table("supports: a share instead of percents", _OFTEN, '{**setting, "lookups": 1_000, "misses": 0.5}'),
    _table("supports: a setting is missing", _OFTEN, '{"size": 1_000, "lookups": 1_000}'),
    _build("build: the table is there", _EACH, "each = lookups * (100 + misses)"),
    _build("build: built for each look-up", _EACH, "each = lookups * (100 + misses - 200 * (hashing + 1))"),
    _build("build: one look-up", _LARGEST, _LARGEST.replace("lookups * ", "")),
    _build("build: built once, whatever its size", _EACH, _EACH.replace(" - 200 * (hashing + 1)", "")),
    _build("build: to put in compares nothing", _EACH, _EACH.replace("(hashing + 1)", "hashing")),
    _build("build: a look-up compares nothing", _LARGEST, _LARGEST.replace("(hashing + 1)", "hashing")),
    _build("build: found after half of the elements", _LARGEST, _LARGEST.replace(" - 100 + misses", "")),
    _build("build: never in vain", _EACH, "misses = 0\n    " + _EACH),
    _build("build: always in vain", _EACH, "misses = 100\n    " + _EACH),
    _build("build: what is there, for what is not", _EACH, "misses = 100 - misses\n    " + _EACH),
    _build("build: a table always pays in the end", _NEVER, ""),
    _build("build: 0 where the list always wins", _NEVER, _NEVER.replace("None", "0")),
    _build("build: a look-up that gains nothing pays in the end", _NEVER, _NEVER.replace("<=", "<")),
    _build("build: one more", _LARGEST, _LARGEST + " + 1"),
    _build("build: one less, where both cost the same", _LARGEST, _LARGEST.replace("return lookups", "return -(-lookups") + ") - 1"),
    _build("build: not a whole number", _LARGEST, _LARGEST.replace("//", "/")),
    _build("build: the rule of thumb of the verdict", _LARGEST, "return 200 * lookups * (hashing + 1) // each"),
    wrong("what the lab counts, collisions included, and no formula", CELL, ("", _THE_LAB), *ALL),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of the simulator", CELL, ("", _WRAPPERS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
