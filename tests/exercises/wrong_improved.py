"""Wrong solutions of the trial on 500 %, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "improved-solution"
READINGS, REFUTES, SUPPORTS = ALL = ("improved-readings", "improved-refutes", "improved-supports")

_REFUTES = '"refutes": {"load": 0.1, "shards": 4, "cache": 0, "percentile": 50}'
_SUPPORTS = '"supports": {"load": 0.8, "shards": 4, "cache": 0, "percentile": 95}'
_KEPT = "share if 0 < share < 1 else None"

_SWAPPED = """
def readings(percent):
    return {"faster by": percent}


def witnesses():
    return {
        "supports": {"load": 0.1, "shards": 4, "cache": 0, "percentile": 50},
        "refutes": {"load": 0.8, "shards": 4, "cache": 0, "percentile": 95},
    }
"""


def _reads(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), READINGS)


def _settings(load: float, shards: float, cache: float, percentile: float) -> str:
    return f'{{"load": {load}, "shards": {shards}, "cache": {cache}, "percentile": {percentile}}}'


def _refutes(name: str, *settings: float) -> Wrong:
    return wrong(name, CELL, (_REFUTES, f'"refutes": {_settings(*settings)}'), REFUTES)


def _supports(name: str, *settings: float) -> Wrong:
    return wrong(name, CELL, (_SUPPORTS, f'"supports": {_settings(*settings)}'), SUPPORTS)


WRONG: list[Wrong] = [
    _reads("a time below nothing", _KEPT, "share if share < 1 else None"),
    _reads("a time of nothing", _KEPT, "share if 0 <= share < 1 else None"),
    _reads("a time as long as before", _KEPT, "share if 0 < share <= 1 else None"),
    _reads("longer times are improvements, too", _KEPT, "share if share > 0 else None"),
    _reads("never impossible", _KEPT, "share"),
    _reads("five times as fast by 500 %", "100 / (100 + percent)", "100 / percent"),
    _reads("six times as fast to 500 %", '"faster to": 100 / percent', '"faster to": 100 / (100 + percent)'),
    _reads("percent of the time", '"shortened to": percent / 100', '"shortened to": percent'),
    _reads("shorter and shortened mixed up", '"shorter by": 1 - percent / 100', '"shorter by": percent / 100'),
    _reads("zero for what is impossible", _KEPT, "share if 0 < share < 1 else 0"),
    _reads("without the impossible", "for reading, share in shares.items()}", "for reading, share in shares.items() if 0 < share < 1}"),
    _reads("factors instead of shares", _KEPT, "1 / share if 0 < share < 1 else None"),
    _refutes("against: the slowest readers", 0.1, 4, 0, 95),
    _refutes("against: half busy", 0.5, 4, 0, 50),
    _refutes("against: everything in the cache", 0.1, 4, 1_000, 50),
    _refutes("against: busy", 0.9, 2, 0, 50),
    _refutes("against: a slow day for many", 0.1, 16, 0, 90),
    _refutes("against: one shard", 0.1, 1, 0, 50),
    _refutes("against: no load", 0, 4, 0, 50),
    _refutes("against: a percentile that is none", 0.1, 4, 0, 0.5),
    _refutes("against: more shards than there are", 0.1, 17, 0, 50),
    _supports("for: nearly idle, and the median", 0.05, 4, 0, 50),
    _supports("for: many shards for readers who do not wait", 0.1, 16, 0, 50),
    _supports("for: a small cache", 0.05, 4, 100, 50),
    _supports("for: two shards and the median", 0.2, 2, 0, 50),
    _supports("for: overloaded", 1.5, 4, 0, 95),
    _supports("for: one shard", 0.8, 1, 0, 95),
    _supports("for: a negative cache", 0.8, 4, -1, 95),
    _supports("for: the very slowest", 0.8, 4, 0, 100),
    _supports("for: not so slow", 0.1, 4, 0, 60),
    wrong("no settings", CELL, (_SUPPORTS, '"supports": {}'), SUPPORTS),
    wrong("no witness against", CELL, (_REFUTES + ",", ""), REFUTES),
    wrong("sides and readings swapped", CELL, ("", _SWAPPED), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
