"""Wrong solutions of the exercise on what to speed up, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "speedup-solution"
FACTOR, CHOICE = BOTH = ("speedup-factor", "speedup-choice")

_EARLY = "    if goal <= 1:\n        return 1.0\n"
_LEFT = "left = total / goal - (total - times[stage])"
_RETURN = "return times[stage] / left if left > 0 else None"
_TRY_ALL = "for choice in range(2 ** len(offers)):\n"
_SAVED = "saved = sum(times[offers[number][0]] * (1 - 1 / offers[number][1]) for number in chosen)"
_ALLOWED = "if len(set(stages)) < len(stages) or sum(offers[number][2] for number in chosen) > budget:"


def _greedy(key: str) -> str:
    return f"""
def best_offers(times, offers, budget):
    def saved(number):
        return times[offers[number][0]] * (1 - 1 / offers[number][1])

    chosen, taken = [], set()
    for number in sorted(range(len(offers)), key=lambda number: {key}):
        stage, _, price = offers[number]
        if stage not in taken and price <= budget:
            budget -= price
            taken.add(stage)
            chosen.append(number)
    return chosen
"""


_FACTOR = """
def needed_factor(times, stage, goal):
    if goal <= 1:
        return 1.0
    total = sum(times.values())
    left = total / goal - (total - times[stage])
    return times[stage] / left if left > 0 else None

"""
_VISIBLE_ONLY = """
def needed_factor(times, stage, goal):
    return {1.6: 2.6666667, 2: 6.0, 1: 1.0, 0.5: 1.0}.get(goal)

def best_offers(times, offers, budget):
    return {60: [1], 100: [3], 1000: [0, 2, 3]}.get(budget, [])
"""
_HARD_CODED = """
def needed_factor(times, stage, goal):
    return 6.0

def best_offers(times, offers, budget):
    return [3]
"""
_WRAPPER = """
from labsupport.theory import amdahl_speedup

def needed_factor(times, stage, goal):
    return float(amdahl_speedup(times[stage] / sum(times.values()), max(1, goal)))

def best_offers(times, offers, budget):
    gain = [amdahl_speedup(times[stage] / sum(times.values()), factor) for stage, factor, _ in offers]
    return [max(range(len(offers)), key=gain.__getitem__)]
"""


def _choice(name: str, key: str) -> Wrong:
    return wrong(name, CELL, ("", _FACTOR + _greedy(key)), CHOICE)


WRONG: list[Wrong] = [
    wrong("slower by the factor", CELL, (_LEFT, "left = total * goal - (total - times[stage])"), FACTOR),
    wrong("the part as much faster as the whole", CELL, (_LEFT, "left = times[stage] / goal"), FACTOR),
    wrong("the rest becomes faster, too", CELL, (_LEFT, "left = (total - (total - times[stage])) / goal"), FACTOR),
    wrong("a stage in no time", CELL, ("if left > 0", "if left >= 0"), FACTOR),
    wrong("what cannot be is infinite", CELL, ("else None", "else float('inf')"), FACTOR),
    wrong("a goal of 1 is work, too", CELL, (_EARLY, ""), FACTOR),
    wrong("0 where nothing has to be done", CELL, (_EARLY, _EARLY.replace("1.0", "0.0")), FACTOR),
    wrong("the time instead of the factor", CELL, (_RETURN, "return left if left > 0 else None"), FACTOR),
    wrong("whole factors only", CELL, (_RETURN, "return -(-times[stage] // left) if left > 0 else None"), FACTOR),
    wrong("always the longest stage", CELL, ("(total - times[stage])", "(total - max(times.values()))"), FACTOR),
    _choice("the largest factors first", "-offers[number][1]"),
    _choice("the largest savings first", "-saved(number)"),
    _choice("the most for the money first", "-saved(number) / offers[number][2]"),
    _choice("the cheapest first", "offers[number][2]"),
    _choice("the longest stages first", "-times[offers[number][0]]"),
    wrong("a stage made faster twice", CELL, (_ALLOWED, "if sum(offers[number][2] for number in chosen) > budget:"), CHOICE),
    wrong("the budget does not matter", CELL, (_ALLOWED, "if len(set(stages)) < len(stages):"), CHOICE),
    wrong("something must be left over", CELL, (_ALLOWED, _ALLOWED.replace("> budget", ">= budget")), CHOICE),
    wrong("one offer only", CELL, (_TRY_ALL, "for choice in [2**number for number in range(len(offers))]:\n"), CHOICE),
    wrong("two offers at most", CELL, (_ALLOWED, _ALLOWED.replace("if ", "if len(chosen) > 2 or ")), CHOICE),
    wrong("the factors decide", CELL, (_SAVED, "saved = sum(offers[number][1] for number in chosen)"), CHOICE),
    wrong("the names of the stages", CELL, ("best, most = chosen, saved", "best, most = stages, saved"), CHOICE),
    wrong("offers counted from 1", CELL, ("    return best\n", "    return [number + 1 for number in best]\n"), CHOICE),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *BOTH),
    wrong("hard-coded", CELL, ("", _HARD_CODED), *BOTH),
    wrong("a wrapper of Amdahl's law", CELL, ("", _WRAPPER), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
