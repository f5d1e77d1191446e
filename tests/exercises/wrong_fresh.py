"""Wrong solutions of the trial of write-through, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "fresh-solution"
COURT = "fresh-court"

_SYSTEM = '"capacity": 200, "keys": 1_000, "exponent": 1.0, "write_share": 0.2'


def _of_both(name: str, old: str, new: str) -> Wrong:
    assert old in _SYSTEM
    return wrong(name, CELL, (_SYSTEM, _SYSTEM.replace(old, new)), COURT)


WRONG: list[Wrong] = [
    wrong(
        "witnesses swapped",
        CELL,
        (
            '"refutes": {**system, "past_share": 0.5}, "supports": {**system, "past_share": 0.0}',
            '"supports": {**system, "past_share": 0.5}, "refutes": {**system, "past_share": 0.0}',
        ),
        COURT,
    ),
    wrong("the same system supports twice", CELL, ('"past_share": 0.5', '"past_share": 0.0'), COURT),
    wrong("the same system refutes twice", CELL, ('"past_share": 0.0', '"past_share": 0.5'), COURT),
    wrong("hardly any write goes past the cache", CELL, ('"past_share": 0.5', '"past_share": 0.005'), COURT),
    wrong("a few writes past the cache cannot hurt", CELL, ('"past_share": 0.0', '"past_share": 0.001'), COURT),
    _of_both("nobody writes", '"write_share": 0.2', '"write_share": 0.0'),
    _of_both("hardly anybody writes", '"write_share": 0.2', '"write_share": 0.04'),
    _of_both("nobody reads", '"write_share": 0.2', '"write_share": 1.0'),
    _of_both("the cache is too small to answer", '"capacity": 200', '"capacity": 1'),
    _of_both("too many keys to hit any", '"keys": 1_000, "exponent": 1.0', '"keys": 10_000, "exponent": 0.0'),
    _of_both("a setting of its own", '"capacity": 200', '"capacity": 200, "write_policy": "write_back"'),
    _of_both("a setting is missing", '"capacity": 200, ', ""),
    _of_both("a capacity that is no whole number", '"capacity": 200', '"capacity": 200.0'),
    _of_both("a share beyond 1", '"write_share": 0.2', '"write_share": 20'),
    wrong("one witness only", CELL, (', "supports": {**system, "past_share": 0.0}', ""), COURT),
    wrong(
        "witnesses without names",
        CELL,
        (
            'return {"refutes": {**system, "past_share": 0.5}, "supports": {**system, "past_share": 0.0}}',
            'return [{**system, "past_share": 0.5}, {**system, "past_share": 0.0}]',
        ),
        COURT,
    ),
    wrong(
        "the verdicts instead of the witnesses",
        CELL,
        ("", 'def fresh_witnesses():\n    return {"refutes": "refutes", "supports": "supports"}\n'),
        COURT,
    ),
    wrong("a wrapper of the court", CELL, ("", "fresh_witnesses = lambda: {'refutes': hear, 'supports': hear}\n"), COURT),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), COURT),
]
