"""Wrong solutions of the trial of N × X, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "product-solution"
ANY, SAME = BOTH = ("product-witnesses", "product-same")

_QUIET = '"nodes": 4, "shared": 0.01, "agree": 0.0001, "wait": 0}'
_ANY = 'return {"refutes": {**quiet, "nodes": 32, "wait": 1}, "supports": quiet}'
_FEW = '"nodes": 4, "shared": 0.03, "agree": 0.0005, "wait": 0}'
_SAME = 'return {"refutes": {**few, "nodes": 128}, "supports": few}'


def _any(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), ANY)


def _same(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), SAME)


WRONG: list[Wrong] = [
    _any("swapped", _ANY, 'return {"supports": {**quiet, "nodes": 32, "wait": 1}, "refutes": quiet}'),
    _any("the same system twice", _ANY, 'return {"refutes": quiet, "supports": quiet}'),
    _any("nothing is shared", _QUIET, _QUIET.replace("0.01", "0.0")),
    _any("a node alone", _QUIET, _QUIET.replace("4", "1", 1)),
    _any("more nodes than there may be", _ANY, _ANY.replace("32", "1000")),
    _any("refuted by little", _ANY, _ANY.replace('32, "wait": 1', '2, "wait": 1')),
    _any("refuted by nothing", _ANY, _ANY.replace('32, "wait": 1', "8")),
    _any("supported by half", _QUIET, _QUIET.replace("0.01", "0.3")),
    _any("all wait", _QUIET, _QUIET.replace('"wait": 0', '"wait": 1')),
    _any("half a node", _QUIET, _QUIET.replace("4", "4.5", 1)),
    _any("a setting is missing", _QUIET, _QUIET.replace('"shared": 0.01, ', "")),
    _any("a setting of its own", _QUIET, _QUIET.replace('"wait"', '"speed": 2, "wait"')),
    _any("one witness only", _ANY, 'return {"refutes": {**quiet, "nodes": 32, "wait": 1}}'),
    _same("machine: swapped", _SAME, 'return {"supports": {**few, "nodes": 128}, "refutes": few}'),
    _same("machine: the same size twice", _SAME, 'return {"refutes": few, "supports": few}'),
    _same("machine: they differ in more", _SAME, _SAME.replace("128", '128, "agree": 0.001')),
    _same("machine: they differ in something else", _SAME, _SAME.replace('"nodes": 128', '"shared": 0.5')),
    _same("machine: too few nodes to refute", _SAME, _SAME.replace("128", "16")),
    _same("machine: too much is shared to support", _FEW, _FEW.replace("0.03", "0.4")),
    _same("machine: too little is shared to refute", _SAME, _SAME.replace("128", "24")),
    _same("machine: one witness only", _SAME, 'return {"refutes": {**few, "nodes": 128}}'),
    _same("machine: all wait", _FEW, _FEW.replace('"wait": 0', '"wait": 1')),
    wrong(
        "the verdicts instead of the witnesses",
        CELL,
        ("", 'product_witnesses = same_machine = lambda: {"refutes": "refutes", "supports": "supports"}\n'),
        *BOTH,
    ),
    wrong("a wrapper of the court", CELL, ("", 'product_witnesses = same_machine = lambda: {"refutes": hear, "supports": hear}\n'), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
