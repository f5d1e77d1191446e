"""Wrong solutions of the trial of the three steps, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "credit-solution"
ACCOUNT, COURT, FAIR = ALL = ("credit-account", "credit-court", "credit-fair")

_SYSTEM = 'system = {"rows": 1_000_000, "requests": 30, "exponent": 0.9, "capacity": 500}'
_REFUTES = '{**system, "order": ["index", "replica", "cache"]}'
_SUPPORTS = '{**system, "order": ["cache", "index", "replica"]}'
_ORDERS = "for order in permutations(steps)]"
_MEAN = "return {step: sum(saved[step] for saved in orders) / len(orders) for step in steps}"

_VISIBLE_ONLY = """
def credits(order, time):
    return {"ic": {"i": 240, "c": 80}, "ci": {"c": 200, "i": 120}}.get("".join(order), {})

def credit_witnesses():
    system = {"rows": 1_000_000, "requests": 30, "exponent": 0.9, "capacity": 500, "order": ["replica", "index", "cache"]}
    return {"refutes": system, "supports": {**system, "order": ["replica", "cache", "index"]}}

def fair_shares(steps, time):
    return {"c": 140, "i": 180} if steps else {}
"""
_HARD_CODED = """
def credits(order, time):
    return {"index": 235, "cache": 69, "replica": 50}

def credit_witnesses():
    return {"refutes": 0.2, "supports": 0.6}

def fair_shares(steps, time):
    return {"index": 130, "cache": 100, "replica": 120}
"""
_WRAPPER = """
from labsupport.exercises.request_path import tuning

def credits(order, time):
    return {step: time([]) - time([step]) for step in order}

def credit_witnesses():
    return {"refutes": hear, "supports": hear}

def fair_shares(steps, time):
    return {step: tuning for step in steps}
"""


def _both(name: str, old: str, new: str) -> Wrong:
    assert old in _SYSTEM
    return wrong(name, CELL, (_SYSTEM, _SYSTEM.replace(old, new)), COURT)


def _order(name: str, witness: str, steps: str) -> Wrong:
    order = ", ".join(f'"{step}"' for step in steps.split())
    return wrong(name, CELL, (witness, f'{{**system, "order": [{order}]}}'), COURT)


WRONG: list[Wrong] = [
    wrong("against the beginning", CELL, ("        before = after\n", ""), ACCOUNT, FAIR),
    wrong("the sign turned round", CELL, ("before - after", "after - before"), ACCOUNT, FAIR),
    wrong("each step alone", CELL, ("time(list(order[:number]))", "time([step])"), ACCOUNT, FAIR),
    wrong("from nothing", CELL, ("saved, before = {}, time([])", "saved, before = {}, 0.0"), ACCOUNT, FAIR),
    wrong("one step late", CELL, ("order[:number]", "order[: number - 1]"), ACCOUNT, FAIR),
    wrong("in shares", CELL, ("saved[step] = before - after", "saved[step] = (before - after) / time([])"), ACCOUNT, FAIR),
    wrong("whole milliseconds", CELL, ("saved[step] = before - after", "saved[step] = round(before - after)"), ACCOUNT, FAIR),
    wrong("no step makes it slower", CELL, ("saved[step] = before - after", "saved[step] = abs(before - after)"), ACCOUNT),
    wrong("harm counts as nothing", CELL, ("saved[step] = before - after", "saved[step] = max(0, before - after)"), ACCOUNT),
    wrong("a list of credits", CELL, ("    return saved\n", "    return list(saved.values())\n"), ACCOUNT, FAIR),
    wrong("one order only", CELL, (_ORDERS, "for order in [steps]]"), FAIR),
    wrong("there and back only", CELL, (_ORDERS, "for order in (steps, steps[::-1])]"), FAIR),
    wrong("every step first once", CELL, (_ORDERS, "for order in [steps[n:] + steps[:n] for n in range(len(steps))] or [[]]]"), FAIR),
    wrong("three steps at most", CELL, (_ORDERS, "for order in permutations(steps, min(3, len(steps)))]"), FAIR),
    wrong("the sum and not the mean", CELL, (_MEAN, _MEAN.replace(" / len(orders)", "")), FAIR),
    wrong("the same for all", CELL, (_MEAN, "return {step: (time([]) - time(list(steps))) / len(steps) for step in steps}"), FAIR),
    wrong(
        "first and last only",
        CELL,
        (_MEAN, "return {s: (time([]) - time([s]) + time([o for o in steps if o != s]) - time(list(steps))) / 2 for s in steps}"),
        FAIR,
    ),
    wrong("the best of all orders", CELL, (_MEAN, "return {step: max(saved[step] for saved in orders) for step in steps}"), FAIR),
    wrong(
        "witnesses swapped",
        CELL,
        (
            f'"refutes": {_REFUTES},\n        "supports": {_SUPPORTS}',
            f'"supports": {_REFUTES},\n        "refutes": {_SUPPORTS}',
        ),
        COURT,
    ),
    _order("the same order twice", _SUPPORTS, "index replica cache"),
    _order("the cache second, behind the replica", _SUPPORTS, "replica cache index"),
    _order("a step is missing", _REFUTES, "index cache"),
    _order("a step twice", _REFUTES, "index cache cache replica"),
    wrong("another system", CELL, (_REFUTES, '{**system, "requests": 29, "order": ["index", "replica", "cache"]}'), COURT),
    _both("a small table", '"rows": 1_000_000', '"rows": 200_000'),
    _both("a small cache", '"capacity": 500', '"capacity": 50'),
    _both("all keys alike", '"exponent": 0.9', '"exponent": 0.0'),
    _both("few users", '"requests": 30', '"requests": 2'),
    _both("a setting of its own", '"capacity": 500', '"capacity": 500, "workers": 8'),
    _both("a setting is missing", ', "capacity": 500', ""),
    wrong("one witness only", CELL, (f',\n        "supports": {_SUPPORTS}', ""), COURT),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("hard-coded", CELL, ("", _HARD_CODED), *ALL),
    wrong("a wrapper of the court", CELL, ("", _WRAPPER), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
