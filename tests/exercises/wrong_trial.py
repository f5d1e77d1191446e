"""Wrong solutions of the two claims on trial, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "trial-solution"
GAIN, FAILURE = BOTH = ("trial-gain", "trial-failure")

_CACHE = '"capacity": 200, "keys": 1_000, "exponent": 1.0, "servers": 2'
_GAINS = 'return {"refutes": {**system, "load": 0.9}, "supports": {**system, "load": 5.0}}'
_FLEET = '"servers": 4, "needed": 2, "together": 0.0'
_FAILURES = 'return {"refutes": {**system, "balancers": 1}, "supports": {**system, "balancers": 2}}'


def _gain(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), GAIN)


def _failure(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), FAILURE)


WRONG: list[Wrong] = [
    _gain("gain: witnesses swapped", _GAINS, _GAINS.replace("0.9", "x").replace("5.0", "0.9").replace("x", "5.0")),
    _gain("gain: the same system twice", '"load": 5.0', '"load": 0.9'),
    _gain("gain: overloaded twice", '"load": 0.9', '"load": 5.0'),
    _gain("gain: hardly any load", '"load": 0.9', '"load": 0.1'),
    _gain("gain: about the product", '"load": 5.0', '"load": 2.8'),
    _gain("gain: the servers alone can do it", '"load": 5.0', '"load": 1.8'),
    _gain("gain: a cache that answers too little", _CACHE, _CACHE.replace("200", "5")),
    _gain("gain: one server", _CACHE, _CACHE.replace('"servers": 2', '"servers": 1')),
    _gain("gain: a load beyond the range", '"load": 5.0', '"load": 50.0'),
    _gain("gain: a setting is missing", _CACHE, _CACHE.replace('"exponent": 1.0, ', "")),
    _gain("gain: a setting of its own", _CACHE, _CACHE + ', "policy": "random"'),
    _gain("gain: one witness only", ', "supports": {**system, "load": 5.0}', ""),
    _failure("failure: witnesses swapped", _FAILURES, _FAILURES.replace("1}", "x}").replace("2}", "1}").replace("x}", "2}")),
    _failure("failure: the same system twice", '"balancers": 1', '"balancers": 2'),
    _failure("failure: one balancer twice", '"balancers": 2', '"balancers": 1'),
    _failure("failure: nobody to spare", '"balancers": 2', '"balancers": 2, "needed": 4'),
    _failure("failure: nineteen of twenty", '"balancers": 2', '"balancers": 2, "servers": 20, "needed": 19'),
    _failure("failure: they fail together", '"balancers": 2', '"balancers": 2, "together": 0.5'),
    _failure("failure: more needed than there are", _FLEET, _FLEET.replace('"needed": 2', '"needed": 5')),
    _failure("failure: one server", _FLEET, _FLEET.replace('"servers": 4, "needed": 2', '"servers": 1, "needed": 1')),
    _failure("failure: no balancer", '"balancers": 1', '"balancers": 0'),
    _failure("failure: a share that is none", _FLEET, _FLEET.replace("0.0", "-0.1")),
    _failure("failure: half a balancer", '"balancers": 1', '"balancers": 1.5'),
    _failure("failure: one witness only", '"refutes": {**system, "balancers": 1}, ', ""),
    wrong(
        "the verdicts instead of the witnesses",
        CELL,
        ("", 'gain_witnesses = failure_witnesses = lambda: {"refutes": "refutes", "supports": "supports"}\n'),
        *BOTH,
    ),
    wrong("a wrapper of the court", CELL, ("", 'gain_witnesses = failure_witnesses = lambda: {"refutes": hear, "supports": hear}\n'), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
